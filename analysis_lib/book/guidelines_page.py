"""What guidelines say on recurrence: what was seen, and what was not, kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis_lib.book.markdown import Facts, Heading, Inline, Items, Section, page
from analysis_lib.book.places import place_read
from analysis_lib.study_records import load_guidelines
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph

_ASKS = {
    "yes": "a question of its own",
    "no": "not a question of its own",
    "in_population": "recurrent metastases are among the patients",
    "heading_only": "a heading was seen, not the text",
    "not_seen": "not seen",
}

_SEEN = {"not_seen": "not seen", "to_verify": "read second-hand or cut off: to be verified"}


def guidelines_page() -> str:
    """The Markdown of the page on guidelines."""
    data = load_guidelines()
    guidelines = data["guidelines"]
    statements = [(guide, row) for guide in guidelines for row in guide["statements"]]
    seen = [(guide, row) for guide, row in statements if row["seen"] == "seen"]
    missing = [(guide, row) for guide, row in statements if row["seen"] != "seen"]
    return page(
        "Guidelines",
        paragraph("In our own words, from the texts that could be read."),
        Heading("Which guidelines"),
        *(_guideline(guide) for guide in guidelines),
        Heading("Statements that were seen"),
        _statements(seen),
        Heading("Looked for and not seen"),
        callout("missing", "Nothing is concluded from these: their wording was not read."),
        _missing(missing),
        Heading("Trials"),
        _trials(data["trials"]),
        Heading("Points on single studies"),
        Items(tuple(_point(point) for point in data["chapter_points"])),
    )


def _guideline(guide: dict[str, Any]) -> Section:
    facts = Facts(
        (
            ("Scope", guide["scope"] or "not seen"),
            ("Citation", _listed([_citation(citation) for citation in guide["citations"]])),
            ("Recurrence", _ASKS[guide["asks_about_recurrence"]]),
            ("Read at", _listed([place_read(place) for place in guide["read_at"]])),
        )
    )
    return Section(guide["id"], f"{guide['organisation']}: {guide['subject']}", (facts,), level=3)


def _citation(citation: dict[str, Any]) -> Cell:
    parts = (citation[key] for key in ("authors", "title", "journal", "year", "pages"))
    text = ". ".join(str(part).rstrip(".") for part in parts if part) or "not printed"
    return Cell(text, href=citation["link"]) if citation["link"] else Cell(f"{text} (no link)")


def _listed(cells: Sequence[Cell]) -> Inline:
    parts: list[str | Cell] = []
    for position, cell in enumerate(cells):
        parts += ["; "] if position else []
        parts.append(cell)
    return tuple(parts)


def _statements(rows: Sequence[tuple[dict, dict]]) -> Html:
    table = [
        {
            "Guideline": guide["organisation"],
            "About": row["about"].replace("_", " "),
            "Statement": row["text"].strip(),
            "On recurrence": "yes" if row["recurrence_specific"] else "no",
            "Level": row["level"] or "none printed",
        }
        for guide, row in rows
    ]
    return html_table(pd.DataFrame(table), caption=f"Wording seen ({count(len(rows))})")


def _missing(rows: Sequence[tuple[dict, dict]]) -> Html:
    table = [
        {
            "Guideline": guide["organisation"],
            "About": row["about"].replace("_", " "),
            "What was looked for": row["text"].strip(),
            "State": _SEEN[row["seen"]],
        }
        for guide, row in rows
    ]
    return html_table(pd.DataFrame(table), caption=f"Open ({count(len(rows))})")


def _trials(trials: Sequence[dict[str, Any]]) -> Html:
    rows = [
        {
            "Trial": trial["text"].strip(),
            "Registration": trial["registration"] or "not printed",
            "Design": _state(trial["design_seen"]),
            "Results": _state(trial["result_seen"]),
        }
        for trial in trials
    ]
    return html_table(pd.DataFrame(rows), caption="Trials under way")


def _state(code: str) -> str:
    return _SEEN.get(code, "seen")


def _point(point: dict[str, Any]) -> tuple[str | Cell, ...]:
    return (
        f"{point['text'].strip()} ",
        Cell(point["study"], href=f"studies/{point['study']}.html"),
    )
