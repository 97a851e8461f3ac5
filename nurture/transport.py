"""Send over the mail server; distinguish what it surely accepted, surely refused, or may have accepted."""

import logging
import re
import smtplib
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any

from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMessage, get_connection

log = logging.getLogger(__name__)

NO_SUCH_ADDRESS = (550, 551, 553)  # in answer to RCPT: this address gets no mail
_POLICY = re.compile(r"\b5\.7\.\d+\b")  # the server's objection is to us, not to the address


class SendOutcome(Enum):
    """The outcome of one mail."""

    ACCEPTED = "accepted"
    LATER = "later"  # surely not taken; worth another try
    REFUSED = "refused"  # surely not taken, and it never will be
    UNSURE = "unsure"  # the connection was lost after the mail had begun to go


@dataclass(frozen=True, slots=True)
class SendResult:
    """An outcome, with the server's words; `no_such_address` when it refused the recipient for good."""

    outcome: SendOutcome
    detail: str = ""
    no_such_address: bool = False


class Unreachable(Exception):
    """The mail server cannot be reached; nothing was sent."""


class Transport:
    """One connection for a batch of mails; it is opened at once, and again after it was lost.

    Raise `Unreachable` from `ready` when it cannot be opened.
    """

    def __init__(self) -> None:
        self._backend: Any = get_connection(fail_silently=False)
        self._open = False
        self._data_begun = False

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def ready(self) -> None:
        """Open the connection unless it is. Raise `Unreachable`."""
        if self._open:
            return
        try:
            self._backend.open()
        except (OSError, smtplib.SMTPException, AnymailError) as error:
            self._close()
            raise Unreachable(f"The mail server does not answer: {error}") from error
        self._watch()
        self._open = True

    def send(self, message: EmailMessage) -> SendResult:
        """Hand one mail, to one recipient, over; the connection is `ready`."""
        self._data_begun = False
        try:
            self._backend.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return self._refused(code, words, recipient=True)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421:  # the server hangs up
                self._close()
            return self._refused(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            lost = f"{type(error).__name__}: {error}"
            return SendResult(SendOutcome.UNSURE if self._data_begun else SendOutcome.LATER, lost)
        except AnymailError as error:
            return _answer_of_provider(error)
        except (ValueError, UnicodeError) as error:  # a header that cannot be written
            return SendResult(
                SendOutcome.UNSURE if self._data_begun else SendOutcome.REFUSED, f"{type(error).__name__}: {error}"
            )
        return SendResult(SendOutcome.ACCEPTED)

    def _watch(self) -> None:
        """Note when a mail itself begins to go: what fails before surely did not arrive."""
        smtp = getattr(self._backend, "connection", None)
        if not isinstance(smtp, smtplib.SMTP):
            self._data_begun = False
            return
        data = smtp.data

        def watched(text: Any) -> Any:
            self._data_begun = True
            return data(text)

        smtp.data = watched  # type: ignore[method-assign, assignment]  # the library has no other way to see the answer

    def _refused(self, code: int, words: bytes | str, *, recipient: bool = False) -> SendResult:
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        detail = f"{code} {said}"
        if 400 <= code < 500:
            return SendResult(SendOutcome.LATER, detail)
        if code >= 500:
            gone = recipient and code in NO_SUCH_ADDRESS and not _POLICY.search(said)
            return SendResult(SendOutcome.REFUSED, detail, no_such_address=gone)
        self._close()
        return SendResult(SendOutcome.UNSURE if self._data_begun else SendOutcome.LATER, detail)

    def _close(self) -> None:
        self._open = False
        try:
            self._backend.close()
        except (OSError, smtplib.SMTPException) as error:
            log.info("Closing the mail connection failed: %s", error)


def _answer_of_provider(error: AnymailError) -> SendResult:
    """Read a provider's refusal by its HTTP status: 4xx was not taken, anything else nobody knows."""
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, AnymailRecipientsRefused):
        return SendResult(SendOutcome.REFUSED, words, no_such_address=True)
    status = getattr(error, "status_code", None)
    if status == 429:
        return SendResult(SendOutcome.LATER, words)
    if status is not None and 400 <= status < 500:
        return SendResult(SendOutcome.REFUSED, words)
    return SendResult(SendOutcome.UNSURE, words)
