"""`manage.py set_email`: where somebody's mails go."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.cast import Cast
from workspace.models import AuditEntry, UserAccount

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = StringIO()
    call_command("set_email", *words, stdout=out)
    return out.getvalue()


def test_an_address_is_written_changed_and_taken_away_and_stands_in_the_audit(cast: Cast) -> None:
    name = cast.soc.user.username
    assert run(name, "elin@exempel.se") == f"Mejlen till {name} går till elin@exempel.se.\n"
    assert UserAccount.objects.get(username=name).email == "elin@exempel.se"
    assert run(name) == f"Mejlen till {name} skickas inte längre.\n"
    assert UserAccount.objects.get(username=name).email == ""
    assert AuditEntry.objects.filter(what="email", object_id=cast.soc.user_id).count() == 2


@pytest.mark.parametrize("address", ["elin", "elin@exempel.se\nBcc: x@y.se", "Elin <elin@exempel.se>", "a@b.se,c@d.se"])
def test_what_is_no_address_is_refused_and_nothing_is_written(cast: Cast, address: str) -> None:
    with pytest.raises(CommandError, match="är ingen e-postadress") as refused:
        run(cast.soc.user.username, address)
    assert refused.value.returncode == 2 and not AuditEntry.objects.filter(what="email").exists()


def test_an_unknown_account_is_refused(cast: Cast) -> None:
    with pytest.raises(CommandError, match="Det finns ingen användare"):
        run("finns-inte", "elin@exempel.se")
