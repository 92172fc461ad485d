"""The phases and the kinds of activity that come with the product (R58, R59, R61). Data: a cooperation's may differ."""

from django.db import migrations

PHASES = [
    ("one", "Fas 1", "Kartläggning: vad personen vill, kan och behöver", 2),
    ("two", "Fas 2", "Arbetsträning och prova på", None),
    ("three", "Fas 3", "Praktik och lärandeplats", None),
    ("four", "Fas 4", "Anställning med stöd", None),
]
KINDS = [
    ("assessment_talk", "Kartläggningssamtal", "one", False),
    ("group_activity", "Gruppaktivitet", "one two three four", False),
    ("study_visit", "Studiebesök", "one two three four", False),
    ("outreach", "Hembesök eller uppsökande", "one two three four", False),
    ("work_training", "Arbetsträning", "two three four", True),
    ("work_placement", "Praktik", "two three", True),
    ("learning_place", "Lärandeplats", "two three", True),
    ("supported_employment", "Anställning med stöd", "four", True),
]


def fill(apps, schema_editor):
    phase, kind = apps.get_model("pathway", "Phase"), apps.get_model("pathway", "ActivityKind")
    for order, (code, name, explanation, months) in enumerate(PHASES, start=1):
        phase.objects.create(code=code, name=name, explanation=explanation, order=order, longest_months=months)
    for order, (code, name, phases, placement) in enumerate(KINDS, start=1):
        made = kind.objects.create(code=code, name=name, is_placement=placement, order=order)
        made.phases.set(phases.split())


class Migration(migrations.Migration):
    dependencies = [("pathway", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
