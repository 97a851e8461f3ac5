"""Read settings from the environment, and secrets from files that it names."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def read(name: str, default: str = "") -> str:
    """Return variable `name`, or the content of the file that `name`_FILE points at, or `default`."""
    if value := os.environ.get(name, "").strip():
        return value
    if path := os.environ.get(f"{name}_FILE", "").strip():
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE points at {path}, which cannot be read.") from error
    return default


def demand(name: str, example: str) -> str:
    """Return variable `name`; raise ImproperlyConfigured with an example if it is not set."""
    if value := read(name):
        return value
    raise ImproperlyConfigured(f"Production needs {name} (or {name}_FILE) to be set, for instance: {example}")


def flag(name: str, default: bool) -> bool:
    """Return variable `name` as a yes or no."""
    value = read(name).lower()
    if value in ("", "1", "true", "yes", "on", "0", "false", "no", "off"):
        return value in ("1", "true", "yes", "on") if value else default
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to 1 or 0.")


def words(name: str) -> list[str]:
    """Return the comma-separated values of variable `name`."""
    return [word.strip() for word in read(name).split(",") if word.strip()]


def kept_secret(path: Path) -> str:
    """Return the secret kept at `path`, writing a new one first if there is none.

    Several processes may start at once: the file appears whole or not at all, and the first one wins.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def mail_from(url: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings for an address like smtp+tls://user:password@host:587.

    smtp:// is unencrypted, smtp+tls:// starts TLS, smtps:// is TLS from the first byte. `?timeout=` is in
    seconds (10 if not given).
    """
    parts = urlsplit(url)
    if parts.scheme not in SMTP_PORTS or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@mail.example.com:587")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or SMTP_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": int(parse_qs(parts.query).get("timeout", ["10"])[0]),
    }


def anymail() -> dict[str, str]:
    """Return the ANYMAIL_* variables as the settings of the mail provider."""
    names = {name.removesuffix("_FILE") for name in os.environ if name.startswith("ANYMAIL_")}
    return {name.removeprefix("ANYMAIL_"): read(name) for name in names}
