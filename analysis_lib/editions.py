"""Headline numbers of a comparison: what a golden file keeps and an edition freezes."""

from __future__ import annotations

import math
from typing import Any

from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.naive import NaiveContrast
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult, SideResult

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
        "scenarios": {
            found.scenario.id: {
                "sides": {s.id: {"arms": len(s.arms), "n": s.n} for s in found.sides},
                "naive_hazard_ratios": [rounded(naive.hazard_ratio) for naive in found.naive],
            }
            for found in outcome.scenarios
            if not found.changes_nothing
        },
    }


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
