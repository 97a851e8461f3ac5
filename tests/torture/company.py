"""A company that begins to use a production Leadflow, by its pages alone."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from tests.torture.browsing import PASSWORD, Person, Program, link
from tests.torture.production import Production

PEOPLE = {
    "marketing_manager": ("Mara Market", "mara@acme.example"),
    "sales_manager": ("Sven Sales", "sven@acme.example"),
    "sales": ("Rita Rep", "rita@acme.example"),
}


@dataclass
class Company:
    """Its members, logged in, by role; what the page said of the key; and the program that has it."""

    people: dict[str, Person]
    secret: str
    program: Program


def found(production: Production) -> Company:
    """Sign up, invite three colleagues who join, sign the agreement, put the rep into the pool, make a key."""
    admin = sign_up(production, "ada@acme.example")
    admin.submit("/workspace/new/", name="Acme", time_zone="Europe/Berlin")
    people = {role: join(production, admin, role) for role in PEOPLE}
    admin.submit("/agreement/1/", "/agreement/1/propose/")
    for role in ("marketing_manager", "sales_manager"):
        people[role].submit("/agreement/1/", "/agreement/1/sign/")
    place(admin, "Rita Rep")
    secret = make_key(admin)
    return Company(people | {"admin": admin}, secret, Program(production.port, secret))


def sign_up(production: Production, email: str) -> Person:
    """Make an account, follow the link in the mail, log in."""
    person = Person(production.port, email)
    person.submit("/account/signup/", email=email, password1=PASSWORD)
    confirm = link(production.mailbox.wait_for(email, "onfirm").get_content(), "/confirm-email/")
    person.submit(confirm)
    person.log_in()
    return person


def join(production: Production, admin: Person, role: str) -> Person:
    """Invite somebody on the members page; they follow the link in the mail that the worker sends."""
    name, email = PEOPLE[role]
    admin.submit("/settings/members/", email=email, role=role)
    invitation = production.mailbox.wait_for(email, "Invitation to Acme").get_content()
    person = Person(production.port, email)
    person.submit(link(invitation, "/invitations/"), name=name, password=PASSWORD)
    return person


def place(admin: Person, name: str) -> None:
    """Put a rep into the pool that every workspace begins with."""
    path = re.findall(r"/settings/routing/pools/\d+/members/add/", admin.page("/settings/routing/"))[0]
    options = re.findall(r'<option value="(\d+)"[^>]*>([^<]*)', admin.page(path))
    member = next(value for value, label in options if name in unescape(label))
    admin.submit(path, member=member, weight="1")


def make_key(admin: Person) -> str:
    """Make a key on the settings page and return its secret."""
    answer = admin.submit("/settings/keys/", name="CRM", scopes=["read", "write"])
    return re.findall(r'<code id="secret"[^>]*>([^<]+)</code>', answer.text)[0]


def person(name: str) -> dict[str, Any]:
    """Return somebody who fits the default scoring well and may be written to."""
    return {
        "email": f"{name.lower()}@northwind.example",
        "first_name": name,
        "last_name": "Raman",
        "title": "Head of Operations",
        "phone": "+49 30 555 0100",
        "country": "DE",
        "company": "Northwind",
        "industry": "Software",
        "employees": 240,
        "source": "webinar",
        "consent": "opted_in",
        "consent_wording": "Yes, write to me.",
    }


def interest(name: str) -> dict[str, Any]:
    """Return what somebody does who asks for a demo, as a body for the API."""
    pages = [{"type": "page", "url": "https://acme.example/pricing", "message_id": f"{name}{n}"} for n in range(3)]
    return {"events": [*pages, {"type": "demo_request", "name": "Demo", "message_id": f"{name}-demo"}]}


def take_in(program: Program, name: str) -> int:
    """Send a lead and what they did to the API; return the lead's number."""
    lead = program.call("POST", "leads", person(name), 201)
    recorded = program.call("POST", f"leads/{lead['id']}/events", interest(name), 201)
    assert [each["status"] for each in recorded["results"]] == [201] * 4
    return int(lead["id"])
