"""Heterogeneity between studies: Cochran's Q, tau2, its interval, and I2.

Why our own: no kept Python library gives all that a page prints. statsmodels has no REML
and no prediction interval, PyMARE has no prediction interval, and pimeta is new and by one
author. The estimators are one-dimensional root searches; all are held
against R's metafor (tests/reference).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import chdtri

from analysis_lib.exceptions import InvalidInputError

Tau2Method = Literal["REML", "DL", "PM", "common"]

#: Grid on which sign changes of the REML score are looked for. The restricted likelihood can
#: have two maxima, mostly one of them at 0; on 80 points neither hides between neighbours.
_REML_GRID = np.append(0.0, np.geomspace(1e-8, 1.0, 80))


def check_estimates(estimates: ArrayLike, standard_errors: ArrayLike) -> tuple[NDArray, NDArray]:
    """Estimates and standard errors as arrays of shape (k,), both finite, errors above 0.

    Raises
    ------
    InvalidInputError
        No study, different lengths, an estimate that is not finite (a study in which one
        arm had no event), a standard error that is not above 0. The study's position,
        counted from 0, stands in the message.
    """
    y, s = np.asarray(estimates, dtype=float), np.asarray(standard_errors, dtype=float)
    if y.ndim != 1 or y.shape != s.shape or y.size == 0:
        raise InvalidInputError(
            "estimates and standard_errors must be one-dimensional, equally long and not empty, "
            f"had shapes {y.shape} and {s.shape}"
        )
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        raise InvalidInputError(
            f"estimates must be finite, was {y[bad[0]]} for study {bad[0]}: leave the study out "
            "and say how many were left out"
        )
    bad = np.flatnonzero(~(np.isfinite(s) & (s > 0)))
    if bad.size:
        raise InvalidInputError(
            f"standard errors must be finite and above 0, was {s[bad[0]]} for study {bad[0]}"
        )
    return y, s


def cochran_q(y: NDArray, v: NDArray, tau2: float = 0.0) -> float:
    """Weighted sum of squares about the weighted mean, weights ``1 / (v + tau2)``.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Estimates and their variances.
    tau2 : float
        0 gives Cochran's Q; otherwise the generalised Q of the Q-profile method.

    References
    ----------
    Cochran WG. Biometrics 1954;10:101-129; Viechtbauer W. Stat Med 2007;26:37-52.
    """
    w = 1 / (v + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


def tau2_estimate(y: NDArray, v: NDArray, method: Tau2Method) -> float:
    """Variance between studies; 0 for the common-effect model and for a single study.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
        Estimates and their variances.
    method : {"REML", "DL", "PM", "common"}
        Restricted maximum likelihood, DerSimonian-Laird, Paule-Mandel, or none.

    Raises
    ------
    InvalidInputError
        Unknown method.
    """
    estimators = {"REML": _reml, "DL": _dersimonian_laird, "PM": _paule_mandel}
    if method == "common":
        return 0.0
    if method not in estimators:
        raise InvalidInputError(f"tau2_method must be one of REML, DL, PM, common, was {method!r}")
    return estimators[method](y, v) if np.ptp(y) > 0 else 0.0


def q_profile_interval(y: NDArray, v: NDArray, level: float = 0.95) -> tuple[float, float, bool]:
    """Interval of tau2 by the Q-profile method, and whether it was empty.

    The generalised Q is chi-squared with k - 1 degrees of freedom at the true tau2 and falls
    with tau2: the limits are where it crosses that distribution's quantiles. When even at
    tau2 = 0 it lies below the lower quantile, the studies agree more than chance would have
    them; the interval is then empty and (0, 0) is returned.

    Returns
    -------
    low, high : float
    empty : bool

    References
    ----------
    Viechtbauer W. Stat Med 2007;26:37-52 (Q-profile).
    """
    tail = (1 - level) / 2
    lower_quantile = float(chdtri(y.size - 1, 1 - tail))
    upper_quantile = float(chdtri(y.size - 1, tail))
    if cochran_q(y, v) < lower_quantile:
        return 0.0, 0.0, True
    low = _where_q_equals(y, v, upper_quantile)
    return low, _where_q_equals(y, v, lower_quantile), False


def typical_variance(v: NDArray) -> float:
    """The typical variance within studies of Higgins and Thompson.

    References
    ----------
    Higgins JPT, Thompson SG. Stat Med 2002;21:1539-1558, equation 9.
    """
    w = 1 / v
    return float((v.size - 1) * w.sum() / (w.sum() ** 2 - w @ w))


def _dersimonian_laird(y: NDArray, v: NDArray) -> float:
    """Moment estimator. DerSimonian R, Laird N. Control Clin Trials 1986;7:177-188."""
    w = 1 / v
    return max(0.0, (cochran_q(y, v) - (y.size - 1)) / float(w.sum() - w @ w / w.sum()))


def _paule_mandel(y: NDArray, v: NDArray) -> float:
    """Where the generalised Q equals its expectation. Paule RC, Mandel J. J Res Natl Bur Stand
    1982;87:377-385."""
    return _where_q_equals(y, v, y.size - 1)


def _where_q_equals(y: NDArray, v: NDArray, target: float) -> float:
    """The tau2 at which the falling generalised Q equals ``target``; 0 when it starts below."""
    if cochran_q(y, v) <= target:
        return 0.0
    # Q(tau2) is at most its sum of squares about the plain mean over tau2.
    highest = float(np.sum((y - y.mean()) ** 2)) / target
    return _root(lambda tau2: cochran_q(y, v, tau2) - target, 0.0, highest)


def _reml(y: NDArray, v: NDArray) -> float:
    """Restricted maximum likelihood, the global maximum.

    Every falling sign change of the score on a grid is a local maximum, and so is 0 when the
    score there is not positive. Viechtbauer W. J Educ Behav Stat 2005;30:261-293.
    """
    # Beyond the squared range no score is positive: squared residuals are below tau2 there.
    grid = _REML_GRID * 2 * float(np.ptp(y)) ** 2
    score = _reml_score(grid, y, v)
    falling = np.flatnonzero((score[:-1] > 0) & (score[1:] <= 0))
    maxima = [_root(lambda t: float(_reml_score(t, y, v)), grid[i], grid[i + 1]) for i in falling]
    if score[0] <= 0:
        maxima.append(0.0)
    return max(maxima, key=lambda tau2: _restricted_log_likelihood(tau2, y, v))


def _reml_score(tau2: NDArray | float, y: NDArray, v: NDArray) -> NDArray:
    """Twice the derivative of the restricted log likelihood, for each of ``tau2``."""
    w = 1 / (v + np.asarray(tau2)[..., None])
    total = w.sum(-1)
    residual = y - ((w @ y) / total)[..., None]
    return (w**2 * residual**2).sum(-1) - total + (w**2).sum(-1) / total


def _restricted_log_likelihood(tau2: float, y: NDArray, v: NDArray) -> float:
    """Without its constant."""
    total_log = float(np.log(v + tau2).sum() + np.log((1 / (v + tau2)).sum()))
    return -0.5 * (total_log + cochran_q(y, v, tau2))


def _root(function, low: float, high: float) -> float:
    """Root between two points of different sign, to the last digits on any scale."""
    if function(high) == 0:
        return float(high)
    return float(brentq(function, low, high, xtol=1e-14 * high, rtol=1e-14, maxiter=500))
