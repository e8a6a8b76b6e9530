"""The cheapest falling staircase through the ink of one curve, by dynamic programming.

A survival curve never rises: from column to column the path stays in its row or falls. Own ink
earns, paper costs, other ink (which may hide the curve) is nearly free. With the cost of
falling summed down each column, the best predecessor of every row is a running minimum, so
that the exact optimum over all staircases and ends costs one pass over the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Cost of one pixel along ink that may hide the curve: free, but never preferred to own ink.
HIDDEN = 0.01
#: Share of ink across the pen from which a column shows the curve.
SEEN = 0.35
#: Cost of one pixel of a fall that is not drawn.
UNDRAWN_FALL = 1.0
#: Cost of any fall, against falls that only follow noise.
FALL = 0.4


@dataclass(frozen=True)
class Path:
    """A staircase.

    Attributes
    ----------
    start : int
        First column.
    rows : ndarray of int, shape (n,)
        Row of the curve in each column from ``start`` on.
    gain : float
        Ink earned less costs, in pixels.
    own : ndarray, shape (n,)
        Share of own ink at each column of the path.
    hidden : ndarray, shape (n,)
        Share of other ink.
    undrawn : float
        Pixels of paper that its falls cross.
    """

    start: int
    rows: NDArray
    gain: float
    own: NDArray
    hidden: NDArray
    undrawn: float

    @property
    def n_own(self) -> int:
        """Columns in which the curve itself is seen."""
        return int(np.sum(self.own > SEEN))


def track(
    own: NDArray,
    hidden: NDArray,
    furniture: NDArray,
    *,
    line_width: float,
    gap_cost: float,
    start: int,
    start_rows: tuple[float, float],
) -> Path | None:
    """Best staircase that starts in given rows; ``None`` when no ink is worth following.

    Parameters
    ----------
    own, hidden : ndarray, shape (h, w)
        Coverage by the curve's ink and by other ink, 0 to 1.
    furniture : ndarray of bool, shape (h, w)
        Axes and frame: a curve may run along them unseen, but does not fall along them.
    line_width : float
        Width of the pen in pixels.
    gap_cost : float
        Cost of one pixel of paper along the path: high for solid, low for dashed lines.
    start : int
        First column.
    start_rows : tuple of float
        First and last row in which the curve may start.
    """
    # Pixels that a soft-edged pen covers in full, wherever it lies between them.
    size = max(1, int(line_width))
    behind = np.clip(hidden + furniture, 0.0, 1.0 - own)
    along = [ndimage.uniform_filter1d(m, size, axis=0)[:, start:] for m in (own, behind)]
    across = [ndimage.uniform_filter1d(m, size, axis=1)[:, start:] for m in (own, hidden)]
    paper = np.clip(1.0 - along[0] - along[1], 0.0, 1.0)
    stay = gap_cost * paper + HIDDEN * along[1] - along[0]
    undrawn = np.clip(1.0 - across[0] - across[1], 0.0, 1.0)
    crossed = np.cumsum(undrawn, axis=0)
    falling = UNDRAWN_FALL * crossed + HIDDEN * np.cumsum(across[1], axis=0)
    rows = np.arange(own.shape[0])
    away = np.maximum(start_rows[0] - rows, rows - start_rows[1])
    value = np.where(away <= 0, 0.0, np.where(rows > start_rows[1], 2.0 * away, np.inf))
    came, best = _forward(stay, falling, value)
    if best[0] >= 0.0:
        return None
    path = _backward(came, best[1], best[2])
    columns = np.arange(len(path))
    before = np.concatenate([path[:1], path[:-1]])
    missing = float(np.sum(crossed[path, columns] - crossed[before, columns]))
    seen = along[0][path, columns], along[1][path, columns]
    return Path(start, path, float(-best[0]), *seen, missing)


def _forward(
    stay: NDArray, falling: NDArray, value: NDArray
) -> tuple[NDArray, tuple[float, int, int]]:
    """Running minimum over the columns; where each row came from, and the best end."""
    height, width = stay.shape
    index = np.arange(height, dtype=np.int32)
    came = np.empty((width, height), dtype=np.int32)
    best = (0.0, 0, 0)
    stay, falling = np.ascontiguousarray(stay.T), np.ascontiguousarray(falling.T)
    for column in range(width):
        lifted = value - falling[column]
        lowest = np.minimum.accumulate(lifted)
        source = np.maximum.accumulate(np.where(lifted <= lowest, index, 0))
        fallen = lowest + falling[column] + FALL
        falls = fallen < value
        came[column] = np.where(falls, source, index)
        value = np.where(falls, fallen, value) + stay[column]
        row = int(np.argmin(value))
        if value[row] < best[0]:
            best = (float(value[row]), column, row)
    return came, best


def _backward(came: NDArray, column: int, row: int) -> NDArray:
    path = np.empty(column + 1, dtype=int)
    for position in range(column, -1, -1):
        path[position] = row
        row = came[position, row]
    return path
