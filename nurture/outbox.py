"""Read the send ledger for the page that shows every mail."""

from django.db.models import Count, QuerySet

from leadflow.errors import Missing
from leads.models import Event
from nurture import messages
from nurture.models import Send
from workspaces.models import Workspace


def counts(workspace: Workspace | int) -> dict[str, int]:
    """Count the mails of a workspace by state. One statement."""
    rows = Send.objects.of(workspace).order_by().values("state").annotate(count=Count("pk"))
    return {row["state"]: row["count"] for row in rows}


def sends(workspace: Workspace | int, state: str = "") -> QuerySet[Send]:
    """Return the mails of a workspace, of one state if given, without their text, with lead and program."""
    found = Send.objects.of(workspace).defer("html", "text").select_related("lead", "enrolment__program")
    return found.filter(state=state) if state else found


def send(workspace: Workspace | int, pk: int) -> Send:
    """Return one mail, whole. Raise `Missing` for another workspace's."""
    related = ("workspace", "lead", "content", "step", "enrolment__program")
    found = Send.objects.of(workspace).select_related(*related).filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such mail in this workspace.")
    return found


def document(send: Send) -> str:
    """Return the mail as it looks to its reader, without pixel and counted links: looking counts nothing."""
    return messages.document(send.workspace, send.subject, send.html, unsubscribe_url="#")


def events(send: Send) -> QuerySet[Event]:
    """Return the opens and clicks of a mail, by people and by machines, the latest first."""
    found = Event.objects.of(send.workspace_id).filter(lead_id=send.lead_id, properties__send=send.pk)
    return found.order_by("-occurred_at", "-pk")
