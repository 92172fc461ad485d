from django.urls import path

from referrals.views import drafts, lists, page

urlpatterns = [
    path("remisser/", lists.referrals, name="referrals"),
    path("remisser/lista/", lists.referrals, {"fragment": True}, name="referrals_fragment"),
    path("deltagare/<int:participant_pk>/remiss/", drafts.new_referral, name="new_referral"),
    path("remisser/<int:pk>/", page.referral, name="referral"),
    path("remisser/<int:pk>/del/<slug:piece>/", page.fragment, name="referral_fragment"),
    path("remisser/<int:pk>/vart/", drafts.draft_address, name="draft_address"),
    path("remisser/<int:pk>/grund/", drafts.draft_ground, name="draft_ground"),
    path("remisser/<int:pk>/fraga/", drafts.draft_text, name="draft_text"),
    path("remisser/<int:pk>/spara/", drafts.autosave, name="draft_autosave"),
    path("remisser/<int:pk>/granska/", drafts.draft_review, name="draft_review"),
    path("remisser/<int:pk>/ta-emot/", page.act, {"name": "acknowledge"}, name="referral_acknowledge"),
    path("remisser/<int:pk>/fa-svara/", page.act, {"name": "allow_answer"}, name="referral_allow_answer"),
    path("remisser/<int:pk>/acceptera/", page.act, {"name": "accept"}, name="referral_accept"),
    path("remisser/<int:pk>/besluta/", page.act, {"name": "decide"}, name="referral_decide"),
    path("remisser/<int:pk>/skicka-tillbaka/", page.act, {"name": "return"}, name="referral_return"),
    path("remisser/<int:pk>/ratta/", page.revise, name="referral_revise"),
    path("remisser/<int:pk>/avsluta/", page.act, {"name": "close"}, name="referral_close"),
    path("remisser/<int:pk>/aterta/", page.act, {"name": "recall"}, name="referral_recall"),
    path("remisser/<int:pk>/oppna/", lists.open_with_reason, name="open_with_reason"),
    path("enheten/", lists.work_list, name="work_list"),
    path("enheten/lista/", lists.work_list, {"fragment": True}, name="work_list_fragment"),
    path("bevaka/", lists.board, name="board"),
    path("bevaka/lista/", lists.board, {"fragment": True}, name="board_fragment"),
]
