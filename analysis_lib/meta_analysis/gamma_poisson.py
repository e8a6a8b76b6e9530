"""The gamma-Poisson likelihood: rates of clusters that share a log-linear model.

Cell c of cluster i has exposure T and events D, Poisson given the cluster's
effect u_i with mean ``u_i T exp(x'b)``; u_i is gamma with mean 1 and variance
theta. With M_i the sum of a cluster's ``T exp(x'b)`` and D_i its events, u_i
integrates out:

    l(b, theta) = sum_c D x'b
                + sum_i [ sum_{k < D_i} log(1 + k theta)
                          - (D_i + 1/theta) log(1 + theta M_i) ]

which is the likelihood of a piecewise exponential survival model with a
shared gamma effect, and at theta = 0 the Poisson likelihood. Terms that hold
no parameter are left out (the events' logarithm of T, the factorials), so that
the value does not depend on how patients are gathered into cells.

l is concave in b at every theta: Newton's method finds b. Theta is the root of
its score, of the profile likelihood or of the likelihood adjusted for the
coefficients estimated with it (Cox and Reid 1987), as REML does for variances:

    l(b(theta), theta) - log(det I(theta)) / 2,   I the information on b.

References
----------
Clayton DG. Biometrika 1978;65:141-151. Lawless JF. Can J Stat 1987;15:209-225.
Cox DR, Reid N. J R Stat Soc B 1987;49:1-39, equation 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.survival.frailty_variance import maximise_over_theta, theta_from_spread

#: Beyond this a log rate ratio has run away: the likelihood is flat in double precision.
_LARGEST_COEFFICIENT = 25.0

#: Newton's method squares the error: after a step this short it is far below any use.
_LAST_STEP = 1e-6

#: Steps to a maximum are below ten; a likelihood that rises without end takes many.
_LARGEST_NUMBER_OF_STEPS = 200


@dataclass(frozen=True)
class EventCells:
    """Events and exposure, each cell within one cluster.

    Attributes
    ----------
    design : ndarray, shape (cells, p)
        Covariates of the log rate; full column rank.
    events, exposure : ndarray, shape (cells,)
        Counts, and person-time >= 0.
    membership : ndarray, shape (clusters, cells)
        1 where a cell belongs to a cluster, else 0.
    """

    design: NDArray
    events: NDArray
    exposure: NDArray
    membership: NDArray

    @cached_property
    def cluster_events(self) -> NDArray:
        """Events of each cluster."""
        return self.membership @ self.events

    @cached_property
    def clusters_beyond(self) -> NDArray:
        """How many clusters have more than k events, k = 0, 1, ..."""
        counts = np.arange(int(self.cluster_events.max(initial=0)))
        return (self.cluster_events[:, None] > counts).sum(axis=0)

    @cached_property
    def events_by_column(self) -> NDArray:
        """The design's columns summed over events."""
        return self.design.T @ self.events


@dataclass(frozen=True)
class Maximum:
    """The likelihood at one theta, at or on the way to its maximum over the coefficients.

    ``mean`` is expected events by cell, ``cluster_mean`` by cluster, ``weight``
    the clusters' effects expected from their events, ``gradient`` that of
    ``cluster_mean`` by the coefficients, ``information`` theirs.
    """

    theta: float
    coefficients: NDArray
    log_likelihood: float
    mean: NDArray
    cluster_mean: NDArray
    weight: NDArray
    gradient: NDArray
    score: NDArray
    information: NDArray


def log_likelihood(cells: EventCells, coefficients: NDArray, theta: float) -> float:
    """The log-likelihood of the module's docstring."""
    linear = cells.design @ coefficients
    return _log_likelihood(cells, linear, cells.membership @ _mean(cells, linear), theta)


def maximise(cells: EventCells, theta: float, start: NDArray) -> Maximum:
    """Maximum over the coefficients at a given theta, by Newton's method from ``start``.

    Raises
    ------
    NotIdentifiedError
        The likelihood rises without end: groups or intervals are separated.
    """
    at = _evaluate(cells, start, theta)
    for _ in range(_LARGEST_NUMBER_OF_STEPS):
        try:
            step = np.linalg.solve(at.information, at.score)
        except np.linalg.LinAlgError:
            break
        if np.abs(step).max() < _LAST_STEP:
            return _evaluate(cells, at.coefficients + step, theta)
        at = _move(cells, at, step)
    raise NotIdentifiedError("the rate model has no maximum: use fewer intervals or groups")


