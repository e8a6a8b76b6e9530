"""Pages of editions: what is new, changes since the last edition, how to cite, the feed."""

import copy
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from analysis_lib.book import edition_pages
from analysis_lib.book.edition_pages import cite_page, feed_text, whats_new_page
from analysis_lib.book.feed import atom_feed
from analysis_lib.book.impact_page import impact_page
from analysis_lib.editions import Edition, State, impact
from analysis_lib.study_records import ROOT

ATOM = "{http://www.w3.org/2005/Atom}"
HASH = "0" * 64
RATIO = "mdacc-gammatile-2025"


def state(ratio):
    """The numbers of a golden file with another ratio of one study: synthetic."""
    text = (ROOT / "tests" / "golden" / "gross-vs-subtotal.json").read_text("utf-8")
    headline = copy.deepcopy(json.loads(text))
    within = headline["outcomes"]["local_control"]["within_studies"][0]
    within["studies"][RATIO] = ratio
    labels = {"gtr": "Gross total re-resection", "str": "Subtotal re-resection"}
    kept = {"headline": headline, "labels": labels, "studies_concerned": [RATIO]}
    hashes = {RATIO: HASH, "doe-2020": repr(ratio)}
    return State(HASH, hashes, {}, HASH, {"python": "3.11"}, {"gross-vs-subtotal": kept})


EDITIONS = (
    Edition("2026.1", "2026-11-22", "2026-11-22", "Synthetic <b>.", None, state([0.5, 0.2, 1.2])),
    Edition("2026.2", "2026-12-24", "2026-12-20", "Synthetic.", None, state([1.3, 0.6, 2.8])),
)


def feed(editions, **options):
    given = {"title": "A & B", "author": "C", "changelog": "", "before_first": "2026-11-22"}
    return atom_feed(editions, **(given | options))


@pytest.mark.parametrize("editions", [(), EDITIONS[:1], EDITIONS])
def test_the_feed_is_valid_atom_and_always_the_same(editions):
    text = feed(editions)
    assert text == feed(editions)
    root = ET.fromstring(text)
    for holder in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = holder.findall(f"{ATOM}{name}")
            assert found.text
    assert root.find(f"{ATOM}author/{ATOM}name").text == "C"
    numbers = [entry.find(f"{ATOM}title").text for entry in root.iter(f"{ATOM}entry")]
    assert numbers == [f"Edition {one.number}" for one in reversed(editions)]
    ids = [found.text for found in root.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    newest = editions[-1].date if editions else "2026-11-22"
    assert root.find(f"{ATOM}updated").text == f"{newest}T00:00:00Z"


def test_an_entry_holds_its_changelog_as_text():
    log = (
        "# C\n\n## 2026.2 (2026-12-24)\n\n- Doe <script> \x0b & more\n\n## 2026.1 (x)\n\n- First\n"
    )
    contents = [found.text for found in ET.fromstring(feed(EDITIONS, changelog=log)).iter(
        f"{ATOM}content"
    )]  # fmt: skip
    assert contents == ["- Doe <script>  & more", "- First"]


def test_the_feed_of_the_review_is_valid():
    assert ET.fromstring(feed_text(EDITIONS)).tag == f"{ATOM}feed"


def test_what_is_new_says_that_the_first_edition_is_the_first():
    page = whats_new_page(EDITIONS[:1])
    assert "The first edition: no earlier one, so nothing has moved." in page
    assert "0.50 (0.20 to 1.20)" in page
    assert "lsr-chart" not in page
    assert "Synthetic &lt;b&gt;." in page


def test_what_is_new_shows_before_and_after_and_a_chart_of_each_answer():
    page = whats_new_page(EDITIONS)
    assert page.index("edition-2026-2") < page.index("edition-2026-1")
    assert "0.50 (0.20 to 1.20)" in page
    assert "1.30 (0.60 to 2.80)" in page
    assert "direction changed" in page
    assert 'id="figure-editions-gross-vs-subtotal-' in page


def test_what_this_tree_changes():
    assert "No edition is cut yet" in impact_page(None, None)
    before, after = (one.state for one in EDITIONS)
    same = impact_page(impact(before, replace(before)), "2026.1")
    assert "Nothing: evidence, methods and every number are those of edition 2026.1" in same
    page = impact_page(impact(before, after), "2026.1")
    assert "A preview. The present state differs from edition 2026.1" in page
    assert f"{RATIO} (changed figures)" in page
    assert "Studies corrected: 1 (doe-2020)" in page


def test_each_edition_has_its_citation():
    page = cite_page(EDITIONS)
    assert "Edition 2026.2, 2026-12-24; evidence to 2026-12-20." in page
    assert "Edition 2026.1, 2026-11-22; evidence to 2026-11-22." in page
    assert "@misc{recurrent-brain-metastases-review-2026.2," in page
    assert "not cut" not in page


@pytest.mark.parametrize(
    ("named", "told"), [("Edition 2026.2", False), ("Evidence changed since edition 2026.2", True)]
)
def test_pages_that_left_their_edition_are_not_cited_as_it(monkeypatch, named, told):
    monkeypatch.setattr(edition_pages, "edition_name", lambda: named)
    page = cite_page(EDITIONS)
    assert ("may differ from those of the edition cited below" in page) == told
    assert "Edition 2026.2, 2026-12-24; evidence to 2026-12-20." in page
