"""Categories, grounds and municipalities: data that agreements and law may change, so not code (L19)."""

from datetime import date

from django.core.management import call_command
from django.db import migrations

CATEGORIES = [
    ("identity", "Kontaktuppgifter", "mina kontaktuppgifter", "Namn, födelseår, kommun och telefon"),
    ("question", "Det ni frågar om", "det ni frågar om", "Vad personen behöver hjälp med av mottagaren"),
    ("social", "Behov av stöd i vardagen", "mitt behov av stöd i vardagen", "Boende, rutiner, hjälp från andra"),
    ("work", "Arbete och studier", "arbete och studier", "Tidigare arbete, pågående praktik"),
    ("health", "Hälsa", "min hälsa", "Det personen själv har berättat för er"),
    ("economy", "Ekonomi", "min ekonomi", "Försörjningsstöd och andra ersättningar"),
    ("status", "Läget", "hur det går med remissen", "Mottagen, accepterad, beslutad"),
    ("answer", "Svar med text", "sitt svar", "Det mottagaren skriver i svaret"),
    ("follow_up", "Uppföljning", "nummer och datum", "Samordnaren ser nummer, vems tur och dagar, aldrig namnet"),
]
GROUNDS = [
    ("consent", "Samtycke", "Personen har sagt ja, och vet till vad", "OSL 12:2, 10:1", "", None),
    ("harm_test", "Menprövning", "Du har prövat att det inte skadar personen", "OSL 26:1, 25:1", "", None),
    ("statutory_duty", "Skyldighet i lag", "Ange paragraf", "OSL 10:28", "", None),
    (
        "insured_permits",
        "Den försäkrade medger",
        "Personen medger att Försäkringskassan samverkar",
        "SFB 30:10",
        "social_insurance_agency",
        date(2011, 1, 1),
    ),
]
# Inhabitants, rounded, 2025. Below 20,000 a few facts point out a person (L17).
MUNICIPALITIES = {
    "Arjeplog": 2_600, "Arvidsjaur": 6_000, "Boden": 28_000, "Gällivare": 17_300, "Haparanda": 9_100,
    "Jokkmokk": 4_700, "Kalix": 15_500, "Kiruna": 22_400, "Luleå": 79_300, "Pajala": 5_800, "Piteå": 42_300,
    "Älvsbyn": 7_900, "Överkalix": 3_200, "Övertorneå": 4_100,
}  # fmt: skip


def fill(apps, schema_editor):
    category, ground = apps.get_model("workspace", "Category"), apps.get_model("workspace", "Ground")
    for order, (code, name, spoken, explanation) in enumerate(CATEGORIES):
        category.objects.create(code=code, name=name, spoken=spoken, explanation=explanation, order=order)
    for order, (code, name, explanation, law, kind, valid_from) in enumerate(GROUNDS):
        ground.objects.create(
            code=code,
            name=name,
            explanation=explanation,
            law=law,
            recipient_kind=kind,
            order=order,
            valid_from=valid_from or date(2009, 6, 30),
        )
    municipality = apps.get_model("workspace", "Municipality")
    for name, inhabitants in MUNICIPALITIES.items():
        municipality.objects.create(name=name, inhabitants=inhabitants)
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("workspace", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
