"""Rows are locked so that others may refer to them: each test holds rows as the application does, and meanwhile
commits on another connection a row that refers to them."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from leadflow import db, sweeps
from leads.activity import follow_ups, touches
from leads.models import Campaign, Event, Lead, Pool, RoutingRule
from leads.routing import pools
from nurture import enrolments, ledger, programs, sending
from nurture.models import Content, Enrolment, Program, Seen, Send
from nurture.steps import StepIn
from tests import builders
from tests.builders import MONDAY
from tests.leads.lifecycle.test_moves_race import at_once
from tests.webhooks.conftest import record
from webhooks import deliveries, endpoints
from webhooks.models import Delivery, OutboxEvent
from workspaces import members
from workspaces.models import Notice

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def while_held(hold: Callable[[], object], refer: Callable[[], object]) -> None:
    """Run `hold`, and before its transaction ends commit `refer` on another connection, which waits for no lock.

    What refers takes its lock when it commits: Django's foreign keys are checked then.
    """

    def write() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            refer()

    with transaction.atomic():
        hold()
        [outcome] = at_once(write)
    assert outcome is None, outcome


def track(lead: Lead, **fields: object) -> None:
    """Record an event of a lead, and nothing else."""
    Event.everywhere.create(workspace_id=lead.workspace_id, lead_id=lead.pk, type="page", occurred_at=MONDAY, **fields)


@pytest.fixture
def workspace():
    made = builders.workspace()
    made.postal_address, made.daily_cap, made.weekly_cap = "1 Main Street, Springfield", 5, 20
    made.save()
    return made


@pytest.fixture
def lead(workspace):
    return builders.lead(workspace)


@pytest.fixture
def enrolment(workspace, lead) -> Enrolment:
    """A lead that is about to get the first mail of a program."""
    actor = builders.actor(builders.member(workspace, "marketing"))
    program = programs.create(workspace, actor=actor, name="Drip")
    programs.replace_steps(program, actor=actor, steps_in=[StepIn("mail", {"subject": "News", "body": "Read on."})])
    programs.activate(program, actor=actor)
    return enrolments.enrol(lead, program, actor=actor, why={"words": "By hand."}, at=MONDAY)


@pytest.fixture
def send(enrolment) -> Send:
    """The mail that the enrolment's step planned."""
    assert sweeps.run(Enrolment, enrolments.advance, at=MONDAY) == 1
    return Send.everywhere.get()


def see(send: Send) -> None:
    """Note that a lead was shown content in a mail."""
    content = Content.everywhere.create(
        workspace_id=send.workspace_id, title="Guide", url="https://example.test/guide", stage="awareness"
    )
    Seen.everywhere.create(
        workspace_id=send.workspace_id, lead_id=send.lead_id, content=content, send_id=send.pk, at=MONDAY
    )


def plan_another(enrolment: Enrolment) -> None:
    """Plan a mail for an enrolment, under no step of its program."""
    Send.everywhere.create(
        workspace_id=enrolment.workspace_id, enrolment_id=enrolment.pk, lead_id=enrolment.lead_id, message_id="<2@x>"
    )


def test_an_event_does_not_wait_for_the_steps_of_a_program(enrolment, lead):
    while_held(lambda: enrolments.advance(enrolment, MONDAY), lambda: track(lead))
    assert Event.everywhere.get().lead == lead


def test_an_event_does_not_wait_for_a_batch_of_mails(send, lead):
    claimed: list[Send] = []
    while_held(lambda: claimed.extend(sending.claim(at=MONDAY)[1]), lambda: track(lead))
    assert claimed == [send]


def test_two_workers_still_do_not_claim_the_mails_of_one_lead(send, lead):
    """The weaker lock keeps others out as the full one did."""
    with transaction.atomic():
        db.lock(Lead.everywhere.all(), lead.pk)
        assert at_once(partial(sending.claim, at=MONDAY)) == [(0, [])]
    assert sending.claim(at=MONDAY) == (1, [send])


