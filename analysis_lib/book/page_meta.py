"""Sphinx extension: what a page says of itself to search engines and reference managers.

A description from the page's own first sentence, Open Graph and citation tags, and data of
schema.org: an article for the first page and each comparison, a data set for the page of
downloads. Nothing here makes a browser ask another origin. Addresses must be absolute, so
the sitemap and the canonical links are made only where the site's address is known.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from analysis_lib.book.citation import citation, version_name
from analysis_lib.book.downloads.files import FOLDER, LICENCE
from analysis_lib.book.site_address import site_address
from analysis_lib.book.take_away_page import NAME as TAKE_AWAY
from analysis_lib.comparison import load_declarations
from analysis_lib.files import write_text
from analysis_lib.study_records import load_reading

#: Longest description; search engines show about half of it.
MOST_CHARACTERS = 300

#: Around the text of a link while a page is read: characters that no page holds.
_LINK, _LINK_END = "\x02", "\x03"

#: A sentence that is a link and nothing else leads on; it describes nothing.
_LEADS_ON = re.compile(rf"(?<=[.!?]) {_LINK}[^{_LINK_END}]*{_LINK_END}\.")

#: A paragraph shorter than this says nothing by itself.
_FEW_CHARACTERS = 40

SITEMAP = "sitemap.xml"

#: Once a build: the evidence is hashed to know whether it is still the edition's.
_version = cache(version_name)

_MEDIA = {"csv": "text/csv", "json": "application/json", "zip": "application/zip"}


@dataclass(frozen=True)
class PageFacts:
    """What a page tells of itself: plain text, and the downloads it links to."""

    name: str
    title: str
    description: str
    files: tuple[str, ...] = ()
    address: str | None = None


@dataclass
class _Reader(HTMLParser):
    """Reads the answer that leads a page, its first paragraph, and its downloads."""

    answer: str = ""
    first: str = ""
    files: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._text: list[str] | None = None
        self._in_answer = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        href = found.get("href") or ""
        if tag == "a" and href.startswith(f"{FOLDER}/"):
            self.files.append(href)
        if tag in ("div", "section"):
            self._in_answer = "lsr-callout-answer" in (found.get("class") or "")
        if tag == "p":
            self._text = []
        if tag == "a" and self._text is not None:
            self._text.append(_LINK)

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._text is not None:
            self._text.append(_LINK_END)
        if tag != "p" or self._text is None:
            return
        told, self._text = _without_links(" ".join("".join(self._text).split())), None
        if self._in_answer:
            self.answer = f"{self.answer} {told}".strip()
        if not self.first and len(told) >= _FEW_CHARACTERS:
            self.first = told


def _without_links(text: str) -> str:
    """The text as words; a sentence that is only a link goes with it."""
    return _LEADS_ON.sub("", text).replace(_LINK, "").replace(_LINK_END, "")


def read_page(name: str, title: str, body: str, address: str | None = None) -> PageFacts:
    """What a page's title and body, both HTML, tell of it."""
    reader = _Reader()
    reader.feed(body)
    plain = " ".join(unescape(re.sub(r"<[^<>]*>", "", title)).split())
    description = shortened(reader.answer or reader.first)
    return PageFacts(name, plain, description, tuple(dict.fromkeys(reader.files)), address)


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text's whole sentences up to ``most`` characters; else its words and an ellipsis."""
    if len(text) <= most:
        return text
    whole = re.match(rf".{{{_FEW_CHARACTERS},{most - 1}}}[.!?](?= )", text, re.DOTALL)
    if whole:
        return whole[0]
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def meta_tags(page: PageFacts) -> str:
    """The page's tags as HTML; every text in them is escaped."""
    cited, day = citation(), load_reading()["last_reading"]
    title = page.title or cited["title"]
    named = {
        "description": page.description,
        "citation_title": cited["title"] if page.name == "index" else title,
        "citation_author": "; ".join(one["name"] for one in cited["authors"]),
        "citation_publication_date": day.replace("-", "/"),
        "citation_version": _version(),
        "citation_language": "en",
    }
    if page.name != "index":
        named["citation_inbook_title"] = cited["title"]
    graph = {
        "og:type": "article",
        "og:title": title,
        "og:description": page.description,
        "og:site_name": cited["title"],
        "og:url": page.address or "",
    }
    tags = [f'<meta name="{key}" content="{escape(v)}" />' for key, v in named.items() if v]
    tags += [f'<meta property="{key}" content="{escape(v)}" />' for key, v in graph.items() if v]
    data = linked_data(page)
    return "\n".join([*tags, *([_script(data)] if data else [])])


def linked_data(page: PageFacts) -> dict[str, Any] | None:
    """What schema.org calls the page: an article, a data set; None for any other page."""
    cited = citation()
    comparisons = {declared.id for declared in load_declarations()}
    if page.name not in {"index", TAKE_AWAY, *comparisons}:
        return None
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "name": page.title or cited["title"],
        "description": page.description,
        "inLanguage": "en",
        "version": _version(),
        "datePublished": load_reading()["last_reading"],
        "license": LICENCE["path"],
        "isAccessibleForFree": True,
        "keywords": cited["keywords"],
        "author": [{"@type": "Organization", "name": one["name"]} for one in cited["authors"]],
    }
    told |= {"url": page.address} if page.address else {}
    if page.name == TAKE_AWAY:
        return told | {"@type": "Dataset", "name": f"{cited['title']}: data"} | _files(page)
    part = {} if page.name == "index" else {"isPartOf": {"@type": "Book", "name": cited["title"]}}
    return told | {"@type": "ScholarlyArticle", "headline": told["name"]} | part


def sitemap(address: str, names: list[str]) -> str:
    """The addresses of all pages, as sitemaps.org has it."""
    pages = (escape_xml(f"{address}{name}.html") for name in sorted(names))
    listed = "".join(f"<url><loc>{page}</loc></url>\n" for page in pages)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{listed}</urlset>\n'
    )


def _files(page: PageFacts) -> dict[str, Any]:
    base = page.address.rpartition("/")[0] + "/" if page.address else ""
    return {
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": f"{base}{name}",
                "encodingFormat": _MEDIA.get(name.rpartition(".")[2], "text/plain"),
            }
            for name in page.files
        ]
    }


def _script(data: dict[str, Any]) -> str:
    """JSON in a script element, which any ``<`` in it might end."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/ld+json">{text}</script>'


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to Sphinx."""
    # Sphinx writes every page again where a value of this kind changed, not only edited ones.
    app.add_config_value("lsr_version", "", "html")
    app.connect("config-inited", _set_address_and_version)
    app.connect("html-page-context", _add_tags)
    app.connect("build-finished", _write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _set_address_and_version(app: Sphinx, config: Config) -> None:
    """Sphinx writes canonical links once it knows the address; the edition may be a new one."""
    _version.cache_clear()
    config.html_baseurl = site_address() or ""
    config.lsr_version = _version()


def _add_tags(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    if doctree is None:
        return
    found = read_page(
        pagename, context.get("title", ""), context.get("body", ""), context.get("pageurl")
    )
    context["metatags"] = f"{context.get('metatags', '')}\n{meta_tags(found)}\n"


def _write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    path, address = Path(app.outdir) / SITEMAP, site_address()
    if address is None:
        path.unlink(missing_ok=True)
    else:
        write_text(path, sitemap(address, sorted(app.env.found_docs)))
