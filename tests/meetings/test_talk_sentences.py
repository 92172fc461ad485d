"""What a conversation's pages say of answers that need something from the convener, and of what can be done."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from meetings.actions.agreement_sending import send_agreement
from meetings.actions.agreements import answer_agreement
from meetings.actions.invitations import answer_invitation
from meetings.models import (
    Agreement,
    AgreementVersion,
    Conversation,
    Invitation,
    InvitationAnswer,
    Section,
    TimeAnswer,
    TimeOption,
)
from meetings.queries.talk_duties import Duty, talks_of
from meetings.states import Answer, ConversationState
from tests.cast import Cast
from tests.meetings.agreement_stage import copy_of, sent_talk, share_all, write_all
from tests.meetings.cast import in_days
from tests.meetings.talk_tools import talk_form
from tests.meetings.talks import Talk, make_agreement, make_phone, make_talk
from workspace.errors import NotAllowed
from workspace.models import Membership, SupportNeeds
from workspace.rules import Hat
from workspace.swedish import say_date

pytestmark = pytest.mark.django_db
AsHat = Callable[[Hat], Client]
S = ConversationState


def at(name: str, talk: Talk, *more: int) -> str:
    return reverse(name, args=[talk.conversation.pk, *more])


def page_of(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def head_of(page: str) -> str:
    return page.split('id="laget">')[1].split("</h2>")[0]


def own_call(talk: Talk, name: str) -> Invitation:
    return Invitation.objects.get(party=talk.parties[name])


def owed(member: Membership, duty: Duty) -> list[Conversation]:
    return [one.talk for one in talks_of(member).owed if one.duty == duty]


def answers_to_see(member: Membership) -> list[Conversation]:
    return owed(member, Duty.HINDERED)


def differences_to_see(member: Membership) -> list[Conversation]:
    return owed(member, Duty.DIFFERENCE)


def says_no(talk: Talk, name: str, answer: Answer = Answer.NOT_COMING) -> None:
    InvitationAnswer.objects.create(invitation=own_call(talk, name), answer=answer)


# ---------- answers to the call ----------
def test_whoever_wants_another_time_or_cannot_come_is_the_conveners_first_sentence(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    soc, path = as_hat(cast.soc), at("conversation", talk)
    page = page_of(soc, path)
    assert head_of(page).startswith("Samtalet är ") and ">Ändra tid</a>" not in page
    assert "Efter samtalet skriver du här att det är genomfört." in page and answers_to_see(cast.soc) == []
    says_no(talk, "psyk", Answer.OTHER_TIME)
    says_no(talk, "participant")
    page = page_of(soc, path)
    assert head_of(page) == "Deltagaren kan inte komma. Vuxenpsykiatrin Piteå vill ha en annan tid"
    assert "<p>Samtalet är " in page and f'href="{at("move_conversation", talk)}">Ändra tid</a>' in page
    assert 'data-live-part="times calls"' in page
    theirs = page_of(as_hat(cast.psyk), path)
    assert (
        head_of(theirs).startswith("Samtalet är ") and "kan inte komma" not in theirs and "Efter samtalet" not in theirs
    )
    assert answers_to_see(cast.soc) == [talk.conversation] and answers_to_see(cast.psyk) == []
    # The newest answer counts, and only to the call that holds now.
    InvitationAnswer.objects.create(invitation=own_call(talk, "participant"), answer=Answer.COMING)
    assert head_of(page_of(soc, path)) == "Vuxenpsykiatrin Piteå vill ha en annan tid"
    Conversation.objects.update(round=2)
    assert head_of(page_of(soc, path)).startswith("Samtalet är ") and answers_to_see(cast.soc) == []


def test_after_the_time_the_answers_are_no_longer_the_first_sentence(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED, days=-1)
    says_no(talk, "psyk")
    assert head_of(page_of(as_hat(cast.soc), at("conversation", talk))).startswith("Tiden har varit")
    assert answers_to_see(cast.soc) == []


def test_another_time_needs_a_word_from_staff_and_none_from_the_participant(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    psyk, path = as_hat(cast.psyk), reverse("answer_invitation", args=[talk.conversation.pk])
    got = psyk.post(path, {"answer": "other_time", "comment": " "})
    assert "Skriv vilka tider som passar." in got.content.decode() and not InvitationAnswer.objects.exists()
    assert psyk.post(path, {"answer": "other_time", "comment": "Fredag"}).status_code == 302
    answer_invitation(by=make_phone(cast).browser, invitation=own_call(talk, "participant"), answer="other_time")
    assert InvitationAnswer.objects.count() == 2


# ---------- times ----------
def test_who_has_answered_some_of_the_times_is_asked_for_the_rest(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    one, _ = (
        TimeOption.objects.create(conversation=talk.conversation, starts_at=in_days(day), ends_at=in_days(day, 14))
        for day in (3, 4)
    )
    TimeAnswer.objects.create(option=one, party=talk.parties["psyk"], works=True)
    psyk = page_of(as_hat(cast.psyk), at("conversation", talk))
    assert head_of(psyk) == "Svara också på de nya tiderna" and "Ni har svarat" not in psyk
    ours = page_of(as_hat(cast.soc), at("conversation", talk))
    assert head_of(ours) == (
        "Deltagaren har inte svarat på tiderna. Vuxenpsykiatrin Piteå har inte svarat på alla tider"
    )
    TimeOption.objects.exclude(pk=one.pk).update(withdrawn_at=timezone.now())
    psyk = page_of(as_hat(cast.psyk), at("conversation", talk))
    assert "Ni har svarat" in psyk and head_of(psyk) == "Deltagaren har inte svarat på tiderna"


# ---------- the interpreter, letters, wishes ----------
def test_a_needed_interpreter_is_added_and_booked_each_for_itself(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    soc, path = as_hat(cast.soc), at("conversation", talk)
    assert "Tolk behövs." not in page_of(soc, path)
    SupportNeeds.objects.create(participant=cast.person, interpreter="spoken", language="arabiska")
    page = page_of(soc, path)
    assert "Tolk behövs." in page and ">Skriv att tolken är bokad</button>" in page and 'id="tolk-saknas"' in page
    assert f'href="{path}#tolk-saknas">Boka tolk först' in page_of(soc, at("invite", talk))
    assert "Tolk behövs" not in page_of(as_hat(cast.psyk), path)
    soc.post(f"{at('add_party', talk)}?slag=tolk", {"name": "Tolkcentralen"})
    page = page_of(soc, path)
    assert "Tolkcentralen" in page and "Tolk behövs." not in page and "Skriv att tolken är bokad" in page


def test_the_row_says_when_a_letter_was_made_also_of_a_call_that_is_read(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.INVITED)
    Invitation.objects.filter(party=talk.parties["participant"]).update(
        letter_at=timezone.now(), read_at=timezone.now()
    )
    page = page_of(as_hat(cast.soc), at("conversation", talk))
    assert page.count("Brev gjort") == 1 and f"Brev gjort {say_date(timezone.localdate())}"[:16] in page
    assert "Brev gjort" not in page_of(as_hat(cast.psyk), at("conversation", talk))


def test_a_wish_is_read_by_the_participant_and_the_conveners_agency(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast)
    Conversation.objects.update(wished_form="Hellre ute", form_decision="Vi ses i parken")
    assert "Hellre ute" in page_of(as_hat(cast.soc), at("conversation", talk))
    assert "Hellre ute" not in page_of(as_hat(cast.psyk), at("conversation", talk))
    own = page_of(make_phone(cast).client, "/min-sida/")
    assert "Hellre ute" in own and "Vi ses i parken" in own
    for name in ("conversation", "change_conversation", "decide_form"):
        assert "Läses bara av deltagaren och er" in page_of(as_hat(cast.soc), at(name, talk)), name


# ---------- forms and the list ----------
def test_a_missing_caseworker_is_marked_on_its_field_and_linked(cast: Cast, as_hat: AsHat) -> None:
    make_talk(cast, S.HELD)  # its consent reaches psyk
    soc, path = as_hat(cast.soc), reverse("new_conversation", args=[cast.person.pk])
    page = " ".join(soc.post(path, talk_form()).content.decode().split())
    field = f"id_enhet{cast.psyk_desk.pk}"
    assert f'href="#{field}"' in page and f'id="{field}_error">Välj minst en handläggare' in page
    assert "Skriv adress och rum, inte vilken verksamhet det är." in page
    got = soc.post(path, talk_form((cast.psyk_desk, cast.psyk)), follow=True).content.decode()
    assert "Samtalet är planerat. Föreslå tider." in got
    talk = Conversation.objects.latest("pk")
    page = page_of(soc, reverse("add_party", args=[talk.pk]))
    assert "Samtycket når ingen fler myndighet än dem som redan är med." in page


def test_those_with_a_time_come_first_the_soonest_first(cast: Cast, as_hat: AsHat) -> None:
    made = [make_talk(cast, S.INVITED, days=9), make_talk(cast, S.INVITED, days=2, with_fk=True), _later(cast)]
    page = page_of(as_hat(cast.soc), "/samtal/")
    places = [page.index(at("conversation", talk)) for talk in made]
    assert places[1] < places[0] < places[2] and 'under <a href="/deltagare/">Deltagare</a>' in page


def _later(cast: Cast) -> Talk:
    """One being prepared, made last of all; another set of desks than the others'."""
    talk = make_talk(cast, S.HELD)
    Conversation.objects.filter(pk=talk.conversation.pk).update(state=S.PREPARING, starts_at=None, desks="0")
    return talk


