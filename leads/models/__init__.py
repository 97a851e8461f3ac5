from leads.models.account import Account, Campaign
from leads.models.consent import Consent
from leads.models.definition import Definition, Scoring
from leads.models.event import Event, RejectedEvent
from leads.models.form import Form
from leads.models.handoff import Handoff, HandoffState
from leads.models.identity import AnonymousId, ExternalId
from leads.models.importing import Import, RowError
from leads.models.lead import Lead
from leads.models.reason import Reason
from leads.models.return_answer import ReturnAnswer, ReturnObjection
from leads.models.routing import Pool, PoolMember, RoutingRule
from leads.models.search import SearchText
from leads.models.taxonomy import Attribute, Persona, Topic
from leads.models.territory import Territory
from leads.models.touch import Answer, FollowUp, Question, Touch
from leads.models.transition import Transition

__all__ = [
    "Account",
    "AnonymousId",
    "Answer",
    "Attribute",
    "Campaign",
    "Consent",
    "Definition",
    "Event",
    "ExternalId",
    "FollowUp",
    "Form",
    "Handoff",
    "HandoffState",
    "Import",
    "Lead",
    "Persona",
    "Pool",
    "PoolMember",
    "Question",
    "Reason",
    "RejectedEvent",
    "ReturnAnswer",
    "ReturnObjection",
    "RoutingRule",
    "RowError",
    "Scoring",
    "SearchText",
    "Territory",
    "Topic",
    "Touch",
    "Transition",
]
