"""What the product prepares by itself gets its place on the agendas that steering groups' next meetings begin with.

Gender equality moves up one step where it was last (R15). Meetings that have been opened are as they were.
"""

from django.db import migrations

# (kind, title, purpose, minutes), in the order they come behind what they follow.
LINES = (
    ("decision_review", "Beslut att följa upp", "discussion", 15),
    ("figures", "Mål och väntetider", "discussion", 20),
    ("disputes", "Oklart ansvar", "discussion", 10),
    ("representation", "Representation", "discussion", 10),
)
SECTIONS = ["opening", "follow_up", "matters", "closing"]
GENDER = "gender_equality"


def add_lines(apps, schema_editor):
    Group = apps.get_model("meetings", "Group")
    TemplateItem = apps.get_model("meetings", "TemplateItem")
    for group in Group.objects.order_by("pk"):
        lines = list(TemplateItem.objects.filter(group=group).order_by("position", "pk"))
        if group.kind == "steering":
            there = {line.kind for line in lines}
            at = sum(1 for line in lines if SECTIONS.index(line.section) <= SECTIONS.index("follow_up"))
            for kind, title, purpose, minutes in LINES:
                if kind in there:
                    continue
                line = TemplateItem(
                    group=group,
                    section="follow_up",
                    kind=kind,
                    title=title,
                    purpose=purpose,
                    minutes=minutes,
                    position=0,
                )
                lines.insert(at, line)
                at += 1
        if len(lines) > 1 and lines[-1].kind == GENDER:
            gender = lines.pop()
            lines.insert(len(lines) - 1, gender)
            gender.section = lines[-1].section
        for position, line in enumerate(lines, start=1):
            line.position = position
            line.save()


class Migration(migrations.Migration):
    dependencies = [("meetings", "0005_steering")]
    operations = [migrations.RunPython(add_lines, migrations.RunPython.noop)]
