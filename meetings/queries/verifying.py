"""Whether all minutes in the database are what they were when they were sent and signed (L42)."""

from dataclasses import dataclass, field

from django.utils import timezone

from meetings.models import Meeting, MeetingEvent, Minutes, MinutesAddendum, MinutesPosting, MinutesSeal
from meetings.queries.minutes import frozen
from meetings.queries.sealing import addendum_digest, answers_to, is_formal, moment, posting_digest, seal_digest
from meetings.states import MinutesAnswer, MinutesState
from workspace.swedish import say_date

LENGTH = 64  # of a digest: an event with a text that long names one
SEALINGS = ("minutes_approved", "minutes_sealed")  # the second: of minutes from before there were seals


@dataclass
class Report:
    """What was counted, and what is wrong: whole sentences, each with where."""

    versions: int = 0
    seals: int = 0
    addenda: int = 0
    postings: int = 0
    faults: list[str] = field(default_factory=list)


def verify_all() -> Report:
    """Count every digest again and compare what must agree. Reads all minutes; writes nothing.

    What it cannot see: somebody with the owner's rights who rewrites a version together with every digest and line of
    history that names it. That shows against the digest on the paper that the members have.
    """
    report = Report()
    for meeting in Meeting.objects.select_related("group").order_by("pk").iterator(chunk_size=200):
        _Checked(report, meeting).check()
    return report


class _Checked:
    """One meeting's minutes while they are gone through."""

    def __init__(self, report: Report, meeting: Meeting) -> None:
        self.report, self.meeting = report, meeting
        self.versions = list(Minutes.objects.filter(meeting=meeting).order_by("version", "pk"))
        events = MeetingEvent.objects.filter(meeting=meeting, verb__startswith="minutes").order_by("at", "pk")
        self.events = list(events)
        self.seals = {row.minutes_id: row for row in MinutesSeal.objects.filter(minutes__meeting=meeting)}
        self.addenda = list(MinutesAddendum.objects.filter(minutes__meeting=meeting).order_by("minutes", "number"))
        self.postings = list(MinutesPosting.objects.filter(minutes__meeting=meeting))

    def fault(self, sentence: str, minutes: Minutes | None = None) -> None:
        day = say_date(timezone.localdate(self.meeting.starts_at))
        where = f"{self.meeting.group.name}, mötet {day} (nummer {self.meeting.pk})"
        self.report.faults.append(f"{where}{f', version {minutes.version}' if minutes else ''}: {sentence}")

    def said(self, *verbs: str) -> set[str]:
        return {event.text for event in self.events if event.verb in verbs and len(event.text) == LENGTH}

    def check(self) -> None:
        self.report.versions += len(self.versions)
        self.report.seals += len(self.seals)
        self.report.addenda += len(self.addenda)
        self.report.postings += len(self.postings)
        self._versions()
        for minutes in self.versions:
            if frozen(minutes).digest != minutes.digest:
                self.fault("innehållet stämmer inte med kontrollsumman.", minutes)
            if minutes.pk in self.seals:
                self._seal(minutes, self.seals[minutes.pk])
            self._addenda(minutes)
        self._postings()
        self._state()
        if self.said(*SEALINGS) - {row.digest for row in self.seals.values()}:
            self.fault("ett lås som står i historiken saknas.")
        if self.said("minutes_addendum") - {row.digest for row in self.addenda}:
            self.fault("ett tillägg som står i historiken saknas.")
        if len(self.said("minutes_post")) > len(self.postings):
            self.fault("ett anslag som står i historiken saknas.")

    def _versions(self) -> None:
        """Numbered without a gap, and as many as were sent, each with its reason and its sender."""
        if [row.version for row in self.versions] != list(range(1, len(self.versions) + 1)):
            self.fault("versionerna är inte numrerade i följd. En version saknas.")
        sent = [(event.text, event.hat_key) for event in self.events if event.verb == "minutes_send"]
        if sent != [(row.reason, row.hat_key) for row in self.versions]:
            self.fault("versionerna är inte de som har skickats enligt historiken.")

    def _seal(self, minutes: Minutes, seal: MinutesSeal) -> None:
        answers = answers_to(minutes)
        if any(row.answer != MinutesAnswer.APPROVED for row in answers) or not answers:
            self.fault("protokollet är låst fast inte alla svar är ja.", minutes)
        listed = seal.signers if isinstance(seal.signers, list) else []
        signed = [(line.get("hat"), line.get("at")) for line in listed if isinstance(line, dict)]
        if signed != [(row.hat_key, moment(row.at)) for row in answers] or len(signed) != len(listed):
            self.fault("de som har justerat är inte de som står i låset.", minutes)
        if seal_digest(minutes, seal.signers, seal.sealed_at) != seal.digest:
            self.fault("låsets kontrollsumma stämmer inte.", minutes)
        if seal.digest not in self.said(*SEALINGS):
            self.fault("låset är inte det som står i historiken.", minutes)

    def _addenda(self, minutes: Minutes) -> None:
        rows = [row for row in self.addenda if row.minutes_id == minutes.pk]
        seal = self.seals.get(minutes.pk)
        if rows and seal is None:
            self.fault("det finns ett tillägg fast protokollet inte är låst.", minutes)
            return
        before = seal.digest if seal else ""
        for number, row in enumerate(rows, start=1):
            if row.number != number:
                self.fault("tilläggen är inte numrerade i följd.", minutes)
            if addendum_digest(before, row) != row.digest:
                self.fault(f"tillägg {row.number} stämmer inte med sin kontrollsumma.", minutes)
            if row.digest not in self.said("minutes_addendum"):
                self.fault(f"tillägg {row.number} är inte det som står i historiken.", minutes)
            before = row.digest

    def _postings(self) -> None:
        by_key = {row.pk: row for row in self.versions}
        for row in self.postings:
            seal, minutes = self.seals.get(row.minutes_id), by_key.get(row.minutes_id)
            if seal is None or posting_digest(seal, row) not in self.said("minutes_post"):
                self.fault("anslaget är inte det som står i historiken.", minutes)

    def _state(self) -> None:
        """Approved minutes have a seal, and what has one is approved, or has been opened to be corrected since."""
        newest = self.versions[-1] if self.versions else None
        seal = self.seals.get(newest.pk) if newest else None
        state = self.meeting.minutes_state
        if state == MinutesState.APPROVED and seal is None:
            self.fault("protokollet är justerat men inte låst.", newest)
        if state == MinutesState.SENT and newest is None:
            self.fault("protokollet är skickat men finns inte.")
        if newest is None or seal is None or state == MinutesState.APPROVED:
            return
        opened = any(event.verb == "minutes_correct" and event.at >= seal.sealed_at for event in self.events)
        if is_formal(newest) or state != MinutesState.DRAFT or not opened:
            self.fault("protokollet är låst men står inte som justerat.", newest)
