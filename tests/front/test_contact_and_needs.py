"""How a participant wants to be told, and what makes a meeting work for them."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.cast import SECRET_NAME, Cast
from workspace import actions
from workspace.errors import NotAllowed
from workspace.models import AuditEntry, Contact, Participant, SupportNeeds
from workspace.rules import Hat
from workspace.states import Channel, NeutralWords

pytestmark = [pytest.mark.django_db]
AsHat = Callable[[Hat], Client]
GOOD = {"channel": "email", "address": "namn@exempel.se", "words": "short", "large_text": "on"}


def contact_page(person: Participant) -> str:
    return f"/deltagare/{person.pk}/kontakt/"


def needs_page(person: Participant) -> str:
    return f"/deltagare/{person.pk}/behov/"


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def client(cast: Cast, as_hat: AsHat) -> Client:
    return as_hat(cast.soc)


# ---------- who may ----------
def test_only_a_caseworker_who_may_open_the_participant_writes_these_down(cast: Cast, as_hat: AsHat) -> None:
    hats: dict[str, Hat] = {**cast.members, "coordinator": cast.coordinator, "chair": cast.chair}
    forms = ((contact_page, GOOD, Contact), (needs_page, {"breaks": "on"}, SupportNeeds))
    for role, hat in hats.items():
        may = role in {"soc", "soc_2"}
        for page, data, model in forms:
            shown = as_hat(hat).get(page(cast.person))
            assert shown.status_code == (200 if may else 404), role
            assert may or SECRET_NAME not in shown.content.decode()
            assert as_hat(hat).post(page(cast.person), data).status_code == (302 if may else 404), role
            assert model.objects.filter(participant=cast.person).exists() == may, role
            model.objects.all().delete()


def test_a_manager_with_a_reason_writes_nothing(cast: Cast, as_hat: AsHat) -> None:
    actions.state_reason(by=cast.soc_manager, participant=cast.person, reason="klagomål")
    for page, data in ((contact_page, GOOD), (needs_page, {"breaks": "on"})):
        shown = as_hat(cast.soc_manager).get(page(cast.person))
        assert shown.status_code == 200 and "Det är handläggare hos er som skriver in det." in text_of(shown)
        assert as_hat(cast.soc_manager).post(page(cast.person), data).status_code == 403
    assert not Contact.objects.exists() and not SupportNeeds.objects.exists()


def test_the_actions_refuse_other_agencies(cast: Cast) -> None:
    said = {"channel": "none", "address": "", "words": "plain", "easy_read": False, "large_text": False}
    for by in (cast.psyk, cast.fk, cast.outsider, cast.soc_manager):
        with pytest.raises(NotAllowed):
            actions.save_contact(by=by, participant=cast.person, **said)  # type: ignore[arg-type]


def test_reading_and_writing_both_stand_in_the_record(cast: Cast, client: Client) -> None:
    for page, data in ((contact_page, GOOD), (needs_page, {"breaks": "on"})):
        client.get(page(cast.person))
        client.post(page(cast.person), data)
    rows = AuditEntry.objects.filter(what__in=["contact", "needs"]).order_by("pk")
    assert [(row.act, row.what, row.participant_id, row.membership_id) for row in rows] == [
        (act, what, cast.person.pk, cast.soc.pk) for what in ("contact", "needs") for act in ("read", "write")
    ]


# ---------- how to be told ----------
@pytest.mark.embedded
def test_the_choices_are_saved_and_shown_again_and_the_words_read_as_they_will_be_sent(
    cast: Cast, client: Client
) -> None:
    first = client.get(contact_page(cast.person))
    for words in NeutralWords:
        assert words.label in text_of(first)
    assert "Inte alls" in text_of(first) and "Sms" not in text_of(first)
    answer = client.post(contact_page(cast.person), {**GOOD, "once": "a"})
    assert answer["Location"] == f"/deltagare/{cast.person.pk}/"
    again = client.post(contact_page(cast.person), {**GOOD, "words": "reminder", "once": "a"})  # the same form
    assert again["Location"] == answer["Location"]
    kept = Contact.objects.get()
    assert (kept.channel, kept.address, kept.words, kept.large_text, kept.easy_read) == (
        *("email", "namn@exempel.se", "short"),
        *(True, False),
    )
    assert 'value="namn@exempel.se"' in client.get(contact_page(cast.person)).content.decode()
    client.post(contact_page(cast.person), {**GOOD, "channel": "none"})
    kept.refresh_from_db()
    assert (kept.channel, kept.address) == (Channel.NONE, "")  # no address is kept for nothing


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("070-123 45 67", "+46701234567"),
        ("0046 70 123 45 67", "+46701234567"),
        ("+46 (0)70 123 45 67", "+46701234567"),
        ("+47 412 34 567", "+4741234567"),
        ("(070) 123.45.67", "+46701234567"),
    ],
)
def test_a_number_is_kept_as_plus_and_figures(cast: Cast, client: Client, settings: Any, typed: str, kept: str) -> None:
    settings.SMS_GATEWAY = "sms.exempel.se"
    assert client.post(contact_page(cast.person), {**GOOD, "channel": "sms", "address": typed}).status_code == 302
    assert Contact.objects.get().address == kept


@pytest.mark.parametrize(
    ("channel", "address", "sentence"),
    [
        ("email", "", "Skriv mejladressen, eller välj ett annat sätt."),
        ("email", "namn@", "Mejladressen går inte att läsa."),
        ("email", "a@b.se\nBcc: c@d.se", "Mejladressen går inte att läsa."),
        ("email", "a@b.se, c@d.se", "Mejladressen går inte att läsa."),
        ("email", '"a b"@exempel.se', "Mejladressen går inte att läsa."),
        ("email", "Namn <a@b.se>", "Mejladressen går inte att läsa."),
        ("email", "a\x00@b.se", "Texten har tecken som inte går att visa."),
        ("email", "a" * 4000 + "@b.se", "tecken för lång"),
        ("sms", "", "Skriv mobilnumret, eller välj ett annat sätt."),
        ("sms", "0911-123 45", "Numret är inget svenskt mobilnummer."),
        ("sms", "070-123 45 678", "Numret är inget svenskt mobilnummer."),
        ("sms", "+1234567890123456", "Numret går inte att läsa."),
        ("sms", "٠٧٠١٢٣٤٥٦٧", "Numret går inte att läsa."),
        ("sms", "a@b.se", "Numret går inte att läsa."),
        ("brev", "", "Välj ett av sätten."),
        ("", "", "Välj ett sätt."),
    ],
)
def test_a_bad_address_is_said_at_the_field_and_nothing_typed_is_lost(
    cast: Cast, client: Client, settings: Any, channel: str, address: str, sentence: str
) -> None:
    settings.SMS_GATEWAY = "sms.exempel.se"
    answer = client.post(contact_page(cast.person), {**GOOD, "channel": channel, "address": address})
    assert answer.status_code == 200 and sentence in text_of(answer)
    assert not Contact.objects.exists()
    page = answer.content.decode()
    assert re.search(r'name="words" value="short"[^>]* checked', page) and re.search(
        r'name="large_text"[^>]* checked', page
    )
    if address and address.isprintable() and len(address) < 30 and '"' not in address and "<" not in address:
        assert f'value="{address}"' in page


def test_sms_is_a_way_only_where_something_sends_it(cast: Cast, client: Client, settings: Any) -> None:
    data = {**GOOD, "channel": "sms", "address": "070-123 45 67"}
    settings.SMS_GATEWAY = ""
    assert "Välj ett av sätten." in text_of(client.post(contact_page(cast.person), data))
    settings.SMS_GATEWAY = "sms.exempel.se"
    assert "Sms" in text_of(client.get(contact_page(cast.person)))
    assert client.post(contact_page(cast.person), data).status_code == 302


def test_a_letter_needs_no_address_and_may_have_one(cast: Cast, client: Client) -> None:
    for address in ("", "Storgatan 1, 941 31 Piteå"):
        assert (
            client.post(contact_page(cast.person), {**GOOD, "channel": "letter", "address": address}).status_code == 302
        )
        assert Contact.objects.get().address == address


# ---------- what makes a meeting work ----------
@pytest.mark.embedded
def test_needs_are_saved_and_shown_again_and_say_what_never_why(cast: Cast, client: Client) -> None:
    assert "Skriv vad som behövs, aldrig varför." in text_of(client.get(needs_page(cast.person)))
    data = {"interpreter": "sign", "language": "svenskt teckenspråk", "hearing_loop": "on", "breaks": "on"}
    assert client.post(needs_page(cast.person), data)["Location"] == f"/deltagare/{cast.person.pk}/"
    needs = SupportNeeds.objects.get()
    assert (needs.interpreter, needs.language, needs.hearing_loop, needs.breaks) == (
        *("sign", "svenskt teckenspråk"),
        *(True, True),
    )
    assert not (needs.pick_up or needs.calm_room or needs.easy_read or needs.large_print)
    assert 'value="svenskt teckenspråk"' in client.get(needs_page(cast.person)).content.decode()
    client.post(needs_page(cast.person), {"language": "arabiska"})
    needs.refresh_from_db()
    assert (needs.interpreter, needs.language, needs.breaks) == ("", "", False)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"interpreter": "spoken"}, "Skriv vilket språk tolken ska tala eller teckna."),
        ({"interpreter": "telepati", "language": "dari"}, "Välj ett av sätten."),
        ({"interpreter": "spoken", "language": "dari (ADHD, F90.0)"}, "Skriv bara språkets namn, med bokstäver."),
        ({"interpreter": "spoken", "language": "dari, har svår ångest"}, "Skriv bara språkets namn, med bokstäver."),
        ({"interpreter": "spoken", "language": "har en svår ångest efter kriget"}, "Skriv bara språkets namn"),
        ({"interpreter": "spoken", "language": "x" * 61}, "tecken för lång"),
        ({"interpreter": "spoken", "language": "a\x00"}, "Texten har tecken som inte går att visa."),
    ],
)
def test_there_is_no_room_for_a_diagnosis(cast: Cast, client: Client, data: dict[str, str], sentence: str) -> None:
    answer = client.post(needs_page(cast.person), {**data, "pick_up": "on"})
    assert answer.status_code == 200 and sentence in text_of(answer) and not SupportNeeds.objects.exists()
    assert re.search(r'name="pick_up"[^>]* checked', answer.content.decode())


@pytest.mark.parametrize("name", ["kontakt", "behov"])
def test_the_way_back_is_the_conversation_they_were_opened_from_or_the_participant(
    cast: Cast, client: Client, name: str
) -> None:
    page, person = f"/deltagare/{cast.person.pk}/{name}/", f"/deltagare/{cast.person.pk}/"
    backs = {"12": "/samtal/12/", "": person, "//exempel.se": person, "-1": person, "²": person, "9" * 30: person}
    for number, back in backs.items():
        shown = client.get(page, {"tillbaka": number})
        assert f'href="{back}">Avbryt' in shown.content.decode(), number
        sent = client.post(f"{page}?{urlencode({'tillbaka': number})}", {"channel": "none", "words": "plain"})
        assert sent.headers["Location"] == back, number
