"""The step that sends the best content that a lead has not had."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadflow.errors import Invalid
from leads.models import Lead
from nurture import library, rendering
from nurture.models.content import Stage
from nurture.steps.base import Place, SendMail, Skip
from nurture.steps.inputs import FormSpec, InputSpec
from nurture.steps.mails import MAX_BODY, MAX_SUBJECT, MailKind, check_mail


@dataclass(frozen=True)
class BestContent(MailKind):
    """Send the best unseen content, of one buying stage if it is given; with the usual words unless others are."""

    code = "content"
    label = "Best unseen content"
    icon = "library"
    order = 20
    new = {"stage": ""}

    stage: str = field(default="", metadata={"description": "Buying stage; empty: any.", "enum": ["", *Stage.values]})
    subject: str = field(default="", metadata={"description": "Liquid.", "maxLength": MAX_SUBJECT})
    body: str = field(default="", metadata={"description": "Liquid in HTML or plain text.", "maxLength": MAX_BODY})

    @classmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        found = []
        if config.get("stage", "") not in ("", *Stage.values):
            words = f"The buying stage is one of: {', '.join(Stage.values)}; or none."
            found.append(place.problem("stage", words))
        if config.get("subject") or config.get("body"):
            found += check_mail(config, place, with_content=True)
        return found

    def compose(self, lead: Lead, at: datetime) -> SendMail | Skip:
        choice = library.best_unseen(lead, stage=self.stage, at=at)
        if choice.content is None:
            return Skip(choice.why)
        words = {"subject": self.subject, "body": self.body}
        return SendMail(rendering.render(words, lead, lead.workspace, choice.content), choice.content, choice.why)

    def describe(self) -> str:
        return f"Best unseen content{f', {self.stage}' if self.stage else ''}"

    @classmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        fields = ", ".join(rendering.CONTENT_FIELDS)
        return FormSpec(
            (
                InputSpec("stage", "Buying stage", "choice", required=False, choices=(("", "Any"), *Stage.choices)),
                InputSpec(
                    "subject", "Subject", required=False, max_length=MAX_SUBJECT, help="Empty: the content's title."
                ),
                InputSpec("body", "Text", "text", required=False, help=f"Empty: the usual words. Fields: {fields}."),
            )
        )

    @classmethod
    def config_of(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        written = {name: typed[name] for name in ("subject", "body") if (typed[name] or "").strip()}
        return {"stage": typed["stage"] or "", **written}
