"""The printed figures of one paper worked out again, as a page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis_lib.book.blocks import Fold, Stack
from analysis_lib.book.markdown import Items
from analysis_lib.book.places import record_link
from analysis_lib.book.study_words import message_words, with_names
from analysis_lib.consistency import Finding
from analysis_lib.consistency.rederived import Rederivation
from analysis_lib.consistency.verdicts import AGREES, CANNOT, DIFFERS, KINDS, Rederived
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.tables import Cell, Html, count, html_table, paragraph

_KIND_WORDS = {
    "count": "Count",
    "percentage": "Percentage",
    "probability": "Survival or control",
    "interval": "Interval",
    "median": "Median",
    "ratio": "Hazard ratio",
    "p": "p-value",
    "other": "Other",
}

_VERDICT_WORDS = {
    AGREES: "Agrees",
    DIFFERS: "Differs",
    CANNOT: "Cannot be worked out",
}


#: What stands where no number came out: nothing can, or people compared what is printed.
_NOTHING_AGAIN = {AGREES: "by reading", DIFFERS: "by reading", CANNOT: "not possible"}


def rederivation_blocks(found: Rederivation, names: Mapping[str, str]) -> list[Html]:
    """How many figures agree, those that differ, then (folded) all others with how.

    ``names``: short names of arms by their labels.
    """
    counted = found.counted()
    differ = [figure for figure in found.figures if figure.verdict == DIFFERS]
    parts: list[Html] = [
        paragraph(
            f"{count(len(found.figures))} printed figures: {count(counted[AGREES])} agree with "
            f"the other figures of the record, {count(counted[DIFFERS])} differ from them, "
            f"{count(counted[CANNOT])} cannot be worked out from what is printed."
        ),
        _counts(found),
    ]
    if differ:
        parts.append(_figures(differ, "Printed figures that differ from the others", names))
    for verdict in (AGREES, CANNOT):
        figures = found.of(verdict)
        if figures:
            summary = f"{_VERDICT_WORDS[verdict]}: {count(len(figures))} figures, each with how"
            parts.append(Fold(summary, _figures(figures, _VERDICT_WORDS[verdict], names)))
    return parts


def contradictions(record: StudyRecord, findings: Sequence[Finding]) -> Html:
    """What readers noted against a paper, and what the consistency audit found in its record."""
    noted = tuple(
        (record_link(record.id, f"discrepancies[{index}]", text),)
        for index, text in enumerate(record.discrepancies)
    )
    audited = tuple(
        (
            record_link(
                record.id,
                finding.field,
                "".join(
                    part.text if isinstance(part, Cell) else part
                    for part in with_names(message_words(record, finding.message))
                ),
            ),
        )
        for finding in findings
    )
    return Stack(
        paragraph(f"Noted by the readers of the paper ({count(len(noted))}):"),
        Items(noted),
        paragraph(f"Found by the consistency audit ({count(len(audited))}):"),
        Items(audited),
    )


def _counts(found: Rederivation) -> Html:
    rows = []
    for kind in KINDS:
        own = [figure for figure in found.figures if figure.kind == kind]
        if own:
            rows.append(
                {"Printed": _KIND_WORDS[kind]}
                | {
                    _VERDICT_WORDS[verdict]: sum(figure.verdict == verdict for figure in own)
                    for verdict in (AGREES, DIFFERS, CANNOT)
                }
            )
    return html_table(pd.DataFrame(rows), caption="Printed figures by kind and verdict")


def _figures(figures: Sequence[Rederived], caption: str, names: Mapping[str, str]) -> Html:
    rows = [
        {
            "Figure": _named(figure.subject, names),
            "Kind": _KIND_WORDS[figure.kind],
            "Printed": record_link(figure.study_id, figure.field, figure.printed),
            "Worked out again": record_link(
                figure.study_id, figure.field, figure.again or _NOTHING_AGAIN[figure.verdict]
            ),
            "How": record_link(figure.study_id, figure.field, figure.how),
        }
        for figure in figures
    ]
    return html_table(pd.DataFrame(rows), caption=caption)


def _named(subject: str, names: Mapping[str, str]) -> str:
    """The subject with the short name of the arm it begins with."""
    label = next((label for label in names if subject.startswith(f"{label}: ")), None)
    return subject if label is None else f"{names[label]}{subject.removeprefix(label)}"
