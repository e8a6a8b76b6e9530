"""What a vector figure is made of, whatever file it came in: lines with a pen, labels, images.

Positions are points of the figure, columns to the right and rows down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.figure import NotAFigureError

#: A Kaplan-Meier figure has a few thousand lines; a map or a scatter plot of cells has more.
MAX_LINES = 200_000
MAX_VERTICES = 2_000_000


@dataclass(frozen=True)
class Box:
    """A rectangle along the page."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, column: float, row: float) -> bool:
        """Whether a place lies in it."""
        return self.left <= column <= self.right and self.top <= row <= self.bottom

    def grown(self, by: float) -> Box:
        """The rectangle with its edges moved outward."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def within(self, other: Box | None) -> Box:
        """The part of this rectangle that lies in another one; ``None`` is the whole plane."""
        if other is None:
            return self
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


def box_of(points: NDArray) -> Box:
    """The smallest rectangle around points, shape (m, 2)."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


@dataclass(frozen=True)
class Pen:
    """How a line is drawn: colours as ``#rrggbb`` (``None``: not), width and dashes in points."""

    stroke: str | None
    fill: str | None
    width: float
    dash: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Line:
    """One stretch of a path without a lift of the pen.

    Attributes
    ----------
    points : ndarray, shape (m, 2)
        Columns and rows; of a curved line the control points are among them.
    pen : Pen
        How it is drawn.
    closed, curved : bool
        Whether it returns to its start, and whether any part of it is no straight line.
    """

    points: NDArray
    pen: Pen
    closed: bool = False
    curved: bool = False

    @property
    def box(self) -> Box:
        """The smallest rectangle around it."""
        return box_of(self.points)


@dataclass(frozen=True)
class Label:
    """A piece of text: the middle of it, what it says, its colour, half its reach each way."""

    column: float
    row: float
    text: str
    colour: str | None = None
    half_width: float = 0.0
    half_height: float = 0.0


#: Figures written one by one stand this close together, in widths of one.
_SAME_NUMBER = 0.2
_FIGURES = frozenset("0123456789.,·-−%")

#: No page reaches this far, in points; what lies there is an error, as what is no number is.
_FARTHEST = 1e7
#: A curve bends by more than this share of its length.
_BEND = 1e-3
#: A line on the edge of its clip is seen: half of it, however the two were rounded.
_ON_EDGE = 0.01

#: Signs that mark a place and are never part of a word: each is a label of its own.
MARK_SIGNS = ("+", "|", "×")

#: How far above its line the middle of a letter stands, in ems: half a digit, and of marks what
#: the common fonts have.
_DIGIT_MIDDLE = 0.35
_MARK_MIDDLE = {"+": 0.2525, "×": 0.253, "x": 0.26, "|": 0.275, "I": 0.359}


def middle_above_line(text: str) -> float:
    """Height in ems of the middle of a label above the line it is written on."""
    return _MARK_MIDDLE.get(text, _DIGIT_MIDDLE)


