"""Answer 2, between studies: cohorts of each treatment with a random effect for the study.

It rests on the assumption that cohorts are exchangeable across treatments:
different patients in different hospitals, not an effect of treatment.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.clusters import clusters_of
from analysis_lib.comparison.draws import Patients, draws, inflation
from analysis_lib.comparison.sides import Range, range_of
from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.meta_analysis import (
    BetweenStudies,
    EValue,
    between_studies,
    combine,
    e_value,
)
from analysis_lib.meta_analysis.between_studies import MINIMUM_CLUSTERS
from analysis_lib.survival import shared_frailty_cox


@dataclass(frozen=True)
class CrossCheck:
    """The same contrast from the shared-frailty Cox model."""

    hazard_ratio: float
    low: float
    high: float
    theta: float


@dataclass(frozen=True)
class BetweenContrast:
    """Hazard ratio of ``first`` against ``second`` between cohorts, or why there is none.

    ``cohorts`` and ``medians`` are of the two sides in order; ``theta`` is the
    variance of the study effect, ``between_draws`` the share of the variance
    that comes from not knowing the patients (0..1). Of ``n_draws`` sets of patients
    ``n_failed`` had no estimate, because a side had no event. ``levels`` counts the arms
    by level of evidence.
    """

    first: str
    second: str
    cohorts: tuple[int, int]
    n: tuple[int, int]
    medians: tuple[Range | None, Range | None]
    unit: str
    levels: tuple[tuple[str, int], ...]
    refusal: str | None = None
    log_hazard_ratio: float | None = None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None
    degrees_of_freedom: float | None = None
    theta: float | None = None
    between_draws: float | None = None
    n_draws: int = 0
    n_failed: int = 0
    frailty: CrossCheck | None = None
    e_value: EValue | None = None

    @property
    def hazard_ratio(self) -> float | None:
        """The hazard ratio itself; None where it is refused."""
        return None if self.log_hazard_ratio is None else math.exp(self.log_hazard_ratio)


def between_contrast(
    first: tuple[str, Sequence[ArmEvidence]],
    second: tuple[str, Sequence[ArmEvidence]],
    overlaps: dict[str, Any],
    *,
    n_draws: int,
    checks: bool = True,
    design_effect: float = 1.0,
) -> BetweenContrast | None:
    """The indirect contrast of two sides; None when a side is empty.

    Parameters
    ----------
    first, second : tuple of (side label, arms)
        Arms of one pool.
    overlaps : dict
        ``data/overlaps.yaml``: cohorts of one trial are one cluster.
    n_draws : int
        Sets of pseudo-patients: the model is fitted to each, and the fits are combined
        by Rubin's rules with Barnard-Rubin degrees of freedom.
    checks : bool
        Also fit the shared-frailty Cox model.
    design_effect : float
        Multiplies the variance where lesions are counted: all of it, also the part between
        cohorts, which is more than lesions of one patient can take away.
    """
    if not first[1] or not second[1]:
        return None
    studies = tuple(dict.fromkeys(arm.study_id for arm in (*first[1], *second[1])))
    clusters = clusters_of(studies, overlaps)
    cohorts = tuple(len({clusters[arm.study_id] for arm in side[1]}) for side in (first, second))
    found = BetweenContrast(
        first[0],
        second[0],
        cohorts,
        tuple(sum(arm.n for arm in side[1]) for side in (first, second)),
        tuple(range_of([arm.median for arm in side[1]]) for side in (first, second)),
        first[1][0].unit,
        tuple(sorted(Counter(arm.level for arm in (*first[1], *second[1])).items())),
    )
    if min(cohorts) < MINIMUM_CLUSTERS:
        return _refused(found, f"fewer than {MINIMUM_CLUSTERS} cohorts on a side")
    sets = draws(first[1], second[1], n_draws)
    inflated = inflation((*first[1], *second[1]), design_effect)
    return _fitted(found, sets, _numbered(clusters), checks, inflated)


def _refused(found: BetweenContrast, why: str) -> BetweenContrast:
    return replace(found, refusal=why)


def _fitted(
    found: BetweenContrast,
    sets: Sequence[Patients],
    clusters: Mapping[str, int],
    checks: bool,
    inflated: float,
) -> BetweenContrast:
    """The model fitted to every set, combined by Rubin's rules."""
    both = [(patients, fit) for patients in sets if (fit := _fit(patients, clusters)) is not None]
    fits = [fit for _, fit in both]
    if len(fits) < max(1, len(sets) // 2):
        return _refused(found, "a side has no event in most sets of patients")
    combined = combine(
        np.array([fit.log_hazard_ratio for fit in fits]),
        inflated * np.array([fit.standard_error**2 for fit in fits]),
        complete_df=fits[0].degrees_of_freedom,
    )
    return replace(
        found,
        log_hazard_ratio=combined.estimate,
        standard_error=combined.standard_error,
        low=math.exp(combined.low),
        high=math.exp(combined.high),
        degrees_of_freedom=combined.degrees_of_freedom,
        theta=float(np.mean([fit.theta for fit in fits])),
        between_draws=1 - combined.within / combined.standard_error**2,
        n_draws=len(sets),
        n_failed=len(sets) - len(fits),
        frailty=_cross_check([patients for patients, _ in both], clusters) if checks else None,
        e_value=e_value(*(math.exp(x) for x in (combined.estimate, combined.low, combined.high))),
    )


def _fit(patients: Patients, clusters: Mapping[str, int]) -> BetweenStudies | None:
    """The model on one set; None where a side has no event in it and the ratio no estimate."""
    cluster = patients.labels(clusters)
    try:
        fit = between_studies(patients.time, patients.event, patients.group, cluster)
    except NotIdentifiedError:
        return None
    return fit if np.isfinite([fit.log_hazard_ratio, fit.standard_error]).all() else None


def _numbered(clusters: Mapping[str, str]) -> dict[str, int]:
    """Each study's cluster as a number, in the clusters' order: models compare numbers faster."""
    numbers = {name: number for number, name in enumerate(sorted(set(clusters.values())))}
    return {study: numbers[name] for study, name in clusters.items()}


def _cross_check(sets: Sequence[Patients], clusters: Mapping[str, int]) -> CrossCheck:
    """The frailty model on every set, combined; its interval is normal, as R's."""
    fits = [
        shared_frailty_cox(
            patients.time,
            patients.event,
            patients.group,
            patients.labels(clusters),
        )
        for patients in sets
    ]
    combined = combine(
        np.array([fit.coefficients[0] for fit in fits]),
        np.array([fit.standard_errors[0] ** 2 for fit in fits]),
    )
    return CrossCheck(
        *(math.exp(value) for value in (combined.estimate, combined.low, combined.high)),
        float(np.mean([fit.theta for fit in fits])),
    )
