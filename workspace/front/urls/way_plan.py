"""The assessment and the action plan, as staff write them."""

from django.urls import URLPattern, path

from workspace.front.views import way_plan as reading
from workspace.front.views import way_plan_steps as steps
from workspace.front.views import way_plan_writing as writing

urlpatterns: list[URLPattern] = [
    # ---------- the assessment ----------
    path("vagen/<int:pk>/kartlaggning/", reading.way_assessment, name="way_assessment"),
    path("vagen/<int:pk>/kartlaggning/<slug:area>/<slug:voice>/", writing.area, name="write_area"),
    # ---------- the plan ----------
    path("vagen/<int:pk>/plan/", reading.way_plan, name="way_plan"),
    path("vagen/<int:pk>/plan/visa/", reading.show_plan, name="show_plan"),
    path("vagen/<int:pk>/plan/version/<int:number>/", reading.plan_version, name="plan_version"),
    path("vagen/<int:pk>/plan/version/<int:number>/svar/", reading.register_answer, name="register_plan_answer"),
    path("vagen/<int:pk>/plan/ord/", writing.words, name="write_plan_words"),
    path("vagen/<int:pk>/plan/hinder/", writing.obstacles, name="write_plan_obstacles"),
    path("vagen/<int:pk>/plan/vag/", writing.path, name="write_plan_path"),
    path("vagen/<int:pk>/plan/mal/", steps.add_goal, name="add_plan_goal"),
    path("vagen/<int:pk>/plan/mal/<int:goal>/", steps.change_goal, name="change_plan_goal"),
    path("vagen/<int:pk>/plan/mal/<int:goal>/ta-bort/", steps.remove_goal, name="remove_plan_goal"),
    path("vagen/<int:pk>/plan/mal/<int:goal>/steg/", steps.add_step, name="add_plan_step"),
    path("vagen/<int:pk>/plan/steg/<int:step>/", steps.change_step, name="change_plan_step"),
    path("vagen/<int:pk>/plan/steg/<int:step>/klart/", steps.finish_step, name="finish_plan_step"),
    path("vagen/<int:pk>/plan/steg/<int:step>/oppna/", steps.reopen_step, name="reopen_plan_step"),
    path("vagen/<int:pk>/plan/steg/<int:step>/gors-inte/", steps.drop_step, name="drop_plan_step"),
]
