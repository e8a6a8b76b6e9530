"""From pixels to corners: where a tracked line lies between the rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.tracking import Path


@dataclass(frozen=True)
class Staircase:
    """A step curve in pixels of the plot area.

    Attributes
    ----------
    levels : ndarray, shape (k,)
        Rows of the horizontal stretches, sub-pixel.
    falls : ndarray, shape (k - 1,)
        Columns at which the line falls to the next level.
    first, last : float
        Columns where the line begins and ends.
    """

    levels: NDArray
    falls: NDArray
    first: float
    last: float

    def corners(self) -> tuple[NDArray, NDArray]:
        """Columns and rows of the polyline: both ends of every stretch."""
        edges = np.concatenate([[self.first], self.falls, [self.last]])
        columns = np.repeat(edges, 2)[1:-1]
        return columns, np.repeat(self.levels, 2)


def refine(path: Path, own: NDArray, amount: NDArray, line_width: float) -> Staircase:
    """Sub-pixel levels and falls of a path.

    Parameters
    ----------
    path : Path
        Integer rows per column.
    own : ndarray, shape (h, w)
        Coverage by the curve's ink.
    amount : ndarray, shape (h, w)
        Absorption by ink of the curve's colour: its centre is the line's centre.
    line_width : float
        Width of the pen.
    """
    rows = path.rows
    breaks = np.flatnonzero(np.diff(rows) != 0) + 1
    edges = np.concatenate([[0], breaks, [len(rows)]])
    columns = path.start + np.arange(len(rows))
    centres, trusted = _centres(path, own, amount, line_width)
    levels = []
    for first, last in pairwise(edges):
        good = trusted[first:last]
        row = rows[first] + 0.5
        levels.append(float(np.median(centres[first:last][good])) if good.any() else row)
    falls = [
        _fall(own, amount, rows[b - 1], rows[b], columns[b], line_width, _room(edges, k))
        for k, b in enumerate(breaks)
    ]
    falls = np.maximum.accumulate(np.array(falls, dtype=float)) if falls else np.empty(0)
    last = float(columns[-1] + 1)
    levels = np.maximum.accumulate(np.array(levels))
    return Staircase(levels, np.minimum(falls, last), float(path.start), last)


def _room(edges: NDArray, k: int) -> tuple[int, int]:
    """Columns to the neighbouring falls."""
    return int(edges[k + 1] - edges[k]), int(edges[k + 2] - edges[k + 1])


def _centres(
    path: Path, own: NDArray, amount: NDArray, line_width: float
) -> tuple[NDArray, NDArray]:
    """Centre of the ink across the line in each column, and whether only the line is there."""
    reach = int(np.ceil(line_width / 2 + 1))
    offsets = np.arange(-reach, reach + 1)
    columns = path.start + np.arange(len(path.rows))
    window = np.clip(path.rows[:, None] + offsets, 0, own.shape[0] - 1)
    weight = amount[window, columns[:, None]]
    total = weight.sum(axis=1)
    centre = (weight * (window + 0.5)).sum(axis=1) / np.maximum(total, 1e-9)
    # Ticks, falls and other lines reach beyond the pen: what lies just outside must be paper.
    outside = np.maximum(weight[:, 0], weight[:, -1])
    crest = weight.max(axis=1)
    alone = (outside < 0.15 * crest) & (path.own > 0.5) & (path.hidden < 0.2)
    alone &= np.abs(centre - path.rows - 0.5) < 1.0 + 0.25 * line_width
    return centre, alone


def _fall(
    own: NDArray,
    amount: NDArray,
    upper: int,
    lower: int,
    column: int,
    line_width: float,
    room: tuple[int, int],
) -> float:
    """Column of one fall: the centre of its stroke, or of where both levels are inked."""
    half = line_width / 2
    first, last = int(np.ceil(upper + half + 1)), int(np.floor(lower - half))
    reach = int(np.ceil(half + 1))
    left, right = max(column - reach - 1, 0), min(column + reach + 1, own.shape[1])
    if last - first >= 1:
        band = amount[first:last, left:right]
        profile = np.median(band, axis=0)
        profile = np.clip(profile - 0.1 * max(profile.max(), 1e-9), 0, None)
        if profile.sum() > 0 and own[first:last, left:right].max(axis=1).mean() > 0.5:
            return float((profile * (np.arange(left, right) + 0.5)).sum() / profile.sum())
    return _overlap(own, upper, lower, column, int(np.ceil(line_width)), room)


def _overlap(
    own: NDArray, upper: int, lower: int, column: int, width: int, room: tuple[int, int]
) -> float:
    """Middle of the columns in which both levels are inked: the pen's width around the fall."""
    height = own.shape[0]
    half = max((width - 1) // 2, 0)

    def inked(row: int, at: int) -> bool:
        block = own[max(row - half, 0) : min(row + half + 1, height), at]
        return bool(block.mean() > 0.75)

    left = right = column
    while left - 1 >= 0 and column - left < min(width, room[0]) and inked(lower, left - 1):
        left -= 1
    while right < own.shape[1] and right - column < min(width, room[1]) and inked(upper, right):
        right += 1
    return (left + right) / 2


def smallest_step(line_width: float) -> float:
    """Rows below which two levels are the same line (half a pixel; pens do not wobble more)."""
    return 0.5 if line_width >= 2 else 0.35


def merged(stairs: Staircase, line_width: float) -> Staircase:
    """Neighbouring levels nearer than can be told apart become one."""
    limit = smallest_step(line_width)
    levels, falls, weights = [stairs.levels[0]], [], []
    edges = np.concatenate([[stairs.first], stairs.falls, [stairs.last]])
    weights.append(max(edges[1] - edges[0], 1e-6))
    for k in range(1, len(stairs.levels)):
        span = max(edges[k + 1] - edges[k], 1e-6)
        if stairs.levels[k] - levels[-1] < limit:
            total = weights[-1] + span
            levels[-1] = (levels[-1] * weights[-1] + stairs.levels[k] * span) / total
            weights[-1] = total
        else:
            levels.append(stairs.levels[k])
            falls.append(stairs.falls[k - 1])
            weights.append(span)
    levels = np.maximum.accumulate(np.array(levels))
    return Staircase(levels, np.array(falls, dtype=float), stairs.first, stairs.last)


def extended(stairs: Staircase, own: NDArray, line_width: float, tick: float) -> Staircase:
    """A last fall at the end of the line, when ink runs down from there farther than a tick."""
    column = min(int(stairs.last - line_width / 2), own.shape[1] - 1)
    row = int(stairs.levels[-1])
    near = own[:, max(column - int(line_width) - 1, 0) : column + int(line_width) + 2].max(axis=1)
    below = _run(near[row:])
    above = _run(near[: row + 1][::-1])
    if below - above > max(2.0, line_width) and below > max(tick, 2.5 * line_width):
        level = row + below - line_width / 2
        falls = np.append(stairs.falls, stairs.last - line_width / 2)
        return Staircase(np.append(stairs.levels, level), falls, stairs.first, stairs.last)
    return stairs


def _run(values: NDArray) -> int:
    """Inked pixels in a row from the first."""
    paper = np.flatnonzero(values < 0.5)
    return int(paper[0]) if len(paper) else len(values)
