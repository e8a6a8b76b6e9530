"""Cox's proportional hazards model with one two-valued covariate, stratified or not.

The model is our own: it is fitted thousands of times (imputations, scenarios,
benchmarks), and with one binary covariate the risk sets are counts, so that a
Newton step is a handful of array operations.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival.data import Z_95, check_survival_data

#: Longest Newton step: beyond it the quadratic approximation says nothing.
_LONGEST_STEP = 2.0


@dataclass(frozen=True)
class HazardRatio:
    """A hazard ratio of group 1 against group 0 on the log scale.

    ``monotone`` is True when the likelihood has no single maximum: no event
    occurred in one group while both were at risk (the estimate is infinite), or
    none occurred while both were at risk (nothing is known; the estimate is 0).
    The standard error is then infinite.
    """

    log_hazard_ratio: float
    standard_error: float
    n: int
    n_events: int
    monotone: bool = False

    @property
    def hazard_ratio(self) -> float:
        """The hazard ratio itself."""
        return float(np.exp(self.log_hazard_ratio))

    @property
    def interval(self) -> tuple[float, float]:
        """Wald 95 % interval of the hazard ratio; (0, inf) with a monotone likelihood."""
        if self.monotone:
            return 0.0, float("inf")
        half = Z_95 * self.standard_error
        return (
            float(np.exp(self.log_hazard_ratio - half)),
            float(np.exp(self.log_hazard_ratio + half)),
        )

    @property
    def limits(self) -> str:
        """What the estimate cannot say; empty when it is an ordinary maximum."""
        if not self.monotone:
            return ""
        if self.log_hazard_ratio == 0:
            return "no event while both groups were at risk: nothing is known of the hazard ratio"
        group = 0 if self.log_hazard_ratio > 0 else 1
        return f"no event in group {group} while both groups were at risk: the estimate is infinite"


@dataclass(frozen=True, kw_only=True)
class StratifiedHazardRatio(HazardRatio):
    """A hazard ratio from comparisons within strata only.

    Attributes
    ----------
    robust_standard_error : float or None
        Sandwich with strata as clusters (Lin and Wei 1989). None with fewer
        than two informative strata or a monotone likelihood. It is too small
        on average when informative strata are few.
    n_strata : int
        Strata given.
    informative_strata : tuple
        Labels, sorted, of those in which a patient died while both groups were at risk.
        The others leave the estimate as it is.
    """

    robust_standard_error: float | None
    n_strata: int
    informative_strata: tuple[Hashable, ...]

    @property
    def n_informative_strata(self) -> int:
        """How many strata the estimate rests on."""
        return len(self.informative_strata)


def cox_two_arm(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> HazardRatio:
    """Cox model with one 0/1 covariate, Efron's treatment of ties.

    Parameters
    ----------
    time, event, group : array_like, shape (n,)
        Months, 0/1, and the covariate 0/1. The hazard ratio is of 1 against 0.

    Returns
    -------
    HazardRatio
        Maximum partial likelihood estimate and its standard error from the
        observed information. A sample without a maximum is a result, not an
        error (:attr:`HazardRatio.limits`): among many draws of small arms some have none.

    Raises
    ------
    InvalidInputError
        Invalid data (:func:`check_survival_data`), or only one group.

    References
    ----------
    Efron B. The efficiency of Cox's likelihood function for censored data.
    J Am Stat Assoc 1977;72:557-565, equation for tied deaths.
    """
    times, events, in_one = _check_groups(time, event, group)
    deaths = _comparisons(times, events, in_one, np.zeros(times.size, dtype=int))
    beta, error, monotone = _estimate(deaths)
    return HazardRatio(beta, error, int(times.size), int(events.sum()), monotone)


def cox_stratified(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, strata: ArrayLike
) -> StratifiedHazardRatio:
    """Cox model with one 0/1 covariate and a baseline hazard of its own in each stratum.

    Parameters
    ----------
    time, event, group : array_like, shape (n,)
        Months, 0/1, and the covariate 0/1. The hazard ratio is of 1 against 0.
    strata : array_like, shape (n,)
        Labels, such as the study a patient was in.

    Returns
    -------
    StratifiedHazardRatio
        Efron ties; model standard error and the sandwich with strata as clusters.

    Raises
    ------
    InvalidInputError
        Invalid data, only one group, a stratum without label.
    NotIdentifiedError
        No death in any stratum had both groups at risk: group and stratum coincide.

    References
    ----------
    Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data.
    2nd ed. Wiley 2002, section 4.4 (stratification).
    Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model.
    J Am Stat Assoc 1989;84:1074-1078.
    """
    times, events, in_one = _check_groups(time, event, group)
    codes, labels = factorise(strata, times.size, "strata")
    deaths = _comparisons(times, events, in_one, codes)
    informative = np.unique(deaths.stratum)
    if informative.size == 0:
        raise NotIdentifiedError(
            f"the hazard ratio is not identified: in none of {len(labels)} strata was there a"
            " death with both groups at risk; compare without strata or give studies with both"
        )
    beta, error, monotone = _estimate(deaths)
    robust = None
    if informative.size > 1 and not monotone:
        robust = float(error**2 * np.sqrt(np.sum(_score(deaths, beta, len(labels)) ** 2)))
    return StratifiedHazardRatio(
        log_hazard_ratio=beta,
        standard_error=error,
        n=int(times.size),
        n_events=int(events.sum()),
        monotone=monotone,
        robust_standard_error=robust,
        n_strata=len(labels),
        informative_strata=tuple(labels[code] for code in informative),
    )


def factorise(labels: ArrayLike, n: int, what: str) -> tuple[NDArray, list]:
    """Codes 0, 1, ... of one label per patient, and the sorted labels.

    Raises
    ------
    InvalidInputError
        Not one label per patient, or a missing one; the message names ``what``.
    """
    values = np.asarray(labels)
    if values.shape != (n,):
        raise InvalidInputError(f"{what} must hold one label for each of {n} patients")
    codes, found = pd.factorize(values, sort=True)
    if np.any(codes < 0):
        raise InvalidInputError(f"{what} must not be missing, was for {np.sum(codes < 0)} patients")
    return codes, found.tolist()


def _check_groups(
    time: ArrayLike, event: ArrayLike, group: ArrayLike
) -> tuple[NDArray, NDArray, NDArray]:
    times, events = check_survival_data(time, event)
    in_one = np.asarray(group, dtype=float)
    if in_one.shape != times.shape or not np.all((in_one == 0) | (in_one == 1)):
        raise InvalidInputError("group must be 0 or 1 for every patient")
    in_one = in_one.astype(bool)
    if in_one.all() or not in_one.any():
        raise InvalidInputError("both groups must have patients")
    return times, events, in_one


@dataclass(frozen=True)
class _Comparisons:
    """Deaths with both groups at risk, one row each: only they carry information.

    ``at_risk_0``, ``at_risk_1``: Efron's weights; ``share_of_1``: the share of
    the deaths tied with this one that are group 1's, so that sums count them.
    """

    at_risk_0: NDArray
    at_risk_1: NDArray
    share_of_1: NDArray
    stratum: NDArray


def _comparisons(times: NDArray, events: NDArray, in_one: NDArray, strata: NDArray) -> _Comparisons:
    """Sort once by stratum and time; everything else is a difference of running counts."""
    order = np.lexsort((times, strata))
    time, stratum = times[order], strata[order]
    first = np.ones(time.size, dtype=bool)
    first[1:] = (time[1:] != time[:-1]) | (stratum[1:] != stratum[:-1])
    start = np.flatnonzero(first)
    died, one = events[order].astype(int), in_one[order].astype(int)
    deaths = np.add.reduceat(died, start)
    deaths_1 = np.add.reduceat(died * one, start)
    end = np.searchsorted(stratum, stratum[start], "right")
    ones_before = np.concatenate([[0], np.cumsum(one)])
    risk, risk_1 = end - start, ones_before[end] - ones_before[start]
    # Deaths with one group at risk have probability one whatever the hazard ratio.
    kept = np.flatnonzero((deaths > 0) & (risk_1 > 0) & (risk_1 < risk))
    row = np.repeat(kept, deaths[kept])
    # The l-th of d tied deaths sees the risk set less l/d of those who die with it.
    ahead = np.cumsum(deaths[kept]) - deaths[kept]
    fraction = (np.arange(row.size) - np.repeat(ahead, deaths[kept])) / deaths[row]
    return _Comparisons(
        at_risk_0=(risk - risk_1)[row] - fraction * (deaths - deaths_1)[row],
        at_risk_1=risk_1[row] - fraction * deaths_1[row],
        share_of_1=deaths_1[row] / deaths[row],
        stratum=stratum[start[row]],
    )


def _estimate(deaths: _Comparisons) -> tuple[float, float, bool]:
    """Log hazard ratio, standard error, and whether the likelihood has no maximum."""
    deaths_1 = round(float(deaths.share_of_1.sum()))
    if deaths.stratum.size == 0:
        return 0.0, np.inf, True
    if deaths_1 in (0, deaths.stratum.size):
        return (np.inf if deaths_1 else -np.inf), np.inf, True
    return *_solve_score(deaths, deaths_1), False


def _solve_score(deaths: _Comparisons, deaths_1: int) -> tuple[float, float]:
    """Root of the score, which falls throughout: Newton's method kept between known signs."""
    beta, low, high = 0.0, -np.inf, np.inf
    for _ in range(100):
        share = _share(deaths, beta)
        information = float(np.sum(share * (1 - share)))
        score = deaths_1 - float(share.sum())
        low, high = (beta, high) if score > 0 else (low, beta)
        step = float(np.clip(score / information, -_LONGEST_STEP, _LONGEST_STEP))
        if abs(step) < 1e-12:
            break
        beta = beta + step if low < beta + step < high else (low + high) / 2
    share = _share(deaths, beta)
    return beta, float(1 / np.sqrt(np.sum(share * (1 - share))))


def _share(deaths: _Comparisons, beta: float) -> NDArray:
    """Probability that a death is group 1's."""
    weight = np.exp(beta) * deaths.at_risk_1
    return weight / (deaths.at_risk_0 + weight)


def _score(deaths: _Comparisons, beta: float, n_strata: int) -> NDArray:
    """Each stratum's part of the score, which is also its sum of score residuals.

    The residuals' compensating parts add up to nothing within a stratum.
    """
    excess = deaths.share_of_1 - _share(deaths, beta)
    return np.bincount(deaths.stratum, weights=excess, minlength=n_strata)
