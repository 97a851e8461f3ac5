"""Try a mail out before a lead gets it: preview it as a given lead, send it to oneself. The ledger stays as it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from leadflow.errors import Conflict, Invalid
from leads.models import Lead
from nurture import ledger, links, messages
from nurture.models import Step
from nurture.steps import catalogue
from nurture.steps.base import Skip
from nurture.steps.mails import MailKind
from nurture.transport import SendOutcome, Transport, Unreachable
from workspaces.actors import Actor


@dataclass(frozen=True, slots=True)
class Preview:
    """A mail as the lead would get it, its links not counted; `why` says why this content.

    `fragment` is the sanitised HTML inside the layout.
    """

    subject: str
    html: str
    text: str
    why: dict[str, Any]
    fragment: str = ""


def preview(step: Step, lead: Lead, *, at: datetime | None = None) -> Preview:
    """Return a step's mail as the lead would get it now. Changes nothing.

    Raise `Conflict` when the step sends no mail, or has nothing left to send to the lead.
    """
    kind = catalogue.load(step)
    if not isinstance(kind, MailKind):
        raise Conflict("This step sends no mail.", code="step_without_mail")
    lead = Lead.objects.of(step.workspace_id).select_related("account", "persona", "workspace").get(pk=lead.pk)
    mail = kind.compose(lead, at or timezone.now())
    if isinstance(mail, Skip):
        raise Conflict(mail.why["words"], code="nothing_unseen")
    filled = mail.filled
    way_out = links.unsubscribe_test()
    return Preview(
        filled.subject,
        messages.document(lead.workspace, filled.subject, filled.html, unsubscribe_url=way_out),
        messages.letter(lead.workspace, filled.text, unsubscribe_url=way_out),
        mail.why,
        filled.html,
    )


def send_test(step: Step, lead: Lead, *, to: str, actor: Actor) -> Preview:
    """Send a step's mail, as the lead would get it, to an address of one's own.

    Raise `Invalid` on a bad address, `Conflict` as `preview` does, or with the mail server's words when it refuses.
    """
    try:
        validate_email(to)
    except ValidationError as error:
        raise Invalid("Give an e-mail address to send the test to.", field="to") from error
    shown = preview(step, lead)
    message = messages.compose(
        step.workspace,
        to=to,
        subject=f"[Test] {shown.subject}",
        html_doc=shown.html,
        text=shown.text,
        message_id=ledger.new_message_id(step.workspace),
        unsubscribe_url=links.unsubscribe_test(),
    )
    with Transport() as transport:
        try:
            transport.ready()
        except Unreachable as error:
            raise Conflict(str(error), code="mail_server_down") from error
        result = transport.send(message)
    if result.outcome is not SendOutcome.ACCEPTED:
        raise Conflict(f"The mail server did not take the test mail: {result.detail}", code="mail_refused")
    return shown
