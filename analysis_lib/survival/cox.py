"""Cox's proportional hazards model with one two-valued covariate.

The model is our own: it is fitted thousands of times (imputations,
benchmarks), and with one binary covariate the risk sets are counts, so that a
Newton step is a handful of array operations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.survival.data import Z_95, check_survival_data

#: Beyond this the likelihood is flat in double precision: the groups are separated.
_LARGEST_LOG_HAZARD_RATIO = 20.0


@dataclass(frozen=True)
class HazardRatio:
    """A hazard ratio of group 1 against group 0 on the log scale.

    ``monotone`` is True when one group has no event while both are at risk:
    the likelihood has no maximum, and estimate and error are infinite.
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
        """Wald 95 % interval of the hazard ratio."""
        half = Z_95 * self.standard_error
        return (
            float(np.exp(self.log_hazard_ratio - half)),
            float(np.exp(self.log_hazard_ratio + half)),
        )


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
        observed information. With a monotone likelihood both are infinite.

    Raises
    ------
    InvalidInputError
        Invalid data (:func:`check_survival_data`), or only one group.

    References
    ----------
    Efron B. The efficiency of Cox's likelihood function for censored data.
    J Am Stat Assoc 1977;72:557-565, equation for tied deaths.
    """
    times, events = check_survival_data(time, event)
    in_one = np.asarray(group, dtype=float)
    if in_one.shape != times.shape or not np.all((in_one == 0) | (in_one == 1)):
        raise InvalidInputError("group must be 0 or 1 for every patient")
    in_one = in_one.astype(bool)
    if in_one.all() or not in_one.any():
        raise InvalidInputError("both groups must have patients")
    at_risk_0, at_risk_1, deaths_1 = _efron_risk_sets(times, events, in_one)
    n, n_events = int(times.size), int(events.sum())
    informative = (at_risk_0 > 0) & (at_risk_1 > 0)
    # Deaths with only one group at risk have probability one whatever the hazard ratio.
    deaths_in_1 = deaths_1 - int(np.sum((at_risk_0 <= 0) & (at_risk_1 > 0)))
    estimate = _solve_score(at_risk_0[informative], at_risk_1[informative], deaths_in_1)
    if estimate is None:
        sign = 1.0 if deaths_in_1 > 0 else -1.0
        return HazardRatio(sign * np.inf, np.inf, n, n_events, monotone=True)
    return HazardRatio(estimate[0], estimate[1], n, n_events)


def _efron_risk_sets(
    times: NDArray, events: NDArray, in_one: NDArray
) -> tuple[NDArray, NDArray, int]:
    """Efron's at-risk weights of groups 0 and 1 at each death, and group 1's deaths."""
    death_times, inverse = np.unique(times[events], return_inverse=True)
    deaths = np.bincount(inverse, minlength=death_times.size)
    deaths_1 = np.bincount(inverse, weights=in_one[events], minlength=death_times.size)
    sorted_0, sorted_1 = np.sort(times[~in_one]), np.sort(times[in_one])
    risk_0 = sorted_0.size - np.searchsorted(sorted_0, death_times, "left")
    risk_1 = sorted_1.size - np.searchsorted(sorted_1, death_times, "left")
    row = np.repeat(np.arange(death_times.size), deaths)
    # The l-th of d tied deaths sees the risk set less l/d of those who die with it.
    first = np.cumsum(deaths) - deaths
    fraction = (np.arange(row.size) - first[row]) / deaths[row]
    at_risk_0 = risk_0[row] - fraction * (deaths - deaths_1)[row]
    at_risk_1 = risk_1[row] - fraction * deaths_1[row]
    return at_risk_0, at_risk_1, int(deaths_1.sum())


def _solve_score(at_risk_0: NDArray, at_risk_1: NDArray, deaths_1: int) -> tuple | None:
    """Log hazard ratio and standard error by Newton's method; None when there is no maximum."""
    if deaths_1 <= 0 or deaths_1 >= at_risk_0.size:
        return None
    beta = 0.0
    for _ in range(100):
        weight = np.exp(beta) * at_risk_1
        share = weight / (at_risk_0 + weight)
        information = float(np.sum(share * (1 - share)))
        step = float(np.clip((deaths_1 - share.sum()) / information, -2.0, 2.0))
        beta += step
        if abs(beta) > _LARGEST_LOG_HAZARD_RATIO:
            return None
        if abs(step) < 1e-12:
            break
    weight = np.exp(beta) * at_risk_1
    share = weight / (at_risk_0 + weight)
    return beta, float(1 / np.sqrt(np.sum(share * (1 - share))))