def theta_score(cells: EventCells, at: Maximum, *, adjusted: bool) -> float:
    """Derivative by theta of the profile likelihood, or of the adjusted one, at ``maximise``."""
    theta, mean = at.theta, at.cluster_mean
    k = np.arange(cells.clusters_beyond.size)
    score = float((k / (1 + k * theta)) @ cells.clusters_beyond)
    score += float(np.sum(mean**2 * _curvature_of_log1p(theta * mean)))
    score -= float(np.sum(cells.cluster_events * mean / (1 + theta * mean)))
    if not adjusted:
        return score
    change = _information_change(cells, at)
    return score - float(np.trace(np.linalg.solve(at.information, change))) / 2


def adjusted_log_likelihood(at: Maximum) -> float:
    """Cox and Reid's adjusted profile log-likelihood of theta at ``maximise``."""
    return at.log_likelihood - float(np.linalg.slogdet(at.information)[1]) / 2


def estimate_theta(
    cells: EventCells, start: NDArray, *, adjusted: bool, guess: float = 0.0
) -> Maximum:
    """The maximum over coefficients and theta >= 0.

    Parameters
    ----------
    cells : EventCells
    start : ndarray, shape (p,)
        Coefficients to begin from.
    adjusted : bool
        Take theta from the adjusted profile likelihood instead of the plain one.
    guess : float, optional
        Theta to begin from; else the events' spread says.
    """
    poisson = maximise(cells, 0.0, start)
    excess = cells.cluster_events - poisson.cluster_mean
    return maximise_over_theta(
        poisson,
        refit=lambda theta, near: maximise(cells, theta, _moved_coefficients(cells, near, theta)),
        score=lambda at: theta_score(cells, at, adjusted=adjusted),
        height=adjusted_log_likelihood if adjusted else lambda at: at.log_likelihood,
        guess=guess or theta_from_spread(excess, cells.cluster_events),
    )


def profile_interval(cells: EventCells, top: Maximum, cutoff: float) -> tuple[float, float]:
    """Values of the last coefficient whose profile deviance is at most ``cutoff``.

    The profile is over the other coefficients and theta, of the plain likelihood.

    Parameters
    ----------
    cells : EventCells
    top : Maximum
        Of :func:`estimate_theta` with ``adjusted=False``.
    cutoff : float
        Above 0; 3.84 for an interval by the chi-square distribution.

    Raises
    ------
    NotIdentifiedError
        The deviance stays below the cutoff on a side: the interval has no end there.
    """
    return _profile_limit(cells, top, cutoff, -1.0), _profile_limit(cells, top, cutoff, 1.0)


def _profile_limit(cells: EventCells, top: Maximum, cutoff: float, side: float) -> float:
    """One limit, by Newton's method on the root of the deviance, nearly a line."""
    root = float(np.sqrt(cutoff))
    value = top.coefficients[-1] + side * root * last_standard_error(top)
    nearby = top
    for _ in range(_LARGEST_NUMBER_OF_STEPS):
        nearby, height, slope = _profile_at(cells, nearby, value)
        distance = float(np.sqrt(max(2 * (top.log_likelihood - height), 1e-12)))
        step = distance * (distance - root) / slope
        if abs(step) < _LAST_STEP:
            return float(value + step)
        value += float(np.clip(step, -1.0, 1.0))
        if abs(value) > _LARGEST_COEFFICIENT:
            break
    raise NotIdentifiedError("the profile likelihood leaves the interval open: use interval='t'")


def _profile_at(cells: EventCells, nearby: Maximum, value: float) -> tuple[Maximum, float, float]:
    """Maximum with the last coefficient held, its log-likelihood and slope by that coefficient."""
    contrast = cells.design[:, -1]
    held = EventCells(
        design=cells.design[:, :-1],
        events=cells.events,
        exposure=cells.exposure * np.exp(value * contrast),
        membership=cells.membership,
    )
    start = nearby.coefficients[: held.design.shape[1]]
    at = estimate_theta(held, start, adjusted=False, guess=nearby.theta)
    observed = float(cells.events @ contrast)
    expected = float((at.weight @ cells.membership) @ (at.mean * contrast))
    return at, at.log_likelihood + value * observed, observed - expected


def last_standard_error(at: Maximum) -> float:
    """Standard error of the last coefficient, theta taken as known."""
    return float(np.sqrt(np.linalg.inv(at.information)[-1, -1]))


def _moved_coefficients(cells: EventCells, near: Maximum, theta: float) -> NDArray:
    """Coefficients at theta, to begin from: on a straight line, which is wild far away."""
    ahead = _coefficients_by_theta(cells, near) * (theta - near.theta)
    return near.coefficients + np.clip(ahead, -0.2, 0.2)


