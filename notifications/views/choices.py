"""What a person chooses about notices: one page for all their hats."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from notifications.actions import reset_choices, save_choices, save_quiet_hours
from notifications.forms import ChoicesForm, QuietForm, RoleForm
from notifications.queries import choices_of, is_reminded_by_role, kinds_for, mail_trouble_of, quiet_hours_of
from notifications.rules import ROLE_REMINDERS, Choice, default_choice
from notifications.states import DigestRhythm
from notifications.views.push import push_context
from workspace.doors import AnyHatRequest, do_once, hat_page
from workspace.errors import Refusal


@hat_page
def choices(request: AnyHatRequest) -> HttpResponse:
    """How each kind reaches the reader, and the form for it. About nobody, so nothing to log."""
    if request.method != "POST":
        return _page(request)
    kinds = kinds_for(request.hats)
    form = ChoicesForm(request.POST, kinds=kinds, chosen=_chosen(request))
    if not form.is_valid():
        return _page(request, form=form)
    return _save(request, form.choices())


@require_POST
@hat_page
def role_choice(request: AnyHatRequest) -> HttpResponse:
    """Whether the chasing mails a role."""
    form = RoleForm(request.POST)
    return _save(request, form.choices() if form.is_valid() else {})


def _save(request: AnyHatRequest, chosen: Mapping[str, Choice]) -> HttpResponse:
    def perform() -> str:
        save_choices(by=request.hat, choices=chosen)
        messages.success(request, "Dina val är sparade.")
        return reverse("notice_choices")

    return do_once(request, "choose_notices", perform)


@require_POST
@hat_page
def quiet_hours(request: AnyHatRequest) -> HttpResponse:
    """When the reader is left in peace."""
    form = QuietForm(request.POST, hours=quiet_hours_of(request.user))
    if form.is_valid():

        def perform() -> str:
            save_quiet_hours(by=request.hat, **form.cleaned_data)
            messages.success(request, "De tysta timmarna är sparade.")
            return reverse("notice_choices")

        try:
            return do_once(request, "quiet_hours", perform)
        except Refusal as refusal:
            form.add_error("ends", refusal.sentence)
    return _page(request, quiet=form)


@require_POST
@hat_page
def reset(request: AnyHatRequest) -> HttpResponse:
    """Everything as if nobody had chosen."""

    def perform() -> str:
        reset_choices(by=request.hat)
        messages.success(request, "Allt är som om du inte hade valt något.")
        return reverse("notice_choices")

    return do_once(request, "reset_notices", perform)


def _chosen(request: AnyHatRequest) -> dict[str, Choice]:
    codes = [kind.code for kind in kinds_for(request.hats)]
    return {code: choice for (_, code), choice in choices_of([request.user.pk], [*codes, ROLE_REMINDERS]).items()}


def _page(request: AnyHatRequest, *, form: ChoicesForm | None = None, quiet: QuietForm | None = None) -> HttpResponse:
    kinds, chosen = kinds_for(request.hats), _chosen(request)
    hours = quiet_hours_of(request.user)
    form = form or ChoicesForm(kinds=kinds, chosen=chosen)
    context: dict[str, Any] = {
        **push_context(request),
        "trouble": mail_trouble_of(request.user),
        "form": form,
        "quiet_form": quiet or QuietForm(hours=hours),
        "groups": form.groups(),
        "is_changed": hours is not None
        or any(chosen[kind.code] != default_choice(kind.urgency) for kind in kinds)
        or chosen[ROLE_REMINDERS].mail == DigestRhythm.NEVER,
    }
    if is_reminded_by_role(request.hats):
        context["role_form"] = RoleForm({"mail": chosen[ROLE_REMINDERS].mail != DigestRhythm.NEVER})
    status = 422 if form.errors or context["quiet_form"].errors else 200
    return render(request, "notifications/choices.html", context, status=status)
