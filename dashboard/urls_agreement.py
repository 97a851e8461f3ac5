"""The addresses of the section: agreement, scoreboard, outbox, and the public page of an invitation."""

from django.urls import path

from dashboard.views import agreement, definitions, join, outbox, scoreboard, suppressions

urlpatterns = [
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/versions/", agreement.versions, name="agreement_versions"),
    path("agreement/draft/", agreement.draft, name="agreement_draft"),
    path("agreement/definitions/<str:kind>/", definitions.definition, name="definition"),
    path("agreement/<int:number>/", agreement.version, name="agreement_version"),
    path("agreement/<int:number>/edit/", agreement.edit, name="agreement_edit"),
    path("agreement/<int:number>/propose/", agreement.propose, name="agreement_propose"),
    path("agreement/<int:number>/withdraw/", agreement.withdraw, name="agreement_withdraw"),
    path("agreement/<int:number>/sign/", agreement.sign, name="agreement_sign"),
    path("scoreboard/", scoreboard.scoreboard, name="scoreboard"),
    path("scoreboard/rows/", scoreboard.rows, name="scoreboard_rows"),
    path("scoreboard/rows.csv", scoreboard.download, name="scoreboard_download"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/mail/", outbox.local_mail_list, name="outbox_local"),
    path("outbox/mail/<str:name>/", outbox.local_one, name="outbox_local_one"),
    path("outbox/mail/<str:name>/preview/", outbox.local_preview, name="outbox_local_preview"),
    path("outbox/set-aside/", outbox.set_aside, name="set_aside"),
    path("outbox/set-aside/<str:kind>/<int:pk>/retry/", outbox.retry, name="set_aside_retry"),
    path("outbox/suppressed/", suppressions.suppressions, name="suppressions"),
    path("outbox/suppressed/<int:pk>/lift/", suppressions.lift, name="suppression_lift"),
    path("outbox/<int:pk>/", outbox.send, name="send"),
    path("outbox/<int:pk>/preview/", outbox.preview, name="send_preview"),
    path("outbox/<int:pk>/resend/", outbox.resend, name="send_resend"),
    path("invitations/<str:token>/", join.join, name="join"),
    path("invitations/<str:token>", join.join),
]
