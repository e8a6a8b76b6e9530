"""The robustness panel on a page: one chart and one table for each outcome."""

from __future__ import annotations

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.blocks import Stack
from analysis_lib.book.comparison_tables import estimator_and_unit
from analysis_lib.book.places import field_link, study_link
from analysis_lib.book.side_figures import figure_words, spread_words
from analysis_lib.charts import cohort_forest
from analysis_lib.comparison.confounders import MeasuredConfounder, measured_confounders
from analysis_lib.comparison.panel import PanelRow, robustness_panel
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.study_records import load_records
from analysis_lib.tables import Html, callout, count, html_table, interval, paragraph, ratio

_GROUPS = {
    "primary": "Primary analysis",
    "declared": "Declared scenarios",
    "overlap": "Without cohorts that may share patients",
    "leave_one_out": "One study left out",
}


def robustness(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Every scenario through the leading model, those without a ratio with the reason."""
    rows = robustness_panel(outcome)
    label = outcome_label(outcome.outcome).lower()
    if not rows:
        return callout("missing", f"No scenario can be computed for {label}: no side has a cohort.")
    parts: list[Html] = []
    with_ratio = [row for row in rows if row.ratio is not None]
    if with_ratio:
        parts.append(_chart(outcome, with_ratio))
        parts.append(
            paragraph(
                "Below 1: fewer events in the first group's cohorts. Different patients in "
                "different hospitals; not an effect of treatment."
            )
        )
    parts.append(_table(rows, label, _silent(outcome)))
    return Stack(*parts)


def e_value_sentences(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """How strong an unmeasured confounder would have to be, beside one that was measured."""
    found = [c for pool in outcome.pools for c in pool.between if c.e_value is not None]
    if not found:
        return paragraph("No E-value: there is no ratio between cohorts to explain away.")
    parts = []
    for contrast in found:
        value = contrast.e_value
        parts.append(
            f"{contrast.first} against {contrast.second.lower()}: E-value "
            f"{ratio(value.estimate)} for the ratio and {ratio(value.limit)} for the limit nearer "
            "to 1. A confounder tied to both treatment and outcome by risk ratios of this size "
            "would explain it away."
        )
    read = [record for record in load_records() if record.id in result.study_ids]
    measured = measured_confounders(read, outcome.outcome)
    return Stack(paragraph(" ".join(parts)), *(_beside(one) for one in measured[:1]))


def _beside(found: MeasuredConfounder) -> Html:
    limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
    hint = f"{found.source.locator}: {found.source.seen}"
    return paragraph(
        "Beside it, a confounder that was measured: ",
        study_link(found.study_id, found.study_label),
        f" prints for {found.characteristic} against {found.versus} a hazard ratio of ",
        field_link(found.study_id, found.place, limits, hint),
        f", a risk ratio of {ratio(found.risk_ratio)} on the scale of the E-value.",
    )


def _chart(outcome: OutcomeResult, rows: list[PanelRow]) -> Html:
    frame = pd.DataFrame(
        [
            {
                "label": _label(row, len(outcome.sides) > 2),
                "group": _GROUPS[row.kind],
                "style": "not_stated",
                "estimate": row.ratio,
                "low": row.low,
                "high": row.high,
                "n": sum(row.n),
                "note": f"{row.k[0]} and {row.k[1]} studies",
                "interval_kind": "printed",
            }
            for row in rows
        ]
    )
    slug = outcome.outcome.replace("_", "-")
    pair = f"{rows[0].first} against {rows[0].second.lower()}"
    return cohort_forest(
        f"robustness-{slug}",
        frame,
        title=f"{outcome_label(outcome.outcome)}: every scenario, {rows[0].model}",
        x_title=f"Hazard ratio, {pair} (logarithmic axis)",
        unit="ratio",
        scale="log",
        reference=1.0,
    )


def _label(row: PanelRow, several_pairs: bool) -> str:
    pair = f": {row.first} against {row.second.lower()}" if several_pairs else ""
    within = f" ({estimator_and_unit(row.pool_class)})" if row.pool_class is not None else ""
    return f"{row.label}{pair}{within}"


def _table(rows: tuple[PanelRow, ...], label: str, silent: list[str]) -> Html:
    several = len({(row.first, row.second) for row in rows}) > 1
    frame = pd.DataFrame(
        [
            {
                "Scenario": _label(row, several) + (f" ({row.why})" if row.why else ""),
                "First group": _group(row, 0),
                "Second group": _group(row, 1),
                "Ratio (95% interval)": interval(row.ratio, row.low, row.high, number=ratio)
                if row.ratio is not None
                else f"no ratio: {row.refusal}",
            }
            for row in rows
        ]
    )
    note = f"Scenarios that change nothing here: {'; '.join(silent)}." if silent else None
    return html_table(frame, caption=f"Robustness panel: {label}", note=note)


def _group(row: PanelRow, position: int) -> str:
    """What one side of a scenario rests on and shows."""
    if not row.k[position]:
        return "no cohort"
    studies = f"{count(row.k[position])} {'study' if row.k[position] == 1 else 'studies'}"
    medians = spread_words(row.medians[position])
    return (
        f"{studies}, n {count(row.n[position])}; medians {medians}; "
        f"at 12 months {figure_words(row.figures[position])}"
    )


def _silent(outcome: OutcomeResult) -> list[str]:
    return [found.scenario.label for found in outcome.scenarios if found.changes_nothing]
