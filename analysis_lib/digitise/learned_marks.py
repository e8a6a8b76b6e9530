"""Which mark a figure draws for a censoring: learned where one stands alone.

The picture is the mean of marks on level stretches, away from other ink. Where marks stand too
close for that, the usual ones (strokes, crosses, rings, dots) are tried at the height that the ink
has, and the one that explains most of it is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.beside_lines import Beside, patches
from analysis_lib.digitise.censor_marks import Mark, share_explained

#: A learned mark that explains this share of the ink beside the lines is the figure's.
ENOUGH = 0.75
#: A mark that explains less than this is none.
SOME = 0.15
#: A learned mark may explain so much less than a usual one: it is what the figure draws.
SLACK = 0.1
#: Marks on one side of the line are ticks from so many away from falls on: those leave ink there.
FEWEST_SINGLE = 3
#: And when those on both sides are fewer than this share of them.
MOSTLY = 0.3
#: Columns with ink above and below the line from which there are marks, though none alone.
FEWEST_COLUMNS = 8
#: Pixels that fewer of the lone marks ink are no part of the picture.
SELDOM = 0.25


@dataclass(frozen=True)
class _Group:
    """Marks that touch each other, or a lone one: picture around its middle, size in pixels.

    ``level`` says that no fall is within a pen's width, whose uneven corners look like a mark.
    """

    picture: NDArray
    above: int
    below: int
    width: int
    lone: bool
    level: bool


def learn_mark(beside: Sequence[Beside]) -> Mark | None:
    """The mark that the ticks of a figure are; ``None`` when it has no ticks.

    Parameters
    ----------
    beside : sequence of Beside
        What stands beside each curve.
    """
    mark = _upright(beside)
    if mark is None or mark.width >= min(mark.above, mark.below):
        return mark
    pluses = _with_arms(mark)
    shares = [share_explained(plus, beside) for plus in pluses]
    best = int(np.argmax(shares))
    return pluses[best] if shares[best] > share_explained(mark, beside) else mark


def _with_arms(mark: Mark) -> list[Mark]:
    """A stroke as pluses: level lines hide the arms, which are as long as it is high.

    Where the stroke's middle lies between pixels the arms are on either.
    """
    reach = mark.picture.shape[0] // 2 + 1
    high, wide = (reach - size // 2 for size in mark.picture.shape)
    upright = np.pad(mark.picture, ((high, high), (wide, wide)))
    low = (mark.below - mark.above) / 2 - mark.middle
    pluses = []
    for down in {int(np.floor(low)), int(np.ceil(low))}:
        for right in {int(np.floor(-low)), int(np.ceil(-low))}:
            arms = ndimage.shift(upright.T, (down, right), order=0)
            pluses.append(replace(mark, picture=np.maximum(upright, arms)))
    return pluses


def _upright(beside: Sequence[Beside]) -> Mark | None:
    """The mark as level lines show it."""
    pen = float(np.median([b.pen for b in beside]))
    group, columns = _standing(beside, pen)
    if not group and len(columns) < FEWEST_COLUMNS:
        return None
    learned = _learned(group)
    share = 0.0 if learned is None else share_explained(learned, beside)
    if share >= ENOUGH:
        return learned
    # Where no mark stands alone: which of the usual ones explains the ink?
    sizes = {_commonest(s) for s in ([(g.above, g.below) for g in group], columns) if s}
    choices = [m for above, below in sorted(sizes) for m in _usual_marks(above, below, pen)]
    shares = np.array([share_explained(choice, beside) for choice in choices])
    if share >= max(shares.max() - SLACK, SOME):
        return learned
    if shares.max() < SOME:
        return None
    # A part of a mark explains as much as the whole, with more marks than there are.
    good = [c for c, s in zip(choices, shares, strict=True) if s > shares.max() - SLACK / 2]
    return max(good, key=lambda choice: choice.picture.sum())


def _standing(beside: Sequence[Beside], pen: float) -> tuple[list[_Group], list[tuple[int, int]]]:
    """Groups of marks on both sides of the line, or else on one; heights of columns on both."""
    both = pen / 2 + max(1.0, 0.35 * pen)
    tall = pen / 2 + max(3.0, 1.2 * pen)
    marks = [mark for b in beside for mark in _groups(b)]
    pairs = [m for m in marks if min(m.above, m.below) >= both]
    single = [m for m in marks if min(m.above, m.below) < both and max(m.above, m.below) >= tall]
    surely = sum(mark.lone and mark.level for mark in single)
    if surely >= FEWEST_SINGLE and len(pairs) < MOSTLY * len(single):
        return single, []
    return pairs, [size for b in beside for size in _heights(b) if min(size) >= both]


def _groups(beside: Beside) -> list[_Group]:
    """Stretches of marks that touch each other, and whether one stands alone."""
    path, reach = beside.path, beside.reach
    height = beside.ink.shape[0]
    rows = path.rows[:, None] + np.arange(-reach, reach + 1)
    inside = (rows >= 0) & (rows < height)
    at = np.clip(rows, 0, height - 1), path.start + np.arange(len(path.rows))[:, None]
    strip, blocked = beside.near[at] & inside, beside.foreign[at] & inside
    wide = np.pad(strip.any(axis=1), reach)
    joined = ndimage.binary_closing(wide, np.ones(beside.pen))[reach:-reach]
    image = np.where(beside.near, beside.ink, 0.0)
    found = []
    for first, last in _runs(joined):
        around = slice(max(first - 2, 0), last + 2)
        inked = np.flatnonzero(strip[first:last].any(axis=0)) - reach
        above, below = -int(inked.min(initial=0)), int(inked.max(initial=0))
        if max(above, below) >= reach:
            continue
        if blocked[around, reach - above - 1 : reach + below + 2].any():
            continue
        lone = np.ptp(path.rows[around]) <= 1 and last - first <= reach
        wider = path.rows[max(first - beside.pen, 0) : last + beside.pen]
        middle = (first + last - 1) // 2
        place = np.array([path.rows[middle]]), np.array([path.start + middle])
        picture = patches(image, *place, (reach, reach))[0]
        found.append(_Group(picture, above, below, last - first, bool(lone), np.ptp(wider) <= 1))
    return found


def _runs(mask: NDArray) -> list[tuple[int, int]]:
    """First column and column after the last of every stretch."""
    labels, _ = ndimage.label(mask)
    return [(s[0].start, s[0].stop) for s in ndimage.find_objects(labels)]


def _heights(beside: Beside) -> list[tuple[int, int]]:
    """How far ink reaches above and below level stretches, column by column."""
    path, reach = beside.path, beside.reach
    level = ndimage.maximum_filter1d(path.rows, 7) == ndimage.minimum_filter1d(path.rows, 7)
    rows = path.rows[level]
    strip = patches(beside.near, rows, path.start + np.flatnonzero(level), (reach, 0))[:, :, 0]
    above = reach - np.argmax(strip, axis=1)
    below = reach - np.argmax(strip[:, ::-1], axis=1)
    inked = strip.any(axis=1) & (above < reach) & (below < reach)
    return list(zip(above[inked].tolist(), below[inked].tolist(), strict=True))


def _learned(group: list[_Group]) -> Mark | None:
    """The mean of the lone marks of the size that most have; the narrowest of such sizes."""
    lone = [g for g in group if g.lone]
    if not lone:
        return None
    sizes = np.array([(m.width, m.above, m.below) for m in lone], dtype=float)
    apart = np.abs(sizes[:, None] - sizes[None])
    near = (apart <= 1.0 + 0.1 * sizes[None]).all(axis=2)
    count = near.sum(axis=0)
    best = max(range(len(lone)), key=lambda k: (count[k], -sizes[k, 0]))
    return _mark([m for m, alike in zip(lone, near[:, best], strict=True) if alike])


def _mark(alike: list[_Group]) -> Mark:
    picture = np.mean([m.picture for m in alike], axis=0)
    picture = np.where(picture > SELDOM, picture, 0.0)
    reach = picture.shape[0] // 2
    high = max(max(m.above, m.below) for m in alike) + 1
    wide = max(m.width for m in alike) // 2 + 1
    picture = picture[
        max(reach - high, 0) : reach + high + 1, max(reach - wide, 0) : reach + wide + 1
    ]
    across = picture.sum(axis=0)
    middle = float(across @ np.arange(len(across)) / across.sum()) - len(across) // 2
    return Mark(
        picture,
        float(np.median([m.above for m in alike])),
        float(np.median([m.below for m in alike])),
        float(np.median([m.width for m in alike])),
        middle,
    )


def _commonest(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    values, counts = np.unique(sizes, axis=0, return_counts=True)
    above, below = values[int(np.argmax(counts))]
    return int(above), int(below)


def _usual_marks(above: int, below: int, line: float) -> list[Mark]:
    """Strokes (with pluses), crosses, rings and dots of a given height."""
    high = max(above, below) + 1
    grid = (np.arange(-4 * high, 4 * (high + 1)) + 0.5) / 4 - 0.5
    y, x = np.meshgrid(grid - (below - above) / 2, grid, indexing="ij")
    half = (above + below + 1) / 2
    radius = np.hypot(x, y)
    shapes = []
    for pen in (1.0, 2.0, 3.0):
        if pen > max(line, 2.0):
            break
        shapes.append((np.abs(x + 0.5 * (pen == 2.0)) <= pen / 2) & (np.abs(y) <= half))
        if min(above, below) > 0:
            shapes.append((np.abs(np.abs(x) - np.abs(y)) <= 0.7 * pen) & (np.abs(y) <= half))
            shapes.append(np.abs(radius - half + pen / 2) <= pen / 2)
    if min(above, below) > 0:
        shapes.append(radius <= half)
    size = 2 * high + 1
    marks = []
    for shape in shapes:
        picture = shape.reshape(size, 4, size, 4).mean(axis=(1, 3))
        wide = np.flatnonzero(picture.sum(axis=0))
        marks.append(Mark(picture, float(above), float(below), float(np.ptp(wide) + 1), 0.0))
    return marks
