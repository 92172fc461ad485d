"""Reading what the database holds before the demo is made, and who can sign in to it."""

from django.db import connection

from workspace.models import Agency, CooperationRole, UserAccount
from workspace.queries import hats_of


def holds_other_data() -> bool:
    """Whether the database, perhaps not yet migrated, holds anything that the demo has not made."""
    if UserAccount._meta.db_table not in connection.introspection.table_names():
        return False
    if UserAccount.objects.filter(is_demo=False).exists():
        return True
    return not is_made() and Agency.objects.exists()


def is_made() -> bool:
    return UserAccount.objects.filter(is_demo=True).exists()


def sign_ins() -> list[tuple[str, str, str]]:
    """User name, name and hats of everybody who can sign in to the demo, in the order they were made."""
    rows = []
    for user in UserAccount.objects.filter(is_demo=True).order_by("pk"):
        hats = [
            f"{hat.get_role_display()}, {hat.cooperation if isinstance(hat, CooperationRole) else hat.agency}"
            for hat in hats_of(user)
        ]
        rows.append((user.username, str(user), " / ".join(hats)))
    return rows
