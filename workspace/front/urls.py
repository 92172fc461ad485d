from django.urls import path

from workspace.front.views import absences, accounts, consents, meeting_consents, participants, today

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
    path("samtycken/<int:pk>/aterkalla/", consents.withdraw, name="withdraw_consent"),
    path("samtycken/<int:pk>/bekrafta/", consents.confirm, name="confirm_consent"),
]
