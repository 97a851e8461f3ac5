"""The words and small parts of the pages."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from dashboard.design import charts, tags, words
from dashboard.wording.tags import days
from tests.dashboard import styleguide

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)  # a Wednesday


def render(source: str, **context) -> str:
    return Template("{% load leadflow charts %}" + source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under a minute"),
        (59, "under a minute"),
        (60, "1 min"),
        (22 * 60 + 59, "22 min"),
        (3600, "1 h"),
        (9600, "2 h 40 min"),
        (-9600, "2 h 40 min"),
        (86400, "1 day"),
        (3 * 86400 + 4 * 3600, "3 days 4 h"),
        (20 * 86400 + 4 * 3600, "20 days"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(seconds, said):
    assert words.span(seconds) == said
    assert words.span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "just now"),
        (0.5, "in under a minute"),
        (18, "in 18 min"),
        (160, "in 2 h 40 min"),
        (600, "in 10 h"),
        (24 * 60 - 150, "tomorrow 10:30"),
        (5 * 24 * 60, "Mon 13:00"),
        (9 * 24 * 60, "27 Nov"),
        (60 * 24 * 60, "17 Jan 2027"),
        (-12, "12 min ago"),
        (-200, "3 h ago"),
        (-20 * 60, "yesterday 17:00"),
        (-3 * 24 * 60, "3 days ago"),
        (-40 * 24 * 60, "9 Oct"),
        (-400 * 24 * 60, "14 Oct 2025"),
    ],
)
def test_a_moment_is_said_relative_to_now(minutes, said):
    assert words.relative(NOW + timedelta(minutes=minutes), NOW) == said


def test_the_day_changes_at_midnight_of_the_reader_not_of_utc():
    moment = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        shown = tags.when(moment, datetime(2026, 11, 18, 13, 0, tzinfo=UTC))
    assert "tomorrow" not in shown
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        later = tags.when(datetime(2026, 11, 18, 18, 30, tzinfo=UTC), datetime(2026, 11, 18, 13, 0, tzinfo=UTC))
    assert ">tomorrow 00:15<" in later


def test_the_exact_time_with_its_zone_is_on_hover():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        shown = tags.when(NOW - timedelta(minutes=5), NOW)
    assert 'title="Wednesday 18 November 2026, 13:55 (Europe/Berlin)"' in shown
    assert 'datetime="2026-11-18T13:55:00+01:00"' in shown
    assert ">5 min ago</time>" in shown


def test_a_day_without_a_time_is_named_and_no_time_is_a_dash():
    assert ">tomorrow</time>" in tags.when(date(2026, 11, 19), NOW)
    assert ">1 Dec</time>" in tags.when(date(2026, 12, 1), NOW)
    assert tags.when(None) == "–"


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (Decimal("12400.00"), "EUR", "€12,400"),
        (Decimal("9400.5"), "USD", "$9,400.50"),
        (Decimal("-3"), "GBP", "−£3"),
        (Decimal("1234.56"), "JPY", "¥1,235"),
        (1200, "SEK", "SEK\N{NO-BREAK SPACE}1,200"),
        (None, "EUR", "–"),
        (0, "BRL", "R$0"),
    ],
)
def test_money_has_its_currency_and_cents_only_when_there_are_any(amount, currency, said):
    assert words.money(amount, currency) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (842, 8000, "10.5%"),
        (30, 30, "100%"),
        (5, 13, "38.5% (5 of 13)"),
        (0, 29, "0% (0 of 29)"),
        (0, 0, "–"),
        (1, None, "–"),
    ],
)
def test_a_percentage_of_fewer_than_thirty_says_how_many(part, whole, said):
    assert words.percent(part, whole) == said


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Priya Raman", "PR"),
        ("Ana Maria de Souza", "AS"),
        ("émile", "É"),
        ("", "?"),
        (None, "?"),
        ("(none)", "?"),
        ("lena@example.com", "LE"),
    ],
)
def test_initials_are_of_the_first_and_the_last_word(name, letters):
    assert words.initials(name) == letters


def test_an_unknown_state_is_shown_as_it_is():
    assert ">Half way</span>" in tags.state("half_way")
    assert "badge-accent" in tags.state("mql")


def test_what_users_typed_is_escaped_everywhere():
    evil = "<script>x</script>"
    shown = render(
        "{% avatar evil %}{% grade evil %}{% state evil %}{% bar 1 2 label=evil %}"
        "{% icon 'x' label=evil %}{% funnel rows %}{% line_chart labels series evil %}{% progress 1 2 evil %}",
        evil=evil,
        rows=[{"label": evil, "count": 1}],
        labels=[evil],
        series=[{"name": evil, "values": [1]}],
    )
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_missing_icon_is_refused_and_no_path_leads_out():
    for name in ("no-such-icon", "../css/tokens", "leadflow/../x"):
        with pytest.raises(TemplateSyntaxError, match="There is no icon"):
            tags.icon(name)


def test_every_icon_that_a_template_names_is_there():
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{%\s*icon\s+"([^"]+)"|icon="([a-z0-9-]+)"', path.read_text())
        for name in name
        if name
    }
    assert named
    assert {name for name in named if not (ROOT / "static/icons" / f"{name}.svg").is_file()} == set()


@pytest.mark.parametrize(
    ("value", "of", "width"), [(1, 2, "50.0%"), (3, 2, "100.0%"), (None, 2, "0.0%"), (1, 0, "0.0%"), (-1, 2, "0.0%")]
)
def test_a_bar_stays_between_nothing_and_all(value, of, width):
    assert f'meter-fill" width="{width}"' in tags.bar(value, of)


def test_a_funnel_row_says_which_part_of_the_row_before_it_is():
    rows = [
        {"label": "MQL", "count": 1312, "url": "/leads/?state=mql"},
        {"label": "SAL", "count": 846},
        {"label": "SQL", "count": 0},
    ]
    stages = tags.funnel(rows)["stages"]
    assert [stage["share"] for stage in stages] == ["", "64.5% of MQL", "0% of SAL"]
    assert [stage["width"] for stage in stages] == ["100.0", "64.5", "0.0"]
    assert 'href="/leads/?state=mql"' in render("{% funnel rows %}", rows=rows)


def test_an_empty_funnel_draws_nothing_and_does_not_fail():
    assert tags.funnel([])["stages"] == []
    assert tags.funnel([{"label": "MQL", "count": 0}])["stages"][0]["width"] == "0.0"


@pytest.mark.parametrize(("most", "last"), [(0, 1), (1, 1), (3, 3), (60, 60), (61, 80), (842, 1000), (8000, 8000)])
def test_chart_ticks_start_at_nought_and_reach_the_highest_value(most, last):
    ticks = charts.nice_ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] == last >= most
    assert 2 <= len(ticks) <= 6


def test_names_at_the_ends_of_lines_do_not_lie_on_each_other():
    series = [{"name": name, "values": [10, value]} for name, value in (("MQL", 10), ("SAL", 10), ("SQL", 0))]
    heights = sorted(float(line["y"]) for line in charts.line_chart(["a", "b"], series, "t")["lines"])
    assert all(below - above >= charts.LABEL_GAP - 0.1 for above, below in pairwise(heights))


def test_a_line_chart_has_its_figures_as_a_table():
    shown = render(
        "{% line_chart labels series 'Weeks' %}", labels=["1 Nov"], series=[{"name": "MQL", "values": [None]}]
    )
    assert '<th scope="col" class="num">MQL</th>' in shown
    assert '<td class="num">–</td>' in shown


def test_an_undo_address_is_taken_only_when_it_is_local():
    assert tags.undo_url("big undo:/leads/1/undo") == "/leads/1/undo"
    assert tags.undo_url("undo://evil.example/") == ""
    assert tags.undo_url("undo:https://evil.example/") == ""
    assert tags.undo_url(None) == ""


def test_pagination_keeps_the_filters_and_changes_the_cursor():
    request = RequestFactory().get("/leads/", {"owner": "7", "after": "old"})
    page = SimpleNamespace(next_cursor="n2", previous_cursor=None)
    source = Template("{% load leadflow %}{% pagination page %}")
    shown = source.render(RequestContext(request, {"page": page}))
    assert 'href="?owner=7&amp;after=n2"' in shown
    assert "Previous" not in shown


class SmallForm(forms.Form):
    name = forms.CharField(help_text="As your colleagues would call it.")
    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    agree = forms.BooleanField(required=False)
    channel = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect, required=False)

    def clean(self):
        raise forms.ValidationError("The period has passed.")


def test_a_field_ties_its_label_help_and_error_to_the_input_and_keeps_what_was_typed():
    shown = render("{% fields form %}", form=SmallForm({"name": "", "secret": "s1"}))
    ids = re.findall(r'\sid="([^"]+)"', shown)
    described = re.search(r'<input[^>]*name="name"[^>]*aria-describedby="([^"]+)"', shown)[1].split()
    assert sorted(described) == ["id_name_error", "id_name_helptext"]
    assert set(described) <= set(ids)
    assert '<label for="id_name">' in shown
    assert "The period has passed." in shown
    assert 'value="s1"' in shown
    assert re.search(r"<legend>\s*Channel", shown)


def test_help_that_comes_from_a_workspace_is_escaped_and_that_of_django_is_not():
    class Asked(forms.Form):
        answer = forms.CharField(help_text="<b>bold</b>")
        password = forms.CharField(help_text=password_validators_help_text_html())

    shown = render("{% fields form %}", form=Asked())
    assert "&lt;b&gt;bold" in shown
    assert "<li>Your password" in shown


def test_every_component_renders_without_anything_inline():
    request = RequestFactory().get("/styleguide")
    shown = render_to_string("dev/styleguide.html", styleguide.context(), request=request)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", shown)
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_an_error_page_needs_no_context(name):
    shown = render_to_string(f"{name}.html")
    assert "<h1>" in shown
    assert "Nothing was changed" in shown or name in ("500",)


def test_no_template_has_inline_style_or_script():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        if "/email" in str(path) or "mail/" in str(path):
            continue
        inline = r"\sstyle=\"|<style|\son(click|change|submit|load)=|<script(?![^>]*\ssrc=)(?![^>]*json)"
        assert not re.search(inline, text), path


def test_vendored_scripts_name_no_source_map():
    for path in [*(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]:
        assert "sourceMappingURL" not in path.read_text(), path


@pytest.mark.parametrize(("length", "shown"), [(14.6534, "14.65"), (49.1, "49.10"), (1234.5, "1,234.50"), (None, "–")])
def test_days_of_a_funnel_have_two_decimals(length, shown):
    assert days(length) == shown
