"""What is assumed about censoring where a publication does not print it.

Patients drop out along the way, and those still alive are censored when the study is analysed.
With follow-up ended at T, a patient not yet dead is still under observation at t with probability

    G(t) = exp(-a (t / T)^b)

Small b is loss soon after entry, b = 1 loss at a constant rate, large b a study analysed when
most patients had been followed for long; small a leaves most patients to be censored together
at T, as where a figure is cut off. Neither a nor b is known: each pair of a small grid is a
pattern, and the curve itself says which patterns it can bear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHAPES = (0.7, 1.5, 3.5, 8.0)
COARSE_SHAPES = (1.0, 5.0)
# Follow-up ends with its last patient: without a cut-off figure about one is left at T, so that
# exp(-a) is about 1 / (survivors had nobody been censored). Shares of that full amount, and how
# often each is expected; the smaller ones are figures cut off while many are observed.
AMOUNTS = (1.0, 0.5, 0.1)
AMOUNT_WEIGHTS = (0.7, 0.2, 0.1)
# How often, over the whole of follow-up, one pattern gives way to another: no study keeps to a
# two-parameter curve.
SWITCHES = 2.0


@dataclass(frozen=True)
class CensoringPatterns:
    """A grid of censoring patterns.

    Attributes
    ----------
    amount, shape : ndarray, shape (g,)
        ``a`` and ``b`` of the module's equation.
    probability : ndarray, shape (g,)
        Prior probability of each pattern.
    horizon : float
        ``T``, in months.
    """

    amount: np.ndarray
    shape: np.ndarray
    probability: np.ndarray
    horizon: float

    def hazard(self, time: ArrayLike) -> NDArray:
        """Cumulative hazard of censoring at a time, one value per pattern."""
        return self.amount * (np.asarray(time)[..., None] / self.horizon) ** self.shape

    def stay(self, start: float, stop: float) -> np.ndarray:
        """Probability of being observed at ``stop`` given observed at ``start``."""
        return np.clip(np.exp(self.hazard(start) - self.hazard(stop)), 1e-6, 1.0)

    def switch(self, start: float, stop: float) -> float:
        """Probability that another pattern takes over between two times."""
        return -np.expm1(-SWITCHES * (stop - start) / self.horizon)

    def times(
        self, start: float, stop: float, share: NDArray, lanes: NDArray, *, last: bool = False
    ) -> NDArray:
        """Times between ``start`` and ``stop`` by which shares of the leavers have left.

        Averaged over the patterns ``lanes``. After the ``last`` drop those who have not left
        stay to the end.
        """
        grid = np.linspace(start, stop, 65)
        gone = -np.expm1(self.hazard(start) - self.hazard(grid))[:, lanes]
        gone = gone if last else gone / np.maximum(gone[-1], 1e-12)
        mean = gone.mean(axis=1) + np.linspace(0, 1e-6, grid.size)
        return np.interp(np.asarray(share) * (1.0 if last else mean[-1]), mean, grid)


def usual_patterns(horizon: float, survivors: float, *, coarse: bool = False) -> CensoringPatterns:
    """The grid with its prior weights.

    Parameters
    ----------
    horizon : float
        End of follow-up, in months.
    survivors : float
        Patients that would be alive at the end had nobody been censored: n times the lowest
        survival above zero.
    coarse : bool
        Half as many shapes, which keeps the time of a large arm within bounds.
    """
    shapes = COARSE_SHAPES if coarse else SHAPES
    full = np.log(max(survivors, 2.0))
    shape, amount = (a.ravel() for a in np.meshgrid(shapes, AMOUNTS, indexing="ij"))
    weight = np.tile(AMOUNT_WEIGHTS, len(shapes)) / len(shapes)
    return CensoringPatterns(full * amount, shape, weight, horizon)
