"""What the referrals' floor tells people. No word needs the referral itself."""

from notifications.registry import NoticeKind, register

register(
    NoticeKind("referral.sent", "har skickat remiss {number} till er", "referral"),
    NoticeKind("referral.acknowledged", "tog emot remiss {number}", "referral"),
    NoticeKind("referral.accepted", "accepterade remiss {number}", "referral"),
    NoticeKind("referral.decided", "beslutade i remiss {number}", "referral"),
    NoticeKind("referral.returned", "skickade tillbaka remiss {number}", "referral"),
    NoticeKind("referral.recalled", "återtog remiss {number}", "referral"),
    NoticeKind("referral.closed", "avslutade remiss {number}", "referral"),
    NoticeKind("referral.answer_allowed", "får svara i remiss {number}", "referral"),
    NoticeKind("referral.access_ended", "registrerade att samtycket för remiss {number} är återkallat", "referral"),
)
