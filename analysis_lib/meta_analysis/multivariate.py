"""Random effects for several outcomes per study, some of them missing.

The within-study errors of one study's outcomes are independent, as those of
conditional survival in successive intervals are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError

#: Structures of the between-study covariance, the freest first.
STRUCTURES = ("unstructured", "compound symmetry", "diagonal")

#: A study whose share in an estimate is below this had no part in it.
_NO_SHARE = 1e-10


@dataclass(frozen=True)
class StudyOutcomes:
    """Outcomes of studies: estimates, within-study variances, and which are known.

    Attributes
    ----------
    estimates, variances : ndarray, shape (k, p)
        Any finite value where unknown; variances are positive.
    known : ndarray of bool, shape (k, p)
        Every outcome is known in one study at least.
    """

    estimates: NDArray
    variances: NDArray
    known: NDArray

    @property
    def n_studies(self) -> NDArray:
        """Number of studies that know each outcome, shape (p,)."""
        return self.known.sum(axis=0)

    @property
    def can_be_unstructured(self) -> bool:
        """As many studies as outcomes, and every pair of outcomes known in two studies."""
        k, p = self.known.shape
        together = self.known.T.astype(int) @ self.known
        return k >= p and bool(np.all(together >= 2))


@dataclass(frozen=True)
class PooledOutcomes:
    """Weighted least squares over studies, given a between-study covariance.

    Attributes
    ----------
    estimate : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
        Of the estimate, the between-study covariance taken as known.
    between : ndarray, shape (p, p)
    weights : ndarray, shape (k, p, p)
        Inverse of each study's marginal covariance; 0 where unknown.
    residuals : ndarray, shape (k, p)
        Estimates less the pooled one; 0 where unknown.
    """

    estimate: NDArray
    covariance: NDArray
    between: NDArray
    weights: NDArray
    residuals: NDArray

    def variance_of(self, combinations: NDArray) -> tuple[NDArray, NDArray]:
        """Variance of linear combinations of the outcomes, and Knapp and Hartung's factor.

        Each study's share in a combination is its part of the combination's
        variance; the factor is the mean square of what the studies say about the
        combination, in units of that variance and weighted by the shares. Its
        expectation is 1 under the model, and with one outcome it is Knapp and
        Hartung's.

        Parameters
        ----------
        combinations : ndarray, shape (m, p)

        Returns
        -------
        variance, factor : ndarray, shape (m,)
            The factor is 1 where fewer than two studies have a share.

        References
        ----------
        Knapp G, Hartung J. Stat Med 2003;22:2693-2710. Jackson D, Riley RD. Stat Med
        2014;33:541-554, whose one factor for all outcomes this replaces by one per
        combination: a study's outcomes share its cohort effect.
        """
        spread = combinations @ self.covariance
        variance = np.einsum("mp,mp->m", spread, combinations)
        pulls = np.einsum("mp,kpq->mkq", spread, self.weights)
        said = np.einsum("mkq,kq->mk", pulls, self.residuals)
        share = np.einsum("mkq,mq->mk", pulls, spread) / variance[:, None]
        fitted = np.einsum("mkp,pq,mkq->mk", pulls, self.covariance, pulls)
        takes_part = share > _NO_SHARE
        divisor = np.where(takes_part, share, 1.0)
        expected = np.sum(np.where(takes_part, variance[:, None] - fitted / divisor, 0.0), axis=1)
        observed = np.sum(np.where(takes_part, said**2 / divisor, 0.0), axis=1)
        several = takes_part.sum(axis=1) >= 2
        return variance, np.divide(observed, expected, out=np.ones_like(variance), where=several)


def between_covariance(outcomes: StudyOutcomes, structure: str) -> NDArray:
    """Between-study covariance by multivariate DerSimonian-Laird moments.

    Negative eigenvalues, which moments can have, are set to 0.

    Parameters
    ----------
    outcomes : StudyOutcomes
    structure : str
        One of :data:`STRUCTURES`. "compound symmetry" has one variance and one
        covariance, from the moments summed over outcomes and pairs; "diagonal"
        one variance per outcome. Where an outcome is known in one study only, its
        diagonal variance is 0.

    Returns
    -------
    ndarray, shape (p, p)

    Raises
    ------
    InvalidInputError
        Another structure.
    NotIdentifiedError
        "unstructured" with a pair of outcomes known in fewer than two studies.

    References
    ----------
    Jackson D, White IR, Thompson SG. Stat Med 2010;29:1282-1297.
    """
    if structure not in STRUCTURES:
        raise InvalidInputError(f"structure must be one of {STRUCTURES}, was {structure!r}")
    excess, information = _moments(outcomes)
    if structure == "unstructured":
        together = outcomes.known.T.astype(int) @ outcomes.known
        if np.any(together < 2):
            raise NotIdentifiedError(
                "an unstructured covariance needs every pair of times known in two studies: "
                "use fewer times or compound symmetry"
            )
        values, vectors = np.linalg.eigh(excess / information)
        return (vectors * np.maximum(values, 0.0)) @ vectors.T
    if structure == "diagonal":
        own, divisor = np.diag(excess), np.diag(information)
        estimable = outcomes.n_studies >= 2
        variances = np.divide(own, divisor, out=np.zeros_like(own), where=estimable)
        return np.diag(np.maximum(variances, 0.0))
    return _compound_symmetry(excess, information)


def pool_outcomes(outcomes: StudyOutcomes, between: NDArray) -> PooledOutcomes:
    """Weighted least squares with a between-study covariance; 0 is the common effect."""
    known = outcomes.known
    both = known[:, :, None] & known[:, None, :]
    marginal = np.where(both, between, 0.0)
    diagonal = np.arange(known.shape[1])
    marginal[:, diagonal, diagonal] += np.where(known, outcomes.variances, 1.0)
    weights = np.where(both, np.linalg.inv(marginal), 0.0)
    covariance = np.linalg.inv(weights.sum(axis=0))
    estimates = np.where(known, outcomes.estimates, 0.0)
    estimate = covariance @ np.einsum("kpq,kq->p", weights, estimates)
    residuals = np.where(known, outcomes.estimates - estimate, 0.0)
    return PooledOutcomes(estimate, covariance, between, weights, residuals)


def _moments(outcomes: StudyOutcomes) -> tuple[NDArray, NDArray]:
    """Weighted cross-products less their expectation without heterogeneity, and divisors.

    For outcomes i and j the weight of a study is 1 / (s_i s_j); the moment estimate
    of their covariance is the ratio of the two arrays, both (p, p).
    """
    root = np.where(outcomes.known, 1 / np.sqrt(outcomes.variances), 0.0)
    weight = root[:, :, None] * root[:, None, :]
    total = weight.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    mean = np.einsum("kij,ki->ij", weight, outcomes.estimates) / safe
    # The mean of outcome i among studies that know j as well, with their joint weights.
    deviation = outcomes.estimates[:, :, None] - mean
    products = np.einsum("kij,kij,kji->ij", weight, deviation, deviation)
    products -= np.diag(np.maximum(outcomes.n_studies - 1, 0))
    return products, total - np.sum(weight**2, axis=0) / safe


def _compound_symmetry(excess: NDArray, information: NDArray) -> NDArray:
    """One variance and one covariance; eigenvalues below 0 are set to 0."""
    p = excess.shape[0]
    pair = ~np.eye(p, dtype=bool)
    variance = _ratio(np.trace(excess), np.trace(information))
    covariance = _ratio(excess[pair].sum(), information[pair].sum())
    of_mean = max(variance + (p - 1) * covariance, 0.0)
    of_contrasts = max(variance - covariance, 0.0)
    mean = np.full((p, p), 1 / p)
    return of_contrasts * (np.eye(p) - mean) + of_mean * mean


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else 0.0
