"""What the referrals' floor tells people. No word needs the referral itself."""

from notifications.registry import NoticeKind, register

PAGE = "referral"
# Said by an agency: «Vuxenpsykiatrin Piteå tog emot remiss R-1042».
register(
    NoticeKind("referral.sent", "har skickat remiss {number} till er", PAGE),
    NoticeKind("referral.acknowledged", "tog emot remiss {number}", PAGE),
    NoticeKind("referral.accepted", "accepterade remiss {number}", PAGE),
    NoticeKind("referral.started", "började arbeta med remiss {number}", PAGE),
    NoticeKind("referral.supplement_asked", "ber om komplettering i remiss {number}", PAGE),
    NoticeKind("referral.supplemented", "kompletterade remiss {number}", PAGE),
    NoticeKind("referral.resumed", "gick vidare utan komplettering i remiss {number}", PAGE),
    NoticeKind("referral.decided", "beslutade i remiss {number}", PAGE),
    NoticeKind("referral.returned", "skickade tillbaka remiss {number}", PAGE),
    NoticeKind("referral.redirected", "föreslog en annan mottagare för remiss {number}", PAGE),
    NoticeKind("referral.recalled", "återtog remiss {number}", PAGE),
    NoticeKind("referral.cancel_asked", "ber att få avbryta remiss {number}", PAGE),
    NoticeKind("referral.cancelled", "avbröt arbetet med remiss {number}", PAGE),
    NoticeKind("referral.cancel_declined", "fortsätter arbetet med remiss {number}", PAGE),
    NoticeKind("referral.closed", "avslutade remiss {number}", PAGE),
    NoticeKind("referral.reopened", "öppnade remiss {number} igen", PAGE),
    NoticeKind("referral.answer_allowed", "får svara i remiss {number}", PAGE),
    NoticeKind("referral.access_ended", "registrerade att samtycket för remiss {number} är återkallat", PAGE),
    NoticeKind("referral.ground_renewed", "förnyade grunden för remiss {number}", PAGE),
    NoticeKind("referral.new_date", "lovade ett nytt datum i remiss {number}", PAGE),
    NoticeKind("referral.paused", "stannade klockan i remiss {number}", PAGE),
    NoticeKind("referral.message", "skrev till båda i remiss {number}", PAGE),
    NoticeKind("referral.reminded", "påminner om remiss {number}", PAGE),
    NoticeKind("referral.disputed", "anmälde oklart ansvar i remiss {number}", PAGE),
    NoticeKind("referral.settled", "registrerade vem som har ansvaret i remiss {number}", PAGE),
)
# Said by nobody: whole sentences.
register(
    NoticeKind("referral.due", "sista dagen är här för ert steg i remiss {number}", PAGE),
    NoticeKind("referral.overdue", "remiss {number} är försenad hos er", PAGE),
    NoticeKind("referral.overdue_manager", "remiss {number} är försenad på enheten", "open_with_reason"),
    NoticeKind("referral.reminded_by_coordinator", "samordnaren påminner om remiss {number}", PAGE),
    NoticeKind("referral.ground_ends", "samtycket för remiss {number} går snart ut", PAGE),
    NoticeKind("referral.ground_lapsed", "samtycket för remiss {number} har gått ut", PAGE),
    NoticeKind("referral.receiver_left", "mottagaren av remiss {number} har lämnat samverkan", PAGE),
)
