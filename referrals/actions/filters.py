"""A coordinator's own selections of the board."""

from referrals.errors import TooManyFilters
from referrals.models import SavedFilter
from workspace.actions import action
from workspace.models import CooperationRole

MOST = 20


@action
def save_filter(*, role: CooperationRole, name: str, query: str) -> None:
    """Keep a selection under a name, in place of an older one of the same name. Refuses more than 20."""
    CooperationRole.objects.select_for_update().get(pk=role.pk)  # two at once would both find room for one
    others = SavedFilter.objects.filter(role=role).exclude(name=name)
    if others.count() >= MOST:
        raise TooManyFilters(f"Du har redan {MOST} sparade urval. Ta bort något först.")
    SavedFilter.objects.update_or_create(role=role, name=name, defaults={"query": query})


@action
def drop_filter(*, saved: SavedFilter) -> None:
    """Remove a saved selection."""
    saved.delete()
