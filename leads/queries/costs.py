"""The cost of campaigns within a time, so that cost and result are of the same days.

A campaign's cost is spread evenly over its days, from the day it begins (else the day it was made) to the day it ends
(else today); a period counts the days of it that lie in it. Sums in several currencies stay apart.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from leads.models import Campaign

CENT = Decimal("0.01")


def within(campaign: Campaign, first: date | None, last: date, today: date) -> Decimal:
    """Return the part of a campaign's cost of the days from `first` (None: from its beginning) to `last`, inclusive."""
    begins = campaign.starts_on or campaign.created_at.date()
    ends = max(campaign.ends_on or today, begins)
    days = (min(ends, last) - max(begins, first or begins)).days + 1
    return (campaign.cost * max(days, 0) / ((ends - begins).days + 1)).quantize(CENT)


def spent(
    campaigns: Iterable[Campaign],
    key: Callable[[Campaign], str],
    first: date | None,
    last: date,
    *,
    today: date,
    currency: str,
) -> dict[str, dict[str, Decimal]]:
    """Return what the campaigns of each key cost within a time, by currency; `currency` is that of who names none."""
    found: dict[str, dict[str, Decimal]] = {}
    for each in campaigns:
        if cost := within(each, first, last, today):
            sums, code = found.setdefault(key(each), {}), each.currency or currency
            sums[code] = sums.get(code, Decimal(0)) + cost
    return found


def per(cost: Mapping[str, Decimal], count: int) -> dict[str, Decimal]:
    """Return a cost per one of `count`; empty where there is none."""
    return {currency: (sum / count).quantize(CENT) for currency, sum in cost.items()} if count else {}
