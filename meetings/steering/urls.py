"""Addresses of the steering groups' floor, one block per noun."""

from django.urls import URLPattern, path

from meetings.steering.views import co_financing, decisions, documents, gender, prepared, time_reports

urlpatterns: list[URLPattern] = [
    # ---------- what is prepared ----------
    path("styrgrupp/", prepared.steering, name="steering"),
    path("moten/<int:pk>/underlag/", prepared.prepared, name="prepared"),
    path("moten/<int:pk>/underlag/<int:item>/", prepared.prepared_item, name="prepared_item"),
    # ---------- decisions ----------
    path("beslut/", decisions.decisions, name="decisions"),
    path("beslut.xlsx", decisions.decisions_file, {"form": "xlsx"}, name="decisions_xlsx"),
    path("beslut.csv", decisions.decisions_file, {"form": "csv"}, name="decisions_csv"),
    path("beslut/<int:pk>/", decisions.decision, name="decision"),
    path("beslut/<int:pk>/rapport/", decisions.report, name="report_decision"),
    path("beslut/<int:pk>/oppna/", decisions.reopen, name="reopen_decision"),
    path("beslut/<int:pk>/matt/", decisions.indicator, name="choose_indicator"),
    # ---------- the standing item on gender equality ----------
    path("moten/<int:pk>/jamstalldhet/", gender.gender_item, name="gender_item"),
    path("moten/<int:pk>/jamstalldhet/svar/", gender.gender_answer_fragment, name="gender_answer_fragment"),
    path("moten/<int:pk>/jamstalldhet/avsluta/", gender.close, name="close_gender_item"),
    path("moten/grupp/<int:pk>/jamstalldhet/", gender.history, name="gender_history"),
    # ---------- routines and mandates ----------
    path("rutiner/", documents.documents, name="documents"),
    path("rutiner/nytt/", documents.new_document, name="new_document"),
    path("rutiner/<int:pk>/", documents.document, name="document"),
    path("rutiner/<int:pk>/andra/", documents.change_document, name="change_document"),
    path("rutiner/<int:pk>/publicera/", documents.publish, name="publish_document"),
    path("rutiner/<int:pk>/avsluta/", documents.end, name="end_document"),
    path("rutiner/<int:pk>/<int:number>/", documents.version, name="document_version"),
    path("rutiner/<int:pk>/<int:number>/skillnad/", documents.changes, name="document_changes"),
    path("rutiner/<int:pk>/<int:number>/anta/", documents.adopt, name="adopt_document"),
    path("rutiner/<int:pk>/<int:number>/last/", documents.confirm, name="confirm_document"),
    # ---------- co-financing ----------
    path("tid/", time_reports.time_reports, name="time_reports"),
    path("tid/avtal/", co_financing.co_financing, name="co_financing"),
    path("tid/avtal/nytt/", co_financing.new, name="new_co_financing"),
    path("tid/avtal/<int:pk>/", co_financing.change, name="change_co_financing"),
    path("tid/<int:pk>/", time_reports.time_report, name="time_report"),
    path("tid/<int:pk>/ta-tillbaka/", time_reports.reopen, name="time_report_reopen"),
    path("tid/<int:pk>/rapport.csv", time_reports.report_csv, name="time_report_csv"),
    path("tid/<int:year>-<int:number>/summor.csv", time_reports.sums_csv, name="time_sums_csv"),
]
