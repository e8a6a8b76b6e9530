"""The variance of cluster effects at which a likelihood is highest, 0 among its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from scipy.optimize import brentq

from analysis_lib.exceptions import NotIdentifiedError

#: Theta below the first is 0 in every respect; above the second nothing is estimated any more.
_SMALLEST_LOG_THETA, _LARGEST_LOG_THETA = -18.0, 9.0

#: Where the likelihood falls from theta = 0 on, it is still looked at here, so that a maximum
#: beyond is not overlooked.
_BEYOND_BOUNDARY = (0.1, 1.0)

#: Range of a first guess: from there a factor e at a time finds the root's neighbourhood soon.
_GUESSES = (0.005, 5.0)


class FitAtTheta(Protocol):
    """A fit of everything else at one theta."""

    @property
    def theta(self) -> float:
        """Variance of the clusters' effects."""


Fit = TypeVar("Fit", bound=FitAtTheta)


def maximise_over_theta(
    at_zero: Fit,
    refit: Callable[[float, Fit], Fit],
    score: Callable[[Fit], float],
    height: Callable[[Fit], float],
    guess: float,
) -> Fit:
    """The fit at the theta >= 0 that maximises ``height``.

    Parameters
    ----------
    at_zero : Fit
        The fit without cluster effects.
    refit : callable
        The fit at a theta above 0, from a fit at another theta.
    score : callable
        Derivative of ``height`` by theta, everything else moving with it.
    height : callable
        The (adjusted) profile log-likelihood of theta.
    guess : float
        Where to begin.

    Raises
    ------
    NotIdentifiedError
        The likelihood rises with theta without end.
    """
    if score(at_zero) > 0:
        return _root_above(at_zero, refit, score, guess)
    for theta in _BEYOND_BOUNDARY:
        at = refit(theta, at_zero)
        if score(at) > 0:
            return max(at_zero, _root_above(at, refit, score, 2 * theta), key=height)
    return at_zero


def theta_from_spread(excess: np.ndarray, events: np.ndarray) -> float:
    """Theta by moments: ``E(excess^2) = M + theta M^2`` for events less their mean M.

    Parameters
    ----------
    excess, events : ndarray, shape (clusters,)
        Events less those expected without cluster effects; events.
    """
    moment = float(np.sum(excess**2 - events) / np.sum((events - excess) ** 2))
    return float(np.clip(moment, *_GUESSES))


def _root_above(
    low: Fit, refit: Callable[[float, Fit], Fit], score: Callable[[Fit], float], guess: float
) -> Fit:
    """The fit where the score, positive at ``low``, falls to 0."""
    last = low

    def slope(log_theta: float) -> float:
        """Derivative by log(theta)."""
        nonlocal last
        last = refit(float(np.exp(log_theta)), last)
        return last.theta * score(last)

    below = above = float(np.log(guess))
    if slope(above) > 0:
        while slope(above := above + 1.0) > 0:
            below = above
            if above > _LARGEST_LOG_THETA:
                raise NotIdentifiedError("nearly all events are one cluster's: theta is unbounded")
    else:
        while slope(below := below - 1.0) <= 0:
            above = below
            if below < _SMALLEST_LOG_THETA:
                return low
    log_theta = brentq(slope, below, above, xtol=1e-8, rtol=1e-10)
    return refit(float(np.exp(log_theta)), last)
