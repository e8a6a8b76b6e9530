"""Summary of findings: one row per comparison, outcome and pair of sides."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.comparison_tables import estimator_and_unit
from analysis_lib.book.four_answers import effect_words
from analysis_lib.book.judgement_tables import certainty_words
from analysis_lib.book.places import field_link
from analysis_lib.book.side_figures import figure_words
from analysis_lib.book.sources import absolute_link, pooled_link
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.comparison.within import WithinEffect, WithinEvidence
from analysis_lib.study_records import grade
from analysis_lib.tables import Cell, Html, count, html_table, interval, ratio

_NOTE = (
    "Groups: of 100, how many free of the event at 12 months, from three studies on. A ratio "
    "between cohorts compares different patients in different hospitals and is not an effect of "
    "treatment. All figures rest on the levels of evidence that each comparison's page counts."
)

#: Said where one study has two rows that differ.
_DRAWN_TWICE = (
    " The ratio of {names} is computed anew in each comparison, with shapes of survival curves "
    "from that comparison's studies: its last digits differ."
)


def findings_table(results: Iterable[ComparisonResult]) -> Html:
    """What is known of each comparison and how certain it is."""
    told = tuple(results)
    rows = [row for result in told for outcome in result.outcomes for row in _rows(result, outcome)]
    note = _NOTE + _drawn_twice(told)
    return html_table(pd.DataFrame(rows), caption="Summary of findings", note=note)


def _drawn_twice(results: Iterable[ComparisonResult]) -> str:
    """Why a study's computed ratio is not the same in two rows; empty where all are."""
    found: dict[tuple[str, str], set[str]] = {}
    for result in results:
        for outcome in result.outcomes:
            for effect in (e for one in outcome.within for e in one.effects):
                if effect.method == "figures":
                    name = (effect.study_label, outcome.outcome)
                    found.setdefault(name, set()).add(effect_words(effect))
    names = sorted({study for (study, _), words in found.items() if len(words) > 1})
    return _DRAWN_TWICE.format(names=" and ".join(names)) if names else ""


def _rows(result: ComparisonResult, outcome: OutcomeResult) -> list[dict[str, object]]:
    """First what studies holding both groups say, then cohorts beside cohorts, class by class."""
    judged = grade(result.declaration.id, outcome.outcome)
    rows = [
        _within_row(result, outcome, found, judged.direct.label) for found in outcome.within
    ] + [
        _between_row(result, outcome, pool, pair, judged.between.label)
        for pool in outcome.pools
        for pair in combinations(outcome.sides, 2)
        if pool.arms(pair[0]) or pool.arms(pair[1])
    ]
    return rows or [_empty_row(result, outcome)]


def _name(result: ComparisonResult, outcome: OutcomeResult, how: str) -> Cell:
    label = f"{result.declaration.number}. {outcome_label(outcome.outcome)}{how}"
    return Cell(label, href=f"{result.declaration.id}.html")


def _within_row(
    result: ComparisonResult, outcome: OutcomeResult, found: WithinEvidence, certainty: str
) -> dict[str, object]:
    labels = {side.id: side.label for side in outcome.sides}
    names, ratios = (labels[found.first], labels[found.second]), _pooled_words(found)
    if found.pooled is None:
        # Each study by its own groups: its paper's order may not be ours.
        names = tuple("; ".join(e.groups[i] for e in found.effects) for i in (0, 1))
        ratios = "; ".join(_one_study(found.scale, effect) for effect in found.effects)
    page = f"{result.declaration.id}.html"
    if found.pooled is not None:
        labels = [effect.study_label for effect in found.effects]
        link = pooled_link(ratios, outcome.outcome, "within", labels, page=page)
    else:
        first = found.effects[0]
        link = field_link(first.study_id, first.place, ratios)
    studies = len(found.effects)
    how = f", within {count(studies)} {'study' if studies == 1 else 'studies'}"
    return {
        "Outcome": _name(result, outcome, how),
        "First group": names[0],
        "Second group": names[1],
        "Ratio (95% interval)": link,
        "Certainty": certainty,
    }


def _between_row(
    result: ComparisonResult,
    outcome: OutcomeResult,
    pool: Pool,
    pair: tuple[SideResult, SideResult],
    certainty: str,
) -> dict[str, object]:
    within = f" ({estimator_and_unit(pool.pool_class)})" if pool.pool_class else ""
    names = tuple(side.label for side in pair)
    found = next((c for c in pool.between if (c.first, c.second) == names), None)
    ratios: str | Cell = "none"
    page = f"{result.declaration.id}.html"
    if found is not None and found.hazard_ratio is not None:
        limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
        labels = [arm.study_label for side in pair for arm in pool.arms(side)]
        words = f"{limits} between cohorts"
        ratios = pooled_link(words, outcome.outcome, "between", labels, page=page)
    return {
        "Outcome": _name(result, outcome, f"{within}, cohorts"),
        "First group": _group(outcome, pool, pair[0], page),
        "Second group": _group(outcome, pool, pair[1], page),
        "Ratio (95% interval)": ratios,
        "Certainty": certainty,
    }


def _empty_row(result: ComparisonResult, outcome: OutcomeResult) -> dict[str, object]:
    first, second = outcome.sides[:2]
    return {
        "Outcome": _name(result, outcome, ""),
        "First group": f"{first.label}: no cohort",
        "Second group": f"{second.label}: no cohort",
        "Ratio (95% interval)": "none",
        "Certainty": certainty_words(result.declaration.id, outcome.outcome),
    }


def _group(outcome: OutcomeResult, pool: Pool, side: SideResult, page: str) -> str | Cell:
    """``Re-resection: 52 of 100 (13 to 81), 3 of 5 studies; n 374``."""
    arms = pool.arms(side)
    if not arms:
        return f"{side.label}: no cohort"
    n = count(sum(arm.n for arm in arms))
    figure = pool.summary(side).at(LANDMARK_MONTHS)
    words = f"{side.label}: {figure_words(figure)}; n {n}"
    return absolute_link(words, outcome.outcome, figure, arms, page=page)


def _pooled_words(found: WithinEvidence) -> str:
    if found.pooled is None:
        return ""
    pooled = (found.pooled.estimate, found.pooled.low, found.pooled.high)
    limits = interval(*(math.exp(value) for value in pooled), number=ratio)
    return f"{limits} over {count(found.pooled.k)} studies ({found.scale})"


def _one_study(scale: str, effect: WithinEffect) -> str:
    told = [scale]
    told += ["computed by us, the study prints no ratio"] if effect.method == "figures" else []
    told += [] if effect.adjusted else ["not adjusted"]
    told += ["groups counted from different days"] if len(effect.time_zeros) > 1 else []
    return f"{effect_words(effect)} in {effect.study_label} ({', '.join(told)})"
