"""Ink that stands beside a line: what is drawn in its colour and is not the line itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.separation import along
from analysis_lib.digitise.tracking import Path

#: A tick's half height is at most this share of the plot's height.
TALLEST = 0.06


@dataclass(frozen=True)
class Beside:
    """What stands beside the line of a path.

    Attributes
    ----------
    path : Path
        Where the line runs.
    ink : ndarray, shape (h, w)
        Ink of its colour without the line.
    near, foreign, hidden : ndarray of bool, shape (h, w)
        Where that ink touches the line, where other ink is, and where nothing is known.
    pen, reach : int
        Width of the line and largest height of a mark, in pixels.
    """

    path: Path
    ink: NDArray
    near: NDArray
    foreign: NDArray
    hidden: NDArray
    pen: int
    reach: int


def beside_line(
    path: Path, ink: NDArray, other: NDArray, closed: NDArray, line_width: float
) -> Beside:
    """What stands beside a curve's line.

    Parameters
    ----------
    path : Path
        The curve.
    ink, other : ndarray, shape (h, w)
        Ink that may be its ticks, and ink that may hide them.
    closed : ndarray of bool, shape (h, w)
        Where ticks cannot be seen: axes, frame.
    line_width : float
        Width of the line in pixels.
    """
    unexplained, line, pen = _unexplained(path, ink, line_width)
    reach = max(4, int(TALLEST * ink.shape[0]))
    labels, _ = ndimage.label(unexplained > 0.5, structure=np.ones((3, 3)))
    touching = np.unique(labels[ndimage.binary_dilation(line, np.ones((3, 3)), iterations=2)])
    near = np.isin(labels, touching[touching > 0]) & along(path, ink.shape, reach)
    foreign = (other > 0.5) | closed
    hidden = line | closed | ndimage.binary_dilation(other > 0.5, np.ones((3, 3)))
    return Beside(path, unexplained, near & ~foreign, foreign, hidden, pen, reach)


def _unexplained(path: Path, ink: NDArray, line_width: float) -> tuple[NDArray, NDArray, int]:
    """Ink beside the line of a path, the pixels of that line, and its width.

    The width is the path's own: the pen that a figure uses most may be that of its ticks.
    """
    height, width = ink.shape
    rows, columns = path.rows, path.start + np.arange(len(path.rows))
    over, under = _thickness(path, ink, line_width)
    pen = min(int(np.median(over) + np.median(under)), int(np.ceil(line_width))) + 1
    before = np.concatenate([rows[:1], rows[:-1]])
    upper, lower = np.full(width, height), np.full(width, -1)
    upper[columns] = np.minimum(rows - over, before - np.append(over[:1], over[:-1]))
    lower[columns] = np.maximum(rows + under, before + np.append(under[:1], under[:-1]))
    # The stroke of a fall is the pen's width around its column, and a pixel more.
    size = 2 * ((pen + 1) // 2) + 1
    upper = ndimage.minimum_filter1d(upper, size)
    lower = ndimage.maximum_filter1d(lower, size)
    index = np.arange(height)[:, None]
    line = (index >= upper) & (index <= lower)
    return np.where(line, 0.0, ink), line, pen


def _thickness(path: Path, ink: NDArray, line_width: float) -> tuple[NDArray, NDArray]:
    """Pixels of the line above and below each pixel of a path.

    Of a stretch the thinner columns count: the others hold ticks. A stretch that is thicker than
    the line elsewhere, but for the pixel that its place between rows makes, is full of ticks.
    """
    height = ink.shape[0]
    columns = path.start + np.arange(len(path.rows))
    steps = np.arange(1, max(4, int(TALLEST * height)))
    seen = ink[path.rows, columns] > 0.5
    runs = []
    for sign in (-1, 1):
        rows = np.clip(path.rows[:, None] + sign * steps, 0, height - 1)
        inked = ink[rows, columns[:, None]] > 0.5
        runs.append(np.logical_and.accumulate(inked, axis=1).sum(axis=1))
    over, under = runs
    most = int(np.ceil(line_width)) + 1
    if seen.any():
        most = min(most, int(np.quantile((over + under)[seen], 0.3)) + 1)
    edges = np.full((2, len(columns)), int(np.ceil(line_width / 2)))
    stretches = np.cumsum(np.concatenate([[0], np.diff(path.rows) != 0]))
    for k in np.unique(stretches[seen]):
        here = (stretches == k) & seen
        edge = [int(np.quantile(run[here], 0.3)) for run in runs]
        if sum(edge) <= most:
            edges[:, stretches == k] = np.array(edge)[:, None]
    return edges[0], edges[1]


def patches(image: NDArray, rows: NDArray, columns: NDArray, reach: tuple) -> NDArray:
    """Surroundings of places; 0 outside the image. Shape (n, height, width)."""
    high, wide = reach
    padded = np.pad(image, ((high, high), (wide, wide)))
    down = rows[:, None, None] + np.arange(2 * high + 1)[:, None]
    return padded[down, columns[:, None, None] + np.arange(2 * wide + 1)]
