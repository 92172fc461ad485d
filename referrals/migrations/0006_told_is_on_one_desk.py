"""Held from now on, when the rows have been filled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0005_reference_times")]
    operations = [
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "told_state__in",
                            [
                                "accepted",
                                "cancel_asked",
                                "decided",
                                "draft",
                                "in_progress",
                                "received",
                                "redirected",
                                "returned",
                                "sent",
                                "waiting",
                            ],
                        ),
                        ("told_turn__isnull", False),
                    ),
                    models.Q(
                        ("told_state__in", ["cancelled", "closed", "recalled", "withdrawn"]),
                        ("told_turn__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="referral_open_to_the_sender_is_on_one_desk",
            ),
        ),
    ]
