"""Minutes that were approved before there were seals get theirs, over the same digest as the action's (L42).

Signers are named as they are called today, and the seal's moment is the last answer's: nothing better is known. The
history says «minutes_sealed», by nobody. All is written here by itself, so that it stays as it is.

From then on a seal is only set as the action does it, on both databases: on the newest version, while it waits, when
somebody who still has it was asked and all who are asked have said yes, in the name of just those who answered.
"""

import hashlib
import json
from datetime import UTC

from django.db import migrations

ROLES = {
    "coordinator": "Samordnare",
    "chair": "Ordförande",
    "steering": "Styrgrupp",
    "evaluator": "Följeutvärderare",
    "elected": "Förtroendevald",
}


def moment(at):
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def hat_key(row):
    if row.member_id:
        return f"m{row.member_id}"
    return f"r{row.role_id}" if row.role_id else ""


def name_and_side(row):
    hat = row.member or row.role
    if hat is None:
        return "", ""
    name = f"{hat.user.first_name} {hat.user.last_name}".strip() or hat.user.username
    return name, row.member.agency.name if row.member else ROLES.get(hat.role, "Samordnare")


def answers_to(Approval, minutes):
    return list(Approval.objects.filter(minutes=minutes).order_by("at", "pk"))


def digest_of(data):
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def version_data(minutes, answers):
    return {
        "version": minutes.version,
        "reason": minutes.reason,
        "sent_at": moment(minutes.sent_at),
        "by": hat_key(minutes),
        "digest": minutes.digest,
        "answers": [
            {"hat": hat_key(row), "answer": row.answer, "comment": row.comment, "at": moment(row.at)} for row in answers
        ],
    }


def was_approved(Recipient, minutes, answers, is_newest, state):
    """All who were asked said yes. The newest of approved minutes was, whoever has been withdrawn since."""
    if not answers or any(row.answer != "approved" for row in answers):
        return False
    if is_newest and state == "approved":
        return True
    asked = Recipient.objects.filter(minutes=minutes, is_adjuster=True, withdrawn_at__isnull=True)
    return {hat_key(row.attendance) for row in asked} <= {hat_key(row) for row in answers}


def seal_approved(apps, schema_editor):
    Minutes, Approval = apps.get_model("meetings", "Minutes"), apps.get_model("meetings", "MinutesApproval")
    Recipient, Seal = apps.get_model("meetings", "MinutesRecipient"), apps.get_model("meetings", "MinutesSeal")
    Event = apps.get_model("meetings", "MeetingEvent")
    meetings = apps.get_model("meetings", "Meeting").objects.filter(minutes_versions__isnull=False).distinct()
    for meeting in meetings.order_by("pk"):
        versions = list(Minutes.objects.filter(meeting=meeting).order_by("version"))
        history = []
        for minutes in versions:
            answers = answers_to(Approval, minutes)
            history.append(version_data(minutes, answers))
            is_newest = minutes.pk == versions[-1].pk
            if not was_approved(Recipient, minutes, answers, is_newest, meeting.minutes_state):
                continue
            signers = []
            for row in answers:
                name, side = name_and_side(row)
                signers.append({"hat": hat_key(row), "name": name, "side": side, "at": moment(row.at)})
            at = answers[-1].at
            whole = {"meeting": meeting.pk, "versions": history, "signers": signers, "sealed_at": moment(at)}
            seal = Seal.objects.create(minutes=minutes, signers=signers, sealed_at=at, digest=digest_of(whole))
            Event.objects.create(meeting=meeting, verb="minutes_sealed", text=seal.digest)


# ---------- every seal from now on ----------
def hat_of(row):
    return f"coalesce('m' || {row}.member_id, 'r' || {row}.role_id, '')"


ASKED = """SELECT 1 FROM meetings_minutesrecipient r JOIN meetings_attendance t ON t.id = r.attendance_id
  WHERE r.minutes_id = NEW.minutes_id AND r.is_adjuster"""
ANSWERS = "SELECT 1 FROM meetings_minutesapproval a WHERE a.minutes_id = NEW.minutes_id"
SIGNED = f"SELECT {hat_of('a')} AS hat FROM meetings_minutesapproval a WHERE a.minutes_id = NEW.minutes_id"
SAME = f"{hat_of('a')} = {hat_of('t')}"
UNSIGNED = f"""
  NOT EXISTS (SELECT 1 FROM meetings_minutes m JOIN meetings_meeting g ON g.id = m.meeting_id
    WHERE m.id = NEW.minutes_id AND g.minutes_state = 'sent' AND NOT EXISTS (
      SELECT 1 FROM meetings_minutes later WHERE later.meeting_id = m.meeting_id AND later.version > m.version))
  OR EXISTS ({ANSWERS} AND (a.answer <> 'approved' OR NOT EXISTS ({ASKED} AND {SAME})))
  OR NOT EXISTS ({ASKED} AND r.withdrawn_at IS NULL)
  OR EXISTS ({ASKED} AND r.withdrawn_at IS NULL AND NOT EXISTS ({ANSWERS} AND {SAME}))
"""
ON_POSTGRESQL = (
    f"""CREATE FUNCTION meetings_on_minutes_seal() RETURNS trigger LANGUAGE plpgsql SECURITY INVOKER
SET search_path = public, pg_temp AS $body$
BEGIN
  IF {UNSIGNED}
    OR ARRAY(SELECT one ->> 'hat' FROM jsonb_array_elements(NEW.signers) one ORDER BY 1)
      IS DISTINCT FROM ARRAY({SIGNED} ORDER BY 1) THEN
    RAISE EXCEPTION 'minutes: not signed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$body$""",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "CREATE TRIGGER meetings_minutesseal_signed BEFORE INSERT ON meetings_minutesseal "
    "FOR EACH ROW EXECUTE FUNCTION meetings_on_minutes_seal()",
    "SET CONSTRAINTS ALL DEFERRED",
)
ON_SQLITE = (
    f"""CREATE TRIGGER meetings_minutesseal_signed BEFORE INSERT ON meetings_minutesseal WHEN {UNSIGNED}
  OR (SELECT group_concat(hat) FROM (SELECT value ->> '$.hat' AS hat FROM json_each(NEW.signers) ORDER BY 1))
    IS NOT (SELECT group_concat(hat) FROM ({SIGNED} ORDER BY 1))
BEGIN SELECT RAISE(ABORT, 'meetings_minutesseal: not signed'); END""",
)


def guard(apps, schema_editor):
    for statement in ON_POSTGRESQL if schema_editor.connection.vendor == "postgresql" else ON_SQLITE:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("meetings", "0007_seal_guard")]
    operations = [
        migrations.RunPython(seal_approved, migrations.RunPython.noop),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
