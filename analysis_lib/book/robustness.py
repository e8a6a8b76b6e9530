"""The robustness panel on a page: one chart and one table for each outcome."""

from __future__ import annotations

import re

import pandas as pd

from analysis_lib.book.answers import assignment_words, outcome_label
from analysis_lib.book.blocks import Stack
from analysis_lib.book.comparison_charts import how_to_read
from analysis_lib.book.comparison_tables import estimator_and_unit
from analysis_lib.book.four_answers import CAVEAT, effect_words
from analysis_lib.book.places import field_link, source_hint, study_link
from analysis_lib.book.side_figures import figure_words, spread_words
from analysis_lib.book.sources import method_link, pooled_link
from analysis_lib.charts import cohort_forest
from analysis_lib.comparison.confounders import MeasuredConfounder, measured_confounders
from analysis_lib.comparison.panel import (
    BETWEEN,
    PanelRow,
    robustness_panel,
    scenarios_without_cohorts,
)
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.study_records import load_records
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
    mid_sentence,
    paragraph,
    ratio,
)

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
        parts.append(how_to_read("robustness"))
        parts.append(paragraph(*_how_to_take(outcome, with_ratio)))
    parts.append(_table(outcome, rows, _notes(outcome)))
    return Stack(*parts)


def _how_to_take(outcome: OutcomeResult, rows: list[PanelRow]) -> list[str | Cell]:
    """Which group a ratio is of, where a paper has it the other way round, and the caveat."""
    pairs = list(dict.fromkeys((row.first, row.second) for row in rows))
    of = f" ({pairs[0][0]} against {mid_sentence(pairs[0][1])})" if len(pairs) == 1 else ""
    told: list[str | Cell] = [f"Below 1: fewer events in the first group{of}. "]
    effects = {row.effect.study_id: row.effect for row in rows if row.effect is not None}
    for effect in effects.values():
        if effect.turned:
            told += [
                f"{effect.study_label} has it the other way round: ",
                field_link(effect.study_id, effect.place, effect_words(effect)),
                f" for {effect.groups[0]} against {effect.groups[1]}. ",
            ]
    return [*told, _caveat(outcome, rows)]


def _caveat(outcome: OutcomeResult, rows: list[PanelRow]) -> str:
    if any(row.model == BETWEEN for row in rows):
        return CAVEAT
    scenarios = [one for found in outcome.scenarios for one in found.within]
    effects = [effect for one in (*outcome.within, *scenarios) for effect in one.effects]
    return assignment_words(effect.study_id for effect in effects)


