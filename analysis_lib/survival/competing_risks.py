"""Competing risks: cumulative incidence and Gray's test of its equality between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival.data import Z_95

#: A sum of fractions this near 1 is 1.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class GrayTest:
    """Gray's test that one cause's cumulative incidence is the same in all groups.

    Attributes
    ----------
    statistic, p_value : float
        Chi-squared statistic with ``degrees_of_freedom`` (groups less one).
    groups : tuple
        The groups, sorted; ``scores`` and ``covariance`` concern all but the last.
    scores : ndarray, shape (groups - 1,)
        Weighted sum of observed less expected events of the cause; with ``rho`` 0
        an excess of events.
    """

    statistic: float
    p_value: float
    degrees_of_freedom: int
    groups: tuple
    scores: NDArray
    covariance: NDArray


def cumulative_incidence(time: ArrayLike, cause: ArrayLike) -> pd.DataFrame:
    """Aalen-Johansen cumulative incidence of each cause with log-log 95 % limits.

    Parameters
    ----------
    time : array_like, shape (n,)
        Months, finite and not negative; events precede censorings at ties.
    cause : array_like of int, shape (n,)
        0 for censored, 1, 2, ... for the cause of the event.

    Returns
    -------
    DataFrame
        One row per cause and distinct time, beginning at 0: ``cause``,
        ``time_months``, ``incidence``, ``standard_error``, ``low``, ``high``
        (0..1), ``number_at_risk`` (just before the time), ``events`` (of the
        cause). Where the incidence is 0 or 1 the limits are the estimate's own.

        The variance is the delta method's with multinomial events at each time
        (Greenwood's with one cause), which equals the infinitesimal jackknife of
        R's ``survfit``; ``cmprsk::cuminc`` gives Aalen's (1978), which is near it.

    Raises
    ------
    InvalidInputError
        Different lengths, no patient, an impossible time or cause, or no event.

    References
    ----------
    Gaynor JJ et al. J Am Stat Assoc 1993;88:400-409.
    """
    times, causes = _checked(time, cause)
    named = np.unique(causes[causes > 0])
    if named.size == 0:
        raise InvalidInputError("no event of any cause: there is no incidence to estimate")
    at = np.unique(np.append(0.0, times))
    at_risk = times.size - np.searchsorted(np.sort(times), at, "left")
    events = np.array([_count(times[causes == c], at) for c in named])
    total = events.sum(axis=0)
    free = np.cumprod(1 - total / at_risk)
    before = np.append(1.0, free[:-1])
    frames = [
        _incidence_of_cause(cause, at, at_risk, events[row], total, before)
        for row, cause in enumerate(named)
    ]
    return pd.concat(frames, ignore_index=True)


def _incidence_of_cause(
    cause: int, at: NDArray, at_risk: NDArray, events: NDArray, total: NDArray, before: NDArray
) -> pd.DataFrame:
    """Rows of one cause; ``before`` is the chance of no event just before each time."""
    incidence = np.minimum(np.cumsum(before * events / at_risk), 1.0)
    error = np.sqrt(_variance(incidence, at_risk, events, total, before))
    low, high = _log_log_limits(incidence, error)
    return pd.DataFrame(
        {
            "cause": int(cause),
            "time_months": at,
            "incidence": incidence,
            "standard_error": error,
            "low": low,
            "high": high,
            "number_at_risk": at_risk,
            "events": events,
        }
    )


def _variance(
    incidence: NDArray, at_risk: NDArray, events: NDArray, total: NDArray, before: NDArray
) -> NDArray:
    """Delta method: an event at s adds its own step and scales what comes after s.

    The variance at t is a sum over s <= t of a quadratic in F(t) - F(s). It is
    expanded in F(t), so that three cumulative sums give it at every t.
    """
    hazard, hazard_of_cause = total / at_risk, events / at_risk
    left = at_risk - total
    # After the last patients' event nothing follows: F(t) = F(s), the terms vanish.
    square = np.where(left > 0, total / (at_risk * np.maximum(left, 1)), 0.0)
    product = np.where(hazard < 1, before * hazard_of_cause / at_risk, 0.0)
    own = before**2 * hazard_of_cause * (1 - hazard_of_cause) / at_risk
    constant = np.cumsum(own + 2 * product * incidence + square * incidence**2)
    linear = np.cumsum(product + square * incidence)
    variance = constant - 2 * incidence * linear + incidence**2 * np.cumsum(square)
    return np.maximum(variance, 0.0)


def _log_log_limits(estimate: NDArray, error: NDArray) -> tuple[NDArray, NDArray]:
    inside = (estimate > 0) & (estimate < 1 - _ROUNDING)
    log_estimate = np.log(np.where(inside, estimate, 0.5))
    half = Z_95 * error / (np.where(inside, estimate, 0.5) * np.abs(log_estimate))
    low, high = (np.exp(log_estimate * np.exp(sign * half)) for sign in (1, -1))
    return np.where(inside, low, estimate), np.where(inside, high, estimate)


def grays_test(
    time: ArrayLike,
    cause: ArrayLike,
    group: ArrayLike,
    *,
    of_cause: int = 1,
    strata: ArrayLike | None = None,
    rho: float = 0.0,
) -> GrayTest:
    """Gray's k-sample test of one cause's cumulative incidence.

    Parameters
    ----------
    time, cause : array_like, shape (n,)
        As for :func:`cumulative_incidence`.
    group : array_like, shape (n,)
        Two groups or more.
    of_cause : int
        The cause whose incidence is compared.
    strata : array_like, shape (n,), optional
        Scores and variances are summed over strata.
    rho : float
        Weight (1 - F)^rho with F the incidence in all groups; 0 weighs all alike.

    Returns
    -------
    GrayTest

    Raises
    ------
    InvalidInputError
        Invalid data or fewer than two groups.
    NotIdentifiedError
        No event of the cause, or groups never at risk together at one.

    Notes
    -----
    With one cause the score is the log-rank test's observed less expected; the
    variance is Gray's own, so that the statistics are near each other, not equal.

    References
    ----------
    Gray RJ. Ann Stat 1988;16:1141-1154.
    """
    times, causes = _checked(time, cause)
    names, groups = np.unique(np.asarray(group), return_inverse=True)
    stratum = np.zeros(times.size) if strata is None else np.asarray(strata)
    if groups.shape != times.shape or stratum.shape != times.shape:
        raise InvalidInputError("group and strata must be as long as time")
    if names.size < 2:
        raise InvalidInputError("at least two groups are needed")
    if not np.any(causes == of_cause):
        raise NotIdentifiedError(f"no event of cause {of_cause}: there is nothing to compare")
    scores, covariance = np.zeros(names.size - 1), np.zeros((names.size - 1,) * 2)
    for value in np.unique(stratum):
        rows = stratum == value
        tables = _risk_tables(times[rows], causes[rows], groups[rows], names.size, of_cause)
        score, variance = _score(*tables, rho)
        scores, covariance = scores + score[:-1], covariance + variance[:-1, :-1]
    if np.linalg.matrix_rank(covariance, hermitian=True) < scores.size:
        raise NotIdentifiedError(
            f"the groups {', '.join(map(str, names))} are never all at risk at an event of "
            f"cause {of_cause}: leave out a group without events at shared times"
        )
    statistic = float(scores @ np.linalg.solve(covariance, scores))
    freedom = int(scores.size)
    p_value = float(chi2.sf(statistic, freedom))
    return GrayTest(statistic, p_value, freedom, tuple(names.tolist()), scores, covariance)


def _risk_tables(
    times: NDArray, causes: NDArray, groups: NDArray, n_groups: int, of_cause: int
) -> tuple[NDArray, NDArray, NDArray]:
    """At risk, events of the cause and other events at each event time; (times, groups)."""
    at = np.unique(times[causes > 0])
    shape = (at.size, n_groups)
    at_risk, own, other = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for g in range(n_groups):
        mine = groups == g
        at_risk[:, g] = mine.sum() - np.searchsorted(np.sort(times[mine]), at, "left")
        own[:, g] = _count(times[mine & (causes == of_cause)], at)
        other[:, g] = _count(times[mine & (causes > 0) & (causes != of_cause)], at)
    return at_risk, own, other


def _score(at_risk: NDArray, own: NDArray, other: NDArray, rho: float) -> tuple[NDArray, NDArray]:
    """Score of each group and the covariance of the scores, in one stratum.

    Arrays are (times, groups); ``incidence_before`` and ``free_before`` are the
    left limits of each group's incidence and of its chance of no event, and
    ``pooled`` is the incidence in all groups under the hypothesis.
    """
    safe = np.maximum(at_risk, 1)
    free = np.cumprod(1 - (own + other) / safe, axis=0)
    free_before = np.vstack([np.ones((1, at_risk.shape[1])), free])[:-1]
    incidence = np.minimum(np.cumsum(free_before * own / safe, axis=0), 1.0)
    incidence_before = np.vstack([np.zeros((1, at_risk.shape[1])), incidence])[:-1]
    # Numbers at risk as they would be had no other event taken anybody away.
    inflated = np.divide(at_risk, free_before, out=np.zeros_like(at_risk), where=at_risk > 0)
    all_own, all_inflated = own.sum(axis=1), inflated.sum(axis=1)
    pooled = np.cumsum(all_own / all_inflated)
    pooled_before = np.append(0.0, pooled)[:-1]
    weight = np.maximum(1 - pooled_before, 0.0) ** rho
    expected = inflated * (1 - incidence_before)
    expected *= (all_own / expected.sum(axis=1))[:, None]
    score = weight @ (own - expected)
    influence, drift = _influence(inflated, weight, all_own, 1 - pooled_before)
    event_free = (1 - pooled)[:, None]
    share = np.divide(event_free, free, out=np.zeros_like(free), where=free > 0)
    # An event of the cause moves the score at once and all that follows; another only the latter.
    scale_own = free_before * all_own[:, None] / (all_inflated[:, None] * safe)
    scale_own *= _without_replacement(all_own[:, None], all_inflated[:, None] * free_before)
    scale_own *= at_risk > 0
    scale_other = free_before**2 * other / safe**2 * (free > 0)
    scale_other *= _without_replacement(other, at_risk)
    moved = influence + (1 - share)[:, None, :] * drift
    covariance = _weighted_products(moved, scale_own)
    covariance += _weighted_products(share[:, None, :] * drift, scale_other)
    return score, covariance


def _influence(
    inflated: NDArray, weight: NDArray, all_own: NDArray, event_free_before: NDArray
) -> tuple[NDArray, NDArray]:
    """Effect on score i of an event in group k: at its time, and through what follows it.

    Both (times, i, k); Gray's ``a`` and the rest of its integral over time.
    """
    total = inflated.sum(axis=1)
    at_once = -np.einsum("tg,th->tgh", inflated, inflated) / total[:, None, None]
    diagonal = np.arange(inflated.shape[1])
    at_once[:, diagonal, diagonal] += inflated
    at_once *= weight[:, None, None]
    hazard = np.divide(
        all_own, total * event_free_before, out=np.zeros_like(total), where=all_own > 0
    )
    integral = np.cumsum(at_once * hazard[:, None, None], axis=0)
    return at_once, integral[-1] - integral


def _weighted_products(effects: NDArray, scale: NDArray) -> NDArray:
    """Sum over times and groups k of scale (t, k) times effect (t, i, k) effect (t, j, k)."""
    return np.einsum("tik,tjk,tk->ij", effects, effects, scale)


def _without_replacement(events: NDArray, at_risk: NDArray) -> NDArray:
    """1 - (d - 1) / (n - 1): the variance of d tied events among n; 1 without ties."""
    tied = events > 1
    return 1 - np.where(tied, events - 1, 0) / np.where(tied, at_risk - 1, 1)


def _count(times: NDArray, at: NDArray) -> NDArray:
    """Number of ``times`` equal to each of the sorted times ``at`` (all occur in it)."""
    return np.bincount(np.searchsorted(at, times), minlength=at.size)


def _checked(time: ArrayLike, cause: ArrayLike) -> tuple[NDArray, NDArray]:
    times, causes = np.asarray(time, dtype=float), np.asarray(cause, dtype=float)
    if times.ndim != 1 or times.shape != causes.shape:
        raise InvalidInputError("time and cause must be one-dimensional and equally long")
    if times.size == 0:
        raise InvalidInputError("at least one patient is needed")
    if not np.all(np.isfinite(times)) or np.any(times < 0):
        raise InvalidInputError("times must be finite and not negative")
    if not np.all(np.isfinite(causes)) or np.any(causes < 0) or np.any(causes % 1 != 0):
        raise InvalidInputError("causes must be 0 (censored) or the integers 1, 2, ...")
    return times, causes.astype(int)
