"""Answer with a list as a file."""

from collections.abc import Iterable

from django.http import StreamingHttpResponse


def csv_response(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    """Answer with lines of CSV as a file, as they are read."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
