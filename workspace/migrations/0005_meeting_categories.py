"""What a person can say yes to about meetings: to be talked about there, and to that in a joint meeting (R5, L15)."""

from django.db import migrations

CATEGORIES = [
    (
        "meeting",
        "Samtal på möten",
        "min situation på samverkansgruppens möten",
        "Ni talar om det personen behöver hjälp med när gruppen träffas",
    ),
    (
        "joint_meeting",
        "Samtal på gemensamma möten",
        "min situation när två grupper möts",
        "Som ovan, också när gruppen träffas tillsammans med en annan",
    ),
]


def fill(apps, schema_editor):
    category = apps.get_model("workspace", "Category")
    for order, (code, name, spoken, explanation) in enumerate(CATEGORIES, start=20):
        category.objects.create(code=code, name=name, spoken=spoken, explanation=explanation, order=order)


class Migration(migrations.Migration):
    dependencies = [("workspace", "0004_clocks")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
