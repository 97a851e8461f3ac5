"""Make the plain text part of a mail out of its sanitised HTML. Pure: no Django here."""

import re
from html.parser import HTMLParser

_BREAKS = {"br": "\n", "li": "\n- ", "tr": "\n", "td": " ", "th": " ", "hr": "\n---\n"}
_BLOCKS = {"p", "div", "h1", "h2", "h3", "ul", "ol", "table", "blockquote"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append((given.get("href") or "", len(self.pieces)))
        elif tag == "img" and given.get("alt"):
            self.pieces.append(given["alt"] or "")
        else:
            self.pieces.append("\n\n" if tag in _BLOCKS else _BREAKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.links:
            address, start = self.links.pop()
            words = "".join(self.pieces[start:]).strip()
            if address and words != address:
                self.pieces.append(f": {address} " if address.startswith("http") else f" ({address})")
        elif tag in _BLOCKS:
            self.pieces.append("\n\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(re.sub(r"\s+", " ", data))


def of_html(fragment: str) -> str:
    """Return the words of an HTML fragment, with paragraphs apart and the address after the words of each link."""
    reader = _Reader()
    reader.feed(fragment)
    reader.close()
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
