"""Addresses of agreements: by their conversation, and of tasks by their own number."""

from django.urls import URLPattern, URLResolver, path

from meetings.views import agreement_acts, agreements, commitments, sections

AT = "samtal/<int:pk>/overenskommelse/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(AT, agreements.agreement, name="agreement"),
    path(f"{AT}bit/", agreements.fragment, name="agreement_fragment"),
    path(f"{AT}egna-ord/", sections.own_words, name="write_own_words"),
    path(f"{AT}er-del/", sections.own_section, name="write_section"),
    path(f"{AT}gemensamt/", sections.common, name="write_common"),
    path(f"{AT}lagg-fram/", sections.share, name="share_section"),
    path(f"{AT}uppgift/", commitments.add, name="add_commitment"),
    path(f"{AT}skicka/", agreement_acts.send, name="send_agreement"),
    path(f"{AT}ratta/", agreement_acts.correct, name="correct_agreement"),
    path(f"{AT}aterkalla/", agreement_acts.withdraw, name="withdraw_agreement"),
    path(f"{AT}<int:number>/", agreements.version, name="agreement_version"),
    path(f"{AT}<int:number>/svar/", agreement_acts.answer, name="answer_agreement"),
    path(f"{AT}<int:number>/deltagarens-svar/", agreement_acts.register_answer, name="register_agreement_answer"),
    path(f"{AT}<int:number>/akt/", agreement_acts.pdf, name="agreement_pdf"),
    path(f"{AT}<int:number>/brev/", agreement_acts.letter, name="agreement_letter"),
    path("samtal/uppgift/<int:pk>/andra/", commitments.change, name="change_commitment"),
    path("samtal/uppgift/<int:pk>/ta-bort/", commitments.remove, name="remove_commitment"),
    path("samtal/uppgift/<int:pk>/klar/", commitments.close, name="close_commitment"),
    path("samtal/uppgift/<int:pk>/oppna-igen/", commitments.reopen, name="reopen_commitment"),
    path("samtal/uppgift/<int:pk>/remiss/", commitments.refer, name="refer_commitment"),
]
