"""Lines of the forest plots: cohorts with their weights, and the pools under them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping

import pandas as pd

from analysis_lib.book.comparison_tables import pool_label
from analysis_lib.book.places import field_anchor, study_page
from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.contrasts import PrintedContrast
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import OutcomeResult
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES, arms_with_limits
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.comparison.within import WithinEffect, WithinEvidence
from analysis_lib.meta_analysis import PooledEstimate
from analysis_lib.tables import count

_ROW = ["label", "group", "style", "estimate", "low", "high", "n", "note", "interval_kind"]

#: An arm among all of a comparison: its study and its outcome's place in the record.
ArmKey = tuple[str, str]


def cohort_rows(
    outcome: OutcomeResult,
    figure: Callable[[ArmEvidence], Estimate | None],
    weights: Mapping[ArmKey, float],
) -> pd.DataFrame:
    """A row for each arm of each side; arms of one study are told apart by their names."""
    rows = []
    for side in outcome.sides:
        arms_of = Counter(arm.study_id for arm in side.arms)
        for arm in side.arms:
            several = arms_of[arm.study_id] > 1
            label = f"{arm.study_label}: {arm.arm_label}" if several else arm.study_label
            weight = weights.get((arm.study_id, arm.field))
            rows.append(
                {
                    "label": label,
                    "group": side.label,
                    "style": side.colour,
                    **_figure(figure(arm)),
                    "n": arm.n,
                    "weight": weight,
                    "href": f"{study_page(arm.study_id)}#{field_anchor(arm.field)}",
                }
            )
    return pd.DataFrame(rows, columns=[*_ROW, "weight", "href"])


def _figure(estimate: Estimate | None) -> dict:
    if estimate is None:
        return {"estimate": None, "low": None, "high": None, "interval_kind": "none"}
    return {
        "estimate": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "interval_kind": estimate.interval_kind,
    }


def median_weights(outcome: OutcomeResult) -> dict[ArmKey, float]:
    """Each arm's share of the pool of medians that it is in."""
    return {
        (arm.study_id, arm.field): weight
        for pool in outcome.pools
        for side in outcome.sides
        if (medians := pool.summary(side).medians) is not None
        for arm, weight in zip(arms_with_limits(pool.arms(side)), medians.weights, strict=True)
    }


def median_summary(pool: Pool, side: SideResult) -> dict:
    """The pool of a side's medians, in months."""
    arms, medians = pool.arms(side), pool.summary(side).medians
    if medians is None:
        known = _of(len(arms_with_limits(arms)), len(arms), "cohort", "cohorts")
        return _not_combined(f"not combined (a median with an interval in {known})")
    return _from_logs(medians, _of(medians.k, len(arms), "cohort", "cohorts"))


def landmark_summary(pool: Pool, side: SideResult) -> dict:
    """The side's absolute figure at 12 months."""
    figure = pool.summary(side).at(LANDMARK_MONTHS)
    studies = _of(figure.k, figure.of, "study", "studies")
    if figure.value is None:
        return _not_combined(f"not combined ({studies})")
    return {
        "label": f"Combined, {studies}",
        "estimate": figure.value,
        "low": figure.low,
        "high": figure.high,
        "prediction_low": None,
        "prediction_high": None,
        "why_not": None,
    }


def side_summaries(
    outcome: OutcomeResult, summary: Callable[[Pool, SideResult], dict]
) -> pd.DataFrame:
    """``summary`` of every side in every pool where it has arms, named by the pool's class."""
    rows = []
    for side in outcome.sides:
        for pool in outcome.pools:
            if pool.arms(side):
                row = summary(pool, side)
                within = pool_label(pool)
                label = f"{row['label']} ({within})" if within else row["label"]
                rows.append(row | {"group": side.label, "label": label})
    return pd.DataFrame(rows)


def contrast_rows(outcome: OutcomeResult) -> pd.DataFrame:
    """Printed ratios of failures; each keeps its paper's direction, which its group names."""
    printed = [found for found in outcome.contrasts if found.hazard_ratio is not None]
    rows = [_contrast_row(contrast) for contrast in printed]
    return pd.DataFrame(rows, columns=[*_ROW, "weight", "href"])


def _contrast_row(contrast: PrintedContrast) -> dict:
    return {
        "label": contrast.study_label,
        "group": f"{contrast.arm} against {contrast.versus}",
        "style": "not_stated",
        "estimate": contrast.hazard_ratio,
        "low": contrast.low,
        "high": contrast.high,
        "note": None if contrast.direct else "indirect or in part",
        "interval_kind": contrast.interval_kind,
        "href": f"{study_page(contrast.study_id)}#{field_anchor(contrast.field)}",
    }


def within_rows(found: WithinEvidence, names: Mapping[str, str]) -> pd.DataFrame:
    """The studies of a pool within studies, turned from its first side to its second."""
    group, weights = _pool_of(found, names), found.pooled.weights
    rows = [
        _within_row(effect, weight) | {"group": group}
        for effect, weight in zip(found.effects, weights, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*_ROW, "weight", "href"])


def _within_row(effect: WithinEffect, weight: float) -> dict:
    low, high = effect.interval
    return {
        "label": effect.study_label,
        "style": "not_stated",
        "estimate": effect.ratio,
        "low": low,
        "high": high,
        "interval_kind": "printed" if effect.method == "printed" else "computed",
        "weight": weight,
        "href": f"{study_page(effect.study_id)}#{field_anchor(effect.place)}",
    }


def within_summary(found: WithinEvidence, names: Mapping[str, str]) -> dict:
    """The pooled ratio within studies."""
    summary = _from_logs(found.pooled, f"{count(found.pooled.k)} studies")
    return summary | {"group": _pool_of(found, names)}


def not_pooled(found: WithinEvidence, names: Mapping[str, str]) -> str:
    """Why ratios within studies are not combined, in a sentence."""
    k = len(found.effects)
    studies = f"{count(k)} {'study' if k == 1 else 'studies'}, {count(MINIMUM_STUDIES)} are needed"
    return f"{_pool_of(found, names)}: not combined ({studies})."


def _pool_of(found: WithinEvidence, names: Mapping[str, str]) -> str:
    return f"{names[found.first]} against {names[found.second].lower()}, {found.scale}"


def _of(k: int, of: int, one: str, several: str) -> str:
    return f"{count(k)} of {count(of)} {one if of == 1 else several}"


def _not_combined(why: str) -> dict:
    unknown = ("estimate", "low", "high", "prediction_low", "prediction_high")
    return {"label": "Together", **dict.fromkeys(unknown), "why_not": why}


def _from_logs(pooled: PooledEstimate, of: str) -> dict:
    """A pool of logarithms on its natural scale; a prediction from four studies on."""
    predicted = pooled.prediction_low is not None
    return {
        "label": f"Combined, {of}",
        "estimate": math.exp(pooled.estimate),
        "low": math.exp(pooled.low),
        "high": math.exp(pooled.high),
        "prediction_low": math.exp(pooled.prediction_low) if predicted else None,
        "prediction_high": math.exp(pooled.prediction_high) if predicted else None,
        "why_not": None,
    }
