"""The demo's referrals: what was asked, and what happened to each, day by day."""

from referrals.states import Outcome, RecallCode, ReturnCode
from workspace.front.demo.acts import (
    AF,
    AMV,
    FK,
    LSS,
    NONE,
    PSYK,
    SOC,
    SOC2,
    STATUS,
    TEXT,
    Act,
    Story,
    V,
    sent,
)
from workspace.front.demo.clocked import CLOCKED

STORIES = (
    # ---------- ended ----------
    Story(
        "samira",
        PSYK,
        "neuropsychiatric_investigation",
        -40,
        {
            "question": "Kan ni utreda om Samira har en neuropsykiatrisk funktionsnedsättning?",
            "work": "Samira har provat tre praktikplatser. Hon säger att hon tappar tråden när det händer mycket "
            "omkring henne, och att det går bättre i lugna rum.",
        },
        (
            *sent(62, AF),
            Act(60, "08.40", PSYK, V.ACKNOWLEDGE, STATUS),
            Act(59, "13.05", PSYK, V.ACCEPT),
            Act(28, "15.30", PSYK, V.DECIDE, Outcome.PARTLY),
            Act(26, "09.45", AF, V.CLOSE),
        ),
    ),
    Story(
        "sixten",
        AF,
        "wage_support",
        -30,
        {
            "question": "Kan Sixten få lönestöd om han går tillbaka till sin gamla arbetsplats på halvtid?",
            "work": "Sixten har arbetat som snickare i 20 år. Arbetsgivaren vill gärna ha honom tillbaka.",
        },
        (
            *sent(60, PSYK),
            Act(57, "09.05", AF, V.ACKNOWLEDGE, TEXT),
            Act(55, "10.15", AF, V.ACCEPT),
            Act(
                33, "14.10", AF, V.DECIDE, Outcome.NOT_EXAMINED, "Sixten har tackat nej just nu. Han är välkommen åter."
            ),
            Act(31, "08.50", PSYK, V.CLOSE),
        ),
    ),
    Story(
        "mira",
        FK,
        "activity_compensation",
        -20,
        {
            "question": "Kan Mira ha rätt till aktivitetsersättning medan hon tränar upp sin arbetsförmåga?",
            "work": "Mira har inte kunnat arbeta eller studera på två år. Hon vill börja med två timmar om dagen.",
        },
        (
            *sent(55, SOC),
            Act(52, "10.40", FK, V.ACKNOWLEDGE, TEXT),
            Act(50, "11.15", FK, V.ACCEPT),
            Act(25, "13.20", FK, V.DECIDE, Outcome.REFUSED, "Underlaget räcker inte ännu. Mira kan söka igen."),
            Act(23, "09.30", SOC, V.CLOSE),
        ),
    ),
    Story(
        "inga",
        AMV,
        "work_placement",
        -10,
        {"question": "Har ni en praktikplats med djur eller odling, två dagar i veckan?"},
        (
            *sent(54, LSS),
            Act(53, "08.30", AMV, V.ACKNOWLEDGE, TEXT),
            Act(51, "14.45", AMV, V.ACCEPT),
            Act(12, "10.05", AMV, V.DECIDE, Outcome.GRANTED, "Iŋgá kan börja på handelsträdgården efter nyår."),
            Act(5, "11.10", LSS, V.CLOSE),
        ),
    ),
    Story(
        "ake",
        AMV,
        "work_training",
        None,
        {"question": "Kan Åke få pröva arbetsträning några timmar i veckan?"},
        (*sent(10, SOC), Act(8, "13.40", SOC, V.RECALL, RecallCode.WRONG_RECEIVER)),
    ),
    Story(
        "nadia",
        PSYK,
        "counselling_contact",
        10,
        {
            "question": "Kan Nadia få någon att prata med, helst på kvällstid?",
            "health": "Nadia berättar att hon sover dåligt.",
            "social": "Hon bor själv med två barn och har svårt att komma ifrån på dagarna.",
        },
        (
            *sent(18, SOC2),
            Act(16, "09.50", PSYK, V.ACKNOWLEDGE, TEXT),
            Act(1, "14.25", SOC2, V.GROUND_WITHDRAWN),
        ),
        consent="nadia-psyk",
    ),
    # ---------- under way ----------
    Story(
        "linnea",
        LSS,
        "companion_service",
        -4,
        {
            "question": "Kan Linnéa få ledsagare till simhallen och till kören en kväll i veckan?",
            "social": "Linnéa vill gärna ut men vågar inte åka buss själv. Hennes syster har följt med hittills.",
        },
        (
            *sent(50, SOC),
            Act(48, "09.25", LSS, V.ACKNOWLEDGE, TEXT),
            Act(44, "15.00", LSS, V.ACCEPT),
            Act(1, "13.05", LSS, V.DECIDE, Outcome.PARTLY, "Linnéa får ledsagare till simhallen. Kören prövas i vår."),
        ),
    ),
    # Taken in without leave to answer here: the sender sees that no answer is given.
    Story(
        "tuva",
        PSYK,
        "counselling_contact",
        -15,
        {
            "question": "Kan ni erbjuda Tuva en samtalskontakt?",
            "work": "Tuva är hos oss tre förmiddagar i veckan. Hon går hem tidigt när oron blir för stor.",
        },
        (*sent(46, AMV), Act(42, "10.30", PSYK, V.ACKNOWLEDGE, NONE), Act(39, "13.10", PSYK, V.ACCEPT)),
    ),
    # Sent back once, corrected and sent again.
    Story(
        "inga",
        PSYK,
        "psychiatric_assessment",
        4,
        {
            "question": "Vi behöver en bedömning av vad Iŋgá klarar i vardagen.",
            "social": "Iŋgá bor hos sina föräldrar och söker egen lägenhet.",
        },
        (
            *sent(36, LSS),
            Act(34, "09.20", PSYK, V.ACKNOWLEDGE, TEXT),
            Act(
                33, "10.50", PSYK, V.RETURN, ReturnCode.INCOMPLETE, "Skriv gärna vad ni vill använda bedömningen till."
            ),
            Act(32, "09.15", LSS, V.REVISE),
            Act(31, "11.30", LSS, V.SEND),
            Act(29, "08.55", PSYK, V.ACKNOWLEDGE, TEXT),
            Act(27, "14.20", PSYK, V.ACCEPT),
            Act(2, "15.40", PSYK, V.DECIDE, Outcome.GRANTED, "Tid för bedömning är bokad. Iŋgá har fått den i brev."),
        ),
    ),
    Story(
        "emil",
        AMV,
        "work_training",
        -1,
        {
            "question": "Kan Emil få arbetsträna på en mindre arbetsplats?",
            "work": "Emil gick ut anpassad gymnasieskola för fem år sedan och har inte arbetat sedan dess.",
        },
        (*sent(33, LSS), Act(30, "13.30", AMV, V.ACKNOWLEDGE, STATUS)),
    ),
    Story(
        "emil",
        SOC,
        "housing_support",
        3,
        {
            "question": "Kan Emil få boendestöd när han flyttar till egen lägenhet?",
            "social": "Emil klarar mat och tvätt om någon påminner honom. Han tycker själv att kvällarna är svårast.",
        },
        (*sent(18, LSS), Act(17, "09.35", SOC2, V.ACKNOWLEDGE, TEXT), Act(14, "10.25", SOC, V.ACCEPT)),
    ),
    Story(
        "mira",
        PSYK,
        "counselling_contact",
        22,
        {
            "question": "Kan ni erbjuda Mira en samtalskontakt, gärna på förmiddagar och gärna med samma person "
            "varje gång?",
            "social": "Mira har varit hemma länge och vill börja arbetsträna två timmar om dagen.",
            "health": "Hon säger själv att oron på morgonen är det som stoppar henne.",
        },
        (*sent(17, SOC), Act(16, "08.05", PSYK, V.ACKNOWLEDGE, TEXT), Act(0, "08.52", PSYK, V.ACCEPT)),
    ),
    Story(
        "ove",
        SOC,
        "housing_support",
        -6,
        {
            "question": "Kan Ove få boendestöd, så att han orkar med praktiken som börjar snart?",
            "work": "Ove ska börja tre dagar i veckan på ett lager. Han har bett om hjälp att få ordning hemma.",
        },
        (*sent(16, AF), Act(14, "10.05", SOC, V.ACKNOWLEDGE, STATUS)),
    ),
    Story(
        "ake",
        FK,
        "sickness_compensation",
        18,
        {
            "question": "Kan Åke ha rätt till sjukersättning på halvtid?",
            "health": "Åke har haft ont i ryggen i många år och är trött på att vänta.",
            "work": "Han har kört buss i Piteå i 25 år.",
        },
        (*sent(13, SOC), Act(1, "15.20", FK, V.ACKNOWLEDGE, STATUS)),
    ),
    Story(
        "linnea",
        FK,
        "rehabilitation_coordination",
        12,
        {
            "question": "Kan ni kalla till ett möte om Linnéas väg tillbaka till arbete?",
            "work": "Linnéa vill arbeta i butik igen, men inte på samma ställe som förut.",
        },
        (
            *sent(11, SOC),
            Act(7, "09.10", FK, V.ACKNOWLEDGE, TEXT),
            Act(
                1,
                "10.35",
                FK,
                V.RETURN,
                ReturnCode.INCOMPLETE,
                "Vi behöver veta om Linnéa har en arbetsgivare i dag, och vem vi ska bjuda in.",
            ),
        ),
    ),
    Story(
        "daniel",
        AF,
        "work_capacity_investigation",
        -2,
        {
            "question": "Kan ni utreda vilka arbetsuppgifter som passar Daniel?",
            "work": "Daniel är hos oss på heltid och vill pröva något annat än lager.",
        },
        sent(12, "tva-hattar/amv-pitea"),
    ),
    Story(
        "maija",
        AF,
        "work_capacity_investigation",
        16,
        {
            "question": "Hur mycket kan Máijá arbeta till att börja med?",
            "work": "Máijá är utbildad undersköterska och vill tillbaka till yrket.",
        },
        (*sent(7, PSYK), Act(0, "08.31", AF, V.ACKNOWLEDGE, STATUS)),
    ),
    Story(
        "gunbritt",
        PSYK,
        "psychiatric_assessment",
        6,
        {
            "question": "Vad behöver Gun-Britt för att kunna trappa upp sin arbetstid?",
            "health": "Gun-Britt berättar att hon har varit sjukskriven sedan i våras.",
        },
        (*sent(4, FK), Act(3, "11.25", PSYK, V.ACKNOWLEDGE, STATUS)),
    ),
    Story(
        "ristin",
        FK,
        "rehabilitation_coordination",
        14,
        {"question": "Kan ni samordna Ristins rehabilitering med arbetsgivaren?"},
        (*sent(6, "soc-arvidsjaur"), Act(3, "14.15", FK, V.ACKNOWLEDGE, STATUS)),
        ground="insured_permits",
        ground_reason="Ristin har skrivit i sin ansökan att hon medger att Försäkringskassan samverkar med oss.",
    ),
    Story(
        "orjan",
        PSYK,
        "counselling_contact",
        9,
        {"question": "Örjan har bett om en samtalskontakt. Kan ni ge honom en första tid?"},
        sent(3, SOC2, "13.00", "13.50"),
        ground="harm_test",
        ground_reason="Örjan bad själv om hjälpen när vi träffades. Vi lämnar bara hans namn och frågan.",
    ),
    Story(
        "ante",
        PSYK,
        "psychiatric_assessment",
        13,
        {
            "question": "Kan ni göra en bedömning av hur Ánte mår? Han tar gärna samtal på samiska.",
            "health": "Ánte har slutat gå till komvux. Han säger att han inte orkar träffa folk.",
        },
        sent(1, SOC, "10.05", "10.40"),
    ),
    Story(
        "maija",
        SOC,
        "housing_support",
        15,
        {
            "question": "Kan Máijá få boendestöd ett par timmar i veckan?",
            "social": "Máijá behöver hjälp att komma igång på morgonen och att öppna posten.",
        },
        (Act(1, "15.05", PSYK, V.CREATE), Act(0, "08.12", PSYK, V.SEND)),
    ),
    # ---------- drafts: two lack a ground, and the page says which ----------
    Story(
        "mira",
        AF,
        "work_capacity_investigation",
        20,
        {
            "question": "Kan ni utreda vad Mira klarar av, med start på två timmar om dagen?",
            "work": "Mira har gått ut gymnasiet och har sommarjobbat i kiosk.",
        },
        (Act(1, "16.10", SOC, V.CREATE),),
    ),
    Story(
        "sixten",
        LSS,
        "contact_person",
        None,
        {"question": "Kan Sixten få en kontaktperson som tycker om att fiska?"},
        (Act(2, "16.00", PSYK, V.CREATE),),
    ),
    Story(
        "linnea",
        LSS,
        "contact_person",
        25,
        {"question": "Kan Linnéa få en kontaktperson?", "social": "Hon vill ha någon att gå på konserter med."},
        (Act(0, "07.50", SOC, V.CREATE),),
    ),
    *CLOCKED,
)

# Who had read what they had been told, and when: days ago, time, who.
READ_NOTICES = (
    (20, "16.00", LSS),
    (1, "08.20", FK),
    (1, "11.30", SOC),
    (1, "11.35", SOC2),
    (1, "08.10", PSYK),
    (0, "07.45", PSYK),
)