def e_value_sentences(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """How strong an unmeasured confounder would have to be, beside one that was measured."""
    found = [c for pool in outcome.pools for c in pool.between if c.e_value is not None]
    if not found:
        return paragraph("No E-value: there is no ratio between cohorts to explain away.")
    parts = []
    for contrast in found:
        value = contrast.e_value
        numbers = f"{ratio(value.estimate)} for the ratio and {ratio(value.limit)} for the limit"
        parts += [
            f"{contrast.first} against {mid_sentence(contrast.second)}: E-value ",
            method_link(numbers, "between"),
            " nearer to 1. A confounder tied to both treatment and outcome by risk ratios of this "
            "size would explain it away."
            + (
                " The interval includes 1 as it is: there is no difference to explain away."
                if contrast.low <= 1 <= contrast.high
                else ""
            ),
        ]
    read = [record for record in load_records() if record.id in result.study_ids]
    measured = measured_confounders(read, outcome.outcome)
    return Stack(paragraph(*parts), *(_beside(one) for one in measured[:1]))


def _beside(found: MeasuredConfounder) -> Html:
    limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
    hint = source_hint(found.study_id, found.source)
    return paragraph(
        "Beside it, a characteristic that one study measured in its own patients: ",
        study_link(found.study_id, found.study_label),
        f" prints for {found.characteristic} against {found.versus} a hazard ratio of ",
        field_link(found.study_id, found.place, limits, hint),
        ", a risk ratio of ",
        method_link(ratio(found.risk_ratio), "between"),
        " on the scale of the E-value.",
    )


def _chart(outcome: OutcomeResult, rows: list[PanelRow]) -> Html:
    frame = pd.DataFrame(
        [
            {
                "label": _short(_label(row, len(outcome.sides) > 2)),
                "group": _GROUPS[row.kind],
                "style": "not_stated",
                "estimate": row.ratio,
                "low": row.low,
                "high": row.high,
                "n": sum(row.n) or None,
                "note": row.model if row.model != BETWEEN else None,
                "interval_kind": "computed",
            }
            for row in rows
        ]
    )
    slug = outcome.outcome.replace("_", "-")
    pair = f"{rows[0].first} against {mid_sentence(rows[0].second)}"
    return cohort_forest(
        f"robustness-{slug}",
        frame,
        title=f"{outcome_label(outcome.outcome)}: every scenario, {rows[0].model}",
        x_title=f"Ratio, {pair} (logarithmic axis)",
        unit="ratio",
        scale="log",
        reference=1.0,
    )


def _label(row: PanelRow, several_pairs: bool) -> str:
    pair = f": {row.first} against {mid_sentence(row.second)}" if several_pairs else ""
    within = f" ({estimator_and_unit(row.pool_class)})" if row.pool_class is not None else ""
    study = f": {row.effect.study_label}" if row.effect else ""
    return f"{row.label}{pair}{within}{study}"


def _short(label: str) -> str:
    """A label for a chart: what stands in brackets is in the table."""
    return re.sub(r" \([^)]*\)", "", label)


def _table(outcome: OutcomeResult, rows: tuple[PanelRow, ...], note: str | None) -> Html:
    label = outcome_label(outcome.outcome).lower()
    several = len({(row.first, row.second) for row in rows}) > 1
    frame = pd.DataFrame(
        [
            {
                "Scenario": _label(row, several) + (f" ({row.why})" if row.why else ""),
                "Ratio (95% interval)": _linked(outcome, row, _ratio(row), "between", sum(row.k)),
                "First group": _linked(outcome, row, _group(row, 0), "absolute", row.k[0]),
                "Second group": _linked(outcome, row, _group(row, 1), "absolute", row.k[1]),
            }
            for row in rows
        ]
    )
    align = dict.fromkeys(frame.columns, "left")
    return html_table(frame, caption=f"Robustness panel: {label}", note=note, align=align)


def _ratio(row: PanelRow) -> str:
    if row.ratio is None:
        return f"no ratio: {row.refusal}"
    return interval(row.ratio, row.low, row.high, number=ratio)


def _linked(outcome: OutcomeResult, row: PanelRow, text: str, method: str, k: int) -> Cell:
    """A number of a scenario from ``k`` studies, leading to the inputs of that scenario."""
    method = "within" if row.model != BETWEEN else method
    names = (
        [row.effect.study_label]
        if row.effect
        else [f"{count(k)} {'study' if k == 1 else 'studies'}"]
    )
    return pooled_link(text, outcome.outcome, method, names, scenario_id=row.scenario_id)


def _group(row: PanelRow, position: int) -> str:
    """What one side of a scenario rests on and shows."""
    figure = row.figures[position]
    if figure is None:
        return (
            row.effect.side_groups[position] if row.effect else f"{count(row.k[position])} studies"
        )
    if not row.k[position]:
        return "no cohort"
    studies = f"{count(row.k[position])} {'study' if row.k[position] == 1 else 'studies'}"
    medians = spread_words(row.medians[position])
    return (
        f"{studies}, n {count(row.n[position])}; medians {medians}; "
        f"at 12 months {figure_words(figure)}"
    )


def _notes(outcome: OutcomeResult) -> str | None:
    silent = [found.scenario.label for found in outcome.scenarios if found.changes_nothing]
    empty = scenarios_without_cohorts(outcome)
    told = [f"Scenarios that change nothing here: {'; '.join(silent)}."] if silent else []
    told += [f"Scenarios that leave no cohort: {'; '.join(empty)}."] if empty else []
    return " ".join(told) or None