@pytest.mark.parametrize(
    "end",
    [
        lambda enrolment: enrolments.exit_all({enrolment.lead_id: MONDAY}, reason="Left"),
        lambda enrolment: enrolments.exit_program(enrolment.program, reason="Ended", at=MONDAY),
    ],
    ids=["of a lead", "of a program"],
)
def test_a_mail_does_not_wait_for_the_end_of_its_enrolment(enrolment, end):
    while_held(lambda: end(enrolment), lambda: plan_another(enrolment))
    assert Enrolment.everywhere.get().state == Enrolment.State.EXITED


def test_what_refers_to_a_mail_does_not_wait_for_its_cancelling(send):
    while_held(lambda: ledger.cancel_planned([send.enrolment_id], reason="Left"), lambda: see(send))
    assert Send.everywhere.get().state == Send.State.CANCELLED


def test_what_refers_to_a_mail_does_not_wait_for_its_recovery(send):
    Send.everywhere.update(state=Send.State.SENDING, claimed_at=MONDAY - timedelta(hours=1))
    while_held(lambda: ledger.recover(at=MONDAY), lambda: see(send))
    assert Send.everywhere.get().state == Send.State.UNKNOWN


@pytest.mark.parametrize("fulfil", ["finish_follow_up", "log_touch"])
def test_what_refers_to_a_follow_up_does_not_wait_for_it_to_be_done(workspace, fulfil):
    rep = builders.member(workspace)
    handoff, actor = builders.handoff(workspace, owner=rep, accepted=True), builders.actor(rep)
    due_at = MONDAY + timedelta(days=1)
    follow_up = follow_ups.plan(handoff.lead, actor=actor, due_at=due_at, at=MONDAY)

    def done() -> None:
        if fulfil == "finish_follow_up":
            follow_ups.finish(follow_up, actor=actor, at=due_at)
        else:
            touches.log(handoff.lead, actor=actor, channel="call", outcome="connected", at=due_at)

    # as PostgreSQL itself does for a row that refers to it
    def refer() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {follow_up._meta.db_table} WHERE id = %s FOR KEY SHARE", [follow_up.pk])

    while_held(done, refer)
    follow_up.refresh_from_db()
    assert follow_up.done_at == due_at


def test_what_an_admin_is_told_does_not_wait_for_a_change_of_the_members(workspace):
    admin = builders.member(workspace, "admin")
    rep = builders.member(workspace)

    def notice() -> None:
        Notice.everywhere.create(workspace=workspace, member=admin, kind="test", text="Told", key="1")

    while_held(lambda: members.change_role(rep, actor=builders.engine(), role="sales_manager"), notice)
    assert Notice.everywhere.filter(key="1").exists()


@pytest.mark.parametrize("listening", [False, True], ids=["nobody listens", "somebody listens"])
def test_a_delivery_does_not_wait_for_the_fan_out(workspace, listening):
    actor = builders.engine()
    if listening:
        endpoints.create(workspace, actor=actor, url="https://example.com/others", types=["lead.created"])
    paused, _ = endpoints.create(workspace, actor=actor, url="https://example.com/hooks")
    endpoints.pause(paused, actor=actor, reason="Test")
    record(workspace)
    fact = OutboxEvent.everywhere.latest("pk")

    def deliver() -> None:
        Delivery.everywhere.create(workspace=workspace, endpoint=paused, event=fact, message_id="msg_1")

    while_held(lambda: deliveries.fan_out(at=MONDAY), deliver)
    assert Delivery.everywhere.get().event == fact


def test_an_event_does_not_wait_for_a_change_of_its_campaign(workspace, lead):
    campaign = Campaign.everywhere.create(workspace=workspace, code="fair", name="Fair")
    change = partial(db.upsert, Campaign.everywhere.all(), {"name": "Autumn fair"}, workspace=workspace, code="fair")
    while_held(change, lambda: track(lead, campaign_id=campaign.pk))
    assert Campaign.everywhere.get().name == "Autumn fair"


