"""What a curve says in months: restricted means, medians, survival at a time, their differences.

The Kaplan-Meier steps are counted here by array operations instead of through a
fitter: these measures are computed once per imputation and scenario.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival.data import Z_95, check_survival_data

#: Rounding of a product of fractions; R's quantile.survfit allows 1.5e-8 as well.
_ROUNDING = 1.5e-8


@dataclass(frozen=True)
class RestrictedMean:
    """Mean survival time up to a horizon, in months.

    ``standard_error``, ``low`` and ``high`` are None where no variance can be
    estimated; ``note`` then says why.
    """

    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    horizon: float
    n: int
    n_events: int
    note: str = ""


@dataclass(frozen=True)
class MedianSurvival:
    """Median survival in months; None where the curve or a limit never falls to one half."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    n_events: int

    @property
    def log_standard_error(self) -> float | None:
        """Standard error of the log median that the interval implies; None without both limits.

        Half the width of the interval on the log scale over 1.96, as a random
        effects pool of log medians needs it.
        """
        if not self.low or self.high is None or self.high <= self.low:
            return None
        return float(np.log(self.high / self.low) / (2 * Z_95))


@dataclass(frozen=True)
class ArmDifference:
    """A measure in group 1 less the same in group 0, with a 95 % interval.

    ``standard_error`` is None where the interval is not built from one (medians)
    or where none can be estimated; ``note`` then says why.
    """

    measure: str
    value: float
    standard_error: float | None
    low: float | None
    high: float | None
    value_1: float
    value_0: float
    note: str = ""


def restricted_mean(time: ArrayLike, event: ArrayLike, horizon: float) -> RestrictedMean:
    """Area under the Kaplan-Meier curve from 0 to a horizon.

    The variance is the estimator's, not that of min(T, horizon): the sum over
    death times of ``A(t)^2 d / (n (n - d))`` with A(t) the area from t to the
    horizon. It is that of R's ``summary(survfit(...), rmean = horizon)`` and of
    survRM2, without the factor D / (D - 1) that some texts add.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Months and 0/1; deaths precede censorings at ties.
    horizon : float
        Months, above 0 and not beyond the last follow-up, unless the curve has
        fallen to 0 there.

    Returns
    -------
    RestrictedMean
        With a normal 95 % interval cut at 0 and the horizon. Without a death
        before the horizon, or when all die at once, there is no standard error.

    Raises
    ------
    InvalidInputError
        Invalid data or a horizon that is not a positive number.
    NotIdentifiedError
        A horizon beyond the last follow-up with patients alive there.

    References
    ----------
    Irwin JO. J Hyg 1949;47:188-189. Uno H et al. J Clin Oncol 2014;32:2380-2385.
    """
    times, events = check_survival_data(time, event)
    horizon = _checked_time(horizon, "the horizon", times, events)
    steps = _Steps.of(times, events).until(horizon)
    ends = np.append(steps.times[1:], horizon)
    first = steps.times[0] if steps.times.size else horizon
    # From each death to the next, then from each death to the horizon.
    after = np.cumsum((steps.survival * (ends - steps.times))[::-1])[::-1]
    value = float(first + (after[0] if after.size else 0.0))
    error = float(np.sqrt(np.sum(after**2 * steps.greenwood_terms)))
    counts = (times.size, int(steps.deaths.sum()))
    if error == 0:
        note = "no standard error: the curve has no step with patients left after it"
        return RestrictedMean(value, None, None, None, horizon, *counts, note)
    low, high = max(0.0, value - Z_95 * error), min(horizon, value + Z_95 * error)
    return RestrictedMean(value, error, low, high, horizon, *counts)


def restricted_mean_difference(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, horizon: float
) -> ArmDifference:
    """Restricted mean of group 1 less that of group 0, in months.

    Parameters
    ----------
    time, event, group : array_like, shape (n,)
        Months, 0/1, and the group 0/1.
    horizon : float
        Months; both groups must be followed to it (:func:`restricted_mean`).

    Returns
    -------
    ArmDifference
        With the normal 95 % interval of independent groups.
    """
    arms = _by_group(time, event, group)
    one, zero = (restricted_mean(*arms[side], horizon) for side in (1, 0))
    return _difference(
        f"restricted mean to {horizon:g} months",
        (one.value, one.standard_error),
        (zero.value, zero.standard_error),
    )


