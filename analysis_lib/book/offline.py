"""Sphinx extension: a built page asks no other origin for anything.

Jupyter Book always loads two extensions that name other origins: sphinx-thebe (its
script's address stands in every page) and sphinx-comments. Their listeners are taken
off. The drawing scripts are put on the pages that hold a chart, not on every page.
When the build ends, the pages are mended (``theme_mends``), then every page and style
sheet is searched for what a browser would load from elsewhere; each finding is a warning,
and the book is built with warnings as errors.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from analysis_lib.book.feed import FEED
from analysis_lib.book.scripts import GENERATED, SCRIPT_NAME, write_scripts
from analysis_lib.book.theme_mends import mend_site

_logger = logging.getLogger(__name__)

#: Extensions of Jupyter Book whose work is to load something from elsewhere.
UNWANTED = ("sphinx_thebe", "sphinx_comments")

_CHART_MARK = 'class="lsr-chart"'
_SCRIPT = f"{GENERATED}/{SCRIPT_NAME}"

_ELSEWHERE = r"""(?:https?:)?//[^\s"'<>)]+"""
#: Elements that load what ``src`` (or ``data``, ``poster``) names, and links that load.
_LOADING_ELEMENT = re.compile(
    rf"""<(?:script|img|iframe|source|video|audio|embed|object|track|input)\b[^>]*?
         \s(?:src|data|poster|srcset)\s*=\s*["']?({_ELSEWHERE})""",
    re.IGNORECASE | re.VERBOSE,
)
_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_LINK_TARGET = re.compile(rf"""\shref\s*=\s*["']?({_ELSEWHERE})""", re.IGNORECASE)
_HARMLESS_LINK = re.compile(
    r"""\srel\s*=\s*["']?(?:canonical|author|license|help|search|index|next|prev)\b""",
    re.IGNORECASE,
)
_IN_STYLE = re.compile(
    rf"""(?:url\(\s*["']?|@import\s+["'])({_ELSEWHERE})""", re.IGNORECASE | re.VERBOSE
)


def foreign_references(text: str) -> list[str]:
    """Addresses on another origin that a browser would load for this HTML or CSS.

    Links that a reader may follow (``<a href>``) and addresses inside scripts are not
    loads and do not count.
    """
    found = [match.group(1) for match in _LOADING_ELEMENT.finditer(text)]
    for link in _LINK.findall(text):
        target = _LINK_TARGET.search(link)
        if target and not _HARMLESS_LINK.search(link):
            found.append(target.group(1))
    found += [match.group(1) for match in _IN_STYLE.finditer(text)]
    return found


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to Sphinx."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.split(".")[0] in UNWANTED:
                app.disconnect(listener.id)
    app.connect("config-inited", _take_script_from_every_page)
    app.connect("builder-inited", _write_scripts)
    app.connect("html-page-context", _add_script_to_chart_pages)
    app.connect("html-page-context", _name_feed)
    app.connect("build-finished", _finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _take_script_from_every_page(app: Sphinx, config: Config) -> None:
    """Jupyter Book puts each script below ``_static`` on each page, if it is there yet."""
    config.html_js_files = sorted(name for name in config.html_js_files if name != _SCRIPT)
    config.html_css_files = sorted(config.html_css_files)
    # sphinx-thebe asks for its style sheet on every page, and nothing copies it any more.
    app.registry.css_files[:] = [
        entry for entry in app.registry.css_files if "thebe" not in entry[0]
    ]


def _write_scripts(app: Sphinx) -> None:
    if app.builder.format == "html":
        write_scripts(Path(app.srcdir) / "_static")


def _add_script_to_chart_pages(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    if _CHART_MARK in context.get("body", ""):
        app.add_js_file(_SCRIPT, loading_method="defer")


def _name_feed(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Every page's head says where the feed of editions is."""
    address = context["pathto"](FEED, resource=True)
    link = f'<link rel="alternate" type="application/atom+xml" title="Editions" href="{address}"/>'
    context["metatags"] = f"{context.get('metatags', '')}\n{link}"


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        mend_site(Path(app.outdir))
        _search_for_foreign_references(Path(app.outdir))


def _search_for_foreign_references(out: Path) -> None:
    for path in sorted([*out.rglob("*.html"), *out.rglob("*.css")]):
        for address in foreign_references(path.read_text("utf-8")):
            _logger.warning(
                "%s loads from another origin: %s", path.relative_to(out), address, type="offline"
            )
