"""Proportions: an exact interval for one study, a random-effects pool for several.

The pool is the binomial-normal model: events of study i are binomial with log odds
``mu + tau z``, z standard normal. It needs no correction for studies without events and no
transformation whose back-transform depends on an average sample size. Its estimate is the
proportion of the median study, ``expit(mu)``.

References
----------
Clopper CJ, Pearson ES. Biometrika 1934;26:404-413 (exact interval).
Stijnen T, Hamza TH, Oezdemir P. Stat Med 2010;29:3046-3067, section 3 (the model).
Liu Q, Pierce DA. Biometrika 1994;81:624-629 (adaptive Gauss-Hermite quadrature).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit, gammaln, logit, logsumexp
from scipy.stats import beta, t

from analysis_lib.exceptions import InvalidInputError

#: Nodes of the quadrature. metafor's 7 move tau by 1e-3 where studies are without events;
#: 41 agree with adaptive integration to 1e-6.
N_NODES = 41

#: Fewest studies of a pooled headline: two are printed side by side.
MIN_POOLED = 3

#: Fewest studies of a prediction interval.
MIN_PREDICTED = 4

#: Heterogeneity is looked for on this grid (standard deviation of the log odds). At 5 half of all
#: studies would lie below 3 % or above 97 %: a likelihood that still rises there has no maximum
#: worth the name, and the quadrature loses its accuracy.
_TAU_GRID = (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.3, 1.8, 2.5, 3.5, 5.0)

#: Of Newton's method; five suffice for all but the sparsest studies.
_MAX_STEPS = 100

_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(N_NODES)
_LOG_WEIGHTS = np.log(_WEIGHTS) + _NODES**2 + 0.5 * math.log(2)


@dataclass(frozen=True)
class PooledProportion:
    """A proportion over studies, or the reason why there is none.

    Attributes
    ----------
    proportion, low, high : float or None
        Proportion (0..1) of the median study and its interval; None without a pooled estimate.
    log_odds, standard_error : float or None
        The same on the scale of the model; None where the model was not fitted.
    tau2 : float or None
        Variance of the log odds between studies; None where the model was not fitted.
    prediction_low, prediction_high : float or None
        Where the proportion of a new study would lie; None below four studies.
    k, events, n : int
        Studies, and the sums of their events and of those at risk.
    level : float
        Confidence of both intervals.
    method : str
        How the estimate and its interval were made.
    note : str
        What limits the result; empty when nothing does.
    """

    proportion: float | None
    low: float | None
    high: float | None
    tau2: float | None
    k: int
    n: int
    events: int
    method: str
    note: str = ""
    log_odds: float | None = None
    standard_error: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    level: float = 0.95


def exact_interval(events: int, total: int, *, level: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper-Pearson) interval of a proportion.

    Parameters
    ----------
    events, total : int
        ``0 <= events <= total``, ``total >= 1``.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper limit; 0 when there is no event, 1 when every unit has it.

    Raises
    ------
    InvalidInputError
        Outside these ranges, or not whole numbers.
    """
    _check_level(level)
    counts, totals = _checked([events], [total])
    x, n = float(counts[0]), float(totals[0])
    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(beta.ppf(tail, x, n - x + 1))
    high = 1.0 if x == n else float(beta.isf(tail, x + 1, n - x))
    return low, high


def pool_proportions(
    events: ArrayLike, totals: ArrayLike, *, level: float = 0.95
) -> PooledProportion:
    """Random-effects proportion over studies by the binomial-normal model.

    Maximum likelihood; the likelihood is integrated by adaptive Gauss-Hermite quadrature. The
    interval is Wald's on the log odds with the t distribution on k - 1 degrees of freedom, the
    prediction interval the same with ``sqrt(tau2 + SE^2)`` (metafor: ``rma.glmm(measure = "PLO",
    test = "t")``). No I2: the error within a study depends on its proportion, so a share of the
    variance has no fixed meaning for counts.

    One study gives its exact interval. Two give no pooled estimate. No event in any study, or
    an event in every unit, gives the exact interval of the sum, which takes the studies for one.

    Parameters
    ----------
    events, totals : array_like of int, shape (k,)
        Events and units at risk of each study, k >= 1.
    level : float
        Confidence of both intervals.

    Raises
    ------
    InvalidInputError
        No study, different lengths, a total below 1, events below 0 or above their total, counts
        that are not whole, a level outside 0..1.
    """
    _check_level(level)
    x, n = _checked(events, totals)
    special = _without_model(x, n, level)
    if special is not None:
        return special
    fit = _fit(x, n)
    if fit is None:
        return _no_estimate(
            x, n, level, "the studies differ so much that no heterogeneity fits them best"
        )
    return _pooled(x, n, fit, level)


# --- cases that need no model -------------------------------------------------------


