"""The production processes, started by hand with the commands of docker-compose.yml, do what an admin does first."""

import re
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.torture.browsing import PASSWORD, URL, Client, Person, Program
from tests.torture.company import take_in
from tests.torture.production import DOMAIN, ROOT, SERVICES, STAND_INS, until

pytestmark = [pytest.mark.torture, pytest.mark.postgres, pytest.mark.redis]


def test_the_processes_are_those_of_the_compose_file(production):
    assert set(production.processes) | STAND_INS | {"prepare"} == set(SERVICES)
    for service in ("prepare", "web", "worker", "beat"):
        said, got = SERVICES[service]["environment"], production.environment(service)
        assert {name for name in said if got[name] != said[name] and "$" not in said[name]} == {"REDIS_URL"}
        assert set(production.replaced) <= set(said)
        assert "$" not in "".join(got[name] for name in said)
    assert production.environment("web")["DEFAULT_FROM_EMAIL"] == f"Leadflow <leadflow@{DOMAIN}>"


def test_the_engine_waits_for_each_process_to_end_what_it_does():
    graceful = re.findall(r"--graceful-timeout (\d+)", (ROOT / "bin/web").read_text())
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > int(graceful[0])
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("m")) * 60 > settings.CELERY_TASK_TIME_LIMIT


@pytest.mark.parametrize("service", ["redis", "web", "worker", "beat"])
def test_every_process_is_healthy_by_the_check_of_its_service(production, service):
    assert production.processes[service].poll() is None, production.log(service)
    # A worker that has just begun does not answer yet; the engine asks again as well.
    until(lambda: production.healthy(service), 40, f"{service} is healthy")


