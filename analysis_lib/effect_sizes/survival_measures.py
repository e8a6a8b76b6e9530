"""Log medians, log rates, survival at a landmark and differences of one study."""

from __future__ import annotations

import math

from analysis_lib.effect_sizes.effect_size import (
    EffectSize,
    check_positive,
    quantile_of_level,
    width_of_interval,
)
from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError

LOG_MEDIAN = "log median survival"
LOG_RATE = "log event rate"
LOG_CUMULATIVE_HAZARD = "log cumulative hazard"
LOG_CUMULATIVE_HAZARD_RATIO = "log cumulative hazard ratio"
SURVIVAL_DIFFERENCE = "survival difference"
RESTRICTED_MEAN_DIFFERENCE = "restricted mean survival difference"


def log_median_from_interval(
    median: float, low: float, high: float | None, *, level: float = 0.95
) -> EffectSize:
    """From a median (months) and its interval, symmetric on the log scale.

    ``SE = (log high - log low) / (2 z)``. Where the upper limit was not reached (None), the
    lower half is used: ``SE = (log median - log low) / z``.

    Raises
    ------
    InvalidInputError
        Values not above 0, an interval without width or that does not hold the median.
    """
    method = f"median and {100 * level:g} % interval"
    if high is None:
        check_positive(median=median, low=low)
        if low >= median:
            raise InvalidInputError(f"low must be below the median {median}, was {low}")
        error = (math.log(median) - math.log(low)) / quantile_of_level(level)
        method += ", upper limit not reached: lower half only"
    else:
        error = width_of_interval(median, low, high, level, log=True)
    return EffectSize(math.log(median), error, LOG_MEDIAN, method)


def log_median_from_patients(median: float, n: float) -> EffectSize:
    """From a Kaplan-Meier median and n, for exponential survival without earlier censoring.

    The delta method on ``Var S = 1 / (4 n)`` at the median gives ``SE = 1 / (sqrt(n) log 2)``.

    Raises
    ------
    InvalidInputError
        A median or n that is not above 0.

    References
    ----------
    Collett D. Modelling Survival Data in Medical Research, section 2.4 (standard error of a
    percentile).
    """
    check_positive(median=median, n=n)
    error = 1 / (math.sqrt(n) * math.log(2))
    return EffectSize(math.log(median), error, LOG_MEDIAN, "median and n, exponential shape")


def log_median_from_events(median: float, events: float) -> EffectSize:
    """From the median of a fitted exponential model and the number of events.

    ``SE = 1 / sqrt(events)``, that of the log rate. Too small by a factor 0.69 for a
    Kaplan-Meier median: use :func:`log_median_from_patients` there.

    Raises
    ------
    InvalidInputError
        A median or a number of events that is not above 0.
    """
    check_positive(median=median, events=events)
    return EffectSize(
        math.log(median), 1 / math.sqrt(events), LOG_MEDIAN, "median of an exponential model"
    )


def log_rate(events: float, person_months: float) -> EffectSize:
    """From events and person-time: ``log(d / T)``, ``SE = 1 / sqrt(d)`` (Poisson).

    Raises
    ------
    InvalidInputError
        Person-time not above 0, or a negative number of events.
    NotIdentifiedError
        No event: the log rate is minus infinity.
    """
    check_positive(person_months=person_months)
    if not (math.isfinite(events) and events >= 0):
        raise InvalidInputError(f"events must be finite and not negative, was {events}")
    if events == 0:
        raise NotIdentifiedError(
            f"no event in {person_months} person-months: the log rate is minus infinity; "
            "use a Poisson model of all studies"
        )
    return EffectSize(
        math.log(events / person_months),
        1 / math.sqrt(events),
        LOG_RATE,
        "events and person-months",
    )


