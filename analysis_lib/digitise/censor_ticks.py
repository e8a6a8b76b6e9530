"""Censor ticks: short strokes, pluses or crosses that stand on the line of a curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.tracking import Path

#: A tick's half height is at most this share of the plot's height.
TALLEST = 0.06
#: A stroke counts when this share of its expected height is inked on each side.
STANDING = 0.62
#: A dip of the ink between two strokes this much below both parts them.
DIP = 0.8


@dataclass(frozen=True)
class TickShape:
    """Half height above and below the line, and width, in pixels."""

    above: float
    below: float
    width: float


@dataclass(frozen=True)
class _Sides:
    """Ink that stands on a path, column by column."""

    above: NDArray
    below: NDArray
    open_above: NDArray
    open_below: NDArray
    fallen: NDArray


def _sides(path: Path, ink: NDArray, closed: NDArray, line_width: float) -> _Sides:
    """Length of the unbroken ink above and below the line.

    Near a fall both of its ends belong to the line, so that the stroke of the fall is none.
    """
    height = ink.shape[0]
    size = 2 * int(np.ceil(line_width / 2 + 0.5)) + 1
    upper = ndimage.minimum_filter1d(path.rows, size, mode="nearest")
    lower = ndimage.maximum_filter1d(path.rows, size, mode="nearest")
    margin = int(np.ceil(line_width / 2))
    reach = max(4, int(TALLEST * height))
    columns = path.start + np.arange(len(path.rows))
    sides = []
    for edge, sign in ((upper - margin, -1), (lower + margin, 1)):
        rows = edge[:, None] + sign * np.arange(reach)
        inside = (rows >= 0) & (rows < height)
        at = np.clip(rows, 0, height - 1)
        inked = (ink[at, columns[:, None]] > 0.5) & inside
        length = np.argmin(np.column_stack([inked, np.zeros(len(columns), bool)]), axis=1)
        free = (inside & ~closed[at, columns[:, None]])[:, : max(3, margin + 2)].all(axis=1)
        sides += [length, free]
    return _Sides(sides[0], sides[2], sides[1], sides[3], lower - upper)


def tick_shape(
    paths: list[Path], inks: list[NDArray], closed: NDArray, line_width: float
) -> TickShape | None:
    """The shape that ticks of a figure have; ``None`` when it has no ticks."""
    smallest = max(1.5, 0.6 * line_width)
    both: list[NDArray] = []
    single: list[NDArray] = []
    for path, ink in zip(paths, inks, strict=True):
        sides = _sides(path, ink, closed, line_width)
        symmetric = np.minimum(sides.above, sides.below)
        alike = np.abs(sides.above - sides.below) <= np.maximum(2, 0.35 * symmetric)
        both.append(symmetric[(symmetric >= smallest) & alike])
        single.append(sides.above[(sides.above >= 2 * smallest) & (sides.below < smallest)])
    pairs, ups = np.concatenate(both), np.concatenate(single)
    if len(pairs) >= 2 and len(pairs) >= 0.3 * len(ups):
        half = _commonest(pairs)
        return TickShape(half, half, _width(paths, inks, closed, line_width, half, half))
    if len(ups) >= 6:
        half = _commonest(ups)
        if np.mean(np.abs(ups - half) <= max(1.0, 0.15 * half)) > 0.6:
            return TickShape(half, 0.0, _width(paths, inks, closed, line_width, half, 0.0))
    return None


def _commonest(lengths: NDArray) -> float:
    counts = np.bincount(lengths.astype(int)).astype(float)
    smooth = np.convolve(counts, [0.5, 1.0, 0.5], mode="same")
    return float(np.argmax(smooth))


def _standing(sides: _Sides, above: float, below: float) -> NDArray:
    """Columns in which a stroke of the given shape stands on the line.

    At a fall it may stand on the upper or on the lower level; part of it then lies on the
    stroke of the fall and shows nothing.
    """
    up, down = STANDING * above, STANDING * below
    upper = (sides.above >= up) & (sides.below >= down - sides.fallen)
    lower = (sides.below >= down) & (sides.above >= up - sides.fallen)
    if above == 0 or below == 0:
        return upper if below == 0 else lower
    covered_up = ~sides.open_above & (sides.below >= 0.9 * below - 0.5)
    covered_down = ~sides.open_below & (sides.above >= 0.9 * above - 0.5)
    return upper | lower | covered_up | covered_down


def _width(
    paths: list[Path],
    inks: list[NDArray],
    closed: NDArray,
    line_width: float,
    above: float,
    below: float,
) -> float:
    widths: list[int] = []
    for path, ink in zip(paths, inks, strict=True):
        standing = _standing(_sides(path, ink, closed, line_width), above, below)
        labels, _ = ndimage.label(standing)
        widths += [s[0].stop - s[0].start for s in ndimage.find_objects(labels)]
    if not widths:
        return line_width
    return float(max(np.quantile(widths, 0.3), 1.0))


def find_ticks(
    path: Path,
    ink: NDArray,
    amount: NDArray,
    closed: NDArray,
    *,
    line_width: float,
    shape: TickShape,
) -> NDArray:
    """Columns of the censor ticks on a path.

    Parameters
    ----------
    path : Path
        The curve.
    ink : ndarray, shape (h, w)
        Ink of its colour, other curves taken out.
    amount : ndarray, shape (h, w)
        How much of it, for centres between pixels.
    closed : ndarray of bool, shape (h, w)
        Where ticks cannot be seen: axes, frame.
    line_width : float
        Width of the line.
    shape : TickShape
        Ticks of this figure.

    Returns
    -------
    ndarray, shape (n,)
        Columns of the plot area, ascending, sub-pixel.
    """
    sides = _sides(path, ink, closed, line_width)
    standing = _standing(sides, shape.above, shape.below)
    profile = _profile(path, amount, shape, line_width)
    labels, _ = ndimage.label(standing)
    ticks: list[float] = []
    for first, last in ((s[0].start, s[0].stop) for s in ndimage.find_objects(labels)):
        if last - first < 0.4 * shape.width:
            continue
        for start, stop in _parted(profile, first, last):
            ticks += _strokes(profile, start, stop, shape.width)
    return path.start + np.array(sorted(ticks))


def _profile(path: Path, amount: NDArray, shape: TickShape, line_width: float) -> NDArray:
    """Mean ink of the two halves of a tick in each column of a path."""
    height = amount.shape[0]
    margin = int(np.ceil(line_width / 2)) + 1
    columns = path.start + np.arange(len(path.rows))
    size = 2 * int(np.ceil(line_width / 2 + 0.5)) + 1
    upper = ndimage.minimum_filter1d(path.rows, size, mode="nearest")
    lower = ndimage.maximum_filter1d(path.rows, size, mode="nearest")
    parts = []
    for edge, sign, length in ((upper, -1, shape.above), (lower, 1, shape.below)):
        rows = edge[:, None] + sign * (margin + np.arange(max(int(length) - 1, 0)))
        if rows.shape[1]:
            parts.append(amount[np.clip(rows, 0, height - 1), columns[:, None]].mean(axis=1))
    return np.mean(parts, axis=0) if parts else np.zeros(len(columns))


def _parted(profile: NDArray, first: int, last: int) -> list[tuple[int, int]]:
    """A stretch of strokes cut at its dips."""
    cuts = [first]
    for column in range(first + 1, last - 1):
        left = profile[cuts[-1] : column].max(initial=0)
        right = profile[column + 1 : last].max(initial=0)
        lowest = profile[column] <= profile[column - 1] and profile[column] < profile[column + 1]
        if lowest and profile[column] < DIP * min(left, right):
            cuts.append(column)
    cuts.append(last)
    return list(zip(cuts[:-1], cuts[1:], strict=True))


def _strokes(profile: NDArray, first: int, last: int, width: float) -> list[float]:
    """Centres of the strokes in a stretch without dips: one, or the fewest that fill it."""
    span = last - first
    if span <= width + max(1.5, 0.35 * width):
        lower, upper = max(first - 1, 0), min(last + 1, len(profile))
        weight = np.clip(profile[lower:upper] - 0.1 * profile[first:last].max(), 0, None)
        columns = np.arange(lower, upper) + 0.5
        return [float((weight * columns).sum() / max(weight.sum(), 1e-9))]
    count = max(2, round(span / width))
    return list(np.linspace(first + width / 2, last - width / 2, count))