def test_the_settings_that_compose_gives_pass_the_deployment_checks(production):
    done = production.run("web", [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"])
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_no_migration_is_left_to_run_after_prepare(production):
    assert production.manage("migrate", "--check").returncode == 0


def test_plain_http_is_sent_to_https_and_health_is_told_to_the_engine_alone(production):
    client = Client(production.port)
    moved = client.get(f"http://{DOMAIN}/inbox/", allow_redirects=False)
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{URL}/inbox/")
    healthy = client.get(f"http://{DOMAIN}/healthz", allow_redirects=False)
    assert (healthy.status_code, healthy.text) == (200, "ok\n")
    client.close()


def test_a_host_that_is_not_ours_is_refused(production):
    client = Client(production.port)
    assert client.get("/account/login/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200
    adapter = client.get_adapter(URL)
    client.mount("https://evil.example", adapter)
    assert client.get("https://evil.example/account/login/").status_code == 400
    client.close()


def test_answers_carry_the_security_headers_and_cookies_are_for_https_alone(company):
    answer = company.people["admin"].get("/account/email/")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "upgrade-insecure-requests" in policy
    cookies = {cookie.name: cookie for cookie in company.people["admin"].cookies}
    for name in ("leadflow_session", "leadflow_csrf"):
        assert cookies[name].secure, name
    assert cookies["leadflow_session"].has_nonstandard_attr("HttpOnly")


def test_static_files_are_served_with_hashes_and_may_be_kept_for_ever(production, company):
    page = company.people["admin"].page("/overview/")
    own = [path for path in re.findall(r'(?:href|src)="([^"]+)"', page) if path.startswith("/static/")]
    assert len(own) > 8
    client = Client(production.port)
    for path in dict.fromkeys(own):
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", path), path
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["Cache-Control"], path
    zipped = client.get(next(path for path in own if path.endswith(".css")), headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    client.close()


def test_the_modules_that_scripts_import_are_there(production, company):
    page = company.people["admin"].page("/overview/")
    client = Client(production.port)
    imported = 0
    for path in dict.fromkeys(re.findall(r'src="(/static/js/[^"]+)"', page)):
        for other in re.findall(r"""(?:from|import)\s*["'](\.[^"']+)["']""", client.get(path).text):
            imported += 1
            target = client.get(f"{URL}{path.rpartition('/')[0]}/{other.removeprefix('./')}")
            assert target.status_code == 200, f"{path} imports {other}"
    client.close()


def test_the_schema_and_the_page_that_reads_it_answer(production):
    client = Client(production.port)
    page = client.get("/api/docs/")
    assert page.status_code == 200
    scripts = re.findall(r'<script[^>]*src="([^"]+)"', page.text)
    assert scripts
    for path in scripts:
        assert client.get(path).status_code == 200, path
    schema = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert schema.status_code == 200
    assert schema.json()["openapi"].startswith("3.")
    assert "/api/v1/leads" in schema.json()["paths"]
    client.close()


def test_a_mistake_of_the_client_is_a_problem_and_no_trace(production, company):
    wrong = Program(production.port, "lf_0000000000_not-a-key")
    problem = wrong.call("GET", "me", status=401)
    assert problem["status"] == 401
    missing = company.program.call("GET", "leads/999999999", status=404)
    assert missing["code"] == "not_found"
    page = company.people["admin"].get("/leads/999999999/")
    assert page.status_code == 404
    assert "Traceback" not in page.text
    wrong.close()


def test_an_admin_invites_makes_a_key_and_watches_a_lead_until_it_is_won(production, company):
    program, rita = company.program, company.people["sales"]
    assert company.people["admin"].get("/settings/keys/").text.count(company.secret) == 0, "it is shown once"
    stored = production.rows("SELECT row_to_json(k)::text FROM workspaces_apikey k")
    assert len(stored) == 1
    assert company.secret.rpartition("_")[2] not in stored[0][0]

    lead = take_in(program, "Priya")
    mql = until(lambda: (now := program.call("GET", f"leads/{lead}"))["state"] == "mql" and now, 60, "an MQL")
    handoff = program.call("GET", f"handoffs/{mql['handoff_id']}")
    assert handoff["owner"]["name"] == "Rita Rep"
    assert handoff["evidence"]["verdict"]["passed"] is True
    assert f"/leads/{lead}/" in rita.page("/inbox/")
    notice = production.mailbox.wait_for(rita.email, "was handed over to you", 40)
    assert f"{URL}/leads/{lead}/" in notice.get_content()
    assert "Priya" in notice["Subject"]

    path = f"handoffs/{handoff['id']}"
    assert program.call("POST", f"{path}/accept", {})["lead"]["state"] == "sal"
    assert program.call("POST", f"{path}/promote", {}, 409)["verdict"]["passed"] is False
    for question, value in {"budget": "Approved", "authority": "Decides", "need": "Fewer junk leads"}.items():
        program.call("POST", f"leads/{lead}/answers", {"question": question, "value": value}, 201)
    promoted = program.call("POST", f"{path}/promote", {"answers": {"timeline": "Within 3 months"}})
    assert promoted["lead"]["state"] == "sql"
    assert program.call("POST", f"{path}/win", {"amount": "18000", "currency": "EUR"})["state"] == "won"
    clocks = production.rows("SELECT kind, state FROM sla_clock WHERE handoff_id = %s", handoff["id"])
    assert clocks, "the agreement was signed, so clocks ran"
    assert "running" not in {state for _, state in clocks}
    funnel = program.call("GET", "reports/funnel")
    assert funnel["total"]["counts"]["won"] == 1
    moves = production.rows("SELECT move FROM leads_transition WHERE lead_id = %s ORDER BY id", lead)
    assert [move for (move,) in moves] == ["create", "qualify", "accept", "promote", "win"]


def test_a_colleague_who_joined_logs_in_again_and_a_stranger_does_not(production, company):
    rita = Person(production.port, company.people["sales"].email)
    rita.log_in()
    assert urlsplit(rita.get("/").url).path == "/inbox/"
    assert rita.get("/settings/keys/").status_code == 403
    stranger = Person(production.port, "eve@elsewhere.example")
    page = stranger.page("/account/login/")
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    fields = {"login": rita.email, "password": PASSWORD + "!", "csrfmiddlewaretoken": token}
    stranger.post("/account/login/", data=fields, headers={"Origin": URL})
    assert urlsplit(stranger.get("/inbox/").url).path == "/account/login/"
    for client in (rita, stranger):
        client.close()
