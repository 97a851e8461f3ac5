"""The addresses of the agreement, its definitions and the scoreboard."""

from django.urls import path

from dashboard.agreement import definition_views, scoreboard_views, views

urlpatterns = [
    path("agreement/", views.agreement, name="agreement"),
    path("agreement/versions/", views.versions, name="agreement_versions"),
    path("agreement/draft/", views.draft, name="agreement_draft"),
    path("agreement/definitions/<str:kind>/", definition_views.definition, name="definition"),
    path("agreement/<int:number>/", views.version, name="agreement_version"),
    path("agreement/<int:number>/edit/", views.edit, name="agreement_edit"),
    path("agreement/<int:number>/propose/", views.propose, name="agreement_propose"),
    path("agreement/<int:number>/withdraw/", views.withdraw, name="agreement_withdraw"),
    path("agreement/<int:number>/sign/", views.sign, name="agreement_sign"),
    path("scoreboard/", scoreboard_views.scoreboard, name="scoreboard"),
    path("scoreboard/rows/", scoreboard_views.rows, name="scoreboard_rows"),
    path("scoreboard/rows.csv", scoreboard_views.download, name="scoreboard_download"),
]
