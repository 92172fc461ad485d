// Reads a calendar on stdin as ical.js does (Thunderbird, Nextcloud), and prints when its events are between two moments.
// The zone of the file is the file's own VTIMEZONE; the times are told in Stockholm's by the engine's own table of zones.
import fs from "node:fs";
import ICAL from "ical.js";

const [first, last] = process.argv.slice(2).map((day) => new Date(day));
const root = new ICAL.Component(ICAL.parse(fs.readFileSync(0, "utf8")));
const stockholm = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Stockholm", dateStyle: "short", timeStyle: "short",
});

const told = [];
function tell(item, startDate, endDate) {
  const [start, end] = [startDate.toJSDate(), endDate.toJSDate()];
  if (start >= first && start < last) {
    told.push({
      uid: item.uid, start: stockholm.format(start), end: stockholm.format(end),
      summary: item.summary, location: item.location ?? "",
    });
  }
}

const all = root.getAllSubcomponents("vevent");
const differing = all.filter((one) => one.hasProperty("recurrence-id"));
const series = new Set();
for (const one of all.filter((one) => !one.hasProperty("recurrence-id"))) {
  const uid = one.getFirstPropertyValue("uid");
  series.add(uid);
  // Told which are its own: by itself an event of ical.js takes those of every other event in the file for its own too.
  const exceptions = differing.filter((other) => other.getFirstPropertyValue("uid") === uid);
  const event = new ICAL.Event(one, { exceptions });
  if (!event.isRecurring()) {
    tell(event, event.startDate, event.endDate);
    continue;
  }
  const expansion = event.iterator();
  // An occurrence may be moved back from after the last day, so a year more is looked through.
  const enough = new Date(last.getTime() + 366 * 86400e3);
  for (let at = expansion.next(); at && at.toJSDate() < enough; at = expansion.next()) {
    const details = event.getOccurrenceDetails(at);
    tell(details.item, details.startDate, details.endDate);
  }
}
// An occurrence that differs and stands alone, without its series.
for (const event of differing.map((one) => new ICAL.Event(one)).filter((one) => !series.has(one.uid))) {
  tell(event, event.startDate, event.endDate);
}
process.stdout.write(JSON.stringify(told));
