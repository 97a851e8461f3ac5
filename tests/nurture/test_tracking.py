"""Opens and clicks, by people and by machines."""

import html
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from leads.models import Event
from nurture import enrolments, links, messages, scanners, sending
from nurture.models import Send
from nurture.scanners import Hit
from nurture.steps import StepIn

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
TWO_LINKS = (
    '<p>See <a href="https://a.example.test/?x=1&amp;y=2">this</a> and <a href="https://b.example.test/">that</a></p>'
)


@pytest.fixture
def send(make_program, make_content, enrolled, smtp, at) -> Send:
    """A mail about content that went at `at`."""
    make_content("Guide", "crm")
    body = TWO_LINKS + '<p><a href="{{ content.url }}">{{ content.title }}</a></p>'
    enrolment = enrolled(make_program(StepIn("content", {"stage": "", "subject": "Read", "body": body})))
    enrolments.advance(enrolment, at)
    sending.sweep(at=at)
    return Send.everywhere.select_related("lead__workspace").get()


@pytest.fixture
def paths(send) -> list[str]:
    """The paths of the mail's counted links, in order."""
    found = re.findall(r'href="([^"]+/c/[^"]+)"', messages.with_clicks(send))
    return [urlsplit(html.unescape(each)).path for each in found]


def follow(client, path: str, time_machine, when: datetime, *, agent: str = CHROME, method: str = "get", **headers):
    time_machine.move_to(when, tick=False)
    return getattr(client, method)(path, headers={"user-agent": agent, **headers})


def humans() -> list[bool]:
    return list(Event.everywhere.order_by("pk").values_list("human", flat=True))


def test_a_persons_click_leads_on_and_becomes_an_event_with_the_contents_topics(client, send, paths, time_machine, at):
    when = at + timedelta(hours=1)
    response = follow(client, paths[2], time_machine, when)
    assert (response.status_code, response["Location"]) == (302, "https://content.example.test/guide")
    event = Event.everywhere.get()
    assert (event.type, event.human, event.topics, event.lead_id) == ("mail_click", True, ["crm"], send.lead_id)
    send.refresh_from_db()
    assert send.clicked_at == when
    send.lead.__class__.everywhere.get(pk=send.lead_id, next_at__lte=when)


def test_the_address_in_the_link_comes_back_whole(client, send, paths, time_machine, at):
    response = follow(client, paths[0], time_machine, at + timedelta(hours=1))
    assert response["Location"] == "https://a.example.test/?x=1&y=2"


def test_an_address_too_long_to_be_counted_stands_in_the_mail_as_it_is(client, send, time_machine, at):
    within = f"https://a.example.test/?x={secrets.token_urlsafe(2000)}"
    beyond = f"https://a.example.test/?x={secrets.token_urlsafe(3000)}"
    path = urlsplit(links.click(send, 0, within)).path
    assert follow(client, path, time_machine, at + timedelta(hours=1))["Location"] == within
    assert links.click(send, 1, beyond) == beyond


def test_the_same_click_twice_on_a_day_is_one_event(client, send, paths, time_machine, at):
    for minutes in (60, 90):
        follow(client, paths[0], time_machine, at + timedelta(minutes=minutes))
    assert humans() == [True]


def test_an_open_is_counted_and_gives_a_picture(client, send, time_machine, at):
    path = urlsplit(links.opened(send)).path
    response = follow(client, path, time_machine, at + timedelta(hours=1))
    assert response["Content-Type"] == "image/gif"
    assert "no-store" in response["Cache-Control"]
    send.refresh_from_db()
    assert send.opened_at == at + timedelta(hours=1)
    assert Event.everywhere.get().type == "mail_open"


@pytest.mark.parametrize(
    ("seconds", "method", "agent", "headers"),
    [
        (3600, "head", CHROME, {}),
        (3600, "get", "", {}),
        (3600, "get", "Mozilla/5.0", {}),
        (3600, "get", "Barracuda Sentinel (EE)", {}),
        (3600, "get", "python-requests/2.32", {}),
        (3600, "get", "Mozilla/5.0 (compatible; Googlebot/2.1)", {}),
        (3600, "get", CHROME, {"sec-purpose": "prefetch;prerender"}),
        (2, "get", CHROME, {}),
    ],
)
def test_a_machine_is_led_on_and_earns_nothing(client, send, paths, time_machine, at, seconds, method, agent, headers):
    when = at + timedelta(seconds=seconds)
    response = follow(client, paths[2], time_machine, when, method=method, agent=agent, **headers)
    assert response.status_code == 302
    event = Event.everywhere.get()
    assert event.human is False
    assert event.properties["why"]
    send.refresh_from_db()
    assert send.clicked_at is None


def test_all_links_at_once_are_a_scanner_and_the_first_is_withdrawn(client, send, paths, time_machine, at):
    when = at + timedelta(minutes=3)
    for number, path in enumerate(paths):
        follow(client, path, time_machine, when + timedelta(milliseconds=300 * number))
    assert humans() == [False, False, False]
    send.refresh_from_db()
    assert send.clicked_at is None
    follow(client, paths[0], time_machine, when + timedelta(hours=1))
    assert humans() == [False, False, False, True]


def test_two_links_read_one_after_the_other_are_a_person(client, send, paths, time_machine, at):
    follow(client, paths[0], time_machine, at + timedelta(minutes=3))
    follow(client, paths[1], time_machine, at + timedelta(minutes=4))
    assert humans() == [True, True]


@pytest.mark.parametrize("path", ["/c/forged/", "/o/forged.gif", "/u/forged/"])
def test_a_forged_link_is_not_found_and_nothing_is_recorded(client, send, path):
    assert client.get(path).status_code == 404
    assert not Event.everywhere.exists()


def test_a_token_of_another_purpose_is_not_found(client, send):
    token = urlsplit(links.unsubscribe(send)).path.strip("/").removeprefix("u/")
    assert client.get(f"/c/{token}/").status_code == 404


def test_the_link_of_an_erased_mail_still_leads_on(client, send, paths, time_machine, at):
    send.delete()
    response = follow(client, paths[1], time_machine, at + timedelta(days=90))
    assert response["Location"] == "https://b.example.test/"
    assert not Event.everywhere.exists()


def test_judging_needs_no_database(at):
    hit = Hit("GET", {"user-agent": CHROME}, at)
    assert scanners.judge(hit, sent_at=at - timedelta(minutes=1)).human
    assert scanners.judge(hit, sent_at=None).why == "too soon after the mail went"
