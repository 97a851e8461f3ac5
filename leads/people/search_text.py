"""Keep the words that leads and companies are searched by, and match them.

What is searched is kept folded: lower case, without accents, each word behind a space. Every word that is asked for
must be part of one of the lead's words, in any order; a word shorter than three letters must begin one, since shorter
parts have no trigram that an index could find them by.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

from leadflow import db
from leads.models import Account, ExternalId, Lead, SearchText
from workspaces.models import Workspace

SEARCHED = {"first_name", "last_name", "email", "phone", "account_id", "external_ids"}  # what intake may change of it
SHORT = 3  # letters; a word with fewer is looked for at the beginning of words
MOST_WORDS = 8
LONGEST = 120  # letters of what is asked for
MOST_ACCOUNTS = 1000  # companies of one word that a search names by their ids
FEW = 2000  # leads that a search finds before their list is put in order

_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})
_PHONE = re.compile(r"[\d\s()+./-]*")


def fold(text: str) -> str:
    """Return text in lower case without accents, its words apart by one space."""
    plain = text.casefold()
    if not plain.isascii():
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)).translate(_LETTERS)
        plain = unicodedata.normalize("NFC", plain)
    return " ".join(plain.split())


def words_of(*texts: str) -> str:
    """Return the words of some texts as they are kept, each behind a space."""
    return " " + " ".join(filter(None, map(fold, texts)))


def digits(phone: str) -> str:
    """Return the digits of a phone number, without the zero that only calls within the country begin with."""
    return re.sub(r"\(0\)|\D", "", phone).lstrip("0")


def write(workspace: Workspace, leads: Sequence[Lead], ids: Mapping[int, Iterable[str]]) -> None:
    """Keep the words of leads, with their ids in other systems. One statement.

    The caller holds the rows of the leads, or has just made them.
    """
    rows = [
        SearchText(
            workspace=workspace,
            lead=lead,
            account_id=lead.account_id,
            text=words_of(lead.first_name, lead.last_name, lead.email, digits(lead.phone), *ids.get(lead.pk, ())),
        )
        for lead in leads
    ]
    db.upsert_many(rows, key="lead", fields=["account_id", "text"])


def ids_of(leads: Iterable[Lead]) -> dict[int, list[str]]:
    """Return the ids that leads have in other systems, by lead. One statement, none for no leads."""
    found: dict[int, list[str]] = defaultdict(list)
    if wanted := [lead.pk for lead in leads]:
        rows = ExternalId.everywhere.filter(lead__in=wanted).order_by("pk")
        for lead_id, value in rows.values_list("lead_id", "value"):
            found[lead_id].append(value)
    return found


def matching(
    workspace: Workspace | int, asked: str, *, beginning: bool = False
) -> list[int] | QuerySet[SearchText, Any]:
    """Return the ids of the leads that match: few as a list, many as a part of another statement. Two statements now.

    Each word is part of a name, the e-mail, the company, the phone number or an id in another system (`beginning`:
    each begins one of their words); what has no letters at all may also be a phone number in several parts.
    """
    words = fold(asked[:LONGEST]).split()[:MOST_WORDS]
    if not words:
        return []
    wanted = Q()
    for word, companies in _companies(workspace, words, beginning).items():
        wanted &= contains(word, "text", beginning) | companies
    number = digits(asked)
    if _PHONE.fullmatch(asked) and len(number) >= SHORT and [number] != words:
        wanted |= contains(number, "text", beginning)
    found = SearchText.objects.of(workspace).filter(wanted).order_by()
    # Few are found once, by themselves: a planner that takes words for common which never occur together would walk
    # all leads in the order of the list, and each statement about the list would search again.
    few = list(found.values_list("lead_id", flat=True)[: FEW + 1])
    return few if len(few) <= FEW else found.values("lead")


def accounts(workspace: Workspace | int, asked: str) -> QuerySet[Account]:
    """Return the companies of which every word asked for is a part of the name or the domain."""
    wanted = Q()
    for word in fold(asked[:LONGEST]).split()[:MOST_WORDS]:
        wanted &= contains(word, "search_text")
    return Account.objects.of(workspace).filter(wanted)


def contains(word: str, column: str = "text", beginning: bool = False) -> Q:
    """Return the condition that a kept text has a folded word as a part, or, if it is short, as a beginning."""
    return Q(**{f"{column}__contains": f" {word}" if beginning or len(word) < SHORT else word})


def _companies(workspace: Workspace | int, words: list[str], beginning: bool) -> dict[str, Q]:
    """Return, for each word, the condition that the company has it: by ids, for which there is an index.

    A word that very many companies have is left to the database. One statement.
    """
    having = {word: _having(workspace, word, beginning) for word in words}
    parts = [
        Account.objects.of(workspace)
        .filter(pk__in=companies.values("pk")[: MOST_ACCOUNTS + 1])
        .order_by()
        .values_list(Value(word, output_field=CharField()), "pk")
        for word, companies in having.items()
    ]
    ids: dict[str, list[int]] = {word: [] for word in having}
    for word, pk in parts[0].union(*parts[1:], all=True):
        ids[word].append(pk)
    return {
        word: Q(account_id__in=found if len(found) <= MOST_ACCOUNTS else having[word].values("pk"))
        for word, found in ids.items()
    }


def _having(workspace: Workspace | int, word: str, beginning: bool) -> QuerySet[Account]:
    return Account.objects.of(workspace).filter(contains(word, "search_text", beginning)).order_by()
