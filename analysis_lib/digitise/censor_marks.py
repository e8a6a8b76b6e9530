"""Censor ticks by their picture: wherever it fits the ink that lines leave unexplained.

Strokes, pluses, crosses, rings and dots are all small pictures centred on the line. What lies
under a line, or at its soft edge, is neither for nor against a mark; what is seen of the mark must
be inked, and as few marks are taken as explain the ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.beside_lines import Beside, patches
from analysis_lib.digitise.tracking import Path

#: A mark this much as wide as high is no stroke; narrower ones than so many pixels may be.
BROAD = 0.6
NARROW = 4.0
#: A mark is judged by what lines leave of it: at least this share of its picture.
VISIBLE = 0.3
#: Of what is seen of a mark so much is inked.
MATCH = 0.8
#: And so much is ink that no other mark explains.
FRESH = 0.3
#: A stroke found otherwise stays when this share of a mark is seen there, and so much of it inked.
LEAST = 0.1
LOOSE = 0.4
#: Pixels that most marks ink; those at the edge differ with the place between pixels.
CORE = 0.6


@dataclass(frozen=True)
class Mark:
    """Picture of a censor tick without the line it stands on.

    Attributes
    ----------
    picture : ndarray, shape (2 a + 1, 2 b + 1)
        Coverage, 0 to 1, around the middle pixel, which lies on the line.
    above, below : float
        How far the mark reaches from the middle of the line, in pixels.
    width : float
        Columns it covers.
    middle : float
        Pixels from the middle pixel to the middle of the mark.
    """

    picture: NDArray
    above: float
    below: float
    width: float
    middle: float

    @property
    def broad(self) -> bool:
        """Whether it is no stroke: a cross, ring or dot."""
        return self.width > max(BROAD * (self.above + self.below), NARROW)


def find_marks(mark: Mark, beside: Beside) -> NDArray:
    """Columns in which a mark stands on a line: as few as explain the ink beside it.

    Returns
    -------
    ndarray, shape (n,)
        Columns of the plot area, ascending.
    """
    # Of a line between two rows the rings may be a pixel off; a stroke's place along itself
    # tells nothing.
    slack = 1 if mark.broad else 0
    rows, columns, inked, visible, missing = fitting(mark, beside, slack=slack)
    reach = (mark.picture.shape[0] // 2, mark.picture.shape[1] // 2)
    left = np.ones_like(beside.ink)
    ticks = []
    while len(rows):
        fresh = (inked * patches(left, rows, columns, reach)).sum(axis=(1, 2))
        gain = np.where(fresh >= FRESH * visible, fresh - missing, -np.inf)
        best = int(np.argmax(gain))
        if not np.isfinite(gain[best]):
            break
        ticks.append(columns[best] + 0.5 + mark.middle)
        take(left, mark.picture, rows[best], columns[best])
    return np.sort(np.array(ticks))


def supported(columns: NDArray, mark: Mark, beside: Beside) -> NDArray:
    """Which of some columns show enough of a mark, as far as it can be seen there."""
    _, at, *_ = fitting(mark, beside, match=LOOSE, least=LEAST)
    reach = mark.width / 2 + 1.5
    at = at + 0.5 + mark.middle
    return np.array([bool((np.abs(at - column) <= reach).any()) for column in columns], dtype=bool)


def share_explained(mark: Mark, beside: Sequence[Beside]) -> float:
    """Share of the ink beside the lines that lies where such a mark can stand."""
    explained = total = 0.0
    for b in beside:
        rows, columns, _, _, _ = fitting(mark, b)
        left = np.ones_like(b.ink)
        for row, column in zip(rows, columns, strict=True):
            take(left, mark.picture, row, column)
        total += b.near.sum()
        explained += (b.near * (1.0 - left)).sum()
    return explained / max(total, 1.0)


def fitting(
    mark: Mark, beside: Beside, *, match: float = MATCH, least: float = VISIBLE, slack: int = 0
) -> tuple[NDArray, ...]:
    """Where a mark may stand: rows, columns, inked pictures, how much is visible and missing."""
    rows, columns = _places(beside.path, slack)
    reach = (mark.picture.shape[0] // 2, mark.picture.shape[1] // 2)
    core = np.where(mark.picture >= CORE * mark.picture.max(), mark.picture, 0.0)
    # Most places have no ink about them: the pictures there need not be compared.
    around = ndimage.uniform_filter(beside.ink, mark.picture.shape, mode="constant")
    about = around[np.clip(rows, 0, len(around) - 1), columns] * mark.picture.size
    some = about >= 0.99 * match * least * core.sum()
    rows, columns = rows[some], columns[some]
    shown = core * patches(1.0 - beside.hidden, rows, columns, reach)
    inked = shown * patches(beside.ink, rows, columns, reach)
    visible, matched = shown.sum(axis=(1, 2)), inked.sum(axis=(1, 2))
    good = (visible >= least * core.sum()) & (matched >= match * visible)
    missing = (visible - matched)[good]
    return rows[good], columns[good], inked[good], visible[good], missing


def _places(path: Path, slack: int) -> tuple[NDArray, NDArray]:
    """Rows and columns where marks may stand: on the line, near falls on every level passed.

    ``slack`` is how many rows a mark may be off the line. Falls that are drawn in one column
    hide the levels between them.
    """
    upper = ndimage.minimum_filter1d(path.rows, 5, mode="nearest") - slack
    lower = ndimage.maximum_filter1d(path.rows, 5, mode="nearest") + slack
    count = lower - upper + 1
    columns = np.repeat(path.start + np.arange(len(path.rows)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    return np.repeat(upper, count) + np.arange(len(columns)) - first, columns


def take(left: NDArray, picture: NDArray, row: int, column: int) -> None:
    """Ink that a mark explains is no longer there to be explained."""
    high, wide = picture.shape[0] // 2, picture.shape[1] // 2
    top, begin = max(row - high, 0), max(column - wide, 0)
    window = left[top : row + high + 1, begin : column + wide + 1]
    part = picture[top - row + high :, begin - column + wide :]
    window *= 1.0 - np.minimum(1.5 * part[: window.shape[0], : window.shape[1]], 1.0)
