"""«Att prata om»: the largest difference as a question to a steering group, in Swedish. Pure."""

from fractions import Fraction

from meetings.figures.arithmetic import LEAST_BASE
from meetings.figures.report.differences import Difference, TooFew
from meetings.figures.report.measures import Measure
from workspace.swedish import NUMBERS

# What they did, after «38 % av kvinnorna (19 av 50) och 52 % av männen (26 av 50)».
SAID = {
    "referrals:granted": "vars senaste remiss har fått svar fick den beviljad",
    "referrals:refused": "vars senaste remiss har fått svar fick avslag",
    "waiting:all": "som har remitterats väntar på svar på sin senaste remiss",
    "lead:plan": "väntar ännu på sin handlingsplan",
    "lead:discharge": "är inskrivna ännu",
    "survey:response": "har svarat på frågorna efter en aktivitet",
    "survey:useful": "som svarade tyckte att aktiviteten var till nytta",
    "survey:listened": "som svarade kände att de blev lyssnade på",
}
WHY = "Vad gör att det skiljer?"
ORDINALS = (
    "", "", "vartannat", "vart tredje", "vart fjärde", "vart femte", "vart sjätte", "vart sjunde", "vart åttonde",
    "vart nionde", "vart tionde", "vart elfte", "vart tolfte", "vart trettonde", "vart fjortonde", "vart femtonde",
    "vart sextonde", "vart sjuttonde", "vart artonde", "vart nittonde", "vart tjugonde",
)  # fmt: skip


def talk_about(found: Difference | TooFew) -> str:
    """What the item on gender equality opens with: a question, or that the numbers can't bear one."""
    if isinstance(found, TooFew):
        few = NUMBERS[LEAST_BASE]
        return f"Grupperna är för små för att jämföra. Det behövs minst {few} kvinnor och {few} män i ett mått."
    if found.claimed:
        return f"{shares_sentence(found.measure)} {WHY}"
    if not found.measure.difference:
        return f"Kvinnor och män har samma andelar i {_measures(found.compared)}. Är det så ni märker det i arbetet?"
    return (
        f"Ingen skillnad är större än vad slumpen lätt ger. Den största: {shares_sentence(found.measure)} "
        f"{chance_sentence(found)}"
    )


def shares_sentence(measure: Measure) -> str:
    """«38 % av kvinnorna (19 av 50) och 52 % av männen (26 av 50) väntar ännu på sin handlingsplan.»"""
    women = f"{measure.women_share} % av kvinnorna ({measure.women_did} av {measure.women_base})"
    men = f"{measure.men_share} % av männen ({measure.men_did} av {measure.men_base})"
    if measure.code in SAID:
        return f"{women} och {men} {SAID[measure.code]}."
    return f"{measure.name}: {women} och {men}."


def chance_sentence(found: Difference) -> str:
    """How often chance alone gives as much. The corrected p is an upper bound, so no rate is said beyond «i högst».

    Rounded so that the bound holds: 0.36 is at most every second case. Above a half it bounds nothing worth saying.
    """
    often = "lätt av slump"
    if found.adjusted <= Fraction(1, 2):
        often = f"av slump i högst {ORDINALS[min(int(1 / found.adjusted), len(ORDINALS) - 1)]} fall"
    if found.compared == 1:
        return f"Så stor skillnad uppstår {often}."
    return f"När {found.compared} mått jämförs uppstår så stor skillnad {often}."


def _measures(number: int) -> str:
    return "det mått som kan jämföras" if number == 1 else f"alla {number} mått som kan jämföras"
