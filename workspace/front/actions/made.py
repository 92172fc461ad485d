"""What the demo has made so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from referrals.models import Referral
from workspace.models import Agency, Consent, Cooperation, CooperationRole, Function, Membership, Participant

Step = tuple[datetime, Callable[[], object]]


@dataclass
class Made:
    """What exists so far, under the names that the demo's data uses."""

    now: datetime
    agencies: dict[str, Agency] = field(default_factory=dict)
    desks: dict[str, Function] = field(default_factory=dict)
    cooperations: dict[str, Cooperation] = field(default_factory=dict)
    # A person with two hats has one entry for each: «tva-hattar/amv-pitea».
    members: dict[str, Membership] = field(default_factory=dict)
    roles: dict[str, CooperationRole] = field(default_factory=dict)
    people: dict[str, Participant] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    referrals: dict[int, Referral] = field(default_factory=dict)