def log_cumulative_hazard(
    survival: float, *, n: float | None = None, standard_error: float | None = None
) -> EffectSize:
    """Complementary log-log of survival at a landmark, ``log(-log S)``, by the delta method.

    ``SE = SE(S) / (S |log S|)``, with ``SE(S) = sqrt(S (1 - S) / n)`` where only n is printed:
    exact without censoring before the landmark, too small otherwise.

    Parameters
    ----------
    survival : float
        Probability, between 0 and 1, both excluded.
    n, standard_error : float
        Exactly one: patients at the start, or the standard error of ``survival``.

    Raises
    ------
    InvalidInputError
        Both or none of ``n`` and ``standard_error``, or values outside their ranges.
    NotIdentifiedError
        Survival 0 or 1: the measure is infinite.

    References
    ----------
    Woods BS, Hawkins N, Scott DA. BMC Med Res Methodol 2010;10:54 (log cumulative hazard of
    a count at a landmark).
    """
    error = _survival_error(survival, n, standard_error)
    return EffectSize(
        math.log(-math.log(survival)),
        error / (survival * -math.log(survival)),
        LOG_CUMULATIVE_HAZARD,
        "landmark survival and n" if standard_error is None else "landmark survival and its error",
    )


def log_cumulative_hazard_ratio(arm: EffectSize, versus: EffectSize) -> EffectSize:
    """Difference of two arms' :func:`log_cumulative_hazard` at one landmark.

    Under proportional hazards this estimates the log hazard ratio (Woods 2010); it uses
    nothing but the landmark, and its measure keeps its own name.

    Raises
    ------
    InvalidInputError
        Arguments that measure something else.
    """
    for effect in (arm, versus):
        if effect.measure != LOG_CUMULATIVE_HAZARD:
            raise InvalidInputError(f"a log cumulative hazard is needed, was a {effect.measure}")
    return EffectSize(
        arm.value - versus.value,
        math.hypot(arm.standard_error, versus.standard_error),
        LOG_CUMULATIVE_HAZARD_RATIO,
        "survival of both arms at one landmark",
    )


def survival_difference(
    arm: float, arm_error: float, versus: float, versus_error: float
) -> EffectSize:
    """Difference of two survival probabilities at one landmark, from their standard errors.

    Raises
    ------
    InvalidInputError
        A probability outside 0 to 1, or an error that is not above 0.
    """
    for probability in (arm, versus):
        if not 0 <= probability <= 1:
            raise InvalidInputError(f"survival must be between 0 and 1, was {probability}")
    return _difference(arm, arm_error, versus, versus_error, SURVIVAL_DIFFERENCE)


def restricted_mean_difference(
    arm: float, arm_error: float, versus: float, versus_error: float
) -> EffectSize:
    """Difference of two restricted mean survival times (months) to one horizon.

    Raises
    ------
    InvalidInputError
        A mean that is negative, or an error that is not above 0.
    """
    for mean in (arm, versus):
        if not (math.isfinite(mean) and mean >= 0):
            raise InvalidInputError(f"a restricted mean must not be negative, was {mean}")
    return _difference(arm, arm_error, versus, versus_error, RESTRICTED_MEAN_DIFFERENCE)


def _difference(
    arm: float, arm_error: float, versus: float, versus_error: float, measure: str
) -> EffectSize:
    check_positive(arm_error=arm_error, versus_error=versus_error)
    error = math.hypot(arm_error, versus_error)
    return EffectSize(arm - versus, error, measure, "estimates of both arms and their errors")


def _survival_error(survival: float, n: float | None, standard_error: float | None) -> float:
    """Standard error of a survival probability, given or binomial."""
    if not 0 <= survival <= 1:
        raise InvalidInputError(f"survival must be between 0 and 1, was {survival}")
    if survival in (0, 1):
        raise NotIdentifiedError(
            f"survival {survival} at the landmark: the log cumulative hazard is infinite; use "
            "another landmark or a difference of probabilities"
        )
    if (n is None) == (standard_error is None):
        raise InvalidInputError("give exactly one of n and standard_error")
    if standard_error is not None:
        check_positive(standard_error=standard_error)
        return standard_error
    check_positive(n=n)
    return math.sqrt(survival * (1 - survival) / n)
