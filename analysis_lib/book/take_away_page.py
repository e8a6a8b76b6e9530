"""Take away: every file a reader can download, what it holds and under which licence."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.downloads.files import FOLDER, LICENCE, PACKAGE_FILE, Download
from analysis_lib.book.markdown import Heading, Items, page
from analysis_lib.book.places import sheet_path
from analysis_lib.book.study_uses import Results
from analysis_lib.tables import Cell, Html, callout, html_table, paragraph

#: Name of the page below the book's root, without its ending.
NAME = "take-away"


def take_away_page(files: Sequence[Download], results: Results) -> str:
    """The Markdown of the page.

    Parameters
    ----------
    files : sequence of Download
        The single files, as they stand in the site.
    results : mapping of comparison id to ComparisonResult
        Each has a summary of one page.
    """
    licence = Cell(LICENCE["title"], href=LICENCE["path"])
    return page(
        "Take away",
        paragraph(
            "What the pages show, as files: summaries on one page, charts and tables, the data and "
            "the references. They are made with the pages from the same records, so they cannot "
            "say something else."
        ),
        paragraph(
            "Licence of text and data: ",
            licence,
            ". ",
            Cell("How to cite this edition", href="cite.html"),
            ".",
        ),
        Heading("A summary on one page"),
        paragraph(
            "For the table of a tumour board: the answer, the absolute figures, how certain they "
            "are and what is not known. Made to be printed on one sheet of A4."
        ),
        Items(
            tuple(
                (Cell(result.declaration.title, href=sheet_path(result.declaration.id)),)
                for result in results.values()
            )
        ),
        Heading("Charts and tables"),
        paragraph(
            "Below each chart stand buttons for its drawing (SVG, PNG) and its numbers (CSV); "
            "below each table one for its rows as they are shown, filtered and sorted. The "
            "files are made in the browser; nothing is sent anywhere."
        ),
        Heading("Data and references"),
        _callout(),
        _table(files),
        paragraph(
            "All of these in one file: ",
            Cell(PACKAGE_FILE, href=f"{FOLDER}/{PACKAGE_FILE}"),
            f" ({len(files)} files), a Frictionless data package. Its description names the "
            "meaning of every column, the licence, the version and the source of every record.",
        ),
        Heading("The whole book as PDF"),
        paragraph(
            "Whoever has the repository makes it with “make pdf”: every page in the order of "
            "the contents, and each summary as a file of its own."
        ),
    )


def _callout() -> Html:
    return callout(
        "caution",
        "Pseudo-patients are reconstructed from figures that papers print. No row is a real "
        "patient: they serve to repeat the analyses, and to nothing that needs patients.",
    )


def _table(files: Sequence[Download]) -> Html:
    rows = [
        {
            "File": Cell(one.name, href=f"{FOLDER}/{one.name}"),
            "What it holds": f"{one.title}. {one.about}",
            "Size": f"{one.amount:,} {one.unit}",
        }
        for one in files
    ]
    return html_table(
        pd.DataFrame(rows), caption="Files to download", note=f"Licence: {LICENCE['title']}."
    )
