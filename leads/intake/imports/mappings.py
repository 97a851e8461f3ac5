"""Say which column of a file is which field of a person, and turn a row into a person."""

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from leadflow.csvfile import restore
from leadflow.errors import Invalid
from leads.models import Attribute
from leads.people import persons
from leads.people.persons import Person
from workspaces.models import Workspace

FIELDS = {
    "email": "E-mail",
    "external_id": "External id",
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Full name",
    "title": "Job title",
    "phone": "Phone",
    "country": "Country",
    "region": "Region (state, province)",
    "postal_code": "Postal code",
    "time_zone": "Time zone",
    "language": "Language",
    "company": "Company",
    "domain": "Company domain",
    "industry": "Industry",
    "employees": "Company size",
    "source": "Source",
    "campaign": "Campaign (code)",
    "persona": "Persona (code)",
    "first_contact_at": "First contact",
    "consent": "Marketing consent",
    "consent_wording": "Wording of the consent",
}
DATE_FORMATS = {"iso": "2026-03-31", "dmy": "31/03/2026", "mdy": "03/31/2026"}
EXISTING = {"update": "overwrite", "add": "keep"}

_SYNONYMS = {
    "email": "email mail emailaddress emailadresse workemail businessemail",
    "external_id": "externalid id leadid contactid mqlid crmid customerid personid recordid",
    "first_name": "firstname givenname forename vorname",
    "last_name": "lastname surname familyname nachname",
    "name": "name fullname contactname contact",
    "title": "title jobtitle position role",
    "phone": "phone phonenumber telephone mobile mobilephone telefon",
    "country": "country countrycode",
    "region": "region state province county stateprovince",
    "postal_code": "postalcode postcode zip zipcode plz",
    "time_zone": "timezone tz",
    "language": "language lang locale",
    "company": "company companyname account accountname organisation organization firm firma",
    "domain": "domain website companydomain companywebsite url",
    "industry": "industry sector branche",
    "employees": "employees employeecount companysize size headcount numberofemployees",
    "source": "source leadsource origin utmsource",
    "campaign": "campaign campaigncode utmcampaign landingpageid landingpage",
    "persona": "persona",
    "first_contact_at": "firstcontact firstcontactdate firstcontactat createdat createddate created createdate date",
    "consent": "consent optin marketingconsent emailoptin",
}
_FIELD_OF = {word: name for name, words in _SYNONYMS.items() for word in words.split()}
_YES = {"yes", "y", "true", "1", "opted in", "opted_in", "opt-in", "subscribed"}
_NO = {"no", "n", "false", "0", "opted out", "opted_out", "opt-out", "unsubscribed"}
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(.*)", re.DOTALL)
_THOUSANDS = re.compile(r"\d{1,3}([ .,']\d{3})+")


@dataclass(frozen=True)
class Options:
    """What holds for every row. `existing`: `update` known leads, or only `add` new ones."""

    system: str = ""  # of the external id, where its column names none
    source: str = ""  # of rows whose own is blank
    campaign: str = ""
    existing: str = "update"
    date_format: str = "iso"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Options":
        """Read options. Raise `Invalid` with the field to blame."""
        names = cls.__dataclass_fields__
        options = cls(**{name: str(value).strip() for name, value in data.items() if name in names and value})
        if options.existing not in EXISTING:
            raise Invalid("Choose whether known leads are updated or left alone.", field="existing")
        if options.date_format not in DATE_FORMATS:
            raise Invalid("Choose how the dates are written.", field="date_format")
        if options.system:
            persons.external_ids([(options.system, "x")])
        return options


@dataclass(frozen=True)
class Plan:
    """A checked mapping: column position → field, with the options and the workspace's zone."""

    columns: dict[int, str]
    options: Options
    zone: zoneinfo.ZoneInfo
    width: int  # of the header


def fields(workspace: Workspace) -> dict[str, str]:
    """Return every field that a column may be mapped to, with its words; the workspace's attributes at the end."""
    rows = Attribute.objects.of(workspace).order_by("label").values_list("key", "label")
    return {**FIELDS, **{f"attribute:{key}": label for key, label in rows}}


