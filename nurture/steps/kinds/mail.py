"""The step that sends a written mail."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadflow.errors import Invalid
from leads.models import Lead
from nurture import rendering
from nurture.steps.base import Place, SendMail
from nurture.steps.inputs import FormSpec, InputSpec
from nurture.steps.mails import MAX_BODY, MAX_SUBJECT, MailKind, check_mail


@dataclass(frozen=True)
class Mail(MailKind):
    """Send this mail."""

    code = "mail"
    label = "Mail"
    icon = "mail"
    order = 10
    new = {"subject": "", "body": 'Hello{% if lead.first_name != "" %} {{ lead.first_name }}{% endif %},\n\n'}

    subject: str = field(metadata={"description": "Liquid, in one line.", "maxLength": MAX_SUBJECT})
    body: str = field(metadata={"description": "Liquid in HTML or plain text.", "maxLength": MAX_BODY})

    @property
    def mail(self) -> str:
        words = "\n".join(" ".join(part.split()) for part in (self.subject, self.body))
        return hashlib.sha256(words.encode()).hexdigest()

    @classmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        return check_mail(config, place, with_content=False)

    def compose(self, lead: Lead, at: datetime) -> SendMail:
        filled = rendering.render({"subject": self.subject, "body": self.body}, lead, lead.workspace)
        return SendMail(filled, content=None, why={})

    def describe(self) -> str:
        return f"Mail “{self.subject}”"

    def text(self) -> str:
        return self.body

    @classmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        return FormSpec(
            (
                InputSpec("subject", "Subject", max_length=MAX_SUBJECT),
                InputSpec("body", "Text", kind="text", rows=7),
            )
        )
