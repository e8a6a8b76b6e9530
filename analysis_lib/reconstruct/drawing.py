"""Backward draws of paths, guided to a total of deaths where one is printed.

A guided draw prefers states whose deaths so far fit what is missing, and keeps count of how much
too often it went there; draws that have become hopeless are replaced by copies of promising
ones. This is a twisted particle filter (Whiteley and Lee 2014, Annals of Statistics 42:115) run
backward; with its weights the draws follow the posterior distribution given the total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The variance of deaths so far, for guiding draws to a total, is taken this much larger.
GUIDE_WIDENING = 1.2


@dataclass
class DrawState:
    """Where each draw stands on its way back, and the deaths it still misses."""

    at_risk: np.ndarray
    bin: np.ndarray
    lane: np.ndarray
    missing: np.ndarray | None
    log_weight: np.ndarray
    log_guide: np.ndarray

    @classmethod
    def start(
        cls,
        low: int,
        weight: NDArray,
        means: NDArray,
        size: int,
        generator: np.random.Generator,
        total: int | None,
    ) -> DrawState:
        log_weight = np.zeros(size)
        if total is not None:
            guide = _guide(means, total)[..., None]
            weight = weight * guide
        edges = np.cumsum(weight.reshape(-1))
        _refuse_nothing(edges[-1:])
        index = np.searchsorted(edges, generator.random(size) * edges[-1], side="right")
        row, column, lane = np.unravel_index(np.minimum(index, weight.size - 1), weight.shape)
        state = cls(low + row, column, lane, None, log_weight, log_weight)
        if total is not None:
            state.log_guide = np.log(guide[row, column, 0])
            state.log_weight = -state.log_guide
            state.missing = np.full(size, total)
        return state

    def choose(
        self, weight: NDArray, means: NDArray, deaths: NDArray | int, generator: np.random.Generator
    ) -> NDArray:
        """One source per draw, by its weight and by how well its deaths so far fit."""
        if self.missing is None:
            return choose_one(weight, generator)
        guide = _guide(means, self.missing[:, None] - deaths)
        guided = weight * guide
        _refuse_nothing(weight.sum(axis=1))
        chosen = choose_one(guided, generator)
        self.log_weight += np.log(guided.sum(axis=1) / weight.sum(axis=1))
        self.log_guide = np.log(guide[np.arange(chosen.size), chosen])
        self.log_weight -= self.log_guide
        return chosen

    def worn(self) -> bool:
        """Whether few draws carry most of the weight, by what is likely to become of them."""
        weight = self._promise()
        return weight.sum() ** 2 < 0.5 * weight.size * (weight**2).sum()

    def renew(self, generator: np.random.Generator) -> NDArray:
        """Draw again among the draws by their promise (systematic resampling)."""
        weight = self._promise()
        mark = (np.arange(weight.size) + generator.random()) / weight.size
        again = np.searchsorted(np.cumsum(weight) / weight.sum(), mark)
        again = np.minimum(again, weight.size - 1)
        for name in ("at_risk", "bin", "lane", "missing", "log_guide"):
            setattr(self, name, getattr(self, name)[again])
        self.log_weight = -self.log_guide
        return again

    def _promise(self) -> NDArray:
        log = self.log_weight + self.log_guide
        return np.exp(log - log.max())


def _guide(means: NDArray, missing: NDArray | int) -> NDArray:
    """How well deaths so far, as a normal number, fit those missing; never nothing."""
    mean, square = means[..., 1], means[..., 2]
    spread = GUIDE_WIDENING * np.maximum(square - mean**2, 0.0) + 0.25
    return np.exp(-0.5 * (missing - mean) ** 2 / spread) / np.sqrt(spread) + 1e-12


class NoPathError(Exception):
    """No path has any weight: the facts cannot stand together as they are asked for."""


def choose_one(weight: NDArray, generator: np.random.Generator) -> NDArray:
    """One index per row, with probability proportional to the weights."""
    edges = np.cumsum(weight, axis=1)
    _refuse_nothing(edges[:, -1])
    mark = generator.random(weight.shape[0]) * edges[:, -1]
    return np.minimum((edges <= mark[:, None]).sum(axis=1), weight.shape[1] - 1)


def _refuse_nothing(total: NDArray) -> None:
    # A NaN compares as False, too.
    if not total.min() > 0:
        raise NoPathError
