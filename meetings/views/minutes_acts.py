"""What is done with minutes: sent, approved, objected to, corrected, taken back."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from meetings.actions.addenda import add_addendum
from meetings.actions.approvals import approve_minutes, object_to_minutes, replace_adjuster
from meetings.actions.minutes import correct_minutes, send_minutes
from meetings.actions.sealing import post_minutes
from meetings.actions.steps import FASTER
from meetings.actions.withdrawing import withdraw_minutes
from meetings.forms.minutes import (
    AddendumForm,
    CorrectForm,
    ObjectForm,
    PostForm,
    SendMinutesForm,
    WithdrawMinutesForm,
)
from meetings.models import Meeting, Minutes
from meetings.queries import access_meeting
from meetings.queries.minutes import (
    access_minutes,
    approve_by,
    minutes_readable_by,
    newest_version,
    obstacles_to_sending,
    reason_given,
    recipients_of,
    recipients_possible,
    withdrawn_before,
)
from meetings.queries.sealing import seal_shown
from meetings.rules import is_arranger
from meetings.states import MeetingState, MinutesState
from meetings.views.minutes import minutes_page
from meetings.views.minutes_lock import replace_form
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import NotAllowed, SomebodyWasFaster


def arranged(request: AnyHatRequest, pk: int) -> Meeting:
    """A meeting that this hat arranges, or 404: the pages that send and take back are not there for others."""
    meeting = access_meeting(request.hat, pk)
    if not is_arranger(request.hat, meeting.group):
        raise Http404
    return meeting


def done(request: AnyHatRequest, meeting: Meeting, name: str, said: str, act: Callable[[], object]) -> HttpResponse:
    """Do it once, say so, and go to the minutes."""

    def perform() -> str:
        act()
        messages.success(request, said)
        return reverse("minutes", args=[meeting.pk])

    return do_once(request, f"{name} {meeting.pk}", perform)


# ---------- sending ----------
@hat_page
def send(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Who approves, who gets it, what stands in the way, and then it is sent."""
    meeting = arranged(request, pk)
    if meeting.state != MeetingState.HELD or meeting.minutes_state != MinutesState.DRAFT:
        if request.method == "POST":
            raise SomebodyWasFaster(FASTER)
        return redirect("minutes", pk=pk)
    before = newest_version(meeting)
    form = SendMinutesForm(
        request.POST or None,
        possible=recipients_possible(meeting),
        chair_id=meeting.group.chair_id,
        is_correction=before is not None,
        earlier=withdrawn_before(meeting),
        initial={"reason": reason_given(meeting)},
    )
    refused, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return done(
                    request, meeting, "send_minutes", "Protokollet är skickat.", lambda: _send(request, form, meeting)
                )
            except NotAllowed as refusal:
                refused, status = refusal.sentence, refusal.status
        else:
            status = 422
    obstacles = obstacles_to_sending(meeting)
    context = {
        "meeting": meeting,
        "form": form,
        "refused": refused,
        "obstacles": obstacles,
        "lacks_gender": any(one.item_id is None for one in obstacles),
        "before": before,
        "approve_by": approve_by(meeting),
    }
    return render(request, "meetings/minutes_send.html", context, status=status)


def _send(request: AnyHatRequest, form: SendMinutesForm, meeting: Meeting) -> None:
    send_minutes(
        by=request.hat,
        meeting=meeting,
        adjusters=form.adjuster_ids,
        left_out=form.left_out,
        reason=form.cleaned_data.get("reason", ""),
    )


