"""Stories in which the clock matters: supplements, promised days, suggestions, disputes, breaking off."""

from referrals.states import CancelCode, DelayCode, ReturnCode, SupplementCode
from workspace.front.demo.acts import AF, AMV, FK, LSS, PSYK, SOC, SOC2, STATUS, TEXT, Act, Story, V, sent

CLOCKED = (
    Story(
        "tuva",
        AF,
        "wage_support",
        12,
        {
            "question": "Kan Tuva få lönestöd om handelsträdgården anställer henne på halvtid?",
            "work": "Tuva har arbetstränat hos dem sedan i augusti, tre dagar i veckan.",
        },
        (
            *sent(20, AMV),
            Act(18, "10.10", AF, V.ACKNOWLEDGE, TEXT),
            Act(17, "09.20", AF, V.ACCEPT),
            Act(16, "13.00", AF, V.START),
            Act(3, "14.05", AF, V.ASK_SUPPLEMENT, SupplementCode.BACKGROUND, "Hur många timmar i veckan gäller det?"),
        ),
    ),
    Story(
        "samira",
        SOC,
        "housing_support",
        None,
        {"question": "Kan Samira få boendestöd medan utredningen pågår?"},
        (
            *sent(30, AF),
            Act(28, "11.00", SOC, V.ACKNOWLEDGE, STATUS),
            Act(27, "08.40", SOC, V.ACCEPT),
            Act(25, "09.15", SOC, V.START),
            Act(6, "15.10", SOC, V.NEW_DATE, DelayCode.WAITING_FOR_STATEMENT, days=11),
        ),
    ),
    Story(
        "nadia",
        LSS,
        "daily_activity",
        None,
        {"question": "Kan Nadia få pröva daglig verksamhet några timmar i veckan?"},
        (
            *sent(15, SOC2),
            Act(13, "10.30", LSS, V.ACKNOWLEDGE, TEXT),
            Act(4, "13.20", LSS, V.SUGGEST_REDIRECT, AMV, "Det här låter som arbetsträning. Fråga dem först."),
        ),
    ),
    Story(
        "orjan",
        FK,
        "rehabilitation_coordination",
        None,
        {"question": "Vem samordnar Örjans väg tillbaka till arbete?"},
        (
            *sent(8, SOC, "10.10", "11.20"),
            Act(7, "09.35", FK, V.ACKNOWLEDGE, STATUS),
            Act(5, "14.45", FK, V.RETURN, ReturnCode.NOT_OUR_TARGET_GROUP),
            Act(4, "08.50", SOC, V.DISPUTE),
        ),
    ),
    Story(
        "inga",
        FK,
        "activity_compensation",
        None,
        {"question": "Kan Iŋgá ha rätt till aktivitetsersättning?"},
        (
            *sent(28, LSS),
            Act(26, "09.40", FK, V.ACKNOWLEDGE, STATUS),
            Act(24, "10.25", FK, V.ACCEPT),
            Act(21, "13.15", FK, V.START),
            Act(1, "09.05", LSS, V.REQUEST_CANCEL, CancelCode.PERSON_DECLINED),
        ),
    ),
    Story(
        "ove",
        PSYK,
        "counselling_contact",
        None,
        {"question": "Kan Ove få en samtalskontakt?"},
        (
            *sent(25, AF),
            Act(23, "08.55", PSYK, V.ACKNOWLEDGE, STATUS),
            Act(22, "10.00", PSYK, V.ACCEPT),
            Act(12, "11.30", AF, V.REQUEST_CANCEL, CancelCode.NOT_NEEDED),
            Act(10, "09.10", PSYK, V.CONFIRM_CANCEL),
        ),
    ),
)
