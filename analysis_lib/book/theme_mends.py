"""What the book theme ships and no reader needs goes; what stops a screen reader is mended.

The theme's templates are not ours and change with its version, so the finished pages and
its style sheet are edited. Every edit is a rule here; an edited page is left as it is by a
second run. What a rule no longer finds shows in the browser tests: their weight limit and
their accessibility findings.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

#: Page that searches; it alone needs the index of all words.
SEARCH_PAGE = "search.html"

#: 1.5 MB of icons, of which the theme uses eleven: ``icons.css`` draws those.
_ICON_SCRIPT = re.compile(r"[ \t]*<script\b[^>]*scripts/fontawesome\.js[^>]*></script>\n?")
#: Asked for on every page, for a search while typing that is switched off.
_SEARCH_SCRIPT = re.compile(
    r"[ \t]*<script src=[^>]*(?:searchtools|language_data|searchindex)\.js[^>]*></script>\n?"
)
#: Cards and tabs of an extension that Jupyter Book always loads.
_DESIGN_ASSET = re.compile(
    r"[ \t]*(?:<link\b[^>]*sphinx-design\.min\.css[^>]*/>"
    r"|<script\b[^>]*design-tabs\.js[^>]*></script>)\n?"
)
_DESIGN_MARK = re.compile(r'class="(?:[^"]* )?sd-')

_ICON_GLYPH = re.compile(r'(?:\.fa-[\w-]+:before,?)+\{content:"[^"]*"\}')
_ICON_FONT = re.compile(r"@font-face\{[^}]*Font Awesome[^}]*\}")

#: A fold of the contents whose switch is an icon without a name.
_NAMELESS_FOLD = re.compile(
    r'(<a class="(?:current )?reference internal" href="[^"]*">\s*([^<]*?)\s*</a>'
    r"\s*<details[^>]*>\s*)<summary>"
)
_SIDEBAR = 'id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar"'
_NAMED_SIDEBAR = f'{_SIDEBAR} role="region" aria-label="This book"'
#: The theme lets the keyboard into whatever has this class and is wider than its place.
_SCROLLING = "pst-scrollable-table-container"
_FORMULA = "math notranslate nohighlight"


def mend_page(html: str, name: str) -> str:
    """Return the page without unused scripts, its folds and regions named.

    Parameters
    ----------
    html : str
        A finished page of the theme.
    name : str
        Its file name; only the search page keeps the search.
    """
    html = _ICON_SCRIPT.sub("", html)
    if name != SEARCH_PAGE:
        html = _SEARCH_SCRIPT.sub("", html)
    if not _DESIGN_MARK.search(html):
        html = _DESIGN_ASSET.sub("", html)
    html = _NAMELESS_FOLD.sub(r'\1<summary aria-label="Pages below: \2">', html)
    if _NAMED_SIDEBAR not in html:
        html = html.replace(_SIDEBAR, _NAMED_SIDEBAR)
    return html.replace(f'<div class="{_FORMULA}"', f'<div class="{_FORMULA} {_SCROLLING}"')


def mend_sheet(css: str) -> str:
    """Return the theme's sheet without the icons' two thousand rules and their fonts."""
    return _ICON_FONT.sub("", _ICON_GLYPH.sub("", css))


def mend_site(site: Path) -> None:
    """Apply the rules to every page and sheet below ``site``; drop the icon files."""
    for path in sorted(site.rglob("*.html")):
        _edit(path, lambda text, name=path.name: mend_page(text, name))
    static = site / "_static"
    for path in sorted((static / "styles").glob("pydata-sphinx-theme.css")):
        _edit(path, mend_sheet)
    for path in (static / "scripts").glob("fontawesome.js*"):
        path.unlink()
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)


def _edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text("utf-8")
    after = change(before)
    if after != before:
        path.write_text(after, "utf-8")