# ---------- the answer ----------
@require_POST
@hat_page
def approve(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """One click by an adjuster. The form carries the digest of what was shown: something else is not signed (409)."""
    meeting, minutes = access_minutes(request.hat, pk, version)
    return done(
        request,
        meeting,
        "approve_minutes",
        "Du har justerat protokollet.",
        lambda: approve_minutes(by=request.hat, minutes=minutes, digest=request.POST.get("digest", "")),
    )


@require_POST
@hat_page
def object_to(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """An adjuster wants a change, and says which."""
    meeting, minutes = access_minutes(request.hat, pk, version)
    form = ObjectForm(request.POST)
    if not form.is_valid():
        return _again(request, meeting, minutes, "object", form)
    return done(
        request,
        meeting,
        "object_to_minutes",
        "Protokollet är ett utkast igen. Den som ordnar mötet har fått veta det.",
        lambda: object_to_minutes(by=request.hat, minutes=minutes, comment=form.cleaned_data["comment"]),
    )


@require_POST
@hat_page
def correct(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Open approved minutes again, with the reason."""
    meeting = access_meeting(request.hat, pk)
    minutes = minutes_readable_by(request.hat, meeting).first()
    if minutes is None:
        raise Http404
    form = CorrectForm(request.POST)
    if not form.is_valid():
        return _again(request, meeting, minutes, "correct", form)
    return done(
        request,
        meeting,
        "correct_minutes",
        f"Protokollet är öppet för rättelse. Version {minutes.version} gäller tills du har skickat den nya.",
        lambda: correct_minutes(by=request.hat, meeting=meeting, reason=form.cleaned_data["reason"]),
    )


def _again(request: AnyHatRequest, meeting: Meeting, minutes: Minutes, name: str, form: forms.Form) -> HttpResponse:
    return minutes_page(request, meeting, minutes, {name: form}, status=422)


@require_POST
@hat_page
def replace(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """Somebody else signs in the place of an adjuster who does not."""
    arranged(request, pk)
    meeting, minutes = access_minutes(request.hat, pk, version)
    form = replace_form(minutes, request.POST)
    if form is None or meeting.minutes_state != MinutesState.SENT:
        raise SomebodyWasFaster(FASTER)
    if not form.is_valid():
        return _again(request, meeting, minutes, "replace", form)
    leaves, comes = int(form.cleaned_data["leaves"]), int(form.cleaned_data["comes"])
    return done(
        request,
        meeting,
        "replace_adjuster",
        "En annan justerar protokollet. Den har fått frågan.",
        lambda: replace_adjuster(by=request.hat, minutes=minutes, leaves=leaves, comes=comes),
    )


# ---------- approved ----------
@require_POST
@hat_page
def addendum(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """Add to approved minutes, which stand as they are."""
    arranged(request, pk)
    meeting, minutes = access_minutes(request.hat, pk, version)
    form = AddendumForm(request.POST)
    if not form.is_valid():
        return _again(request, meeting, minutes, "addendum", form)
    return done(
        request,
        meeting,
        "add_addendum",
        "Tillägget är skrivet. De som har fått protokollet får veta det.",
        lambda: add_addendum(by=request.hat, minutes=minutes, text=form.cleaned_data["text"]),
    )


@require_POST
@hat_page
def post(request: AnyHatRequest, pk: int) -> HttpResponse:
    """Formal minutes: when and where their approval was announced."""
    meeting = arranged(request, pk)
    minutes = newest_version(meeting)
    shown = seal_shown(minutes) if minutes else None
    if minutes is None or shown is None or not shown.formal:
        raise NotAllowed("Det är bara formella protokoll som anslås, när de är justerade.")
    form = PostForm(request.POST, approved_on=shown.approved_on)
    if not form.is_valid():
        return _again(request, meeting, minutes, "post", form)
    return done(
        request,
        meeting,
        "post_minutes",
        "Anslaget är noterat.",
        lambda: post_minutes(by=request.hat, meeting=meeting, **form.cleaned_data),
    )


# ---------- taking back ----------
@hat_page
def withdraw(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """Choose from whom, say why. What they have already opened they have read: the page says who has."""
    arranged(request, pk)
    meeting, minutes = access_minutes(request.hat, pk, version)
    rows = [row for row in recipients_of(minutes) if row.withdrawn_at is None]
    hats = {row.pk: row.attendance.member or row.attendance.role for row in rows}
    rows = [row for row in rows if (hat := hats[row.pk]) is not None and not is_arranger(hat, meeting.group)]
    form = WithdrawMinutesForm(request.POST or None, rows=rows)
    if request.method == "POST" and form.is_valid():
        chosen = {int(pk) for pk in form.cleaned_data["recipients"]}
        reason = form.cleaned_data["reason"]
        return done(
            request,
            meeting,
            "withdraw_minutes",
            "Protokollet är återkallat. De kan inte längre öppna det.",
            lambda: withdraw_minutes(by=request.hat, minutes=minutes, recipients=chosen, reason=reason),
        )
    context: dict[str, Any] = {"meeting": meeting, "minutes": minutes, "form": form, "rows": rows}
    return render(request, "meetings/minutes_withdraw.html", context, status=422 if form.is_bound else 200)
