"""One study's page alone, in one file: seconds instead of a book."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from markdown_it import MarkdownIt

from analysis_lib.book.markdown import html_block
from analysis_lib.book.scripts import write_scripts
from analysis_lib.book.study_page import StudyContext, study_page_text
from analysis_lib.files import write_text
from analysis_lib.study_records import ROOT, StudyRecord
from analysis_lib.tables import callout

BUILD, STATIC = ROOT / "_build", ROOT / "book" / "_static"
PREVIEWS = BUILD / "preview"

#: The theme's own style sheets, as the site loads them.
_THEME = (
    ("pydata_sphinx_theme", "theme/pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css"),
    ("sphinx_book_theme", "theme/sphinx_book_theme/static/styles/sphinx-book-theme.css"),
)
_FONT = re.compile(r"@font-face\s*\{[^}]*\}|@import[^;]+;|/\*# sourceMappingURL=[^*]*\*/")
_LINK = re.compile(r'<a\b([^>]*?) href="([^"#:]+)(#[^"]*)?"([^>]*)>')

_PAGE = """\
<!DOCTYPE html>
<html lang="en" data-mode="auto" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Preview: {title}</title>
<script>
if (matchMedia("(prefers-color-scheme: dark)").matches) {{
  document.documentElement.dataset.theme = "dark";
}}
</script>
<style>
{styles}
.lsr-preview {{ width: 100%; max-width: 60rem; margin: 0 auto; padding: 1rem; }}
.lsr-preview > article {{ width: 100%; min-width: 0; }}
</style>
</head>
<body>
<main class="bd-main lsr-preview"><article class="bd-article">
{body}
</article></main>
{scripts}</body>
</html>
"""


def write_preview(record: StudyRecord, context: StudyContext, *, problems: int = 0) -> Path:
    """Write the study's page below ``_build/preview/studies``; returns its path.

    Parameters
    ----------
    record : StudyRecord
        The record, or what of an unfinished one can be shown.
    context : StudyContext
        What the rest of the review says about it.
    problems : int
        How many problems the record has; the page says that parts are left out.

    Notes
    -----
    Styles and drawing scripts stand in the file; links to other pages of the book lead
    to the site as it was last built, and are plain text where it has no such page.
    """
    path = PREVIEWS / "studies" / f"{record.id}.html"
    body = MarkdownIt("commonmark").render(study_page_text(record, context))
    body = html_block(_reservation(problems)) + _links(body, path.parent)
    title = escape(record.id)
    page = _PAGE.format(title=title, styles=_styles(), body=body, scripts=_scripts(body))
    write_text(path, page)
    return path


def _reservation(problems: int) -> callout:
    if not problems:
        return callout("note", "Preview of one page. No comparison was computed.")
    noun = "problem" if problems == 1 else "problems"
    return callout(
        "caution",
        f"Preview of an unfinished record: {problems} {noun}. Parts with problems are left out.",
    )


def _links(body: str, folder: Path) -> str:
    """Links within the book, to the built site or to nowhere."""
    site = BUILD / "html"

    def link(found: re.Match) -> str:
        before, target, anchor, after = found.groups()
        page = (site / "studies" / target).resolve()
        if not (page.is_file() and page.is_relative_to(site.resolve())):
            return f"<a{before}{after}>"
        up = "/".join([".."] * (len(folder.relative_to(BUILD).parts)))
        address = f"{up}/{page.relative_to(BUILD.resolve()).as_posix()}{anchor or ''}"
        return f'<a{before} href="{address}"{after}>'

    return _LINK.sub(link, body)


@cache
def _styles() -> str:
    """The theme's and the book's style sheets, without what they would load."""
    theme = [files(package).joinpath(name).read_text("utf-8") for package, name in _THEME]
    own = [path.read_text("utf-8") for path in sorted(STATIC.glob("*.css"))]
    return "\n".join(_FONT.sub("", sheet) for sheet in (*theme, *own)).replace("</", "<\\/")


def _scripts(body: str) -> str:
    """What draws and sorts; the drawing library only where there is a chart."""
    names = [STATIC / name for name in ("charts.js", "sort-filter.js")]
    if 'class="lsr-chart"' in body:
        names.insert(0, write_scripts(PREVIEWS / "_static")[0])
    texts = (path.read_text("utf-8").replace("</script", "<\\/script") for path in names)
    return "".join(f"<script>\n{text}\n</script>\n" for text in texts)
