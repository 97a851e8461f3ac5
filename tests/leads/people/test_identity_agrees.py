"""Look-up and intake agree on who a person is, for every way of naming one."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as properties
from hypothesis import strategies as st

from api.v1 import lookups
from leadflow.errors import Conflict, Invalid
from leads.intake.upsert import Person, RefusedPerson, upsert_many
from leads.models import Lead
from leads.people import identity
from leads.people.identity import Ids
from leads.queries.lead_filters import Filters, narrow, read
from workspaces.actors import engine
from workspaces.models import Workspace

ACTOR = engine("test")
EMAILS = st.sampled_from(["", "a@x.test", "B@x.test", " c@X.test ", "b@x.test"])
PAIRS = st.lists(
    st.tuples(st.sampled_from(["crm", "CRM", "shop "]), st.sampled_from(["1", " 2", "3"])), max_size=2
).map(tuple)
BROWSERS = st.sampled_from(["", "b1", " b2", "b3"])
NAMED = st.builds(Ids, email=EMAILS, external_ids=PAIRS, anonymous_id=BROWSERS)


def person(ids: Ids) -> Person:
    return Person(email=ids.email, external_ids=ids.external_ids, anonymous_id=ids.anonymous_id)


def taken(workspace: Workspace, ids: Ids) -> tuple[str, list[int]]:
    """Say what intake makes of the ids: nobody, a conflict with its leads, or one lead. It writes nothing."""
    with transaction.atomic():
        (result,) = upsert_many(workspace, [person(ids)], actor=ACTOR, existing="keep")
        transaction.set_rollback(True)
    if isinstance(result, RefusedPerson):
        error = result.error
        return ("conflict", error.facts["leads"]) if isinstance(error, Conflict) else ("nobody", [])
    return ("nobody", []) if result.created else ("lead", [result.lead.pk])


def matched(match: identity.Match) -> tuple[str, list[int]]:
    return ("nobody", "lead", "conflict")[min(len(match.found), 2)], [lead.pk for lead in match.found]


# The workspace stays, what an example writes in it is rolled back.
@properties(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(known=st.lists(NAMED, max_size=6), named=st.lists(NAMED, min_size=1, max_size=5))
def test_look_up_and_intake_agree_on_who_is_named(workspace, known, named):
    with transaction.atomic():
        for ids in known:
            upsert_many(workspace, [person(ids)], actor=ACTOR)
        together = [matched(match) for match in identity.match(workspace, named)]
        alone = [matched(identity.match(workspace, [ids])[0]) for ids in named]
        assert together == alone == [taken(workspace, ids) for ids in named]
        for ids in named:
            _check_edges_agree(workspace, ids)
        transaction.set_rollback(True)


def _check_edges_agree(workspace: Workspace, ids: Ids) -> None:
    """Name the person by one id at a time: the API's keys and the list's filters find whom intake finds."""
    if ids.email:
        ways = [({"email": ids.email}, {"email": [ids.email]}, Ids(email=ids.email))]
    else:
        ways = []
    for system, value in ids.external_ids:
        key = {"external_id": {"system": system, "value": value}}
        ways.append((key, {"external_id": [f"{system}:{value}"]}, Ids(external_ids=((system, value),))))
    for key, asked, alone in ways:
        found = taken(workspace, alone)[1]
        by_key = lookups.match_leads(workspace, [key])[0]
        filters, refused = read(workspace, asked)
        listed = narrow(Lead.objects.of(workspace), workspace, filters)
        assert not refused
        assert ([by_key.pk] if by_key else []) == found == list(listed.values_list("pk", flat=True))


def test_a_system_is_written_in_any_case_wherever_a_lead_is_named(workspace):
    (result,) = upsert_many(workspace, [Person(external_ids=(("crm", "7"),))], actor=ACTOR)
    key = {"external_id": {"system": "CRM", "value": "7"}}
    assert lookups.match_leads(workspace, [key]) == [result.lead]
    filters, _ = read(workspace, {"external_id": ["CRM: 7 "]})
    assert narrow(Lead.objects.of(workspace), workspace, filters).get() == result.lead


def test_the_id_of_a_lead_names_it_and_must_agree_with_the_others(workspace):
    one, two = upsert_many(workspace, [Person(email="a@x.test"), Person(email="b@x.test")], actor=ACTOR)
    pk = one.lead.pk
    ways = [Ids(lead=pk), Ids("a@x.test", lead=pk), Ids("b@x.test", lead=pk), Ids("a@x.test", lead=pk + two.lead.pk)]
    same, agrees, other, nobody = identity.match(workspace, ways)
    assert same.lead == agrees.lead == one.lead
    assert nobody.lead is None
    with pytest.raises(Conflict, match="different people"):
        _ = other.lead
    assert Lead.objects.of(workspace).count() == 2


def test_what_can_be_no_id_is_refused_where_one_person_is_looked_for(workspace):
    with pytest.raises(Invalid):
        identity.find(workspace, email="no address")
    assert identity.match(workspace, [Ids(email="no address")])[0].lead is None
    assert not narrow(Lead.objects.of(workspace), workspace, Filters(email="no address")).exists()


def test_a_set_of_any_size_is_matched_in_four_statements(workspace):
    def statements(start: int, size: int) -> int:
        numbers = range(start, start + size)
        named = [Ids(f"p{n}@x.test", (("crm", str(n)),), f"b{n}") for n in numbers]
        upsert_many(workspace, [person(ids) for ids in named], actor=ACTOR)
        with CaptureQueriesContext(connection) as seen:
            matches = identity.match(workspace, named)
        assert all(match.lead is not None for match in matches)
        return len(seen)

    assert statements(0, 2) == statements(100, 60) == 4
