"""What the referrals' floor tells people. No word needs the referral itself."""

from notifications.registry import NoticeKind, register
from notifications.states import Reader, Urgency

PAGE = "referral"
ACT, KNOW, NEWS = Urgency.ACT, Urgency.KNOW, Urgency.NEWS


def kind(verb: str, says: str, urgency: Urgency, label: str) -> NoticeKind:
    """One that reaches a desk and leads to the referral."""
    return NoticeKind(f"referral.{verb}", says, PAGE, urgency, label, reader=Reader.DESK)


# Said by an agency: «Vuxenpsykiatrin Piteå tog emot remiss R-1042».
register(
    "Remisser",
    kind("sent", "har skickat remiss {number} till er", ACT, "En remiss kommer in"),
    kind("acknowledged", "tog emot remiss {number}", NEWS, "Remissen är mottagen"),
    kind("accepted", "accepterade remiss {number}", NEWS, "Remissen är accepterad"),
    kind("started", "började arbeta med remiss {number}", NEWS, "Arbetet med remissen har börjat"),
    kind("supplement_asked", "ber om komplettering i remiss {number}", ACT, "Mottagaren ber om komplettering"),
    kind("supplemented", "kompletterade remiss {number}", ACT, "Remissen är kompletterad"),
    kind("resumed", "gick vidare utan komplettering i remiss {number}", KNOW, "Mottagaren går vidare ändå"),
    kind("decided", "beslutade i remiss {number}", ACT, "Remissen är beslutad"),
    kind("returned", "skickade tillbaka remiss {number}", ACT, "Remissen kommer tillbaka"),
    kind("redirected", "föreslog en annan mottagare för remiss {number}", ACT, "En annan mottagare föreslås"),
    kind("recalled", "återtog remiss {number}", KNOW, "Avsändaren återtar remissen"),
    kind("cancel_asked", "ber att få avbryta remiss {number}", ACT, "Avsändaren vill avbryta"),
    kind("cancelled", "avbröt arbetet med remiss {number}", KNOW, "Arbetet med remissen är avbrutet"),
    kind("cancel_declined", "fortsätter arbetet med remiss {number}", KNOW, "Mottagaren fortsätter ändå"),
    kind("closed", "avslutade remiss {number}", NEWS, "Remissen är avslutad"),
    kind("reopened", "öppnade remiss {number} igen", ACT, "En avslutad remiss öppnas igen"),
    kind("answer_allowed", "får svara i remiss {number}", KNOW, "Mottagaren får svara här"),
    kind(
        "access_ended", "registrerade att samtycket för remiss {number} är återkallat", KNOW, "Ett samtycke återkallas"
    ),
    kind("ground_renewed", "förnyade grunden för remiss {number}", KNOW, "Grunden för remissen är förnyad"),
    kind("new_date", "lovade ett nytt datum i remiss {number}", KNOW, "Ett nytt datum är lovat"),
    kind("paused", "stannade klockan i remiss {number}", KNOW, "Klockan stannas"),
    kind("message", "skrev till båda i remiss {number}", KNOW, "Ett meddelande i remissen"),
    kind("reminded", "påminner om remiss {number}", ACT, "Avsändaren påminner"),
    kind("disputed", "anmälde oklart ansvar i remiss {number}", KNOW, "Ansvaret är oklart"),
    kind("settled", "registrerade vem som har ansvaret i remiss {number}", KNOW, "Ansvaret är klarlagt"),
)
# Said by nobody: whole sentences.
register(
    "Remisser",
    kind("due", "sista dagen är här för ert steg i remiss {number}", ACT, "Sista dagen för ert steg är här"),
    kind("overdue", "remiss {number} är försenad hos er", ACT, "En remiss är försenad hos er"),
    NoticeKind(
        "referral.overdue_manager",
        "remiss {number} är försenad på enheten",
        "open_with_reason",
        ACT,
        "En remiss är försenad på enheten",
        reader=Reader.MANAGER,
    ),
    kind("reminded_by_coordinator", "samordnaren påminner om remiss {number}", ACT, "Samordnaren påminner"),
    kind("ground_ends", "samtycket för remiss {number} går snart ut", KNOW, "Ett samtycke går snart ut"),
    kind("ground_to_renew", "samtycket för remiss {number} har gått ut, förnya det", ACT, "Ett samtycke ska förnyas"),
    kind("ground_lapsed", "samtycket för remiss {number} har gått ut", KNOW, "Ett samtycke har gått ut"),
    kind("receiver_left", "mottagaren av remiss {number} har lämnat samverkan", ACT, "Mottagaren har lämnat samverkan"),
)
