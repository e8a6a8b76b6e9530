"""Step curves among the lines of a vector figure: pieces joined, limits and copies left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.figure import Calibration, PlotArea
from analysis_lib.digitise.vector.drawing import Box, Line, Pen, clipped

#: Coordinates that agree to this many points are the same place.
SAME_PLACE = 0.02
#: Share of a curve's length that may be drawn aslant: steps that a program smoothed away.
_ASLANT = 0.02
#: Up to this many lines of one pen nothing is drawn out as dashes.
_FEWEST_DASHES = 12
#: Of the strokes of marks at least this share stand on a curve with their middle, as a dash does
#: not; and how far off in points it may be.
_STROKES_ON_CURVE = 0.8
_STROKE_OFF = 0.35
#: Gaps between drawn-out dashes, as a share of the plot's width.
_LONGEST_GAP = 0.03
#: A curve starts this close to time zero, as a share of the axis, and to a survival of one.
_START_TIME = 0.02
#: One that is drawn from its first drop on starts later.
_LATEST_START = 0.3
_START_LEVEL = 0.01
#: Curves may run on beyond the last labelled tick, as a share of the axis.
_BEYOND_TICKS = 0.3
#: A line this narrow, as a share of the time axis, is no curve.
_NARROWEST = 0.02
#: A line without a drop counts as a curve from this share of the axis on.
_LEVEL_LENGTH = 0.2


@dataclass(frozen=True, eq=False)
class StepCurve:
    """A candidate: its line on the page and in data, and the lines it is made of.

    Attributes
    ----------
    place : ndarray, shape (m, 2)
        Columns and rows, from left to right.
    months, survival : ndarray, shape (m,)
        The same in months and probabilities.
    gap_share : float
        Share of the length that is not drawn (between dashes drawn one by one).
    """

    place: NDArray
    months: NDArray
    survival: NDArray
    pen: Pen
    parts: frozenset[int] = field(default=frozenset())
    gap_share: float = 0.0

    @property
    def drop_times(self) -> NDArray:
        """Months at which survival falls."""
        falls = np.diff(self.survival) < 0
        return np.unique(np.round(self.months[1:][falls], 9))

    @property
    def area_below(self) -> float:
        """Months under the curve."""
        return float(np.trapezoid(self.survival, self.months))


def step_curves(
    lines: Sequence[Line], area: PlotArea, calibration: Calibration, *, rising: bool
) -> list[StepCurve]:
    """Every line that falls in steps from one at time zero, one for each that is seen.

    Parameters
    ----------
    lines : sequence of Line
        All lines of the page.
    area : PlotArea
        Only what lies in it counts.
    calibration : Calibration
        Scale of the axes.
    rising : bool
        The curves rise from zero (cumulative incidence).
    """
    found = []
    for pen, pieces in _by_pen(lines, area).items():
        for place, parts, gaps in _joined(pieces, area):
            curve = _candidate(place, pen, parts, gaps, calibration, rising=rising)
            if curve is not None:
                found.append(curve)
    whole = [curve for curve in found if curve.gap_share == 0.0]
    return _topmost([one for one in found if not _is_marks(one, lines, whole)])


def _is_marks(chain: StepCurve, lines: Sequence[Line], whole: Sequence[StepCurve]) -> bool:
    """Whether a line put together over gaps is a row of marks on another curve."""
    if chain.gap_share == 0.0:
        return False
    boxes = [lines[number].box for number in chain.parts]
    middles = [((box.left + box.right) / 2, (box.top + box.bottom) / 2) for box in boxes]
    for curve in whole:
        on = [rows_off(curve, *middle, aside=_STROKE_OFF) <= _STROKE_OFF for middle in middles]
        if np.mean(on) >= _STROKES_ON_CURVE:
            return True
    return False


def rows_off(curve: StepCurve, column: float, row: float, *, aside: float) -> float:
    """How far above or below a curve a place lies; a drop up to ``aside`` away counts as there."""
    high, low = rows_at(curve, column, aside=aside)
    return max(high - row, row - low, 0.0)


def rows_at(curve: StepCurve, column: float, *, aside: float) -> tuple[float, float]:
    """The highest and the lowest row of a curve at a column; infinitely far beyond its ends."""
    place = curve.place
    if not place[0, 0] - aside <= column <= place[-1, 0] + aside:
        return np.inf, -np.inf
    near = np.abs(place[:, 0] - column) <= aside
    rows = np.append(place[near, 1], np.interp(column, place[:, 0], place[:, 1]))
    return float(rows.min()), float(rows.max())


def _by_pen(
    lines: Sequence[Line], area: PlotArea
) -> dict[Pen, list[tuple[NDArray, frozenset[int]]]]:
    """Stroked straight lines within the plot by how they are drawn, with their numbers."""
    margin = 0.02 * max(area.width, area.height)
    right = area.right + _BEYOND_TICKS * area.width
    inside = Box(area.left - margin, area.top - margin, right, area.bottom + margin)
    groups: dict[Pen, list[tuple[NDArray, frozenset[int]]]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.pen.stroke is None or line.curved or line.closed:
            continue
        pen = Pen(line.pen.stroke, None, round(line.pen.width, 3), line.pen.dash)
        for part in clipped(line, inside):
            points = _forward(part.points)
            if points is not None and not _is_frame(points, area):
                groups[pen].append((points, frozenset([number])))
    return {pen: _without_grid(pieces) for pen, pieces in groups.items()}


def _without_grid(
    pieces: list[tuple[NDArray, frozenset[int]]],
) -> list[tuple[NDArray, frozenset[int]]]:
    """Leave out level lines of the same two ends one above the other."""
    ends = Counter(_level_ends(points) for points, _ in pieces)
    return [piece for piece in pieces if not (ends[_level_ends(piece[0])] > 1 and _level(piece[0]))]


def _level(points: NDArray) -> bool:
    return len(points) == 2 and abs(points[0, 1] - points[1, 1]) <= SAME_PLACE


def _level_ends(points: NDArray) -> tuple[float, float] | None:
    if not _level(points):
        return None
    return round(float(points[0, 0]), 1), round(float(points[1, 0]), 1)


def _forward(points: NDArray) -> NDArray | None:
    """The line from left to right (an upright one downward); None when it turns back."""
    steps = np.diff(points[:, 0])
    if (steps < -SAME_PLACE).any():
        if (steps > SAME_PLACE).any():
            return None
        points = points[::-1]
    elif abs(points[-1, 0] - points[0, 0]) <= SAME_PLACE and points[-1, 1] < points[0, 1]:
        points = points[::-1]
    return points


def _is_frame(points: NDArray, area: PlotArea) -> bool:
    """Ticks and axes beside the plot, and a line across all of it or along two edges."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    if right <= area.left + 0.1:
        return True
    if len(points) > 2:
        return _is_both_axes(points, area)
    upright = right - left <= SAME_PLACE and bottom - top >= 0.98 * area.height
    level = bottom - top <= SAME_PLACE and right - left >= 0.98 * area.width
    edge = min(abs(top - area.bottom), abs(top - area.top)) < 0.005 * area.height
    return upright or (level and edge)