def landmark_difference(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, months: float
) -> ArmDifference:
    """Kaplan-Meier survival at a time in group 1 less that in group 0 (-1..1).

    Parameters
    ----------
    time, event, group : array_like, shape (n,)
        Months, 0/1, and the group 0/1.
    months : float
        The time, not beyond the last follow-up of either group, unless its curve
        has fallen to 0 there.

    Returns
    -------
    ArmDifference
        With Greenwood's variances and the normal 95 % interval cut at -1 and 1.
        A group whose curve is 1 or 0 there has no variance: no interval.
    """
    arms = _by_group(time, event, group)
    one, zero = (_landmark(*arms[side], months) for side in (1, 0))
    return _difference(f"survival at {months:g} months", one, zero, bound=1.0)


def median_with_interval(time: ArrayLike, event: ArrayLike) -> MedianSurvival:
    """Kaplan-Meier median with the Brookmeyer-Crowley interval on the log-log scale.

    The median is the first time at which survival is one half or less; its limits
    are the first times at which the curve's own log-log limits are. Where a curve
    or a limit is exactly one half over a span of time, R's ``quantile(survfit)``
    gives the middle of the span instead.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Months and 0/1; deaths precede censorings at ties.

    Returns
    -------
    MedianSurvival
        None for what is not reached. Limits do not exist where survival is 0.

    References
    ----------
    Brookmeyer R, Crowley J. Biometrics 1982;38:29-41.
    """
    times, events = check_survival_data(time, event)
    steps = _Steps.of(times, events)
    low, high = steps.limits()
    return MedianSurvival(
        _first_time_at_half(steps.times, steps.survival),
        _first_time_at_half(steps.times, low),
        _first_time_at_half(steps.times, high),
        times.size,
        int(events.sum()),
    )