def test_many_rows_are_locked_in_the_order_of_their_ids_whatever_order_they_are_asked_in(workspace):
    leads = [builders.lead(workspace) for _ in range(3)]
    rows = Lead.everywhere.filter(pk__in=[lead.pk for lead in leads])
    with transaction.atomic():
        db.lock(rows, leads[1].pk)
        assert list(db.locked(rows.order_by("-pk"))) == leads
        [free] = at_once(partial(_read, lambda: db.locked(rows.order_by("-pk"), skip_locked=True)))
        assert free == []


def test_rows_that_others_hold_are_left_out_without_waiting_and_the_order_stays(workspace):
    leads = [builders.lead(workspace) for _ in range(3)]
    rows = Lead.everywhere.filter(pk__in=[lead.pk for lead in leads]).order_by("-pk")
    with transaction.atomic():
        db.lock(rows, leads[1].pk)
        [free] = at_once(partial(_read, lambda: db.locked(rows, skip_locked=True).values_list("pk", flat=True)))
    assert free == [leads[2].pk, leads[0].pk]


def _read(rows: Callable[[], object]) -> list:
    with transaction.atomic():
        return list(rows())


def test_joined_rows_are_locked_only_where_they_are_named(send):
    joined = Send.everywhere.select_related("lead", "enrolment__program")
    hold_both = partial(_read, lambda: db.locked(joined, also=["lead"]))
    with transaction.atomic():
        hold_both()
        [lead, program] = at_once(
            partial(_read, lambda: db.locked(Lead.everywhere.all(), skip_locked=True)),
            partial(_read, lambda: db.locked(Program.everywhere.filter(name="Drip"), skip_locked=True)),
        )
    assert (lead, program) == ([], [send.enrolment.program])


def test_an_endpoint_goes_although_a_delivery_is_planned_for_it_in_that_moment(workspace):
    endpoint, _ = endpoints.create(workspace, actor=builders.engine(), url="https://example.com/hooks")
    record(workspace)
    threads: list[threading.Thread] = []
    outcomes: list[object] = []

    def fan_out() -> None:
        outcomes.extend(at_once(partial(deliveries.fan_out, at=MONDAY)))

    def interrupt(execute, sql, params, many, context):
        """Let the fan-out come between the deletion of the deliveries and that of the endpoint."""
        if sql.startswith('DELETE FROM "webhooks_endpoint"'):
            threads.append(threading.Thread(target=fan_out))
            threads[0].start()
            threads[0].join(1)  # until it has committed, or waits
        return execute(sql, params, many, context)

    with connection.execute_wrapper(interrupt):
        endpoints.delete(endpoint, actor=builders.engine())
    threads[0].join()
    assert isinstance(outcomes[0], IntegrityError), "it comes again with the next tick, and finds no endpoint"
    assert not Delivery.everywhere.exists()
    assert deliveries.fan_out(at=MONDAY) == 1


def test_steps_are_replaced_although_a_sweep_moves_an_enrolment_onto_one_of_them_in_that_moment(workspace, lead):
    actor = builders.engine()
    program = programs.create(workspace, actor=actor, name="Drip")
    wait, mail = StepIn("wait", {"days": 1}), StepIn("mail", {"subject": "News", "body": "Read on."})
    first, _, last = programs.replace_steps(program, actor=actor, steps_in=[wait, mail, mail])
    programs.activate(program, actor=actor)
    enrolment = enrolments.enrol(lead, program, actor=actor, why={"words": "Test"}, at=MONDAY)
    threads: list[threading.Thread] = []
    outcomes: list[object] = []

    def sweep() -> None:
        outcomes.extend(at_once(partial(sweeps.run, Enrolment, enrolments.advance, at=MONDAY)))

    def interrupt(execute, sql, params, many, context):
        """Let the sweep come between the move of the enrolments and the deletion of the step."""
        if sql.startswith('DELETE FROM "nurture_step"'):
            threads.append(threading.Thread(target=sweep))
            threads[0].start()
            threads[0].join(1)  # until it has committed, or waits
        return execute(sql, params, many, context)

    kept = [StepIn(step.kind, step.config, id=step.pk) for step in (first, last)]
    with connection.execute_wrapper(interrupt):
        programs.replace_steps(program, actor=actor, steps_in=kept)
    threads[0].join()
    assert isinstance(outcomes[0], IntegrityError), (
        "it comes again with the next tick, and finds the steps that are left"
    )
    assert sweeps.run(Enrolment, enrolments.advance, at=MONDAY) == 1
    enrolment.refresh_from_db()
    assert enrolment.step == last


