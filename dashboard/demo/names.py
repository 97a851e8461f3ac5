"""Invent people and companies out of syllables. Addresses lie under .example, which is nobody's."""

from random import Random

_FIRST = (
    "Al",
    "Be",
    "Cas",
    "Da",
    "El",
    "Fi",
    "Is",
    "Jo",
    "Ka",
    "Li",
    "Ma",
    "Ne",
    "Or",
    "Pe",
    "Ri",
    "Sa",
    "Ta",
    "Ve",
    "Yo",
    "Zi",
)
_MIDDLE = ("ri", "la", "no", "mi", "ve", "ro", "li", "da", "", "")
_LAST = ("a", "an", "en", "is", "o", "ena", "us", "ia", "ine", "ette", "on", "ar")
_VOWELS = "aeiou"
_FAMILY = (
    "Ald",
    "Brem",
    "Corl",
    "Dorn",
    "Esk",
    "Fenn",
    "Gavr",
    "Holv",
    "Ing",
    "Kell",
    "Lund",
    "Morv",
    "Nesk",
    "Ostr",
    "Pell",
    "Quor",
    "Rast",
    "Selv",
    "Thorv",
    "Ulm",
    "Varn",
    "Wend",
)
_PLACE = (
    "aby",
    "dale",
    "eck",
    "el",
    "feld",
    "ford",
    "gaard",
    "ham",
    "inger",
    "lind",
    "mark",
    "ow",
    "ova",
    "sen",
    "stad",
    "stone",
    "well",
    "wick",
)
_COMPANY = (
    "Tav",
    "Quor",
    "Bren",
    "Mel",
    "Osk",
    "Vand",
    "Hux",
    "Pral",
    "Lum",
    "Dret",
    "Yar",
    "Solv",
    "Kest",
    "Nim",
    "Orv",
    "Fal",
    "Zeth",
    "Arv",
    "Cald",
    "Ebb",
)
_BRANCH = (
    "rell",
    "ient",
    "mora",
    "vik",
    "ona",
    "ecka",
    "ium",
    "adel",
    "osta",
    "ary",
    "umo",
    "enza",
    "holt",
    "ira",
    "andor",
    "esk",
)
_TRADE = {
    "Manufacturing": ("Castings", "Components", "Machines", "Mills"),
    "Logistics": ("Freight", "Logistics", "Shipping", "Warehouses"),
    "Retail": ("Markets", "Outfitters", "Stores", "Trading"),
    "Software": ("Data", "Software", "Systems"),
    "Healthcare": ("Care", "Clinics", "Medical"),
    "Financial services": ("Finance", "Insurance", "Leasing"),
    "Professional services": ("Advisers", "Consulting", "Partners"),
    "Education": ("Academy", "College", "Institute"),
    "Hospitality": ("Hotels", "Kitchens", "Resorts"),
}
INDUSTRIES = tuple(_TRADE)


class Namer:
    """Give names, each company and each address once, from one source of chance."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._companies: set[str] = set()
        self._addresses: set[str] = set()

    def person(self) -> tuple[str, str]:
        """Return a first and a last name."""
        pick = self._chance.choice
        first, end = pick(_FIRST) + pick(_MIDDLE), pick(_LAST)
        if first[-1] in _VOWELS and end[0] in _VOWELS:
            first = first[:-1]
        return first + end, pick(_FAMILY) + pick(_PLACE)

    def company(self, industry: str) -> tuple[str, str]:
        """Return a name and its domain."""
        pick = self._chance.choice
        while True:
            stem = pick(_COMPANY) + pick(_BRANCH)
            if stem not in self._companies:
                self._companies.add(stem)
                return f"{stem} {pick(_TRADE[industry])}", f"{stem.lower()}.example"

    def address(self, first: str, last: str, domain: str) -> str:
        """Return an e-mail address that nobody has yet."""
        stem, number = f"{first}.{last}".lower(), 1
        while (email := f"{stem}{number if number > 1 else ''}@{domain}") in self._addresses:
            number += 1
        self._addresses.add(email)
        return email
