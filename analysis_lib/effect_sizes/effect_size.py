"""One study's effect on a scale that can be pooled, and checks of printed numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtri

from analysis_lib.exceptions import InvalidInputError


@dataclass(frozen=True)
class EffectSize:
    """An estimate, its standard error, what it measures and how it was found.

    Attributes
    ----------
    value, standard_error : float
        On the scale of ``measure``; both finite, the error above 0.
    measure : str
        For example ``"log hazard ratio"``. Only equal measures are pooled.
    method : str
        From which printed figures, and by which assumption.
    """

    value: float
    standard_error: float
    measure: str
    method: str


def quantile_of_level(level: float) -> float:
    """Half-width of a normal interval in standard errors: 1.96 at level 0.95."""
    if not 0 < level < 1:
        raise InvalidInputError(f"level must be between 0 and 1, was {level}")
    return float(ndtri((1 + level) / 2))


def quantile_of_p(p: float) -> float:
    """Absolute normal deviate of a two-sided p-value above 0 and at most 1."""
    if not 0 < p <= 1:
        raise InvalidInputError(
            f"p must be above 0 and at most 1, was {p}; for 'p < 0.001' leave the study out or "
            "use another figure"
        )
    return float(-ndtri(p / 2))


def check_positive(**values: float) -> None:
    """Every named value must be finite and above 0.

    Raises
    ------
    InvalidInputError
        With the name and the value.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise InvalidInputError(f"{name} must be finite and above 0, was {value}")


def width_of_interval(
    estimate: float, low: float, high: float, level: float, *, log: bool
) -> float:
    """Standard error from an interval's width, on the log scale or as it is.

    Raises
    ------
    InvalidInputError
        An interval without width or that does not hold its estimate; not positive where
        logarithms are taken.
    """
    if log:
        check_positive(estimate=estimate, low=low, high=high)
    if not (low <= estimate <= high and low < high and math.isfinite(high - low)):
        raise InvalidInputError(
            f"the interval must have a width and hold its estimate, was {estimate} "
            f"({low} to {high}): check the printed figures"
        )
    width = math.log(high) - math.log(low) if log else high - low
    return width / (2 * quantile_of_level(level))
