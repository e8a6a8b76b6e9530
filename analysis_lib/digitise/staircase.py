"""From pixels to corners: where a tracked line lies between the rows and columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.tracking import Path

#: Rows beyond half the pen in which a hidden start is the start, and a level the axis beside it.
NEAR_BOUND = 2.5
NEAR_AXIS = 0.5


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


def refine(
    path: Path, own: NDArray, amount: NDArray, line_width: float
) -> tuple[Staircase, NDArray]:
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

    Returns
    -------
    stairs : Staircase
    exact : ndarray
        Levels that a column shows in which the line stands alone.
    """
    rows = path.rows
    breaks = np.flatnonzero(np.diff(rows) != 0) + 1
    edges = np.concatenate([[0], breaks, [len(rows)]])
    columns = path.start + np.arange(len(rows))
    centres, alone, beside = _centres(path, own, amount, line_width)
    levels, seen = [], []
    for first, last in pairwise(edges):
        here = slice(first, last)
        good = next((kind[here] for kind in (alone, beside) if kind[here].any()), None)
        level = rows[first] + 0.5 if good is None else np.median(centres[here][good])
        levels.append(float(level))
        seen.append(bool(alone[here].any()))
    falls = [
        _fall(own, amount, rows[b - 1], rows[b], columns[b], line_width, _room(edges, k))
        for k, b in enumerate(breaks)
    ]
    falls = np.maximum.accumulate(np.array(falls, dtype=float)) if falls else np.empty(0)
    last = float(columns[-1] + 1)
    exact = np.array(levels)[seen]
    levels = np.maximum.accumulate(np.array(levels))
    return Staircase(levels, np.minimum(falls, last), float(path.start), last), exact


def _room(edges: NDArray, k: int) -> tuple[int, int]:
    """Columns to the neighbouring falls."""
    return int(edges[k + 1] - edges[k]), int(edges[k + 2] - edges[k + 1])


def _centres(
    path: Path, own: NDArray, amount: NDArray, line_width: float
) -> tuple[NDArray, NDArray, NDArray]:
    """Centre of the line in each column; where it stands alone, and where one edge does."""
    reach = int(np.ceil(line_width / 2 + 1))
    offsets = np.arange(-reach, reach + 1)
    columns = path.start + np.arange(len(path.rows))
    window = np.clip(path.rows[:, None] + offsets, 0, own.shape[0] - 1)
    weight = amount[window, columns[:, None]]
    total = weight.sum(axis=1)
    centre = (weight * (window + 0.5)).sum(axis=1) / np.maximum(total, 1e-9)
    # Ticks, falls and other lines reach beyond the pen: what lies just outside must be paper.
    crest = weight.max(axis=1)
    above, below = weight[:, 0] < 0.15 * crest, weight[:, -1] < 0.15 * crest
    shown = (path.own > 0.5) & (path.hidden < 0.2)
    alone = above & below & shown
    if alone.any():
        # Where a stroke or a mark stands on one side, the other side's edge shows the line.
        full = float(np.median(crest[alone]))
        pen = float(np.median(total[alone])) / full
        upper = path.rows + 1 - weight[:, : reach + 1].sum(axis=1) / full + pen / 2
        lower = path.rows + weight[:, reach:].sum(axis=1) / full - pen / 2
        centre = np.where(alone, centre, np.where(above, upper, lower))
    near = np.abs(centre - path.rows - 0.5) < 1.0 + 0.25 * line_width
    beside = (above != below) & shown & near & alone.any()
    return centre, alone & near, beside


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


def begun(stairs: Staircase, begin: float, line_width: float) -> Staircase:
    """A curve whose first level is not seen: every curve begins at the row ``begin``.

    One that is first seen lower than half a pen and ``NEAR_BOUND`` begins where it is seen.
    """
    if 0 <= stairs.levels[0] - begin <= line_width / 2 + NEAR_BOUND:
        return replace(stairs, levels=np.concatenate([[begin], stairs.levels[1:]]))
    if len(stairs.falls) and stairs.falls[0] - stairs.first <= line_width:
        return replace(stairs, levels=stairs.levels[1:], falls=stairs.falls[1:])
    return stairs


def on_axis(stairs: Staircase, closed: NDArray, end: float, line_width: float) -> Staircase:
    """Levels that an axis hides in part, on it when it stands for the last possible value."""
    height = closed.shape[0]
    rows = np.clip(stairs.levels.astype(int), 0, height - 1)
    column = min(int(stairs.last - line_width / 2), closed.shape[1] - 1)
    reach = int(np.ceil(line_width / 2))
    covered = np.array([closed[max(r - reach, 0) : r + reach + 1, column].any() for r in rows])
    near = covered & (np.abs(stairs.levels - end) <= line_width / 2 + NEAR_AXIS)
    return replace(stairs, levels=np.where(near, end, stairs.levels))


def extended(
    stairs: Staircase, own: NDArray, closed: NDArray, line_width: float, tick: float
) -> Staircase:
    """A last fall at the end of the line, when ink runs down from there farther than a tick.

    Parameters
    ----------
    stairs : Staircase
        The line up to there.
    own : ndarray, shape (h, w)
        Coverage by its ink.
    closed : ndarray of bool, shape (h, w)
        Axes and frame: a fall that reaches them may end in the middle of them.
    line_width, tick : float
        Width of the pen and depth of a censor tick below the line.
    """
    width = own.shape[1]
    column = min(int(stairs.last - line_width / 2), width - 1)
    row = int(stairs.levels[-1])
    first, last = max(column - int(line_width) - 1, 0), column + int(line_width) + 2
    below = _run(own[row:, first:last].max(axis=1))
    # The stroke of the fall before is no part of a tick that stands on the line.
    clear = first
    if len(stairs.falls):
        clear = max(first, int(np.ceil(stairs.falls[-1] + line_width / 2)))
    above = _run(own[: row + 1, clear:last].max(axis=1)[::-1]) if clear < min(last, width) else 0
    if below - above > max(2.0, line_width) and below > max(tick, 2.5 * line_width):
        level = _foot(row + below, closed[:, column], line_width)
        falls = np.append(stairs.falls, stairs.last - line_width / 2)
        return Staircase(np.append(stairs.levels, level), falls, stairs.first, stairs.last)
    return stairs


def _foot(end: int, closed: NDArray, line_width: float) -> float:
    """Row of the level at which a stroke's ink ends: within an axis it is the axis's middle."""
    axis = np.flatnonzero(closed[end : end + 2])
    if not len(axis):
        return end - line_width / 2
    first = end + int(axis[0])
    return first + min(_run(closed[first:].astype(float)), line_width) / 2


def _run(values: NDArray) -> int:
    """Inked pixels in a row from the first."""
    paper = np.flatnonzero(values < 0.5)
    return int(paper[0]) if len(paper) else len(values)
