import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0007_board"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReferralPresence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("sender", "avsändare"), ("receiver", "mottagare"), ("system", "systemet")],
                        max_length=10,
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="presences", to="referrals.referral"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("referral", "side"), name="presence_once_per_side"),
                ],
            },
        ),
    ]
