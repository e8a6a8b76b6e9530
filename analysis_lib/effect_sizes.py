"""Effect sizes from whatever a paper prints."""

from __future__ import annotations

import math

from scipy.stats import norm

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.survival import Z_95


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
    Parmar MKB, Torri V, Stewart L. Stat Med 1998;17:2815-2834, section 4; Tierney JF et al.
    Trials 2007;8:16, method 7.
    """
    if not (math.isfinite(ratio) and ratio > 0 and ratio != 1):
        raise InvalidInputError(f"ratio must be above 0 and not 1, was {ratio}")
    if not 0 < p < 1:
        raise InvalidInputError(f"p must be between 0 and 1, was {p}")
    return abs(math.log(ratio)) / float(norm.isf(p / 2))


def interval_from_p(ratio: float, p: float) -> tuple[float, float]:
    """95 % interval of a ratio from its two-sided p-value (see the function above)."""
    half = Z_95 * log_ratio_standard_error_from_p(ratio, p)
    return math.exp(math.log(ratio) - half), math.exp(math.log(ratio) + half)
