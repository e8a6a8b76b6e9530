"""Does a partial likelihood have a maximum, and what is left of it when it has none?

A likelihood rises without end along a direction in which nobody at risk at a
death ever exceeds who dies: the dead of a group are level, no patient of the
group is above them, nor are the dead of the next group. That is a linear
programme with one row per patient, since later risk sets follow from these links.

In the limit a death is compared only with those at risk who are level with it.
Levels fall with time, so that the limit is again a Cox model: stratified by level
as well, in which the direction itself makes no difference.

References
----------
Bryson MC, Johnson ME. The incidence of monotone likelihood in the Cox model.
Technometrics 1981;23:381-383.
Geyer CJ. Likelihood inference in exponential families and directions of recession.
Electron J Stat 2009;3:259-289 (the limit; directions by linear programmes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.survival.partial_likelihood import Bounds, RiskSets

#: Smaller differences, in ranges of a covariate, are rounding: the values are level.
_LEVEL = 1e-9


@dataclass(frozen=True, eq=False)
class Separation:
    """The limit of a likelihood that has no maximum (p covariates).

    Attributes
    ----------
    limit : RiskSets
        Who is still compared: strata split by level; the others left out.
    direction : ndarray, shape (p,)
        One along which the likelihood rises without end.
    finite : ndarray, shape (p, r)
        Orthonormal basis of the combinations of coefficients that keep a finite maximum.
    infinite : ndarray of bool, shape (p,)
        Coefficients that have none.
    """

    limit: RiskSets
    direction: NDArray
    finite: NDArray
    infinite: NDArray


def separation(sets: RiskSets) -> Separation | None:
    """The limit when a direction separates those who die from those at risk; else None.

    Covariates must be of comparable scale (range 1, say).

    Raises
    ------
    NotIdentifiedError
        The linear programme found no answer.
    """
    links = _links(sets)
    # The dead of a group are level.
    level = sets.died.copy()
    level[sets.start] = False
    direction, strict = _widest_direction(links, level)
    if not strict.any():
        return None
    finite, infinite = _coefficients_left(links[~strict])
    return Separation(_limit(sets, strict), direction, finite, infinite)


def _links(sets: RiskSets) -> NDArray:
    """Differences that must not be negative, shape (m, p).

    The lead of a group, one of its dead, less each patient of it; in the lead's own row, the
    lead of the group before less this one (nothing in a stratum's first group).
    """
    x, lead = sets.covariates, sets.start
    links = x[lead][sets.group] - x
    before = np.arange(lead.size) - 1
    first = [a for a, _ in sets.strata]
    before[first] = first
    links[lead] = x[lead][before] - x[lead]
    links[np.abs(links) < _LEVEL] = 0.0
    return links


def _widest_direction(links: NDArray, level: NDArray) -> tuple[NDArray, NDArray]:
    """A direction with as many positive links as any has, and which they are.

    Each link has a gain of at most 1; a direction may be as long as it needs.
    """
    m, p = links.shape
    rows = hstack([csr_array(-links), eye_array(m)], format="csr")
    most = np.where(level | ~links.any(axis=1), 0.0, 1.0)
    solved = linprog(
        np.concatenate([np.zeros(p), -np.ones(m)]),
        A_ub=rows[~level],
        b_ub=np.zeros(int(np.sum(~level))),
        A_eq=rows[level] if level.any() else None,
        b_eq=np.zeros(int(level.sum())) if level.any() else None,
        bounds=[(None, None)] * p + [(0.0, gain) for gain in most],
        method="highs",
    )
    if not solved.success:
        raise NotIdentifiedError(
            f"not identified: whether the likelihood has a maximum stays open ({solved.message});"
            " use fewer covariates"
        )
    return solved.x[:p], solved.x[p:] > 0.5


def _coefficients_left(level_links: NDArray) -> tuple[NDArray, NDArray]:
    """Basis of what the links that stay level identify, and the coefficients outside it."""
    p = level_links.shape[1]
    # The Gram matrix would lose half of the digits that tell a null direction.
    _, size, vectors = np.linalg.svd(
        np.vstack([level_links, np.zeros((p, p))]), full_matrices=False
    )
    rank = int(np.sum(size > 1e-7 * max(1.0, size[0])))
    outside = vectors[rank:]
    return vectors[:rank].T, np.any(np.abs(outside) > 1e-6, axis=0)


def _limit(sets: RiskSets, strict: NDArray) -> RiskSets:
    """Strata split where the level of the dead falls; patients below their lead left out."""
    split = np.zeros(sets.start.size + 1, dtype=bool)
    split[[bound for pair in sets.strata for bound in pair]] = True
    split[:-1] |= strict[sets.start]
    edges = np.flatnonzero(split)
    bounds: Bounds = tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    kept = ~strict
    kept[sets.start] = True
    return replace(
        sets,
        patient=sets.patient[kept],
        covariates=sets.covariates[kept],
        died=sets.died[kept],
        group=sets.group[kept],
        strata=bounds,
    )
