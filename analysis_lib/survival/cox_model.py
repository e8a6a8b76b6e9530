"""Cox's proportional hazards model with several covariates, strata and clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival.cox import factorise
from analysis_lib.survival.data import Z_95, check_survival_data
from analysis_lib.survival.partial_likelihood import (
    PartialLikelihood,
    RiskSets,
    partial_likelihood,
    risk_sets,
)
from analysis_lib.survival.separation import separation

#: Twice the gain in log likelihood that Newton's method still expects: an estimate is then
#: within a billionth of a standard error.
_CONVERGED = 1e-18

#: Longest step of any linear predictor: keeps the quadratic approximation in range. With
#: so many steps no exp() leaves the range of double precision.
_LONGEST_STEP, _MOST_STEPS = 5.0, 60

#: Spread of the linear predictor, as of a hazard ratio above 20 000, at which it is asked
#: whether there is a maximum at all.
_SUSPICIOUS_SPREAD = 10.0

#: Smallest eigenvalue of the information, scaled to a unit diagonal, of covariates that differ.
_COLLINEAR = 1e-10


@dataclass(frozen=True, eq=False)
class CoxModel:
    """Maximum partial likelihood estimates, covariates in the order given (p of them).

    Attributes
    ----------
    names : tuple of str
    coefficients : ndarray, shape (p,)
        Log hazard ratios per unit; infinite where ``monotone``.
    standard_errors : ndarray, shape (p,)
        From the observed information; infinite where ``monotone``.
    robust_standard_errors : ndarray, shape (p,), or None
        Sandwich over clusters; None without clusters or with fewer than two of
        them at risk at a death.
    covariance, robust_covariance : ndarray, shape (p, p), or None
        None as well when a coefficient is infinite.
    log_likelihood_null, log_likelihood : float
        At zero and at the estimates; the supremum where there is no maximum.
    n, n_events : int
    n_clusters : int or None
        Clusters with a patient at risk at a death.
    monotone : tuple of bool
        Per coefficient: does the likelihood rise without end along it?
    """

    names: tuple[str, ...]
    coefficients: NDArray
    standard_errors: NDArray
    robust_standard_errors: NDArray | None
    covariance: NDArray | None
    robust_covariance: NDArray | None
    log_likelihood_null: float
    log_likelihood: float
    n: int
    n_events: int
    n_clusters: int | None
    monotone: tuple[bool, ...]

    @property
    def hazard_ratios(self) -> NDArray:
        """Hazard ratios per unit, shape (p,)."""
        return np.exp(self.coefficients)

    @property
    def intervals(self) -> NDArray:
        """Wald 95 % intervals of the hazard ratios, robust if there are clusters, shape (p, 2).

        (0, inf) where a coefficient is infinite.
        """
        errors = self.standard_errors
        if self.robust_standard_errors is not None:
            errors = self.robust_standard_errors
        centre = np.where(self.monotone, 0.0, self.coefficients)
        return np.exp(centre[:, None] + Z_95 * errors[:, None] * np.array([-1, 1]))

    @property
    def limits(self) -> str:
        """What the model cannot say; empty when there is nothing to add."""
        infinite = [name for name, flag in zip(self.names, self.monotone, strict=True) if flag]
        said = []
        if infinite:
            said.append(f"infinite, the groups are separated: {', '.join(infinite)}")
        if self.n_clusters is not None and self.robust_standard_errors is None:
            said.append("one cluster only: no robust standard error")
        return "; ".join(said)


def cox_model(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike | pd.DataFrame,
    *,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> CoxModel:
    """Cox model with Efron's treatment of ties.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Months and 0/1.
    covariates : array_like, shape (n,) or (n, p), or DataFrame
        Numbers; names are the frame's columns, else ``x1``, ``x2``, ...
    strata : array_like, shape (n,), optional
        Labels; each stratum has a baseline hazard of its own.
    cluster : array_like, shape (n,), optional
        Labels of patients who may resemble each other. Asks for the sandwich
        over clusters: sums of the score residuals of each cluster times the
        inverse information.

    Returns
    -------
    CoxModel

    Raises
    ------
    InvalidInputError
        Invalid data, a covariate that is not a finite number, a missing label.
    NotIdentifiedError
        No events; a covariate that does not differ among those at risk in any
        stratum, or that others determine there.

    References
    ----------
    Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220.
    Efron B. J Am Stat Assoc 1977;72:557-565 (ties).
    Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074-1078 (robust covariance).
    """
    times, events = check_survival_data(time, event)
    names, x = check_covariates(covariates, times.size)
    codes = None if cluster is None else factorise(cluster, times.size, "cluster")[0]
    sets, scale = informative_sets(times, events, names, x, strata)
    null = partial_likelihood(sets, np.zeros(len(names)))
    _refuse_collinear(null.information(), names)
    found = maximise(sets)
    robust, n_clusters = None, None
    if codes is not None:
        robust = _sandwich(found, codes)
        n_clusters = int(np.unique(codes[sets.patient]).size)
    return CoxModel(
        names=names,
        coefficients=found.coefficients / scale,
        standard_errors=_standard_errors(found.covariance, scale, found),
        robust_standard_errors=_standard_errors(robust, scale, found),
        covariance=_unscaled(found.covariance, scale, found),
        robust_covariance=_unscaled(robust, scale, found),
        log_likelihood_null=null.log_likelihood,
        log_likelihood=found.likelihood.log_likelihood,
        n=int(times.size),
        n_events=int(events.sum()),
        n_clusters=n_clusters,
        monotone=tuple(found.infinite.tolist()),
    )


def check_covariates(
    covariates: ArrayLike | pd.DataFrame, n: int
) -> tuple[tuple[str, ...], NDArray]:
    """Names and an array of shape (n, p) of finite numbers.

    Raises
    ------
    InvalidInputError
        Another shape, no covariate, a name used twice, a value that is no finite number.
    """
    try:
        x = np.asarray(covariates, dtype=float)
    except (TypeError, ValueError) as error:
        raise InvalidInputError("covariates must be numbers: code categories as 0/1") from error
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != n or x.shape[1] == 0:
        raise InvalidInputError(
            f"covariates must have {n} rows, one per patient, and a column; shape was {x.shape}"
        )
    names = tuple(f"x{i + 1}" for i in range(x.shape[1]))
    if isinstance(covariates, pd.DataFrame):
        names = tuple(str(name) for name in covariates.columns)
    if len(set(names)) < len(names):
        raise InvalidInputError(f"covariates must have names of their own, were {names}")
    if bad := [
        name for name, column in zip(names, x.T, strict=True) if not np.isfinite(column).all()
    ]:
        raise InvalidInputError(f"covariates must be finite and not missing, not so: {bad}")
    return names, x


def informative_sets(
    times: NDArray,
    events: NDArray,
    names: Sequence[str],
    x: NDArray,
    strata: ArrayLike | None,
) -> tuple[RiskSets, NDArray]:
    """Risk sets with covariates divided by their range, and the ranges, shape (p,).

    Raises
    ------
    InvalidInputError
        A stratum without label.
    NotIdentifiedError
        No events, or a covariate that is constant in every stratum's risk sets.
    """
    codes = np.zeros(times.size, dtype=int)
    if strata is not None:
        codes, _ = factorise(strata, times.size, "strata")
    if not events.any():
        raise NotIdentifiedError("hazard ratios are not identified: there are no events")
    sets = risk_sets(times, events, x, codes)
    # A stratum's first risk set holds all its others.
    first = [start for start, _ in sets.patients_of_strata]
    raw = x[sets.patient]
    differs = np.maximum.reduceat(raw, first) > np.minimum.reduceat(raw, first)
    if constant := [n for n, known in zip(names, differs.any(axis=0), strict=True) if not known]:
        where = "" if strata is None else " within each stratum"
        raise NotIdentifiedError(
            f"not identified: {', '.join(constant)} (constant{where} among the patients at risk"
            " at a death); leave out the covariate or the strata"
        )
    scale = np.ptp(sets.covariates, axis=0)
    return replace(sets, covariates=sets.covariates / scale), scale


def _refuse_collinear(information: NDArray, names: Sequence[str]) -> None:
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < _COLLINEAR:
        involved = [n for n, v in zip(names, vectors[:, 0], strict=True) if abs(v) > 1e-3]
        raise NotIdentifiedError(
            f"not identified: {', '.join(involved)} (each determined by the others among the"
            " patients at risk at a death); leave one out"
        )


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where a partial likelihood is largest, or what it tends to (p coefficients).

    Attributes
    ----------
    likelihood : PartialLikelihood
        In r combinations of the coefficients, those with a finite maximum.
    finite : ndarray, shape (p, r)
        The combinations, orthonormal; the unit matrix when all are finite.
    coefficients : ndarray, shape (p,)
    infinite : ndarray of bool, shape (p,)
    """

    likelihood: PartialLikelihood
    finite: NDArray
    coefficients: NDArray
    infinite: NDArray

    @property
    def covariance(self) -> NDArray:
        """Inverse information of the finite part, shape (p, p)."""
        return self.finite @ np.linalg.inv(self.likelihood.information()) @ self.finite.T

    @property
    def influence(self) -> NDArray:
        """Each patient's pull on the finite coefficients (dfbeta), shape (m, p)."""
        inverse = np.linalg.inv(self.likelihood.information())
        return self.likelihood.score_residuals() @ inverse @ self.finite.T