# ---------- the agreement ----------
@pytest.mark.parametrize(("days", "says"), [(7, "Samtalet har inte varit än."), (-1, "Skriv först att samtalet")])
def test_an_agreement_is_sent_when_the_conversation_is_held(cast: Cast, as_hat: AsHat, days: int, says: str) -> None:
    talk = make_talk(cast, S.INVITED, days=days)
    write_all(talk)
    share_all(talk)
    soc, path = as_hat(cast.soc), at("send_agreement", talk)
    page = page_of(soc, path)
    assert says in page and f'href="{at("hold_conversation", talk)}"' in page
    assert soc.post(path, {}).status_code == 403
    with pytest.raises(NotAllowed, match="genomfört"):
        send_agreement(by=cast.soc, conversation=talk.fresh())
    Conversation.objects.update(state=S.HELD)
    assert soc.post(path, {}).status_code == 302 and AgreementVersion.objects.count() == 1


def test_the_next_day_lies_ahead_when_it_is_written_and_when_it_is_sent(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.HELD)
    write_all(talk)
    share_all(talk)
    soc, today = as_hat(cast.soc), timezone.localdate()
    got = soc.post(at("write_common", talk), {"goals": "Mål", "next_on": today.isoformat(), "base": ""})
    assert "Skriv en dag som ligger framåt, till exempel" in got.content.decode()
    Agreement.objects.update(next_on=today - timedelta(days=3))
    page = page_of(soc, at("send_agreement", talk))
    assert "Skriv en dag som ligger framåt." in page and f'href="{at("write_common", talk)}"' in page
    with pytest.raises(NotAllowed, match="framåt"):
        send_agreement(by=cast.soc, conversation=talk.fresh())


