"""Recording, confirming and withdrawing a consent."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from referrals.queries import access_referral, resting_on
from workspace import actions
from workspace.actions.consents import RowInput
from workspace.doors import MemberRequest, do_once, log_reads, member_page
from workspace.forms import ConsentRecordForm, WithdrawForm
from workspace.front.actions.consents import withdraw_consent
from workspace.models import ConsentRow, Membership, Participant
from workspace.queries import access_consent, access_participant, categories, shared_cooperation
from workspace.rules import row_lives
from workspace.swedish import say_date


def rows_of(form: ConsentRecordForm, member: Membership) -> list[RowInput]:
    """The form's answers as rows: ours to the recipient, the recipient's back to us, and follow-up."""
    data = form.cleaned_data
    purpose, until = data["purpose"], data["valid_until"]
    rows = [RowInput(member.agency, data["recipient"], category, purpose, until) for category in data["categories"]]
    by_code = {category.pk: category for category in categories()}
    for code in data["may_answer"]:
        rows.append(RowInput(data["recipient"], member.agency, by_code[code], purpose, until))
    cooperation = shared_cooperation(member.agency, data["recipient"])
    if data["follow_up"] and cooperation:
        rows.append(RowInput(member.agency, cooperation, by_code["follow_up"], purpose, until))
    return rows


def save_consent(request: MemberRequest, form: ConsentRecordForm, person: Participant, after: str) -> HttpResponse:
    """Record what the form says, once, and go on."""

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
        messages.success(request, "Samtycket är registrerat.")
        return after

    return do_once(request, "record_consent", perform)


@member_page
def new_consent(request: MemberRequest, pk: int) -> HttpResponse:
    """Write down what a person says yes to. With ?remiss=… the way goes back to that draft."""
    person = access_participant(request.hat, pk)
    after = reverse("participant", args=[person.pk])
    initial = {}
    draft = request.GET.get("remiss", "")
    if draft.isdecimal():
        referral = access_referral(request.hat, int(draft))
        after = reverse("draft_ground" if referral.state == "draft" else "referral", args=[referral.pk])
        initial = {"recipient": referral.receiver.agency_id, "categories": ["identity", "question"]}
    form = ConsentRecordForm(request.POST or None, member=request.hat, participant=person, initial=initial)
    if request.method == "POST" and form.is_valid():
        return save_consent(request, form, person, after)
    log_reads(request, "participant", person.pk, [person.pk])
    return render(request, "front/new_consent.html", {"form": form, "person": person, "back": after})


def said(row: ConsentRow, member: Membership) -> str:
    """A row as one line of a list of check boxes."""
    to = row.recipient.name if row.recipient else "samordnaren"
    who = "Vi" if row.discloser_id == member.agency_id else row.discloser.name
    whom = "oss" if row.recipient_id == member.agency_id else to
    return f"{who} berättar för {whom}: {row.category.name.lower()}, till och med {say_date(row.valid_until)}"


@member_page
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Register that a person takes back a consent. Says what it leads to before it is done."""
    consent = access_consent(request.hat, pk)
    rows = list(
        consent.rows.filter(row_lives())
        .select_related("discloser", "recipient", "recipient_cooperation", "category")
        .order_by("category__order", "pk")
    )
    choices = [(str(row.pk), said(row, request.hat)) for row in rows]
    form = WithdrawForm(request.POST or None, consent=consent, rows=choices)
    back = reverse("participant", args=[consent.participant_id])
    if request.method == "POST" and form.is_valid():

        def perform() -> str:
            withdraw_consent(by=request.hat, consent=consent, row_ids=[int(pk) for pk in form.cleaned_data["rows"]])
            messages.success(request, "Återkallelsen är registrerad. Åtkomsten har upphört hos mottagaren.")
            return back

        return do_once(request, f"withdraw_consent {consent.pk}", perform)
    log_reads(request, "participant", consent.participant_id, [consent.participant_id])
    context = {
        "form": form,
        "consent": consent,
        "person": consent.participant,
        "rows": rows,
        "back": back,
        "closes": list(resting_on(consent).select_related("kind", "receiver__agency")),
    }
    return render(request, "front/withdraw_consent.html", context)


@require_POST
@member_page
def confirm(request: MemberRequest, pk: int) -> HttpResponse:
    """Confirm a consent that was read from the workbook."""
    consent = access_consent(request.hat, pk)
    actions.confirm_consent(by=request.hat, consent=consent)
    messages.success(request, "Samtycket är bekräftat.")
    return redirect("participant", pk=consent.participant_id)
