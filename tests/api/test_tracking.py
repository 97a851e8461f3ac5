"""The tracking endpoint, point by point of the contract."""

import base64
import gzip
import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.intake.upsert import Person, upsert
from leads.models import Account, AnonymousId, Attribute, Event, ExternalId, Lead, RejectedEvent
from tests import builders
from workspaces import keys
from workspaces.actors import engine

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(workspace):
    return keys.create(workspace, actor=engine("test"), name="Site", scopes=["track"])[1]


@pytest.fixture
def send(secret):
    """Post a body to the endpoint as a client does."""

    def post(body, path="/v1/batch", *, key=secret, raw=None, content_type="application/json", **headers):
        if key:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body).encode() if raw is None else raw
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        return client.generic("POST", path, data, content_type=content_type, headers=names)

    return post


def track(n=1, **members):
    return {"type": "track", "event": "Demo Requested", "anonymousId": "b1", "messageId": f"m{n}", **members}


def taken(response):
    return response.status_code == 200 and response.json() == {"success": True}


def refusal(response, status):
    assert response.status_code == status, response.content
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    problem = response.json()
    assert problem["code"]
    assert problem["message"] == problem["detail"]
    assert not Event.everywhere.exists()
    return problem


def test_a_batch_answers_exactly_200_success(send):
    response = send({"batch": [track()]})
    assert response.status_code == 200
    assert response.content == b'{"success": true}'


@pytest.mark.parametrize("path", ["track", "t", "page", "p", "screen", "s"])
def test_single_events_go_to_the_words_of_servers_and_the_letters_of_browsers(send, workspace, path):
    assert taken(send({"event": "Download", "name": "Home", "anonymousId": "b1", "messageId": "m1"}, f"/v1/{path}"))
    kinds = {"t": "download", "p": "page", "s": "screen"}
    assert Event.objects.of(workspace).get().type == kinds[path[0]]


@pytest.mark.parametrize("path", ["identify", "i", "group", "g"])
def test_calls_that_tell_who_somebody_is_make_a_lead_and_no_event(send, workspace, path):
    assert taken(send({"userId": 7, "traits": {"name": "Ada Byron"}}, f"/v1/{path}"))
    assert ExternalId.objects.of(workspace).get().value == "7"
    assert not Event.objects.of(workspace).exists()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("packed", [False, True])
def test_the_body_is_json_whatever_its_content_type_says(send, workspace, content_type, packed):
    body = json.dumps({"batch": [track()]}).encode()
    headers = {"Content_Encoding": "gzip"} if packed else {}
    response = send(None, raw=gzip.compress(body) if packed else body, content_type=content_type, **headers)
    assert taken(response)
    assert Event.objects.of(workspace).count() == 1


def test_gzip_is_recognised_without_its_header(send):
    raw = gzip.compress(json.dumps({"batch": [track()]}).encode())
    assert taken(send(None, raw=raw, content_type="application/x-www-form-urlencoded"))


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (gzip.compress(b'{"batch": []}')[:-6], "cut off"),
        (gzip.compress(b'{"batch": []}') + gzip.compress(b"{}"), "one stream"),
        (gzip.compress(b" " * (5 * 1024 * 1024)), "4 MiB"),
        (b"no gzip at all", "not gzip"),
    ],
    ids=["cut off", "doubled", "too long", "no gzip"],
)
def test_a_gzip_stream_that_is_cut_off_doubled_or_too_long_is_refused(send, raw, words):
    assert words in refusal(send(None, raw=raw, Content_Encoding="gzip"), 400)["message"]


def test_a_batch_of_nearly_four_mebibytes_is_taken(send, workspace):
    events = [track(n, properties={"text": "x" * 20_000}) for n in range(200)]
    assert taken(send({"batch": events}))
    assert Event.objects.of(workspace).count() == 200


@pytest.mark.parametrize("size", [4 * 1024 * 1024 + 100, 6 * 1024 * 1024])
def test_a_batch_over_four_mebibytes_is_refused(send, size):
    assert "4 MiB" in refusal(send(None, raw=b"{" + b" " * size + b"}"), 400)["message"]


def test_more_than_500_events_are_refused_by_number(send):
    assert "500 events" in refusal(send({"batch": [track(n) for n in range(501)]}), 400)["message"]


