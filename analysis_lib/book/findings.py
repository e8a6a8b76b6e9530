"""Summary of findings: one row per comparison, outcome and pair of sides."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.comparison_tables import estimator_and_unit
from analysis_lib.book.judgement_tables import certainty_words
from analysis_lib.book.side_figures import figure_words
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.tables import Cell, Html, count, html_table, interval, ratio

_NOTE = (
    "Groups: of 100, how many free of the event at 12 months, from three studies on. A ratio "
    "between cohorts compares different patients in different hospitals and is not an effect of "
    "treatment."
)


def findings_table(results: Iterable[ComparisonResult]) -> Html:
    """What is known of each comparison and how certain it is."""
    rows = [
        row for result in results for outcome in result.outcomes for row in _rows(result, outcome)
    ]
    return html_table(pd.DataFrame(rows), caption="Summary of findings", note=_NOTE)


def _rows(result: ComparisonResult, outcome: OutcomeResult) -> list[dict[str, object]]:
    shown = [pool for pool in outcome.pools if any(pool.arms(side) for side in outcome.sides)]
    if not shown:
        return [_empty_row(result, outcome)]
    return [
        _row(result, outcome, pool, first, second)
        for pool in shown
        for first, second in combinations(outcome.sides, 2)
        if pool.arms(first) or pool.arms(second)
    ]


def _row(
    result: ComparisonResult,
    outcome: OutcomeResult,
    pool: Pool,
    first: SideResult,
    second: SideResult,
) -> dict[str, object]:
    within = f" ({estimator_and_unit(pool.pool_class)})" if pool.pool_class else ""
    return {
        "Outcome": Cell(
            f"{result.declaration.number}. {outcome_label(outcome.outcome)}{within}",
            href=f"{result.declaration.id}.html",
        ),
        "First group": _group(pool, first),
        "Second group": _group(pool, second),
        "Ratio (95% interval)": _ratio(outcome, pool, first, second),
        "Certainty": certainty_words(result.declaration.id, outcome.outcome),
    }


def _empty_row(result: ComparisonResult, outcome: OutcomeResult) -> dict[str, object]:
    first, second = outcome.sides[:2]
    return {
        "Outcome": Cell(
            f"{result.declaration.number}. {outcome_label(outcome.outcome)}",
            href=f"{result.declaration.id}.html",
        ),
        "First group": f"{first.label}: no cohort",
        "Second group": f"{second.label}: no cohort",
        "Ratio (95% interval)": _direct(outcome, first, second) or "none",
        "Certainty": certainty_words(result.declaration.id, outcome.outcome),
    }


def _group(pool: Pool, side: SideResult) -> str:
    """``Re-resection: 52 of 100 (13 to 81), 3 of 5 studies, n 374``."""
    arms = pool.arms(side)
    if not arms:
        return f"{side.label}: no cohort"
    n = count(sum(arm.n for arm in arms))
    return f"{side.label}: {figure_words(pool.summary(side).at(LANDMARK_MONTHS))}; n {n}"


def _ratio(outcome: OutcomeResult, pool: Pool, first: SideResult, second: SideResult) -> str:
    direct = _direct(outcome, first, second)
    if direct is not None:
        return direct
    names = (first.label, second.label)
    found = next((c for c in pool.between if (c.first, c.second) == names), None)
    if found is None or found.hazard_ratio is None:
        return "none"
    limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
    return f"{limits} between cohorts"


def _direct(outcome: OutcomeResult, first: SideResult, second: SideResult) -> str | None:
    """The evidence within studies: one study's ratio, how many without a pool, or the pool."""
    for found in outcome.within:
        if (found.first, found.second) != (first.id, second.id):
            continue
        if found.pooled is not None:
            pooled = (found.pooled.estimate, found.pooled.low, found.pooled.high)
            limits = interval(*(math.exp(x) for x in pooled), number=ratio)
            return f"{limits} over {count(found.pooled.k)} studies"
        texts = [
            f"{interval(e.ratio, *e.interval, number=ratio)} in {e.study_label}"
            for e in found.effects
        ]
        return f"{'; '.join(texts)} ({found.scale})"
    return None