def median_difference(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> ArmDifference:
    """Median survival of group 1 less that of group 0, in months.

    The interval recovers each group's variance from its own limits (MOVER), which
    keeps their asymmetry: the lower limit is the difference less the root of the
    sum of squares of the distances to group 1's lower and group 0's upper limit.

    Parameters
    ----------
    time, event, group : array_like, shape (n,)
        Months, 0/1, and the group 0/1.

    Returns
    -------
    ArmDifference
        A limit is None where a group's limit that it needs is not reached.

    Raises
    ------
    NotIdentifiedError
        A group whose curve never falls to one half.

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702.
    """
    arms = _by_group(time, event, group)
    one, zero = (median_with_interval(*arms[side]) for side in (1, 0))
    for side, median in ((1, one), (0, zero)):
        if median.value is None:
            raise NotIdentifiedError(
                f"the median of group {side} is not reached: compare restricted means or landmarks"
            )
    value = one.value - zero.value
    below = _recovered(one.value, one.low, zero.value, zero.high)
    above = _recovered(one.value, one.high, zero.value, zero.low)
    note = "" if below is not None and above is not None else "a limit of a median is not reached"
    return ArmDifference(
        "median survival",
        value,
        None,
        None if below is None else value - below,
        None if above is None else value + above,
        one.value,
        zero.value,
        note,
    )


@dataclass(frozen=True)
class _Steps:
    """The curve at its death times: times, number at risk, deaths, survival after them."""

    times: NDArray
    at_risk: NDArray
    deaths: NDArray
    survival: NDArray

    @classmethod
    def of(cls, times: NDArray, events: NDArray) -> _Steps:
        """Count the steps of a Kaplan-Meier curve."""
        at, deaths = np.unique(times[events], return_counts=True)
        at_risk = times.size - np.searchsorted(np.sort(times), at, "left")
        return cls(at, at_risk, deaths, np.cumprod(1 - deaths / at_risk))

    def until(self, months: float) -> _Steps:
        """The steps at or before a time."""
        kept = self.times <= months
        return _Steps(self.times[kept], self.at_risk[kept], self.deaths[kept], self.survival[kept])

    @property
    def greenwood_terms(self) -> NDArray:
        """d / (n (n - d)) per step; 0 where all at risk die, after which survival is 0."""
        left = self.at_risk - self.deaths
        return np.where(left > 0, self.deaths / (self.at_risk * np.maximum(left, 1)), 0.0)

    def limits(self) -> tuple[NDArray, NDArray]:
        """Log-log 95 % limits; at survival 0 the lower is 0 and the upper unknown (1)."""
        alive = self.survival > 0
        log_survival = np.log(self.survival, where=alive, out=np.full(alive.shape, -1.0))
        half = Z_95 * np.sqrt(np.cumsum(self.greenwood_terms)) / np.abs(log_survival)
        low = np.where(alive, np.exp(log_survival * np.exp(half)), 0.0)
        high = np.where(alive, np.exp(log_survival * np.exp(-half)), 1.0)
        return low, high


def _checked_time(months: float, name: str, times: NDArray, events: NDArray) -> float:
    """A positive time that the data reach, or the error that says why not."""
    if not np.isfinite(months) or months <= 0:
        raise InvalidInputError(f"{name} must be a positive number of months, was {months}")
    last = times.max()
    # All who are last die at the last time: the curve is 0 from there on.
    if months > last and not events[times == last].all():
        raise NotIdentifiedError(
            f"{name} of {months:g} months lies beyond the last follow-up at {last:g} months "
            "with patients alive: choose an earlier one"
        )
    return float(months)


def _landmark(times: NDArray, events: NDArray, months: float) -> tuple[float, float | None]:
    """Survival at a time and its Greenwood standard error, None when that is 0."""
    steps = _Steps.of(times, events).until(_checked_time(months, "the landmark", times, events))
    survival = float(steps.survival[-1]) if steps.survival.size else 1.0
    return survival, float(survival * np.sqrt(steps.greenwood_terms.sum())) or None


def _first_time_at_half(times: NDArray, curve: NDArray) -> float | None:
    reached = np.flatnonzero(curve <= 0.5 + _ROUNDING)
    return float(times[reached[0]]) if reached.size else None


def _by_group(
    time: ArrayLike, event: ArrayLike, group: ArrayLike
) -> dict[int, tuple[NDArray, NDArray]]:
    """Checked times and events of groups 0 and 1."""
    times, events = check_survival_data(time, event)
    groups = np.asarray(group, dtype=float)
    if groups.shape != times.shape or not np.all((groups == 0) | (groups == 1)):
        raise InvalidInputError("group must be 0 or 1 for every patient")
    if groups.all() or not groups.any():
        raise InvalidInputError("both groups must have patients")
    return {side: (times[groups == side], events[groups == side]) for side in (0, 1)}


def _difference(
    measure: str,
    one: tuple[float, float | None],
    zero: tuple[float, float | None],
    bound: float = np.inf,
) -> ArmDifference:
    """Difference of two independent estimates with its normal interval."""
    (value_1, error_1), (value_0, error_0) = one, zero
    value = value_1 - value_0
    if error_1 is None or error_0 is None:
        without = " and ".join(str(s) for s, e in ((1, error_1), (0, error_0)) if e is None)
        note = f"no interval: group {without} has no standard error"
        return ArmDifference(measure, value, None, None, None, value_1, value_0, note)
    error = float(np.hypot(error_1, error_0))
    low, high = max(-bound, value - Z_95 * error), min(bound, value + Z_95 * error)
    return ArmDifference(measure, value, error, low, high, value_1, value_0)


def _recovered(
    value_1: float, limit_1: float | None, value_0: float, limit_0: float | None
) -> float | None:
    """Distance of MOVER's limit from the difference; None when a limit is not reached."""
    if limit_1 is None or limit_0 is None:
        return None
    return float(np.hypot(value_1 - limit_1, value_0 - limit_0))
