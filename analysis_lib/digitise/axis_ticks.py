"""Tick marks and the places of their labels beside an axis, without reading the labels.

Everything is written for an x axis with its labels below; a y axis is handed in turned, so
that "below" means to its left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.axis_lines import Line

#: Strokes shorter than this share of the figure are tick marks, longer ones grid lines.
LONGEST_TICK = 0.06
#: Contrast of a tick mark and of a letter.
TICK_CONTRAST = 40.0
LETTER_CONTRAST = 60.0
#: Marks and middles of labels lie on the axis, but for this share of its length.
BEYOND = 0.02


@dataclass(frozen=True)
class Label:
    """A word beside an axis: its middle and extent along the axis, its distance from it."""

    middle: float
    first: float
    last: float
    near: float
    far: float


def tick_marks(contrast: NDArray, axis: Line, *, outward: bool) -> tuple[NDArray, NDArray]:
    """Places and lengths of the strokes that stand on an axis.

    Parameters
    ----------
    contrast : ndarray, shape (h, w)
        Difference from the page, the axis along the columns.
    axis : Line
        The axis.
    outward : bool
        Strokes below the axis (away from the curves), else above it.

    Returns
    -------
    places, lengths : ndarray
        Columns (sub-pixel) and lengths in pixels.
    """
    height = contrast.shape[0]
    reach = max(4, int(LONGEST_TICK * min(contrast.shape)))
    half = max(axis.thickness, 1) / 2
    if outward:
        start = int(np.floor(axis.place + half + 0.3))
        strip = contrast[start : min(start + reach + 1, height)]
    else:
        start = int(np.ceil(axis.place - half - 0.3)) - 1
        strip = contrast[max(start - reach, 0) : start + 1][::-1]
    if len(strip) < 2:
        return np.empty(0), np.empty(0)
    inked = strip > TICK_CONTRAST
    # The first row may be the axis line's own soft edge: it counts only when more follows.
    depth = np.argmin(np.vstack([inked, np.zeros(inked.shape[1], bool)]), axis=0)
    edge = np.median(depth[axis.first : axis.last + 1])
    standing = (depth - edge >= 2) & (depth < reach)
    return _stroke_places(strip, depth - edge, standing, axis)


def _stroke_places(
    strip: NDArray, depth: NDArray, standing: NDArray, axis: Line
) -> tuple[NDArray, NDArray]:
    labels, _ = ndimage.label(standing)
    places, lengths = [], []
    margin = BEYOND * axis.length + 2
    widest = max(5, 0.012 * axis.length)
    for first, last in ((s[0].start, s[0].stop) for s in ndimage.find_objects(labels)):
        if last - first > widest:
            continue
        if last < axis.first - margin or first > axis.last + margin:
            continue
        length = int(depth[first:last].max())
        lower, upper = max(first - 2, 0), min(last + 2, strip.shape[1])
        weight = strip[1 : max(length, 2), lower:upper].mean(axis=0)
        weight = np.clip(weight - 0.5 * TICK_CONTRAST, 0, None)
        columns = np.arange(lower, upper) + 0.5
        places.append(float(np.sum(weight * columns) / max(np.sum(weight), 1e-9)))
        lengths.append(length)
    return np.array(places), np.array(lengths, dtype=float)


def labels_below(contrast: NDArray, axis: Line, clear: float, gap: float) -> list[Label]:
    """Words in the first row of text below an axis.

    Parameters
    ----------
    contrast : ndarray, shape (h, w)
        Difference from the page.
    axis : Line
        The axis, along the columns.
    clear : float
        First row that holds no tick mark any more.
    gap : float
        Letters nearer than this, in sizes of a letter, belong to one word.
    """
    top = int(np.ceil(clear))
    margin = int(0.06 * axis.length) + 2
    left, right = max(axis.first - margin, 0), min(axis.last + margin, contrast.shape[1])
    region = contrast[top : top + int(0.6 * axis.length) + 10, left:right]
    if region.shape[0] < 3:
        return []
    boxes = _letter_boxes(region > LETTER_CONTRAST)
    # What reaches up beyond the axis is a label of the other axis, or a curve.
    boxes = boxes[boxes[:, 0] > 0]
    if not len(boxes):
        return []
    size = _letter_size(boxes)
    words = _merged(boxes, gap * size)
    middle = left + (words[:, 1] + words[:, 3]) / 2
    beyond = BEYOND * axis.length + 2
    on_axis = (middle > axis.first - beyond) & (middle < axis.last + beyond)
    words = words[on_axis & ((words[:, 2:] - words[:, :2]).max(axis=1) > 0.35 * size)]
    if not len(words):
        return []
    row = words[words[:, 0] <= words[:, 0].min() + 0.6 * size]
    return [
        Label(left + (b + d) / 2, left + b, left + d, top + a, top + c)
        for a, b, c, d in row[np.argsort(row[:, 1])].tolist()
    ]


def _letter_boxes(mask: NDArray) -> NDArray:
    """Bounding boxes (top, left, bottom, right) of letters; long lines are none."""
    labelled, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    boxes = np.array(
        [(r.start, c.start, r.stop, c.stop) for r, c in ndimage.find_objects(labelled)],
        dtype=float,
    ).reshape(-1, 4)
    height, width = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    most = 0.15 * max(mask.shape)
    return boxes[(height < most) & (width < most)]


def _letter_size(boxes: NDArray) -> float:
    """Size of the digits nearest to the axis, so that titles and tables have no say."""
    near = boxes[np.argsort(boxes[:, 0])][: max(6, len(boxes) // 4)]
    sizes = (near[:, 2:] - near[:, :2]).max(axis=1)
    return float(max(np.quantile(sizes, 0.6), 3.0))


def _merged(boxes: NDArray, gap: float) -> NDArray:
    """Boxes joined to words: nearer than ``gap`` along both directions."""
    count = len(boxes)
    across = np.maximum(boxes[:, None, 1], boxes[None, :, 1]) - np.minimum(
        boxes[:, None, 3], boxes[None, :, 3]
    )
    down = np.maximum(boxes[:, None, 0], boxes[None, :, 0]) - np.minimum(
        boxes[:, None, 2], boxes[None, :, 2]
    )
    near = (across < gap) & (down < gap)
    group = np.arange(count)
    while True:
        lowest = np.where(near, group[None, :], count).min(axis=1)
        if np.array_equal(lowest, group):
            break
        group = lowest
    return np.array(
        [
            [*boxes[group == g][:, :2].min(axis=0), *boxes[group == g][:, 2:].max(axis=0)]
            for g in np.unique(group)
        ]
    )
