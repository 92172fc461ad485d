"""The participant's own page: the link to it, the browser it opened in, the code of each visit, and what was chosen.

Nothing here is an account. Whoever holds the browser and knows the code is taken for the participant, and sees only
what may be seen on a lost phone (L46; level 1 of the page).
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspace.models.authorities import Agency, Membership
from workspace.models.participants import Participant
from workspace.states import Channel, HelpKind, InterpreterKind, NeutralWords


class PageLink(models.Model):
    """A link to the page that opens once. Only the digest of its token is kept."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="page_links")
    token_digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back, or replaced by a newer one

    def __str__(self) -> str:
        return f"page link {self.pk}"


class Browser(models.Model):
    """The browser that a link opened in: the page can be visited from there, and from nowhere else, for 30 days.

    Also who acts when the participant does something there (`by` of an action).
    """

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="browsers")
    link = models.OneToOneField(PageLink, on_delete=models.PROTECT, related_name="browser")
    digest = models.CharField(max_length=64, unique=True)  # of the secret in its cookie
    bound_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"browser {self.pk}"


class PageCode(models.Model):
    """The six digits that the participant got in person. After five wrong ones a new one is given, in person."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="page_code")
    hashed = models.CharField(max_length=128)  # salted, and under the secret key: worth nothing without it
    # Wrong tries in a row, in any browser: counted before they are looked at.
    wrong = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"page code {self.pk}"


class Visit(models.Model):
    """One visit, from the code until it is left, or nobody has touched it for a while."""

    browser = models.ForeignKey(Browser, on_delete=models.CASCADE, related_name="visits")
    digest = models.CharField(max_length=64, unique=True)  # of the secret in its cookie
    began_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"visit {self.pk}"


class Contact(models.Model):
    """How the participant wants to be told that there is something to read, and how the page is to look."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="contact")
    channel = models.CharField("hur vi säger till", max_length=8, choices=Channel, default=Channel.NONE)
    address = models.CharField("adress eller nummer", max_length=254, blank=True)
    words = models.CharField("orden", max_length=8, choices=NeutralWords, default=NeutralWords.PLAIN)
    easy_read = models.BooleanField("lättläst", default=False)
    large_text = models.BooleanField("större text", default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(channel__in=[Channel.EMAIL, Channel.SMS]) | ~Q(address=""), name="channel_has_an_address"
            )
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class SupportNeeds(models.Model):
    """What makes a meeting work for the person: practical needs only, never a diagnosis, so no free text (R49, L55)."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, related_name="needs")
    interpreter = models.CharField("tolk", max_length=10, choices=InterpreterKind, blank=True)
    language = models.CharField("språk", max_length=60, blank=True)
    hearing_loop = models.BooleanField("hörselslinga", default=False)
    pick_up = models.BooleanField("hämtning", default=False)
    calm_room = models.BooleanField("lugnt rum", default=False)
    easy_read = models.BooleanField("lättläst", default=False)
    large_print = models.BooleanField("stor stil", default=False)
    breaks = models.BooleanField("pauser", default=False)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(interpreter="") | ~Q(language=""), name="interpreter_has_a_language")
        ]

    def __str__(self) -> str:
        return f"needs {self.pk}"


class OutsideContact(models.Model):
    """Who at an agency hears from participants when something is wrong: somebody outside the daily team (R77, R78).

    Where nobody is named it is the agency's managers.
    """

    agency = models.OneToOneField(Agency, on_delete=models.CASCADE, related_name="outside_contact")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"outside contact {self.pk}"


class HelpRequest(models.Model):
    """«Jag behöver hjälp» or «Jag känner mig missgynnad». The daily team does not see it."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="help_requests")
    kind = models.CharField(max_length=12, choices=HelpKind)
    text = models.TextField(max_length=4000, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(max_length=4000, blank=True)  # read by the participant on the page
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"help request {self.pk}"