def _is_both_axes(points: NDArray, area: PlotArea) -> bool:
    """Whether a line runs down the left edge and on along another: axes drawn as one line."""
    left = points[:, 0] <= area.left + 0.1
    if not left.any() or np.ptp(points[left, 1]) < 0.5 * area.height:
        return False
    low, high = points[:, 1] >= area.bottom - 0.1, points[:, 1] <= area.top + 0.1
    return bool((left | low).all() or (left | high).all())


def _joined(
    pieces: Sequence[tuple[NDArray, frozenset[int]]], area: PlotArea
) -> Iterable[tuple[NDArray, frozenset[int], float]]:
    """Lines of one pen put together end to end, then over the gaps of drawn-out dashes."""
    exact = _chained(pieces, SAME_PLACE, SAME_PLACE)
    if len(exact) <= _FEWEST_DASHES:
        return [(place, parts, 0.0) for place, parts in exact]
    gap = _LONGEST_GAP * area.width
    # A dash is known by any of its lines: each line is in one dash.
    dashes = {next(iter(own)): _length(points) for points, own in exact}
    joined = []
    for place, parts in _chained(exact, gap, SAME_PLACE):
        drawn = sum(dashes[part] for part in parts if part in dashes)
        whole = _length(place)
        joined.append((place, parts, max(0.0, 1.0 - drawn / whole) if whole else 0.0))
    return joined


def _chained(
    pieces: Sequence[tuple[NDArray, frozenset[int]]], gap: float, same: float
) -> list[tuple[NDArray, frozenset[int]]]:
    """Grow each line by the piece that starts where it ends, or within ``gap`` right or below."""
    order = sorted(range(len(pieces)), key=lambda k: (*pieces[k][0][0], -len(pieces[k][0])))
    starts = np.array([pieces[k][0][0] for k in order]).reshape(-1, 2)
    free = np.ones(len(order), dtype=bool)
    chains = []
    for first in range(len(order)):
        if not free[first]:
            continue
        free[first] = False
        place, own = pieces[order[first]]
        stretches, parts = [place], [own]
        while True:
            end = stretches[-1][-1]
            following = _following(end, starts, free, gap, same)
            if following is None:
                break
            free[following] = False
            if np.abs(starts[following] - end).min() > same:
                # The corner lies in the gap: the level is held up to the drop.
                stretches.append(np.array([[starts[following][0], end[1]]]))
            stretches.append(pieces[order[following]][0])
            parts.append(pieces[order[following]][1])
        chains.append((np.concatenate(stretches), frozenset().union(*parts)))
    return chains


