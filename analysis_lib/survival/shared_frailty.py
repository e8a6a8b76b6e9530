"""Cox's model with a gamma effect shared by the patients of a cluster.

As R's ``coxph(Surv(time, event) ~ x + frailty(cluster, distribution = "gamma"))``:
at a variance theta of the effects, the coefficients b and the log effects w
maximise the partial likelihood (Efron's treatment of ties) less a penalty,

    PL(b, w) + sum_i (w_i - exp(w_i) + 1) / theta,

and theta maximises the likelihood from which the effects are integrated out;
with nu = 1/theta and d_i events in cluster i that is the penalised one plus

    sum_i [ log(Gamma(nu + d_i) / Gamma(nu)) + nu log(nu) - (nu + d_i) log(nu + d_i) ]
    + number of events.

The coefficients and effects of theta are a maximum of the penalised
likelihood, so that its derivative by theta needs theirs not: theta is the root
of a score in closed form.

References
----------
Therneau TM, Grambsch PM, Pankratz VS. Penalized survival models and frailty.
J Comput Graph Stat 2003;12:156-175, section 3. Nielsen GG et al. Scand J Stat
1992;19:25-43.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival.data import check_survival_data
from analysis_lib.survival.frailty_variance import maximise_over_theta, theta_from_spread

#: Beyond this the likelihood is flat in double precision: a covariate separates the events.
_LARGEST_COEFFICIENT = 20.0

#: A larger variance of effects is no model of anything, and its penalty is lost in rounding.
_LARGEST_THETA = 1000.0


@dataclass(frozen=True)
class SharedFrailty:
    """A Cox model with gamma effects of clusters.

    Attributes
    ----------
    coefficients, standard_errors : ndarray, shape (p,)
        Log hazard ratios, and the roots of the diagonal of the inverse
        penalised information (R's ``var``), theta taken as known.
    theta : float
        Variance of the clusters' effects; 0 is Cox's model without them.
    theta_estimated : bool
        False where theta was given.
    theta_at_boundary : bool
        The estimate is 0: the clusters differ no more than chance makes them.
    frailties : ndarray, shape (n_clusters,)
        Effects on the hazard, of mean 1, in the order of ``clusters``.
    clusters : tuple
        Labels, in order of first appearance.
    log_likelihood : float
        The effects integrated out (R's ``c.loglik``).
    n, n_events : int
    """

    coefficients: NDArray
    standard_errors: NDArray
    theta: float
    theta_estimated: bool
    theta_at_boundary: bool
    frailties: NDArray
    clusters: tuple
    log_likelihood: float
    n: int
    n_events: int


@dataclass(frozen=True)
class _RiskSets:
    """Deaths and risk sets by cell: the patients of one covariate pattern in one cluster.

    ``at_risk`` has a row per death, Efron's weights of the cells; ``deaths`` the
    cells' events; ``design`` (cells, p + clusters) the covariates, then the clusters.
    """

    at_risk: NDArray
    deaths: NDArray
    design: NDArray
    n_covariates: int

    @property
    def cluster_deaths(self) -> NDArray:
        """Events of each cluster."""
        return self.design[:, self.n_covariates :].T @ self.deaths


@dataclass(frozen=True)
class _Maximum:
    """Coefficients and log effects at one theta, their penalised likelihood and information."""

    theta: float
    parameters: NDArray
    log_likelihood: float
    score: NDArray
    information: NDArray


def shared_frailty_cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    cluster: ArrayLike,
    *,
    theta: float | None = None,
) -> SharedFrailty:
    """Cox model with shared gamma frailty, Efron's treatment of ties.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Months and 0/1.
    covariates : array_like, shape (n,) or (n, p)
        A group (0/1) or covariates.
    cluster : array_like, shape (n,)
        Labels of studies or cohorts.
    theta : float, optional
        Variance of the clusters' effects, 0..1000; estimated when not given.

    Returns
    -------
    SharedFrailty

    Raises
    ------
    InvalidInputError
        Invalid data, a covariate that is not finite or does not vary, a missing
        label, a negative theta, and one cluster when theta is to be estimated.
    NotIdentifiedError
        No events, or a covariate that separates those who died from those at
        risk with them: the log hazard ratio is infinite.

    Notes
    -----
    Memory grows as events times distinct pairs of covariates and cluster: made
    for groups within studies, and for a few thousand patients with covariates.
    The standard errors are those of R's ``frailty(cluster, sparse = FALSE)``.
    R's default from six clusters on leaves out the effects' mutual information;
    where each cluster has one group only it is wrong, down to a standard error
    of 0 (``tests/reference/README.md``). They take theta as known: with 8 to 16
    clusters a Wald interval from them is too narrow
    (``benchmarks/between_studies.py``). Made to check another model's estimate.
    """
    times, events = check_survival_data(time, event)
    columns = _checked_covariates(covariates, times.size)
    codes, labels = cluster_codes(cluster, times.size)
    if theta is not None and not 0 <= theta <= _LARGEST_THETA:
        raise InvalidInputError(f"theta must be in 0..{_LARGEST_THETA:.0f}, was {theta}")
    if theta is None and labels.size < 2:
        raise InvalidInputError("theta needs at least two clusters to be estimated: give it")
    if not events.any():
        raise NotIdentifiedError("no events: a hazard ratio cannot be estimated")
    sets = _risk_sets(times, events, columns, codes)
    start = np.zeros(sets.design.shape[1])
    fit = _estimate_theta(sets, start) if theta is None else _maximise(sets, float(theta), start)
    p = sets.n_covariates
    return SharedFrailty(
        coefficients=fit.parameters[:p],
        standard_errors=np.sqrt(np.diag(np.linalg.inv(_free(sets, fit)))[:p]),
        theta=fit.theta,
        theta_estimated=theta is None,
        theta_at_boundary=theta is None and fit.theta == 0,
        frailties=np.exp(fit.parameters[p:]),
        clusters=tuple(labels.tolist()),
        log_likelihood=_marginal_log_likelihood(sets, fit),
        n=int(times.size),
        n_events=int(events.sum()),
    )


def _checked_covariates(covariates: ArrayLike, n: int) -> NDArray:
    """Covariates as columns, centred: the coefficients do not depend on their origin."""
    columns = np.asarray(covariates, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[0] != n or columns.shape[1] == 0:
        raise InvalidInputError("covariates must have one row for every patient, and a column")
    if not np.all(np.isfinite(columns)):
        raise InvalidInputError("covariates must be finite")
    centred = columns - columns.mean(axis=0)
    if np.linalg.matrix_rank(centred) < columns.shape[1]:
        raise InvalidInputError(
            "covariates must vary and none may follow from the others: both groups need patients"
        )
    return centred


def cluster_codes(cluster: ArrayLike, n: int) -> tuple[NDArray, NDArray]:
    """Codes from 0 and labels of the clusters of n patients, in order of first appearance.

    Raises
    ------
    InvalidInputError
        Not one label for every patient, or a missing one.
    """
    labels_of = np.asarray(cluster)
    if labels_of.shape != (n,):
        raise InvalidInputError("cluster must hold one label for every patient")
    codes, labels = pd.factorize(labels_of)
    if np.any(codes < 0):
        raise InvalidInputError("a patient without a cluster label: name the study of each")
    return codes, labels


def _risk_sets(times: NDArray, events: NDArray, columns: NDArray, codes: NDArray) -> _RiskSets:
    """Efron's risk sets, counted by cell."""
    patterns, cell = np.unique(np.column_stack([columns, codes]), axis=0, return_inverse=True)
    cell = cell.ravel()
    death_times, position = np.unique(times[events], return_inverse=True)
    shape = (death_times.size, len(patterns))
    # A patient is at risk at every death up to his own time.
    last = np.searchsorted(death_times, times, "right") - 1
    leaves = np.zeros(shape)
    np.add.at(leaves, (last[last >= 0], cell[last >= 0]), 1.0)
    at_risk = np.cumsum(leaves[::-1], axis=0)[::-1]
    tied = np.zeros(shape)
    np.add.at(tied, (position, cell[events]), 1.0)
    deaths = tied.sum(axis=1).astype(int)
    row = np.repeat(np.arange(death_times.size), deaths)
    # The l-th of d tied deaths sees the risk set less l/d of those who die with it.
    fraction = (np.arange(row.size) - (np.cumsum(deaths) - deaths)[row]) / deaths[row]
    in_cluster = patterns[:, -1:] == np.arange(codes.max() + 1)
    return _RiskSets(
        at_risk=at_risk[row] - fraction[:, None] * tied[row],
        deaths=tied.sum(axis=0),
        design=np.column_stack([patterns[:, :-1], in_cluster]),
        n_covariates=columns.shape[1],
    )


def _evaluate(sets: _RiskSets, parameters: NDArray, theta: float) -> _Maximum:
    """Penalised partial likelihood, its score and its information."""
    linear = sets.design @ parameters
    share = sets.at_risk * np.exp(linear)
    total = share.sum(axis=1)
    share /= total[:, None]
    expected = share.sum(axis=0)
    # By cell first: a product over all deaths with the wider design would take twice as long.
    spread = np.diag(expected) - share.T @ share
    information = sets.design.T @ spread @ sets.design
    score = sets.design.T @ (sets.deaths - expected)
    value = float(sets.deaths @ linear - np.log(total).sum())
    if theta > 0:
        effects = parameters[sets.n_covariates :]
        value += float(np.sum(effects - np.expm1(effects))) / theta
        score[sets.n_covariates :] -= np.expm1(effects) / theta
        own = np.arange(sets.n_covariates, parameters.size)
        information[own, own] += np.exp(effects) / theta
    return _Maximum(theta, parameters, value, score, information)


def _free(sets: _RiskSets, at: _Maximum) -> NDArray:
    """Information on what is estimated: at theta = 0 the effects are not."""
    p = sets.n_covariates
    return at.information if at.theta > 0 else at.information[:p, :p]


def _maximise(sets: _RiskSets, theta: float, start: NDArray) -> _Maximum:
    """Maximum over coefficients and effects at one theta, by Newton's method."""
    p = sets.n_covariates
    if theta == 0:
        start = np.concatenate([start[:p], np.zeros(start.size - p)])
    at = _evaluate(sets, start, theta)
    for _ in range(100):
        free = _free(sets, at)
        try:
            step = np.zeros(start.size)
            step[: len(free)] = np.linalg.solve(free, at.score[: len(free)])
        except np.linalg.LinAlgError:
            break
        if np.max(np.abs(step)) < 1e-9:
            return _evaluate(sets, at.parameters + step, theta)
        at = _move(sets, at, step)
        if np.max(np.abs(at.parameters[:p]), initial=0) > _LARGEST_COEFFICIENT:
            break
    raise NotIdentifiedError(
        "the likelihood has no maximum: one group has no event while the other is at risk, "
        "or a covariate orders the deaths; the log hazard ratio is infinite"
    )


def _move(sets: _RiskSets, at: _Maximum, step: NDArray) -> _Maximum:
    """One Newton step, halved until the penalised likelihood does not fall."""
    step = step * min(1.0, 5.0 / float(np.max(np.abs(step))))
    for _ in range(40):
        after = _evaluate(sets, at.parameters + step, at.theta)
        if after.log_likelihood >= at.log_likelihood - 1e-9:
            break
        step = step / 2
    return after


def _marginal_log_likelihood(sets: _RiskSets, at: _Maximum) -> float:
    """The penalised likelihood with the effects integrated out."""
    if at.theta == 0:
        return at.log_likelihood
    d = sets.cluster_deaths
    k = np.arange(int(d.max()))
    beyond = (d[:, None] > k).sum(axis=0)
    # log(Gamma(nu + d) / Gamma(nu)) - d log(nu), and the rest, both small with theta.
    integral = float(np.log1p(at.theta * k) @ beyond)
    integral -= float(np.sum((1 / at.theta + d) * np.log1p(at.theta * d) - d))
    return at.log_likelihood + integral


def _theta_score(sets: _RiskSets, at: _Maximum) -> float:
    """Derivative of the marginal log-likelihood by theta."""
    d = sets.cluster_deaths
    if at.theta == 0:
        excess = at.score[sets.n_covariates :]
        return float(np.sum(excess**2 - d)) / 2
    k = np.arange(int(d.max()))
    beyond = (d[:, None] > k).sum(axis=0)
    effects = at.parameters[sets.n_covariates :]
    by_nu = float((at.theta / (1 + at.theta * k)) @ beyond) - float(np.log1p(at.theta * d).sum())
    by_nu += float(np.sum(effects - np.expm1(effects)))
    return -by_nu / at.theta**2


def _estimate_theta(sets: _RiskSets, start: NDArray) -> _Maximum:
    """Maximum of the marginal likelihood over theta >= 0."""
    at_zero = _maximise(sets, 0.0, start)
    return maximise_over_theta(
        at_zero,
        refit=lambda theta, near: _maximise(sets, theta, near.parameters),
        score=lambda at: _theta_score(sets, at),
        height=lambda at: _marginal_log_likelihood(sets, at),
        guess=theta_from_spread(at_zero.score[sets.n_covariates :], sets.cluster_deaths),
    )
