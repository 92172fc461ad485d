"""Routines, mandates, plans and budgets: written, published, read, compared and ended (R50, R51, R98)."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from meetings.steering.actions.documents import publish_document, save_draft
from meetings.steering.models import Document, DocumentVersion, ReadConfirmation
from meetings.steering.queries.documents import digest_of, state_of
from meetings.steering.states import DocumentKind
from tests.cast import Cast
from tests.meetings.cast import make_room
from tests.referrals.races import at_once, outcomes
from tests.steering.papers import OLD_TEXT, TEXT, make_document, newest, posted, told, words
from tests.steering.stage import Steering, make_steering
from workspace.models import AuditEntry
from workspace.rules import Hat

AsHat = Callable[[Hat], Client]
NEW = {"kind": "routine", "title": "Rutin för tolk", "text": TEXT, "agency": ""}
# soc and psyk's managers and fk sit in the steering group, soc_2 as a deputy; psyk and the outsider sit nowhere.
READS = {"soc_manager", "psyk_manager", "fk", "soc_2", "chair", "coordinator", "steering", "evaluator", "elected"}
ARRANGES = {"chair", "coordinator"}
CONFIRMS = READS - {"evaluator", "elected"}


@pytest.fixture
def stage(cast: Cast) -> Steering:
    return make_steering(cast)


def hats(stage: Steering) -> dict[str, Hat]:
    return {**stage.cast.members, **stage.roles}


# ---------- who reads ----------
@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "published", "both", "ended"])
def test_who_reads_what(stage: Steering, as_hat: AsHat, state: str) -> None:
    document = make_document(stage.cast, published=state != "draft", draft=state in {"draft", "both"})
    if state == "ended":
        Document.objects.filter(pk=document.pk).update(ended_on=timezone.localdate())
    readers = ARRANGES if state == "draft" else READS
    for name, hat in hats(stage).items():
        client = as_hat(hat)
        expected = 200 if name in readers else 404
        assert client.get(f"/rutiner/{document.pk}/").status_code == expected, name
        assert client.get(f"/rutiner/{document.pk}/1/").status_code == expected, name
        if state == "both":
            drafted = 200 if name in ARRANGES else 404
            for path in ("2/", "2/skillnad/"):
                assert client.get(f"/rutiner/{document.pk}/{path}").status_code == drafted, name
            assert "Utkast" not in words(client.get(f"/rutiner/{document.pk}/").content) or name in ARRANGES
        assert client.get("/rutiner/").status_code == (200 if name in READS else 404), name
        if name in READS:
            assert (document.title in client.get("/rutiner/").content.decode()) == (name in readers), name


@pytest.mark.django_db
def test_a_seat_in_any_group_of_the_cooperation_opens_its_documents(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    assert as_hat(stage.cast.psyk).get(f"/rutiner/{document.pk}/").status_code == 404
    make_room(stage.cast)
    assert as_hat(stage.cast.psyk).get(f"/rutiner/{document.pk}/").status_code == 200


@pytest.mark.django_db
def test_another_cooperation_s_documents_are_missing_and_a_missing_one_answers_alike(
    stage: Steering, as_hat: AsHat
) -> None:
    document = make_document(stage.cast)
    client = as_hat(stage.cast.outsider)
    hidden, missing = (client.get(f"/rutiner/{pk}/") for pk in (document.pk, 987_654))
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content) == (404, missing.content)
    assert as_hat(stage.cast.chair).get("/rutiner/99999999999999999999/").status_code == 404
    assert as_hat(stage.cast.chair).get(f"/rutiner/{document.pk}/99999999999999999999/").status_code == 404


@pytest.mark.django_db
def test_the_text_keeps_its_paragraphs_and_lists_and_runs_nothing(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    body = as_hat(stage.cast.fk).get(f"/rutiner/{document.pk}/").content.decode()
    assert '<li class="asis">Fråga först</li><li class="asis">Skriv sedan</li>' in body
    assert "&lt;b&gt;Aldrig&lt;/b&gt;" in body and "<b>Aldrig" not in body


# ---------- to write ----------
@pytest.mark.django_db
def test_only_the_coordinator_and_the_chair_write_publish_and_end(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, draft=True)
    for name, hat in hats(stage).items():
        client = as_hat(hat)
        assert client.get("/rutiner/nytt/").status_code == (200 if name in ARRANGES else 404), name
        assert client.get(f"/rutiner/{document.pk}/andra/").status_code == (200 if name in ARRANGES else 404), name
        if name not in ARRANGES:
            for path in ("publicera/", "avsluta/", "andra/"):
                assert client.post(f"/rutiner/{document.pk}/{path}", {"base": "x"}).status_code == 404, (name, path)
            assert client.post("/rutiner/nytt/", NEW).status_code == 404, name
    assert Document.objects.count() == 1 and newest(document).published_at is None


@pytest.mark.django_db
def test_a_document_is_begun_read_through_changed_and_published(stage: Steering, as_hat: AsHat) -> None:
    client = as_hat(stage.cast.coordinator)
    assert client.post("/rutiner/nytt/", {**NEW, "once": "a"}).status_code == 302
    assert client.post("/rutiner/nytt/", {**NEW, "once": "a"}).status_code == 302
    document = Document.objects.get()
    assert told("document.published") == set()
    page = f"/rutiner/{document.pk}/andra/"
    form = posted(client, page)
    assert form["title"] == "Rutin för tolk" and form["text"] == TEXT
    assert client.post(page, {**form, "title": "Rutin för tolkar"}).status_code == 302
    base = posted(client, f"/rutiner/{document.pk}/")["base"]
    assert client.post(f"/rutiner/{document.pk}/publicera/", {"base": base}).status_code == 302
    version = newest(document)
    assert version.digest == digest_of("Rutin för tolkar", TEXT) and version.role == stage.cast.coordinator
    assert version.digest in client.get(f"/rutiner/{document.pk}/").content.decode()
    assert told("document.published") == {"socchef", "psykchef", "fk", "soc2"}
    verbs = AuditEntry.objects.filter(what__startswith="document.").order_by("pk").values_list("what", flat=True)
    assert list(verbs) == ["document.start", "document.draft", "document.publish"]


@pytest.mark.django_db
def test_the_next_version_says_what_is_new_and_the_title_stays(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    client, page = as_hat(stage.cast.chair), f"/rutiner/{document.pk}/andra/"
    form = posted(client, page)
    assert "title" not in form and form["text"] == TEXT
    got = client.post(page, {**form, "text": "Nytt"})
    assert got.status_code == 422 and "Skriv vad som är nytt" in words(got.content)
    assert client.post(page, {**form, "text": "Nytt", "change": "Kortare", "title": "Annat"}).status_code == 302
    document.refresh_from_db()
    assert document.title == "Rutin för samtycke" and newest(document).number == 2
    assert "Kortare" not in as_hat(stage.cast.fk).get(f"/rutiner/{document.pk}/").content.decode()


@pytest.mark.django_db
def test_a_new_version_takes_the_place_of_what_was_told(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, published=0, draft=True)
    for number in (1, 2):
        if number == 2:
            save_draft(by=stage.cast.chair, document=document, text="Nytt", change="Kort", base=state_of(document))
        publish_document(by=stage.cast.chair, document=document, base=state_of(document))
    bell = as_hat(stage.cast.fk).get(reverse("notifications")).content.decode()
    assert "version 2" in bell and "version 1" not in bell
    client = as_hat(stage.cast.chair)
    client.post(f"/rutiner/{document.pk}/avsluta/")
    assert told("document.published") == set()


@pytest.mark.django_db
def test_what_somebody_else_wrote_meanwhile_is_shown_and_nothing_typed_is_lost(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, draft=True)
    client, page = as_hat(stage.cast.coordinator), f"/rutiner/{document.pk}/andra/"
    mine = posted(client, page)
    save_draft(by=stage.cast.chair, document=document, text="Chairs text", change="X", base=state_of(document))
    got = client.post(page, {**mine, "text": "Min långa text"})
    assert got.status_code == 409
    said = words(got.content)
    assert "Min långa text" in said and "Chairs text" in said and "Någon annan har ändrat" in said
    assert newest(document).text == "Chairs text"
    again = mine | {"text": "Min långa text", "base": state_of(document)}
    assert again["base"] in got.content.decode()
    assert client.post(page, again).status_code == 302
    assert newest(document).text == "Min långa text"


@pytest.mark.django_db
def test_a_draft_that_was_begun_and_published_meanwhile_is_not_overwritten(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    client, page = as_hat(stage.cast.coordinator), f"/rutiner/{document.pk}/andra/"
    mine = posted(client, page)
    save_draft(by=stage.cast.chair, document=document, text="Chairs", change="X", base=state_of(document))
    publish_document(by=stage.cast.chair, document=document, base=state_of(document))
    got = client.post(page, {**mine, "text": "Mitt", "change": "Y"})
    assert got.status_code == 409 and "Mitt" in words(got.content)
    assert list(document.versions.values_list("number", "text")) == [(1, TEXT), (2, "Chairs")]


@pytest.mark.django_db
def test_only_the_draft_that_was_shown_is_published(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, published=0, draft=True)
    client = as_hat(stage.cast.chair)
    base = posted(client, f"/rutiner/{document.pk}/")["base"]
    save_draft(by=stage.cast.coordinator, document=document, text="Annat", change="", base=base)
    assert client.post(f"/rutiner/{document.pk}/publicera/", {"base": base}).status_code == 409
    assert client.post(f"/rutiner/{document.pk}/publicera/", {}).status_code == 409
    assert newest(document).published_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_or_begin_a_draft_at_once_one_is_told_that_somebody_was_faster(cast: Cast) -> None:
    make_steering(cast)
    for number in range(3):
        document = make_document(cast, f"Rutin {number}", draft=True)
        base = state_of(document)
        results = at_once(
            *[lambda: bool(publish_document(by=cast.chair, document=document, base=base)) and None] * 2  # noqa: B023
        )
        assert outcomes(results) == {"done": 1, "SomebodyWasFaster": 1}, results
        base = state_of(document)
        results = at_once(
            *[
                lambda: bool(save_draft(by=cast.chair, document=document, text="A", change="B", base=base)) and None  # noqa: B023
            ]
            * 2
        )
        assert outcomes(results) == {"done": 1, "SomebodyWasFaster": 1}, results
        assert DocumentVersion.objects.filter(document=document, published_at__isnull=True).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "Skriv vad dokumentet heter."),
        ({"title": "å" * 121}, "tecken för lång"),
        ({"title": "a\0b"}, "tecken"),
        ({"text": " \n "}, "Skriv texten."),
        ({"kind": "annat"}, "Välj något av det som står här."),
        ({"kind": ""}, "Välj ett slag."),
        ({"agency": "99999999999999999999"}, "Välj någon av myndigheterna"),
        ({"agency": "soc"}, "Bara ett uppdrag kan gälla en enda myndighet."),
        ({"title": "Rutin för samtycke"}, "finns redan"),
    ],
)
def test_what_is_wrong_is_said_and_kept(stage: Steering, as_hat: AsHat, change: dict[str, str], sentence: str) -> None:
    make_document(stage.cast)
    if change.get("agency") == "soc":
        change = {"agency": str(stage.cast.soc.agency_id)}
    got = as_hat(stage.cast.chair).post("/rutiner/nytt/", {**NEW, **change})
    assert got.status_code == 422 and sentence in words(got.content)
    assert ("None" not in words(got.content) and "Fråga först" in got.content.decode()) or change.get("text")
    assert Document.objects.count() == 1


@pytest.mark.django_db
def test_two_hundred_pasted_pages_are_refused_with_a_sentence_and_kept(stage: Steering, as_hat: AsHat) -> None:
    pages = "Så här är det på den här sidan, och så fortsätter det. " * 10_000
    got = as_hat(stage.cast.chair).post("/rutiner/nytt/", {**NEW, "text": pages})
    assert got.status_code == 422 and "tecken för lång. Högst 100000 får plats" in words(got.content)
    assert pages.strip() in got.content.decode()
    assert not Document.objects.exists()


@pytest.mark.django_db
def test_an_agency_that_is_not_in_the_cooperation_gets_no_mandate(stage: Steering, as_hat: AsHat) -> None:
    form = {**NEW, "kind": "mandate", "agency": stage.cast.outsider.agency_id}
    assert as_hat(stage.cast.chair).post("/rutiner/nytt/", form).status_code == 422
    form["agency"] = stage.cast.soc.agency_id
    assert as_hat(stage.cast.chair).post("/rutiner/nytt/", form).status_code == 302
    assert Document.objects.get().agency == stage.cast.soc.agency


# ---------- read confirmation ----------
@pytest.mark.django_db
def test_who_can_say_that_they_have_read_and_once(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    for name, hat in hats(stage).items():
        client, path = as_hat(hat), f"/rutiner/{document.pk}/1/last/"
        # The coordinator published it, and so has read it.
        has_button = "Jag har läst" in client.get(f"/rutiner/{document.pk}/").content.decode()
        assert has_button == (name in CONFIRMS - {"coordinator"}), name
        expected = 302 if name in CONFIRMS else 403 if name in READS else 404
        assert client.post(path).status_code == expected, name
        assert client.post(path).status_code == expected, name
        assert client.get(path).status_code == 405
    assert ReadConfirmation.objects.count() == len(CONFIRMS)


@pytest.mark.django_db
def test_saying_so_takes_the_notice_away(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, published=0, draft=True)
    publish_document(by=stage.cast.chair, document=document, base=state_of(document))
    as_hat(stage.cast.fk).post(f"/rutiner/{document.pk}/1/last/")
    assert told("document.published") == {"socchef", "psykchef", "soc2"}


@pytest.mark.django_db
def test_names_of_who_has_not_read_are_shown_to_who_arranges_and_to_each_agency_its_own(
    stage: Steering, as_hat: AsHat
) -> None:
    document = make_document(stage.cast)
    ReadConfirmation.objects.create(version=newest(document), member=stage.cast.soc_2)
    seen = {}
    for name, hat in hats(stage).items():
        if name in READS:
            body = as_hat(hat).get(f"/rutiner/{document.pk}/").content.decode()
            listed = body[body.find("Har läst") : body.find("Versioner")]
            people = ("Socchef", "Soc2", "Psykchef", "Fk", "Styr", "Ordforande", "Samordnare", "Folj")
            seen[name] = {one for one in people if f">{one} Testsson " in listed}
            assert "1 av 6 har läst" in words(body.encode()), name
    everybody = {"Socchef", "Psykchef", "Fk", "Styr", "Ordforande"}
    own = {"soc_manager": {"Socchef"}, "soc_2": {"Socchef"}, "psyk_manager": {"Psykchef"}, "fk": {"Fk"}}
    nobody: set[str] = set()
    assert seen == {name: everybody if name in ARRANGES else own.get(name, nobody) for name in READS}


@pytest.mark.django_db
def test_an_old_version_is_read_but_neither_confirmed_nor_adopted(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, published=2)
    client = as_hat(stage.cast.fk)
    page = words(client.get(f"/rutiner/{document.pk}/1/").content)
    assert "Fråga alltid." in page and "gammal version" in page and "Jag har läst" not in page
    assert client.post(f"/rutiner/{document.pk}/1/last/").status_code == 409
    assert not ReadConfirmation.objects.exists()


@pytest.mark.django_db
def test_an_ended_document_is_read_and_nothing_more(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, draft=True)
    chair = as_hat(stage.cast.chair)
    assert chair.post(f"/rutiner/{document.pk}/avsluta/", {"once": "a"}).status_code == 302
    assert chair.post(f"/rutiner/{document.pk}/avsluta/", {"once": "b"}).status_code == 409
    assert chair.get(f"/rutiner/{document.pk}/andra/").status_code == 404
    assert chair.post(f"/rutiner/{document.pk}/publicera/").status_code == 404
    client = as_hat(stage.cast.fk)
    assert "Jag har läst" not in client.get(f"/rutiner/{document.pk}/").content.decode()
    assert client.post(f"/rutiner/{document.pk}/1/last/").status_code == 409
    assert client.post(f"/rutiner/{document.pk}/1/anta/", {"adopted_on": "i dag"}).status_code == 422
    listed = words(client.get("/rutiner/").content)
    assert "Avslutade (1)" in listed
    # Its name is free again.
    assert chair.post("/rutiner/nytt/", {**NEW, "title": document.title}).status_code == 302


# ---------- what differs ----------
@pytest.mark.django_db
def test_what_differs_is_marked_with_words(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast, published=2)
    client = as_hat(stage.cast.fk)
    body = client.get(f"/rutiner/{document.pk}/2/skillnad/").content.decode()
    assert '<del class="asis">Fråga alltid.</del>' in body
    assert '<ins class="asis">- Fråga först\n- Skriv sedan\n' in body
    assert "Borttaget" in body and "Nytt" in body and '<p class="asis">Så här gör vi.</p>' in body
    assert "&lt;b&gt;" in body
    assert client.get(f"/rutiner/{document.pk}/1/skillnad/").status_code == 404
    DocumentVersion.objects.filter(document=document).update(text=OLD_TEXT)
    assert "Ingen text skiljer" in words(client.get(f"/rutiner/{document.pk}/2/skillnad/").content)


# ---------- the list ----------
@pytest.mark.django_db
def test_mine_come_first_and_each_says_who_has_not_adopted(stage: Steering, as_hat: AsHat) -> None:
    document = make_document(stage.cast)
    plan = make_document(stage.cast, "Plan 2027", kind=DocumentKind.PLAN)
    ReadConfirmation.objects.create(version=newest(plan), member=stage.cast.soc_2)
    # A deputy in the steering group reads and adopts.
    page = words(as_hat(stage.cast.soc_2).get("/rutiner/").content)
    assert "Två dokument väntar på dig" in page
    assert page.index("Att göra") < page.index("Rutin för samtycke") < page.index("Rutiner Dokument")
    assert "0 av 3" in page and "Har inte antagit" in page
    assert all(name in page for name in ("Socialtjänsten Piteå", "Vuxenpsykiatrin Piteå", "Försäkringskassan Norr"))
    page = words(as_hat(stage.evaluator).get("/rutiner/").content)
    assert "Att göra" not in page and document.title in page


@pytest.mark.django_db
def test_the_list_asks_as_much_for_thirty_as_for_one(stage: Steering, as_hat: AsHat) -> None:
    counts = []
    clients = [as_hat(hat) for hat in (stage.cast.soc_2, stage.cast.chair)]
    for wanted in (1, 30):
        while Document.objects.count() < wanted:
            document = make_document(stage.cast, f"Rutin {Document.objects.count()}", draft=True)
            ReadConfirmation.objects.create(version=document.versions.get(number=1), member=stage.cast.fk)
        for client in clients:
            with CaptureQueriesContext(connection) as seen:
                assert client.get("/rutiner/").status_code == 200
            counts.append(len(seen))
    assert counts[:2] == counts[2:], counts


@pytest.mark.django_db
def test_a_document_s_page_asks_as_much_for_thirty_versions_and_readers_as_for_one(
    stage: Steering, as_hat: AsHat
) -> None:
    one, many = make_document(stage.cast), make_document(stage.cast, "Rutin B", published=30)
    client = as_hat(stage.cast.chair)
    counts = []
    for document in (one, many):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"/rutiner/{document.pk}/").status_code == 200
        counts.append(len(seen))
    assert counts[0] <= counts[1] <= counts[0] + 1, counts  # the version before is one more
