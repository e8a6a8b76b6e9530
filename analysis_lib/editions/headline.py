"""Headline numbers of a comparison: what a golden file keeps and an edition freezes."""

from __future__ import annotations

import math
from typing import Any

from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.between import BetweenContrast
from analysis_lib.comparison.harms import HarmResult
from analysis_lib.comparison.naive import NaiveContrast
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.side_summary import SideSummary
from analysis_lib.comparison.sides import SideResult
from analysis_lib.comparison.within import WithinEvidence
from analysis_lib.meta_analysis import PooledEstimate

#: Enough to see any conclusion move, few enough to be equal on every platform.
SIGNIFICANT_DIGITS = 4


def headline_numbers(result: ComparisonResult) -> dict[str, Any]:
    """Every number a reader takes from a comparison's page, as plain JSON data.

    Floats are rounded to four significant digits; unknown is ``None``.
    """
    return {
        "comparison": result.declaration.id,
        "studies_read": list(result.study_ids),
        "outcomes": {o.outcome: _outcome(o) for o in result.outcomes},
        "harms": [_harm(found) for found in result.harms],
    }


def rounded(value: float | None) -> float | None:
    """A number to :data:`SIGNIFICANT_DIGITS` significant digits; None stays None."""
    if value is None or value == 0:
        return value
    if not math.isfinite(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def _outcome(outcome: OutcomeResult) -> dict[str, Any]:
    return {
        "sides": {side.id: _side(side) for side in outcome.sides},
        "direct_contrasts": [
            {
                "study": contrast.study_id,
                "arm": contrast.arm,
                "versus": contrast.versus,
                "hazard_ratio": contrast.hazard_ratio,
                "p": contrast.p,
            }
            for contrast in outcome.direct
        ],
        "naive": [
            _naive(naive) | {"class": list(pool.pool_class) if pool.pool_class else None}
            for pool in outcome.pools
            for naive in pool.naive
        ],
        "within_studies": [_within(found) for found in outcome.within],
        "between_cohorts": [
            _between(found) | {"class": list(pool.pool_class) if pool.pool_class else None}
            for pool in outcome.pools
            for found in pool.between
        ],
        "side_summaries": [
            _side_summary(found) | {"class": list(pool.pool_class) if pool.pool_class else None}
            for pool in outcome.pools
            for found in pool.summaries
        ],
        "scenarios": {
            found.scenario.id: {
                "sides": {s.id: {"arms": len(s.arms), "n": s.n} for s in found.sides},
                "naive_hazard_ratios": [rounded(naive.hazard_ratio) for naive in found.naive],
                "within_studies": [_within(one) for one in found.within],
                "between_cohorts": [_between(one) for pool in found.pools for one in pool.between],
            }
            for found in outcome.scenarios
            if not found.changes_nothing
        },
    }


def _harm(found: HarmResult) -> dict[str, Any]:
    return {
        "event": found.event,
        "kind": found.kind,
        "sides": {
            side.id: {
                "reporting": side.n_reporting,
                "of": side.n_studies,
                "pools": [
                    [rounded(x) for x in (p.pooled.proportion, p.pooled.low, p.pooled.high)]
                    for p in side.pools
                ],
            }
            for side in found.sides
        },
    }


def _within(found: WithinEvidence) -> dict[str, Any]:
    return {
        "sides": [found.first, found.second],
        "scale": found.scale,
        "studies": {
            effect.study_id: [rounded(x) for x in (effect.ratio, *effect.interval)]
            for effect in found.effects
        },
        "pooled": _pooled(found.pooled),
    }


def _between(found: BetweenContrast) -> dict[str, Any]:
    return {
        "sides": [found.first, found.second],
        "cohorts": list(found.cohorts),
        "hazard_ratio": rounded(found.hazard_ratio),
        "interval": [rounded(found.low), rounded(found.high)],
        "degrees_of_freedom": rounded(found.degrees_of_freedom),
        "theta": rounded(found.theta),
        "frailty_hazard_ratio": rounded(found.frailty.hazard_ratio) if found.frailty else None,
        "refusal": found.refusal,
    }


def _side_summary(found: SideSummary) -> dict[str, Any]:
    return {
        "side": found.side,
        "k": found.k,
        "landmarks": {
            f"{one.months:g}": {
                "k": one.k,
                "value": [rounded(x) for x in (one.value, one.low, one.high)],
                "i2": rounded(one.i2),
            }
            for one in found.landmarks
        },
        "medians": _pooled(found.medians),
        "rates": _pooled(found.rates),
    }


def _pooled(found: PooledEstimate | None) -> dict[str, Any] | None:
    """A pool on its own (logarithmic) scale."""
    if found is None:
        return None
    numbers = ("estimate", "low", "high", "tau2", "i2", "prediction_low", "prediction_high")
    return {"k": found.k} | {name: rounded(getattr(found, name)) for name in numbers}


def _side(side: SideResult) -> dict[str, Any]:
    return {
        "arms": {f"{arm.study_id}/{arm.arm_id}": _arm(arm) for arm in side.arms},
        "n": side.n,
        "left_out": len(side.left_out),
    }


def _arm(arm: ArmEvidence) -> dict[str, Any]:
    return {
        "n": arm.n,
        "level": arm.level,
        "median_months": _estimate(arm.median),
        "landmarks": {f"{e.months:g}": _estimate(e) for e in arm.landmarks},
    }


def _estimate(estimate: Estimate | None) -> list[float | None] | None:
    if estimate is None:
        return None
    return [rounded(number) for number in (estimate.value, estimate.low, estimate.high)]


def _naive(naive: NaiveContrast) -> dict[str, Any]:
    return {
        "first": naive.first.side,
        "second": naive.second.side,
        "hazard_ratio": rounded(naive.hazard_ratio),
        "interval": [rounded(naive.low), rounded(naive.high)],
        "log_rank_p": rounded(naive.log_rank_p),
        "medians_months": [rounded(side.median_months) for side in (naive.first, naive.second)],
        "events": [naive.first.n_events, naive.second.n_events],
    }
