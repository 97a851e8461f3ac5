"""The addresses of the frame of every page."""

from django.urls import path

from dashboard.shell import notice_views, search_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("shell/counts/", views.counts, name="counts"),
    path("theme/", views.theme, name="theme"),
    path("workspace/", views.workspace_switch, name="workspace_switch"),
    path("workspace/new/", views.workspace_new, name="workspace_new"),
    path("profile/", views.profile, name="profile"),
    path("notices/", notice_views.notices, name="notices"),
    path("notices/read/", notice_views.mark_read, name="notices_read"),
    path("notices/<int:pk>/", notice_views.open_notice, name="notice"),
    path("search/", search_views.search, name="search"),
]
