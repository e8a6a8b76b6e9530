"""Answer 1, within studies: what studies that hold both groups say, pooled from three on.

A printed ratio with its interval (or its p-value) comes before one computed
from the two groups' figures. Ratios of Cox models, of subdistribution hazards
and of unstated models are different things and are never pooled together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.contrasts import PrintedContrast
from analysis_lib.comparison.draws import draws
from analysis_lib.meta_analysis import PooledEstimate, combine, pool
from analysis_lib.survival import Z_95, StratifiedHazardRatio, cox_stratified, cox_two_arm
from analysis_lib.vocabulary import CURVE_LEVELS

#: One study prints itself, two print both; a pooled headline needs a third.
MINIMUM_STUDIES = 3

#: What a ratio is by the estimator that a paper names, or that its curve has.
_SCALES = {
    "cox": "hazard ratio",
    "log_rank": "hazard ratio",
    "fine_gray": "subdistribution hazard ratio",
    "kaplan_meier": "hazard ratio",
    "one_minus_cumulative_incidence": "subdistribution hazard ratio",
}


@dataclass(frozen=True)
class WithinEffect:
    """The log ratio of one study, first side against second.

    ``method`` is ``printed``, ``p-value`` (interval from it) or ``figures``
    (computed from what the study prints of each group); ``time_zeros`` are the kinds
    of time zero of its groups, more than one where they are counted from different
    days; ``place`` is the study record's field it leads back to.
    """

    study_id: str
    study_label: str
    scale: str
    log_ratio: float
    standard_error: float
    method: str
    adjusted: bool | None
    time_zeros: tuple[str, ...]
    place: str

    @property
    def ratio(self) -> float:
        """The ratio itself."""
        return math.exp(self.log_ratio)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % limits of the ratio."""
        half = Z_95 * self.standard_error
        return math.exp(self.log_ratio - half), math.exp(self.log_ratio + half)


@dataclass(frozen=True)
class WithinEvidence:
    """Effects of one scale between two sides.

    ``pooled`` (log ratio) from three studies on. ``one_stage`` is the Cox model
    stratified by study; None where fewer than two studies hold patients of both
    sides: then the contrast is not identified.
    """

    first: str
    second: str
    scale: str
    effects: tuple[WithinEffect, ...]
    pooled: PooledEstimate | None
    one_stage: StratifiedHazardRatio | None


def within_evidence(
    first: tuple[str, Sequence[ArmEvidence]],
    second: tuple[str, Sequence[ArmEvidence]],
    contrasts: Sequence[PrintedContrast],
    *,
    n_draws: int,
    design_effect: float = 1.0,
) -> tuple[WithinEvidence, ...]:
    """What studies holding both sides say; one entry for each kind of ratio.

    Parameters
    ----------
    first, second : tuple of (side id, arms)
        A study's two groups are compared only within one estimator and unit.
    contrasts : sequence of PrintedContrast
        Those that cross two sides; the others are ignored.
    n_draws : int
        Sets of pseudo-patients used for a computed ratio.
    design_effect : float
        Divides the information of lesions and cavities.
    """
    effects = [
        effect
        for contrast in contrasts
        if (effect := _printed(contrast, first[0], second[0])) is not None
    ]
    printed = {effect.study_id for effect in effects}
    both = {arm.study_id for arm in first[1]} & {arm.study_id for arm in second[1]}
    for study in sorted(both - printed):
        effect = _computed(study, first[1], second[1], n_draws, design_effect)
        effects += [effect] if effect is not None else []
    scales = dict.fromkeys(effect.scale for effect in effects)
    one_stage = _one_stage(first[1], second[1], both)
    return tuple(
        _evidence(first[0], second[0], scale, [e for e in effects if e.scale == scale], one_stage)
        for scale in scales
    )


def _evidence(
    first: str,
    second: str,
    scale: str,
    effects: Sequence[WithinEffect],
    one_stage: StratifiedHazardRatio | None,
) -> WithinEvidence:
    pooled = None
    if len(effects) >= MINIMUM_STUDIES:
        pooled = pool([e.log_ratio for e in effects], [e.standard_error for e in effects])
    return WithinEvidence(first, second, scale, tuple(effects), pooled, one_stage)


def _printed(contrast: PrintedContrast, first: str, second: str) -> WithinEffect | None:
    """A printed ratio turned so that it is of failures, first side against second."""
    if contrast.sides is None or set(contrast.sides) != {first, second}:
        return None
    if not contrast.hazard_ratio or contrast.low is None or contrast.high is None:
        return None
    if contrast.event_direction == "unknown" or contrast.low <= 0:
        return None
    turned = contrast.sides != (first, second)
    sign = -1.0 if turned != (contrast.event_direction == "success") else 1.0
    return WithinEffect(
        contrast.study_id,
        contrast.study_label,
        _SCALES.get(contrast.estimator, "ratio of an unstated model"),
        sign * math.log(contrast.hazard_ratio),
        (math.log(contrast.high) - math.log(contrast.low)) / (2 * Z_95),
        "printed" if contrast.interval_kind == "printed" else "p-value",
        contrast.adjusted,
        (),
        contrast.field,
    )


def _computed(
    study: str,
    first: Sequence[ArmEvidence],
    second: Sequence[ArmEvidence],
    n_draws: int,
    design_effect: float,
) -> WithinEffect | None:
    """The ratio of a study's two groups from its own figures; None without one class or event."""
    arms = [[arm for arm in side if arm.study_id == study] for side in (first, second)]
    shared = {a.estimator_class for a in arms[0]} & {a.estimator_class for a in arms[1]}
    if not shared:
        return None
    chosen = max(sorted(shared), key=lambda c: sum(a.n for a in arms[0] if a.estimator_class == c))
    arms = [[arm for arm in side if arm.estimator_class == chosen] for side in arms]
    fits = [
        fit
        for drawn in draws(arms[0], arms[1], n_draws)
        if not (fit := cox_two_arm(drawn.time, drawn.event, drawn.group)).monotone
    ]
    if not fits:
        return None
    combined = combine(
        np.array([fit.log_hazard_ratio for fit in fits]),
        np.array([fit.standard_error**2 for fit in fits]),
    )
    arm = arms[0][0]
    inflated = math.sqrt(design_effect) if arm.unit != "patient" else 1.0
    return WithinEffect(
        study,
        arm.study_label,
        "hazard ratio"
        if arm.outcome == "os"
        else _SCALES.get(arm.estimator, "ratio of an unstated estimator"),
        combined.estimate,
        combined.standard_error * inflated,
        "figures",
        False,
        tuple(sorted({arm.time_zero_kind for side in arms for arm in side})),
        arm.field,
    )


def _one_stage(
    first: Sequence[ArmEvidence], second: Sequence[ArmEvidence], both: set[str]
) -> StratifiedHazardRatio | None:
    """Cox model stratified by study; only where patients are known from curves."""
    known = [a for a in (*first, *second) if a.study_id in both and a.level in CURVE_LEVELS]
    arms = [[arm for arm in side if arm in known] for side in (first, second)]
    shared = {a.study_id for a in arms[0]} & {a.study_id for a in arms[1]}
    if len(shared) < 2:
        return None
    arms = [[arm for arm in side if arm.study_id in shared] for side in arms]
    drawn = draws(arms[0], arms[1], 0)[0]
    return cox_stratified(drawn.time, drawn.event, drawn.group, drawn.study)
