"""Say in which time zone a person lives: from their own zone, else where they are, else their company, the workspace.

The zones of a country are those of the Unicode CLDR, by way of Babel. Where a country has several, its region decides
in the countries below; else the zone in which most of its people live, which is a guess and said to be one.
"""

from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global

from leads.models import Lead
from leads.people import countries

# The zone in which most people of the country live, where it has several.
_MAIN = {
    "AQ": "Antarctica/McMurdo",
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Chuuk",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Gaza",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UM": "Pacific/Midway",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
}

# country → zone → its regions, by code and by name; where a region has two zones, the one of most of its people
_REGIONS = {
    "US": {
        "America/New_York": "CT|Connecticut, DE|Delaware, DC|District of Columbia, FL|Florida, GA|Georgia,"
        " IN|Indiana, KY|Kentucky, ME|Maine, MD|Maryland, MA|Massachusetts, MI|Michigan, NH|New Hampshire,"
        " NJ|New Jersey,"
        " NY|New York, NC|North Carolina, OH|Ohio, PA|Pennsylvania, RI|Rhode Island, SC|South Carolina, VT|Vermont,"
        " VA|Virginia, WV|West Virginia",
        "America/Chicago": "AL|Alabama, AR|Arkansas, IL|Illinois, IA|Iowa, KS|Kansas, LA|Louisiana, MN|Minnesota,"
        " MS|Mississippi, MO|Missouri, NE|Nebraska, ND|North Dakota, OK|Oklahoma, SD|South Dakota, TN|Tennessee,"
        " TX|Texas,"
        " WI|Wisconsin",
        "America/Denver": "CO|Colorado, ID|Idaho, MT|Montana, NM|New Mexico, UT|Utah, WY|Wyoming",
        "America/Phoenix": "AZ|Arizona",
        "America/Los_Angeles": "CA|California, NV|Nevada, OR|Oregon, WA|Washington",
        "America/Anchorage": "AK|Alaska",
        "Pacific/Honolulu": "HI|Hawaii",
    },
    "CA": {
        "America/St_Johns": "NL|Newfoundland and Labrador",
        "America/Halifax": "NS|Nova Scotia, NB|New Brunswick, PE|Prince Edward Island",
        "America/Toronto": "ON|Ontario, QC|Quebec|Québec",
        "America/Winnipeg": "MB|Manitoba",
        "America/Regina": "SK|Saskatchewan",
        "America/Edmonton": "AB|Alberta, NT|Northwest Territories",
        "America/Vancouver": "BC|British Columbia",
        "America/Whitehorse": "YT|Yukon",
        "America/Iqaluit": "NU|Nunavut",
    },
    "AU": {
        "Australia/Sydney": "NSW|New South Wales, ACT|Australian Capital Territory",
        "Australia/Melbourne": "VIC|Victoria",
        "Australia/Brisbane": "QLD|Queensland",
        "Australia/Adelaide": "SA|South Australia",
        "Australia/Perth": "WA|Western Australia",
        "Australia/Hobart": "TAS|Tasmania",
        "Australia/Darwin": "NT|Northern Territory",
    },
    "BR": {
        "America/Manaus": "AM|Amazonas",
        "America/Cuiaba": "MT|Mato Grosso",
        "America/Campo_Grande": "MS|Mato Grosso do Sul",
        "America/Rio_Branco": "AC|Acre",
        "America/Porto_Velho": "RO|Rondônia|Rondonia",
        "America/Boa_Vista": "RR|Roraima",
    },
    "ES": {"Atlantic/Canary": "CN|Canarias|Canary Islands"},
    "PT": {"Atlantic/Azores": "20|Açores|Azores"},
}


@dataclass(frozen=True, slots=True)
class LeadZone:
    """The zone of a lead, and from what it is known."""

    zone: ZoneInfo
    because: str


def of(lead: Lead) -> ZoneInfo:
    """Return the zone of a lead. Reads account and workspace where they are needed and not loaded."""
    return explain(lead).zone


def explain(lead: Lead) -> LeadZone:
    """Return the zone of a lead with what it is known from. An unknown name says nothing; UTC comes last of all."""
    if own := _zone(lead.time_zone):
        return LeadZone(own, "their own time zone")
    if found := _of_place(lead.country, lead.region):
        return found
    account = lead.account if lead.account_id else None
    if account and (found := _of_place(account.country, "")):
        return LeadZone(found.zone, f"{found.because}, where their company is")
    return LeadZone(_zone(lead.workspace.time_zone) or ZoneInfo("UTC"), "the workspace, as nothing else is known")


def _of_place(country: str, region: str) -> LeadZone | None:
    """Return the zone of a place, None where nothing is known of it."""
    name = countries.names().get(country)
    if name is None:
        return None
    code = region.casefold().removeprefix(f"{country.casefold()}-")  # NY and US-NY are the same
    if (known := _by_region().get(country, {}).get(code)) and (zone := _zone(known)):
        return LeadZone(zone, f"{region}, {name}")
    zones = get_global("territory_zones").get(country, [])
    main = _zone(_MAIN.get(country) or (zones[0] if zones else ""))
    if main is None:
        return None
    return LeadZone(main, f"{name}: the zone of most of its people" if len(zones) > 1 else name)


@cache
def _by_region() -> dict[str, dict[str, str]]:
    """Return by country and region, in small letters, the zone."""
    return {
        country: {
            word.strip().casefold(): zone
            for zone, regions in zones.items()
            for region in regions.split(",")
            for word in region.split("|")
        }
        for country, zones in _REGIONS.items()
    }


@cache
def _zone(name: str) -> ZoneInfo | None:
    """Return the zone of a name, None where the zone database has none such."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
