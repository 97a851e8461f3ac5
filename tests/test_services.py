"""Private servers for the tests are started where there are none, and end with them."""

import shutil
from contextlib import ExitStack

import pytest

from tests import services

pytestmark = pytest.mark.once
NOWHERE = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(services, "LOCAL_POSTGRES", f"postgres://postgres@{NOWHERE}/postgres")
    monkeypatch.setattr(services, "LOCAL_REDIS", f"redis://{NOWHERE}/0")


@pytest.mark.skipif(not services.program("initdb", *services.POSTGRES_PLACES), reason="PostgreSQL is not installed")
def test_a_private_postgresql_lets_the_tests_create_databases_and_ends_with_them():
    with ExitStack() as stack:
        url = services.postgres(stack)
        assert url
        assert services.may_create_databases(url)
    assert not services.may_create_databases(url)


@pytest.mark.skipif(not shutil.which("redis-server"), reason="Redis is not installed")
def test_a_private_redis_answers_and_ends_with_the_tests():
    with ExitStack() as stack:
        url = services.redis_server(stack)
        assert url
        assert services.redis_answers(url)
    assert not services.redis_answers(url)


def test_what_cannot_be_had_is_said_loudly_and_the_tests_run_all_the_same(monkeypatch, capfd, tmp_path):
    monkeypatch.setenv("LEADFLOW_CHROMIUM", "/usr/bin/some-chromium")
    monkeypatch.setattr(services, "SHARED", tmp_path)
    (tmp_path / "messy_csv").mkdir()
    monkeypatch.setattr(services, "program", lambda name, *places: None)
    assert services.main(["sh", "-c", 'test -z "$LEADFLOW_TEST_POSTGRES$REDIS_URL"']) == 0
    said = capfd.readouterr().err
    assert "!!  No PostgreSQL: nothing is tested on it." in said
    assert "!!  No Redis: the tests that need it are skipped." in said
    assert "Chromium:" not in said
    assert f"!!  No {tmp_path / 'olist'}: the replay of a real history" in said
    assert "messy_csv" not in said
