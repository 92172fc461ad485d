"""One kind of row at a time: what must hold for it, and what it then means. Faults are noted on the `RowCheck`."""

import re
from datetime import date

from workspace.front.importing.cells import PHONE, RowCheck, nearest
from workspace.front.importing.rows import KINDS, AgencyNamed, AgencyRow, Context, ParticipantRow, ReferralRow, StaffRow
from workspace.front.importing.sheets import COURSES, Course
from workspace.states import AgencyKind, Gender, MemberRole, SeatKind
from workspace.swedish import say_list

CODE = re.compile(r"[a-z0-9_-]+")
USERNAME = re.compile(r"[\w.@+-]+")
COORDINATOR = "samordnare"
ROLES = {role.label: role for role in MemberRole}
SEATS = {seat.label: seat for seat in SeatKind}
GENDERS = {"kvinna": Gender.WOMAN, "man": Gender.MAN}
FIRST_BIRTH_YEAR = 1900
PROTECTED = re.compile(r"skydda[dt]|sekretess", re.IGNORECASE)


def check_agency(check: RowCheck, context: Context) -> AgencyRow | None:
    code, name = check["Kod"].casefold(), check["Namn"]
    if code and not CODE.fullmatch(code):
        check.fault("Kod", f"{check.said('Kod')} går inte som kod. Använd a–z, siffror och bindestreck: soc-pitea.")
    kind = check.one_of("Typ", [kind.label for kind in AgencyKind], what="ingen typ som känns igen")
    place = municipality_of(check, context)
    before = context.known.imported.get(check.read.sheet.name, {}).get(code)
    if before is None and code in context.known.agencies:
        check.fault("Kod", f"{check['Kod']} finns redan, men kom inte från en arbetsbok. Välj en annan kod.")
    if before is None and name and context.agency_names.setdefault(name.casefold(), code) != code:
        check.fault("Namn", f"Det finns redan en verksamhet som heter {name}. Ge den här ett eget namn.")
    return AgencyRow(code, name, KINDS[kind], place) if kind and not check.faults else None


def municipality_of(check: RowCheck, context: Context) -> str:
    """The municipality as the database spells it; empty where the cell is blank or wrong."""
    text = check["Kommun"]
    if not text or not check.sound("Kommun"):
        return ""
    places = context.known.municipalities
    place = places.get(text.casefold())
    if place is None:
        near = nearest(text, {place.name: place.name for place in places.values()})
        check.fault("Kommun", f"{check.said('Kommun')} är ingen kommun i Norrbotten.{near}")
        return ""
    return place.name


def check_person(check: RowCheck, context: Context) -> StaffRow | None:
    username = check["Användare"].casefold()
    if username and not USERNAME.fullmatch(username):
        check.fault("Användare", f"{check.said('Användare')} går inte som användarnamn. Skriv utan mellanslag: anv01.")
    if username in context.known.usernames and username not in context.known.imported.get(check.read.sheet.name, {}):
        check.fault("Användare", f"{check['Användare']} finns redan, men kom inte från en arbetsbok. Välj ett annat.")
    agency = context.agency(check, "Verksamhet")
    role = check.one_of("Roll", [*ROLES, COORDINATOR], what="ingen roll som känns igen")
    seat = check.one_of("Ordinarie/ersättare", SEATS, what="inget av de två")
    has_desk = role in {MemberRole.CASEWORKER.label, MemberRole.REGISTRAR.label}
    if has_desk and not check["Ordinarie/ersättare"]:
        check.fault("Ordinarie/ersättare", "Cellen är tom. Skriv ordinarie eller ersättare.")
    if check["Telefon"] and not PHONE.fullmatch(check["Telefon"]):
        check.fault("Telefon", "Det som står här är inget telefonnummer. Skriv till exempel 0911-69 60 00.")
    if check.faults or agency is None:
        return None
    return StaffRow(
        username=username,
        first_name=check["Förnamn"],
        last_name=check["Efternamn"],
        agency=agency.code.casefold(),
        role=ROLES.get(role),
        seat=SEATS[seat] if has_desk else None,
        phone=check["Telefon"],
    )


def check_participant(check: RowCheck, context: Context) -> ParticipantRow | None:
    agency = context.agency(check, "Ansvarig verksamhet")
    place = municipality_of(check, context)
    enrolled_on = check.day("Inskriven")
    birth_year = birth_year_of(check)
    if check["Kön"].casefold() not in {*GENDERS, ""}:
        check.fault("Kön", "Det som står här känns inte igen. Skriv kvinna eller man, eller lämna cellen tom.")
    if PROTECTED.search(f"{check['Förnamn']} {check['Efternamn']}"):
        check.fault("Efternamn", "Personer med skyddade personuppgifter kan ännu inte registreras. Ta bort raden.")
    if check.faults or agency is None or enrolled_on is None or birth_year is None:
        return None
    return ParticipantRow(
        number=check["Löpnr"].casefold(),
        first_name=check["Förnamn"],
        last_name=check["Efternamn"],
        gender=GENDERS.get(check["Kön"].casefold(), Gender.UNKNOWN),
        birth_year=birth_year,
        municipality=place,
        agency=agency.code.casefold(),
        enrolled_on=enrolled_on,
    )


