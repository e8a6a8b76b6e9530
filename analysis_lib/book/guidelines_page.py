"""What guidelines say on recurrence, how strongly, where they are silent, where not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.book.blocks import Fold
from analysis_lib.book.claims_tables import claim_folds, claims_table
from analysis_lib.book.markdown import Anchor, Facts, Heading, Inline, Items, Section, page
from analysis_lib.book.places import place_read
from analysis_lib.book.study_uses import Results
from analysis_lib.comparison.claims import JudgedClaim, judge_claims
from analysis_lib.study_records import load_claims, load_guidelines
from analysis_lib.tables import Cell, Html, callout, count, html_table, mid_sentence, paragraph

#: Each state a guideline can be in on recurrence: for the table, and in full.
#: The answer of a guideline whose patients include recurrences, which asks nothing on them alone.
_AMONG_OTHERS = "in_population"

_ASKS = {
    "yes": ("speaks", "a question of its own"),
    _AMONG_OTHERS: ("in part", "recurrent metastases are among the patients"),
    "no": ("silent", "its questions were read, and it is not among them"),
    "heading_only": ("not read", "a heading was seen, not the text"),
    "not_seen": ("not read", "its text on recurrence was not seen"),
}

_SEEN = {"not_seen": "not seen", "to_verify": "read second-hand or cut off: to be verified"}

Rows = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]


def guidelines_page(results: Results) -> str:
    """The Markdown of the chapter; ``results`` decide claims that a comparison tests."""
    data, claims = load_guidelines(), load_claims()
    guidelines = data["guidelines"]
    statements = [(guide, row) for guide in guidelines for row in guide["statements"]]
    seen = [(guide, row) for guide, row in statements if row["seen"] == "seen"]
    on_recurrence = [pair for pair in seen if pair[1]["recurrence_specific"]]
    elsewhere = [pair for pair in seen if not pair[1]["recurrence_specific"]]
    missing = [(guide, row) for guide, row in statements if row["seen"] != "seen"]
    judged = judge_claims(results)
    return page(
        "Guidelines",
        paragraph("What guidelines say on recurrence, in our own words, from what could be read."),
        callout("answer", _in_short(guidelines)),
        callout(
            "caution",
            "Silent and not read are two things. Silent: the questions of the guideline were "
            "seen, and recurrence is not among them. Not read: its text on recurrence was not "
            "seen, and nothing is concluded from that.",
        ),
        Heading("Who speaks, who is silent, who was not read"),
        _overview(guidelines),
        Heading("What is said on recurrence"),
        _statements(on_recurrence, f"On recurrence, wording seen ({count(len(on_recurrence))})"),
        Heading("Said of other situations"),
        paragraph("Mostly of first treatment: it does not follow that it holds for a recurrence."),
        Fold(
            f"{count(len(elsewhere))} statements, not on recurrence by itself",
            _statements(
                elsewhere, f"Not on recurrence by itself, wording seen ({count(len(elsewhere))})"
            ),
        ),
        Heading("Looked for and not seen"),
        callout("missing", "Nothing is concluded from these: their wording was not read."),
        _missing(missing),
        Heading("Claims against guidelines and evidence"),
        paragraph(
            "What management summaries claim, held against the statements above and against our "
            "results. Where a comparison tests a claim, its verdict is computed from studies "
            "that hold both groups; elsewhere one reader judged, with a reason."
        ),
        callout("answer", _claims_in_short(judged)),
        claims_table(judged),
        Heading("The claims one by one"),
        claim_folds(judged, claims["pages"]),
        Heading("Where the claims stand"),
        Items(tuple(f"{row['title'].strip()}: {row['note'].strip()}" for row in claims["pages"])),
        Heading("Which guidelines"),
        *(_guideline(guide) for guide in guidelines),
        Heading("Trials"),
        _trials(data["trials"]),
        Heading("Points on single studies"),
        paragraph(
            "What is said of one study rather than of treatments in general; each leads to the "
            "page with that study's own figures and contradictions. What follows from them "
            "stands in ",
            Cell("Tumour or radionecrosis?", href="necrosis.html"),
            ".",
        ),
        Items(tuple(_point(point) for point in data["chapter_points"])),
    )


def _in_short(guidelines: Sequence[Mapping[str, Any]]) -> str:
    counted = Counter(_ASKS[guide["asks_about_recurrence"]][0] for guide in guidelines)
    return (
        f"Of {count(len(guidelines))} guidelines looked for, {count(counted['speaks'])} make "
        f"recurrence a question of its own, {count(counted['in part'])} has recurrent metastases "
        f"among its patients, {count(counted['silent'])} have questions that were read and are "
        "silent, and "
        f"{count(counted['not read'])} could not be read on it."
    )


def _claims_in_short(judged: Sequence[JudgedClaim]) -> str:
    evidence = Counter(one.evidence.code for one in judged)
    guides = Counter(one.guidelines.code for one in judged)
    return (
        f"Of {count(len(judged))} claims the evidence agrees with {count(evidence['agrees'])}, in "
        f"part with {count(evidence['partly'])}, and conflicts with "
        f"{count(evidence['conflicts'])}; open: {count(evidence['open'])}; for "
        f"{count(evidence['described'])} the patients are described and not compared, for "
        f"{count(evidence['indirect'])} there are figures of other patients only, for "
        f"{count(evidence['none'])} there is no evidence, and {count(evidence['outside'])} are "
        f"outside the question. Guidelines conflict with {count(guides['conflicts'])} and make "
        f"no recommendation on {count(guides['no_recommendation'])}; on "
        f"{count(guides['silent'])} no statement was seen, and {count(guides['not_read'])} rest on "
        "texts that were not read."
    )


# --- guidelines -----------------------------------------------------------------------


def _overview(guidelines: Sequence[Mapping[str, Any]]) -> Html:
    names = Counter(_with_year(guide) for guide in guidelines)
    rows = []
    for guide in guidelines:
        # Where recurrences are among the patients, every statement is on them too.
        among = guide["asks_about_recurrence"] == _AMONG_OTHERS
        own = [row for row in guide["statements"] if among or row["recurrence_specific"]]
        read = [row for row in own if row["seen"] == "seen"]
        levels = dict.fromkeys(row["level"] for row in read if row["level"])
        short, full = _ASKS[guide["asks_about_recurrence"]]
        named = _with_year(guide)
        # Two guidelines of one body and year are told apart by what they are about.
        named += f": {mid_sentence(guide['subject'])}" if names[named] > 1 else ""
        rows.append(
            {
                "Guideline": Cell(named, href=f"#{guide['id']}"),
                "On recurrence": short,
                "What that means": full,
                "Statements seen": _statements_seen(len(read), among),
                "How strong": ", ".join(levels) or ("no level printed" if read else "not known"),
                "Looked for, not seen": str(len(own) - len(read)),
            }
        )
    return html_table(pd.DataFrame(rows), caption="Recurrence in each guideline")


def _statements_seen(number: int, among_others: bool) -> str:
    if not number:
        return "none"
    return f"{number}, on new and recurrent alike" if among_others else str(number)


def _with_year(guide: Mapping[str, Any]) -> str:
    return f"{guide['organisation']}, {guide['citations'][-1]['year'] or 'year not printed'}"


def _guideline(guide: Mapping[str, Any]) -> Section:
    facts = Facts(
        (
            ("Scope", guide["scope"] or "not seen"),
            ("Citation", _listed([_citation(citation) for citation in guide["citations"]])),
            ("Recurrence", ": ".join(_ASKS[guide["asks_about_recurrence"]])),
            ("Read at", _listed([place_read(place) for place in guide["read_at"]])),
        )
    )
    return Section(guide["id"], f"{guide['organisation']}: {guide['subject']}", (facts,), level=3)


def _citation(citation: Mapping[str, Any]) -> Cell:
    parts = (citation[key] for key in ("authors", "title", "journal", "year", "pages"))
    text = ". ".join(str(part).rstrip(".") for part in parts if part) or "not printed"
    return Cell(text, href=citation["link"]) if citation["link"] else Cell(f"{text} (no link)")


def _listed(cells: Sequence[Cell]) -> Inline:
    parts: list[str | Cell] = []
    for position, cell in enumerate(cells):
        parts += ["; "] if position else []
        parts.append(cell)
    return tuple(parts)


# --- statements -----------------------------------------------------------------------


def _statements(rows: Rows, caption: str) -> Html:
    table = [
        {
            "Guideline": _named(guide),
            "About": _about(row) + _among(guide),
            "Statement": row["text"].strip(),
            "Level": row["level"] or "none printed",
        }
        for guide, row in rows
    ]
    return _anchored(table, rows, caption)


def _among(guide: Mapping[str, Any]) -> str:
    """Said of each statement of a guideline that treats new and recurrent metastases as one."""
    alike = guide["asks_about_recurrence"] == _AMONG_OTHERS
    return "; recurrent metastases are among the patients" if alike else ""


def _missing(rows: Rows) -> Html:
    table = [
        {
            "Guideline": _named(guide),
            "About": _about(row),
            "What was looked for": row["text"].strip(),
            "State": _SEEN[row["seen"]],
        }
        for guide, row in rows
    ]
    return _anchored(table, rows, f"Open ({count(len(rows))})")


def _about(row: Mapping[str, Any]) -> str:
    text = row["about"].replace("_", " ")
    return text[:1].upper() + text[1:]


def _named(guide: Mapping[str, Any]) -> Cell:
    """The guideline a statement was read in, leading to its citation."""
    return Cell(guide["organisation"], href=f"#{guide['id']}")


class _Statements(Html):
    """A table after one anchor for each of its statements, so that links arrive at it."""

    def __init__(self, anchors: Sequence[Anchor], table: Html):
        self.anchors, self.table = tuple(anchors), table

    def to_html(self) -> str:
        return "\n".join([*(anchor.to_html() for anchor in self.anchors), self.table.to_html()])

    def to_text(self) -> str:
        return self.table.to_text()


def _anchored(table: Sequence[Mapping[str, object]], rows: Rows, caption: str) -> Html:
    anchors = [Anchor(row["id"]) for _, row in rows]
    return _Statements(anchors, html_table(pd.DataFrame(table), caption=caption))


def _trials(trials: Sequence[Mapping[str, Any]]) -> Html:
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


def _point(point: Mapping[str, Any]) -> Inline:
    return (Cell(point["text"].strip(), href=f"studies/{point['study']}.html"),)
