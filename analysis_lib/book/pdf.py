"""The book and its summaries as PDF, printed by Chromium from the built site."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlparse

from analysis_lib.book.book_contents import contents
from analysis_lib.book.citation import citation
from analysis_lib.book.pdf_merge import PrintedPage, merged, tidied
from analysis_lib.book.places import SUMMARIES, sheet_path
from analysis_lib.exceptions import InvalidInputError, ReviewError

#: Where the files are put, below the build's folder.
FOLDER, BOOK_NAME = "pdf", "book.pdf"

#: What stands between the margins of A4 at 96 dots an inch: charts are drawn for this width.
_SHEET = {"width": 718, "height": 1040}

_MARGIN = {"top": "16mm", "bottom": "18mm", "left": "10mm", "right": "10mm"}
_FOOT = (
    '<div style="font:7pt sans-serif;color:#566170;width:100%;padding:0 10mm;'
    'display:flex;justify-content:space-between"><span class="title"></span>'
    '<span class="pageNumber"></span></div>'
)

_BOOK_SHEET: dict[str, Any] = {
    "format": "A4",
    "margin": _MARGIN,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": _FOOT,
}

#: Milliseconds that a page may take: a chart on a busy machine draws slowly.
_PATIENCE = 120_000

#: Every chart has drawn, or cannot, or waits in a closed fold.
_DRAWN = """() => [...document.querySelectorAll('figure.lsr-chart')].every(figure => {
  const drawing = figure.querySelector('.lsr-drawing');
  return figure.dataset.drawn || !drawing || !drawing.clientWidth
    || drawing.classList.contains('lsr-failed');
})"""

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")

Printer = Callable[[str], bytes]


@dataclass(frozen=True)
class PdfReport:
    """What was written."""

    summaries: tuple[Path, ...]
    book: Path | None


def write_pdfs(
    site: Path,
    out: Path,
    comparisons: Sequence[str],
    *,
    only: Sequence[str] = (),
    summaries_only: bool = False,
    address: str | None = None,
    told: Callable[[str], None] = lambda name: None,
) -> PdfReport:
    """Print summaries of one page and the book.

    Parameters
    ----------
    site : Path
        The built site.
    out : Path
        Folder for the files.
    comparisons : sequence of str
        Ids of all comparisons.
    only : sequence of str
        Print these comparisons' summaries and pages, and not the whole book.
    summaries_only : bool
        Leave out pages and book.
    address : str, optional
        Where the site will stand: links out of a file lead there. Without it they go.
    told : callable
        Called with the name of each page before it is printed.

    Raises
    ------
    InvalidInputError
        A name in ``only`` is no comparison.
    ReviewError
        There is no site, or no Chromium.
    """
    unknown = sorted(set(only) - set(comparisons))
    if unknown:
        raise InvalidInputError(
            f"no comparison {', '.join(unknown)}; known are {', '.join(comparisons)}"
        )
    if not (site / "index.html").is_file():
        raise ReviewError("no site yet: run make book first")
    wanted = [name for name in comparisons if not only or name in only]
    entries = [] if summaries_only else list(contents(site))
    if only:
        entries = [entry for entry in entries if entry.name in only]
    with _printer(site) as printed:

        def sheet(name: str) -> bytes:
            told(name)
            return printed(name)

        summaries = [_summary(name, sheet, site, out, address) for name in wanted]
        pages = [PrintedPage(entry, sheet(f"{entry.name}.html")) for entry in entries]
    if not pages:
        return PdfReport(tuple(summaries), None)
    book = out / (BOOK_NAME if not only else f"{'-and-'.join(only)}.pdf")
    book.write_bytes(merged(pages, _places(site), address, _title()))
    return PdfReport(tuple(summaries), book)


def chromium() -> str:
    """Where a Chromium is.

    Raises
    ------
    ReviewError
        None is on the path.
    """
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise ReviewError("no chromium on this machine prints the pages: apt-get install chromium")
    return found


def _title() -> str:
    return str(citation()["title"])


def _summary(name: str, printed: Printer, site: Path, out: Path, address: str | None) -> Path:
    path = out / f"{name}-summary.pdf"
    out.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tidied(printed(sheet_path(name)), _places(site), address))
    return path


def _places(site: Path) -> Callable[[str], tuple[str, str] | None]:
    """What a link's address means: the name of a page of the site and the place in it."""
    root = site.resolve()

    def place(uri: str) -> tuple[str, str] | None:
        target, anchor = urldefrag(uri)
        parts = urlparse(target)
        path = Path(unquote(parts.path))
        if parts.scheme != "file" or not path.is_relative_to(root):
            return None
        return path.relative_to(root).as_posix(), unquote(anchor)

    return place


@contextmanager
def _printer(site: Path) -> Iterator[Printer]:
    """A browser that prints a page of the site, without any network."""
    from playwright.sync_api import sync_playwright

    flags = ["--disable-gpu", "--disable-quic"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = browser.new_context(viewport=_SHEET, color_scheme="light", offline=True)
        context.add_init_script("localStorage.setItem('mode', 'light')")
        page = context.new_page()
        root = site.resolve().as_uri()

        def printed(name: str) -> bytes:
            page.goto(f"{root}/{name}", wait_until="load", timeout=_PATIENCE)
            page.wait_for_function(_DRAWN, timeout=_PATIENCE)
            # A summary brings its own margins and has its own foot.
            options = {} if name.startswith(f"{SUMMARIES}/") else _BOOK_SHEET
            return page.pdf(
                prefer_css_page_size=True, print_background=True, tagged=True, **options
            )

        yield printed
        browser.close()
