"""What a paper of a referral says beside its page: the law of its ground, and until when each text could be read."""

from dataclasses import dataclass
from datetime import datetime

from referrals.models import ReferralSection
from referrals.queries.page import ReferralShown, SectionShown
from referrals.rules import ANSWER
from referrals.states import Side
from workspace.models import Ground

# When the disclosure of a text was ended before its time, by the category and the moment of the text.
Ended = dict[tuple[str, datetime | None], datetime]


@dataclass
class TextFiled:
    """A text as its page shows it, and the moment its disclosure was ended, if it was."""

    shown: SectionShown
    ended_at: datetime | None


@dataclass
class TextsFiled:
    """Every text of a referral that one side may see: the question, what was added, what was written, the answer."""

    question: list[TextFiled]
    supplements: list[TextFiled]
    messages: list[TextFiled]
    answers: list[TextFiled]


def texts_filed(shown: ReferralShown) -> TextsFiled:
    """The texts of a page. Another's text lives as long as it is shown; one's own may have been ended for the other."""
    ended = _ended(shown)

    def filed(texts: list[SectionShown]) -> list[TextFiled]:
        return [TextFiled(text, ended.get((text.category, text.at)) if text.ours else None) for text in texts]

    return TextsFiled(filed(shown.sections), filed(shown.supplements), filed(shown.messages), filed(shown.answers))


def _ended(shown: ReferralShown) -> Ended:
    """The ended disclosures of one's own texts: the sender's last leg, a receiver's answers."""
    own = ReferralSection.objects.filter(leg__referral=shown.referral, disclosure__ended_at__isnull=False)
    if shown.side == Side.SENDER:
        own = own.filter(author=shown.referral.sender.agency_id, leg=shown.referral.legs.latest("position"))
    else:
        own = own.filter(author=shown.receiver.agency_id, category=ANSWER)
    rows = own.exclude(text="").values_list("category", "written_at", "disclosure__ended_at")
    return {(category, at): ended_at for category, at, ended_at in rows if ended_at is not None}


def ground_of(shown: ReferralShown) -> Ground | None:
    """The ground with its text and law, where this side may see which it is."""
    return Ground.objects.filter(name=shown.ground).first() if shown.ground else None
