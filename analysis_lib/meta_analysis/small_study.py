"""Do small studies show larger effects? Regression tests, for ten studies or more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.meta_analysis.heterogeneity import check_estimates

#: Below ten studies the test cannot tell chance from asymmetry (Sterne JAC et al. BMJ
#: 2011;343:d4002).
FEWEST_FOR_SMALL_STUDY_TEST = 10


@dataclass(frozen=True)
class SmallStudyTest:
    """A regression of the estimates on a measure of study size.

    ``slope`` and its ``standard_error`` concern that measure (``predictor``); ``p`` is
    two-sided, from ``t`` with ``degrees_of_freedom`` k - 2; ``limit`` is the estimate
    that the line reaches for an infinitely large study.
    """

    slope: float
    standard_error: float
    t: float
    degrees_of_freedom: int
    p: float
    limit: float
    k: int
    predictor: str


def egger_test(estimates: ArrayLike, standard_errors: ArrayLike) -> SmallStudyTest:
    """Regression of the estimates on their standard errors, weights ``1 / SE^2``.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (k,)
        k at least 10.

    Raises
    ------
    InvalidInputError
        Fewer than ten studies, or invalid estimates.
    NotIdentifiedError
        All standard errors are equal, or the estimates lie exactly on a line.

    References
    ----------
    Egger M et al. BMJ 1997;315:629-634; as a weighted regression, Sterne JAC, Egger M. In:
    Rothstein HR et al. (eds) Publication Bias in Meta-Analysis, Wiley 2005, chapter 6.
    """
    y, s = check_estimates(estimates, standard_errors)
    return _weighted_regression(y, s, 1 / s**2, "standard error")


def peters_test(events: ArrayLike, patients: ArrayLike) -> SmallStudyTest:
    """Regression of the logit of single-arm proportions on the inverse of their size.

    The standard error of a proportion depends on the proportion itself, which makes Egger's
    test find asymmetry where there is none; the inverse of the number of patients does not.
    Weights are ``events (n - events) / n``; 0.5 is added to both counts of studies in which
    no patient or every patient had the event.

    Parameters
    ----------
    events, patients : array_like, shape (k,)
        k at least 10; ``0 <= events <= patients``.

    Raises
    ------
    InvalidInputError
        Fewer than ten studies, or counts that break their rule.
    NotIdentifiedError
        All studies are of one size, or the logits lie exactly on a line.

    References
    ----------
    Peters JL et al. JAMA 2006;295:676-680, for one arm as in metafor's ``regtest`` with
    ``predictor = "ninv"``.
    """
    x, n = np.asarray(events, dtype=float), np.asarray(patients, dtype=float)
    if x.ndim != 1 or x.shape != n.shape:
        raise InvalidInputError("events and patients must be one-dimensional and equally long")
    if not np.all((x >= 0) & (x <= n) & (n > 0) & np.isfinite(n)):
        raise InvalidInputError("events must lie between 0 and patients, patients above 0")
    added = np.where((x == 0) | (x == n), 0.5, 0.0)
    with_event, without = x + added, n - x + added
    weights = 1 / (1 / with_event + 1 / without)
    return _weighted_regression(
        np.log(with_event / without), 1 / n, weights, "inverse of the number of patients"
    )


def _weighted_regression(
    y: NDArray, x: NDArray, weights: NDArray, predictor: str
) -> SmallStudyTest:
    """Weighted least squares of y on x with a free residual variance."""
    k = y.size
    if k < FEWEST_FOR_SMALL_STUDY_TEST:
        raise InvalidInputError(
            f"a small-study test needs at least {FEWEST_FOR_SMALL_STUDY_TEST} studies, "
            f"there are {k}: do not test"
        )
    x_mean, y_mean = weights @ x / weights.sum(), weights @ y / weights.sum()
    x_spread = float(weights @ (x - x_mean) ** 2)
    if x_spread <= 1e-14 * float(weights @ x**2):
        raise NotIdentifiedError(f"the {predictor} is the same in all studies: nothing to regress")
    slope = float(weights @ ((x - x_mean) * (y - y_mean))) / x_spread
    residual = y - y_mean - slope * (x - x_mean)
    variance = float(weights @ residual**2) / (k - 2)
    if variance <= 1e-24 * float(weights @ y**2):
        raise NotIdentifiedError(
            "the estimates lie exactly on a line: there is no error to test by"
        )
    error = math.sqrt(variance / x_spread)
    return SmallStudyTest(
        slope=slope,
        standard_error=error,
        t=slope / error,
        degrees_of_freedom=k - 2,
        p=float(2 * stdtr(k - 2, -abs(slope / error))),
        limit=float(y_mean - slope * x_mean),
        k=k,
        predictor=predictor,
    )
