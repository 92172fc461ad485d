"""Who is who: people, their hats, and the agencies and cooperations they act in (house.md 3)."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from workspace.states import AGENCY_SHAPES, AgencyKind, CooperationRoleKind, CooperationState, MemberRole, SeatKind

SMALL_MUNICIPALITY = 20_000  # inhabitants; below it a few facts point out a person (L17)


class Municipality(models.Model):
    name = models.CharField("kommun", max_length=60, unique=True)
    inhabitants = models.PositiveIntegerField("invånare")

    def __str__(self) -> str:
        return self.name

    @property
    def is_small(self) -> bool:
        return self.inhabitants < SMALL_MUNICIPALITY


class UserAccount(AbstractUser):
    """A person who signs in. Has no rights of its own: those come with the hat worn."""

    phone = models.CharField("telefon", max_length=40, blank=True)
    is_demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class SignInLink(models.Model):
    """A one-time way in. Only the digest of the token is kept."""

    user = models.ForeignKey(UserAccount, on_delete=models.CASCADE, related_name="sign_in_links")
    token_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"länk {self.pk}"


class Organisation(models.Model):
    """An authority: the controller of what its agencies write."""

    name = models.CharField("namn", max_length=120, unique=True)
    organisation_number = models.CharField("organisationsnummer", max_length=11, blank=True)

    def __str__(self) -> str:
        return self.name


class Agency(models.Model):
    """One secrecy area (L2). Owns what it writes."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agencies")
    code = models.SlugField("kod", max_length=40, unique=True)
    name = models.CharField("namn", max_length=120, unique=True)
    short_name = models.CharField("kort namn", max_length=60)
    kind = models.CharField("typ", max_length=40, choices=AgencyKind)
    municipality = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True, blank=True)
    left_on = models.DateField("lämnade", null=True, blank=True)
    # Nobody signs in here: referrals go out by letter or phone, and the sender registers the answers (R72).
    by_letter = models.BooleanField("nås med brev eller telefon", default=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def shape(self) -> str:
        return AGENCY_SHAPES[AgencyKind(self.kind)]


class Function(models.Model):
    """A desk: receives referrals, owns participants, is told (SDK's "funktion", L51)."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="functions")
    name = models.CharField("namn", max_length=80, default="Mottagning")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="function_name_once_per_agency")]

    def __str__(self) -> str:
        return f"{self.agency.name}, {self.name}"


class Membership(models.Model):
    """One hat: a person at an agency, in a role, from a day to a day."""

    user = models.ForeignKey(UserAccount, on_delete=models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("roll", max_length=20, choices=MemberRole, default=MemberRole.CASEWORKER)
    from_on = models.DateField(default=timezone.localdate)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")), name="membership_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"

    @property
    def hat_key(self) -> str:
        return f"m{self.pk}"


class FunctionMember(models.Model):
    function = models.ForeignKey(Function, on_delete=models.CASCADE, related_name="seats")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="seats")
    kind = models.CharField(max_length=10, choices=SeatKind, default=SeatKind.ORDINARY)
    order = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["function", "membership"], name="one_seat_per_desk_and_member")]

    def __str__(self) -> str:
        return f"seat {self.pk}"


class Absence(models.Model):
    """Somebody is away, both days included, and perhaps somebody of the same agency stands in."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="absences")
    from_on = models.DateField()
    to_on = models.DateField()
    stand_in = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["from_on"]
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="absence_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(stand_in__isnull=True) | ~Q(stand_in=F("membership")), name="stand_in_is_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"absence {self.pk}"


class Cooperation(models.Model):
    name = models.CharField("namn", max_length=120, unique=True)
    municipalities = models.ManyToManyField(Municipality, blank=True)
    state = models.CharField(max_length=10, choices=CooperationState, default=CooperationState.RUNNING)
    agencies = models.ManyToManyField(Agency, through="CooperationAgency", related_name="cooperations")

    def __str__(self) -> str:
        return self.name


class CooperationAgency(models.Model):
    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, related_name="parties")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="parties")
    from_on = models.DateField(default=timezone.localdate)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cooperation", "agency"], name="agency_once_per_cooperation")]

    def __str__(self) -> str:
        return f"party {self.pk}"


class CooperationRole(models.Model):
    """The other kind of hat: follows a cooperation, and gives no access to persons."""

    cooperation = models.ForeignKey(Cooperation, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey(UserAccount, on_delete=models.PROTECT, related_name="cooperation_roles")
    role = models.CharField(max_length=20, choices=CooperationRoleKind)
    from_on = models.DateField(default=timezone.localdate)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cooperation", "user", "role"], name="role_once_per_user_and_cooperation")
        ]

    def __str__(self) -> str:
        return f"role {self.pk}"

    @property
    def hat_key(self) -> str:
        return f"r{self.pk}"