def test_a_rule_that_moves_and_one_that_is_changed_wait_for_each_other(workspace):
    pool = Pool.objects.of(workspace).get(name="Sales")
    first = RoutingRule.objects.of(workspace).get()
    second = pools.save_rule(RoutingRule(workspace=workspace, name="Second", pool=pool), actor=builders.engine())

    def move() -> None:
        for _ in range(10):
            pools.move_rule(second, actor=builders.engine(), up=True)
            pools.move_rule(second, actor=builders.engine(), up=False)

    def change() -> None:
        for number in range(20):
            rule = RoutingRule.objects.of(workspace).get(pk=first.pk)
            rule.name = f"First {number}"
            pools.save_rule(rule, actor=builders.engine())

    assert at_once(move, change, move) == [None] * 3


def test_a_rule_that_moves_holds_no_pool(workspace):
    """Sets of leads draw from the pools, in another order than that of the rules."""
    pool = Pool.objects.of(workspace).get(name="Sales")
    rule = RoutingRule.objects.of(workspace).get()
    pools.save_rule(RoutingRule(workspace=workspace, name="Second", pool=pool), actor=builders.engine())
    while_held(
        lambda: pools.move_rule(rule, actor=builders.engine(), up=False),
        lambda: db.lock(Pool.everywhere.all(), pool.pk),
    )
    assert list(pools.rules(workspace).values_list("name", flat=True)) == ["Second", rule.name]


def test_who_waits_for_a_lock_too_long_is_told(workspace, lead):
    """What the tests above rest on: a second holder does wait."""
    hold = partial(db.lock, Lead.everywhere.all(), lead.pk)
    with pytest.raises(AssertionError, match="lock timeout"):
        while_held(hold, hold)


def test_steps_are_replaced_while_a_sweep_holds_an_enrolment_that_stands_at_one_of_them(workspace, lead):
    actor = builders.engine()
    program = programs.create(workspace, actor=actor, name="Drip")
    mail = StepIn("mail", {"subject": "News", "body": "Read on."})
    _, last = programs.replace_steps(program, actor=actor, steps_in=[mail, mail])
    programs.activate(program, actor=actor)
    enrolments.enrol(lead, program, actor=actor, why={"words": "Test"}, at=MONDAY)
    kept = [StepIn(last.kind, last.config, id=last.pk)]
    threads: list[threading.Thread] = []
    outcomes: list[object] = []

    def replace() -> None:
        outcomes.extend(at_once(partial(programs.replace_steps, program, actor=actor, steps_in=kept)))

    def interrupt(execute, sql, params, many, context):
        """Let the replacement come while the sweep has planned a mail of the step that goes, and not committed it."""
        done = execute(sql, params, many, context)
        if sql.startswith('INSERT INTO "nurture_send"') and not threads:
            threads.append(threading.Thread(target=replace))
            threads[0].start()
            threads[0].join(1)  # it waits for the enrolment
        return done

    with connection.execute_wrapper(interrupt):
        assert sweeps.run(Enrolment, enrolments.advance, at=MONDAY) == 1
    threads[0].join()
    assert isinstance(outcomes[0], list), outcomes[0]
    assert [step.pk for step in program.steps.all()] == [last.pk]
    assert Send.everywhere.count() == 1