def test_an_event_over_32_kb_is_kept_out_and_the_others_are_taken(send, workspace):
    assert taken(send({"batch": [track(1), track(2, properties={"x": "y" * 40_000})]}))
    assert Event.objects.of(workspace).get().message_id == "m1"
    assert "32 KB" in RejectedEvent.objects.of(workspace).get().reason


@pytest.mark.parametrize("raw", [b"", b"not json", b"[]", b'{"batch": 5}', b"\xff\xfe", b"[" * 100_000, b"{}"])
def test_what_is_not_a_batch_is_400(send, secret, raw):
    refusal(send(None, raw=raw), 400)


def test_the_write_key_may_stand_in_the_body(send, secret, workspace):
    assert taken(send({"writeKey": secret, "batch": [track()]}, key=""))
    assert Event.objects.of(workspace).count() == 1


@pytest.mark.parametrize("key", ["", "lf_0123456789_nonsense", "other"])
def test_a_missing_or_unknown_key_is_401(send, key):
    response = send({"batch": [track()]}, key=key)
    refusal(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic")


def test_a_key_without_the_scope_is_403(send, workspace):
    other = keys.create(workspace, actor=engine("test"), name="Reader", scopes=["read"])[1]
    refusal(send({"batch": [track()]}, key=other), 403)


def test_preflight_answers_for_every_address(client):
    for kind in ("batch", "identify", "track", "page", "screen", "group", "alias", "i", "t", "p", "s", "g", "a"):
        response = client.options(f"/v1/{kind}", headers={"Origin": "https://site.example"})
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "authorization" in response.headers["Access-Control-Allow-Headers"]
        assert "POST" in response.headers["Access-Control-Allow-Methods"]


def test_the_answer_carries_the_cors_header(send):
    assert send({"batch": [track()]}).headers["Access-Control-Allow-Origin"] == "*"


def test_a_get_is_405_and_names_the_methods(client):
    response = client.get("/v1/batch")
    refusal(response, 405)
    assert "POST" in response.headers["Allow"]


def test_plain_http_is_refused_and_never_redirected_where_https_is_demanded(send, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, [r"^v1/"]
    assert "HTTPS" in refusal(send({"batch": [track()]}), 400)["message"]


def test_a_database_that_fails_midway_is_503_with_the_seconds_to_wait(send, workspace):
    def failing(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "leads_event"'):
            raise OperationalError("the database went away")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(failing):
        response = send({"batch": [track()]})
    refusal(response, 503)
    assert not AnonymousId.objects.of(workspace).exists()
    assert int(response.headers["Retry-After"]) > 0


def test_a_message_id_counts_once_however_the_batches_are_cut(send, workspace):
    assert taken(send({"batch": [track(1), track(2)]}))
    assert taken(send({"batch": [track(2), track(3)]}))
    assert taken(send(track(3), "/v1/track"))
    assert sorted(Event.objects.of(workspace).values_list("message_id", flat=True)) == ["m1", "m2", "m3"]


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "nonsense", "userId": "1"},
        {"type": "track", "event": "X"},
        {"type": "track", "userId": "1"},
        {"type": "alias", "userId": "1"},
        {"type": "identify", "userId": "1", "traits": {"email": "no address"}},
        {"type": "track", "event": "X", "userId": "1", "timestamp": "yesterday"},
        {"type": "track", "event": "X", "userId": "1", "properties": {"nul": "a\x00b"}},
        {"type": "track", "event": "X", "userId": "1", "properties": {"half": "\ud800"}},
        {"type": "track", "event": {"x": 1}, "userId": "1"},
        "no object",
        None,
        17,
    ],
)
def test_one_bad_event_is_kept_with_its_reason_and_the_good_ones_are_taken(send, workspace, bad):
    assert taken(send({"batch": [track(1), bad, track(2)]}))
    assert Event.objects.of(workspace).count() == 2
    assert RejectedEvent.objects.of(workspace).get().reason


@pytest.mark.parametrize("number", [b"NaN", b"1e999", b"9" * 5000])
def test_a_number_that_nobody_can_hold_spoils_its_event_alone(send, workspace, number):
    bad = b'{"type": "track", "event": "X", "anonymousId": "b1", "properties": {"n": ' + number + b"}}"
    raw = b'{"batch": [' + json.dumps(track(1)).encode() + b"," + bad + b"]}"
    assert taken(send(None, raw=raw))
    assert (Event.objects.of(workspace).count(), RejectedEvent.objects.of(workspace).count()) == (1, 1)


