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
from scipy.stats import t

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.contrasts import PrintedContrast
from analysis_lib.comparison.draws import draws, inflation
from analysis_lib.comparison.scales import estimator_scale, ratio_scale
from analysis_lib.meta_analysis import PooledEstimate, combine, pool
from analysis_lib.survival import Z_95, cox_stratified, cox_two_arm, proportional_hazards_test
from analysis_lib.vocabulary import CURVE_LEVELS

#: One study prints itself, two print both; a pooled headline needs a third.
MINIMUM_STUDIES = 3


@dataclass(frozen=True)
class WithinEffect:
    """The log ratio of one study, first side against second.

    ``method`` is ``printed``, ``p-value`` (interval from it) or ``figures``
    (computed from what the study prints of each group); ``time_zeros`` are the kinds
    of time zero of its groups, more than one where they are counted from different
    days; ``place`` is the study record's field it leads back to. ``groups`` are the study's
    own names of its two groups, in the order the paper compares them: ``as_printed`` is
    the ratio in that order.
    """

    study_id: str
    study_label: str
    scale: str
    log_ratio: float
    standard_error: float
    degrees_of_freedom: float
    method: str
    adjusted: bool | None
    time_zeros: tuple[str, ...]
    groups: tuple[str, str]
    turned: bool
    place: str

    @property
    def as_printed(self) -> tuple[float, float, float]:
        """Ratio and 95 % limits in the order of ``groups``."""
        if not self.turned:
            return (self.ratio, *self.interval)
        low, high = self.interval
        return 1 / self.ratio, 1 / high, 1 / low

    @property
    def side_groups(self) -> tuple[str, str]:
        """The study's names of its groups in the order of the sides, which ``ratio`` has."""
        return (self.groups[1], self.groups[0]) if self.turned else self.groups

    @property
    def ratio(self) -> float:
        """The ratio itself."""
        return math.exp(self.log_ratio)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % limits of the ratio."""
        half = float(t.isf(0.025, self.degrees_of_freedom)) * self.standard_error
        return math.exp(self.log_ratio - half), math.exp(self.log_ratio + half)


@dataclass(frozen=True)
class OneStage:
    """Cox model stratified by study: ratio with 95 % limits over ``n_studies``.

    ``proportional_hazards_p`` is of the Grambsch-Therneau test on the arms' single sets.
    """

    ratio: float
    low: float
    high: float
    n_studies: int
    proportional_hazards_p: float


@dataclass(frozen=True)
class WithinEvidence:
    """Effects of one scale between two sides.

    ``pooled`` (log ratio) from three studies on. ``one_stage`` is the Cox model
    stratified by study over the studies of which both sides are known from curves;
    None where there are fewer than two.
    """

    first: str
    second: str
    scale: str
    effects: tuple[WithinEffect, ...]
    pooled: PooledEstimate | None
    one_stage: OneStage | None


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
    return tuple(
        _evidence(
            first[0],
            second[0],
            scale,
            [effect for effect in effects if effect.scale == scale],
            _one_stage(scale, first[1], second[1], n_draws),
        )
        for scale in dict.fromkeys(effect.scale for effect in effects)
    )


def _evidence(
    first: str,
    second: str,
    scale: str,
    effects: Sequence[WithinEffect],
    one_stage: OneStage | None,
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
    # A ratio of successes above 1 means fewer failures.
    sign = -1.0 if turned != (contrast.event_direction == "success") else 1.0
    return WithinEffect(
        contrast.study_id,
        contrast.study_label,
        estimator_scale(contrast.estimator),
        sign * math.log(contrast.hazard_ratio),
        (math.log(contrast.high) - math.log(contrast.low)) / (2 * Z_95),
        math.inf,
        "printed" if contrast.interval_kind == "printed" else "p-value",
        contrast.adjusted,
        (),
        (contrast.arm, contrast.versus),
        turned,
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
    inflated = math.sqrt(inflation(arms[0], design_effect))
    return WithinEffect(
        study,
        arm.study_label,
        ratio_scale(arm),
        combined.estimate,
        combined.standard_error * inflated,
        combined.degrees_of_freedom,
        "figures",
        False,
        tuple(sorted({arm.time_zero_kind for side in arms for arm in side})),
        tuple(" and ".join(arm.arm_label for arm in side) for side in arms),
        False,
        arm.field,
    )


def _one_stage(
    scale: str, first: Sequence[ArmEvidence], second: Sequence[ArmEvidence], n_draws: int
) -> OneStage | None:
    """Cox model stratified by study, refitted to each set; only where curves were read.

    On printed summaries it would be a model of our own interpolation.
    """
    known = [
        [arm for arm in side if arm.level in CURVE_LEVELS and ratio_scale(arm) == scale]
        for side in (first, second)
    ]
    shared = {arm.study_id for arm in known[0]} & {arm.study_id for arm in known[1]}
    if len(shared) < 2:
        return None
    arms = [[arm for arm in side if arm.study_id in shared] for side in known]
    fits = [
        cox_stratified(one.time, one.event, one.group, one.study)
        for one in draws(arms[0], arms[1], n_draws)
    ]
    combined = combine(
        np.array([fit.log_hazard_ratio for fit in fits]),
        np.array([fit.standard_error**2 for fit in fits]),
    )
    single = draws(arms[0], arms[1], 0)[0]
    tested = proportional_hazards_test(single.time, single.event, single.group, strata=single.study)
    return OneStage(
        *(math.exp(value) for value in (combined.estimate, combined.low, combined.high)),
        len(shared),
        tested.global_test.p,
    )