def _coefficients_by_theta(cells: EventCells, at: Maximum) -> NDArray:
    """Derivative by theta of the coefficients that maximise the likelihood."""
    return np.linalg.solve(at.information, -(_pull(cells, at) @ at.gradient))


def _pull(cells: EventCells, at: Maximum) -> NDArray:
    """Derivative of the clusters' weights by theta at fixed coefficients."""
    excess = cells.cluster_events - at.weight * at.cluster_mean
    return excess / (1 + at.theta * at.cluster_mean)


def _mean(cells: EventCells, linear: NDArray) -> NDArray:
    """Expected events of each cell for a cluster effect of 1."""
    return cells.exposure * np.exp(linear)


def _log_likelihood(
    cells: EventCells, linear: NDArray, cluster_mean: NDArray, theta: float
) -> float:
    value = float(cells.events @ linear)
    if theta == 0:
        return value - float(cluster_mean.sum())
    beyond = cells.clusters_beyond
    value += float(np.log1p(theta * np.arange(beyond.size)) @ beyond)
    tail = (cells.cluster_events + 1 / theta) * np.log1p(theta * cluster_mean)
    return value - float(tail.sum())


def _evaluate(cells: EventCells, coefficients: NDArray, theta: float) -> Maximum:
    """Likelihood, score and information at given coefficients."""
    linear = cells.design @ coefficients
    mean = _mean(cells, linear)
    cluster_mean = cells.membership @ mean
    shrink = 1 / (1 + theta * cluster_mean)
    weight = (1 + theta * cells.cluster_events) * shrink
    by_cell = mean[:, None] * cells.design
    gradient = cells.membership @ by_cell
    information = by_cell.T @ ((weight @ cells.membership)[:, None] * cells.design)
    information -= gradient.T @ ((theta * weight * shrink)[:, None] * gradient)
    return Maximum(
        theta=theta,
        coefficients=coefficients,
        log_likelihood=_log_likelihood(cells, linear, cluster_mean, theta),
        mean=mean,
        cluster_mean=cluster_mean,
        weight=weight,
        gradient=gradient,
        score=cells.events_by_column - weight @ gradient,
        information=information,
    )


def _move(cells: EventCells, at: Maximum, step: NDArray) -> Maximum:
    """One Newton step, halved until the likelihood does not fall."""
    step = step * min(1.0, 5.0 / float(np.max(np.abs(step))))
    for _ in range(40):
        after = _evaluate(cells, at.coefficients + step, at.theta)
        if after.log_likelihood >= at.log_likelihood - 1e-9:
            break
        step = step / 2
    if np.max(np.abs(after.coefficients)) > _LARGEST_COEFFICIENT:
        raise NotIdentifiedError(
            "the rate model has no maximum: a group has no event while the other is followed"
        )
    return after


def _information_change(cells: EventCells, at: Maximum) -> NDArray:
    """Total derivative of the information by theta, the coefficients moving with it."""
    theta = at.theta
    shrink = 1 / (1 + theta * at.cluster_mean)
    pull = _pull(cells, at)
    mean = at.mean * (cells.design @ _coefficients_by_theta(cells, at))
    cluster_mean = cells.membership @ mean
    weight = pull - at.weight * theta * cluster_mean * shrink
    spread = theta * at.weight * shrink
    growth = (at.cluster_mean + theta * cluster_mean) * shrink
    spread_change = (weight * theta + at.weight) * shrink - spread * growth
    gradient = cells.membership @ (mean[:, None] * cells.design)
    rate = (weight @ cells.membership) * at.mean + (at.weight @ cells.membership) * mean
    cross = gradient.T @ (spread[:, None] * at.gradient)
    curved = at.gradient.T @ (spread_change[:, None] * at.gradient)
    return cells.design.T @ (rate[:, None] * cells.design) - cross - cross.T - curved


def _curvature_of_log1p(x: NDArray) -> NDArray:
    """``log(1 + x) / x^2 - 1 / (x (1 + x))``, 1/2 at 0, without cancellation near it."""
    near = np.abs(x) < 1e-3
    safe = np.where(near, 1.0, x)
    exact = np.log1p(safe) / safe**2 - 1 / (safe * (1 + safe))
    series = 1 / 2 - x * (2 / 3 - x * (3 / 4 - x * (4 / 5 - x * 5 / 6)))
    return np.where(near, series, exact)
