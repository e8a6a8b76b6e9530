"""The real site, built as ``make book`` builds it: links, anchors, origins, escaping."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from analysis_lib.book.places import LINKED_HOSTS
from analysis_lib.comparison import load_declarations
from analysis_lib.study_records import load_records
from analysis_lib.study_records.checklists import load_checklists


class Page(HTMLParser):
    """Anchors, links and headings of one page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.twice, self.links, self.scripts, self.headings = set(), set(), [], [], []
        self.in_article = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if found.get("id"):
            (self.twice if found["id"] in self.ids else self.ids).add(found["id"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in ("script", "img", "iframe") and found.get("src"):
            self.scripts.append(found["src"])
        if tag == "link" and found.get("href") and found.get("rel") != "canonical":
            self.scripts.append(found["href"])
        # The theme repeats title and contents above the article for print.
        self.in_article = self.in_article or tag == "article"
        if self.in_article and re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="module")
def site(built_site):
    """The book's root and its pages."""
    root = built_site
    pages = {p: Page(p.read_text(encoding="utf-8")) for p in sorted(root.rglob("*.html"))}
    return root, {path: page for path, page in pages.items() if "_static" not in path.parts}


def test_every_page_is_there(site):
    root, _ = site
    for record in load_records():
        assert (root / "studies" / f"{record.id}.html").is_file()
    for declared in load_declarations():
        assert (root / f"{declared.id}.html").is_file()


def test_every_internal_link_and_anchor_resolves(site):
    _, pages = site
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if urlparse(target).scheme or target.startswith("//"):
                continue
            goal = (path.parent / unquote(target)).resolve() if target else path
            known = pages[goal].ids if goal in pages else {anchor}
            if not goal.is_file() or (anchor and unquote(anchor) not in known):
                broken.append((path.name, link))
    assert not broken, broken[:20]


def test_no_page_names_an_anchor_twice(site):
    """Headings take their anchors from their words, blocks have their own: both together."""
    _, pages = site
    assert not {str(path): page.twice for path, page in pages.items() if page.twice}


def test_every_item_of_a_checklist_leads_to_an_anchor_that_is_there(site):
    root, pages = site
    gone = []
    for checklist in load_checklists():
        for item in checklist.items:
            if item.link:
                name, anchor = item.link.split("#")
                if (root / name) not in pages or anchor not in pages[root / name].ids:
                    gone.append((checklist.id, item.item, item.link))
    assert not gone


def test_links_lead_only_to_resolvers_and_publishers(site):
    _, pages = site
    hosts = {
        urlparse(link).hostname
        for page in pages.values()
        for link in page.links
        if urlparse(link).scheme in ("http", "https")
    }
    tools = {"jupyterbook.org", "www.sphinx-doc.org", "sphinx-book-theme.readthedocs.io"}
    licence = {"creativecommons.org"}
    assert hosts <= LINKED_HOSTS | tools | licence, hosts - LINKED_HOSTS


def test_no_page_loads_from_another_origin(site):
    _, pages = site
    elsewhere = {
        (path.name, address)
        for path, page in pages.items()
        for address in page.scripts
        if urlparse(address).scheme in ("http", "https") or address.startswith("//")
    }
    assert not elsewhere


def test_every_page_says_what_it_is_not(site):
    _, pages = site
    for path in pages:
        if path.name not in ("genindex.html", "search.html"):
            text = path.read_text(encoding="utf-8")
            assert "not advice for one patient" in text, path.name


def test_headings_come_in_order(site):
    _, pages = site
    for path, page in pages.items():
        if path.name in ("genindex.html", "search.html"):
            continue
        assert page.headings.count(1) == 1, path.name
        for before, after in zip(page.headings, page.headings[1:], strict=False):
            assert after <= before + 1, (path.name, page.headings)


def test_every_chart_has_a_description_and_a_table(site):
    root, _ = site
    for declared in load_declarations():
        text = (root / f"{declared.id}.html").read_text(encoding="utf-8")
        charts = text.count('class="lsr-chart"')
        assert charts == text.count('class="lsr-about"') == text.count("Numbers behind this chart")


def test_no_pooled_ratio_leads_the_landing_page(site):
    """A ratio stands only in the summary of findings, below the answers, beside its certainty."""
    root, _ = site
    page = (root / "index.html").read_text(encoding="utf-8").lower()
    text = page[page.index("<article") : page.index("</article>")]
    answers, findings = text.split('aria-label="summary of findings"')
    assert "naive" not in text
    assert "hazard ratio" not in answers
    assert "between cohorts</a>" not in answers
    assert "between cohorts</a>" in findings
    assert "not an effect of treatment" in findings
