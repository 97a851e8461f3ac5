"""The signed addresses in a mail: unsubscribe, clicks, the pixel of opens. They carry ids, never an address.

The edge serves them at /u/<token>/, /c/<token>/ and /o/<token>.gif.
"""

from typing import Any

from django.conf import settings

from leadflow import tokens
from leadflow.errors import Missing
from nurture.models import Send

UNSUBSCRIBE, CLICK, OPEN = "unsubscribe", "mail_click", "mail_open"
TEST = {"test": True}
LONGEST = 4000  # characters of a token: what a web server takes in one line


def unsubscribe(send: Send) -> str:
    """Return the address at which the lead of a mail unsubscribes."""
    return _url("u", tokens.sign(UNSUBSCRIBE, {"w": send.workspace_id, "l": send.lead_id, "s": send.pk})) + "/"


def unsubscribe_test() -> str:
    """Return an address that shows the unsubscribe page of no lead, for test mails."""
    return _url("u", tokens.sign(UNSUBSCRIBE, TEST)) + "/"


def click(send: Send, number: int, target: str) -> str:
    """Return the address that counts a click on the mail's link of that number and leads on to `target`.

    A target too long for that is returned as it is: it works, and its clicks are not counted.
    """
    token = tokens.sign(CLICK, [send.pk, number, target])
    return _url("c", token) + "/" if len(token) <= LONGEST else target


def opened(send: Send) -> str:
    """Return the address of the pixel."""
    return _url("o", tokens.sign(OPEN, send.pk)) + ".gif"


def read(purpose: str, token: str) -> Any:
    """Return what a token carries. Raise `Missing` when it was not made by us for this purpose."""
    if len(token) > LONGEST:
        raise Missing("This link is not complete or was not made by us.", code="bad_token")
    return tokens.read(purpose, token)


def _url(kind: str, token: str) -> str:
    return f"{settings.LEADFLOW_URL}/{kind}/{token}"
