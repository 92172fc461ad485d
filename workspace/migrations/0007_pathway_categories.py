"""What a person can say yes to about their way: where they are on it, the assessment, the plan, the activities."""

from django.db import migrations

CATEGORIES = [
    ("phase", "Var på vägen", "var på vägen jag är", "Vilken fas personen är i, och hur länge"),
    ("plan", "Handlingsplan", "min handlingsplan", "Personens ord och styrkor, mål, steg och vägen vidare"),
    ("assessment", "Kartläggning", "min kartläggning", "Alla områden i kartläggningen utom hälsa"),
    ("activities", "Aktiviteter", "vad jag deltar i", "Aktiviteter, plats och hur många timmar"),
]


def fill(apps, schema_editor):
    category = apps.get_model("workspace", "Category")
    for order, (code, name, spoken, explanation) in enumerate(CATEGORIES, start=30):
        category.objects.create(code=code, name=name, spoken=spoken, explanation=explanation, order=order)


class Migration(migrations.Migration):
    dependencies = [("workspace", "0006_own_page")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