def maximise(sets: RiskSets) -> Maximum:
    """Maximum of the likelihood of identified covariates, or its limit without one.

    Raises
    ------
    NotIdentifiedError
        No maximum within the steps of Newton's method.
    """
    p = sets.covariates.shape[1]
    likelihood, beta = _newton(sets, _SUSPICIOUS_SPREAD)
    if likelihood is not None:
        return Maximum(likelihood, np.eye(p), beta, np.zeros(p, dtype=bool))
    apart = separation(sets)
    if apart is None:
        likelihood, beta = _newton(sets)
        return Maximum(likelihood, np.eye(p), beta, np.zeros(p, dtype=bool))
    limit = replace(apart.limit, covariates=apart.limit.covariates @ apart.finite)
    likelihood, combined = _newton(limit)
    # Where directions differ in a coefficient's sign, it is that in which the likelihood rose.
    sign = np.where(np.abs(apart.direction) > 1e-9, apart.direction, beta)
    coefficients = np.where(apart.infinite, np.copysign(np.inf, sign), apart.finite @ combined)
    return Maximum(likelihood, apart.finite, coefficients, apart.infinite)


def _newton(sets: RiskSets, widest: float = np.inf) -> tuple[PartialLikelihood | None, NDArray]:
    """Likelihood and coefficients at the maximum; None once predictors spread wider than asked."""
    beta = np.zeros(sets.covariates.shape[1])
    here = partial_likelihood(sets, beta)
    for _ in range(_MOST_STEPS):
        score = here.score()
        step = np.linalg.solve(here.information(), score)
        if score @ step < _CONVERGED:
            return here, beta
        step *= min(1.0, _LONGEST_STEP / np.abs(sets.covariates @ step).max())
        here, beta = _climb(here, beta, step)
        if np.ptp(sets.covariates @ beta) > widest:
            return None, beta
    raise NotIdentifiedError(
        f"not identified: the likelihood has no maximum within {_MOST_STEPS} steps; use fewer"
        " covariates"
    )