def test_what_somebody_sees_differently_is_the_conveners_first_sentence(cast: Cast, as_hat: AsHat) -> None:
    talk, version = sent_talk(cast)
    soc, path = as_hat(cast.soc), at("agreement", talk)
    assert head_of(page_of(soc, path)) == "Läs igenom och svara för er del" and differences_to_see(cast.soc) == []
    phone = make_phone(cast).browser
    answer_agreement(by=phone, copy=copy_of(version, talk, "participant"), verdict="differs", text="Senare")
    page = page_of(soc, path)
    assert head_of(page) == "Deltagaren ser något annorlunda. Läs och rätta, eller låt det stå."
    assert page.count("agreement-state") == 2 and 'href="#svaren"' in page
    assert "ser något annorlunda" not in head_of(page_of(as_hat(cast.psyk), path))
    assert differences_to_see(cast.soc) == [talk.conversation] and differences_to_see(cast.psyk) == []
    answer_agreement(by=cast.psyk, copy=copy_of(version, talk, "psyk"), verdict="differs", text="Fel dag")
    assert head_of(page_of(soc, path)) == "Deltagaren och Vuxenpsykiatrin Piteå ser något annorlunda. Läs och rätta."
    answer_agreement(by=phone, copy=copy_of(version, talk, "participant"), verdict="confirmed")
    answer_agreement(by=cast.psyk, copy=copy_of(version, talk, "psyk"), verdict="confirmed")
    assert head_of(page_of(soc, path)) == "Läs igenom och svara för er del" and differences_to_see(cast.soc) == []


def test_words_that_the_participant_wrote_are_not_offered_to_be_changed(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.HELD)
    make_agreement(talk)
    soc, path = as_hat(cast.soc), at("agreement", talk)
    assert at("write_own_words", talk) not in page_of(soc, path)
    Section.objects.filter(party=talk.parties["participant"]).update(taken_down_by=cast.soc)
    assert "Ändra det du har skrivit ner" in page_of(soc, path)
    Section.objects.filter(party=talk.parties["participant"]).update(taken_down_by=None, text="")
    assert "Skriv ner deltagarens ord" in page_of(soc, path)


def test_before_a_part_is_laid_forward_it_says_who_reads_it_and_when(cast: Cast, as_hat: AsHat) -> None:
    talk = make_talk(cast, S.HELD)
    write_all(talk)
    page = page_of(as_hat(cast.soc), at("share_section", talk))
    assert "Ni kan ändra det tills den skickas, men det som har lästs har lästs." in page
    assert "Deltagaren, när den är skickad" in page and "går inte att ta tillbaka" not in page


def test_what_is_to_be_seen_asks_as_often_for_three_as_for_one(cast: Cast) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            talks_of(cast.soc)
        return len(seen)

    says_no(make_talk(cast, S.INVITED), "psyk")
    one = asked()
    for talk in (make_talk(cast, S.INVITED, with_fk=True),):
        says_no(talk, "psyk")
        says_no(talk, "participant")
    assert asked() == one == 1 and len(answers_to_see(cast.soc)) == 2
