"""Post to receivers: the only module here that uses the network, and it uses no database."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from django.conf import settings
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress

TIMEOUT_SECONDS = 15
# A receiver that lets its answer drip never meets the time-out of a single read; a whole batch has this long.
BATCH_SECONDS = 45
AT_ONCE = 8
LONGEST_REST = 24 * 3600


@dataclass(frozen=True)
class Request:
    """One try, ready to go."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class PostResult:
    """What a receiver said: `status` 0 means that there was no answer, `words` why; `rest` is in seconds."""

    status: int
    milliseconds: int = 0
    words: str = ""
    rest: int | None = None


def post_all(tries: Iterable[Request]) -> list[PostResult]:
    """Post several at once, each for at most TIMEOUT_SECONDS a read; return the answers in the same order."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
    futures = [pool.submit(post, request) for request in tries]
    wait(futures, timeout=BATCH_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    late = PostResult(0, BATCH_SECONDS * 1000, "No complete answer in time.")
    return [future.result() if future.done() and not future.cancelled() else late for future in futures]


def post(request: Request) -> PostResult:
    """Post one try. Follows no redirect; connects only to the public address that it checked (see settings)."""
    begun = time.monotonic()
    try:
        with _manager().get_session() as session:
            session.trust_env = False  # no proxy and no credentials from this machine's environment
            with session.post(request.url, data=request.body, headers=request.headers, stream=True) as response:
                words = "" if response.ok else _beginning(response)
                rest = _rest(response.headers.get("Retry-After", ""))
                return PostResult(response.status_code, _since(begun), words, rest)
    except InvalidIPAddress:
        words = "The address is not public, so nothing was sent."
    except requests.Timeout:
        words = f"No answer within {TIMEOUT_SECONDS} seconds."
    except requests.exceptions.SSLError:
        words = "The certificate of the receiver is not valid."
    except requests.ConnectionError:
        words = "No connection."
    except (requests.RequestException, OSError, ValueError) as error:
        words = f"{type(error).__name__}: {error}"[:200]
    return PostResult(0, _since(begun), words)


def _manager() -> Manager:
    return Manager(
        Config(
            default_timeout=(TIMEOUT_SECONDS, TIMEOUT_SECONDS),
            never_redirect=True,
            ip_filter_enable=not settings.WEBHOOKS_ALLOW_PRIVATE,
            ip_filter_allow_loopback_ips=False,
            user_agent_override="Leadflow-Webhooks/1.0",
        )
    )


def _beginning(response: requests.Response) -> str:
    """Return the first words of a refusal, for the log; a receiver may send gigabytes."""
    head = response.raw.read(512, decode_content=True) or b""
    return " ".join(head.decode("utf-8", "replace").replace("\0", "").split())[:200]


def _rest(value: str) -> int | None:
    """Read Retry-After, seconds or a date; nonsense counts as not given, more than a day as a day."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(int(value[:9]), LONGEST_REST)
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0, round((until - datetime.now(UTC)).total_seconds())), LONGEST_REST)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