def _following(end: NDArray, starts: NDArray, free: NDArray, gap: float, same: float) -> int | None:
    low, high = np.searchsorted(starts[:, 0], [end[0] - same, end[0] + max(gap, same)])
    right, down = starts[low:high, 0] - end[0], starts[low:high, 1] - end[1]
    fits = np.flatnonzero(free[low:high] & (down >= -same) & (down <= max(gap, same)))
    if not fits.size:
        return None
    return int(low + fits[np.argmin(np.abs(right[fits]) + np.abs(down[fits]))])


def _length(points: NDArray) -> float:
    return float(np.abs(np.diff(points, axis=0)).sum())


def _candidate(
    place: NDArray,
    pen: Pen,
    parts: frozenset[int],
    gap_share: float,
    calibration: Calibration,
    *,
    rising: bool,
) -> StepCurve | None:
    """The line as a curve, when it goes in steps and starts as a survival curve does."""
    steps = np.abs(np.diff(place, axis=0))
    aslant = steps[(steps.min(axis=1) > 0.15)].sum()
    if aslant > _ASLANT * steps.sum() or not steps.size:
        return None
    months, level = calibration.to_data(place[:, 0], place[:, 1])
    survival = 1.0 - level if rising else level
    width = calibration.x_ticks[-1].value - calibration.x_ticks[0].value
    tolerance = 2 * SAME_PLACE * calibration.survival_per_pixel
    if (np.diff(survival) > tolerance).any() or abs(survival[0] - 1.0) > _START_LEVEL:
        return None
    if np.ptp(place[:, 0]) < _NARROWEST * abs(width / calibration.months_per_pixel):
        return None  # the survival axis itself, and its ticks
    falls = survival[0] - survival[-1] > tolerance
    late = months[0] - max(0.0, calibration.x_ticks[0].value)
    short = months[-1] - months[0] < _LEVEL_LENGTH * width
    if late > (_LATEST_START if falls else _START_TIME) * width or (short and not falls):
        return None
    return StepCurve(place, months, survival, pen, parts, gap_share)


def _topmost(curves: Sequence[StepCurve]) -> list[StepCurve]:
    """One curve for each place: of copies (a white rim below a line) the one drawn last."""
    kept: list[StepCurve] = []
    for curve in sorted(curves, key=lambda one: -max(one.parts)):
        if not any(_same_place(curve, other) for other in kept):
            kept.append(curve)
    return kept


def _same_place(curve: StepCurve, other: StepCurve) -> bool:
    return (
        curve.place.shape == other.place.shape
        and bool(np.abs(curve.place - other.place).max() <= SAME_PLACE)
        and curve.pen.stroke != other.pen.stroke
    )


def without_limits(curves: Sequence[StepCurve]) -> list[StepCurve]:
    """Leave out the interval limits that are drawn as lines of their own.

    Both limits of an interval step where their curve steps and nowhere else, one above and
    one below it; another arm has times of its own.
    """
    limits: set[int] = set()
    for number, curve in enumerate(curves):
        if number in limits:
            continue
        above, below = {}, {}
        for other_number, other in enumerate(curves):
            if other_number == number or not _steps_with(other, curve):
                continue
            difference = _levels(other, curve.months) - _levels(curve, curve.months)
            if (difference >= -1e-6).all():
                above[other.pen] = other_number
            elif (difference <= 1e-6).all():
                below[other.pen] = other_number
        limits |= {side[pen] for pen in above.keys() & below.keys() for side in (above, below)}
    return [curve for number, curve in enumerate(curves) if number not in limits]


def _steps_with(limit: StepCurve, curve: StepCurve) -> bool:
    times, own = limit.drop_times, curve.drop_times
    if not own.size:
        return False
    nearest = np.abs(times[:, None] - own[None, :]).min(axis=1) if times.size else np.zeros(0)
    return bool((nearest <= 1e-4 * max(float(own[-1]), 1.0)).all())


def _levels(curve: StepCurve, months: NDArray) -> NDArray:
    """Survival after the drop at each time; the last level beyond the end."""
    at = np.searchsorted(curve.months, months + 1e-9, side="right") - 1
    return curve.survival[np.clip(at, 0, None)]
