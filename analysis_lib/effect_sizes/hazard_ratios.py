"""Log hazard ratios from whatever a paper prints.

Sources are Parmar MKB, Torri V, Stewart L. Stat Med 1998;17:2815-2834 (equation numbers), and
Tierney JF et al. Trials 2007;8:16 (method numbers). ``V`` is the variance of the log-rank
statistic O - E; the log hazard ratio is ``(O - E) / V`` and its variance ``1 / V``. That is one
Newton step from 1: it falls short of Cox's estimate far from 1 or with unequal arms.
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike
from scipy.special import ndtri

from analysis_lib.effect_sizes.effect_size import (
    EffectSize,
    check_positive,
    quantile_of_p,
    width_of_interval,
)
from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import Z_95, cox_two_arm

LOG_HAZARD_RATIO = "log hazard ratio"


def log_ratio_standard_error_from_p(ratio: float, p: float) -> float:
    """Standard error of a log ratio from the ratio and its two-sided p-value.

    A Wald test has ``z = |log ratio| / SE``; hence ``SE = |log ratio| / z(1 - p/2)``.

    Parameters
    ----------
    ratio : float
        Hazard, odds or subdistribution hazard ratio, above 0 and not 1: at 1 the
        p-value is 1 and says nothing of the error.
    p : float
        Two-sided, between 0 and 1, both excluded.

    Raises
    ------
    InvalidInputError
        Outside these ranges.

    References
    ----------
    Parmar 1998, section 4.1 (equation 7).
    """
    if not (math.isfinite(ratio) and ratio > 0 and ratio != 1):
        raise InvalidInputError(f"ratio must be above 0 and not 1, was {ratio}")
    if not 0 < p < 1:
        raise InvalidInputError(f"p must be between 0 and 1, was {p}")
    return abs(math.log(ratio)) / float(-ndtri(p / 2))


def interval_from_p(ratio: float, p: float) -> tuple[float, float]:
    """95 % interval of a ratio from its two-sided p-value (see the function above)."""
    half = Z_95 * log_ratio_standard_error_from_p(ratio, p)
    return math.exp(math.log(ratio) - half), math.exp(math.log(ratio) + half)


def log_hazard_ratio_from_interval(
    hazard_ratio: float, low: float, high: float, *, level: float = 0.95
) -> EffectSize:
    """From a hazard ratio and its interval of any level.

    ``SE = (log high - log low) / (2 z)``: Parmar 1998, equation 7; Tierney 2007, method 3.

    Raises
    ------
    InvalidInputError
        Values not above 0, an interval without width or that does not hold the ratio.
    """
    error = width_of_interval(hazard_ratio, low, high, level, log=True)
    method = f"hazard ratio and {100 * level:g} % interval"
    return EffectSize(math.log(hazard_ratio), error, LOG_HAZARD_RATIO, method)


def log_hazard_ratio_from_p(hazard_ratio: float, p: float) -> EffectSize:
    """From a hazard ratio and its two-sided Wald p-value.

    See :func:`log_ratio_standard_error_from_p`, its errors included.
    """
    error = log_ratio_standard_error_from_p(hazard_ratio, p)
    return EffectSize(math.log(hazard_ratio), error, LOG_HAZARD_RATIO, "hazard ratio and p-value")


def log_hazard_ratio_from_observed_minus_expected(
    observed_minus_expected: float, variance: float
) -> EffectSize:
    """From the log-rank statistic O - E of the arm of interest and its variance V.

    ``(O - E) / V`` and ``1 / sqrt(V)``: Parmar 1998, equations 4 and 6.

    Raises
    ------
    InvalidInputError
        V not above 0, O - E not finite.
    """
    check_positive(variance=variance)
    if not math.isfinite(observed_minus_expected):
        raise InvalidInputError(f"O - E must be finite, was {observed_minus_expected}")
    return EffectSize(
        observed_minus_expected / variance,
        1 / math.sqrt(variance),
        LOG_HAZARD_RATIO,
        "log-rank O - E and V",
    )


def log_hazard_ratio_from_p_and_events(
    p: float, events: float, events_versus: float, *, hazard_ratio_below_one: bool
) -> EffectSize:
    """From a two-sided log-rank p-value and the events of each arm.

    ``V = d1 d0 / (d1 + d0)`` and ``O - E = +-sqrt(V) z``: Parmar 1998, equations 12 to 14;
    Tierney 2007, method 7 (equation 14). V is exact under equal follow-up at a ratio of 1.

    Parameters
    ----------
    p : float
        Above 0 and at most 1.
    events, events_versus : float
        Of the arm the ratio is of, and of the one it is against; both above 0.
    hazard_ratio_below_one : bool
        The direction, which a two-sided p-value does not hold.

    Raises
    ------
    InvalidInputError
        Outside these ranges.
    """
    check_positive(events=events, events_versus=events_versus)
    variance = events * events_versus / (events + events_versus)
    return _from_p(p, variance, hazard_ratio_below_one, "log-rank p-value and events of each arm")


def log_hazard_ratio_from_p_and_total_events(
    p: float,
    total_events: float,
    *,
    hazard_ratio_below_one: bool,
    randomisation_ratio: float = 1.0,
) -> EffectSize:
    """From a two-sided log-rank p-value, all events, and how patients were split.

    ``V = d r / (1 + r)^2`` with r patients in one arm for each in the other: Parmar 1998,
    equations 10 and 11 (8 at a ratio of 1: V = d / 4); Tierney 2007, methods 8 and 9.

    Parameters
    ----------
    p : float
        Above 0 and at most 1.
    total_events : float
        Of both arms, above 0.
    hazard_ratio_below_one : bool
        The direction, which a two-sided p-value does not hold.
    randomisation_ratio : float
        Above 0; the same for r and 1 / r.

    Raises
    ------
    InvalidInputError
        Outside these ranges.
    """
    check_positive(total_events=total_events, randomisation_ratio=randomisation_ratio)
    variance = total_events * randomisation_ratio / (1 + randomisation_ratio) ** 2
    return _from_p(p, variance, hazard_ratio_below_one, "log-rank p-value and total events")


def log_hazard_ratio_from_patients(
    time: ArrayLike, event: ArrayLike, group: ArrayLike
) -> EffectSize:
    """Cox's estimate on patients, real or reconstructed (:func:`survival.cox_two_arm`).

    Raises
    ------
    InvalidInputError
        Invalid survival data, or only one group.
    NotIdentifiedError
        One arm has no event while both are at risk: the estimate is infinite. Leave the study
        out of a two-stage pool and count it, or use a one-stage model.
    """
    fit = cox_two_arm(time, event, group)
    if fit.monotone:
        raise NotIdentifiedError(
            f"the log hazard ratio is infinite ({fit.n_events} events, none in one arm while both "
            "are at risk): leave the study out and count it, or use a one-stage model"
        )
    return EffectSize(
        fit.log_hazard_ratio, fit.standard_error, LOG_HAZARD_RATIO, "Cox model on patients"
    )


def _from_p(p: float, variance: float, below_one: bool, method: str) -> EffectSize:
    """``O - E = +-sqrt(V) z``, hence a log hazard ratio of ``+-z / sqrt(V)``."""
    error = 1 / math.sqrt(variance)
    sign = -1 if below_one else 1
    return EffectSize(sign * quantile_of_p(p) * error, error, LOG_HAZARD_RATIO, method)