def guess(workspace: Workspace, header: Sequence[str]) -> dict[str, str]:
    """Propose a mapping from the names of the columns. A name that occurs twice, or is blank, is left to the user."""
    known = {_plain(label): name for name, label in fields(workspace).items() if name.startswith("attribute:")}
    known |= {_plain(name.partition(":")[2]): name for name in known.values()}
    known |= _FIELD_OF
    plain = [_plain(name) for name in header]
    mapping: dict[str, str] = {}
    for position, word in enumerate(plain):
        name = known.get(word)
        if name and plain.count(word) == 1 and name not in mapping.values():
            mapping[str(position)] = name
    return mapping


def check(workspace: Workspace, header: Sequence[str], mapping: Mapping[str, str], options: Mapping[str, Any]) -> Plan:
    """Return the plan of a mapping. Raise `Invalid` saying what is missing or meant twice."""
    known, chosen = fields(workspace), Options.from_json(options)
    columns: dict[int, str] = {}
    for key, name in mapping.items():
        if not name:
            continue
        if not str(key).isdigit() or int(key) >= len(header):
            raise Invalid(f"The file has no column {key}.", field="mapping")
        base, _, system = name.partition(":")
        if name not in known and not (base == "external_id" and persons.SYSTEM.fullmatch(system)):
            raise Invalid(f"There is no field “{name}”. Choose one of the list.", field="mapping")
        if name in columns.values():
            words = known.get(name, name)
            raise Invalid(f"Two columns are mapped to “{words}”. Choose one of them.", field="mapping")
        if name == "external_id" and not chosen.system:
            raise Invalid("Name the system that the external id comes from, e.g. crm.", field="system")
        columns[int(key)] = name
    if not any(name == "email" or name.startswith("external_id") for name in columns.values()):
        words = "Map a column to the e-mail or to an external id: nothing else says who a row is."
        raise Invalid(words, field="mapping")
    return Plan(columns, chosen, zoneinfo.ZoneInfo(workspace.time_zone), len(header))


def person(plan: Plan, row: Sequence[str]) -> Person:
    """Return the person of a row. Raise `Invalid` for a row of another width or a cell that cannot be read."""
    if len(row) < plan.width or any(cell.strip() for cell in row[plan.width :]):
        words = f"This row has {len(row)} cells, the header has {plan.width}. Look for a delimiter too many or too few."
        raise Invalid(words)
    facts: dict[str, Any] = {"source": plan.options.source, "campaign": plan.options.campaign}
    ids: list[tuple[str, str]] = []
    attributes: dict[str, Any] = {}
    for position, name in plan.columns.items():
        cell = restore(row[position]).strip()
        base, _, rest = name.partition(":")
        if not cell:
            continue
        if base == "external_id":
            ids.append((rest or plan.options.system, cell))
        elif base == "attribute":
            attributes[rest] = cell
        elif base == "name":
            first, _, last = cell.rpartition(" ")
            facts = {"first_name": first, "last_name": last, **{key: value for key, value in facts.items() if value}}
        else:
            facts[base] = _READ[base](cell, plan) if base in _READ else cell
    return Person(**facts, external_ids=tuple(ids), attributes=attributes)


def _moment(cell: str, plan: Plan) -> datetime:
    """Read a date (midnight in the workspace's zone) or a time (in that zone, unless it names its own)."""
    text = cell
    if plan.options.date_format != "iso" and (match := _DAY.fullmatch(cell)):
        one, two, year, rest = match.groups()
        day, month = (one, two) if plan.options.date_format == "dmy" else (two, one)
        text = f"{year}-{int(month):02}-{int(day):02}{rest}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        shape = DATE_FORMATS[plan.options.date_format]
        raise Invalid(f"“{cell[:40]}” is not a date written as {shape}.", field="first_contact_at") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=plan.zone)).astimezone(UTC)


def _employees(cell: str, plan: Plan) -> Any:
    return re.sub(r"\D", "", cell) if _THOUSANDS.fullmatch(cell) else cell


def _consent(cell: str, plan: Plan) -> str:
    word = cell.lower()
    return "opted_in" if word in _YES else "opted_out" if word in _NO else word


_READ = {"first_contact_at": _moment, "employees": _employees, "consent": _consent}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
