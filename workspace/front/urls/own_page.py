"""The participant's page. No address here holds a name or a number of anybody."""

from django.urls import path

from workspace.front.views import (
    own_agreement,
    own_consents,
    own_help,
    own_page,
    own_questions,
    own_talks,
    own_way_in,
)

urlpatterns = [
    # ---------- the way in and out ----------
    path("min-sida/lank/<str:token>/", own_way_in.link, name="own_link"),
    path("min-sida/kod/", own_way_in.code, name="own_code"),
    path("min-sida/lamna/", own_way_in.leave, name="own_leave"),
    # ---------- the page ----------
    path("min-sida/", own_page.own, name="own"),
    path("min-sida/utseende/", own_page.look, name="own_look"),
    path("min-sida/kallelse/<int:pk>/", own_talks.answer, name="own_answer"),
    path("min-sida/tider/<int:pk>/", own_talks.times, name="own_times"),
    path("min-sida/samtal/", own_talks.wish, name="own_wish"),
    path("min-sida/fraga/", own_questions.ask, name="own_ask"),
    path("min-sida/fraga/<int:pk>/visa/", own_questions.show_all, name="own_show"),
    path("min-sida/fraga/<int:pk>/ta-bort/", own_questions.remove, name="own_remove"),
    path("min-sida/ord/<int:pk>/", own_agreement.words, name="own_words"),
    path("min-sida/bestamt/<int:pk>/stammer/", own_agreement.agree, name="own_agree"),
    path("min-sida/bestamt/<int:pk>/annorlunda/", own_agreement.differ, name="own_differ"),
    path("min-sida/uppgift/<int:pk>/klar/", own_agreement.task_done, name="own_task_done"),
    path("min-sida/uppgift/<int:pk>/angra/", own_agreement.task_undo, name="own_task_undo"),
    path("min-sida/ja/<int:pk>/", own_consents.withdraw, name="own_withdraw"),
    path("min-sida/hjalp/", own_help.help_page, name="own_help"),
]
