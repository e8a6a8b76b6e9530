"""Censoring of some of the patients at risk: binomial moves between numbers at risk.

The probability that c of n leave factorises,

    n! p^c q^(n-c) / (c! (n-c)!) = a(n) v(c) b(n - c),

with v the Poisson probability of mean p m for some m near n, so that a whole censoring step is
one Toeplitz matrix product per censoring pattern.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

# Rows carried by one matrix product: a(n) stays far from overflow within them.
LARGEST_BLOCK = 400
# Censorings this many standard deviations above their mean are not followed.
FARTHEST = 4.0
# Patients who may be censored in one step without a tick, where ticks may be missed.
MOST_UNSEEN = 4


@dataclass(frozen=True)
class Departures:
    """Chance of each number of patients leaving within one step.

    Attributes
    ----------
    most : int
        Largest number that may leave.
    log_leave, log_stay : ndarray, shape (g,)
        Per censoring pattern, log probability that a patient leaves or stays.
    weight : ndarray, shape (most + 1,), or None
        Chance of each number itself, where printed ticks give it.
    log_factorial : ndarray
        log k! for every k up to the number of patients.
    """

    most: int
    log_leave: np.ndarray
    log_stay: np.ndarray
    weight: np.ndarray | None
    log_factorial: np.ndarray

    def chance(self, gone: np.ndarray, at_risk: np.ndarray, pattern: np.ndarray) -> np.ndarray:
        """Chance that ``gone`` of ``at_risk`` leave, all of one shape but ``pattern``'s last."""
        known = np.minimum(gone, self.most)
        if self.weight is not None:
            return np.where(gone <= self.most, self.weight[known], 0.0)
        rest = np.maximum(at_risk - known, 0)
        log = self.log_factorial[at_risk] - self.log_factorial[known] - self.log_factorial[rest]
        log += known * self.log_leave[pattern] + rest * self.log_stay[pattern]
        return np.where(gone <= self.most, np.exp(log), 0.0)

    def carry(self, low: int, carried: np.ndarray, target: int) -> np.ndarray:
        """Weights after the step.

        Parameters
        ----------
        low : int
            Number at risk of the first row, at least 1.
        carried : ndarray, shape (g, rows, columns)
            Weights before the step per pattern.
        target : int
            Lowest number at risk wanted afterwards.

        Returns
        -------
        ndarray, shape (g, size, columns)
            Rows from ``target`` to the highest number before.
        """
        patterns, rows, columns = carried.shape
        size = low + rows - target
        if rows <= LARGEST_BLOCK:
            return self._carry_block(low, carried, target, size)
        after = np.zeros((patterns, size, columns))
        for first in range(0, rows, LARGEST_BLOCK):
            block = carried[:, first : first + LARGEST_BLOCK]
            bottom = max(target, low + first - self.most)
            reach = low + first + block.shape[1] - bottom
            into = slice(bottom - target, bottom - target + reach)
            after[:, into] += self._carry_block(low + first, block, bottom, reach)
        return after

    def _carry_block(self, low: int, carried: NDArray, target: int, size: int) -> NDArray:
        source = np.arange(low, low + carried.shape[1])
        if self.weight is not None:
            toeplitz = _toeplitz(self.weight[None], low - target, size, source.size)
            return toeplitz @ carried
        middle = max((low + source[-1]) // 2, 1)
        factorial, log_middle = self.log_factorial, np.log(middle)
        leave = np.exp(self.log_leave)
        gone = np.arange(self.most + 1)
        poisson = np.exp(
            gone * (self.log_leave[:, None] + log_middle)
            - factorial[: gone.size]
            - middle * leave[:, None]
        )
        raised = np.exp(factorial[source] - factorial[middle] - (source - middle) * log_middle)
        rest = np.arange(target, target + size)
        shared = factorial[middle] - factorial[rest] + (rest - middle) * log_middle
        lowered = np.exp(shared + rest * self.log_stay[:, None] + middle * leave[:, None])
        toeplitz = _toeplitz(poisson, low - target, size, source.size)
        return (toeplitz @ (carried * raised[:, None])) * lowered[..., None]


def _toeplitz(chance: NDArray, shift: int, size: int, rows: int) -> NDArray:
    """Matrices with ``chance[:, i + shift - j]`` in row j and column i, zero outside."""
    padded = np.zeros((chance.shape[0], size + rows - 1))
    # Entry x of the padded vector stands for x + shift - (size - 1) leavers.
    start = size - 1 - shift
    stop = min(start + chance.shape[1], padded.shape[1])
    padded[:, start:stop] = chance[:, : stop - start]
    windows = sliding_window_view(padded, rows, axis=1)[:, ::-1]
    return np.ascontiguousarray(windows)


def binomial_departures(stay, largest, log_factorial) -> Departures:
    """Each of up to ``largest`` patients stays with probability ``stay`` (one per pattern)."""
    leave = 1.0 - stay
    mean = largest * leave.max()
    most = int(min(largest, np.ceil(mean + FARTHEST * np.sqrt(mean) + 3)))
    log_leave = np.log(np.maximum(leave, 1e-12))
    return Departures(most, log_leave, np.log(stay), None, log_factorial)


def ticked_departures(ticks, log_factorial, *, sure=True) -> Departures:
    """One patient a printed tick, rarely more; rarely fewer too where ticks are not ``sure``."""
    gone = np.arange(3 * ticks + (1 if sure else MOST_UNSEEN))
    weight = 0.1 ** np.abs(gone - float(ticks))
    if sure:
        weight[:ticks] = 0.0
    return Departures(int(gone[-1]), np.zeros(1), np.zeros(1), weight, log_factorial)