def test_a_single_bad_event_is_400_and_kept(send, workspace):
    refusal(send({"anonymousId": "b1"}, "/v1/track"), 400)
    assert RejectedEvent.objects.of(workspace).count() == 1


def test_nulls_numbers_and_unknown_members_are_no_reason_to_refuse(send, workspace):
    event = track(1, userId=12345, anonymousId=None, context=None, properties=None, integrations={}, zebra=[1])
    identify = {"type": "identify", "userId": 12345, "traits": {"email": None, "firstName": "Ada", "age": 30}}
    assert taken(send({"batch": [event, identify], "sentAt": None, "context": {"library": {}}}))
    assert Event.objects.of(workspace).get().lead.first_name == "Ada"
    assert not RejectedEvent.objects.of(workspace).exists()


def test_the_clock_of_a_client_that_is_an_hour_slow_is_mended(send, workspace):
    now = timezone.now()
    slow = now - timedelta(hours=1)
    body = {"batch": [track(1, timestamp=(slow - timedelta(minutes=5)).isoformat())], "sentAt": slow.isoformat()}
    assert taken(send(body))
    off = Event.objects.of(workspace).get().occurred_at - (now - timedelta(minutes=5))
    assert abs(off) < timedelta(seconds=30)


def test_the_original_timestamp_of_rudder_counts(send, workspace):
    now = timezone.now()
    at = (now - timedelta(minutes=5)).isoformat()
    event = track(1, originalTimestamp=at, timestamp=now.isoformat())
    assert taken(send({"batch": [event], "sentAt": now.isoformat()}))
    assert abs(Event.objects.of(workspace).get().occurred_at - (now - timedelta(minutes=5))) < timedelta(seconds=30)


@pytest.mark.parametrize(("days", "clock_skew"), [(400, "future"), (-400, "old"), (-1, "")])
def test_times_far_off_are_kept_flagged_and_do_not_count(send, workspace, days, clock_skew):
    at = timezone.now() + timedelta(days=days)
    assert taken(send({"batch": [track(1, userId="7", timestamp=at.isoformat())]}))
    event = Event.objects.of(workspace).select_related("lead").get()
    assert (event.clock_skew, bool(event.lead.last_event_at)) == (clock_skew, not clock_skew)


def test_facts_are_read_where_the_clients_put_them(send, workspace):
    Attribute.everywhere.create(workspace=workspace, key="plan", label="Plan")
    identify = {
        "type": "identify",
        "userId": "u1",
        "traits": {
            "email": "Ada@Acme.example",
            "firstName": "Ada",
            "lastName": "Byron",
            "phone": "+44 1",
            "title": "Buyer",
            "plan": "basic",
            "zebra": {"not": "ours"},
            "company": {"name": "Acme", "industry": "logistics", "employees": 250},
        },
        "context": {
            "campaign": {"source": "newsletter", "medium": "email", "name": "spring"},
            "locale": "en-GB",
            "timezone": "Europe/London",
            "ip": "192.0.2.1",
        },
    }
    page = {
        "type": "page",
        "anonymousId": "b1",
        "userId": "u1",
        "messageId": "m1",
        "context": {"page": {"url": "https://acme.example/pricing", "title": "Pricing"}},
    }
    assert taken(send({"batch": [identify, page]}))
    lead = Lead.objects.of(workspace).select_related("campaign", "account").get()
    assert (lead.email, lead.first_name, lead.last_name, lead.title) == ("ada@acme.example", "Ada", "Byron", "Buyer")
    assert (lead.source, lead.campaign.code, lead.language, lead.time_zone) == (
        "newsletter",
        "spring",
        "en-GB",
        "Europe/London",
    )
    assert (lead.account.name, lead.account.domain, lead.account.employees) == ("Acme", "acme.example", 250)
    assert lead.attributes == {"plan": "basic"}
    event = Event.objects.of(workspace).get()
    assert (event.type, event.name, event.url) == ("page", "Pricing", "https://acme.example/pricing")
    assert event.lead_id == lead.pk


def test_a_crawler_is_no_person(send, workspace):
    context = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    assert taken(send({"batch": [track(1, context=context), track(2, context={"userAgent": "Mozilla/5.0"})]}))
    assert list(Event.objects.of(workspace).order_by("message_id").values_list("human", flat=True)) == [False, True]


