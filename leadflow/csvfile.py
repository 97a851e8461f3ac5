"""Read CSV files of any dialect that people have, and write CSV that a spreadsheet opens without running it.

Encodings: UTF-8 (with or without a byte order mark) and UTF-16 with one are recognised; anything else has to be
named, because a guess would be wrong without anybody seeing it. Delimiters and the header's line are found.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from leadflow.errors import Invalid

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "windows-1252": "Windows-1252 (Western Europe)",
    "latin-1": "Latin-1 (ISO 8859-1)",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
SAMPLE_ROWS = 50
MAX_COLUMNS = 500

_FORMULA = re.compile(r"[ '\"\u00a0]*[=+\-@\t\r\n＝＋－＠]")
_NUMBER_OR_PHONE = re.compile(r"[+-]?\(?\d[\d .,()/-]*")
_WEB_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body|table|\?xml)\b", re.IGNORECASE)
_ARCHIVES = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)"),
)


@dataclass(frozen=True)
class FileProblem:
    """Something to ask about before the file is read: `code` is `encoding`, `blank_header` or `duplicate_header`."""

    code: str
    message: str


@dataclass(frozen=True)
class Head:
    """The beginning of a file. `encoding` is empty when it has to be asked for; the sample is then a guess."""

    encoding: str
    delimiter: str
    header: list[str]
    header_line: int  # from 1; lines before it are not data
    sample: list[list[str]]
    problems: list[FileProblem]


def read_head(content: bytes, *, encoding: str = "", delimiter: str = "") -> Head:
    """Find out how a file is written; what is given is not guessed.

    Raise `Invalid` with one sentence for a file that is no CSV at all: empty, a workbook, a web page.
    """
    refuse_other_kinds(content)
    sure = encoding or _encoding(content)
    text = decode(content, sure or "windows-1252")
    delimiter = delimiter or _delimiter(text)
    rows = _first_rows(text, delimiter)
    if not rows:
        raise Invalid("The file has no rows. Export it again, with a header line.", field="file", code="empty_file")
    header_at = _header_at([row for _, row in rows])
    header_line, cells = rows[header_at]
    header = [cell.strip() for cell in cells]
    if len(header) > MAX_COLUMNS:
        raise Invalid(f"The file has {len(header)} columns; at most {MAX_COLUMNS} are read.", field="file")
    sample = [row for _, row in rows[header_at + 1 :]]
    return Head(sure, delimiter, header, header_line, sample, _problems(sure, header))


def refuse_other_kinds(content: bytes) -> None:
    """Raise `Invalid` for what is called .csv and is something else."""
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Invalid("The file is empty. Export it again, with a header line.", field="file", code="empty_file")
    for start, kind in _ARCHIVES:
        if content.startswith(start):
            raise Invalid(
                f"This is {kind}, not CSV. Open it in the spreadsheet program and save it as CSV (UTF-8).",
                field="file",
                code="not_csv",
            )
    if _WEB_PAGE.match(content.removeprefix(codecs.BOM_UTF8)):
        raise Invalid(
            "This is a web page, not CSV; perhaps the download needed a log-in. Download the file again.",
            field="file",
            code="not_csv",
        )


def decode(content: bytes, encoding: str) -> str:
    """Return the text of a file. Raise `Invalid` when the encoding is not known here or does not fit."""
    if encoding not in ENCODINGS:
        raise Invalid(f"Choose one of the encodings: {', '.join(ENCODINGS)}.", field="encoding")
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return content.decode(codec, errors="replace" if encoding == "windows-1252" else "strict")
    except UnicodeDecodeError as error:
        raise Invalid(f"The file is not written in {ENCODINGS[encoding]}. Choose another.", field="encoding") from error


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank, with the line on which it begins (from 1).

    Raise `Invalid` with the line where the file cannot be read on, as after a quote that is never closed.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            words = f"The file cannot be read beyond line {line}: look for a quote that is not closed."
            raise Invalid(words, field="file", line=line) from error
        if any(cell.strip() for cell in row):
            yield line, row


def restore(cell: str) -> str:
    """Return what a neutralised cell was before."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def neutralise(value: Any) -> str:
    """Return the text of a cell, with `'` before what a spreadsheet would run as a formula.

    Numbers and phone numbers, which may begin with a sign, stay as they are.
    """
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and _is_formula(text) else text


def write(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield CSV (UTF-8, comma, CRLF) line by line, each cell neutralised; for a streaming response."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([neutralise(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _is_formula(text: str) -> bool:
    return bool(_FORMULA.match(text)) and not _NUMBER_OR_PHONE.fullmatch(text)


def _encoding(content: bytes) -> str:
    """Return the encoding that is certain, else nothing."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = content[:4096]
    if head.count(0) * 4 > len(head):
        raise Invalid(
            "The file looks like UTF-16 without a byte order mark. Save it as CSV (UTF-8).",
            field="file",
            code="unknown_encoding",
        )
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "utf-8"


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts most records into the same number of cells, more than one."""
    best, best_mark = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(len(row) for _, row in _first_rows(text, delimiter))
        wide = {width: count for width, count in widths.items() if width > 1}
        if wide:
            width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
            mark = (count / sum(widths.values()), width)
            if mark > best_mark:
                best, best_mark = delimiter, mark
    return best


def _first_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    rows: list[tuple[int, list[str]]] = []
    try:
        for record in records(text, delimiter):
            rows.append(record)
            if len(rows) >= SAMPLE_ROWS:
                break
    except Invalid:
        if not rows:
            raise
    return rows


def _header_at(rows: list[list[str]]) -> int:
    """Return the index of the header: the first record as wide as most, after narrower ones that are junk."""
    widths = Counter(len(row) for row in rows)
    usual = max(widths, key=lambda width: (widths[width], width))
    for index, row in enumerate(rows):
        if len(row) >= usual:
            return index
    return 0


def _problems(encoding: str, header: list[str]) -> list[FileProblem]:
    problems = []
    if not encoding:
        words = "The file is not UTF-8. Choose the encoding in which the sample below reads right."
        problems.append(FileProblem("encoding", words))
    blank = [str(position) for position, name in enumerate(header, 1) if not name]
    if blank:
        words = f"Column {', '.join(blank)} has no name. Say what it holds, or leave it out."
        problems.append(FileProblem("blank_header", words))
    twice = [name for name, count in Counter(name.lower() for name in header if name).items() if count > 1]
    if twice:
        words = f"Several columns are called “{'”, “'.join(twice)}”. Say which of them to take."
        problems.append(FileProblem("duplicate_header", words))
    return problems
