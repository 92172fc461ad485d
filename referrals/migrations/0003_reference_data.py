"""What can be asked for, and the guard over the history (house.md 4.8)."""

from django.db import migrations

KINDS = [
    ("psychiatric_assessment", "Psykiatrisk bedömning", "investigation", "region_psychiatry"),
    ("neuropsychiatric_investigation", "Neuropsykiatrisk utredning", "investigation", "region_psychiatry"),
    ("counselling_contact", "Samtalskontakt", "measure", "region_psychiatry"),
    ("companion_service", "Ledsagarservice", "measure", "disability_act"),
    ("contact_person", "Kontaktperson", "measure", "disability_act"),
    ("daily_activity", "Daglig verksamhet", "measure", "disability_act"),
    ("work_capacity_investigation", "Arbetsförmågeutredning", "investigation", "public_employment_service"),
    ("wage_support", "Lönestöd", "compensation", "public_employment_service"),
    ("activity_compensation", "Aktivitetsersättning", "compensation", "social_insurance_agency"),
    ("sickness_compensation", "Sjukersättning", "compensation", "social_insurance_agency"),
    ("rehabilitation_coordination", "Samordning av rehabilitering", "measure", "social_insurance_agency"),
    ("housing_support", "Boendestöd", "measure", "social_services"),
    ("income_support", "Försörjningsstöd", "compensation", "social_services"),
    ("work_placement", "Praktikplats", "measure", "labour_market_unit"),
    ("work_training", "Arbetsträning", "measure", "labour_market_unit"),
    ("other", "Annan fråga", "other", ""),
]
REFUSE = """
CREATE TRIGGER referrals_referralevent_no_{verb} BEFORE {verb} ON referrals_referralevent
BEGIN SELECT RAISE(ABORT, 'history is never changed'); END;
"""


def fill(apps, schema_editor):
    kind = apps.get_model("referrals", "ReferralKind")
    for code, name, referral_class, receiver_kind in KINDS:
        kind.objects.create(code=code, name=name, referral_class=referral_class, receiver_kind=receiver_kind)
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(REFUSE.format(verb=verb))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_initial"), ("workspace", "0002_reference_data")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