def _climb(
    here: PartialLikelihood, beta: NDArray, step: NDArray
) -> tuple[PartialLikelihood, NDArray]:
    """The step, halved until the likelihood does not fall by more than rounding."""
    least = here.log_likelihood - 1e-12 * (1 + abs(here.log_likelihood))
    for halving in range(30):
        tried = beta + step / 2**halving
        there = partial_likelihood(here.sets, tried)
        if there.log_likelihood >= least:
            break
    return there, tried


def _sandwich(found: Maximum, codes: NDArray) -> NDArray | None:
    """Covariance from sums of the influence over clusters; None with fewer than two."""
    labels, code = np.unique(codes[found.likelihood.sets.patient], return_inverse=True)
    if labels.size < 2:
        return None
    sums = np.zeros((labels.size, found.finite.shape[0]))
    np.add.at(sums, code, found.influence)
    return sums.T @ sums


def _standard_errors(covariance: NDArray | None, scale: NDArray, found: Maximum) -> NDArray | None:
    if covariance is None:
        return None
    return np.where(found.infinite, np.inf, np.sqrt(np.diag(covariance)) / scale)


def _unscaled(covariance: NDArray | None, scale: NDArray, found: Maximum) -> NDArray | None:
    if covariance is None or found.infinite.any():
        return None
    return covariance / np.outer(scale, scale)
