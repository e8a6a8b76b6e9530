"""Thin filled bars, as some programs draw lines, as the lines they show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis_lib.digitise.vector.drawing import Drawing, Line

#: A filled rectangle up to this many points thick is a line.
_THICKEST_BAR = 2.0
#: An end this far off half the thickness of the bar it meets, in points, still meets it.
_ROUNDING = 0.05
#: A curve of bars has two for each drop; a picture of more is no curve.
_MOST_BARS = 5000


def bars_as_lines(drawing: Drawing) -> Drawing:
    """The drawing with every thin bar as the line along its middle, in the same order.

    Bars that make a corner overlap by half their thickness or stop short of it: both lines go
    to where they cross.
    """
    lines = [_as_line(line) for line in drawing.lines]
    bars: dict[str | None, list[int]] = defaultdict(list)
    for number, (line, was) in enumerate(zip(lines, drawing.lines, strict=True)):
        if line is not was:
            bars[line.pen.stroke].append(number)
    for numbers in bars.values():
        if len(numbers) <= _MOST_BARS:
            _meet(lines, numbers)
    return replace(drawing, lines=tuple(lines))


def _as_line(line: Line) -> Line:
    if line.pen.stroke or not line.pen.fill or len(line.points) != 5 or line.curved:
        return line
    box = line.box
    width, height = box.right - box.left, box.bottom - box.top
    upright_or_level = np.abs(np.diff(line.points, axis=0)).min(axis=1).max() <= _ROUNDING
    thin, long = min(width, height), max(width, height)
    if not upright_or_level or thin > _THICKEST_BAR or long <= thin:
        return line
    column, row = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    upright = [[column, box.top], [column, box.bottom]]
    level = [[box.left, row], [box.right, row]]
    points = np.array(upright if height > width else level)
    pen = replace(line.pen, stroke=line.pen.fill, fill=None, width=thin)
    return Line(points, pen)


def _meet(lines: list[Line], numbers: Sequence[int]) -> None:
    """Move the ends of bars of one colour onto the bars across that they touch."""
    points = np.array([lines[number].points for number in numbers])
    reach = np.array([lines[number].pen.width for number in numbers]) / 2 + _ROUNDING
    upright = points[:, 0, 0] == points[:, 1, 0]
    moved = points.copy()
    for axis, along in ((0, ~upright), (1, upright)):
        across = np.flatnonzero(~along)
        for k in np.flatnonzero(along):
            low, high = points[across, :, 1 - axis].T
            here = points[k, 0, 1 - axis]
            touched = across[(low - reach[across] <= here) & (here <= high + reach[across])]
            for end in (0, 1):
                places = points[touched, 0, axis]
                off = np.abs(places - points[k, end, axis]) - reach[touched]
                if off.size and off.min() <= 0.0:
                    moved[k, end, axis] = places[np.argmin(off)]
    for number, place in zip(numbers, moved, strict=True):
        if (place[1] > place[0]).any():
            lines[number] = replace(lines[number], points=place)
