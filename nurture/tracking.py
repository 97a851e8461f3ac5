"""Count opens and clicks by signed links: people's become events that score, machines' are only recorded."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from leadflow.errors import Missing
from leads.intake import events
from leads.models import Event, Lead
from nurture import links, scanners
from nurture.models import Send
from nurture.scanners import Hit, HitVerdict
from workspaces.actors import engine

OPENED, CLICKED = "mail_open", "mail_click"


def click(token: str, hit: Hit) -> str:
    """Count a click and return the address to lead on to: the one signed in the token, no other.

    A mail that was erased since still leads on. Raise `Missing` when the token is forged.
    """
    target: str
    number, link, target = links.read(links.CLICK, token)
    if urlsplit(target).scheme not in ("http", "https"):
        raise Missing("This link leads nowhere.", code="bad_token")
    if send := _find(number):
        with transaction.atomic():
            others = _other_clicks(send, link, hit.at)
            last = max((event.occurred_at for event in others), default=None)
            verdict = scanners.judge(hit, sent_at=send.sent_at, other_click_at=last)
            if others and not verdict.human:
                _withdraw(send, others)
            _record(send, CLICKED, hit, verdict, url=target, link=link)
    return target


def opened(token: str, hit: Hit) -> None:
    """Count an open. Raise `Missing` when the token is forged."""
    if send := _find(links.read(links.OPEN, token)):
        with transaction.atomic():
            _record(send, OPENED, hit, scanners.judge(hit, sent_at=send.sent_at))


def _find(number: int) -> Send | None:
    return Send.everywhere.select_related("lead", "workspace", "content", "enrolment").filter(pk=number).first()


def _other_clicks(send: Send, link: int, at: datetime) -> list[Event]:
    """Return the clicks on other links of the same mail a moment ago."""
    recent = Event.objects.of(send.workspace_id).filter(
        lead_id=send.lead_id, type=CLICKED, occurred_at__gt=at - scanners.AT_ONCE, properties__send=send.pk
    )
    return [event for event in recent if event.properties.get("link") != link]


def _withdraw(send: Send, clicks: list[Event]) -> None:
    """Correct what was counted as a person's clicks before their pace gave the machine away, and score anew.

    Their message ids are given up, so that the person's own click on the same day counts.
    """
    ids = [event.pk for event in clicks if event.human]
    if not ids:
        return
    Event.objects.of(send.workspace_id).filter(pk__in=ids).update(human=False, message_id="")
    first = min(event.occurred_at for event in clicks)
    Send.objects.of(send.workspace_id).filter(pk=send.pk, clicked_at__gte=first).update(clicked_at=None)
    Lead.objects.of(send.workspace_id).filter(pk=send.lead_id).update(next_at=max(e.occurred_at for e in clicks))


def _record(send: Send, type: str, hit: Hit, verdict: HitVerdict, *, url: str = "", link: int | None = None) -> None:
    """Write the event, once per mail and link and day for people and for machines each, and the first time on the send.

    The topics are the content's, so that interest grows where the lead clicks.
    """
    kind = "person" if verdict.human else "machine"
    place = "" if link is None else f":{link}"
    properties = {"send": send.pk, "subject": send.subject}
    if link is not None:
        properties["link"] = link
    if send.content:
        properties["content"] = send.content.pk
    if not verdict.human:
        properties["why"] = verdict.why
    topics = tuple(topic.code for topic in send.content.topics.all()) if send.content else ()
    event = events.EventIn(
        type=type,
        name=send.content.title if send.content else send.subject[:200],
        url=url,
        topics=topics,
        properties=properties,
        message_id=f"{type}:{send.pk}{place}:{kind}:{hit.at:%Y%m%d}",
        occurred_at=hit.at,
        human=verdict.human,
    )
    events.record(send.workspace, send.lead, [event], actor=engine("mail tracking"), at=hit.at)
    if verdict.human:
        field = "opened_at" if type == OPENED else "clicked_at"
        Send.objects.of(send.workspace_id).filter(pk=send.pk, **{field: None}).update(**{field: hit.at})
