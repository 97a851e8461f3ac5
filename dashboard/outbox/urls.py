"""The addresses of mail that is planned, sent, set aside or suppressed."""

from django.urls import path

from dashboard.outbox import suppression_views, views

urlpatterns = [
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/mail/", views.local_mail_list, name="outbox_local"),
    path("outbox/mail/<str:name>/", views.local_one, name="outbox_local_one"),
    path("outbox/mail/<str:name>/preview/", views.local_preview, name="outbox_local_preview"),
    path("outbox/set-aside/", views.set_aside, name="set_aside"),
    path("outbox/set-aside/<str:kind>/<int:pk>/retry/", views.retry, name="set_aside_retry"),
    path("outbox/suppressed/", suppression_views.suppressions, name="suppressions"),
    path("outbox/suppressed/<int:pk>/lift/", suppression_views.lift, name="suppression_lift"),
    path("outbox/<int:pk>/", views.send, name="send"),
    path("outbox/<int:pk>/preview/", views.preview, name="send_preview"),
    path("outbox/<int:pk>/resend/", views.resend, name="send_resend"),
]
