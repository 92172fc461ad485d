"""The board walks what is open by its last day, what has none last; disputed ones are found by themselves."""

import datetime

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0006_told_is_on_one_desk"),
        ("workspace", "0004_clocks"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="referral",
            name="referral_told_open",
        ),
        migrations.AlterField(
            model_name="referralevent",
            name="verb",
            field=models.CharField(
                choices=[
                    ("create", "började skriva"),
                    ("send", "skickade remissen"),
                    ("acknowledge", "tog emot den"),
                    ("accept", "accepterade remissen"),
                    ("start", "började arbeta med den"),
                    ("ask_supplement", "bad om komplettering"),
                    ("supplement", "kompletterade"),
                    ("resume", "gick vidare utan komplettering"),
                    ("decide", "beslutade"),
                    ("return", "skickade tillbaka den"),
                    ("suggest_redirect", "föreslog en annan mottagare"),
                    ("revise", "började skriva på nytt"),
                    ("recall", "återtog remissen"),
                    ("request_cancel", "bad att få avbryta"),
                    ("confirm_cancel", "avbröt arbetet"),
                    ("decline_cancel", "fortsätter arbetet"),
                    ("close", "avslutade remissen"),
                    ("reopen", "öppnade remissen igen"),
                    ("ground_withdrawn", "registrerade att samtycket är återkallat"),
                    ("receiver_left", "Mottagaren lämnade samverkan"),
                    ("allow_answer", "ändrade vad som får svaras"),
                    ("ground_lapsed", "Samtycket gick ut"),
                    ("renew_ground", "förnyade grunden"),
                    ("new_date", "lovade svar ett nytt datum"),
                    ("pause", "stannade klockan"),
                    ("remind", "påminde"),
                    ("dispute", "anmälde oklart ansvar"),
                    ("settle", "registrerade vem som har ansvaret"),
                    ("leave_be", "slutade vänta på svar här"),
                    ("note", "skrev till båda"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="level",
            field=models.CharField(
                choices=[
                    ("due", "Påminnelse på förfallodagen"),
                    ("second", "Andra påminnelsen"),
                    ("manager", "Till chefen"),
                    ("coordinator", "Till samordnaren"),
                    ("by_hand", "Påminnelse för hand"),
                    ("ground_30", "Samtycket går ut inom 30 dagar"),
                    ("ground_7", "Samtycket går ut inom 7 dagar"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    models.F("told_due_on"), models.Value(datetime.date(9999, 12, 31))
                ),
                models.F("id"),
                condition=models.Q(("told_turn__isnull", False)),
                name="referral_board",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("disputed_at__isnull", False), ("told_turn__isnull", False)),
                fields=["disputed_at"],
                name="referral_disputed",
            ),
        ),
    ]
