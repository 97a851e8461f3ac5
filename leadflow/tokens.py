"""Signed, unforgeable links: unsubscribe, opens, clicks, previews. They carry ids, never addresses."""

from typing import Any

from django.core import signing

from leadflow.errors import Missing


def sign(purpose: str, payload: Any) -> str:
    """Return a URL-safe token of a JSON payload, valid for this purpose alone."""
    return signing.dumps(payload, salt=f"leadflow.{purpose}", compress=True)


def read(purpose: str, token: str) -> Any:
    """Return the payload of a token. Raise `Missing` when it was forged, cut off or made for another purpose."""
    try:
        return signing.loads(token, salt=f"leadflow.{purpose}")
    except signing.BadSignature as error:
        raise Missing("This link is not complete or was not made by us.", code="bad_token") from error