@dataclass(frozen=True)
class Drawing:
    """All that is drawn on a page, in order of drawing, and how many images lie in it."""

    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    width: float
    height: float
    images: int

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the page, rounded so that turning keeps the grid coordinates lie on."""
        return float(round(self.width / 2)), float(round(self.height / 2))

    def turned(self, quarters: int) -> Drawing:
        """The page turned about its middle by quarters of a turn, counter-clockwise."""
        if quarters % 4 == 0:
            return self
        lines = tuple(replace(one, points=self.turn(one.points, quarters)) for one in self.lines)
        labels = []
        for one in self.labels:
            ((column, row),) = self.turn(np.array([[one.column, one.row]]), quarters)
            reach = one.half_width, one.half_height
            width, height = reach if quarters % 2 == 0 else reach[::-1]
            labels.append(Label(float(column), float(row), one.text, one.colour, width, height))
        width, height = self.width, self.height
        if quarters % 2:
            width, height = height, width
        return Drawing(lines, tuple(labels), width, height, self.images)

    def turn(self, points: NDArray, quarters: int) -> NDArray:
        """Places, shape (m, 2), on the page when it is turned."""
        off = points - self.centre
        for _ in range(quarters % 4):
            off = np.column_stack([off[:, 1], -off[:, 0]])
        return off + self.centre


class DrawingBuilder:
    """Collects lines and labels of a page; refuses more than a figure can hold."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.labels: list[Label] = []
        self.images = 0
        self._vertices = 0
        nowhere = (np.inf, np.inf)
        self._last_label: tuple[Label | None, tuple[float, float], tuple[float, float]]
        self._last_label = None, nowhere, nowhere

    def add(self, line: Line, clip: Box | None) -> None:
        """Take up the part of a line that its clipping rectangle lets through."""
        if len(line.points) < 2 or not (np.abs(line.points) < _FARTHEST).all():
            return
        self._vertices += len(line.points)
        if len(self.lines) >= MAX_LINES or self._vertices > MAX_VERTICES:
            raise NotAFigureError(
                f"the page holds more than {MAX_LINES:,} lines or {MAX_VERTICES:,} points: "
                "give the figure alone"
            )
        seen = clipped(line, clip)
        if not seen and clip is not None and len(line.points) == 2:
            seen = clipped(line, clip.grown(_ON_EDGE))
        self.lines += seen

    def write(self, label: Label, *, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Take up a label; figures that follow each other closely are one number.

        Parameters
        ----------
        label : Label
        start, end : (column, row)
            Where the text begins and ends.
        """
        before, begun, ended = self._last_label
        gap = np.hypot(start[0] - ended[0], start[1] - ended[1])
        letter = np.hypot(end[0] - start[0], end[1] - start[1]) / len(label.text)
        figures = before is not None and _FIGURES.issuperset(before.text + label.text)
        if before is not None and figures and gap <= _SAME_NUMBER * letter:
            self.labels.pop()
            column, row = (begun[0] + end[0]) / 2, (begun[1] + end[1]) / 2
            reach = abs(end[0] - begun[0]) / 2, abs(end[1] - begun[1]) / 2
            label = Label(column, row, (before.text + label.text)[:80], label.colour, *reach)
            start = begun
        self.labels.append(label)
        self._last_label = label, start, end

    def drawing(self, width: float, height: float) -> Drawing:
        """The finished page."""
        return Drawing(tuple(self.lines), tuple(self.labels), width, height, self.images)


def clipped(line: Line, clip: Box | None) -> list[Line]:
    """The parts of a line within a rectangle; a filled shape only when it touches it."""
    if clip is None:
        return [line]
    box = line.box
    beside = clip.left <= box.left and clip.right >= box.right
    if beside and clip.top <= box.top and clip.bottom >= box.bottom:
        return [line]
    apart = box.right < clip.left or box.left > clip.right
    if apart or box.bottom < clip.top or box.top > clip.bottom:
        return []
    if line.curved or line.closed:
        return [line]
    return [replace(line, points=part) for part in _parts(line.points, clip)]


def is_straight(start: Sequence[float], controls: NDArray, end: Sequence[float]) -> bool:
    """Whether a curve is a straight line, as some programs write every line as a curve.

    Its control points then lie between its ends, off the line by no more than rounding.
    """
    along = np.subtract(end, start)
    length = float(np.hypot(*along))
    off = np.asarray(controls, dtype=float).reshape(-1, 2) - start
    if length == 0.0:
        return not off.any()
    share = off @ along / length**2
    aside = np.abs(off @ np.array([-along[1], along[0]])) / length
    return bool(
        (aside <= _BEND * length).all() and (share >= -_BEND).all() and (share <= 1 + _BEND).all()
    )


def _parts(points: NDArray, clip: Box) -> Iterable[NDArray]:
    """Stretches of a polyline within a rectangle (Liang and Barsky 1984, one edge at a time)."""
    part: list[Sequence[float]] = []
    for start, end in pairwise(points):
        ends = _within(start, end, clip)
        if ends is None:
            if len(part) > 1:
                yield np.array(part)
            part = []
            continue
        enter, leave = ends
        if not part or tuple(part[-1]) != tuple(enter):
            if len(part) > 1:
                yield np.array(part)
            part = [tuple(enter)]
        part.append(tuple(leave))
    if len(part) > 1:
        yield np.array(part)


def _within(start: NDArray, end: NDArray, clip: Box) -> tuple[NDArray, NDArray] | None:
    along = end - start
    first, last = 0.0, 1.0
    for axis, (low, high) in enumerate(((clip.left, clip.right), (clip.top, clip.bottom))):
        if along[axis] == 0.0:
            if not low <= start[axis] <= high:
                return None
            continue
        at = sorted(((low - start[axis]) / along[axis], (high - start[axis]) / along[axis]))
        first, last = max(first, at[0]), min(last, at[1])
    if first > last:
        return None
    enter = start if first == 0.0 else start + first * along
    leave = end if last == 1.0 else start + last * along
    return enter, leave
