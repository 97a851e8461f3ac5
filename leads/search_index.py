"""Add the indexes that searches read, after each migration, where PostgreSQL has the extension pg_trgm.

A server that lacks the extension, or a user who may not add it, is no error: searches find the same by reading the
words of all leads, which takes longer (docs/performance.md). The next `migrate` after somebody has added the
extension adds the indexes. SQLite has no such index.
"""

import logging
from typing import Any

from django.db import DatabaseError, connections, transaction

INDEXES = {
    "search_text_trigrams": "leads_searchtext (text",
    "account_search_trigrams": "leads_account (search_text",
}
log = logging.getLogger(__name__)


def build(*, using: str, **_: Any) -> None:
    """Add the extension and the indexes that are not there yet; say so in the log where that is not possible."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:  # not installed on the server, or not allowed
        log.warning("Searching is slow without the extension pg_trgm, which could not be added: %s", error)
        return
    with connection.cursor() as cursor:
        for name, columns in INDEXES.items():
            cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns.replace('(', 'USING gin (')} gin_trgm_ops)")
