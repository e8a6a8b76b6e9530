"""What pages tell search engines: true to the page, escaped, without a foreign address."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from analysis_lib.book import page_meta
from analysis_lib.book.citation import citation, version_name
from analysis_lib.book.offline import foreign_references
from analysis_lib.book.page_meta import (
    MOST_CHARACTERS,
    linked_data,
    meta_tags,
    read_page,
    shortened,
    sitemap,
)
from analysis_lib.book.site_address import VARIABLE, site_address
from analysis_lib.comparison import load_declarations
from analysis_lib.editions import edition_name
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import load_reading

NASTY = "</script><script>alert(1)</script> \"quoted\" & 'single' <b>"
ANSWER = (
    "<p>What is asked, in a sentence that is long enough to stand alone?</p>"
    '<div class="lsr-callout lsr-callout-answer" role="note"><p>No study compared.</p>'
    "<ul><li><p>After one: 52 of 100.</p></li></ul></div><div><p>Other words.</p></div>"
)


class Head(HTMLParser):
    """Meta tags by name and the scripts of a head."""

    def __init__(self, text):
        super().__init__()
        self.meta: dict[str, str] = {}
        self.scripts: list[str] = []
        self.tags: list[str] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        if tag == "meta" and (name := found.get("name") or found.get("property")):
            self.meta[name] = found.get("content") or ""
        self._script = tag == "script" and found.get("type") == "application/ld+json"

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if self._script:
            self.scripts.append(data)


def test_the_answer_describes_a_page_that_has_one():
    found = read_page("progression", "Title", ANSWER)
    assert found.description == "No study compared. After one: 52 of 100."


def test_any_other_page_is_described_by_its_first_sentence():
    body = "<p>Short.</p><p>A paragraph that says <a href='x'>what the page\n is about</a>.</p>"
    found = read_page("x", "X", f"{body}<p>Later words that are long enough as well.</p>")
    assert found.description == "A paragraph that says what the page is about."


def test_a_sentence_that_is_only_a_link_describes_nothing():
    body = (
        "<p>It explains <a href='x'>printed numbers</a> and no more. <a href='y'>Formulas</a>.</p>"
    )
    assert read_page("dose", "Dose", body).description == "It explains printed numbers and no more."


def test_a_description_ends_with_a_sentence_or_says_that_it_goes_on():
    sentences = " ".join(f"This is sentence number {n} of a long page." for n in range(20))
    told = shortened(sentences)
    assert len(told) <= MOST_CHARACTERS
    assert told.endswith("page.")
    words = shortened("word " * 200)
    assert len(words) <= MOST_CHARACTERS
    assert words.endswith("word…")
    assert shortened("Short.") == "Short."


def test_a_title_of_markup_stays_a_text():
    title = NASTY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = f"<p>{title} and more words to make it long enough</p>"
    for name in ("index", "progression", "take-away", "studies/x"):
        text = meta_tags(read_page(name, title, body))
        head = Head(text)
        assert set(head.tags) <= {"meta", "script"}
        assert head.meta["og:title"] == NASTY
        assert head.meta["description"].startswith(NASTY)
        assert text.count("<script") == len(head.scripts) == (name != "studies/x")
        for script in head.scripts:
            assert "<" not in script
            assert NASTY in (json.loads(script)["description"])


def test_kinds_of_linked_data():
    assert linked_data(read_page("index", "T", ANSWER))["@type"] == "ScholarlyArticle"
    for declared in load_declarations():
        found = linked_data(read_page(declared.id, declared.title, ANSWER))
        assert found["@type"] == "ScholarlyArticle"
        assert found["headline"] == declared.title
    body = '<p>Files.</p><a href="downloads/a.csv">a</a><a href="downloads/b.zip">b</a>'
    found = linked_data(read_page("take-away", "Take away", body, "https://a.org/r/take-away.html"))
    assert found["@type"] == "Dataset"
    assert [one["contentUrl"] for one in found["distribution"]] == [
        "https://a.org/r/downloads/a.csv",
        "https://a.org/r/downloads/b.zip",
    ]
    assert linked_data(read_page("glossary", "Glossary", ANSWER)) is None


def test_version_and_day_are_those_of_the_edition():
    head = Head(meta_tags(read_page("index", "T", ANSWER)))
    assert head.meta["citation_version"] == version_name()
    assert json.loads(head.scripts[0])["version"] == version_name()
    assert edition_name() in version_name()
    assert citation()["version"] in version_name()
    assert (
        head.meta["citation_publication_date"].replace("/", "-") == load_reading()["last_reading"]
    )
    assert head.meta["citation_title"] == citation()["title"]


def test_tags_load_nothing_from_elsewhere():
    for name in ("index", "take-away"):
        found = read_page(name, "T", ANSWER, "https://example.org/r/index.html")
        assert foreign_references(meta_tags(found)) == []


def test_every_page_is_written_again_when_the_evidence_left_its_edition(tmp_path, monkeypatch):
    """Sphinx rewrites edited pages only; the version stands on all of them."""
    version = {"now": "Edition 1, version 1"}
    monkeypatch.setattr(page_meta, "_version", cache(lambda: version["now"]))
    (tmp_path / "index.rst").write_text("Title\n=====\n\nA page that nobody edits.\n", "utf-8")

    def built():
        with docutils_namespace():
            folders = (tmp_path, None, tmp_path / "html", tmp_path / "doctrees", "html")
            extensions = {"extensions": ["analysis_lib.book.page_meta"]}
            Sphinx(*folders, confoverrides=extensions, status=None, warning=None).build()
        return Head((tmp_path / "html/index.html").read_text("utf-8").partition("<body")[0])

    assert built().meta["citation_version"] == "Edition 1, version 1"
    version["now"] = "Evidence changed since edition 1, version 1"
    assert built().meta["citation_version"] == "Evidence changed since edition 1, version 1"


def test_a_sitemap_is_read_as_xml():
    root = ElementTree.fromstring(sitemap("https://a.org/r/", ["studies/x", "index"]))
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert [one.text for one in root.iter(f"{space}loc")] == [
        "https://a.org/r/index.html",
        "https://a.org/r/studies/x.html",
    ]


def test_the_address_is_a_web_address_or_none(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert site_address() is None
    monkeypatch.setenv(VARIABLE, "https://example.org/review")
    assert site_address() == "https://example.org/review/"
    for wrong in ("example.org", "javascript:alert(1)", 'https://a.org/"><script>'):
        monkeypatch.setenv(VARIABLE, wrong)
        with pytest.raises(InvalidInputError, match=VARIABLE):
            site_address()


def test_every_built_page_tells_of_itself(built_site):
    described = set()
    for path in sorted(built_site.rglob("*.html")):
        name = path.relative_to(built_site).as_posix()
        if "_static" in path.parts or name in ("genindex.html", "search.html"):
            continue
        head = Head(path.read_text("utf-8").partition("<body")[0])
        assert head.meta.get("description"), name
        assert len(head.meta["description"]) <= MOST_CHARACTERS, name
        assert head.meta["citation_version"] == version_name(), name
        described.add(head.meta["description"])
        for script in head.scripts:
            assert json.loads(script)["@context"] == "https://schema.org"
        wanted = {"index.html", "take-away.html", *(f"{d.id}.html" for d in load_declarations())}
        assert bool(head.scripts) == (name in wanted), name
    assert len(described) > 60


def test_downloads_stand_in_the_site_and_the_page_leads_to_each(built_site):
    text = (built_site / "take-away.html").read_text("utf-8")
    linked = set(re.findall(r'href="(downloads/[^"]+)"', text))
    there = {path.relative_to(built_site).as_posix() for path in built_site.glob("downloads/*")}
    assert linked == there
    assert len(there) == 11


def test_without_an_address_there_is_no_sitemap_and_no_canonical_link(built_site):
    assert not (built_site / "sitemap.xml").exists()
    assert 'rel="canonical"' not in (built_site / "index.html").read_text("utf-8")
