"""Distinguish people from mail scanners and prefetchers, which follow every link and load every picture. Pure.

What is not human is recorded as such, and earns nothing. The rules, in order; the first that speaks decides:

1. any method but GET: people's mail programs and browsers open links with GET
2. a header that says that the page is only fetched ahead
3. no user agent, a bare "Mozilla/5.0" (mail clients that load all pictures in advance), or one that names a bot, a
   scanner, a link preview or an HTTP library
4. sooner than `TOO_SOON` after the mail went, or before that: nobody has read it yet
5. clicks only: another link of the same mail within `AT_ONCE` before: people read what they open. The click that
   came before it is then not human either; the caller corrects it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

TOO_SOON = timedelta(seconds=5)
AT_ONCE = timedelta(seconds=2)

_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
_AGENTS = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|prefetch|fetch|monitor|headless|phantom|"
    r"barracuda|mimecast|proofpoint|safelinks|microsoft office|ms-office|msoffice|ironport|fireeye|forcepoint|"
    r"symantec|trend ?micro|sophos|zscaler|cloudmark|messagelabs|virustotal|urlscan|"
    r"facebookexternalhit|whatsapp|slack|telegram|skypeuripreview|discord|"
    r"curl|wget|python|java/|okhttp|go-http|libwww|httpclient|axios|node-fetch|undici|ruby|perl|php|guzzle",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for a signed address of a mail; `headers` by lower-case name."""

    method: str
    headers: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class HitVerdict:
    """The judgement of one hit: human or not, and why not."""

    human: bool
    why: str = ""


def judge(hit: Hit, *, sent_at: datetime | None, other_click_at: datetime | None = None) -> HitVerdict:
    """Judge one hit. `other_click_at` is when another link of the same mail was last followed."""
    if hit.method != "GET":
        return HitVerdict(False, f"asked with {hit.method}")
    if any(
        "prefetch" in hit.headers.get(name, "").lower() or "preview" in hit.headers.get(name, "").lower()
        for name in _AHEAD
    ):
        return HitVerdict(False, "fetched ahead")
    agent = hit.headers.get("user-agent", "").strip()
    if agent in ("", "Mozilla/5.0"):
        return HitVerdict(False, "no browser")
    if found := _AGENTS.search(agent):
        return HitVerdict(False, f"a machine ({found[0].lower()})")
    if sent_at is None or hit.at - sent_at < TOO_SOON:
        return HitVerdict(False, "too soon after the mail went")
    if other_click_at is not None and hit.at - other_click_at < AT_ONCE:
        return HitVerdict(False, "several links at once")
    return HitVerdict(True)
