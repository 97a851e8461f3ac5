"""Decide to which territory a lead belongs, and say why. Pure: no database, no Django here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from leads.people import countries


@dataclass(frozen=True, slots=True)
class Place:
    """What territories are judged by; an empty value is not known. The domain is that of the company."""

    country: str = ""
    region: str = ""
    postal_code: str = ""
    industry: str = ""
    employees: int | None = None
    domain: str = ""


T = TypeVar("T", bound=Any)  # has the lists of a territory as attributes: its row, or a form's answers


def place_of(lead: Any, account: Any) -> Place:
    """Return what is known of a lead (and its account, or None); the country is the lead's own first."""
    return Place(
        country=lead.country or (account.country if account else ""),
        region=lead.region,
        postal_code=lead.postal_code,
        industry=account.industry if account else "",
        employees=account.employees if account else None,
        domain=(account.domain if account else "") or "",
    )


def first(territories: Iterable[T], place: Place) -> tuple[T | None, str]:
    """Return the first of the territories, in their order, that the place lies in, and why; None and nothing else."""
    for territory in territories:
        if why := reason(territory, place):
            return territory, why
    return None, ""


def reason(territory: Any, place: Place) -> str:
    """Say why a place lies in a territory, as "country is Ireland"; nothing where it does not."""
    if place.domain and place.domain in territory.domains:
        return f"{place.domain} is a named account"
    because = []
    if territory.countries:
        if place.country not in territory.countries:
            return ""
        because.append(f"country is {countries.names().get(place.country, place.country)}")
    if territory.regions:
        if not _is_one_of(_region(place.region, place.country), (_region(r, place.country) for r in territory.regions)):
            return ""
        because.append(f"region is {place.region}")
    if territory.postal_ranges:
        found = next((each for each in territory.postal_ranges if in_range(place.postal_code, each)), None)
        if found is None:
            return ""
        because.append(f"postal code {place.postal_code} is in {found}")
    if territory.industries:
        if not _is_one_of(place.industry, territory.industries):
            return ""
        because.append(f"industry is {place.industry}")
    if territory.employees_from is not None or territory.employees_to is not None:
        least, most = territory.employees_from or 0, territory.employees_to
        if place.employees is None or place.employees < least or (most is not None and place.employees > most):
            return ""
        because.append(f"company has {place.employees:,} employees")
    if because:
        return ", ".join(because)
    return "" if territory.domains else "it takes every lead that no other territory took"


def outline(territory: Any) -> list[str]:
    """Say in lines what a territory asks for; nothing where it takes every lead."""
    lines = []
    for label, listed in (
        ("Country", [countries.names().get(code, code) for code in territory.countries]),
        ("Region", territory.regions),
        ("Postal code", territory.postal_ranges),
        ("Industry", territory.industries),
    ):
        if listed:
            lines.append(f"{label}: {', '.join(listed)}")
    least, most = territory.employees_from, territory.employees_to
    if least is not None and most is not None:
        lines.append(f"Company size: {least:,} to {most:,}")
    elif least is not None:
        lines.append(f"Company size: {least:,} or more")
    elif most is not None:
        lines.append(f"Company size: at most {most:,}")
    if territory.domains:
        lines.append(f"Named accounts: {', '.join(territory.domains)}")
    return lines


def in_range(postal_code: str, range: str) -> bool:
    """Return whether a postal code lies in "10000-19999" (both ends count) or begins as "SW1" does.

    Only the digits in front of a code count for a range of numbers. "SW1" is the beginning of SW1A 1AA and not of SW12:
    a digit does not go on.
    """
    code = _bare(postal_code)
    least, dash, most = (_bare(part) for part in range.partition("-"))
    if not code:
        return False
    if not dash:
        rest = code[len(least) :]
        if least.isdigit():
            return code.startswith(least)
        return code.startswith(least) and not (least[-1:].isdigit() and _goes_on(rest))
    head = code[: len(least)]
    return head.isdigit() and len(head) == len(least) and least <= head <= most


def range_problem(range: str) -> str:
    """Say what is wrong with a postal range, or nothing."""
    least, dash, most = (_bare(part) for part in range.partition("-"))
    if not dash:
        return "" if least.isalnum() else f"“{range}” is no postal code. Write 10000-19999, or how codes begin: SW1."
    if not (least.isdigit() and most.isdigit() and len(least) == len(most)):
        return f"“{range}” is no range. Both ends are numbers of the same length, e.g. 10000-19999."
    return "" if least <= most else f"“{range}” ends before it begins."


def _goes_on(rest: str) -> bool:
    """Return whether an outward code such as SW12 goes on with a digit: what follows is more than an inward code."""
    return rest[:1].isdigit() and len(rest) != 3


def _bare(text: str) -> str:
    return "".join(text.upper().split())


def _region(name: str, country: str) -> str:
    return name.casefold().removeprefix(f"{country.casefold()}-")


def _is_one_of(value: str, known: Sequence[str] | Iterable[str]) -> bool:
    return bool(value) and value.casefold() in {each.casefold() for each in known}
