"""The page "Changes since the last edition": the working tree against that edition."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis_lib.book.impact_words import (
    COLUMNS,
    SIZES,
    beside_sentence,
    evidence_lines,
    figure_row,
    movers_text,
    title_of,
)
from analysis_lib.book.markdown import Heading, Items, page
from analysis_lib.editions import ComparisonImpact, Impact
from analysis_lib.editions.changes import Change
from analysis_lib.editions.impact import FigureChange
from analysis_lib.tables import Cell, Html, callout, html_table, paragraph

TITLE = "Changes since the last edition"


def impact_page(found: Impact | None, edition: str | None) -> str:
    """The Markdown of the page.

    Parameters
    ----------
    found : Impact or None
        What moved since the last edition; None before the first.
    edition : str or None
        That edition's number.
    """
    if found is None or edition is None:
        return page(
            TITLE,
            callout(
                "note", "No edition is cut yet: there is nothing to compare the present state with."
            ),
        )
    if found.nothing:
        words = f"Nothing: evidence, methods and every number are those of edition {edition}."
        return page(TITLE, callout("note", words))
    return page(
        TITLE,
        callout(
            "caution",
            f"A preview. The present state differs from edition {edition}, which stays the one to "
            "cite until the next is cut.",
        ),
        Heading("Evidence"),
        _evidence(found),
        Heading("Conclusions"),
        _overview(found),
        paragraph(
            "The class of a comparison is the strongest change among its answers. Who moved a "
            "figure is read from what it is made of: studies whose own figures entered, left or "
            "changed. Where several did, their shares are not told apart."
        ),
        *(part for one in found.comparisons for part in _comparison(one)),
    )


def _evidence(found: Impact) -> Html:
    lines = tuple(evidence_lines(found))
    return Items(lines) if lines else paragraph("No evidence file and no method differs.")


def _overview(found: Impact) -> Html:
    rows = [
        (
            Cell(title_of(one.id), href=f"{one.id}.html"),
            one.change.value,
            movers_text(one.movers) or "none",
        )
        for one in found.comparisons
    ]
    frame = pd.DataFrame(rows, columns=["Comparison", "Class", "Moved by"])
    return html_table(frame, caption="What moved in each comparison")


def _comparison(one: ComparisonImpact) -> Iterable[Html]:
    if one.change is Change.NO_CHANGE:
        return
    yield Heading(title_of(one.id))
    if one.answers:
        yield figures_table(one.answers, one, f"Answers that differ: {title_of(one.id)}")
    yield paragraph(beside_sentence(one) or "No figure beside the answers moved.")


def figures_table(figures: Iterable[FigureChange], one: ComparisonImpact, caption: str) -> Html:
    """Before, after, class and movers of some figures; numbers lead to the comparison's page."""
    rows = []
    for figure in figures:
        name, before, after, change, movers = figure_row(figure, one)
        there = Cell(after, href=f"{one.id}.html#result")
        rows.append((name, Cell(before, href="whats-new.html"), there, change, movers or "none"))
    return html_table(pd.DataFrame(rows, columns=list(COLUMNS)), caption=caption, note=SIZES)
