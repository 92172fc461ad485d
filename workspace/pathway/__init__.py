"""The participant's way: enrolment, phases, assessment, plan, activities, discharge."""
