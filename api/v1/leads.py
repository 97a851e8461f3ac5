"""Leads: list, upsert, one lead with its reasons, and marketing's verbs."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from api.lead_filter_backend import LeadFilters
from api.permissions import check_history
from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.handoffs import HandoffDetail, detail
from api.v1.lead_shapes import LeadDetail, LeadShape, NewPersonShape, PersonShape, UpsertedShape
from api.v1.verbs import VERBS, Verb, perform
from api.views import Resource, WritableList, lists, writes
from leadflow.errors import Invalid
from leadflow.models import get_row
from leads.intake import upsert
from leads.models import Lead
from leads.people import persons
from leads.people.persons import Person


@lists("leads_list", "List leads, newest first")
@writes(
    "leads_upsert",
    "Create or update the lead that the ids name",
    "Create or update the lead that the e-mail, external ids or anonymous id name.",
    known="The lead was known.",
    new="The lead is new.",
)
class Leads(WritableList):
    """The leads of the workspace."""

    capabilities = {"GET": "leads.view", "POST": "leads.edit"}
    filter_backends = [LeadFilters]
    serializer_class = LeadShape
    input_class = NewPersonShape
    output_class = UpsertedShape
    located = True
    queryset = Lead.everywhere.none()

    def rows(self) -> QuerySet[Lead]:
        """Return the leads with what their shape shows."""
        return lookups.list_leads(self.request.workspace)

    def write(self, data: dict[str, Any]) -> tuple[Any, bool]:
        """Create or update the lead. Raise `Forbidden` for the first contact without the scope `history`."""
        if "first_contact_at" in data:
            check_history(self.request.actor)
        given = person(data)
        result = upsert.upsert(self.request.workspace, given, actor=self.request.actor)
        return _shown(result, given), result.created


class OneLead(Resource):
    """One lead."""

    capabilities = {"GET": "leads.view", "PATCH": "leads.edit"}
    serializer_class = LeadDetail

    @extend_schema(operation_id="leads_retrieve", summary="Get a lead with score lines, answers and ids")
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Get a lead with score lines, answers and ids."""
        return Response(LeadDetail(get_row(lookups.list_lead_details(request.workspace), pk, "lead")).data)

    @extend_schema(
        operation_id="leads_update",
        summary="Change a lead; what is left out or empty stays",
        request=PersonShape,
        responses=LeadDetail,
    )
    def patch(self, request: ApiRequest, pk: int) -> Response:
        """Change a lead; what is left out or empty stays."""
        lead = lookups.get_lead(request.workspace, pk)
        data = self.read(PersonShape)
        upsert.edit(lead, person(_named(lead, data)), actor=request.actor)
        return Response(LeadDetail(get_row(lookups.list_lead_details(request.workspace), pk, "lead")).data)


def person(data: dict[str, Any]) -> Person:
    """Build the person for intake from a shaped body."""
    pairs = tuple((pair["system"], pair["value"]) for pair in data.get("external_ids", ()))
    return Person(**{**data, "external_ids": pairs})


def _named(lead: Lead, data: dict[str, Any]) -> dict[str, Any]:
    """Add the ids that lead intake to this very lead. Raise `Invalid` when its only id would be replaced."""
    pairs = list(lead.external_ids.values("system", "value"))
    email = persons.normal_email(data.get("email", ""))
    if lead.email and email in ("", lead.email):
        return {**data, "email": lead.email}
    if not pairs:
        if not lead.email:
            anonymous = lead.anonymous_ids.values_list("value", flat=True).first()
            return {**data, "anonymous_id": data.get("anonymous_id") or anonymous or ""}
        raise Invalid(
            "The e-mail is the only id of this lead. Add an external id first, then change it.", field="email"
        )
    given = [pair for pair in data.get("external_ids", ()) if pair not in pairs]
    return {**data, "external_ids": [*pairs, *given]}


def _shown(result: upsert.UpsertResult, given: Person) -> Any:
    """Return the lead with what its shape shows; of a new lead all of that is known without another statement."""
    if result.created:
        lead: Any = result.lead
        pairs = persons.external_ids(given.external_ids)
        lead.known_ids = [{"system": system, "value": value} for system, value in pairs]
    else:
        lead = lookups.list_leads(result.lead.workspace).get(pk=result.lead.pk)
        lead.known_ids = lead.external_ids.all()
    lead.created, lead.changed = result.created, result.changed
    return lead


def verb_view(verb: Verb) -> type[Resource]:
    """Make the view of one verb of marketing; it answers with the lead, `qualify` with the handoff."""
    shape = HandoffDetail if verb.name == "qualify" else LeadDetail

    class Move(Resource):
        capabilities = {"POST": verb.capability}
        serializer_class = verb.facts

        @extend_schema(operation_id=f"leads_{verb.name}", summary=verb.summary, responses=shape)
        def post(self, request: ApiRequest, pk: int) -> Response:
            lead = lookups.get_lead(request.workspace, pk)
            moved = perform(verb, lead, request, self.read(verb.facts))
            if verb.name == "qualify":
                return Response(detail(request, moved.pk))
            return Response(LeadDetail(lookups.list_lead_details(request.workspace).get(pk=pk)).data)

    Move.__name__ = Move.__qualname__ = f"{verb.name.capitalize()}Lead"
    Move.__doc__ = f"{verb.summary}."
    return Move


LEAD_VERBS = {verb.name: verb_view(verb) for verb in VERBS.values() if verb.on is Lead}
