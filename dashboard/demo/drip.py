"""Let the programs of the past run: their steps are run by the services; the answers of mail servers are invented.

A mail of the past is written into the ledger as it would stand there. None goes out now.
"""

from datetime import datetime, timedelta

from dashboard.demo.world import World
from leadflow import db, tokens
from leads.intake import events
from leads.models import Handoff, Lead, Reason
from nurture import choosing, eligibility, enrolments, ledger, links, scanners, suppression, tracking, unsubscribe
from nurture.models import Enrolment, Program, Send, Suppression
from nurture.scanners import Hit
from workspaces.actors import engine

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}
SCANNER = {"user-agent": "LinkScan/2.0 (mail gateway scanner)"}
OPENED, CLICKED = 0.41, 0.13  # shares of what arrives


def enter(world: World, lead: Lead, reason: Reason | None, handoff: Handoff | None, at: datetime) -> None:
    """Let a lead that came back into the program that its reason and interests choose, as a return of today does."""
    current = Enrolment.objects.of(world.workspace).filter(lead=lead, state=Enrolment.State.ACTIVE).first()
    if current is None:
        choice = choosing.choose_for_return(world.workspace, lead, reason, at=at)
        if choice.program is None or eligibility.to_enter(lead, choice.program):
            return
        actor = engine("revisit") if handoff is None else engine("returns")
        current = enrolments.enrol(lead, choice.program, actor=actor, why=choice.why, at=at, handoff=handoff)
    world.timeline.plan(at, step, current.pk)


def put_in(world: World, program: Program, lead: Lead, at: datetime) -> None:
    """Enrol a lead manually."""
    if not eligibility.to_enter(lead, program):
        why = {"words": "Enrolled manually."}
        entered = enrolments.enrol(lead, program, actor=world.actor("marketer"), why=why, at=at)
        world.timeline.plan(at, step, entered.pk)


def step(world: World, pk: int, at: datetime) -> None:
    """Take the next steps of an enrolment, and plan those after them."""
    enrolment = Enrolment.objects.of(world.workspace).select_related("program").get(pk=pk)
    if enrolment.state != Enrolment.State.ACTIVE or enrolment.next_at is None or enrolment.next_at > at:
        return
    enrolments.advance(enrolment, at)
    if enrolment.holdout:  # what was trapped just now was trapped then
        new = Send.objects.of(world.workspace).filter(enrolment=enrolment, created_at__gt=world.timeline.end)
        new.update(created_at=at)
    planned = Send.objects.of(world.workspace).filter(enrolment=enrolment, state=Send.State.PLANNED)
    for send in planned.select_related("lead__workspace", "content"):
        _settle(world, send, at)
        ledger.wake([pk], at=at)
        enrolment.refresh_from_db(fields=["state", "next_at"])
    if enrolment.state == Enrolment.State.ACTIVE and enrolment.next_at:
        world.timeline.plan(max(enrolment.next_at, at + timedelta(seconds=20)), step, pk)


def _settle(world: World, send: Send, at: datetime) -> None:
    """Write down what became of a mail: nearly all arrive; of every few dozen one does not, one is unsure."""
    world.mails += 1
    number = world.mails
    if number % 60 == 12:  # opted out between the plan and the mail
        unsubscribe.leave(send.lead, send=None, source="preference page", at=at)
    elif number % 45 == 20:
        _write(send, at, state=Send.State.FAILED, error="550 5.1.1 No such mailbox", bounced_at=at)
        ledger.forget([send.pk])
        suppression.add(world.workspace, send.to, why=Suppression.Why.BOUNCED, note="550 5.1.1 No such mailbox", at=at)
    elif number % 150 == 30:
        _write(send, at, state=Send.State.UNKNOWN, error="The connection was lost after the mail had begun to go.")
    else:
        _write(send, at, state=Send.State.SENT, sent_at=at)
        _read(world, send, at)


def _write(send: Send, at: datetime, **values: object) -> None:
    Send.objects.of(send.workspace_id).filter(pk=send.pk).update(next_at=None, claimed_at=at, created_at=at, **values)


def _read(world: World, send: Send, at: datetime) -> None:
    """Plan what the lead does with a mail that arrived."""
    luck = (send.lead_id * 7919 + world.mails * 104729) % 1000 / 1000
    when = at + timedelta(hours=0.3 + 30 * luck)
    if luck < OPENED:
        world.timeline.plan(when, _open, send.pk, BROWSER)
    elif luck > 0.97:
        world.timeline.plan(at + timedelta(seconds=2), _open, send.pk, SCANNER)
    if luck < CLICKED:
        world.timeline.plan(when + timedelta(minutes=2), _click, send)
    if 0.4 < luck < 0.413:
        world.timeline.plan(when + timedelta(minutes=3), _leave, send)


def _open(world: World, pk: int, headers: dict[str, str], at: datetime) -> None:
    world.opens.append((pk, Hit("GET", headers, at)))


def write_opens(world: World) -> None:
    """Record the opens, which decide nothing in the programs, as one set of events."""
    sends = Send.objects.of(world.workspace).select_related("lead", "content").in_bulk([pk for pk, _ in world.opens])
    seen, opened = [], {}
    for pk, hit in world.opens:
        send = sends[pk]
        verdict = scanners.judge(hit, sent_at=send.sent_at)
        if verdict.human and send.opened_at is None:
            send.opened_at, opened[pk] = hit.at, send
        event = events.EventIn(
            tracking.OPENED,
            send.content.title if send.content else send.subject,
            properties={"send": pk, "subject": send.subject} | ({} if verdict.human else {"why": verdict.why}),
            occurred_at=hit.at,
            human=verdict.human,
        )
        seen.append(events.AttributedEvent(event, send.lead))
    events.record_many(world.workspace, seen, actor=engine("mail tracking"))
    db.update_many(list(opened.values()), ["opened_at"])


def _click(world: World, send: Send, at: datetime) -> None:
    target = send.content.url if send.content else "https://www.brightwater.example/tour"
    tracking.click(tokens.sign(links.CLICK, [send.pk, 0, target]), Hit("GET", BROWSER, at))


def _leave(world: World, send: Send, at: datetime) -> None:
    unsubscribe.leave(send.lead, send=send, source="one-click unsubscribe", at=at)
