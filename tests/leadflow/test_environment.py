"""Settings are read from the environment, and secrets from files that it names."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from leadflow import environment

PRODUCTION = {
    "LEADFLOW_ENV": "production",
    "LEADFLOW_URL": "https://leads.example.com",
    "SECRET_KEY": "".join(chr(ord("a") + i % 26) for i in range(60)),
    "DATABASE_URL": "postgres://leadflow@db/leadflow",
    "REDIS_URL": "redis://redis/0",
    "EMAIL_URL": "smtp://mail",
    "DEFAULT_FROM_EMAIL": "leadflow@example.com",
}


def manage(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in an environment that holds nothing but PATH and these variables."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_secret_is_read_from_the_file_that_its_variable_names(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "key"))
    assert environment.read("SOME_SECRET", "default") == "from the file"
    monkeypatch.setenv("SOME_SECRET", "from the variable")
    assert environment.read("SOME_SECRET") == "from the variable"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "gone"))
    with pytest.raises(ImproperlyConfigured, match=r"SOME_SECRET_FILE points at .*gone"):
        environment.read("SOME_SECRET")


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("0", False), ("off", False), ("", True)])
def test_a_flag_reads_as_people_write_it(monkeypatch, value, expected):
    monkeypatch.setenv("SOME_FLAG", value)
    assert environment.flag("SOME_FLAG", default=True) is expected


def test_a_flag_that_is_neither_yes_nor_no_is_refused(monkeypatch):
    monkeypatch.setenv("SOME_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="SOME_FLAG is 'maybe'"):
        environment.flag("SOME_FLAG", default=True)


def test_a_mail_address_says_how_to_encrypt_and_may_hold_odd_characters():
    mail = environment.mail_from("smtp+tls://ann%40example.com:p%3Aw%2F@mail.example.com?timeout=3")
    assert mail["EMAIL_HOST"] == "mail.example.com"
    assert mail["EMAIL_PORT"] == 587
    assert (mail["EMAIL_HOST_USER"], mail["EMAIL_HOST_PASSWORD"]) == ("ann@example.com", "p:w/")
    assert (mail["EMAIL_USE_TLS"], mail["EMAIL_USE_SSL"], mail["EMAIL_TIMEOUT"]) == (True, False, 3)
    assert environment.mail_from("smtps://mail")["EMAIL_USE_SSL"] is True


def test_a_mail_address_of_another_kind_is_refused():
    with pytest.raises(ImproperlyConfigured, match="must look like"):
        environment.mail_from("http://mail.example.com")


def test_the_generated_secret_is_kept_and_only_its_owner_can_read_it(tmp_path):
    first = environment.kept_secret(tmp_path / "secret")
    assert len(first) > 60
    assert environment.kept_secret(tmp_path / "secret") == first
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_processes_that_start_together_agree_on_the_secret(tmp_path):
    script = (
        "from pathlib import Path; from leadflow.environment import kept_secret;"
        f"print(kept_secret(Path({str(tmp_path / 'secret')!r})))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1


@pytest.mark.once
def test_an_empty_environment_boots_on_sqlite(tmp_path):
    done = manage("check", LEADFLOW_VAR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secret-key").exists()


@pytest.mark.once
def test_production_settings_pass_the_deployment_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.once
@pytest.mark.parametrize("name", ["SECRET_KEY", "LEADFLOW_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"])
def test_production_demands_each_address_and_secret_by_name(name):
    done = manage("check", **{key: value for key, value in PRODUCTION.items() if key != name})
    assert done.returncode != 0
    assert f"Production needs {name}" in done.stderr.splitlines()[-1]


@pytest.mark.once
def test_a_laptop_setting_left_in_production_is_warned_about():
    left = {"DATABASE_URL": "sqlite:///x", "LEADFLOW_URL": "http://x.example", "DEFAULT_FROM_EMAIL": "me@localhost"}
    done = manage("check", "--deploy", **PRODUCTION | left)
    assert "leadflow.W002" in done.stderr
    assert "leadflow.W003" in done.stderr
    assert "(leadflow.W005) DEFAULT_FROM_EMAIL ends in @localhost." in done.stderr


def test_lock_files_name_no_index_and_hash_every_package():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (settings.BASE_DIR / name).read_text()
        assert "index" not in text.lower()
        assert "://" not in text
        packages = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
        assert len(packages) > 40
        assert all("--hash=sha256:" in package for package in packages)
