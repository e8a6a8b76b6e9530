"""From records read to records used, each step with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

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
from analysis_lib.editions import Edition
from analysis_lib.search import DatabaseFlow, PrismaFlow, prisma_flow
from analysis_lib.study_records import StudyRecord, load_reading, load_search_files
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
    records: Sequence[StudyRecord],
    results: Results,
    uses: dict[str, tuple[Use, ...]],
    *,
    editions: Sequence[Edition] = (),
    until: str | None = None,
) -> str:
    """The Markdown of the flow page: the PRISMA 2020 flow of what the files hold.

    Parameters
    ----------
    records, results, uses
        The evidence, and what the comparisons make of it.
    editions : sequence of Edition
        The oldest first; the flow of each stands beside the present one.
    until : str, optional
        An edition's last day; later searches and decisions do not count.
    """
    flow = prisma_flow(load_search_files(), records, until=until)
    return page(
        "From records read to records used",
        _how_found(flow),
        _flow(flow, records, results),
        Heading("Along the editions"),
        _along_editions(editions, flow, records, results),
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


def _how_found(flow: PrismaFlow) -> Html:
    """What the diagram can count and what it cannot."""
    reading = load_reading()
    others = f"Records were found in {'; '.join(reading['sources_read'])}."
    if flow.databases is None:
        return callout(
            "caution",
            f"{reading['database_search']['statement']} {others} There are no counts of hits, "
            "duplicates or screened titles to show.",
        )
    return paragraph(
        f"{reading['database_search']['statement']} Other records, {count(len(flow.other_ids))}, "
        f"came by other methods. {others} Of those there are no counts of hits, duplicates or "
        "screened titles. The diagram follows PRISMA 2020."
    )


def _flow(flow: PrismaFlow, records: Sequence[StudyRecord], results: Results) -> Chart:
    boxes = [*_search_boxes(flow.databases), *_reading_boxes(flow, records, results)]
    steps = [number - 1 for number in accumulate(int(lane == "main") for lane, _, _ in boxes)]
    frame = pd.DataFrame(boxes, columns=["lane", "label", "n"]).assign(step=steps)
    return flow_chart("flow", frame, title="Records read, included and used")


def _search_boxes(found: DatabaseFlow | None) -> list[tuple[str, str, int]]:
    """PRISMA's identification and screening: lane, label and count, each main box first."""
    if found is None:
        return []
    named = "; ".join(f"{label} {count(n)}" for label, n in found.identified)
    optional = [
        ("aside", "Not yet screened by every reader", found.waiting),
        ("aside", "Readers disagree, not settled", found.disputed),
        ("aside", "Reports still to be retrieved or read", found.awaited),
        ("aside", "Further reports of a study counted already", found.further_reports),
    ]
    waiting, disputed, awaited, further = ([box] if box[2] else [] for box in optional)
    return [
        ("main", f"Records identified by database search ({named})", _total(found.identified)),
        ("aside", "Duplicates removed before screening", found.duplicates),
        ("aside", "Already in the review", found.in_review),
        *waiting,
        ("main", "Records screened", found.screened),
        *(("aside", f"Excluded: {label}", n) for label, n in found.excluded),
        *disputed,
        ("main", "Reports sought for retrieval", found.sought),
        ("aside", "Reports not retrieved", found.not_retrieved),
        *awaited,
        ("main", "Reports assessed for eligibility", found.assessed),
        *(("aside", f"Report excluded: {label}", n) for label, n in found.reports_excluded),
        *further,
    ]


def _reading_boxes(
    flow: PrismaFlow, records: Sequence[StudyRecord], results: Results
) -> list[tuple[str, str, int]]:
    """From records with a study file to those in a primary analysis."""
    decided = [record.eligibility.decision for record in records]
    included = decided.count("include")
    pooled = len(_pooled(results))
    return [
        ("main", "Records read", len(records)),
        ("joins", "Identified by other methods", len(flow.other_ids)),
        ("aside", "Not used, reason below", decided.count("exclude")),
        ("aside", "Indirect evidence, never pooled", decided.count("indirect")),
        ("main", "Included", included),
        ("aside", "In no primary analysis, reason below", included - pooled),
        ("main", "In a primary analysis of a comparison", pooled),
    ]


def _total(counted: Sequence[tuple[str, int]]) -> int:
    return sum(n for _, n in counted)


def _along_editions(
    editions: Sequence[Edition],
    flow: PrismaFlow,
    records: Sequence[StudyRecord],
    results: Results,
) -> Html:
    """The main steps of each edition's flow, by its last day, and those of the present state."""
    files, rows = load_search_files(), []
    for edition in editions:
        held = edition.state.study_hashes
        then = prisma_flow(files, [r for r in records if r.id in held], until=edition.date)
        pooled = len(_pooled_then(edition))
        rows.append(_steps(f"{edition.number} ({edition.date})", then, len(held), pooled))
    rows.append(_steps("Now", flow, len(records), len(_pooled(results))))
    note = "Searches, decisions and reports count by their day, until that of the edition."
    return html_table(pd.DataFrame(rows), caption="The flow of each edition", note=note)


def _steps(name: str, flow: PrismaFlow, n_records: int, n_pooled: int) -> dict[str, object]:
    found = flow.databases
    searched = {
        "Identified by database search": found and _total(found.identified),
        "Screened": found and found.screened,
        "Reports assessed": found and found.assessed,
        "Studies from searches": found and len(found.study_ids),
    }
    return {
        "Edition": name,
        **{step: "not searched" if n is None else n for step, n in searched.items()},
        "Records read": n_records,
        "In a primary analysis": n_pooled,
    }


def _pooled_then(edition: Edition) -> set[str]:
    """Studies in a primary analysis of an edition, as its file holds them."""
    return {
        arm.split("/")[0]
        for frozen in edition.state.numbers.values()
        for outcome in frozen["headline"]["outcomes"].values()
        for side in outcome["sides"].values()
        for arm in side["arms"]
    }


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
