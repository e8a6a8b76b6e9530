"""A local book with a centre's own patients in the comparisons, in a folder of its own.

Everything is written below ``_build/with-centre``. The committed notebooks, the golden
files, ``data/README.md`` and the review's own site are neither read for it nor changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat

from analysis_lib.book.build import alone, run_chapters
from analysis_lib.book.centre_marks import mark_site
from analysis_lib.book.centre_page import PAGE, centre_page
from analysis_lib.book.chapters import chapter_key, execute, render_template, serialise
from analysis_lib.book.impact_page import TITLE as CHANGES
from analysis_lib.book.markdown import page
from analysis_lib.book.pages import generate_pages
from analysis_lib.book.site import BUILD, build_site, recover
from analysis_lib.comparison import compare, load_declarations
from analysis_lib.comparison.declarations import Declaration, load_declaration
from analysis_lib.exceptions import ReviewError
from analysis_lib.files import fingerprint, write_text
from analysis_lib.study_records import (
    DATA,
    ROOT,
    load_centre,
    load_records,
    records_with_centre,
)
from analysis_lib.study_records.centre_record import FOLDER
from analysis_lib.tables import callout

CENTRE_BUILD = BUILD / "with-centre"

_WITHOUT = "result = compare(comparison_id)"
_WITH = (
    "from analysis_lib.study_records import records_with_centre\n\n"
    "result = compare(comparison_id, records_with_centre())"
)


#: Pages that tell of the review's editions: what a centre adds is in none of them.
NO_EDITION = {
    name: page(title, callout("note", "This local book is no edition of the review."))
    for name, title in (
        ("whats-new.md", "What is new"),
        ("impact.md", CHANGES),
        ("cite.md", "Not to be cited"),
        ("take-away.md", "Nothing to take away"),
    )
}


@dataclass(frozen=True)
class CentreBuildReport:
    """Chapters run, the first page, and how many groups were too small to be shown."""

    ran: tuple[str, ...]
    site: Path
    n_withheld: int


def build_with_centre(*, force: bool = False, quiet: bool = False) -> CentreBuildReport:
    """Build the book with the patients of ``data/institutional`` in its comparisons.

    Parameters
    ----------
    force : bool
        Run every chapter, whether or not anything changed.
    quiet : bool
        No progress bar.

    Raises
    ------
    InvalidRecordsError
        The evidence or the centre's file breaks rules; nothing is run.
    SiteBuildError
        Jupyter Book refused a page.
    ReviewError
        Another build holds the folder, or a page could not be marked.
    """
    with alone():
        recover(CENTRE_BUILD / "html")
        centre, declarations = load_centre(), load_declarations()
        stale = _stale(declarations, force)
        ran = run_chapters(
            [d for d in declarations if d.id in stale], quiet, run_chapter_with_centre
        )
        _write_state(_read_state() | stale)
        records = records_with_centre()
        results = {d.id: compare(d.id, records) for d in declarations}
        pages = generate_pages(results, editions=()) | NO_EDITION
        pages[PAGE] = centre_page(centre, results)
        pages |= {f"{d.id}.ipynb": _notebook(d.id).read_text("utf-8") for d in declarations}
        site = build_site(pages, folder=CENTRE_BUILD, finish=mark_site)
        return CentreBuildReport(tuple(ran), site, len(centre.withheld))


def run_chapter_with_centre(comparison_id: str) -> str:
    """Run one chapter with the centre's patients; the notebook stays below ``_build``."""
    notebook = execute(with_centre(load_declaration(comparison_id)), comparison_id)
    write_text(_notebook(comparison_id), serialise(notebook))
    return comparison_id


def with_centre(declaration: Declaration) -> nbformat.NotebookNode:
    """The template whose one call of the comparison takes the centre's patients too.

    Raises
    ------
    ReviewError
        The template does not hold that call: it would show the review without the centre.
    """
    notebook = render_template(declaration)
    cells = [cell for cell in notebook.cells if _WITHOUT in cell.source]
    if len(cells) != 1:
        raise ReviewError(f"the chapters' template must hold once: {_WITHOUT}")
    cells[0].source = cells[0].source.replace(_WITHOUT, _WITH)
    return notebook


def _notebook(comparison_id: str) -> Path:
    return CENTRE_BUILD / "notebooks" / f"{comparison_id}.ipynb"


def _stale(declarations: tuple[Declaration, ...], force: bool) -> dict[str, str]:
    """Ids of chapters to run, with the key of everything that each depends on."""
    own = fingerprint((p for p in (DATA / FOLDER).iterdir() if p.is_file()), root=ROOT)
    keys = {d.id: f"{chapter_key(d, load_records())} {own}" for d in declarations}
    state = {} if force else _read_state()
    return {
        comparison: key
        for comparison, key in keys.items()
        if state.get(comparison) != key or not _notebook(comparison).is_file()
    }


def _read_state() -> dict[str, str]:
    try:
        state = json.loads((CENTRE_BUILD / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _write_state(state: dict[str, str]) -> None:
    write_text(CENTRE_BUILD / "state.json", json.dumps(state, indent=1, sort_keys=True) + "\n")