def birth_year_of(check: RowCheck) -> int | None:
    text = check["Födelseår"]
    if not text or not check.sound("Födelseår"):
        return None
    if re.fullmatch(r"[0-9]{4}", text) and FIRST_BIRTH_YEAR <= int(text) <= check.today.year:
        return int(text)
    check.fault("Födelseår", "Det som står här är inget födelseår. Skriv bara året, fyra siffror, till exempel 1981.")
    return None


def check_referral(check: RowCheck, context: Context) -> ReferralRow | None:
    sender, receiver = context.agency(check, "Från"), context.agency(check, "Till")
    if sender is not None and sender == receiver:
        check.fault("Till", f"{check.said('Till')} är samma verksamhet som i Från. En remiss går till en annan.")
    _check_participant_of(check, context, sender)
    kind = _kind(check, context, receiver)
    word = check.one_of("Läge", COURSES, what="inget läge som känns igen")
    days = {column: check.day(column) for column in ("Samtycke", "Skickad", "Mottagen", "Besvarad")}
    _check_order(check, days)
    if word:
        _check_course(check, COURSES[word])
    if check.faults or receiver is None or sender is None:
        return None
    consented_on, sent_on = days["Samtycke"], days["Skickad"]
    assert consented_on is not None and sent_on is not None
    return ReferralRow(
        number=check["Löpnr"],
        participant=check["Deltagare"].casefold(),
        sender=sender.code.casefold(),
        receiver=receiver.code.casefold(),
        kind=kind,
        consented_on=consented_on,
        sent_on=sent_on,
        received_on=days["Mottagen"],
        answered_on=days["Besvarad"],
        course=COURSES[word],
    )


def _check_participant_of(check: RowCheck, context: Context, sender: AgencyNamed | None) -> None:
    """A referral is sent by the agency that the participant belongs to."""
    key = check["Deltagare"].casefold()
    if not key or not check.sound("Deltagare"):
        return
    owner = context.owners.get(key)
    if owner is None:
        check.fault(
            "Deltagare",
            f"Det finns ingen deltagare {check.said('Deltagare')}. Skriv ett löpnummer som står i bladet deltagare.",
        )
    elif sender is not None and owner in context.agencies and owner != sender.code.casefold():
        check.fault(
            "Från",
            f"{check['Deltagare']} hör till {context.agencies[owner].code}, inte till {sender.code}. "
            f"Skriv {context.agencies[owner].code}, eller rätta Deltagare.",
        )


def _kind(check: RowCheck, context: Context, receiver: AgencyNamed | None) -> str:
    """The kind's own name, if it can be asked of the receiver. Empty where it is wrong."""
    text, kinds = check["Ärende"], context.known.kinds
    if not text or not check.sound("Ärende"):
        return ""
    kind = kinds.get(text.casefold())
    if kind is None:
        near = nearest(text, {kind.name: kind.name.lower() for kind in kinds.values()})
        hint = near or f" Skriv {say_list(sorted(kind.name.lower() for kind in kinds.values()), 'eller')}."
        check.fault("Ärende", f"{check.said('Ärende')} är inget ärende som känns igen.{hint}")
        return ""
    if receiver is not None and receiver.kind and kind.receiver_kind not in {"", receiver.kind}:
        wanted = AgencyKind(kind.receiver_kind).label
        check.fault(
            "Till",
            f"{kind.name} begärs hos {wanted}, men {receiver.code} är {receiver.kind.label}. Rätta Till eller Ärende.",
        )
    return kind.name


def _check_order(check: RowCheck, days: dict[str, date | None]) -> None:
    """Consent, sent, received, answered: each on the same day as the one before it, or later."""
    consented, sent, received, answered = days.values()
    if consented and sent and consented > sent:
        check.fault(
            "Samtycke",
            f"{consented} är senare än Skickad {sent}. Samtycket ska finnas när remissen skickas. Rätta den ena dagen.",
        )
    if sent and received and received < sent:
        check.fault("Mottagen", f"{received} är före Skickad {sent}. Skriv en dag som är {sent} eller senare.")
    if received and answered and answered < received:
        check.fault("Besvarad", f"{answered} är före Mottagen {received}. Skriv en dag som är {received} eller senare.")
    if check["Besvarad"] and not check["Mottagen"]:
        check.fault("Mottagen", f"Remissen är besvarad {check['Besvarad']}, men Mottagen är tom. Skriv dagen här.")


def _check_course(check: RowCheck, course: Course) -> None:
    """The step must agree with which days are filled in. Says one thing per row."""
    for column, needed in (("Mottagen", course.received), ("Besvarad", course.answered)):
        if not check.sound("Mottagen", "Besvarad"):
            return
        if needed and not check[column]:
            check.fault(column, f"Cellen är tom, men Läge är {check.said('Läge')}. Skriv dagen, eller rätta Läge.")
        elif check[column] and not needed:
            check.fault(
                "Läge",
                f"{check.said('Läge')} går inte ihop med att {column} är {check[column]}. "
                f"Rätta Läge, eller töm {column}.",
            )
            return
