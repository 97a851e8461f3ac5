"""The common part of the kinds of step that send a mail."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.errors import Invalid
from leads.models import Lead
from nurture import rendering
from nurture.steps.base import Next, Place, SendMail, Skip, StepContext, StepKind

MAX_SUBJECT = 250
MAX_BODY = 100_000


@dataclass(frozen=True)
class MailKind(StepKind):
    """A step that sends a mail, once per enrolment, and one with words of its own once per person."""

    @property
    def mail(self) -> str:
        """Return the digest of the mail's own words; empty where the content it sends is what counts."""
        return ""

    @abstractmethod
    def compose(self, lead: Lead, at: datetime) -> SendMail | Skip:
        """Make the mail as the lead gets it, or say why there is none. Changes nothing. The lead has its account."""

    def run(self, context: StepContext) -> Next:
        return self.compose(context.lead, context.at)


def check_mail(config: dict[str, Any], place: Place, *, with_content: bool) -> list[Invalid]:
    """Check subject and body: there, not too long, and every merge field known."""
    found = []
    for name, words, limit in (("subject", "a subject", MAX_SUBJECT), ("body", "a text", MAX_BODY)):
        text = config.get(name)
        if not isinstance(text, str) or not text.strip():
            found.append(place.problem(name, f"Give the mail {words}."))
        elif len(text) > limit:
            found.append(place.problem(name, f"At most {limit:,} characters."))
        else:
            try:
                rendering.check(
                    text, field=place.path(name), attributes=set(place.attributes), with_content=with_content
                )
            except Invalid as problem:
                found.append(problem)
    return found
