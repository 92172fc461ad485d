"""The figures of a cooperation."""

from django.urls import URLPattern, path

from meetings.figures.views import acts, agreements, exports, page, pictures

urlpatterns: list[URLPattern] = [
    # ---------- to read ----------
    path("uppfoljning/", page.figures, name="figures"),
    path("uppfoljning/manad/<int:pk>/", page.month, name="figures_month"),
    path("uppfoljning/manad/<int:pk>/mal/<int:goal>/", page.goal, name="figures_goal"),
    path("uppfoljning/manad/<int:pk>/mal/<int:goal>/staplar.svg", pictures.bars, name="figures_goal_bars"),
    path("uppfoljning/manad/<int:pk>/mal/<int:goal>/over-tid.svg", pictures.curve, name="figures_goal_curve"),
    path("uppfoljning/manad/<int:pk>/siffror.xlsx", exports.export, {"form": "xlsx"}, name="figures_xlsx"),
    path("uppfoljning/manad/<int:pk>/siffror.csv", exports.export, {"form": "csv"}, name="figures_csv"),
    path("uppfoljning/manad/<int:pk>/finsam/", exports.finsam, name="figures_finsam"),
    path("uppfoljning/manad/<int:pk>/finsam.xlsx", exports.finsam_file, name="figures_finsam_xlsx"),
    # ---------- to write ----------
    path("uppfoljning/manad/<int:pk>/andra/", acts.change, name="figures_change"),
    path("uppfoljning/manad/<int:pk>/las/", acts.freeze, name="figures_freeze"),
    path("uppfoljning/lasning/<int:pk>/", acts.freezing, name="figures_freezing"),
    path("uppfoljning/planerat/", acts.planned, name="figures_planned"),
    path("uppfoljning/mal/nytt/", acts.new_goal, name="figures_new_goal"),
    path("uppfoljning/mal/<int:pk>/avsluta/", acts.goal_end, name="figures_end_goal"),
    path("uppfoljning/mal/<int:pk>/grans/", acts.goal_threshold, name="figures_threshold"),
    path("uppfoljning/mal/<int:pk>/publicerat/", acts.published, name="figures_published"),
    path("uppfoljning/publicerat/<int:pk>/ta-bort/", acts.published_remove, name="figures_remove_published"),
    # ---------- an agency's own ----------
    path("enhet/siffror/", agreements.agreement, name="figures_agreement"),
    path("enhet/siffror/<int:pk>/var-med/", agreements.agree, name="figures_agree"),
    path("enhet/siffror/<int:pk>/avsluta/", agreements.end, name="figures_end_agreement"),
]
