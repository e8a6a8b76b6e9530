"""Naive pooling: every patient as if from one study, as the benchmark review did.

Shown for comparison only and always under that name. Which study a patient is
from is ignored, so that differences between hospitals read as differences
between treatments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.draws import drawn, draws
from analysis_lib.survival import (
    Z_95,
    HazardRatio,
    cox_two_arm,
    kaplan_meier,
    log_rank,
    median_survival,
)


@dataclass(frozen=True)
class NaiveSide:
    """One side pooled as if from one study; ``arms`` are its study and arm ids."""

    side: str
    n: int
    arms: tuple[tuple[str, str], ...]
    n_events: int
    median_months: float | None


@dataclass(frozen=True)
class NaiveContrast:
    """Naive hazard ratio of ``first`` against ``second``.

    The interval combines the Cox model's variance with that between sets of
    pseudo-patients by Rubin's rules (``between`` is their share of the
    variance, 0..1); the log-rank p-value is of the first set alone.
    ``time_zeros`` are the kinds of time zero that were thrown together.
    """

    first: NaiveSide
    second: NaiveSide
    hazard_ratio: float
    low: float
    high: float
    log_rank_p: float
    between: float
    time_zeros: tuple[str, ...]


def naive_contrast(
    first: tuple[str, Sequence[ArmEvidence]],
    second: tuple[str, Sequence[ArmEvidence]],
    *,
    n_draws: int,
) -> NaiveContrast | None:
    """The naive contrast of two sides, its interval from up to ``n_draws`` sets of patients.

    None when a side is empty or has no event while both are observed: then the
    hazard ratio has no estimate.
    """
    if not first[1] or not second[1]:
        return None
    pools = [_pool(arms) for _, arms in (first, second)]
    fit = _fit(*pools)
    if fit.monotone:
        return None
    between = _between_variance(first[1], second[1], n_draws)
    total = fit.standard_error**2 + between
    half = Z_95 * np.sqrt(total)
    return NaiveContrast(
        _side(first, pools[0]),
        _side(second, pools[1]),
        fit.hazard_ratio,
        float(np.exp(fit.log_hazard_ratio - half)),
        float(np.exp(fit.log_hazard_ratio + half)),
        log_rank(*_grouped(*pools)),
        between / total,
        tuple(sorted({arm.time_zero_kind for arm in (*first[1], *second[1])})),
    )


def _pool(arms: Sequence[ArmEvidence]) -> NDArray:
    """Times and events of all patients of a side, shape (n, 2)."""
    return np.concatenate([drawn(arm, None) for arm in arms])


def _between_variance(
    first: Sequence[ArmEvidence], second: Sequence[ArmEvidence], limit: int
) -> float:
    """Rubin's ``(1 + 1/m) B`` over sets of pseudo-patients; 0 without two finite sets.

    A small arm's draw may hold no event while both sides are observed; such a
    set has no hazard ratio and says nothing about the spread of those that do.
    """
    fits = [
        cox_two_arm(patients.time, patients.event, patients.group)
        for patients in draws(first, second, limit)
    ]
    estimates = [fit.log_hazard_ratio for fit in fits if not fit.monotone]
    if len(estimates) < 2:
        return 0.0
    return float((1 + 1 / len(estimates)) * np.var(estimates, ddof=1))


def _fit(first: NDArray, second: NDArray) -> HazardRatio:
    return cox_two_arm(*_grouped(first, second))


def _grouped(first: NDArray, second: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Times, events and the group: 1 for the first side."""
    both = np.concatenate([first, second])
    return both[:, 0], both[:, 1], np.repeat([1, 0], [len(first), len(second)])


def _side(side: tuple[str, Sequence[ArmEvidence]], pool: NDArray) -> NaiveSide:
    curve = kaplan_meier(pool[:, 0], pool[:, 1])
    n_events = int(pool[:, 1].sum())
    arms = tuple((arm.study_id, arm.arm_id) for arm in side[1])
    return NaiveSide(side[0], len(pool), arms, n_events, median_survival(curve))
