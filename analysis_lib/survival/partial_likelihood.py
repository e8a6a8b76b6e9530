"""Cox's partial likelihood with Efron's ties and strata: value, score, information, residuals.

Patients stand sorted by stratum and time. A *death group* is the deaths of one
stratum at one time; a patient belongs to the risk sets of the stratum's death
groups up to their own last one. Patients who leave before the first death of
their stratum are in no risk set and are left out. In a death group with d deaths
the l-th (l = 0 .. d - 1) sees the risk set less the fraction l / d of those who
die with it: one *row* each.

Sums over risk sets are running sums over death groups, never over patients and
pairs. Those over strata are not differenced from one long sum: a late risk set of
few patients with small weights would lose its digits.

References
----------
Efron B. The efficiency of Cox's likelihood function for censored data.
J Am Stat Assoc 1977;72:557-565.
Therneau TM, Grambsch PM. Modeling Survival Data: Extending the Cox Model.
Springer 2000, sections 3.1, 3.3, 4.6 and 7.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Patients at risk at a death, sorted by stratum and time (m of them, p covariates).

    Attributes
    ----------
    patient : ndarray, shape (m,)
        Position in the caller's arrays.
    covariates : ndarray, shape (m, p)
        Centred within each stratum, which changes no likelihood and keeps digits.
    died : ndarray of bool, shape (m,)
    group : ndarray, shape (m,)
        The last death group whose risk set holds the patient.
    strata : Bounds
        First and one past the last death group of each stratum.
    """

    patient: NDArray
    covariates: NDArray
    died: NDArray
    group: NDArray
    strata: Bounds

    @cached_property
    def start(self) -> NDArray:
        """First patient of each death group."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    @cached_property
    def row(self) -> NDArray:
        """Death group of each row."""
        return self.group[self.died]

    @cached_property
    def fraction(self) -> NDArray:
        """Efron's l / d of each row, shape (deaths, 1)."""
        deaths = np.bincount(self.row)
        first = np.cumsum(deaths) - deaths
        return ((np.arange(self.row.size) - first[self.row]) / deaths[self.row])[:, None]

    @cached_property
    def patients_of_strata(self) -> Bounds:
        """First and one past the last patient of each stratum."""
        edges = np.append(self.start, self.group.size)
        return tuple((int(edges[a]), int(edges[b])) for a, b in self.strata)


def risk_sets(times: NDArray, events: NDArray, covariates: NDArray, strata: NDArray) -> RiskSets:
    """Sort the patients and find the death groups; ``strata`` are codes 0, 1, ..."""
    # Deaths precede censorings at ties, so that the dead of a group stand together.
    order = np.lexsort((~events, times, strata))
    time, died, stratum = times[order], events[order], strata[order]
    new_death = died.copy()
    repeated = (time[1:] == time[:-1]) & (stratum[1:] == stratum[:-1]) & died[:-1]
    new_death[1:] &= ~repeated
    passed = np.cumsum(new_death)
    deaths_of_stratum = np.bincount(stratum, weights=new_death).astype(int)
    before = np.cumsum(deaths_of_stratum) - deaths_of_stratum
    kept = passed > before[stratum]
    bounds = tuple(
        (int(a), int(a + k)) for a, k in zip(before, deaths_of_stratum, strict=True) if k > 0
    )
    centred = _centred(covariates[order[kept]], stratum[kept])
    return RiskSets(order[kept], centred, died[kept], passed[kept] - 1, bounds)


def _centred(covariates: NDArray, stratum: NDArray) -> NDArray:
    """Less the mean of each stratum; patients stand sorted by stratum."""
    first = np.flatnonzero(np.diff(stratum, prepend=-1))
    size = np.diff(first, append=stratum.size)
    means = np.add.reduceat(covariates, first, axis=0) / size[:, None]
    return covariates - np.repeat(means, size, axis=0)


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """The likelihood at one value of the coefficients.

    Attributes
    ----------
    log_likelihood : float
    weight : ndarray, shape (m, 1)
        ``exp(linear predictor)``, at most 1 (relative to the largest of the stratum).
    total : ndarray, shape (deaths, 1)
        Sum of weights over each row's risk set.
    mean : ndarray, shape (deaths, p)
        Weighted mean of the covariates over each row's risk set.
    """

    sets: RiskSets
    log_likelihood: float
    weight: NDArray
    total: NDArray
    mean: NDArray

    def score(self, of_group: NDArray | None = None) -> NDArray:
        """First derivative, shape (p,); each death group times a factor when given."""
        excess = self.sets.covariates[self.sets.died] - self.mean
        return excess.sum(axis=0) if of_group is None else of_group[self.sets.row] @ excess

    def information(self, of_group: NDArray | None = None) -> NDArray:
        """Less the second derivative, shape (p, p); death groups times a factor when given.

        The sum over rows of the weighted second moments is a sum over patients,
        each with the hazard collected while at risk.
        """
        factor = np.ones_like(self.total) if of_group is None else of_group[self.sets.row][:, None]
        hazard = self.weight * _collected(self.sets, factor / self.total)
        x = self.sets.covariates
        return x.T @ (hazard * x) - self.mean.T @ (factor * self.mean)

    def score_residuals(self) -> NDArray:
        """Each patient's part of the score at these coefficients, shape (m, p)."""
        sets = self.sets
        compensator = self.weight * (
            sets.covariates * _collected(sets, 1 / self.total)
            - _collected(sets, self.mean / self.total)
        )
        deaths = np.bincount(sets.row)[:, None]
        mean_of_group = np.add.reduceat(self.mean, _first_rows(sets), axis=0) / deaths
        return sets.died[:, None] * (sets.covariates - mean_of_group[sets.group]) - compensator


def partial_likelihood(sets: RiskSets, coefficients: NDArray) -> PartialLikelihood:
    """Log partial likelihood, and what its derivatives need."""
    predictor = sets.covariates @ coefficients
    for first, last in sets.patients_of_strata:
        predictor[first:last] -= predictor[first:last].max()
    weight = np.exp(predictor)[:, None]
    moments = np.hstack([weight, weight * sets.covariates])
    at_risk = _running(np.add.reduceat(moments, sets.start, axis=0), sets.strata, backward=True)
    dying = np.add.reduceat(moments[sets.died], _first_rows(sets), axis=0)
    sums = at_risk[sets.row] - sets.fraction * dying[sets.row]
    total = sums[:, :1]
    value = float(predictor[sets.died].sum() - np.log(total).sum())
    return PartialLikelihood(sets, value, weight, total, sums[:, 1:] / total)


def _collected(sets: RiskSets, of_row: NDArray) -> NDArray:
    """Per patient, the sum of a quantity over the rows at which they are at risk.

    Those who die in a group are at risk there by 1 - l / d only.
    """
    first = _first_rows(sets)
    whole = _running(np.add.reduceat(of_row, first, axis=0), sets.strata, backward=False)
    lost = np.add.reduceat(of_row * sets.fraction, first, axis=0)
    return whole[sets.group] - sets.died[:, None] * lost[sets.group]


def _first_rows(sets: RiskSets) -> NDArray:
    return np.flatnonzero(np.diff(sets.row, prepend=-1))


def _running(values: NDArray, strata: Bounds, *, backward: bool) -> NDArray:
    """Running sums over the death groups of each stratum."""
    sums = np.empty_like(values)
    for first, last in strata:
        part = slice(first, last)
        if backward:
            sums[part] = np.cumsum(values[part][::-1], axis=0)[::-1]
        else:
            sums[part] = np.cumsum(values[part], axis=0)
    return sums
