from django.urls import path

from workspace.front.views import (
    absences,
    accounts,
    consents,
    help_requests,
    meeting_consents,
    own_page_staff,
    participants,
    today,
)

urlpatterns = [
    path("", today.today, name="today"),
    path("idag/rubrik/", today.today_fragment, {"piece": "headline"}, name="headline_fragment"),
    path("idag/vantar/", today.today_fragment, {"piece": "waiting"}, name="waiting_fragment"),
    path("idag/hant/", today.today_fragment, {"piece": "happened"}, name="happened_fragment"),
    path("lank/<str:token>/", accounts.use_sign_in_link, name="sign_in_link"),
    path("losenord/", accounts.set_password, name="set_password"),
    path("roll/", accounts.choose_hat, name="choose_hat"),
    path("roll/byt/", accounts.switch_hat, name="switch_hat"),
    path("franvaro/", absences.absences, name="absences"),
    path("franvaro/<int:pk>/ta-bort/", absences.end_absence, name="end_absence"),
    path("deltagare/", participants.participants, name="participants"),
    path("deltagare/ny/", participants.new_participant, name="new_participant"),
    path("deltagare/<int:pk>/", participants.participant, name="participant"),
    path("deltagare/<int:pk>/andra/", participants.change_participant, name="change_participant"),
    path("deltagare/<int:pk>/samtycke/", consents.new_consent, name="new_consent"),
    path("deltagare/<int:pk>/samtycke/mote/", meeting_consents.new_meeting_consent, name="meeting_consent"),
    # ---------- the participant's page, as staff sees it ----------
    path("deltagare/<int:pk>/sida/", own_page_staff.own_page_staff, name="own_page_staff"),
    path("deltagare/<int:pk>/sida/lank/", own_page_staff.make_link, name="own_page_link"),
    path("deltagare/<int:pk>/sida/kod/", own_page_staff.make_code, name="own_page_code"),
    path("deltagare/<int:pk>/sida/stang/", own_page_staff.close, name="own_page_close"),
    path("deltagare/<int:pk>/kontakt/", own_page_staff.contact, name="contact"),
    path("deltagare/<int:pk>/behov/", own_page_staff.support_needs, name="support_needs"),
    path("deltagare/<int:pk>/visa/", own_page_staff.level_two, name="level_two"),
    path("enhet/utanfor/", own_page_staff.outside_contact, name="outside_contact"),
    path("samtycken/<int:pk>/aterkalla/", consents.withdraw, name="withdraw_consent"),
    path("samtycken/<int:pk>/bekrafta/", consents.confirm, name="confirm_consent"),
    path("hjalp/", help_requests.help_requests, name="help_requests"),
    path("hjalp/<int:pk>/", help_requests.help_request, name="help_request"),
]
