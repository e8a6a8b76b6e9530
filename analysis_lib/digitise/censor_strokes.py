"""Censor ticks that are strokes or pluses: counted column by column, also where they touch.

Where a figure's marks are strokes their ink tells how many stand side by side, and half a stroke
at a fall or a crossing is still one. Other marks are found by their picture, see ``censor_marks``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.tracking import Path

#: A tick's half height is at most this share of the plot's height.
TALLEST = 0.06
#: A stroke counts when this share of its expected height is inked on each side.
STANDING = 0.62
#: Share of a stroke that must be the curve's own where other lines cross it.
OWN_SHARE = 0.5
#: Marks this many times wider than the strokes in them are crosses or rings, not strokes.
WIDE_MARK = 1.8
#: Pixels of soft edge that make a stretch wider than the strokes in it.
SECOND_STROKE = 0.5
#: A dip of the ink between two strokes this much below both parts them.
DIP = 0.8


@dataclass(frozen=True)
class TickShape:
    """Half height above and below the line, width of the stroke, and width of the whole mark.

    All in pixels. ``spread`` is 0 for strokes and pluses, else the width of a cross or ring,
    which is not counted here.
    """

    above: float
    below: float
    width: float
    spread: float = 0.0


@dataclass(frozen=True)
class _Sides:
    """Ink that stands on a path, column by column."""

    above: NDArray
    below: NDArray
    open_above: NDArray
    open_below: NDArray
    fallen: NDArray
    crossed: NDArray
    covered_above: NDArray
    covered_below: NDArray


def _sides(
    path: Path, ink: NDArray, other: NDArray | None, closed: NDArray, line_width: float
) -> _Sides:
    """Length of the unbroken ink above and below the line.

    Near a fall both of its ends belong to the line, so that the stroke of the fall is none.
    Other ink may cross a stroke but not make most of it.
    """
    height = ink.shape[0]
    upper, lower, margin = _envelope(path, line_width)
    reach = max(4, int(TALLEST * height))
    columns = path.start + np.arange(len(path.rows))
    sides = []
    crossed = np.zeros(len(columns), dtype=bool)
    for edge, sign in ((upper - margin, -1), (lower + margin, 1)):
        rows = edge[:, None] + sign * np.arange(reach)
        inside = (rows >= 0) & (rows < height)
        at = np.clip(rows, 0, height - 1)
        own = (ink[at, columns[:, None]] > 0.5) & inside
        covered = own
        if other is not None:
            foreign = (other[at, columns[:, None]] > 0.5) & inside
            covered = own | foreign
            crossed |= foreign[:, : max(2, margin)].any(axis=1)
        unbroken = np.logical_and.accumulate(covered, axis=1)
        share = np.cumsum(own, axis=1) / np.arange(1, reach + 1)
        ends = unbroken & own & (share >= OWN_SHARE)
        length = np.where(ends, np.arange(1, reach + 1), 0).max(axis=1)
        free = (inside & ~closed[at, columns[:, None]])[:, : max(3, margin + 2)].all(axis=1)
        sides += [length, free, unbroken.sum(axis=1)]
    crossed = ndimage.maximum_filter1d(crossed, 3)
    above, open_above, covered_above, below, open_below, covered_below = sides
    return _Sides(
        above,
        below,
        open_above,
        open_below,
        lower - upper,
        crossed,
        covered_above,
        covered_below,
    )


def _envelope(path: Path, line_width: float) -> tuple[NDArray, NDArray, int]:
    """Highest and lowest row of the path near each column, and half the pen's width."""
    size = 2 * int(np.ceil(line_width / 2 + 0.5)) + 1
    upper = ndimage.minimum_filter1d(path.rows, size, mode="nearest")
    lower = ndimage.maximum_filter1d(path.rows, size, mode="nearest")
    return upper, lower, int(np.ceil(line_width / 2))


def tick_shape(
    paths: list[Path], inks: list[NDArray], closed: NDArray, line_width: float
) -> TickShape | None:
    """The shape that ticks of a figure have; ``None`` when it has no ticks."""
    smallest = max(1.5, 0.35 * line_width)
    both: list[NDArray] = []
    single: list[NDArray] = []
    for path, ink in zip(paths, inks, strict=True):
        sides = _sides(path, ink, None, closed, line_width)
        symmetric = np.minimum(sides.above, sides.below)
        alike = np.abs(sides.above - sides.below) <= np.maximum(2, 0.35 * symmetric)
        both.append(symmetric[(symmetric >= smallest) & alike])
        tall = np.maximum(3.0, 1.2 * line_width)
        single.append(sides.above[(sides.above >= tall) & (sides.below < smallest)])
    pairs, ups = np.concatenate(both), np.concatenate(single)
    if len(pairs) >= 2 and len(pairs) >= 0.3 * len(ups):
        half = _commonest(pairs)
        return _measured(paths, inks, closed, line_width, TickShape(half, half, 0.0))
    if len(ups) >= 6:
        half = _commonest(ups)
        if np.mean(np.abs(ups - half) <= max(1.0, 0.15 * half)) > 0.6:
            return _measured(paths, inks, closed, line_width, TickShape(half, 0.0, 0.0))
    return None


def _commonest(lengths: NDArray) -> float:
    counts = np.bincount(lengths.astype(int)).astype(float)
    smooth = np.convolve(counts, [0.5, 1.0, 0.5], mode="same")
    return float(np.argmax(smooth))


