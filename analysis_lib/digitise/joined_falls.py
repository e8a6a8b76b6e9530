"""Falls that a tracked path splits although the figure shows one stroke.

Within the pen's width a path may take a stroke down in several pieces: along its soft edges,
along the arm of a mark, or beside another line that covers its foot. Two falls are two only when
the level between them is seen: when a line drawn along both explains the ink better than a line
that falls once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.staircase import Staircase

#: Falls farther apart than the pen and this many pixels leave paper between their strokes.
BEYOND_PEN = 2.0
#: Ink (pixels) that the level between two falls must explain.
LEAST_INK = 0.5
#: Places tried for the one fall, in pixels.
GRAIN = 0.25


def joined(stairs: Staircase, shown: NDArray, known: NDArray, line_width: float) -> Staircase:
    """The staircase with falls that are drawn as one stroke made one.

    Parameters
    ----------
    stairs : Staircase
        As tracked.
    shown : ndarray, shape (h, w)
        Coverage by the line, 0 to 1, soft edges included.
    known : ndarray of bool, shape (h, w)
        Where nothing else can hide the line.
    line_width : float
        Width of the pen in pixels.
    """
    k = 0
    while k + 1 < len(stairs.falls):
        one = None
        if stairs.falls[k + 1] - stairs.falls[k] <= line_width + BEYOND_PEN:
            one = _one_fall(stairs, k, shown, known, line_width)
        if one is None:
            k += 1
            continue
        falls = np.concatenate([stairs.falls[:k], [one], stairs.falls[k + 2 :]])
        stairs = Staircase(np.delete(stairs.levels, k + 1), falls, stairs.first, stairs.last)
        k = max(k - 1, 0)
    return stairs


def _one_fall(
    stairs: Staircase, k: int, shown: NDArray, known: NDArray, line_width: float
) -> float | None:
    """Where falls ``k`` and ``k + 1`` are one; ``None`` when the level between them is seen."""
    levels, falls = stairs.levels[k : k + 3], stairs.falls[k : k + 2]
    reach = line_width / 2 + 2
    rows = _range(levels[0] - reach, levels[2] + reach, shown.shape[0])
    columns = _range(falls[0] - reach, falls[1] + reach, shown.shape[1])
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    ink, seen = shown[box], known[box]

    def unexplained(steps: NDArray, at: NDArray) -> float:
        drawn = _drawn(steps, at, rows, columns, line_width)
        return float(np.sum(np.abs(ink - drawn)[seen]))

    places = np.arange(falls[0], falls[1] + GRAIN / 2, GRAIN)
    ends = levels[[0, 2]]
    once = [unexplained(ends, np.array([place])) for place in places]
    if min(once) - unexplained(levels, falls) > LEAST_INK:
        return None
    return float(places[int(np.argmin(once))])


def _range(first: float, last: float, size: int) -> NDArray:
    """Whole pixels from ``first`` to ``last`` inside the image, at least one."""
    lower = min(max(int(np.floor(first)), 0), size - 1)
    return np.arange(lower, max(min(int(np.ceil(last)), size), lower + 1))


def _drawn(
    levels: NDArray, falls: NDArray, rows: NDArray, columns: NDArray, line_width: float
) -> NDArray:
    """Coverage of pixels by a step line that runs through the whole box."""
    half = line_width / 2
    edges = np.concatenate([[columns[0] - half], falls, [columns[-1] + 1 + half]])
    drawn = np.zeros((len(rows), len(columns)))
    for level, left, right in zip(levels, edges[:-1], edges[1:], strict=True):
        stretch = np.outer(
            _covered(rows, level - half, level + half),
            _covered(columns, left - half, right + half),
        )
        drawn = np.maximum(drawn, stretch)
    for upper, lower, fall in zip(levels[:-1], levels[1:], falls, strict=True):
        stroke = np.outer(
            _covered(rows, upper - half, lower + half),
            _covered(columns, fall - half, fall + half),
        )
        drawn = np.maximum(drawn, stroke)
    return drawn


def _covered(pixels: NDArray, first: float, last: float) -> NDArray:
    """Share of each pixel between two places."""
    return np.clip(np.minimum(pixels + 1, last) - np.maximum(pixels, first), 0.0, 1.0)
