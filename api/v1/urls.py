"""The addresses of version 1."""

from django.urls import URLPattern, path

from api.v1 import (
    clocks,
    events,
    handoff_report,
    handoffs,
    leads,
    move_batch,
    nurture,
    reports,
    returns,
    territories,
    timeline,
    touches,
    vocabulary,
    why_not_yet,
)
from api.views import Resource

RESOURCES: dict[str, type[Resource]] = {
    "me": vocabulary.Me,
    "leads": leads.Leads,
    "leads/<int:pk>": leads.OneLead,
    **{f"leads/<int:pk>/{name}": view for name, view in leads.LEAD_VERBS.items()},
    "leads/<int:pk>/events": events.EventsOfLead,
    "leads/<int:pk>/touches": touches.Touches,
    "leads/<int:pk>/follow-ups": touches.FollowUps,
    "leads/<int:pk>/answers": touches.Answers,
    "leads/<int:pk>/moves": touches.MoveLog,
    "leads/<int:pk>/timeline": timeline.Timeline,
    "leads/<int:pk>/why-not-yet": why_not_yet.WhyNotYet,
    "follow-ups/<int:pk>/finish": touches.FinishFollowUp,
    "events": events.Events,
    "moves": move_batch.MoveMany,
    "handoffs": handoffs.Handoffs,
    "handoffs/<int:pk>": handoffs.OneHandoff,
    "handoffs/<int:pk>/rate": handoffs.RateHandoff,
    **{f"handoffs/<int:pk>/{name}": view for name, view in handoffs.HANDOFF_VERBS.items()},
    **{f"handoffs/<int:pk>/{name}": view for name, view in returns.RETURN_VERBS.items()},
    "return-answers": returns.ReturnAnswers,
    "agreement": clocks.ActiveAgreement,
    "clocks": clocks.Clocks,
    "programs": nurture.Programs,
    "enrolments": nurture.Enrolments,
    "enrolments/<int:pk>/exit": nurture.ExitEnrolment,
    "sends": nurture.Sends,
    "reports/funnel": reports.FunnelReport,
    "reports/handoffs": handoff_report.HandoffReports,
    "reasons": vocabulary.Reasons,
    "questions": vocabulary.Questions,
    "topics": vocabulary.Topics,
    "territories": territories.Territories,
    "campaigns": vocabulary.Campaigns,
}

urlpatterns: list[URLPattern] = [path(address, view.as_view()) for address, view in RESOURCES.items()]
