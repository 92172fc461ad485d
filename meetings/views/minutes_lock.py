"""What the minutes' page and papers say of the lock: the digest, the addenda, the notice of formal minutes (L42)."""

from typing import Any

from django import forms
from django.utils import timezone

from meetings.forms.minutes import AddendumForm, PostForm, ReplaceAdjusterForm
from meetings.models import Meeting, Minutes
from meetings.queries.minutes import adjusters_waited_for, replacements
from meetings.queries.sealing import in_groups, is_formal, seal_shown
from meetings.states import MinutesMode, MinutesState
from workspace.swedish import say_date, say_time

APPEAL = "Tiden för överklagande räknas från anslaget och är tre veckor."


def can_correct(meeting: Meeting, minutes: Minutes) -> bool:
    """Approved minutes of a project are corrected by a new version, formal ones by an addendum alone (L42)."""
    return meeting.minutes_state == MinutesState.APPROVED and not is_formal(minutes)


def lock_context(meeting: Meeting, minutes: Minutes | None) -> dict[str, Any]:
    """How a version is locked, and what is said of its digest to whoever signs."""
    formal = is_formal(minutes) if minutes else meeting.group.minutes_mode == MinutesMode.FORMAL
    return {
        "formal": formal,
        "sealed": seal_shown(minutes) if minutes else None,
        "signed_digest": in_groups(minutes.digest[:12]) if minutes else "",
        "appeal": APPEAL,
    }


def lock_forms(meeting: Meeting, minutes: Minutes | None) -> dict[str, forms.Form | None]:
    """The forms of whoever arranges the meeting: `minutes` is the newest version, None for anybody else."""
    found: dict[str, forms.Form | None] = {"addendum": None, "post": None, "replace": None}
    if minutes is None:
        return found
    if meeting.minutes_state == MinutesState.SENT:
        found["replace"] = replace_form(minutes)
    shown = seal_shown(minutes) if meeting.minutes_state == MinutesState.APPROVED else None
    if shown is not None:
        found["addendum"] = AddendumForm()
        if shown.formal and shown.posting is None:
            found["post"] = PostForm(approved_on=shown.approved_on)
    return found


def replace_form(minutes: Minutes, data: Any = None) -> ReplaceAdjusterForm | None:
    """None where nobody is waited for, or nobody can take the place."""
    waited, others = adjusters_waited_for(minutes), replacements(minutes)
    return ReplaceAdjusterForm(data, waited=waited, others=others) if waited and (others or data is not None) else None


def lock_said(minutes: Minutes) -> dict[str, Any]:
    """The same for a paper: sentences, and each addendum with its heading."""
    shown = seal_shown(minutes)
    if shown is None:
        return {"sealed": [], "addenda": []}
    lines = [f"Låst {_moment(shown.row.sealed_at)}. Kontrollsumma: {shown.short}."]
    lines.append(f"Hela kontrollsumman: {shown.full}.")
    if shown.formal:
        posting = shown.posting
        posted = f"Anslaget {say_date(posting.posted_on)}, {posting.where}." if posting else "Inte anslaget."
        lines.append(f"{posted} {APPEAL}")
    addenda = [(f"Tillägg {row.number}", f"{_moment(row.at)}, {row.author}", row.text) for row in shown.addenda]
    return {"sealed": lines, "addenda": addenda}


def _moment(at: Any) -> str:
    return f"{say_date(timezone.localdate(at))}, {say_time(at)}"
