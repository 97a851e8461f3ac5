"""Reading CSV as people have it, and writing CSV that does no harm."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import csvfile
from leadflow.csvfile import neutralise, read_head, restore
from leadflow.errors import Invalid
from tests.services import SHARED

SAMPLES = SHARED / "messy_csv"
SPECTRUM = sorted((SAMPLES / "csv-spectrum" / "csvs").glob("*.csv"))

needs_samples = pytest.mark.skipif(not SPECTRUM, reason="needs ../shared/data/messy_csv")


def read(content, **known):
    head = read_head(content, **known)
    text = csvfile.decode(content, head.encoding or "windows-1252")
    rows = [row for line, row in csvfile.records(text, head.delimiter) if line > head.header_line]
    return head, rows


@needs_samples
@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_csv_spectrum_parses_to_the_json_beside_it(path):
    content = path.read_bytes()
    if "crlf" in path.stem and b"\r" not in content:  # the copy has lost its line ends on the way here
        content = content.replace(b"\n", b"\r\n")
    head, rows = read(content)
    wanted = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
    wanted = wanted if isinstance(wanted, list) else [wanted]
    taken = [dict(zip(head.header, row, strict=True)) for row in rows]
    if path.stem == "location_coordinates":  # the two files were published with different phone numbers
        wanted[0].pop("Contact Phone Number")
        assert taken[0].pop("Contact Phone Number") == "2095257564"
    assert (head.problems, taken) == ([], wanted)


@needs_samples
@pytest.mark.parametrize(
    ("name", "encoding", "header", "last"),
    [
        ("test_utf8_bom.csv", "utf-8", ["foo", "bar", "baz"], ["4", "5", "ʤ"]),
        ("test_utf16_little.csv", "utf-16", ["a", "b", "c"], ["4", "5", "ʤ"]),
        ("mac_newlines.csv", "utf-8", ["a", "b", "c"], None),
        ("blanks.csv", "utf-8", ["a", "b", "c", "d", "e", "f"], ["", "NA", "N/A", "NONE", "NULL", "."]),
    ],
)
def test_encodings_with_a_mark_and_old_line_ends_are_recognised(name, encoding, header, last):
    head, rows = read((SAMPLES / "csvkit" / name).read_bytes())
    assert (head.encoding, head.header, head.problems) == (encoding, header, [])
    assert last is None or rows[-1] == last


@needs_samples
def test_what_is_not_utf8_is_asked_about_and_read_as_told():
    content = (SAMPLES / "csvkit" / "test_latin1.csv").read_bytes()
    head = read_head(content)
    assert (head.encoding, [problem.code for problem in head.problems]) == ("", ["encoding"])
    head, rows = read(content, encoding="latin-1")
    assert (head.encoding, head.problems, rows[-1]) == ("latin-1", [], ["4", "5", "©"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(delimiter, newline):
    lines = [["name", "e-mail", "note"], ["Ada", "a@acme.example", "x"], ["Bob", "b@acme.example", "y"]]
    content = newline.join(delimiter.join(line) for line in lines).encode()
    head, rows = read(content)
    assert (head.delimiter, head.header) == (delimiter, lines[0])
    assert rows == lines[1:]


def test_a_semicolon_file_with_commas_in_its_text_is_cut_at_semicolons():
    head, rows = read(b"name;company\nAda;Acme, Inc.\nBob;Beta, Ltd.\n")
    assert (head.delimiter, rows) == (";", [["Ada", "Acme, Inc."], ["Bob", "Beta, Ltd."]])


def test_one_column_is_a_file_too():
    head, rows = read(b"email\na@acme.example\nb@acme.example\n")
    assert (head.header, len(rows)) == (["email"], 2)


def test_junk_lines_before_the_header_are_passed_over():
    head, rows = read(b"Report of spring\n\nmade on Monday\nname,email\nAda,a@acme.example\nBob,b@acme.example\n")
    assert (head.header, head.header_line) == (["name", "email"], 4)
    assert rows == [["Ada", "a@acme.example"], ["Bob", "b@acme.example"]]


def test_a_quoted_newline_keeps_the_line_numbers_right():
    text = 'name,note\nAda,"one\ntwo"\nBob,x\n'
    assert [line for line, _ in csvfile.records(text, ",")] == [1, 2, 4]


def test_blank_and_doubled_headers_are_asked_about():
    head = read_head(b"email,,Email\na@acme.example,1,2\n")
    assert [problem.code for problem in head.problems] == ["blank_header", "duplicate_header"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "empty"),
        (b"PK\x03\x04\x14\x00workbook", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel"),
        (b"\n<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        ("name,email\nAda,a@acme.example\n".encode("utf-16-le"), "UTF-16"),
    ],
)
def test_what_is_no_csv_gets_one_sentence_that_says_so(content, words):
    with pytest.raises(Invalid, match=words):
        read_head(content)


def test_a_quote_that_is_never_closed_is_refused_with_its_line():
    text = 'a,b\n1,2\n"open,' + "x" * 200_000
    with pytest.raises(Invalid, match="line 3"):
        list(csvfile.records(text, ","))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", '"=1', "'=1", "＝1"]
)
def test_a_formula_is_neutralised_and_comes_back(cell):
    assert neutralise(cell) == "'" + cell
    assert restore(neutralise(cell)) == cell


@pytest.mark.parametrize("cell", ["+49 30 1234-5", "-12.5", "(030) 12", "a=b", "o'neil", "'quoted'", "", "1e5", -3])
def test_numbers_phones_and_plain_text_stay_as_they_are(cell):
    assert neutralise(cell) == str(cell)


@given(st.lists(st.lists(st.text(alphabet="=+-@'\"\t\r\n ,;a1é", max_size=6), min_size=2, max_size=2), max_size=5))
def test_what_is_written_reads_back_the_same(rows):
    text = "".join(csvfile.write(rows))
    again = [[restore(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    assert again == rows
