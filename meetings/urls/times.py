"""Addresses of a conversation's times, calls and answers."""

from django.urls import URLPattern, URLResolver, path

from meetings.views import finding, invitations, times

urlpatterns: list[URLPattern | URLResolver] = [
    # ---------- times ----------
    path("samtal/<int:pk>/tider/", times.propose, name="propose_times"),
    path("samtal/<int:pk>/hitta-tid/", finding.find_for_talk, name="find_talk_time"),
    path("samtal/<int:pk>/tider/forslag/", times.add_suggested, name="add_suggested"),
    path("samtal/<int:pk>/tider/svar/", times.answer, name="answer_times"),
    path("samtal/tid/<int:pk>/ta-bort/", times.withdraw, name="withdraw_time"),
    # ---------- the call ----------
    path("samtal/<int:pk>/kalla/", invitations.call, name="invite"),
    path("samtal/<int:pk>/kalla/<int:party>/", invitations.call_late, name="invite_late"),
    path("samtal/<int:pk>/andra-tid/", invitations.move, name="move_conversation"),
    path("samtal/<int:pk>/stall-in/", invitations.cancel, name="cancel_conversation"),
    path("samtal/<int:pk>/genomfort/", invitations.hold, name="hold_conversation"),
    # ---------- one party's own ----------
    path("samtal/<int:pk>/kallelse/", invitations.invitation, name="invitation"),
    path("samtal/<int:pk>/kallelse/svar/", invitations.answer, name="answer_invitation"),
    path("samtal/kallelse/<int:pk>/svar/", invitations.register, name="register_answer"),
    path("samtal/kallelse/<int:pk>/brev/", invitations.letter, name="invitation_letter"),
]