def test_an_anonymous_history_comes_along_on_identify(send, workspace):
    assert taken(send({"batch": [track(1)]}))
    assert Event.objects.of(workspace).get().lead_id is None
    assert taken(send({"batch": [{"type": "identify", "anonymousId": "b1", "traits": {"email": "a@acme.example"}}]}))
    assert Event.objects.of(workspace).get().lead.email == "a@acme.example"


def test_alias_merges_the_anonymous_history_into_the_known_lead(send, workspace):
    lead = upsert(workspace, Person(email="a@acme.example", external_ids=(("user", "u1"),)), actor=engine("test")).lead
    assert taken(send({"batch": [track(1)]}))
    assert taken(send({"previousId": "b1", "userId": "u1"}, "/v1/alias"))
    assert Event.objects.of(workspace).get().lead_id == lead.pk
    assert AnonymousId.objects.of(workspace).get().lead_id == lead.pk


def test_group_tells_the_company(send, workspace):
    traits = {"name": "Acme", "website": "https://acme.example/"}
    assert taken(send({"userId": "u1", "groupId": 5, "traits": traits}, "/v1/g"))
    account = Account.objects.of(workspace).get()
    assert (account.name, account.domain) == ("Acme", "acme.example")
    assert Lead.objects.of(workspace).get().account_id == account.pk


def test_a_public_write_key_fills_gaps_and_overwrites_nothing(send, workspace):
    upsert(workspace, Person(email="a@acme.example", first_name="Ada"), actor=engine("test"))
    traits = {"email": "a@acme.example", "firstName": "Eve", "title": "Buyer"}
    assert taken(send({"batch": [{"type": "identify", "userId": "u1", "traits": traits}]}))
    lead = Lead.objects.of(workspace).get()
    assert (lead.first_name, lead.title) == ("Ada", "Buyer")


def test_a_public_write_key_renames_no_account_that_is_known(send, workspace):
    upsert(workspace, Person(email="a@acme.example", company="Acme", industry="Software"), actor=engine("test"))
    company = {"name": "Renamed", "industry": "Mischief", "employees": 9}
    traits = {"email": "eve@acme.example", "company": company}
    assert taken(send({"batch": [{"type": "identify", "userId": "u9", "traits": traits}]}))
    account = Account.objects.of(workspace).get()
    assert (account.name, account.industry, account.employees) == ("Acme", "Software", 9)
    assert Lead.objects.of(workspace).get(email="eve@acme.example").account_id == account.pk


def test_a_key_that_may_write_overwrites(send, workspace):
    key = keys.create(workspace, actor=engine("test"), name="Server", scopes=["track", "write"])[1]
    upsert(workspace, Person(email="a@acme.example", first_name="Ada"), actor=engine("test"))
    traits = {"email": "a@acme.example", "firstName": "Eve"}
    assert taken(send({"batch": [{"type": "identify", "userId": "u1", "traits": traits}]}, key=key))
    assert Lead.objects.of(workspace).get().first_name == "Eve"


def test_ids_of_two_leads_are_kept_as_a_rejected_event(send, workspace):
    upsert(workspace, Person(email="a@acme.example"), actor=engine("test"))
    upsert(workspace, Person(external_ids=(("user", "u1"),)), actor=engine("test"))
    assert taken(send({"batch": [{"type": "identify", "userId": "u1", "traits": {"email": "a@acme.example"}}]}))
    assert "different people" in RejectedEvent.objects.of(workspace).get().reason


def test_events_land_in_the_workspace_of_the_key_alone(send, workspace):
    other = builders.workspace("Other")
    upsert(other, Person(external_ids=(("user", "u1"),)), actor=engine("test"))
    assert taken(send({"batch": [track(1, userId="u1")]}))
    assert not Event.objects.of(other).exists()
    assert Event.objects.of(workspace).get().lead.workspace_id == workspace.pk


def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(send):
    def statements(start, count):
        events = [
            event
            for n in range(start, start + count)
            for event in (
                {"type": "identify", "userId": f"u{n}", "traits": {"email": f"p{n}@firm{n}.example"}},
                track(n, userId=f"u{n}", anonymousId=f"b{n}"),
            )
        ]
        with CaptureQueriesContext(connection) as seen:
            assert taken(send({"batch": events}))
        return len(seen)

    statements(0, 1)  # notes the use of the key
    assert statements(10, 2) == statements(100, 250)
