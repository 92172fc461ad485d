"""Who did something: a member of an agency, or somebody with a role in a cooperation."""

from django.db import models
from django.db.models import Q

from workspace.models import CooperationRole, Membership


class ByHat(models.Model):
    """The hat behind a row. Both empty: the system."""

    member = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    role = models.ForeignKey(CooperationRole, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(role__isnull=True), name="%(class)s_one_hat_at_most"
            )
        ]

    @property
    def hat_key(self) -> str:
        """As `Hat.hat_key`; empty for the system."""
        if self.member_id:
            return f"m{self.member_id}"
        return f"r{self.role_id}" if self.role_id else ""
