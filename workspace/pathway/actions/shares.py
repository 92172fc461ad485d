"""Telling another agency a part of somebody's way, and taking it back (L3–L9, L11, R33).

Each part is told by an act of its own: one share, one disclosure. Nobody is notified here; the acts in
`workspace/front/actions/way_shares.py` do that.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from workspace.actions import action, end_disclosures, lock_live_rows, lock_participant, make_disclosure
from workspace.clocks import end_of
from workspace.errors import NotAllowed, SomebodyWasFaster
from workspace.models import Category, ConsentRow, Disclosure, Function, Ground, Membership, Participant
from workspace.pathway.actions.enrolments import audit, require_own_way
from workspace.pathway.models import Enrolment, PartShare
from workspace.pathway.queries.shares import (
    IDENTITY,
    Covered,
    covered_by,
    desks_to_tell,
    ends_at_of,
    lapsed_shares,
    living_shares,
    rests_on,
)
from workspace.pathway.states import Part
from workspace.queries import grounds_for
from workspace.states import EndReason
from workspace.swedish import say_list

CONSENT = "consent"
LONGEST = timedelta(days=364)  # calendar days after the day it is told, which is a day too: 365 in all


@dataclass(frozen=True)
class Ended:
    """A desk that reads one or more parts of a way no more. `told_at` is when it was last told any of them."""

    enrolment: Enrolment
    function: Function
    told_at: datetime


def _person(enrolment: Enrolment) -> Participant:
    if enrolment.participant is None:
        raise NotAllowed("Det finns ingen person att berätta om.")
    return enrolment.participant


@action
def tell_parts(
    *,
    by: Membership,
    enrolment: Enrolment,
    desk: Function,
    parts: Collection[Part],
    ground: Ground,
    reason: str = "",
) -> list[PartShare]:
    """Tell a desk of another agency some parts of a way, each by a disclosure of its own.

    Locks the participant and the live consent rows, and checks under the locks that each part, and whose way it is, is
    covered. Writes one disclosure for whose way it is, one disclosure and one share for each part, and the audit rows.
    What that desk already reads for at least as long is left as it is. Each ends with its consent row, and after 365
    calendar days at the latest. Tells nobody. Refuses whoever is no caseworker of the participant's agency, a desk that
    is not of the way's cooperation or has nobody here, no part, a ground the law does not know for that recipient
    today, another ground without a reason, and parts that the consent does not hold (L3, L5, L9, L11).
    """
    person = _person(enrolment)
    require_own_way(by, person)
    person = lock_participant(person.pk)
    rows = lock_live_rows(person.pk, by.agency_id)
    if not parts:
        raise NotAllowed("Välj vad ni vill berätta.")
    if not desks_to_tell(by, enrolment).filter(pk=desk.pk).exists():
        raise NotAllowed("Den enheten går inte att berätta för. Välj en annan.")
    if not grounds_for(desk.agency).filter(pk=ground.pk).exists():
        raise NotAllowed("Grunden går inte att använda för den här mottagaren i dag. Välj en annan.")
    covered = covered_by(rows, desk.agency)
    if ground.pk != CONSENT:
        if not reason:
            raise NotAllowed(f"Skriv varför {ground.name.lower()} gäller.")
        covered = Covered(None, {})
    elif lacking := covered.lacks(parts):
        raise NotAllowed(f"Samtycke saknas för {say_list(lacking)}. Registrera det först, eller välj en annan grund.")
    telling = _Telling(by, enrolment, person, desk, ground, reason, covered)
    shares = telling.tell(parts)
    if not shares:
        raise SomebodyWasFaster("Det är redan berättat för dem, och gäller lika länge.")
    audit(by, "tell", enrolment)
    return shares


@dataclass(frozen=True)
class _Telling:
    """One act of telling: by whom, whose way, to which desk, on what ground. The locks are held."""

    by: Membership
    enrolment: Enrolment
    person: Participant
    desk: Function
    ground: Ground
    reason: str
    covered: Covered

    def tell(self, parts: Collection[Part]) -> list[PartShare]:
        told = {share.part: ends_at_of(share) for share in sorted(self._known(), key=ends_at_of)}
        until = self._until(self.covered.identity)
        new = [part for part in Part if part in parts and self._lasts_longer(part, until, told.get(part))]
        if not new:
            return []
        identity = self._disclose(IDENTITY, self.covered.identity)
        return [
            PartShare.objects.create(
                enrolment=self.enrolment,
                part=part,
                recipient=self.desk.agency,
                function=self.desk,
                identity=identity,
                disclosure=self._disclose(part, self.covered.parts.get(part)),
            )
            for part in new
        ]

    def _known(self) -> Iterable[PartShare]:
        return living_shares(self.enrolment).filter(function=self.desk)

    def _lasts_longer(self, part: Part, until: datetime, known: datetime | None) -> bool:
        return known is None or min(until, self._until(self.covered.parts.get(part))) > known

    def _until(self, row: ConsentRow | None) -> datetime:
        longest = end_of(timezone.localdate() + LONGEST)
        return min(longest, end_of(row.valid_until)) if row else longest

    def _disclose(self, category: str, row: ConsentRow | None) -> Disclosure:
        return make_disclosure(
            by=self.by,
            participant=self.person,
            discloser=self.by.agency,
            recipient=self.desk.agency,
            category=Category.objects.get(pk=category),
            purpose=row.purpose if row else f"Vägen i {self.enrolment.cooperation.name}"[:200],
            ground=self.ground,
            consent_row=row,
            reason=self.reason,
            ends_at=self._until(row),
        )


@action
def take_back_part(*, by: Membership, share: PartShare) -> Ended:
    """Stop telling a desk one part of a way, from now on.

    Locks the participant; ends every share of that part to that desk with its disclosure, and the disclosure of whose
    way it is where nothing else rests on it; writes an audit row. What was read stays read. Tells nobody. Refuses
    whoever is no caseworker of the participant's agency, and a part that is told no more.
    """
    enrolment = share.enrolment
    person = _person(enrolment)
    require_own_way(by, person)
    lock_participant(person.pk)
    living = list(living_shares(enrolment).filter(function=share.function_id, part=share.part))
    if not living:
        raise SomebodyWasFaster("Det är redan slut. De läser det inte längre.")
    _end(living, EndReason.TAKEN_BACK)
    audit(by, "take_back", enrolment)
    return Ended(enrolment, share.function, max(one.made_at for one in living))


def end_on_ground_lost(rows: Sequence[ConsentRow]) -> list[Ended]:
    """Close what rested on withdrawn consent rows. Inside an action that has locked the participant and the rows.

    The disclosures on the rows have ended with them; here end the shares, and what else they rested on and nothing
    else does. Returns the desks that read something no more: those it had run out for before are not among them.
    """
    lost = list(rests_on(rows))
    now = timezone.now()
    lived = [share for share in lost if ends_at_of(share) > now]
    _end(lost, EndReason.WITHDRAWN)
    found: dict[tuple[int, int], Ended] = {}
    for share in sorted(lived, key=lambda share: share.made_at):
        others = living_shares(share.enrolment).filter(function=share.function_id, part=share.part)
        if not others.exists():
            found[share.enrolment_id, share.function_id] = Ended(share.enrolment, share.function, share.made_at)
    return list(found.values())


@action
def close_lapsed(*, enrolment: Enrolment) -> None:
    """See to the shares of a way whose time has run out: access has ended by itself.

    Locks the participant, marks them ended, and writes an audit row where there were any. Tells nobody, since the page
    said from the start when it would come. Harmless when repeated.
    """
    lock_participant(_person(enrolment).pk)
    if lapsed_shares().filter(enrolment=enrolment).update(ended_at=timezone.now()):
        audit(None, "share_lapsed", enrolment)


def _end(shares: Sequence[PartShare], why: EndReason) -> None:
    now = timezone.now()
    PartShare.objects.filter(pk__in=[share.pk for share in shares], ended_at__isnull=True).update(ended_at=now)
    end_disclosures(Disclosure.objects.filter(pk__in=[share.disclosure_id for share in shares]), why=why, at=now)
    known = {share.identity_id for share in shares}
    still = PartShare.objects.filter(identity__in=known, ended_at__isnull=True).values_list("identity", flat=True)
    end_disclosures(Disclosure.objects.filter(pk__in=known - set(still)), why=why, at=now)
