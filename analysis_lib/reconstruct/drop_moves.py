"""Deaths at one drop: moves between numbers at risk, and bins of survival, that fit a level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln


@dataclass(frozen=True)
class DropMoves:
    """Moves of one drop, sorted by where they lead.

    Attributes
    ----------
    low, size : int
        Lowest number at risk after the drop, and how many there are.
    first : ndarray, shape (size * bins + 1,)
        First move into each row and bin.
    source : ndarray, shape (moves,)
        Row and bin a move comes from, as one index.
    at_risk, deaths : ndarray of int, shape (moves,)
        Number at risk before the drop and deaths at it.
    chance : ndarray, shape (moves,)
        Prior chance of the deaths.
    after : ndarray, shape (moves,)
        Survival after the drop.
    """

    low: int
    size: int
    first: np.ndarray
    source: np.ndarray
    at_risk: np.ndarray
    deaths: np.ndarray
    chance: np.ndarray
    after: np.ndarray

    def carry(self, flat: np.ndarray, means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights and means after the drop: (size * bins, lanes) and (size * bins, moments)."""
        flow = flat[self.source] * self.chance[:, None]
        weight = np.zeros((self.first.size - 1, flat.shape[1]))
        moment = np.zeros((self.first.size - 1, means.shape[1]))
        used = np.flatnonzero(np.diff(self.first))
        starts = self.first[used]
        weight[used] = np.add.reduceat(flow, starts, axis=0)
        moment[used] = np.add.reduceat(
            flow.sum(axis=1)[:, None] * self._means_after(means), starts, axis=0
        )
        total = weight.sum(axis=1)
        return weight, moment / np.where(total > 0, total, 1.0)[:, None]

    def _means_after(self, means: NDArray) -> NDArray:
        if means.shape[1] == 1:
            return self.after[:, None]
        mean, square = means[self.source, 1], means[self.source, 2]
        so_far = mean + self.deaths
        return np.stack([self.after, so_far, square + self.deaths * (mean + so_far)], axis=1)


@dataclass(frozen=True)
class DropPrior:
    """Prior of the deaths at one drop, given that they were sought there.

    Geometric with the mean that the curve's local hazard predicts for the width of the drop (a
    Poisson number whose rate is unknown), further deaths at least as likely as ties are. Several
    drops taken as one have the sum of as many such numbers, a negative binomial one.

    Attributes
    ----------
    expected : float
        Deaths per patient at risk that the local hazard predicts.
    ties : float
        Share of deaths that fall together with another's.
    parts : int
        Drops taken as one.
    certain : bool
        Whether each of them surely happened.
    tilt : float
        Log weight of each death.
    """

    expected: float
    ties: float
    parts: int
    certain: bool
    tilt: float

    @property
    def fewest(self) -> int:
        """Fewest deaths."""
        return self.parts if self.certain else 0

    def chance(self, at_risk: np.ndarray, number: np.ndarray, deaths: np.ndarray) -> np.ndarray:
        """Chance of each move: ``number`` moves with ``deaths`` for each ``at_risk`` in turn."""
        mean = at_risk * (self.expected / self.parts)
        usual = mean / (1.0 + mean)
        more = np.clip(usual + self.ties, 1e-9, 0.98)
        least = self.parts if self.certain or self.parts == 1 else 0
        constant = self.parts * np.log1p(-more)
        if not self.certain and self.parts == 1:
            first = np.maximum(usual, 0.5)
            constant += np.log(first)
        log = np.repeat(constant, number) + (deaths - least) * np.repeat(np.log(more), number)
        if self.parts > 1:
            ways = deaths - least
            log += gammaln(ways + self.parts) - gammaln(ways + 1.0) - gammaln(self.parts)
        chance = np.exp(log + self.tilt * deaths)
        if not self.certain and self.parts == 1:
            chance = np.where(deaths > 0, chance, np.repeat(1.0 - first, number))
        return chance


def moves_of_drop(
    low: int,
    weight: NDArray,
    survival: NDArray,
    level: float,
    reach: float,
    width: float,
    prior: DropPrior,
    negligible: float,
) -> DropMoves | None:
    """All moves of a drop that end within ``reach`` of its level; None if there are none.

    Parameters
    ----------
    low : int
        Number at risk of the first row.
    weight, survival : ndarray, shape (rows, bins)
        Weight of each state, summed over lanes, and its survival.
    level, reach, width : float
        Level after the drop, how far from it a path may pass, and the width of a bin.
    prior : DropPrior
        Prior of the deaths.
    negligible : float
        States below this share of the largest weight are passed over.
    """
    bins = weight.shape[1]
    states = np.flatnonzero(weight > negligible * weight.max())
    at_risk = low + states // bins
    before = np.maximum(survival.ravel()[states], 1e-12)
    bottom, top = max(level - reach - width / 2, -1e-9), level + reach + width / 2
    least = np.ceil(at_risk * (1.0 - top / before) - 1e-9).astype(int)
    least = np.maximum(least, prior.fewest)
    most = np.floor(at_risk * (1.0 - bottom / before) + 1e-9).astype(int)
    number = np.maximum(np.minimum(most, at_risk) - least + 1, 0)
    total = int(number.sum())
    if not total:
        return None
    deaths = np.arange(total) + np.repeat(least - np.cumsum(number) + number, number)
    n = np.repeat(at_risk, number)
    after = np.repeat(before, number) * (1.0 - deaths / np.maximum(n, 1))
    column = np.rint((after - level) / width).astype(int) + bins // 2
    rest = n - deaths
    lowest = int(rest.min())
    size = int(rest.max()) - lowest + 1
    target = (rest - lowest) * bins + np.clip(column, 0, bins - 1)
    # Sixteen bits are sorted in linear time.
    keys = target.astype(np.uint16) if size * bins < 2**16 else target
    order = np.argsort(keys, kind="stable")
    return DropMoves(
        low=lowest,
        size=size,
        first=np.r_[0, np.cumsum(np.bincount(target, minlength=size * bins))],
        source=np.repeat(states, number)[order],
        at_risk=n[order],
        deaths=deaths[order],
        chance=prior.chance(at_risk, number, deaths)[order],
        after=after[order],
    )
