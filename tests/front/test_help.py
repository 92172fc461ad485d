"""«Jag behöver hjälp», «Jag känner mig missgynnad»: to somebody outside the daily team alone (R77, R78)."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Notification
from tests.cast import Cast, make_member, make_participant
from tests.front.own_stage import OWN
from tests.meetings.talks import make_phone, make_talk
from workspace.models import AuditEntry, FunctionMember, HelpRequest, Membership, OutsideContact
from workspace.states import AuditAct

AsHat = Callable[[object], Client]
SECRET = "Hemlig sak om Elin"
HELP = "/min-sida/hjalp/"
pytestmark = pytest.mark.django_db


def ask(cast: Cast, kind: str = "disadvantage", text: str = SECRET, once: str = "") -> HelpRequest:
    response = make_phone(cast).client.post(HELP, {"kind": kind, "text": text, "once": once})
    assert response.status_code == 302, response.content.decode()
    return HelpRequest.objects.latest("pk")


def test_the_page_says_first_who_reads_it(cast: Cast) -> None:
    page = make_phone(cast).client.get(f"{HELP}?val=help").content.decode()
    assert page.index("Läses av en person utanför dem du brukar träffa.") < page.index("<textarea")
    assert page.count(" checked") == 1


def test_it_is_told_to_whoever_hears_and_to_nobody_else(cast: Cast) -> None:
    make_talk(cast)
    asked = ask(cast)
    told = Notification.objects.values_list("kind", "membership", "object_id", "acting_agency")
    assert list(told) == [("help.asked", cast.soc_manager.pk, asked.pk, None)]
    assert SECRET not in str(list(Notification.objects.values()))


def test_somebody_named_hears_in_place_of_the_managers(cast: Cast) -> None:
    outside = make_member(cast.soc.agency, "utanfor", None)
    OutsideContact.objects.create(agency=cast.soc.agency, membership=outside)
    ask(cast)
    assert list(Notification.objects.values_list("membership", flat=True)) == [outside.pk]


def test_only_whoever_hears_opens_it(cast: Cast, as_hat: AsHat) -> None:
    asked = ask(cast)
    url, missing = reverse("help_request", args=[asked.pk]), reverse("help_request", args=[10**18])
    for name, hat in cast.members.items():
        seen, rows = as_hat(hat).get(url), as_hat(hat).get(reverse("help_requests")).content.decode()
        hears = name == "soc_manager"
        assert seen.status_code == (200 if hears else 404), name
        assert (SECRET in seen.content.decode()) is hears, name
        assert (cast.person.last_name in rows) is hears, name
        if not hears:
            assert seen.content == as_hat(hat).get(missing).content, name
            assert as_hat(hat).post(url, {"text": "Hej"}).status_code == 404, name
    for role in (cast.coordinator, cast.chair):
        assert as_hat(role).get(url).status_code == 404
        assert as_hat(role).get(reverse("help_requests")).status_code == 404
    assert HelpRequest.objects.get().answer == ""


def test_the_daily_team_never_reads_it_not_even_its_manager(cast: Cast, as_hat: AsHat) -> None:
    FunctionMember.objects.create(function=cast.soc_desk, membership=cast.soc_manager)
    asked = ask(cast)
    assert not Notification.objects.exists()
    for hat in (cast.soc, cast.soc_2, cast.soc_manager):
        assert as_hat(hat).get(reverse("help_request", args=[asked.pk])).status_code == 404


def test_where_nobody_hears_it_is_kept_and_the_page_says_to_phone_too(cast: Cast, as_hat: AsHat) -> None:
    Membership.objects.filter(pk=cast.soc_manager.pk).delete()
    cast.soc.user.phone = "070-111 22 33"
    cast.soc.user.save()
    asked = ask(cast)
    page = make_phone(cast).client.get(HELP).content.decode()
    assert "Just nu finns ingen som läser." in page and "tel:070-1112233" in page
    later = make_member(cast.soc.agency, "senare", None)
    OutsideContact.objects.create(agency=cast.soc.agency, membership=later)
    assert SECRET in as_hat(later).get(reverse("help_request", args=[asked.pk])).content.decode()


def test_the_hearer_sees_name_desk_and_text_and_nothing_more(cast: Cast, as_hat: AsHat) -> None:
    make_talk(cast)
    asked = ask(cast)
    page = as_hat(cast.soc_manager).get(reverse("help_request", args=[asked.pk])).content.decode()
    assert cast.person.full_name in page and "Mottagning" in page and SECRET in page
    assert cast.person.phone and cast.person.phone in page  # the person asked to be contacted
    for other in ("1984", "Hemlig fråga om praktik", "Vuxenpsykiatrin"):
        assert other not in page.partition("<main")[2].partition('name="once"')[0]
    assert cast.person.full_name not in page.partition("</title>")[0]


def test_a_read_is_logged_and_the_participant_sees_that_somebody_has_read(cast: Cast, as_hat: AsHat) -> None:
    asked = ask(cast)
    phone = make_phone(cast)
    assert "Ingen har läst det än." in phone.client.get(HELP).content.decode()
    as_hat(cast.soc_manager).get(reverse("help_request", args=[asked.pk]))
    read = AuditEntry.objects.get(what="help_request", act=AuditAct.READ)
    assert (read.membership_id, read.participant_id, read.object_id) == (cast.soc_manager.pk, cast.person.pk, asked.pk)
    assert "Det är läst. Du får svar här." in phone.client.get(HELP).content.decode()
    assert Notification.objects.get().read_at is not None


def test_an_answer_is_read_on_the_page_and_given_once(cast: Cast, as_hat: AsHat) -> None:
    asked = ask(cast)
    hearer, url = as_hat(cast.soc_manager), reverse("help_request", args=[asked.pk])
    empty = hearer.post(url, {"text": " "})
    assert empty.status_code == 422 and "Skriv ditt svar." in empty.content.decode()
    for _ in "12":
        assert hearer.post(url, {"text": "Jag ringer dig.", "once": "a"}).status_code == 302
    assert hearer.post(url, {"text": "Något annat"}).status_code == 409
    cast.soc_manager.user.first_name = "Karin"
    cast.soc_manager.user.save()
    phone = make_phone(cast)
    own = phone.client.get(OWN).content.decode()
    assert own.index("Nytt till dig") < own.index("Du har fått svar. Läs svaret.") < own.index("Inget samtal")
    assert "Hälsningar Karin, Socialtjänsten" in phone.client.get(HELP).content.decode()
    page = phone.client.get(HELP).content.decode()
    assert "Jag ringer dig." in page and "Något annat" not in page
    assert SECRET not in page  # not on a lost phone
    assert SECRET in hearer.get(url).content.decode()


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("disadvantage", "", "Skriv vad som har hänt."),
        ("", "Hej", "Välj ett av svaren."),
        ("annat", "Hej", "Välj ett av svaren."),
        ("help", "a" * 4001, "för lång"),
        ("help", "a\x00", "tecken som inte går att visa"),
    ],
)
def test_what_does_not_do_gets_a_sentence_and_is_not_lost(cast: Cast, kind: str, text: str, says: str) -> None:
    response = make_phone(cast).client.post(HELP, {"kind": kind, "text": text})
    assert response.status_code == 422 and says in response.content.decode()
    assert text.replace("\x00", "") in response.content.decode()
    assert not HelpRequest.objects.exists()


def test_help_needs_no_words_and_the_same_form_is_sent_once(cast: Cast) -> None:
    phone = make_phone(cast)
    for _ in "12":
        sent = phone.client.post(HELP, {"kind": "help", "text": "", "once": "a"})
        assert sent.headers["Location"] == f"{HELP}?sagt=vill-ha-hjalp"
    said = phone.client.get(sent.headers["Location"]).content.decode()
    assert "Vi har fått veta att du vill ha hjälp." in said and "det du skrev" not in said
    assert "Vi har fått det du skrev." in phone.client.get(f"{HELP}?sagt=hjalp").content.decode()
    assert "Vi har fått" not in phone.client.get(f"{HELP}?sagt=annat").content.decode()
    assert HelpRequest.objects.count() == 1


def test_ten_that_wait_are_enough(cast: Cast) -> None:
    phone = make_phone(cast)
    for _ in range(10):
        assert phone.client.post(HELP, {"kind": "help"}).status_code == 302
    more = phone.client.post(HELP, {"kind": "disadvantage", "text": "En till sak"})
    assert more.status_code == 403 and "Vänta på svar" in more.content.decode()
    assert "En till sak" in more.content.decode() and HelpRequest.objects.count() == 10


def test_another_participant_sees_nothing_of_it(cast: Cast, as_hat: AsHat) -> None:
    asked = ask(cast)
    as_hat(cast.soc_manager).post(reverse("help_request", args=[asked.pk]), {"text": "Hemligt svar"})
    other = make_phone(cast, make_participant(cast.soc_desk, "Annan"))
    for url in (OWN, HELP):
        page = other.client.get(url).content.decode()
        assert "Hemlig" not in page and "Du har fått svar" not in page
