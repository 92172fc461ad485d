"""`manage.py invite`: the one-time links that let people in after an import."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from workspace.actions.accounts import LINK_LASTS, digest_of
from workspace.models import (
    Agency,
    Cooperation,
    CooperationRole,
    Membership,
    Organisation,
    SignInLink,
    UserAccount,
)
from workspace.queries import sign_in_link

pytestmark = [pytest.mark.embedded, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    """A caseworker, a coordinator, somebody who has left, and a demo account."""
    agency = Agency.objects.create(
        organisation=Organisation.objects.create(name="Provkommun"),
        code="soc-prov",
        name="Socialtjänsten Prov",
        short_name="Socialtjänsten",
        kind="social_services",
    )
    for name, first in (("anv01", "Åsa"), ("anv05", "Jonas"), ("anv09", "Borta"), ("demo", "Demo")):
        UserAccount.objects.create(
            username=name, first_name=first, last_name="Utsi", is_active=name != "anv09", is_demo=name == "demo"
        )
    Membership.objects.create(user=UserAccount.objects.get(username="anv01"), agency=agency)
    CooperationRole.objects.create(
        user=UserAccount.objects.get(username="anv05"),
        cooperation=Cooperation.objects.create(name="Samverkan Prov"),
        role="coordinator",
    )


def invite(*words: str) -> list[str]:
    out = StringIO()
    call_command("invite", *words, stdout=out)
    return out.getvalue().splitlines()


def token_of(line: str) -> str:
    return line.rstrip("/").rsplit("/", 1)[1]


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as said:
        invite(*words)
    assert said.value.returncode == 2
    assert SignInLink.objects.count() == 0
    return str(said.value)


def test_one_person_gets_one_line_with_a_link_that_works_for_a_day() -> None:
    line, last = invite("anv01")
    assert line.startswith("anv01  Åsa Utsi  handläggare, Socialtjänsten Prov  http://127.0.0.1:8000/lank/")
    assert last == "Länken gäller i 24 timmar och fungerar en gång. Äldre länkar har slutat fungera."
    link = sign_in_link(digest_of(token_of(line)))
    assert link is not None
    assert link.user.username == "anv01"
    assert timezone.now() < link.expires_at <= timezone.now() + LINK_LASTS


def test_the_user_name_may_be_written_in_capitals() -> None:
    assert invite("ANV01")[0].startswith("anv01  ")


def test_all_skips_demo_accounts_and_those_who_have_left() -> None:
    *lines, last = invite("--all", "--host", "https://samverkan.exempel.se/")
    assert [line.split()[0] for line in lines] == ["anv01", "anv05"]
    assert "  samordnare, Samverkan Prov  https://samverkan.exempel.se/lank/" in lines[1]
    assert last.startswith("Varje länk gäller i 24 timmar och fungerar en gång.")
    assert SignInLink.objects.count() == 2


def test_a_new_link_ends_the_old_one() -> None:
    old, new = token_of(invite("anv01")[0]), token_of(invite("anv01")[0])
    assert sign_in_link(digest_of(old)) is None
    assert sign_in_link(digest_of(new)) is not None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("anv011",), "Det finns ingen användare anv011. Menade du anv01?"),
        (("zzz",), "Det finns ingen användare zzz."),
        (("anv09",), "anv09 är avstängd och kan inte bjudas in."),
        (("demo",), "demo hör till demonstrationen och loggar in med lösenordet därifrån."),
        ((), "Ange ett användarnamn eller --all."),
        (("anv01", "--all"), "Ange ett användarnamn eller --all."),
        (
            ("anv01", "--host", "exempel.se"),
            "exempel.se är ingen adress. Skriv till exempel https://samverkan.exempel.se.",
        ),
    ],
)
def test_what_cannot_be_invited_is_refused_with_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    assert refused(*words) == sentence


def test_an_empty_database_says_what_to_do_first() -> None:
    UserAccount.objects.filter(is_demo=False).update(is_active=False)
    assert "import_start" in refused("--all")
