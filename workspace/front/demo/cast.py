"""Who is in the demo: agencies, cooperations, those who sign in, and the people it is about."""

from typing import NamedTuple

from workspace.states import AgencyKind, CooperationRoleKind, Gender, MemberRole, SeatKind

PASSWORD = "samverkan"


class AgencyGiven(NamedTuple):
    code: str
    name: str
    short_name: str
    kind: AgencyKind
    organisation: str
    municipality: str


class Seat(NamedTuple):
    """A hat at an agency. A manager has no seat at its desk."""

    agency: str
    role: MemberRole = MemberRole.CASEWORKER
    seat: SeatKind | None = SeatKind.ORDINARY


class UserGiven(NamedTuple):
    username: str
    first_name: str
    last_name: str
    seats: tuple[Seat, ...] = ()
    cooperation_role: CooperationRoleKind | None = None


class PersonGiven(NamedTuple):
    key: str
    by: str
    first_name: str
    last_name: str
    gender: Gender
    birth_year: int
    municipality: str
    days_ago: int
    phone: str = ""


K = AgencyKind
TOWN, REGION = "Piteå kommun", "Region Norrbotten"
AGENCIES = (
    AgencyGiven("soc-pitea", "Socialtjänsten Piteå", "Socialtjänsten", K.SOCIAL_SERVICES, TOWN, "Piteå"),
    AgencyGiven("psyk-pitea", "Vuxenpsykiatrin Piteå", "Vuxenpsykiatrin", K.REGION_PSYCHIATRY, REGION, "Piteå"),
    AgencyGiven("lss-pitea", "LSS-handläggningen Piteå", "LSS-handläggningen", K.DISABILITY_ACT, TOWN, "Piteå"),
    AgencyGiven(
        "af-pitea",
        "Arbetsförmedlingen Piteå",
        "Arbetsförmedlingen",
        K.PUBLIC_EMPLOYMENT_SERVICE,
        "Arbetsförmedlingen",
        "Piteå",
    ),
    AgencyGiven(
        "fk-norr", "Försäkringskassan Norr", "Försäkringskassan", K.SOCIAL_INSURANCE_AGENCY, "Försäkringskassan", ""
    ),
    AgencyGiven(
        "amv-pitea", "Arbetsmarknadsenheten Piteå", "Arbetsmarknadsenheten", K.LABOUR_MARKET_UNIT, TOWN, "Piteå"
    ),
    AgencyGiven(
        "soc-arvidsjaur",
        "Socialtjänsten Arvidsjaur",
        "Socialtjänsten Arvidsjaur",
        K.SOCIAL_SERVICES,
        "Arvidsjaurs kommun",
        "Arvidsjaur",
    ),
)

PITEA = "Samverkan Piteå"
# Name, municipality, agencies. Försäkringskassan is in both, which gives neither a way into the other.
COOPERATIONS = (
    (PITEA, "Piteå", ("soc-pitea", "psyk-pitea", "lss-pitea", "af-pitea", "fk-norr", "amv-pitea")),
    ("Samverkan Arvidsjaur", "Arvidsjaur", ("soc-arvidsjaur", "fk-norr")),
)

