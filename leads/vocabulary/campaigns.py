"""Make and change campaigns: the marketing efforts that leads are credited to, with what they cost."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from leadflow import db
from leadflow.errors import Invalid
from leads.models import Campaign
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

EDITABLE = ("name", "source", "cost", "currency", "starts_on", "ends_on")


@transaction.atomic
def create(workspace: Workspace, *, actor: Actor, code: str, **fields: Any) -> Campaign:
    """Make a campaign, which leads name by its code. Raise `Invalid` with the field to blame."""
    if Campaign.objects.of(workspace).filter(code=code.strip()).exists():
        raise Invalid("There is a campaign with this code already.", field="code")
    campaign = Campaign(workspace=workspace, code=code.strip())
    _write(campaign, fields)
    audit.record(workspace, actor=actor, action="campaign.created", object_name=campaign.name)
    return campaign


@transaction.atomic
def edit(campaign: Campaign, *, actor: Actor, **fields: Any) -> Campaign:
    """Change a campaign; its code, by which leads name it, stays."""
    campaign = db.lock(Campaign.objects.of(campaign.workspace_id), campaign.pk)
    before = {name: getattr(campaign, name) for name in fields}
    _write(campaign, fields)
    changes = {
        name: [str(was), str(getattr(campaign, name))] for name, was in before.items() if was != getattr(campaign, name)
    }
    if changes:
        audit.record(
            campaign.workspace_id, actor=actor, action="campaign.changed", object_name=campaign.name, changes=changes
        )
    return campaign


def _write(campaign: Campaign, fields: dict[str, Any]) -> None:
    if unknown := sorted(set(fields) - set(EDITABLE)):
        raise Invalid(f"A campaign has no field “{unknown[0]}”.", field=unknown[0])
    for name, value in fields.items():
        setattr(campaign, name, value.strip() if isinstance(value, str) else value)
    campaign.currency = campaign.currency.upper()
    if Decimal(campaign.cost) < 0:
        raise Invalid("A cost is not less than nothing.", field="cost")
    if campaign.currency and not (len(campaign.currency) == 3 and campaign.currency.isalpha()):
        raise Invalid("Give the currency as three letters, e.g. EUR.", field="currency")
    starts, ends = campaign.starts_on, campaign.ends_on
    if isinstance(starts, date) and isinstance(ends, date) and ends < starts:
        raise Invalid("A campaign ends after it begins.", field="ends_on")
    try:
        campaign.full_clean(exclude=["workspace"])
    except ValidationError as error:
        field, words = next(iter(error.message_dict.items()))
        raise Invalid(words[0], field=field) from error
    campaign.save()
