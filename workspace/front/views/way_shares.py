"""What other agencies are told of somebody's way: part by part, by an act for each (L3–L9, L11, R33)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from workspace import actions
from workspace.actions.consents import RowInput
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.front.actions import way_shares
from workspace.models import Membership
from workspace.pathway.forms.shares import DeskForm, ShareForm, WayConsentForm
from workspace.pathway.models import Enrolment
from workspace.pathway.queries import access_way
from workspace.pathway.queries.shares import (
    access_share,
    access_told,
    consent_for,
    desks_to_tell,
    parts_told,
    told_of,
    ways_told_to,
)
from workspace.queries import access_participant, categories, limits_towards
from workspace.rules import is_caseworker, owns
from workspace.swedish import say_list

PAGE = 30


# ---------- the consent ----------
def rows_of(form: WayConsentForm, member: Membership) -> list[RowInput]:
    """Ours to each agency: whose way it is, and the parts."""
    data = form.cleaned_data
    identity = next(category for category in categories() if category.pk == "identity")
    return [
        RowInput(member.agency, agency, category, data["purpose"], data["valid_until"])
        for agency in data["agencies"]
        for category in [identity, *data["parts"]]
    ]


@member_page
def way_consent(request: MemberRequest, pk: int) -> HttpResponse:
    """Write down which parts of their way a person lets us tell whom. With ?vag=… the way back leads to that way."""
    person = access_participant(request.hat, pk)
    number = request.GET.get("vag", "")
    after = reverse("participant", args=[person.pk])
    if number.isascii() and number.isdecimal() and len(number) < 19:
        after = reverse("way", args=[access_way(request.hat, int(number)).pk])
    form = WayConsentForm(request.POST or None, member=request.hat, participant=person)
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            actions.record_consent(
                by=request.hat,
                agency=request.hat.agency,
                participant=person,
                form=form.cleaned_data["form"],
                given_on=form.cleaned_data["given_on"],
                limits=form.cleaned_data["limits"],
                rows=rows_of(form, request.hat),
            )
            messages.success(request, "Samtycket för vägen är registrerat.")
            return after

        return do_once(request, "record_way_consent", perform)
    log_reads(request, "participant", person.pk, [person.pk])
    return render(request, "pathway/share_consent.html", {"form": form, "person": person, "back": after})


# ---------- telling ----------
def shares_context(request: MemberRequest, way: Enrolment) -> dict[str, Any]:
    """What `pathway/_way_shares.html` shows on the page of a way; the caller has logged the read."""
    person = way.participant
    ours = person is not None and is_caseworker(request.hat) and owns(request.hat, person)
    return {"told": told_of(way), "may_tell": ours}


@member_page
def tell_way(request: MemberRequest, pk: int) -> HttpResponse:
    """Tell a desk some parts of a way: first whom, by ?till=…, then what and why."""
    way = access_way(request.hat, pk)
    back = reverse("way", args=[way.pk])
    context: dict[str, Any] = {"way": way, "person": way.participant, "back": back}
    whom = DeskForm(request.GET if "till" in request.GET else None, desks=desks_to_tell(request.hat, way))
    if not whom.is_valid():
        log_reads(request, "way", way.pk, [way.participant_id or 0])
        return render(request, "pathway/share_desk.html", {**context, "form": whom})
    desk, covered = whom.chosen, consent_for(way, whom.chosen.agency)
    form = ShareForm(request.POST or None, recipient=desk.agency, covered=covered, initial={"ground": "consent"})
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            way_shares.tell_way(
                by=request.hat,
                enrolment=way,
                desk=desk,
                parts=form.chosen,
                ground=form.cleaned_data["ground"],
                reason=form.cleaned_data["reason"],
            )
            told = say_list([part.label for part in form.chosen])
            messages.success(request, f"{desk.agency.name} kan nu läsa: {told}.")
            return back

        return do_once(request, f"tell_way {pk}", perform)
    log_reads(request, "way", way.pk, [way.participant_id or 0])
    limits = limits_towards(request.hat, way.participant, desk.agency) if way.participant else []
    told = next((parts for known, parts in told_of(way) if known == desk), [])
    return render(
        request, "pathway/share_form.html", {**context, "form": form, "desk": desk, "limits": limits, "told": told}
    )


@require_POST
@member_page
def stop_telling(request: MemberRequest, pk: int) -> HttpResponse:
    """Take one part back from a desk, at once."""
    share = access_share(request.hat, pk)

    def perform() -> str:
        way_shares.stop_telling(by=request.hat, share=share)
        who, what = share.function.agency.name, share.get_part_display()
        messages.success(request, f"{who} kan inte längre läsa: {what}.")
        return reverse("way", args=[share.enrolment_id])

    return do_once(request, f"stop_telling {pk}", perform)


# ---------- as the desk that was told sees it ----------
@member_page
def told_ways(request: MemberRequest) -> HttpResponse:
    """What other agencies have told this hat's desks, the last told first."""
    page = Paginator(ways_told_to(request.hat), PAGE).get_page(request.GET.get("page"))
    ways = list(page)
    parts = parts_told(request.hat, ways)
    log_reads(request, "way.told", None, [way.participant_id for way in ways if way.participant_id])
    rows = [(way, parts[way.pk], max(told.ends_at for told in parts[way.pk])) for way in ways if way.pk in parts]
    return render(request, "pathway/told_list.html", {"page": page, "rows": rows})


def _told(request: MemberRequest, pk: int) -> dict[str, Any]:
    """What is told of a way now; logs the read where anything is."""
    told = access_told(request.hat, pk)
    if told.parts:
        log_reads(request, "way.told", pk, [told.enrolment.participant_id or 0])
    return {"told": told, "topic": f"way:{pk}" if told.parts else ""}


@member_page
def told_way(request: MemberRequest, pk: int) -> HttpResponse:
    """Somebody's way, as far as this desk has been told: the parts that live, and nothing of any other."""
    return render(request, "pathway/told.html", _told(request, pk))


@member_page
def told_way_fragment(request: MemberRequest, pk: int) -> HttpResponse:
    """The region of that page, as it is now."""
    return render(request, "pathway/_told.html", _told(request, pk))
