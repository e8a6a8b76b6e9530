"""Does a hazard ratio change with time? The score test of Grambsch and Therneau."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, rankdata

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival.cox_model import check_covariates, informative_sets, maximise
from analysis_lib.survival.data import check_survival_data

#: Time scales on which a hazard ratio may drift.
TRANSFORMS = ("km", "identity", "rank", "log")

#: Variance of the score below which it is rounding only.
_NO_VARIANCE = 1e-10


@dataclass(frozen=True)
class ProportionalHazardsTerm:
    """Chi-square test of one term (``name``), or of all of them ("GLOBAL")."""

    name: str
    chisq: float
    df: int
    p: float


@dataclass(frozen=True)
class ProportionalHazardsTest:
    """One test per term, and one for all terms together, on one time scale."""

    transform: str
    terms: tuple[ProportionalHazardsTerm, ...]
    global_test: ProportionalHazardsTerm

    def __getitem__(self, name: str) -> ProportionalHazardsTerm:
        """The test of a term by its name."""
        for term in (*self.terms, self.global_test):
            if term.name == name:
                return term
        raise KeyError(name)


def proportional_hazards_test(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike | pd.DataFrame,
    *,
    strata: ArrayLike | None = None,
    transform: str = "km",
    terms: Mapping[str, Sequence[str]] | None = None,
) -> ProportionalHazardsTest:
    """Score test of coefficients ``beta + theta g(t)`` against ``theta = 0`` in a Cox model.

    The model with covariates ``x`` is extended by ``x g(t)``; score and
    information of the extended model at the fitted ``beta`` and ``theta = 0``
    give the test. Since version 3.0 R's ``cox.zph`` is this test; earlier ones
    assumed that all risk sets have the same covariance.

    Parameters
    ----------
    time, event, covariates, strata
        As for :func:`cox_model`.
    transform : {"km", "identity", "rank", "log"}
        ``g``: one less the Kaplan-Meier estimate of all patients just before
        t; months; the rank among all times (mean rank at ties); log months.
    terms : mapping of str to sequence of str, optional
        Columns tested together, such as the indicators of one category. Every
        covariate is in one term. Default: each covariate is a term.

    Returns
    -------
    ProportionalHazardsTest

    Raises
    ------
    InvalidInputError
        Invalid data, an unknown transform, a time of 0 on the log scale, terms
        that do not hold every covariate once.
    NotIdentifiedError
        As for :func:`cox_model`; an infinite coefficient; deaths at too few
        times to see a change.

    References
    ----------
    Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based
    on weighted residuals. Biometrika 1994;81:515-526, section 2.
    """
    times, events = check_survival_data(time, event)
    names, x = check_covariates(covariates, times.size)
    columns = _columns_of_terms(names, terms)
    scale = _time_scale(times, events, transform)
    sets, _ = informative_sets(times, events, names, x, strata)
    found = maximise(sets)
    if found.infinite.any():
        raise NotIdentifiedError(
            "proportional hazards cannot be tested: a coefficient is infinite (the groups are"
            " separated)"
        )
    of_group = np.empty(sets.row.max() + 1)
    of_group[sets.row] = scale[sets.patient][sets.died]
    of_group = _standardised(of_group, sets.row)
    fitted = found.likelihood
    score, plain = fitted.score(of_group), fitted.information()
    mixed, squared = fitted.information(of_group), fitted.information(of_group**2)
    # The variance of the score of theta once beta is fitted.
    variance = squared - mixed @ np.linalg.solve(plain, mixed)
    tests = [_test(name, score, variance, chosen) for name, chosen in columns.items()]
    everything = _test("GLOBAL", score, variance, range(len(names)))
    return ProportionalHazardsTest(transform, tuple(tests), everything)


def _columns_of_terms(
    names: tuple[str, ...], terms: Mapping[str, Sequence[str]] | None
) -> dict[str, list[int]]:
    if terms is None:
        return {name: [i] for i, name in enumerate(names)}
    listed = sorted(column for chosen in terms.values() for column in chosen)
    if listed != sorted(names):
        raise InvalidInputError(
            f"terms must hold each of {', '.join(names)} once, held {', '.join(listed)}"
        )
    return {term: [names.index(column) for column in chosen] for term, chosen in terms.items()}


def _time_scale(times: NDArray, events: NDArray, transform: str) -> NDArray:
    """``g`` at each patient's time."""
    if transform == "km":
        return _one_less_survival_before(times, events)
    if transform == "identity":
        return times
    if transform == "rank":
        return rankdata(times)
    if transform == "log":
        if np.any(times[events] == 0):
            raise InvalidInputError("a death at time 0 has no log: use another transform")
        return np.log(np.where(times > 0, times, 1.0))
    raise InvalidInputError(f"transform must be one of {', '.join(TRANSFORMS)}, was {transform!r}")


def _one_less_survival_before(times: NDArray, events: NDArray) -> NDArray:
    """One less the Kaplan-Meier estimate just before each time."""
    ordered, inverse = np.unique(times, return_inverse=True)
    at_risk = times.size - np.searchsorted(np.sort(times), ordered, "left")
    deaths = np.bincount(inverse, weights=events)
    survival = np.cumprod(1 - deaths / at_risk)
    return 1 - np.concatenate([[1.0], survival[:-1]])[inverse]


def _standardised(of_group: NDArray, row: NDArray) -> NDArray:
    """Mean 0 and standard deviation 1 over deaths: changes no test and keeps digits."""
    of_row = of_group[row]
    spread = float(of_row.std())
    if spread <= 1e-12 * max(1.0, float(np.abs(of_row).max())):
        raise NotIdentifiedError(
            "proportional hazards cannot be tested: all informative deaths are at one time"
        )
    return (of_group - of_row.mean()) / spread


def _test(
    name: str, score: NDArray, variance: NDArray, columns: Sequence[int]
) -> ProportionalHazardsTerm:
    chosen = np.ix_(list(columns), list(columns))
    part = score[list(columns)]
    unit = np.sqrt(np.clip(np.diag(variance[chosen]), 0, None))
    if (
        np.any(unit < 1e-8)
        or np.linalg.eigvalsh(variance[chosen] / np.outer(unit, unit))[0] < 1e-10
    ):
        raise NotIdentifiedError(
            f"proportional hazards cannot be tested for {name}: too few death times with"
            " different covariates at risk"
        )
    chisq = float(part @ np.linalg.solve(variance[chosen], part))
    return ProportionalHazardsTerm(name, chisq, len(part), float(chi2.sf(chisq, len(part))))
