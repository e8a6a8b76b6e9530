"""Censor ticks of a vector figure: small marks whose middle lies on a curve."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from analysis_lib.digitise.figure import Calibration, PlotArea
from analysis_lib.digitise.vector.drawing import Box, Drawing, box_of
from analysis_lib.digitise.vector.steps import SAME_PLACE, StepCurve, rows_at

#: A mark is at most this share of the plot high and wide.
_LARGEST_MARK = 0.06
#: How far the middle of a mark may lie off the line, in points; of a letter further.
_OFF_LINE = 0.35
_LETTER_OFF = 0.02

_LETTERS = {"+", "|", "×", "x", "I"}


def censor_marks(
    drawing: Drawing,
    curves: Sequence[StepCurve],
    area: PlotArea,
    calibration: Calibration,
    *,
    others: Collection[str],
) -> tuple[list[tuple[float, ...]], list[int]]:
    """Censoring times of each curve, and how many marks of each fit another curve as well.

    A mark of the colour of a curve belongs to it; a mark of a colour that no curve has
    belongs to every curve it lies on. ``others`` are the colours of all curves of the plot,
    also of those that were not asked for.

    Returns
    -------
    months : list of tuple of float
        Ascending, one entry a place.
    shared : list of int
        Marks that lie on more than one curve and have the colour of none or of several.
    """
    used = frozenset().union(*(curve.parts for curve in curves))
    found: list[list[float]] = [[] for _ in curves]
    shared = [0 for _ in curves]
    for box, colours, off in _marks(drawing, used, area):
        column = (box.left + box.right) / 2
        away = [_distance(curve, column, box, off) for curve in curves]
        hits = [k for k, distance in enumerate(away) if distance <= off]
        own = [k for k in hits if curves[k].pen.stroke in colours]
        if not own and not colours.isdisjoint(others):
            continue  # another curve's colour: a mark of that curve crosses this one
        # The middle of a letter is known less well than that of a line: the nearest curve has it.
        nearest = min((away[k] for k in own or hits), default=0.0)
        owners = [k for k in own or hits if away[k] <= nearest + _OFF_LINE]
        for k in owners:
            found[k].append(column)
            shared[k] += len(owners) > 1
    return [_months(columns, calibration) for columns in found], shared


def _marks(
    drawing: Drawing, used: frozenset[int], area: PlotArea
) -> list[tuple[Box, set[str], float]]:
    """Small marks in the plot: their box, their colours, and how exact their middle is."""
    largest = _LARGEST_MARK * max(area.width, area.height)
    marks = []
    for number, line in enumerate(drawing.lines):
        box = line.box
        width, height = box.right - box.left, box.bottom - box.top
        small = width <= largest and 0.5 < height <= largest
        if number in used or not small or not _within(box, area):
            continue
        colours = {colour for colour in (line.pen.stroke, line.pen.fill) if colour}
        if not line.pen.stroke and not line.closed:
            continue
        off = _OFF_LINE if line.pen.stroke else _LETTER_OFF * area.height
        marks.append((box, colours, off))
    for label in drawing.labels:
        if label.text in _LETTERS:
            box = Box(label.column, label.row, label.column, label.row)
            if _within(box, area, above=_LETTER_OFF * area.height) and label.colour:
                marks.append((box, {label.colour}, _LETTER_OFF * area.height))
    return marks


def _within(box: Box, area: PlotArea, *, above: float = 3.0) -> bool:
    column = (box.left + box.right) / 2
    inside = area.left - 1 <= column <= area.right + 1
    return inside and box.bottom >= area.top - above and box.top <= area.bottom - SAME_PLACE


def _distance(curve: StepCurve, column: float, box: Box, off: float) -> float:
    """How far the middle of a mark lies off the line; of a tick that stands on it its end."""
    # A letter is placed less exactly than a line, across as well as along: at a drop it may stand
    # beside it.
    aside = 2 * SAME_PLACE if off <= _OFF_LINE else _OFF_LINE
    high, low = rows_at(curve, column, aside=aside)
    middle = (box.top + box.bottom) / 2
    away = max(high - middle, middle - low, 0.0)
    upright = box.right - box.left <= 0.35 * (box.bottom - box.top)
    if upright and box.bottom > box.top:
        away = min(away, abs(box.bottom - high), abs(box.top - low))
    return away


def _months(columns: Sequence[float], calibration: Calibration) -> tuple[float, ...]:
    """Times of marks; strokes of one mark (plus, cross) count once."""
    once: list[float] = []
    for column in sorted(columns):
        if not once or column - once[-1] > 2 * SAME_PLACE:
            once.append(column)
    months, _ = calibration.to_data(once, np.zeros(len(once)))
    return tuple(float(time) for time in np.clip(months, 0.0, None))


def drawn_box(curves: Sequence[StepCurve]) -> Box:
    """The rectangle around all curves."""
    return box_of(np.concatenate([curve.place for curve in curves]))
