"""Errors that services raise. API and pages turn each into problem+json or into a message beside a field."""

from typing import Any


class DomainError(Exception):
    """A refusal: its message says what was refused and how to fix it.

    `code` is stable and snake_case, `status` the HTTP status of the API, `field` the input to blame (if one is),
    `facts` extra members for the answer (JSON-serialisable).
    """

    code = "refused"
    status = 400

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.field = field
        self.facts = facts


class Invalid(DomainError):
    """Refuse input that cannot be understood; nothing was changed."""

    code = "invalid"
    status = 422


class Forbidden(DomainError):
    """Refuse an actor who lacks the capability."""

    code = "forbidden"
    status = 403


class Missing(DomainError):
    """Refuse a look-up that found nothing in this workspace."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """Refuse a change that the present state does not allow."""

    code = "conflict"
    status = 409


class NotAllowed(Conflict):
    """Refuse a move; `facts` name the state and the moves allowed from it."""

    code = "move_not_allowed"
