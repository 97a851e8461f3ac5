"""Make the mail that goes out of a row of the ledger: layout, links, headers."""

import html
import re
from email.utils import formataddr, parseaddr

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from nurture import links
from nurture.models import Send
from workspaces.models import Workspace

_HREF = re.compile(r'href="(https?://[^"]+)"')
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


def build(send: Send) -> EmailMultiAlternatives:
    """Return the mail of a send whose lead and workspace are loaded; its links are counted. No statement."""
    message = compose(
        send.lead.workspace,
        to=send.to,
        subject=send.subject,
        html_doc=document(
            send.lead.workspace,
            send.subject,
            with_clicks(send),
            unsubscribe_url=links.unsubscribe(send),
            pixel_url=links.opened(send),
        ),
        text=letter(send.lead.workspace, send.text, unsubscribe_url=links.unsubscribe(send)),
        message_id=send.message_id,
        unsubscribe_url=links.unsubscribe(send),
    )
    message.metadata = {"send": send.pk}  # type: ignore[attr-defined]  # a provider's events bring it back
    return message


def with_clicks(send: Send) -> str:
    """Return the HTML fragment of a send with its web links led through the click counter, numbered from 0."""
    numbers = iter(range(10_000))

    def counted(match: re.Match[str]) -> str:
        return f'href="{html.escape(links.click(send, next(numbers), html.unescape(match[1])))}"'

    return _HREF.sub(counted, send.html)


def document(workspace: Workspace, subject: str, fragment: str, *, unsubscribe_url: str, pixel_url: str = "") -> str:
    """Lay a sanitised HTML fragment out as a whole mail, with the sender's address and the way out at its foot."""
    context = {
        "workspace": workspace,
        "subject": subject,
        "body": fragment,
        "unsubscribe_url": unsubscribe_url,
        "pixel_url": pixel_url,
    }
    return _inliner.inline(render_to_string("nurture/mail/layout.html", context))


def letter(workspace: Workspace, text: str, *, unsubscribe_url: str) -> str:
    """Lay the plain text out in the same way."""
    context = {"workspace": workspace, "body": text, "unsubscribe_url": unsubscribe_url}
    return render_to_string("nurture/mail/layout.txt", context)


def compose(
    workspace: Workspace, *, to: str, subject: str, html_doc: str, text: str, message_id: str, unsubscribe_url: str
) -> EmailMultiAlternatives:
    """Put a marketing mail together, with the headers of one-click unsubscribe (RFC 8058)."""
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=sender(workspace),
        to=[to],
        headers={
            "Message-ID": message_id,
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-Leadflow-Workspace": workspace.slug,
        },
    )
    message.attach_alternative(html_doc, "text/html")
    return message


def sender(workspace: Workspace) -> str:
    """Return the From line: the workspace's own sender, else the installation's address under the workspace's name."""
    address = workspace.sender_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return formataddr((workspace.sender_name or workspace.name, address))
