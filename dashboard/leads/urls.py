"""The addresses of leads: the list, one lead, and one address per move."""

from django.urls import path

from dashboard.leads import lead_views, list_views, move_buttons, move_views

urlpatterns = [
    path("leads/", list_views.index, name="leads"),
    path("leads/csv/", list_views.download, name="leads_csv"),
    path("leads/many/", list_views.many, name="leads_many"),
    path("leads/add/", lead_views.lead_add, name="lead_add"),
    path("leads/<int:pk>/", lead_views.lead, name="lead"),
    path("leads/<int:pk>/timeline/", lead_views.lead_timeline, name="lead_timeline"),
    path("leads/<int:pk>/edit/", lead_views.lead_edit, name="lead_edit"),
    path("leads/<int:pk>/answers/<int:question_pk>/", move_views.answer, name="lead_answer"),
    path("follow-ups/<int:pk>/done/", move_views.follow_up_done, name="follow_up_done"),
    *(
        path(f"handoffs/<int:pk>/{move.name}/", move_views.HANDOFF_VIEWS[move.name], name=f"handoff_{move.name}")
        for move in move_buttons.OF_HANDOFF
    ),
    *(
        path(
            f"leads/<int:pk>/{move.name.replace('_', '-')}/", move_views.LEAD_VIEWS[move.name], name=f"lead_{move.name}"
        )
        for move in move_buttons.OF_LEAD
    ),
]
