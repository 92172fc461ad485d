"""The people this is about."""

from django.db import models
from django.utils import timezone

from workspace.models.authorities import Function, Membership, Municipality
from workspace.states import Gender


class Participant(models.Model):
    """A person as one agency knows them. The same person at two agencies is two rows, never matched by us."""

    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="participants")
    first_name = models.CharField("förnamn", max_length=80)
    last_name = models.CharField("efternamn", max_length=80)
    gender = models.CharField("kön", max_length=10, choices=Gender)
    birth_year = models.PositiveSmallIntegerField("födelseår")
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, verbose_name="kommun")
    phone = models.CharField("telefon", max_length=40, blank=True)
    enrolled_on = models.DateField("inskriven", default=timezone.localdate)
    # Written by the actions: SQLite folds no å ä ö, and PostgreSQL from PyPI has no Swedish collation.
    sort_key = models.CharField(max_length=200, db_index=True, editable=False)
    search_key = models.CharField(max_length=200, editable=False)
    helpers = models.ManyToManyField(Membership, blank=True, related_name="helps")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        # Never the name: this string ends up in logs and error pages.
        return f"participant {self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class StatedReason(models.Model):
    """A manager's reason for opening a person, which opens that person for a while."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)
    reason = models.CharField(max_length=500)
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reason {self.pk}"