def _without_model(x: NDArray, n: NDArray, level: float) -> PooledProportion | None:
    k, sum_x, sum_n = len(x), x.sum(), n.sum()
    if k == 1:
        return _exact_sum(x, n, level, "exact interval of the one study", "one study")
    if k < MIN_POOLED:
        return _no_estimate(x, n, level, "two studies: each is shown, no pooled estimate")
    exact = "exact interval of the sum of all studies"
    if sum_x in (0, sum_n):
        which = "no study has an event" if sum_x == 0 else "every unit has the event"
        note = f"{which}: differences between studies cannot be seen and are not in the interval"
        return _exact_sum(x, n, level, exact, note)
    if np.all(n == 1):
        note = "one unit per study: differences between studies are not in the interval"
        return _exact_sum(x, n, level, exact, note)
    if np.all((x == 0) | (x == n)):
        return _no_estimate(x, n, level, "every study has the event in all of its units or in none")
    return None


def _exact_sum(x: NDArray, n: NDArray, level: float, method: str, note: str) -> PooledProportion:
    events, total = int(x.sum()), int(n.sum())
    low, high = exact_interval(events, total, level=level)
    return PooledProportion(
        events / total, low, high, None, len(x), total, events, method, note, level=level
    )


def _no_estimate(x: NDArray, n: NDArray, level: float, note: str) -> PooledProportion:
    return PooledProportion(
        None, None, None, None, len(x), int(n.sum()), int(x.sum()), "none", note, level=level
    )


# --- the binomial-normal model --------------------------------------------------------


@dataclass(frozen=True)
class _Moments:
    """Log likelihood of all studies with its first and second derivatives in (mu, tau)."""

    log_likelihood: float
    score: NDArray
    hessian: NDArray


@dataclass(frozen=True)
class _Fit:
    mu: float
    tau: float
    standard_error: float


def _pooled(x: NDArray, n: NDArray, fit: _Fit, level: float) -> PooledProportion:
    k = len(x)
    quantile = float(t.isf((1 - level) / 2, k - 1))
    half = quantile * fit.standard_error
    spread = quantile * math.hypot(fit.tau, fit.standard_error)
    predicted = k >= MIN_PREDICTED
    return PooledProportion(
        proportion=float(expit(fit.mu)),
        low=float(expit(fit.mu - half)),
        high=float(expit(fit.mu + half)),
        tau2=fit.tau**2,
        k=k,
        n=int(n.sum()),
        events=int(x.sum()),
        method=f"binomial-normal random effects, maximum likelihood; t interval, {k - 1} df",
        note="" if predicted else "three studies: no prediction interval, heterogeneity uncertain",
        log_odds=float(fit.mu),
        standard_error=fit.standard_error,
        prediction_low=float(expit(fit.mu - spread)) if predicted else None,
        prediction_high=float(expit(fit.mu + spread)) if predicted else None,
        level=level,
    )


def _fit(x: NDArray, n: NDArray) -> _Fit | None:
    """Maximum of the likelihood; None when it lies beyond the grid of tau.

    For a fixed tau the log likelihood is concave in mu (an integral of log-concave functions),
    so Newton's method finds the profile; its score in tau is then solved between the grid's
    best value and its neighbours.
    """
    profile = []
    mu = float(logit(x.sum() / n.sum()))
    for tau in _TAU_GRID:
        mu, moments = _best_mu(x, n, mu, tau)
        profile.append((moments.log_likelihood, mu))
    best = int(np.argmax([value for value, _ in profile]))
    if best == len(_TAU_GRID) - 1:
        return None
    tau = _solve_tau(x, n, best, profile[best][1])
    mu, moments = _best_mu(x, n, profile[best][1], tau)
    # At tau = 0 the likelihood is even in tau: the cross derivative is 0 and mu stands alone.
    size = 2 if tau > 0 else 1
    covariance = np.linalg.inv(-moments.hessian[:size, :size])
    return _Fit(mu, tau, math.sqrt(covariance[0, 0]))


def _solve_tau(x: NDArray, n: NDArray, best: int, mu: float) -> float:
    """Root of the profile score in tau next to the best grid value."""

    def score(tau: float) -> float:
        return float(_best_mu(x, n, mu, tau)[1].score[1])

    low, high = _TAU_GRID[max(best - 1, 0)], _TAU_GRID[best + 1]
    if low == 0:
        # The score vanishes at 0; its slope there says whether 0 is the maximum.
        at_zero = _best_mu(x, n, mu, 0.0)[1]
        if at_zero.hessian[1, 1] <= 0:
            if best == 0:
                return 0.0
            low = _TAU_GRID[1] / 2
        else:
            low = 1e-4 if score(1e-4) > 0 else 0.0
    if low == 0.0:
        return 0.0
    return float(brentq(score, low, high, xtol=1e-10, rtol=1e-10))


