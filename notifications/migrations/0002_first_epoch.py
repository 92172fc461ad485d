from django.db import migrations


def begin(apps, schema_editor):
    apps.get_model("notifications", "Epoch").objects.create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
