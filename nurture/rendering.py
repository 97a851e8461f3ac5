"""Fill the merge fields of mails: Liquid over plain values, with limits, and nothing undefined.

A body that holds an HTML element is HTML: values are escaped, the whole is sanitised. Any other body is plain text:
blank lines part paragraphs, addresses become links.
"""

import html
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import nh3
from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError

from leadflow.errors import Invalid
from leads.models import Lead
from nurture import plaintext
from nurture.models import Content
from workspaces.models import Workspace

FIELDS = (
    "lead.first_name",
    "lead.last_name",
    "lead.name",
    "lead.email",
    "lead.title",
    "lead.company",
    "lead.industry",
    "lead.country",
    "lead.territory",
    "workspace.name",
)
CONTENT_FIELDS = ("content.title", "content.kind", "content.url", "content.summary")
ATTRIBUTE = "lead.attributes."

CONTENT_SUBJECT = "{{ content.title }}"
CONTENT_BODY = """\
<p>Hello{% if lead.first_name != "" %} {{ lead.first_name }}{% endif %},</p>
<p>we thought that this {{ content.kind | downcase }} might be of use to you.</p>
<p><strong>{{ content.title }}</strong></p>
{% if content.summary != "" %}<p>{{ content.summary }}</p>{% endif %}
<p><a href="{{ content.url }}">Open it</a></p>
"""

TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "td": {"align"}, "th": {"align"}}
_IS_HTML = re.compile(r"<(?:" + "|".join(sorted(TAGS)) + r")\b[^>]*>", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


class Limited(Environment):
    """Liquid within bounds: no other files, no endless loops, no output without end."""

    context_depth_limit = 10
    block_nesting_limit = 20
    loop_iteration_limit = 2_000
    local_namespace_limit = 100_000
    output_stream_limit = 200_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Take the standard tags, but those that read files."""
        super().setup_tags_and_filters(extra=extra)
        for name in ("include", "render"):
            self.tags.pop(name, None)


_PLAIN = Limited(undefined=StrictUndefined)
_ESCAPED = Limited(undefined=StrictUndefined, autoescape=True)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail with its merge fields filled: a subject of one line, a sanitised HTML fragment, its plain text."""

    subject: str
    html: str
    text: str


def check(source: str, *, field: str, attributes: set[str], with_content: bool) -> None:
    """Raise `Invalid` when the text is no Liquid or has a merge field that is not known, naming it and those that are.

    `attributes` are the keys of the workspace's custom attributes.
    """
    known = [*FIELDS, *(CONTENT_FIELDS if with_content else ()), *(ATTRIBUTE + key for key in sorted(attributes))]
    try:
        template = _parse(source, escaped=False)
        used, filters = template.analyze(), _PLAIN.filters
    except (LiquidError, RecursionError) as error:
        raise Invalid(f"The merge fields cannot be read: {error}", field=field, code="bad_merge_field") from error
    for found in used.globals.values():
        for variable in found:
            if (name := ".".join(map(str, variable.segments))) not in known:
                raise _unknown(name, known, field)
    for name in used.filters:
        if name not in filters:
            raise Invalid(f"There is no filter “{name}”.", field=field, code="unknown_filter", filter=name)


def _unknown(name: str, known: list[str], field: str) -> Invalid:
    meant = next(iter(get_close_matches(name, known, n=1)), None)
    hint = f" Did you mean {{{{ {meant} }}}}?" if meant else ""
    return Invalid(
        f"There is no merge field {{{{ {name} }}}}.{hint} Known fields: {', '.join(known)}.",
        field=field,
        code="unknown_merge_field",
        merge_field=name,
        known=known,
    )


def render(config: dict[str, Any], lead: Lead, workspace: Workspace, content: Content | None = None) -> Rendered:
    """Fill a mail or content step for a lead (with its account loaded). Raise `Invalid` when it cannot be filled."""
    subject, body = config.get("subject") or CONTENT_SUBJECT, config.get("body") or CONTENT_BODY
    try:
        head = _parse(subject, escaped=False)
        is_html = bool(_IS_HTML.search(body))
        main = _parse(body, escaped=is_html)
        values = _values(lead, workspace, content, _attributes_used(head) | _attributes_used(main))
        line, filled = " ".join(head.render(**values).split()), main.render(**values)
    except LiquidError as error:
        raise Invalid(f"The mail cannot be filled for {lead.name}: {error}", code="bad_merge_field") from error
    fragment = sanitise(filled if is_html else _paragraphs(filled))
    return Rendered(line[:300], fragment, plaintext.of_html(fragment))


def sanitise(fragment: str) -> str:
    """Return HTML that holds only what mails need: no script, style, form, or address other than http(s) and mailto."""
    return nh3.clean(fragment, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)


@lru_cache(maxsize=256)
def _parse(source: str, *, escaped: bool) -> Any:
    return (_ESCAPED if escaped else _PLAIN).from_string(source)


def _attributes_used(template: Any) -> frozenset[str]:
    """List the custom attributes that a template asks for: a lead that has none is given an empty text."""
    names = (".".join(map(str, path)) for path in template.global_variable_segments())
    return frozenset(name.removeprefix(ATTRIBUTE) for name in names if name.startswith(ATTRIBUTE))


def _values(lead: Lead, workspace: Workspace, content: Content | None, attributes: frozenset[str]) -> dict[str, Any]:
    """Return the merge fields as plain values; templates never get a model."""
    account = lead.account
    values: dict[str, Any] = {
        "lead": {
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "name": lead.name,
            "email": lead.email,
            "title": lead.title,
            "company": account.name if account else "",
            "industry": account.industry if account else "",
            "country": lead.country,
            "territory": lead.territory.name if lead.territory else "",
            "attributes": {key: _plain(lead.attributes.get(key)) for key in attributes},
        },
        "workspace": {"name": workspace.name},
    }
    if content:
        values["content"] = {
            "title": content.title,
            "kind": content.get_kind_display(),
            "url": content.url,
            "summary": content.summary,
        }
    return values


def _plain(value: Any) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else ""


def _paragraphs(text: str) -> str:
    """Turn plain text into paragraphs with links."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
    return "\n".join(f"<p>{_linked(part).replace(chr(10), '<br>')}</p>" for part in parts)


def _linked(text: str) -> str:
    pieces, end = [], 0
    for match in _URL.finditer(text):
        address = html.escape(match[0])
        pieces += [html.escape(text[end : match.start()]), f'<a href="{address}">{address}</a>']
        end = match.end()
    return "".join([*pieces, html.escape(text[end:])])