def _best_mu(x: NDArray, n: NDArray, mu: float, tau: float) -> tuple[float, _Moments]:
    """Maximum over mu at a fixed tau: Newton, halved while it does not climb."""
    moments = _moments(x, n, mu, tau)
    for _ in range(_MAX_STEPS):
        # Two log likelihoods nearer than this are equal but for rounding and quadrature. The
        # step that gains no more has, converging quadratically, squared what error was left.
        tolerance = 1e-10 * (1 + abs(moments.log_likelihood))
        before = moments.log_likelihood
        step = -moments.score[0] / moments.hessian[0, 0]
        new = _moments(x, n, mu + step, tau)
        while new.log_likelihood < before - tolerance and abs(step) > tolerance:
            step /= 2
            new = _moments(x, n, mu + step, tau)
        mu, moments = mu + step, new
        if new.log_likelihood - before <= tolerance:
            break
    return mu, moments


def _moments(x: NDArray, n: NDArray, mu: float, tau: float) -> _Moments:
    """Log likelihood and derivatives, from the moments of z given each study's counts.

    With ``r = x - n p`` and ``v = n p (1 - p)`` at ``mu + tau z``: the score is ``E(r, r z)``, the
    Hessian ``Cov(r, r z) - E(v (1, z)(1, z)')`` (Louis, J R Stat Soc B 1982;44:226-233).
    """
    centre, scale = _modes(x, n, mu, tau)
    z = centre[:, None] + math.sqrt(2) * scale[:, None] * _NODES
    p = expit(mu + tau * z)
    log_terms = (
        _LOG_WEIGHTS + np.log(scale)[:, None] + _log_joint(x[:, None], n[:, None], mu, tau, z)
    )
    per_study = logsumexp(log_terms, axis=1)
    weight = np.exp(log_terms - per_study[:, None])
    residual, variance = x[:, None] - n[:, None] * p, n[:, None] * p * (1 - p)
    gradient = np.stack([residual, residual * z])
    design = np.stack([np.ones_like(z), z])
    mean = np.einsum("aij,ij->ai", gradient, weight)
    hessian = (
        np.einsum("aij,bij,ij->ab", gradient, gradient, weight)
        - mean @ mean.T
        - np.einsum("aij,bij,ij->ab", design, design, weight * variance)
    )
    return _Moments(float(per_study.sum()), mean.sum(axis=1), hessian)


def _log_joint(x: NDArray, n: NDArray, mu: float, tau: float, z: NDArray) -> NDArray:
    """Log of binomial probability times normal density at z."""
    log_odds = mu + tau * z
    choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    binomial = choose + x * log_odds - n * np.logaddexp(0, log_odds)
    return binomial - 0.5 * z**2 - 0.5 * math.log(2 * math.pi)


def _modes(x: NDArray, n: NDArray, mu: float, tau: float) -> tuple[NDArray, NDArray]:
    """Mode and curvature-based width of z given each study's counts.

    The derivative ``tau (x - n p) - z`` falls in z and has its root between ``tau (x - n)`` and
    ``tau x``: Newton's method, with a halved bracket where it would leave it.
    """
    low, high = tau * (x - n), tau * x
    z = np.zeros_like(x)
    for _ in range(_MAX_STEPS):
        p = expit(mu + tau * z)
        slope = tau * (x - n * p) - z
        low, high = np.where(slope > 0, z, low), np.where(slope > 0, high, z)
        new = z + slope / (1 + tau**2 * n * p * (1 - p))
        new = np.where((new < low) | (new > high), (low + high) / 2, new)
        moved = np.max(np.abs(new - z))
        z = new
        if moved < 1e-9:
            break
    p = expit(mu + tau * z)
    return z, 1 / np.sqrt(1 + tau**2 * n * p * (1 - p))


# --- checks -----------------------------------------------------------------------------


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InvalidInputError(f"level must be between 0 and 1, was {level}")


def _checked(events: ArrayLike, totals: ArrayLike) -> tuple[NDArray, NDArray]:
    x, n = np.asarray(events, dtype=float), np.asarray(totals, dtype=float)
    if x.ndim != 1 or x.shape != n.shape or x.size == 0:
        raise InvalidInputError("events and totals must be equally long lists, not empty")
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(n))):
        raise InvalidInputError("events and totals must be known: leave out a study without them")
    if np.any(x != np.floor(x)) or np.any(n != np.floor(n)):
        raise InvalidInputError("events and totals must be whole numbers, not rates")
    if np.any(n < 1) or np.any(x < 0) or np.any(x > n):
        bad = int(np.argmax((n < 1) | (x < 0) | (x > n)))
        rule = "events must be 0 to total and total at least 1"
        raise InvalidInputError(f"{rule}, was {x[bad]:g} of {n[bad]:g} (entry {bad})")
    return x, n
