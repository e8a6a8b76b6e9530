"""Reporting checklists: each item, whether it is met, and the place that meets it."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis_lib.book.markdown import Anchor, Heading, page
from analysis_lib.study_records.checklists import Checklist, ChecklistItem, load_checklists
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph

_STATUS = {
    "met": "met",
    "partly": "partly met",
    "not_met": "not met",
    "not_applicable": "not applicable",
}


def reporting_page() -> str:
    """The Markdown of the page "Reporting checklists"."""
    blocks: list[Html] = []
    for checklist in load_checklists():
        blocks += _checklist(checklist)
    return page(
        "Reporting checklists",
        paragraph(
            "What three checklists ask of a review like this one, whether the book meets it, and "
            "where. What an item asks for is told in our own words. An item that is not met stays "
            "in the list until it is."
        ),
        *blocks,
    )


def _checklist(checklist: Checklist) -> list[Html]:
    counted = Counter(item.status for item in checklist.items)
    told = ", ".join(f"{count(counted[code])} {word}" for code, word in _STATUS.items())
    unseen = [item.item for item in checklist.items if not item.verified]
    blocks: list[Html] = [
        Heading(checklist.title),
        Anchor(f"checklist-{checklist.id}"),
        paragraph(
            f"{count(len(checklist.items))} items: {told}. Reference: ",
            Cell(checklist.reference, href=f"https://doi.org/{checklist.doi}"),
            ".",
        ),
        callout("note" if not unseen else "caution", checklist.known_from),
    ]
    rows = [_row(item) for item in checklist.items]
    caption = f"Items of {checklist.short_name}"
    return [*blocks, html_table(pd.DataFrame(rows), caption=caption)]


def _row(item: ChecklistItem) -> dict[str, str | Cell]:
    asked = item.asks[0].upper() + item.asks[1:]
    reservation = "" if item.verified else " (not checked against the original)"
    return {
        "Item": f"{item.item} {item.topic}",
        "Section": item.section,
        "Asks for": f"{asked}{reservation}",
        "Status": _STATUS[item.status],
        "Why": item.why,
        "Where": Cell(_place(item.link), href=item.link) if item.link else "none",
    }


def _place(link: str) -> str:
    """A link in words: ``protocol: search schedule``."""
    name, anchor = link.split(".html#")
    spoken = [part.replace("-", " ") for part in (name, anchor)]
    return f"{'first page' if name == 'index' else spoken[0]}: {spoken[1]}"
