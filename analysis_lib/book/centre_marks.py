"""Marks on a site that holds a centre's unpublished patients: every page, every chart.

The finished pages are marked, whatever made them, so that no page or chart of such a
site can be without. A page that could not be marked stops the build. What would take
patients or their curves out of the site goes, and search engines are told to stay away.
"""

from __future__ import annotations

import json
import re
import shutil
from html import escape
from pathlib import Path

from analysis_lib.exceptions import ReviewError

#: In the drawing on two lines, which fit a phone.
MARK_LINES = ("Includes unpublished data of one centre;", "not part of the review")
MARK = " ".join(MARK_LINES)

_BANNER_CLASS = "lsr-centre-banner"
_BANNER = (
    f'<div class="lsr-callout lsr-callout-caution {_BANNER_CLASS}" role="note"><p>'
    f"<strong>{MARK}.</strong> Made on this machine for the centre itself; not to be published "
    "or cited.</p></div>"
)
_NO_ROBOTS = '<meta name="robots" content="noindex, nofollow">'

_MAIN = re.compile(r'<main id="main-content"[^>]*>')
_TITLE = re.compile(r"<title>")
_FIGURE = re.compile(r'<figure class="lsr-chart".*?</figure>', re.DOTALL)
_LABEL = re.compile(r'aria-label="([^"]*)"')
_CAPTION = re.compile(r"</figcaption>")
_ABOUT = re.compile(r'(<p class="lsr-about"[^>]*>.*?)(</p>)', re.DOTALL)
_TABLE_CAPTION = re.compile(r"</caption>")
_SPEC = re.compile(
    r'(<script type="application/json" class="lsr-spec(?:-narrow)?">)(.*?)(</script>)', re.DOTALL
)

#: What says who wrote a page and how to cite it, and what saves or prints its numbers.
_LEFT_OUT = tuple(
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        r'<script type="application/ld\+json">.*?</script>',
        r'<meta\b[^>]*\bname="(?:citation|dc)[._][^>]*>',
        r"<script\b[^>]*take-away\.js[^>]*></script>",
        r"<a\b[^>]*\sdownload\b[^>]*>.*?</a>",
        r'<p class="[^"]*\blsr-to-print\b[^"]*">.*?</p>',
    )
)

#: Files that hold numbers to be taken away.
_SAVED = ("*.csv", "*.zip", "*.xlsx", "*.bib", "*.ris", "*.xml")


def mark_site(site: Path) -> None:
    """Mark every page below ``site`` and take out what could be carried away.

    Raises
    ------
    ReviewError
        A page has no place for the mark.
    """
    shutil.rmtree(site / "downloads", ignore_errors=True)
    for pattern in _SAVED:
        for path in site.rglob(pattern):
            path.unlink()
    for path in _pages(site):
        text = mark_page(path.read_text("utf-8"))
        if _BANNER_CLASS not in text:
            raise ReviewError(f"{path.relative_to(site)}: no place for the mark of a centre's data")
        path.write_text(text, "utf-8")


def _pages(site: Path) -> list[Path]:
    """The pages; what the theme keeps among its scripts is none."""
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


def mark_page(html: str) -> str:
    """A finished page with its banner, its title and charts marked; a marked one as it is."""
    if _BANNER_CLASS in html:
        return html
    for pattern in _LEFT_OUT:
        html = pattern.sub("", html)
    html = _MAIN.sub(lambda found: found.group(0) + _BANNER, html, count=1)
    html = _TITLE.sub(f"{_NO_ROBOTS}<title>[{MARK}] ", html, count=1)
    return _FIGURE.sub(lambda found: _marked_figure(found.group(0)), html)


def _marked_figure(figure: str) -> str:
    mark = escape(MARK)
    figure = _LABEL.sub(rf'aria-label="\1. {mark}"', figure)
    figure = _CAPTION.sub(f". {mark}</figcaption>", figure)
    figure = _TABLE_CAPTION.sub(f". {mark}</caption>", figure)
    figure = _ABOUT.sub(rf"\1 {mark}.\2", figure)
    return _SPEC.sub(lambda found: found[1] + _titled(found[2]) + found[3], figure)


def _titled(spec: str) -> str:
    """A drawing's data with the mark as its title, so that it stands in the picture."""
    drawing = json.loads(spec)
    drawing["title"] = {
        "text": list(MARK_LINES),
        "anchor": "start",
        "color": "#1c2430",
        "fontSize": 12,
        "fontWeight": "bold",
        "frame": "group",
    }
    text = json.dumps(drawing, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
