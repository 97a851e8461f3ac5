"""Lengths of time in words, English only."""

from datetime import timedelta


def span(length: timedelta | float) -> str:
    """Say how long a span is, in its two largest units; takes a timedelta or seconds, the sign is dropped."""
    seconds = abs(length.total_seconds() if isinstance(length, timedelta) else float(length))
    minutes = int(seconds // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    word = "1 day" if days == 1 else f"{days:,} days"
    return f"{word} {hours} h" if hours and days < 14 else word
