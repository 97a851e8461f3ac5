"""The addresses of sales, and of what stands around every page."""

from django.urls import path

from dashboard import moves as table
from dashboard.views import inbox, inbox_csv, lead, moves, notices, search, shell

urlpatterns = [
    path("", shell.home, name="home"),
    path("shell/counts/", shell.counts, name="counts"),
    path("theme/", shell.theme, name="theme"),
    path("workspace/", shell.workspace_switch, name="workspace_switch"),
    path("workspace/new/", shell.workspace_new, name="workspace_new"),
    path("profile/", shell.profile, name="profile"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.mark_read, name="notices_read"),
    path("notices/<int:pk>/", notices.open_notice, name="notice"),
    path("search/", search.search, name="search"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/csv/", inbox_csv.download, name="inbox_csv"),
    path("inbox/figures/", inbox.figures, name="inbox_figures"),
    path("inbox/accept/", inbox.accept_many, name="inbox_accept"),
    path("queue/", inbox.queue, name="queue"),
    path("leads/add/", lead.lead_add, name="lead_add"),
    path("leads/<int:pk>/", lead.lead, name="lead"),
    path("leads/<int:pk>/timeline/", lead.lead_timeline, name="lead_timeline"),
    path("leads/<int:pk>/edit/", lead.lead_edit, name="lead_edit"),
    path("leads/<int:pk>/answers/<int:question_pk>/", moves.answer, name="lead_answer"),
    path("follow-ups/<int:pk>/done/", moves.follow_up_done, name="follow_up_done"),
    path("handoffs/<int:pk>/why/", inbox.why, name="handoff_why"),
    *(
        path(f"handoffs/<int:pk>/{move.name}/", moves.HANDOFF_VIEWS[move.name], name=f"handoff_{move.name}")
        for move in table.OF_HANDOFF
    ),
    *(
        path(f"leads/<int:pk>/{move.name.replace('_', '-')}/", moves.LEAD_VIEWS[move.name], name=f"lead_{move.name}")
        for move in table.OF_LEAD
    ),
]
