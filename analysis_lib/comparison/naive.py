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
from analysis_lib.comparison.draws import draws, inflation
from analysis_lib.comparison.scales import ratio_scale
from analysis_lib.meta_analysis import combine
from analysis_lib.survival import cox_two_arm, kaplan_meier, log_rank, median_survival


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

    Ratio and interval combine the Cox models of all sets of pseudo-patients by Rubin's
    rules (``between`` is the sets' share of the variance, 0..1); medians and the log-rank
    p-value are of the arms' single sets. ``scale`` says what kind of ratio it is.
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
    scale: str


def naive_contrast(
    first: tuple[str, Sequence[ArmEvidence]],
    second: tuple[str, Sequence[ArmEvidence]],
    *,
    n_draws: int,
    design_effect: float = 1.0,
) -> NaiveContrast | None:
    """The naive contrast of two sides from up to ``n_draws`` sets of patients.

    ``design_effect`` multiplies the variance where lesions are counted. None when a
    side is empty or has no event while both are observed: then the hazard ratio has
    no estimate.
    """
    if not first[1] or not second[1]:
        return None
    single = draws(first[1], second[1], 0)[0]
    fits = [
        fit
        for patients in draws(first[1], second[1], n_draws)
        if not (fit := cox_two_arm(patients.time, patients.event, patients.group)).monotone
    ]
    if not fits or cox_two_arm(single.time, single.event, single.group).monotone:
        return None
    arms = (*first[1], *second[1])
    combined = combine(
        np.array([fit.log_hazard_ratio for fit in fits]),
        inflation(arms, design_effect) * np.array([fit.standard_error**2 for fit in fits]),
    )
    return NaiveContrast(
        _side(first, single.time[: single.n_first], single.event[: single.n_first]),
        _side(second, single.time[single.n_first :], single.event[single.n_first :]),
        *(float(np.exp(value)) for value in (combined.estimate, combined.low, combined.high)),
        log_rank(single.time, single.event, single.group),
        1 - combined.within / combined.standard_error**2,
        tuple(sorted({arm.time_zero_kind for arm in arms})),
        ratio_scale(arms[0]),
    )


def _side(side: tuple[str, Sequence[ArmEvidence]], time: NDArray, event: NDArray) -> NaiveSide:
    curve = kaplan_meier(time, event)
    arms = tuple((arm.study_id, arm.arm_id) for arm in side[1])
    n_events = int(event.sum())
    return NaiveSide(side[0], time.size, arms, n_events, median_survival(curve))