def _standing(sides: _Sides, shape: TickShape, solid: bool) -> NDArray:
    """Columns in which a stroke of the given shape stands on the line.

    At a fall it may stand on the upper or on the lower level; part of it then lies on the
    stroke of the fall and shows nothing. Falls of broken lines are too uncertain for that, and
    so are those beside other lines.
    """
    up, down = STANDING * shape.above, STANDING * shape.below
    fallen = np.where(sides.crossed, 0, sides.fallen) if solid else np.zeros_like(sides.fallen)
    upper = (sides.above >= up) & (sides.below >= down - fallen)
    lower = (sides.below >= down) & (sides.above >= up - fallen)
    if shape.below == 0:
        return upper
    covered_up = ~sides.open_above & (sides.below >= 0.8 * shape.below - 0.5)
    covered_down = ~sides.open_below & (sides.above >= 0.8 * shape.above - 0.5)
    # Another line may lie on one half of a tick, when the other half is whole.
    crossed_up = (sides.below >= down) & (sides.covered_above >= up) & (sides.fallen == 0)
    crossed_down = (sides.above >= up) & (sides.covered_below >= down) & (sides.fallen == 0)
    return upper | lower | covered_up | covered_down | crossed_up | crossed_down


def _measured(
    paths: list[Path],
    inks: list[NDArray],
    closed: NDArray,
    line_width: float,
    shape: TickShape,
) -> TickShape:
    """The shape with the widths of its strokes and of whole marks."""
    strokes: list[int] = []
    marks: list[int] = []
    for path, ink in zip(paths, inks, strict=True):
        standing = _standing(_sides(path, ink, None, closed, line_width), shape, False)
        strokes += [last - first for first, last in _runs(standing)]
        marks += [last - first for first, last in _runs(_marked(path, ink, shape, line_width))]
    width = float(max(np.quantile(strokes, 0.3), 1.0)) if strokes else line_width
    spread = float(np.median(marks)) if marks else 0.0
    return replace(shape, width=width, spread=spread if spread > WIDE_MARK * width + 1 else 0.0)


def _marked(path: Path, ink: NDArray, shape: TickShape, line_width: float) -> NDArray:
    """Columns in which any ink lies beside the line, within a mark's height."""
    height = ink.shape[0]
    upper, lower, margin = _envelope(path, line_width)
    columns = (path.start + np.arange(len(path.rows)))[:, None]
    steps = margin + 1 + np.arange(max(int(max(shape.above, shape.below)) - 1, 1))
    above = ink[np.clip(upper[:, None] - steps, 0, height - 1), columns] > 0.5
    below = ink[np.clip(lower[:, None] + steps, 0, height - 1), columns] > 0.5
    return above.any(axis=1) & below.any(axis=1)


def _runs(mask: NDArray) -> list[tuple[int, int]]:
    """First column and column after the last of every stretch."""
    labels, _ = ndimage.label(mask)
    return [(s[0].start, s[0].stop) for s in ndimage.find_objects(labels)]


def find_strokes(
    path: Path,
    ink: NDArray,
    other: NDArray,
    amount: NDArray,
    closed: NDArray,
    *,
    line_width: float,
    shape: TickShape,
    solid: bool,
) -> NDArray:
    """Columns of the censor ticks on a path.

    Parameters
    ----------
    path : Path
        The curve.
    ink, other : ndarray, shape (h, w)
        Ink of its colour without other curves, and ink that may cross its ticks.
    amount : ndarray, shape (h, w)
        How much of its colour, for centres between pixels.
    closed : ndarray of bool, shape (h, w)
        Where ticks cannot be seen: axes, frame.
    line_width : float
        Width of the line.
    shape : TickShape
        Ticks of this figure.
    solid : bool
        Whether the line is unbroken.

    Returns
    -------
    ndarray, shape (n,)
        Columns of the plot area, ascending, sub-pixel.
    """
    standing = _runs(_standing(_sides(path, ink, other, closed, line_width), shape, solid))
    stretches = [run for run in standing if run[1] - run[0] >= 0.4 * shape.width]
    if not stretches:
        return np.empty(0)
    profile = _profile(path, amount, shape, line_width)
    # One full stroke is 1: half-covered columns at its sides then add up to its true width.
    profile /= max(float(np.median([profile[a:b].max() for a, b in stretches])), 1e-9)
    profile = np.minimum(profile, 1.0)
    inks = [profile[max(a - 1, 0) : b + 1].sum() for a, b in stretches]
    width = max(float(np.quantile(inks, 0.3)), 1.0)
    ticks: list[float] = []
    for first, last in stretches:
        for start, stop in _parted(profile, first, last):
            ticks += _strokes(profile, start, stop, width)
    return path.start + np.array(sorted(ticks))


def _profile(path: Path, amount: NDArray, shape: TickShape, line_width: float) -> NDArray:
    """Mean ink of the two halves of a tick in each column of a path."""
    height = amount.shape[0]
    upper, lower, margin = _envelope(path, line_width)
    columns = path.start + np.arange(len(path.rows))
    parts = []
    for edge, sign, length in ((upper, -1, shape.above), (lower, 1, shape.below)):
        rows = edge[:, None] + sign * (margin + 1 + np.arange(max(int(length) - 1, 0)))
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
    return list(pairwise(cuts))


def _strokes(profile: NDArray, first: int, last: int, width: float) -> list[float]:
    """Centres of the strokes in a stretch without dips: one, or the fewest that fill it."""
    lower, upper = max(first - 1, 0), min(last + 1, len(profile))
    weight = np.clip(profile[lower:upper] - 0.1 * profile[first:last].max(), 0, None)
    columns = np.arange(lower, upper) + 0.5
    centre = float((weight * columns).sum() / max(weight.sum(), 1e-9))
    span = float(profile[lower:upper].sum())
    # A tick that is not there contradicts the curve; one that hides behind another does not.
    count = round((span - SECOND_STROKE) / width)
    if count < 2:
        return [centre]
    half = (span - width) / 2
    return list(np.linspace(centre - half, centre + half, count))
