"""Two proportions of one study: Fisher's exact test, and the difference of two estimates.

References
----------
Fisher RA. J R Stat Soc 1935;98:39-82 (the test). Cornfield J. Proc Third Berkeley Symp
1956;4:135-148 (exact limits of the odds ratio).
Newcombe RG. Stat Med 1998;17:873-890, method 10; Zou GY, Donner A. Stat Med
2008;27:1693-1702 (limits of a difference from the limits of its two parts).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral

from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

from analysis_lib.exceptions import InvalidInputError


@dataclass(frozen=True)
class FisherTest:
    """Fisher's exact test of two counts.

    Attributes
    ----------
    p : float
        Two-sided: the sum of all tables that are at most as probable as the one seen.
    odds_ratio, low, high : float
        Conditional maximum-likelihood odds ratio of the first group against the second and its
        exact interval; 0 or infinite where a group has no event. NaN where neither group, or
        every unit, has the event.
    """

    p: float
    odds_ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """A difference of two probabilities with its limits, each in -1..1."""

    value: float
    low: float
    high: float


def fisher_test(
    events: int, total: int, events_versus: int, total_versus: int, *, level: float = 0.95
) -> FisherTest:
    """Fisher's exact test of ``events`` of ``total`` against those of a second group.

    Parameters
    ----------
    events, total, events_versus, total_versus : int
        ``0 <= events <= total`` and ``total >= 1``, in each group.
    level : float
        Confidence of the odds ratio's interval, between 0 and 1.

    Raises
    ------
    InvalidInputError
        Counts outside these ranges or not whole numbers.
    """
    _check_counts(events, total)
    _check_counts(events_versus, total_versus)
    if not 0 < level < 1:
        raise InvalidInputError(f"level must be between 0 and 1, was {level}")
    table = [[events, total - events], [events_versus, total_versus - events_versus]]
    p = float(fisher_exact(table).pvalue)
    if events + events_versus in (0, total + total_versus):
        return FisherTest(p, math.nan, math.nan, math.nan)
    ratio = odds_ratio(table)
    limits = ratio.confidence_interval(confidence_level=level)
    return FisherTest(p, float(ratio.statistic), float(limits.low), float(limits.high))


def difference_from_limits(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> Difference:
    """Difference of two independent probabilities from their estimates and limits.

    The distance of each limit from its estimate is added in squares: lower limits of the first
    with upper limits of the second, and the other way round.

    Parameters
    ----------
    first, second : tuple of float
        Estimate, lower and upper limit of each, 0..1, limits of the same confidence.

    Raises
    ------
    InvalidInputError
        A number outside 0..1, or an estimate outside its limits.
    """
    for estimate, low, high in (first, second):
        if not 0 <= low <= estimate <= high <= 1:
            raise InvalidInputError(
                f"estimate and limits must be 0 <= low <= estimate <= high <= 1, were "
                f"{estimate} ({low} to {high})"
            )
    (p, p_low, p_high), (q, q_low, q_high) = first, second
    value = p - q
    return Difference(
        value, value - math.hypot(p - p_low, q_high - q), value + math.hypot(p_high - p, q - q_low)
    )


def _check_counts(events: int, total: int) -> None:
    whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in (events, total))
    if not whole or not 0 <= events <= total or total < 1:
        raise InvalidInputError(
            f"counts must be whole numbers, 0 <= events <= total, total >= 1, were "
            f"{events!r} of {total!r}"
        )
