"""Pages of lists: by cursor, so that page 10,000 costs what page 1 does, and new rows shift nothing."""

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class Cursor(CursorPagination):
    """Newest first; `page_size` up to 200."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    offset_cutoff = 0  # ids are unique: a cursor never needs an offset
    cursor_query_description = "Where to go on: the value out of `next` or `previous`."
    page_size_query_description = "Rows on a page, 1 to 200; 50 unless said."

    def get_page_size(self, request: Request) -> int:
        """Return the size asked for. Raise `ValidationError` when it is not 1 to 200."""
        raw = request.query_params.get(self.page_size_query_param)
        if raw is None:
            return self.page_size
        if not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:6]) <= self.max_page_size):
            raise ValidationError({"page_size": [f"Give a whole number from 1 to {self.max_page_size}."]})
        return int(raw)

    def decode_cursor(self, request: Request) -> Any:
        """Read the cursor. Raise `ValidationError` when it did not come from us."""
        try:
            cursor: Any = super().decode_cursor(request)
        except NotFound:
            cursor = False
        if cursor is False or (cursor and cursor.position is not None and not _is_id(cursor.position)):
            raise ValidationError({"cursor": ["This cursor is not one of ours. Begin without one."]})
        return cursor


def _is_id(position: str) -> bool:
    return position.isascii() and position.isdigit() and len(position) < 20
