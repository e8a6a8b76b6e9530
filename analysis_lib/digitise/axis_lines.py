"""Where the two axes stand: long thin lines, the edges of a tinted panel, or a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.figure import PlotArea

#: Contrasts with the page (of 255) tried in turn: black axes, grey ones, pale grids.
CONTRASTS = (110.0, 45.0, 12.0)
#: An axis spans at least this share of the figure's width or height.
SHORTEST_SHARE = 0.25
#: Axes that do not meet (R without a box) stay apart by at most this share of their length.
LARGEST_GAP = 0.09
#: A line is at most this many times thinner than the figure is large.
THINNEST = 60


@dataclass(frozen=True)
class Line:
    """A straight line: its place across, and from where to where it runs (pixels)."""

    place: float
    first: int
    last: int
    thickness: int

    @property
    def length(self) -> int:
        """Pixels from end to end."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class Axes:
    """One x axis and one y axis that belong together."""

    x_axis: Line
    y_axis: Line
    area: PlotArea


def page_colour(colours: NDArray) -> NDArray:
    """Commonest colour along the edges of the figure, shape (3,)."""
    edge = max(3, min(colours.shape[:2]) // 40)
    sides = (colours[:edge], colours[-edge:], colours[:, :edge], colours[:, -edge:])
    return commonest_colour(np.concatenate([side.reshape(-1, 3) for side in sides]))


def commonest_colour(pixels: NDArray) -> NDArray:
    """Median of the fullest cell of colours, shape (3,), of pixels, shape (n, 3)."""
    codes = (pixels // 8).astype(int) @ np.array([4096, 64, 1])
    values, counts = np.unique(codes, return_counts=True)
    return np.median(pixels[codes == values[np.argmax(counts)]], axis=0)


def row_lines(contrast: NDArray, threshold: float, shortest: int) -> list[Line]:
    """Horizontal lines of at least ``shortest`` pixels, thin across."""
    mask = contrast > threshold
    # Gaps of a pixel or two come from JPEG and from curves that cross a pale line.
    joined = ndimage.binary_closing(mask, np.ones((1, 5)))
    runs = ndimage.minimum_filter1d(joined.view(np.uint8), shortest, axis=1) > 0
    rows = np.flatnonzero(runs.any(axis=1))
    lines = []
    for group in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        if len(group) and len(group) <= max(5, contrast.shape[0] // THINNEST):
            lines.append(_line(contrast, joined, runs, group))
    return lines


def _line(contrast: NDArray, joined: NDArray, runs: NDArray, group: NDArray) -> Line:
    """The line in neighbouring rows: the longest run that holds a long stretch."""
    inked = joined[group].any(axis=0)
    seeds = runs[group].any(axis=0)
    labels, count = ndimage.label(inked)
    sizes = ndimage.sum_labels(np.ones_like(labels), labels, np.arange(1, count + 1))
    seeded = np.unique(labels[seeds & inked])
    chosen = max(seeded[seeded > 0], key=lambda k: sizes[k - 1])
    columns = np.flatnonzero(labels == chosen)
    lower, upper = max(group[0] - 1, 0), min(group[-1] + 2, contrast.shape[0])
    weight = np.median(contrast[lower:upper, columns], axis=1)
    weight = np.clip(weight - weight.min() * 0.5, 0, None)
    if not weight.any():  # dashes: the middle of most columns is paper
        weight = np.ones(len(weight))
    place = float(np.sum(weight * (np.arange(lower, upper) + 0.5)) / np.sum(weight))
    return Line(place, int(columns[0]), int(columns[-1]), len(group))


def axes_candidates(contrast: NDArray, colours: NDArray) -> Iterator[Axes]:
    """Pairs of axes, the likeliest first: dark lines, then a panel's edges, then a grid.

    Parameters
    ----------
    contrast : ndarray, shape (h, w)
        Difference from the page's colour.
    colours : ndarray, shape (h, w, 3)
        The figure.
    """
    panel = panel_edges(colours, contrast)
    for position, threshold in enumerate(CONTRASTS):
        if position == len(CONTRASTS) - 1 and panel is not None:
            yield panel
        yield from _pairs(contrast, threshold)


def _pairs(contrast: NDArray, threshold: float) -> list[Axes]:
    height, width = contrast.shape
    level = row_lines(contrast, threshold, max(20, int(SHORTEST_SHARE * width)))
    upright = row_lines(contrast.T, threshold, max(20, int(SHORTEST_SHARE * height * 0.8)))
    pairs = []
    for x_axis in level:
        for y_axis in upright:
            beside = abs(x_axis.first - y_axis.place) <= LARGEST_GAP * x_axis.length
            below = abs(y_axis.last - x_axis.place) <= LARGEST_GAP * y_axis.length
            if beside and below:
                pairs.append(Axes(x_axis, y_axis, _area(x_axis, y_axis, level, upright)))
    # The largest first; of neighbouring ones (an inner grid line) the outermost.
    return sorted(pairs, key=lambda a: -(a.area.width * a.area.height))


def _area(x_axis: Line, y_axis: Line, level: list[Line], upright: list[Line]) -> PlotArea:
    """Between the axes; a frame's other two sides give their exact place."""
    right = float(max(x_axis.last, y_axis.place) + 1)
    top = float(y_axis.first)
    for line in upright:
        if abs(line.place - right) < 4 and line.length > 0.9 * y_axis.length:
            right = line.place
    for line in level:
        if abs(line.place - top) < 4 and line.length > 0.9 * x_axis.length:
            top = line.place
    return PlotArea(y_axis.place, top, right, x_axis.place)


def panel_edges(colours: NDArray, contrast: NDArray) -> Axes | None:
    """Edges of a rectangle tinted differently from the page (ggplot2's grey panel)."""
    height, width = contrast.shape
    tinted = colours[contrast > 6]
    if not len(tinted):
        return None
    codes = (tinted // 4).astype(int) @ np.array([4096, 64, 1])
    values, counts = np.unique(codes, return_counts=True)
    if counts.max() < 0.1 * height * width:
        return None
    shade = np.median(tinted[codes == values[np.argmax(counts)]], axis=0)
    mask = np.abs(colours - shade).max(axis=2) < 5
    rows = np.flatnonzero(mask.sum(axis=1) > 0.3 * mask.sum(axis=1).max())
    columns = np.flatnonzero(mask.sum(axis=0) > 0.3 * mask.sum(axis=0).max())
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    if right - left < SHORTEST_SHARE * width or bottom - top < SHORTEST_SHARE * height:
        return None
    return Axes(
        Line(float(bottom), int(left), int(right), 0),
        Line(float(left), int(top), int(bottom), 0),
        PlotArea(float(left), float(top), float(right), float(bottom)),
    )