DEPUTY = SeatKind.DEPUTY
USERS = (
    UserGiven("soc-pitea", "Elin", "Hedberg", (Seat("soc-pitea"),)),
    UserGiven("soc-pitea-2", "Camilla", "Forsgren", (Seat("soc-pitea", seat=DEPUTY),)),
    UserGiven("soc-pitea-chef", "Agneta", "Holmgren", (Seat("soc-pitea", MemberRole.MANAGER, None),)),
    UserGiven("psyk-pitea", "Tobias", "Wallgren", (Seat("psyk-pitea"),)),
    UserGiven("lss-pitea", "Maja", "Norlund", (Seat("lss-pitea"),)),
    UserGiven("af-pitea", "Jonas", "Ekstrand", (Seat("af-pitea"),)),
    UserGiven("fk-norr", "Birgitta", "Åkerlind", (Seat("fk-norr"),)),
    UserGiven("amv-pitea", "Karin", "Sundvall", (Seat("amv-pitea"),)),
    UserGiven("amv-pitea-chef", "Roland", "Nyberg", (Seat("amv-pitea", MemberRole.MANAGER, None),)),
    # Managers who sit in the steering group.
    UserGiven("psyk-pitea-chef", "Margareta", "Ylipää", (Seat("psyk-pitea", MemberRole.MANAGER, None),)),
    UserGiven("af-pitea-chef", "Håkan", "Burström", (Seat("af-pitea", MemberRole.MANAGER, None),)),
    UserGiven("fk-norr-chef", "Anna-Karin", "Sjöö", (Seat("fk-norr", MemberRole.MANAGER, None),)),
    # Those who sit in the cooperation group when the ordinary member can't.
    UserGiven("psyk-pitea-2", "Henrik", "Boström", (Seat("psyk-pitea", seat=DEPUTY),)),
    UserGiven("lss-pitea-2", "Anders", "Högdahl", (Seat("lss-pitea", seat=DEPUTY),)),
    UserGiven("af-pitea-2", "Ingrid", "Tolf", (Seat("af-pitea", seat=DEPUTY),)),
    UserGiven("fk-norr-2", "Gunilla", "Rosvall", (Seat("fk-norr", seat=DEPUTY),)),
    UserGiven("soc-arvidsjaur", "Per-Anders", "Stenman", (Seat("soc-arvidsjaur"),)),
    UserGiven("tva-hattar", "Sara", "Lindvall", (Seat("amv-pitea", seat=DEPUTY), Seat("lss-pitea", seat=DEPUTY))),
    UserGiven("samordnare", "Petra", "Sjöblom", cooperation_role=CooperationRoleKind.COORDINATOR),
    UserGiven("ordforande", "Lars", "Engfors", cooperation_role=CooperationRoleKind.CHAIR),
    UserGiven("utvarderare", "Solveig", "Nordmark", cooperation_role=CooperationRoleKind.EVALUATOR),
)

W, M, X = Gender.WOMAN, Gender.MAN, Gender.UNKNOWN
# Telephone numbers are from the series that Post- och telestyrelsen keeps free for fiction.
PEOPLE = (
    PersonGiven("mira", "soc-pitea", "Mira", "Sandell", W, 1998, "Piteå", 62, "070-174 06 05"),
    PersonGiven("linnea", "soc-pitea", "Linnéa", "Brännlund", W, 1991, "Piteå", 60, "070-174 06 12"),
    PersonGiven("ake", "soc-pitea", "Åke", "Öberg", M, 1966, "Piteå", 58, "070-174 06 18"),
    PersonGiven("ante", "soc-pitea-2", "Ánte", "Sarri", M, 2001, "Piteå", 24),
    PersonGiven("nadia", "soc-pitea-2", "Nadia", "Rahimi", W, 1987, "Piteå", 40, "070-174 06 27"),
    PersonGiven("orjan", "soc-pitea", "Örjan", "Lindbäck", M, 1979, "Piteå", 9),
    PersonGiven("maija", "psyk-pitea", "Máijá", "Omma", W, 1994, "Piteå", 30, "070-174 06 33"),
    PersonGiven("sixten", "psyk-pitea", "Sixten", "Ågren", M, 1972, "Älvsbyn", 70),
    PersonGiven("emil", "lss-pitea", "Emil", "Wikström", M, 2000, "Piteå", 45),
    PersonGiven("inga", "lss-pitea", "Iŋgá", "Blind", W, 2003, "Piteå", 64, "070-174 06 41"),
    PersonGiven("ove", "af-pitea", "Ove", "Tjärnström", M, 1969, "Piteå", 38, "070-174 06 44"),
    PersonGiven("samira", "af-pitea", "Samira", "Yusuf", W, 1996, "Piteå", 66),
    PersonGiven("gunbritt", "fk-norr", "Gun-Britt", "Häggström", W, 1964, "Piteå", 10, "070-174 06 52"),
    PersonGiven("tuva", "amv-pitea", "Tuva", "Renström", W, 1999, "Piteå", 50),
    PersonGiven("daniel", "amv-pitea", "Daniel", "Ökvist", X, 1990, "Piteå", 15, "070-174 06 58"),
    PersonGiven("ristin", "soc-arvidsjaur", "Ristin", "Stenvall", W, 1983, "Arvidsjaur", 12),
)
