"""Numbers as text, tables, paragraphs and boxes. All data here is synthetic."""

from __future__ import annotations

import math
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.editions.headline import rounded
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import (
    Cell,
    callout,
    count,
    html_table,
    interval,
    mid_sentence,
    months,
    paragraph,
    percent,
    ratio,
)

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table><h1>",
    "&lt;b&gt; & 'quotes'",
    "\u202eright to left",
]


class _Reader(HTMLParser):
    """Tags and text of some HTML, as a browser reads them."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def _tags(html: str, name: str) -> list[dict]:
    return [attributes for tag, attributes in _Reader(html).tags if tag == name]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (11.1, "11.1"),
        (8.25, "8.3"),
        (8.35, "8.4"),
        (0, "0.0"),
        (12, "12.0"),
        (math.inf, "not reached"),
        (None, "not reported"),
        (math.nan, "not reported"),
        (pd.NA, "not reported"),
        (np.float64(3.04), "3.0"),
    ],
)
def test_months(value, text):
    assert months(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0.617, 0, "62%"), (0.617, 1, "61.7%"), (0.125, 0, "13%"), (1, 0, "100%"), (0.0, 0, "0%")],
)
def test_percent(value, decimals, text):
    assert percent(value, decimals=decimals) == text


@pytest.mark.parametrize("value", [61.7, -0.01, 1.01, math.inf])
def test_percent_refuses_what_is_no_probability(value):
    with pytest.raises(InvalidInputError, match=r"0\.\.1"):
        percent(value)


def test_a_ratio_reads_the_same_from_a_result_and_from_an_edition():
    for value in (1.0148486662160228, 0.58964, 33.49196, 2.3449):
        assert ratio(value) == ratio(rounded(value))


def test_ratio_and_count():
    assert ratio(0.664) == "0.66"
    assert ratio(-0.001) == "0.00"
    assert count(1204) == "1,204"
    assert count(None) == "not reported"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((11.1, 8.4, 13.6), "11.1 (8.4 to 13.6)"),
        ((11.1, None, None), "11.1"),
        ((11.1, 8.4, None), "11.1 (8.4 to not reported)"),
        ((11.1, 8.4, math.inf), "11.1 (8.4 to not reached)"),
        ((None, 8.4, 13.6), "not reported"),
    ],
)
def test_interval(numbers, text):
    assert interval(*numbers) == text


def test_interval_in_other_units():
    assert interval(0.62, 0.4, 0.95, number=ratio) == "0.62 (0.40 to 0.95)"
    assert interval(0.62, 0.4, 0.95, number=percent) == "62% (40% to 95%)"


def test_table_has_headers_caption_and_alignment():
    frame = pd.DataFrame(
        {"Study": ["A 2020", "B 2018"], "Patients": [31, 1204], "Note": ["x", None]}
    )
    html = html_table(frame, caption="Who was studied", note="Synthetic.", id="arms").to_html()
    headers = _tags(html, "th")
    assert [header["scope"] for header in headers] == ["col", "col", "col", "row", "row"]
    assert [header["class"] for header in headers[:3]] == ["lsr-left", "lsr-right", "lsr-left"]
    assert "<caption>Who was studied</caption>" in html
    assert '<td class="lsr-right" data-label="Patients">1,204</td>' in html
    assert '<td class="lsr-left lsr-unknown" data-label="Note">not reported</td>' in html
    assert 'id="arms"' in html
    assert "Synthetic." in html


def test_scrolling_wrapper_is_reachable_and_named():
    html = html_table(pd.DataFrame({"Study": ["A"]}), caption="Some rows").to_html()
    wrapper = next(tag for tag in _tags(html, "div") if tag.get("role") == "group")
    assert wrapper["tabindex"] == "0"
    assert wrapper["aria-label"] == "Some rows"


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text):
    frame = pd.DataFrame({text: [text], "Linked": [Cell(text, href="#a", title=text)]})
    parts = [
        html_table(frame, caption=text, note=text),
        paragraph(text, Cell(text, class_=text)),
        callout("caution", text),
    ]
    for part in parts:
        reader = _Reader(part.to_html())
        assert text in reader.text
        allowed = {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "a", "span"}
        assert {tag for tag, _ in reader.tags} <= allowed
        assert all(
            not name.startswith("on") for _, attributes in reader.tags for name in attributes
        )


@given(st.text(max_size=40))
def test_any_cell_is_read_back_as_it_was(text):
    html = html_table(pd.DataFrame({"Study": ["A"], "Text": [text]}), caption="c").to_html()
    # HTML itself turns these into others when read; nothing else may change.
    expected = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    read = _Reader(html).text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    assert expected in read


@pytest.mark.parametrize(
    "href", ["https://doi.org/10.1000/x", "../studies/a.html#n", "#n", "page.html", "mailto:a@b.c"]
)
def test_links_that_are_allowed(href):
    assert _tags(paragraph(Cell("12", href=href)).to_html(), "a") == [{"href": href}]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", " javascript:alert(1)", "JaVaScript:x", "data:text/html,x", ""]
)
def test_links_that_are_refused(href):
    with pytest.raises(InvalidInputError, match="a link must be"):
        Cell("12", href=href)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (pd.DataFrame({"a": ["x"], "b": [1.5]}), {}, "text and whole numbers"),
        (pd.DataFrame({"a": ["x"]}), {"align": {"b": "left"}}, "no column"),
        (pd.DataFrame({"a": ["x"]}), {"align": {"a": "justify"}}, "no alignment"),
        (pd.DataFrame({"a": ["x"]}), {"id": "1 bad"}, "an id is"),
        (pd.DataFrame([["x", "y"]], columns=["a", "a"]), {}, "must differ"),
    ],
)
def test_bad_tables_are_refused(frame, options, message):
    with pytest.raises(InvalidInputError, match=message):
        html_table(frame, caption="c", **options)


def test_callout_knows_its_kinds():
    assert 'class="lsr-callout lsr-callout-answer"' in callout("answer", "x").to_html()
    with pytest.raises(InvalidInputError, match="kind must be one of"):
        callout("good news", "x")


def test_a_notebook_gets_html_and_text():
    bundle = paragraph("k = ", Cell("3", href="#k"))._repr_mimebundle_()
    assert bundle == {
        "text/html": '<p class="lsr-paragraph">k = <a href="#k">3</a></p>',
        "text/plain": "k = 3",
    }


@pytest.mark.parametrize(
    ("label", "within"),
    [("Repeat SRS only", "repeat SRS only"), ("SRS alone", "SRS alone"), ("", ""), ("A", "a")],
)
def test_a_label_within_a_sentence(label, within):
    assert mid_sentence(label) == within
