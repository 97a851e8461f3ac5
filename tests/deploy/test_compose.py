"""The production files agree with each other; no engine runs here, so they are read."""

import os
import re

import pytest
import yaml
from django.conf import settings

COMPOSE = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
DOCKERFILE = (settings.BASE_DIR / "Dockerfile").read_text()
OWN = ["prepare", "web", "worker", "beat"]


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_checked_for_health(name):
    service = COMPOSE["services"][name]
    if name == "prepare":
        assert service["restart"] == "no", "it runs once and ends"
    elif name == "web":
        assert "HEALTHCHECK" in DOCKERFILE
        assert "/healthz" in DOCKERFILE
    else:
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


@pytest.mark.parametrize("name", OWN)
def test_the_programs_of_each_service_are_in_the_tree(name):
    service = COMPOSE["services"][name]
    words = [service["command"], service.get("healthcheck", {}).get("test", ["CMD", "bin/web"])[1:]]
    for program in (command[0] for command in words if command):
        assert os.access(settings.BASE_DIR / program, os.X_OK)


def test_nothing_but_the_proxy_listens_to_the_outside():
    published = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}
    assert published.pop("proxy") == ["80:80", "443:443"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_example_names_every_variable_that_compose_needs():
    text = (settings.BASE_DIR / ".env.example").read_text()
    for name in COMPOSE["services"]["web"]["environment"]:
        assert f"{name}=" in text


def test_the_example_names_every_variable_that_the_settings_read():
    example = (settings.BASE_DIR / ".env.example").read_text()
    text = (settings.BASE_DIR / "leadflow/settings.py").read_text()
    names = set(re.findall(r'env\.(?:read|demand|flag|words)\("([A-Z_]+)"', text))
    assert len(names) > 15
    assert {name for name in names if f"{name}=" not in example} == set()
    assert "#ANYMAIL_WEBHOOK_SECRET=\n" in example  # read with all that begin so; without it no bounce is heard of
    said = re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE)
    assert sorted(said) == sorted(set(said))


def test_no_secret_is_in_the_tree():
    environment = COMPOSE["services"]["web"]["environment"]
    assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert "USER leadflow" in DOCKERFILE
