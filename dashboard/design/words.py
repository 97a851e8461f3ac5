"""Put times, spans, shares and sums into the words that the pages use; pure functions, English only."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from leadflow.durations import span as span

SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "BRL": "R$", "JPY": "¥", "INR": "₹", "PLN": "zł", "CHF": "CHF"}
WITHOUT_CENTS = {"JPY"}
FEW = 30


def relative(moment: datetime, now: datetime) -> str:
    """Say when a moment is, seen from now; both aware and in the reader's zone."""
    delta = moment - now
    days = (moment.date() - now.date()).days
    if abs(delta) < timedelta(minutes=1):
        return "just now" if delta <= timedelta() else "in under a minute"
    if delta > timedelta():
        if days == 0 or delta < timedelta(hours=4):
            return f"in {span(delta)}"
        if days == 1:
            return f"tomorrow {moment:%H:%M}"
        if days < 7:
            return f"{moment:%a} {moment:%H:%M}"
    else:
        if days == 0 or delta > -timedelta(hours=4):
            return f"{_coarse(delta)} ago"
        if days == -1:
            return f"yesterday {moment:%H:%M}"
        if days > -7:
            return f"{-days} days ago"
    return day(moment.date(), now.date())


def _coarse(delta: timedelta) -> str:
    """Write a past span in one unit: after three hours minutes do not matter."""
    minutes = int(abs(delta.total_seconds()) // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"


def in_full(moment: datetime | date) -> str:
    """Write a moment to the minute, or a day, with the day of the week: "Monday 2 November 2026, 09:30"."""
    said = f"{moment:%A} {moment.day} {moment:%B} {moment.year}"
    return f"{said}, {moment:%H:%M}" if isinstance(moment, datetime) else said


def day(value: date, today: date) -> str:
    """Name a day as people do, with the year only when it is another one."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((value - today).days)
    if near:
        return near
    return f"{value.day} {value:%b}" if value.year == today.year else f"{value.day} {value:%b %Y}"


def money(amount: Decimal | int | float | None, currency: str = "EUR") -> str:
    """Write a sum with its currency; cents only when there are any. None is a dash."""
    if amount is None:
        return "–"
    value = Decimal(str(amount))
    whole = currency in WITHOUT_CENTS or value == value.to_integral_value()
    digits = f"{abs(value):,.0f}" if whole else f"{abs(value):,.2f}"
    sign = SIGNS.get(currency, currency)
    gap = "\N{NO-BREAK SPACE}" if sign.isalpha() else ""
    return f"{'−' if value < 0 else ''}{sign}{gap}{digits}"


def money_each(sums: Mapping[str, Decimal]) -> str:
    """Write sums in several currencies, the largest first, each by itself: "€42,000 and $1,000"; a dash for none."""
    said = [money(sum, currency) for currency, sum in sorted(sums.items(), key=lambda pair: -pair[1])]
    return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else said[0] if said else "–"


def percent(part: float | None, whole: float | None) -> str:
    """Write part of whole as a percentage; under thirty cases it says how many, of none it is a dash."""
    if not whole or part is None:
        return "–"
    share = round(100 * part / whole, 1)
    text = f"{share:.0f}%" if share == int(share) else f"{share:.1f}%"
    return f"{text} ({part:,} of {whole:,})" if whole < FEW else text


def initials(name: str | None) -> str:
    """Take the first letters of the first and the last word of a name; a question mark when there is none."""
    parts = [part for part in (name or "").replace("@", " ").split() if part[0].isalnum()]
    if not parts:
        return "?"
    letters = parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")
    return letters.upper()
