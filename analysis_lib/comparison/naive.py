"""Naive pooling: every patient as if from one study, as the benchmark review did.

Shown for comparison only and always under that name. Which study a patient is
from is ignored, so that differences between hospitals read as differences
between treatments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.comparison.arms import N_IMPUTATIONS, ArmEvidence
from analysis_lib.survival import Z_95, cox_two_arm, kaplan_meier, log_rank, median_survival


@dataclass(frozen=True)
class NaiveSide:
    """One side pooled as if from one study."""

    side: str
    n: int
    n_arms: int
    n_events: int
    median_months: float | None


@dataclass(frozen=True)
class NaiveContrast:
    """Naive hazard ratio of ``first`` against ``second``.

    The interval combines the Cox model's variance with that between sets of
    pseudo-patients by Rubin's rules (``between`` is their share of the
    variance, 0..1); the log-rank p-value is of the first set alone.
    """

    first: NaiveSide
    second: NaiveSide
    hazard_ratio: float
    low: float
    high: float
    log_rank_p: float
    between: float


def naive_contrast(
    first: tuple[str, Sequence[ArmEvidence]], second: tuple[str, Sequence[ArmEvidence]]
) -> NaiveContrast | None:
    """The naive contrast of two sides; None when a side is empty or has no event."""
    if not first[1] or not second[1]:
        return None
    pools = [_pool(arms) for _, arms in (first, second)]
    if any(pool["event"].sum() == 0 for pool in pools):
        return None
    estimates = [_fit(*pools)]
    sets = min(len(arm.imputations) for _, arms in (first, second) for arm in arms)
    estimates_by_set = [
        _fit(_pool(first[1], number), _pool(second[1], number))
        for number in range(min(sets, N_IMPUTATIONS))
    ]
    log_hr, variance = estimates[0]
    between = float(np.var([e for e, _ in estimates_by_set], ddof=1)) if sets > 1 else 0.0
    between *= 1 + 1 / max(sets, 1)
    total = variance + between
    half = Z_95 * np.sqrt(total)
    both = pd.concat([pools[1].assign(group=0), pools[0].assign(group=1)])
    return NaiveContrast(
        _side(first, pools[0]),
        _side(second, pools[1]),
        float(np.exp(log_hr)),
        float(np.exp(log_hr - half)),
        float(np.exp(log_hr + half)),
        log_rank(both["time_months"], both["event"], both["group"]),
        between / total,
    )


def _pool(arms: Sequence[ArmEvidence], number: int | None = None) -> pd.DataFrame:
    frames = [arm.ipd if number is None else arm.imputations[number] for arm in arms]
    return pd.concat(frames, ignore_index=True)


def _fit(first: pd.DataFrame, second: pd.DataFrame) -> tuple[float, float]:
    both = pd.concat([second.assign(group=0), first.assign(group=1)], ignore_index=True)
    fit = cox_two_arm(both["time_months"], both["event"], both["group"])
    return fit.log_hazard_ratio, fit.standard_error**2


def _side(side: tuple[str, Sequence[ArmEvidence]], pool: pd.DataFrame) -> NaiveSide:
    curve = kaplan_meier(pool["time_months"], pool["event"])
    return NaiveSide(
        side[0], len(pool), len(side[1]), int(pool["event"].sum()), median_survival(curve)
    )
