"""Cost and result are of the same days."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from leads.models import Campaign
from leads.queries import costs

TODAY = date(2026, 6, 30)


def campaign(cost: int, starts: date | None, ends: date | None, **more: str) -> Campaign:
    made = Campaign(code="c", cost=Decimal(cost), starts_on=starts, ends_on=ends, **more)
    made.created_at = datetime(2026, 6, 1, tzinfo=UTC)
    return made


@pytest.mark.parametrize(
    ("starts", "ends", "first", "last", "part"),
    [
        (date(2026, 4, 1), date(2026, 4, 30), None, TODAY, 3000),  # all of it
        (date(2026, 4, 1), date(2026, 4, 30), date(2026, 4, 21), TODAY, 1000),  # the last ten of thirty days
        (date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1), TODAY, 0),
        (date(2026, 4, 1), date(2026, 4, 30), date(2026, 3, 1), date(2026, 3, 31), 0),
        (None, None, date(2026, 6, 16), TODAY, 1500),  # since it was made, until today
        (date(2026, 7, 10), None, None, TODAY, 0),  # has not begun
    ],
)
def test_a_campaign_costs_in_a_time_what_its_days_in_it_cost(starts, ends, first, last, part):
    assert costs.within(campaign(3000, starts, ends), first, last, TODAY) == part


def test_the_parts_of_a_campaign_add_up_to_its_cost():
    whole = campaign(1000, date(2026, 1, 1), date(2026, 6, 30))
    months = [(date(2026, m, 1), date(2026, m + 1, 1)) for m in range(1, 7)]
    parts = [costs.within(whole, first, date.fromordinal(end.toordinal() - 1), TODAY) for first, end in months]
    assert abs(sum(parts) - 1000) <= Decimal("0.03")  # each is rounded to the cent


def test_costs_in_two_currencies_stay_apart():
    two = [campaign(100, None, None), campaign(50, None, None, currency="USD")]
    found = costs.spent(two, lambda each: "fair", None, TODAY, today=TODAY, currency="EUR")
    assert found == {"fair": {"EUR": Decimal(100), "USD": Decimal(50)}}
    assert costs.per(found["fair"], 3) == {"EUR": Decimal("33.33"), "USD": Decimal("16.67")}
    assert costs.per(found["fair"], 0) == {}
