"""How many patients an interval speaks for: Greenwood's variance, read backwards.

Closed-form relations between a survival probability or a median, its printed
95 % limits and the number of patients behind them. Nothing here makes
patients; :mod:`analysis_lib.reconstruct.summaries` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from scipy.stats import beta

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.survival import Z_95

#: Scales on which software makes the limits of a survival probability symmetric. Where
#: several reproduce the printed limits equally well the first one counts: "log" is the
#: default of R's ``survfit``, the only common default whose limits are cut off at 1;
#: "log-log" that of Stata, SAS and lifelines.
TRANSFORMS = ("log", "log-log", "plain", "logit")

#: Whole percents are the coarsest print: 0.8 may have been read as "80 %".
_FEWEST_DECIMALS = 2

#: Finer than any paper prints; limits straight from software count as exact.
_MOST_DECIMALS = 6

#: No arm of a trial or cohort is larger: a larger n is a typing error.
_MOST_PATIENTS = 100_000

#: Rounding of binary fractions, far below any printed digit.
_EPSILON = 1e-9


@dataclass(frozen=True)
class TransformMatch:
    """The scale on which printed limits are symmetric about the printed value.

    Attributes
    ----------
    transform : str
        One of :data:`TRANSFORMS`.
    incidence : bool
        The scale is that of one minus the value.
    half_width : float
        Of the interval, on that scale: 1.96 standard errors.
    half_width_range : tuple of float
        What the rounding of the printed limits leaves open.
    """

    transform: str
    incidence: bool
    half_width: float
    half_width_range: tuple[float, float]

    def standard_error(self, value: float, half_width: float | None = None) -> float:
        """Standard error of the probability ``value`` by the delta method."""
        width = self.half_width if half_width is None else half_width
        slope = _SCALES[self.transform].slope(1 - value if self.incidence else value)
        return width / (Z_95 * slope)


@dataclass(frozen=True)
class EffectiveSampleSize:
    """Patients who, all followed to the time, would give the printed width.

    ``at_least`` and ``at_most`` are what the rounding of the printed digits leaves
    open; ``match`` is the scale that reproduces the limits.
    """

    n: float
    at_least: float
    at_most: float
    match: TransformMatch


def greenwood_limits(
    value: float, standard_error: float, transform: str, *, incidence: bool = False
) -> tuple[float, float]:
    """95 % limits of a probability, symmetric on the scale of ``transform``.

    Parameters
    ----------
    value : float
        Survival probability, 0..1. At 0 and 1, where every scale but the plain
        one is infinite, both limits are the value itself.
    standard_error : float
        Greenwood's standard error of the probability.
    transform : str
        One of :data:`TRANSFORMS`.
    incidence : bool
        Make the limits for one minus the value, and turn them back.

    Returns
    -------
    tuple of float
        Lower and upper limit, cut off at 0 and 1 as software prints them.

    References
    ----------
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data, 2nd ed.
    Wiley 2002, section 1.4.
    """
    if incidence:
        low, high = greenwood_limits(1 - value, standard_error, transform)
        return 1 - high, 1 - low
    if not 0 < value < 1:
        return value, value
    scale = _SCALES[transform]
    half, centre = Z_95 * standard_error * scale.slope(value), scale.forward(value)
    low, high = scale.back(centre - half), scale.back(centre + half)
    return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


def matching_transform(
    value: float,
    low: float,
    high: float,
    *,
    decimals: int | None = None,
    incidence_first: bool = False,
) -> TransformMatch | None:
    """The scale on which the printed limits are symmetric, within the printed digits.

    A scale fits when numbers exist that round to the printed value and limits
    and are exactly symmetric on it. A limit printed as 1 (or 0) may have been
    cut off there; the other limit then gives the width. Scales of the survival
    are tried before those of one minus it, on which software for cumulative
    incidences makes its limits.

    Parameters
    ----------
    value, low, high : float
        Survival probability and its 95 % limits, ``0 <= low <= value <= high <= 1``.
    decimals : int, optional
        Digits after the point of the probabilities (2 for whole percents). By
        default the fewest, at least two, that hold all three numbers.
    incidence_first : bool
        Try the scales of one minus the survival first.

    Returns
    -------
    TransformMatch or None
        None when no scale fits or the limits say nothing: value 0 or 1, limits
        equal, limits 0 and 1.

    Raises
    ------
    InvalidInputError
        Numbers outside 0..1 or out of order.
    """
    check_probability_interval(value, low, high)
    half = _half_unit(decimals, value, low, high)
    if not half < value < 1 - half or high <= low or (low <= half and high >= 1 - half):
        return None
    for incidence in (incidence_first, not incidence_first):
        numbers = (1 - value, 1 - high, 1 - low) if incidence else (value, low, high)
        candidates = (_try_transform(name, *numbers, half) for name in TRANSFORMS)
        fitting = [candidate for candidate in candidates if candidate is not None]
        if fitting:
            _, name, width, open_range = min(fitting, key=lambda candidate: candidate[0])
            return TransformMatch(name, incidence, width, open_range)
    return None


def effective_sample_size(
    value: float,
    low: float,
    high: float,
    *,
    decimals: int | None = None,
    incidence_first: bool = False,
) -> EffectiveSampleSize | None:
    """How many patients, all followed to the time, the printed interval implies.

    Without loss before the time Greenwood's variance is the binomial one,
    ``S (1 - S) / n``; solved for n. (One minus a cumulative incidence has the
    binomial variance too when nobody is lost.) Limits symmetric on the logit
    may be Wilson's, which are so by construction; ``at_least`` then reads them
    as his.

    Parameters, errors as :func:`matching_transform`.

    Returns
    -------
    EffectiveSampleSize or None
        None when :func:`matching_transform` finds no scale.

    References
    ----------
    Cutler SJ, Ederer F. Maximum utilization of the life table method in analyzing
    survival. J Chronic Dis 1958;8:699-712 ("effective sample size"). Wilson EB.
    Probable inference. J Am Stat Assoc 1927;22:209-212.
    """
    match = matching_transform(value, low, high, decimals=decimals, incidence_first=incidence_first)
    if match is None:
        return None
    half = _half_unit(decimals, value, low, high)
    narrow, wide = match.half_width_range
    if match.transform == "logit":
        # Wilson's half-width on the logit is 2 asinh(w / 2), w the delta method's.
        wide = 2 * math.sinh(wide / 2)

    def implied(survival: float, half_width: float) -> float:
        error = match.standard_error(survival, half_width)
        return survival * (1 - survival) / error**2 if error > 0 else math.inf

    around = (value - half, value, value + half)
    return EffectiveSampleSize(
        n=implied(value, match.half_width),
        at_least=min(implied(survival, wide) for survival in around),
        at_most=max(implied(survival, narrow) for survival in around),
        match=match,
    )


def binomial_landmark_interval(value: float, n: int) -> tuple[float, float]:
    """95 % interval of a survival probability when all n were followed to its time.

    Log-log Greenwood limits with the binomial standard error
    ``sqrt(S (1 - S) / n)``. At 0 and 1, where these do not exist, the exact
    limits of 0 of n and n of n.

    Parameters
    ----------
    value : float
        Probability, 0..1.
    n : int
        Patients.

    Raises
    ------
    InvalidInputError
        Value outside 0..1, n not a whole number from 1 to 100 000.

    References
    ----------
    Kalbfleisch & Prentice 2002, section 1.4. Clopper CJ, Pearson ES. The use of
    confidence or fiducial limits. Biometrika 1934;26:404-413.
    """
    n = check_sample_size(n)
    check_probability_interval(value, value, value)
    if value in (0, 1):
        free = float(beta.ppf(0.975, 1, n))
        return (0.0, free) if value == 0 else (1 - free, 1.0)
    return greenwood_limits(value, math.sqrt(value * (1 - value) / n), "log-log")


def log_median_standard_error(n: int) -> float:
    """Standard error of the log of a Kaplan-Meier median: exponential, no loss before it.

    The variance of a sample quantile is ``S (1 - S) / (n f^2)`` with f the
    density there. At an exponential's median ``f = ln 2 / (2 median)``, hence
    ``1 / (ln 2 sqrt(n))`` on the log scale; a Weibull curve of shape k divides it by k.

    References
    ----------
    Reid N. Estimating the median survival time. Biometrika 1981;68:601-608.
    """
    return 1 / (math.log(2) * math.sqrt(check_sample_size(n)))


def exponential_median_interval(median: float, n: int) -> tuple[float, float]:
    """95 % interval of a Kaplan-Meier median under an exponential without loss before it.

    ``median * exp(-/+ 1.96 / (ln 2 sqrt(n)))``, see :func:`log_median_standard_error`.

    Parameters
    ----------
    median : float
        Months (any unit of time), above 0.
    n : int
        Patients.

    Raises
    ------
    InvalidInputError
        Median not above 0, n not a whole number from 1 to 100 000.
    """
    if not (math.isfinite(median) and median > 0):
        raise InvalidInputError(f"median: must be a finite time above 0, was {median}")
    factor = math.exp(Z_95 * log_median_standard_error(n))
    return median / factor, median * factor


def median_effective_sample_size(low: float, high: float) -> float:
    """Patients whom a median's 95 % limits imply under an exponential without loss.

    The width on the log scale, ``2 * 1.96 / (ln 2 sqrt(n))``, solved for n. Rough:
    such limits are order statistics and scatter, and a steep curve narrows them.

    Raises
    ------
    InvalidInputError
        Limits not finite, not above 0, or not ``low < high``.
    """
    if not (math.isfinite(low) and math.isfinite(high) and 0 < low < high):
        raise InvalidInputError(f"median limits: must be 0 < low < high, were {low}, {high}")
    return (2 * Z_95 / (math.log(2) * math.log(high / low))) ** 2


def printed_decimals(*values: float, fewest: int = _FEWEST_DECIMALS) -> int:
    """Fewest digits after the point, from ``fewest`` to 6, that hold all the values."""
    for decimals in range(fewest, _MOST_DECIMALS):
        if all(abs(value - round(value, decimals)) < _EPSILON for value in values):
            return decimals
    return _MOST_DECIMALS


def check_sample_size(n: int) -> int:
    """``n`` as an int from 1 to 100 000; :class:`InvalidInputError` otherwise."""
    if not (_is_number(n) and float(n).is_integer() and 1 <= n <= _MOST_PATIENTS):
        rule = f"a whole number from 1 to {_MOST_PATIENTS}"
        raise InvalidInputError(f"n: must be {rule}, was {n!r}")
    return int(n)


def check_probability_interval(
    value: float, low: float | None, high: float | None, *, where: str = "probability"
) -> None:
    """Refuse a value or limits outside 0..1 or out of order, naming ``where``.

    Raises
    ------
    InvalidInputError
        Percentages, missing value, NaN, reversed limits, value outside its limits.
    """
    for name, number in (("value", value), ("low", low), ("high", high)):
        if number is None and name != "value":
            continue
        if not _is_number(number) or not 0 <= number <= 1:
            hint = ""
            if _is_number(number) and 1 < number <= 100:
                hint = f" (a percentage? write {number / 100:g})"
            raise InvalidInputError(f"{where}: {name} must be in 0..1, was {number!r}{hint}")
    check_order(value, low, high, where=where)


def check_order(value: float, low: float | None, high: float | None, *, where: str) -> None:
    """Refuse reversed limits and a value outside its limits; a limit may be None."""
    if low is not None and high is not None and low > high:
        raise InvalidInputError(f"{where}: interval is reversed, was {low} to {high}")
    if (low is not None and value < low) or (high is not None and value > high):
        raise InvalidInputError(
            f"{where}: value must lie in its interval, was {value} in {low} to {high}"
        )


def _is_number(number: object) -> bool:
    """A real, finite number (not a truth value, not text)."""
    if isinstance(number, bool):
        return False
    try:
        return math.isfinite(number)  # type: ignore[arg-type]
    except TypeError:
        return False


def _half_unit(decimals: int | None, *values: float) -> float:
    """Half a unit of the last printed digit."""
    return 0.5 * 10.0 ** -(printed_decimals(*values) if decimals is None else decimals) + _EPSILON


def _try_transform(
    name: str, value: float, low: float, high: float, half: float
) -> tuple[float, str, float, tuple[float, float]] | None:
    """How far limits symmetric on this scale miss the printed ones, and their width; or None.

    The asymmetry ``g(high) + g(low) - 2 g(value)`` rises with both limits and
    falls with the value, so its extremes over everything that rounds to the
    printed numbers lie at two corners; the scale fits when they enclose zero.
    """
    scale = _SCALES[name].forward
    cut_low, cut_high = low <= half, high >= 1 - half
    least_high, most_low = scale(min(high - half, 1 - half)), scale(max(low + half, half))
    most_high = math.inf if cut_high else scale(high + half)
    least_low = -math.inf if cut_low else scale(low - half)
    least = least_high + least_low - 2 * scale(value + half)
    most = most_high + most_low - 2 * scale(value - half)
    if not least <= 0 <= most:
        return None
    width, *open_range = (
        max(_half_width(scale, value, low + e, high - e, cut_low, cut_high), 0.0)
        for e in (0.0, half, -half)
    )
    if width == 0:
        return None
    again = greenwood_limits(value, width / (Z_95 * _SCALES[name].slope(value)), name)
    return max(abs(again[0] - low), abs(again[1] - high)), name, width, tuple(open_range)


def _half_width(
    scale: Callable[[float], float],
    value: float,
    low: float,
    high: float,
    cut_low: bool,
    cut_high: bool,
) -> float:
    """Half the interval on a scale; from one limit where the other was cut off."""
    if cut_high:
        return scale(value) - scale(low)
    if cut_low:
        return scale(high) - scale(value)
    return (scale(high) - scale(low)) / 2


def _log_log(value: float) -> float:
    """Minus log(-log S): rises with S."""
    return -math.log(-math.log(value))


def _log_log_back(scaled: float) -> float:
    # Beyond this exp overflows; the survival is 0 there.
    return math.exp(-math.exp(min(-scaled, 700.0)))


def _logit_back(scaled: float) -> float:
    return 1 / (1 + math.exp(min(-scaled, 700.0)))


def _exp(scaled: float) -> float:
    return math.exp(min(scaled, 700.0))


class _Scale(NamedTuple):
    """A rising scale of probabilities, its inverse, its slope for the delta method."""

    forward: Callable[[float], float]
    back: Callable[[float], float]
    slope: Callable[[float], float]


_SCALES = {
    "plain": _Scale(lambda s: s, lambda g: g, lambda s: 1.0),
    "log": _Scale(math.log, _exp, lambda s: 1 / s),
    "log-log": _Scale(_log_log, _log_log_back, lambda s: -1 / (s * math.log(s))),
    "logit": _Scale(lambda s: math.log(s / (1 - s)), _logit_back, lambda s: 1 / (s * (1 - s))),
}
