"""From records read to records used, each step with its reasons."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.markdown import Heading, page
from analysis_lib.book.places import study_link
from analysis_lib.book.study_uses import (
    CONTRAST,
    INDIRECT,
    LEFT_OUT,
    POOLED,
    SCENARIO,
    Results,
    Use,
    pooled_studies,
)
from analysis_lib.charts import Chart, flow_chart
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord, load_reading
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph

#: Uses from the strongest to the weakest, and their columns.
_STEPS = {
    POOLED: "Primary",
    CONTRAST: "Contrast",
    SCENARIO: "Scenario",
    INDIRECT: "Indirect",
    LEFT_OUT: "Not pooled",
}


def flow_page(
    records: Sequence[StudyRecord], results: Results, uses: dict[str, tuple[Use, ...]]
) -> str:
    """The Markdown of the flow page."""
    reading = load_reading()
    return page(
        "From records read to records used",
        callout(
            "caution",
            f"{reading['database_search']['statement']} Records were found in "
            f"{'; '.join(reading['sources_read'])}. There are no counts of hits, duplicates or "
            "screened titles to show.",
        ),
        _flow(records, results),
        Heading("Used by each comparison"),
        _per_comparison(results, uses),
        Heading("Included, in no primary analysis"),
        _not_pooled(records, results, uses),
        Heading("Not used"),
        _with_reasons(records, "exclude", "Records not used"),
        Heading("Indirect evidence"),
        paragraph("Shown beside the comparisons, never pooled."),
        _with_reasons(records, "indirect", "Records of indirect evidence"),
    )


def _flow(records: Sequence[StudyRecord], results: Results) -> Chart:
    decided = [record.eligibility.decision for record in records]
    included = decided.count("include")
    pooled = len(_pooled(results))
    boxes = [
        (0, "main", "Records read", len(records)),
        (0, "aside", "Not used, reason below", decided.count("exclude")),
        (0, "aside", "Indirect evidence, never pooled", decided.count("indirect")),
        (1, "main", "Included", included),
        (1, "aside", "In no primary analysis, reason below", included - pooled),
        (2, "main", "In a primary analysis of a comparison", pooled),
    ]
    frame = pd.DataFrame(boxes, columns=["step", "lane", "label", "n"])
    return flow_chart("flow", frame, title="Records read, included and used")


def _per_comparison(results: Results, uses: dict[str, tuple[Use, ...]]) -> Html:
    rows = []
    for comparison, result in results.items():
        best = [_strongest(found, comparison) for found in uses.values()]
        title = Cell(result.declaration.title, href=f"{comparison}.html")
        rows.append(
            {
                "Comparison": title,
                **{label: best.count(how) for how, label in _STEPS.items()},
                "All": sum(how is not None for how in best),
            }
        )
    note = (
        "Studies, each once per comparison, in the first column that fits: in a primary analysis; "
        "only by a printed contrast; only in a declared scenario; only as indirect evidence; read "
        "and not pooled, with the reason on the study's page."
    )
    return html_table(pd.DataFrame(rows), caption="Studies by comparison", note=note)


def _not_pooled(
    records: Sequence[StudyRecord], results: Results, uses: dict[str, tuple[Use, ...]]
) -> Html:
    pooled = _pooled(results)
    rows = [
        {
            "Study": study_link(record.id, study_label(record)),
            "Why": _why_not_pooled(record, uses.get(record.id, ())),
        }
        for record in records
        if record.eligibility.decision == "include" and record.id not in pooled
    ]
    return html_table(pd.DataFrame(rows), caption=f"Not pooled ({count(len(rows))})")


def _why_not_pooled(record: StudyRecord, uses: Sequence[Use]) -> str:
    """The reasons given where a comparison left the study out, or what it has instead."""
    reasons = list(dict.fromkeys(use.reason for use in uses if use.how == LEFT_OUT))
    if reasons:
        return "; ".join(reasons)
    if uses:
        hows = dict.fromkeys(f"{use.how}: {use.reason}" if use.reason else use.how for use in uses)
        return "; ".join(hows)
    if any(arm.outcomes for arm in record.arms):
        return "no comparison asks for its treatment, outcome and role"
    return "no time-to-event outcome was read"


def _pooled(results: Results) -> set[str]:
    return {study for result in results.values() for study in pooled_studies(result)}


def _strongest(uses: Sequence[Use], comparison: str) -> str | None:
    hows = {use.how for use in uses if use.comparison == comparison}
    return next((how for how in _STEPS if how in hows), None)


def _with_reasons(records: Sequence[StudyRecord], decision: str, caption: str) -> Html:
    rows = [
        {
            "Study": study_link(record.id, study_label(record)),
            "Title": record.citation.title or "title not printed",
            "Reason": record.eligibility.reason,
        }
        for record in records
        if record.eligibility.decision == decision
    ]
    if not rows:
        return paragraph("None.")
    return html_table(pd.DataFrame(rows), caption=f"{caption} ({count(len(rows))})")
