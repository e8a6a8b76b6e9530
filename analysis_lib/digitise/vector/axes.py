"""Axes of a vector figure: rows of ticks among its lines, and what their labels say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis_lib.digitise.figure import (
    Calibration,
    NotAFigureError,
    PlotArea,
    Tick,
    UnreadableFigureError,
)
from analysis_lib.digitise.vector.drawing import Drawing, Label, Line

#: Ticks are at most this share of the page long; what is longer is grid, axis or curve.
_LONGEST_TICK = 0.06
#: An axis is at least this many times as long as its ticks.
_SHORTEST_AXIS = 4.0
#: Ends of ticks that belong together agree to this many points.
_SAME_END = 0.15
#: Unevenness of ticks that rounding of coordinates explains, in shares of their distance.
_UNEVEN = 0.02
#: How far the axes may stand apart from each other, and labels from theirs, in axis lengths.
_APART = 0.25

_NUMBER = re.compile(r"^[-−+]?\d*[.,·]?\d+\s*%?$")

#: Time units an axis may be printed in, months each; months as stated come first.
_TIME_UNITS = (1.0, 12.0, 12 / 365.25, 84 / 365.25, 1 / 30.0, 7 / 30.0, 1 / 30.4375)
_SURVIVAL_UNITS = (1.0, 0.01)


@dataclass(frozen=True)
class TickRow:
    """Ticks of one length side by side.

    Attributes
    ----------
    along : tuple of float
        Where they stand: columns of a time axis, rows of a survival axis; ascending.
    start, end : float
        Where they begin and end across: rows of a time axis, columns of a survival axis.
    """

    along: tuple[float, ...]
    start: float
    end: float

    @property
    def span(self) -> float:
        """Distance from the first to the last."""
        return self.along[-1] - self.along[0]

    @property
    def length(self) -> float:
        """Length of one tick."""
        return self.end - self.start


@dataclass(frozen=True)
class Panel:
    """A time axis and a survival axis that belong together."""

    x_ticks: TickRow
    y_ticks: TickRow
    area: PlotArea


def find_panels(drawing: Drawing) -> list[Panel]:
    """Every pair of axes on the page, by their ticks; by grid lines where there are no ticks.

    Returns
    -------
    list of Panel
        From left to right and top to bottom.
    """
    straight = [line for line in drawing.lines if _is_straight(line)]
    limits = drawing.height * _LONGEST_TICK, drawing.width * _LONGEST_TICK
    across = list(_rows(straight, axis=0, longest=limits[0]))
    along = list(_rows(straight, axis=1, longest=limits[1]))
    panels = _paired(across, along)
    if not panels:
        grids = [list(_rows(straight, axis=k, shortest=limits[k])) for k in (0, 1)]
        panels = _paired(across + grids[0], along + grids[1])
    return sorted(panels, key=lambda panel: (panel.area.top, panel.area.left))


def _is_straight(line: Line) -> bool:
    """A line of two points; a dash, a tick, an axis."""
    return len(line.points) == 2 and not line.curved and line.pen.stroke is not None


def _rows(
    lines: Sequence[Line], *, axis: int, longest: float = np.inf, shortest: float = 0.0
) -> Iterator[TickRow]:
    """Straight lines across an axis that share both ends: at least two.

    ``axis`` 0 looks for upright lines (ticks of the time axis), 1 for level ones. Of grid lines
    (``shortest`` given) only the thickest make rows: thin ones stand between labels.
    """
    groups: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in lines:
        (here, there) = line.points
        if abs(here[axis] - there[axis]) > 0.01:
            continue
        start, end = sorted((float(here[1 - axis]), float(there[1 - axis])))
        if shortest < end - start <= longest:
            # Grid and frame share their ends, but not their colour.
            colour = line.pen.stroke if shortest else None
            groups[round(start / _SAME_END), round(end / _SAME_END), colour].append(line)
    for found in groups.values():
        kept = _thickest(found) if shortest else found
        places = sorted({round(float(line.points[0][axis]), 9) for line in kept})
        places = [p for k, p in enumerate(places) if k == 0 or p - places[k - 1] > _SAME_END]
        ends = np.sort(kept[0].points[:, 1 - axis])
        # Strokes of censor marks that happen to stand side by side reach no further than a mark.
        far = _SHORTEST_AXIS * (ends[1] - ends[0]) if np.isfinite(longest) else 0.0
        if len(places) > 1 and places[-1] - places[0] > far:
            yield TickRow(tuple(places), float(ends[0]), float(ends[1]))


def _thickest(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines of the largest width of which there are three: two are a frame."""
    for width in sorted({line.pen.width for line in lines}, reverse=True):
        alike = [line for line in lines if 0.8 * width < line.pen.width <= width]
        if len(alike) > 2:
            return alike
    return lines


def _paired(x_rows: Sequence[TickRow], y_rows: Sequence[TickRow]) -> list[Panel]:
    """Each survival axis with the nearest time axis below and to the right of it."""
    left_edges = [row.start - 1.0 for row in _axes(y_rows)]
    lower_edges = [row.end + 1.0 for row in _axes(x_rows)]
    x_rows, y_rows = _cut(x_rows, left_edges), _cut(y_rows, lower_edges)
    panels: dict[TickRow, tuple[float, Panel]] = {}
    for y_ticks in y_rows:
        fits = [(gap, x_ticks) for x_ticks in x_rows if (gap := _gap(x_ticks, y_ticks)) is not None]
        if not fits:
            continue
        # Small ticks between large ones stand on the same axis: the large ones are labelled.
        nearest = min(gap for gap, _ in fits)
        best = max(
            (x_ticks for gap, x_ticks in fits if gap <= nearest + 0.03),
            key=lambda ticks: (round(ticks.length, 1), len(ticks.along)),
        )
        panel = Panel(best, y_ticks, _area(best, y_ticks))
        held = panels.get(best)
        if held is None or _order(nearest, y_ticks) < _order(held[0], held[1].y_ticks):
            panels[best] = nearest, panel
    return [panel for _, panel in panels.values()]


def _cut(rows: Sequence[TickRow], edges: Sequence[float]) -> list[TickRow]:
    """Ticks of panels side by side lie in one row: cut it at the edges of the others' axes.

    A single tick beyond an edge is the end of a mirrored axis, no panel.
    """
    cut = []
    for row in rows:
        along = np.array(row.along)
        where = np.searchsorted(sorted(edges), along)
        _, counts = np.unique(where, return_counts=True)
        parts = np.split(along, np.cumsum(counts)[:-1]) if counts.min() > 1 else [along]
        cut += [replace(row, along=tuple(part.tolist())) for part in parts]
    return cut


def _axes(rows: Sequence[TickRow]) -> list[TickRow]:
    """Rows of three even ticks and more, half as long as the longest.

    Censor ticks that happen to stand at one level are not even, or close together.
    """
    even = [row for row in rows if len(row.along) > 2 and _is_even(row.along)]
    longest = max((row.span for row in even), default=0.0)
    return [row for row in even if row.span >= 0.5 * longest]


def _is_even(along: Sequence[float]) -> bool:
    steps = np.diff(along)
    return bool(steps.max() - steps.min() <= _UNEVEN * steps.mean() + 0.05)


def _order(gap: float, y_ticks: TickRow) -> tuple[float, float]:
    return round(gap, 2), -y_ticks.length


def _gap(x_ticks: TickRow, y_ticks: TickRow) -> float | None:
    """How far two rows of ticks stand apart, in axis lengths; None when they make no corner."""
    below = (x_ticks.start - y_ticks.along[-1]) / y_ticks.span
    below_in = (x_ticks.end - y_ticks.along[-1]) / y_ticks.span
    right = (x_ticks.along[0] - y_ticks.end) / x_ticks.span
    right_in = (x_ticks.along[0] - y_ticks.start) / x_ticks.span
    if max(below, below_in) < -0.02 or max(right, right_in) < -0.02:
        return None
    gaps = min(abs(below), abs(below_in)), min(abs(right), abs(right_in))
    return sum(gaps) if max(gaps) <= _APART else None


def _area(x_ticks: TickRow, y_ticks: TickRow) -> PlotArea:
    """The rectangle between the axes, up to the last ticks; grid lines reach its edges."""
    bottom = x_ticks.start if x_ticks.start >= y_ticks.along[-1] - 0.5 else x_ticks.end
    left = y_ticks.end if y_ticks.end <= x_ticks.along[0] + 0.5 else y_ticks.start
    top, right = y_ticks.along[0], x_ticks.along[-1]
    return PlotArea(left, min(top, x_ticks.start), max(right, y_ticks.end), bottom)


def calibrate(
    panel: Panel,
    labels: Iterable[Label],
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    by_labels: bool = False,
) -> Calibration:
    """Scale of a panel: the first and the last labelled tick have the values of the ranges.

    Labels that can be read say which ticks are labelled, and whether the ranges are theirs;
    ``by_labels`` refuses axes without.

    Raises
    ------
    UnreadableFigureError
        Uneven ticks, or labels that contradict the range given.
    """
    labels = list(labels)
    x_labelled = _labelled(panel.x_ticks, labels, panel, axis=0)
    y_labelled = _labelled(panel.y_ticks, labels, panel, axis=1)
    x_ticks = _valued(panel.x_ticks, x_labelled, x_range, _TIME_UNITS, "x_range")
    if by_labels and min(len(x_labelled), len(y_labelled)) < 2:
        raise UnreadableFigureError("The axes have no labels that can be read.")
    low, high = y_range
    y_ticks = _valued(panel.y_ticks, y_labelled, (high, low), _SURVIVAL_UNITS, "y_range")
    return Calibration(panel.area, x_ticks, tuple(reversed(y_ticks)))


def _labelled(
    ticks: TickRow, labels: Sequence[Label], panel: Panel, *, axis: int
) -> list[tuple[float, float]]:
    """Place and printed number of each tick with a label; of the line of labels next to the axis.

    An at-risk table has numbers below the same ticks, but further away.
    """
    distance = min(np.diff(ticks.along))
    reach = _APART * (panel.y_ticks.span if axis == 0 else panel.x_ticks.span)
    found: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
    for label in labels:
        number = _number(label.text)
        at, off = (label.column, label.row) if axis == 0 else (label.row, label.column)
        # Labels of an upright axis differ in width, but end in one column.
        away = off - ticks.end if axis == 0 else ticks.start - off - label.half_width
        nearest = min(ticks.along, key=lambda tick: abs(tick - at))
        if number is None or not -1.0 <= away <= reach or abs(nearest - at) > 0.35 * distance:
            continue
        found[round(away / 6.0)].append((away, nearest, number))
    for nearest_line in sorted(found):
        # One line of labels may lie on both sides of a rounding.
        within = [row for key in found if 0 <= key - nearest_line <= 1 for row in found[key]]
        first: dict[float, tuple[float, float]] = {}
        for away, tick, number in sorted(within):
            first.setdefault(tick, (away, number))
        labelled = sorted((tick, number) for tick, (_, number) in first.items())
        steps = np.diff([number for _, number in labelled])
        # Times ascend to the right and survival upward; numbers at risk do not.
        if len(steps) and (steps > 0 if axis == 0 else steps < 0).all():
            return labelled
    return []


def _number(text: str) -> float | None:
    text = text.strip()
    if not _NUMBER.match(text):
        return None
    plain = text.replace("−", "-").replace(",", ".").replace("·", ".").rstrip("% ")
    return float(plain)


def _valued(
    ticks: TickRow,
    labelled: Sequence[tuple[float, float]],
    limits: tuple[float, float],
    units: Sequence[float],
    name: str,
) -> tuple[Tick, ...]:
    """Ticks with values: by their labels where two can be read, else by even distances."""
    first, last = limits
    if len(labelled) < 2:
        steps = np.diff(ticks.along)
        if not _is_even(ticks.along):
            raise UnreadableFigureError(
                f"The ticks of {name} are not evenly spaced: a log or broken axis, or not all are "
                "labelled."
            )
        share = np.round((np.array(ticks.along) - ticks.along[0]) / steps.mean())
        values = first + (last - first) * share / share[-1]
        return tuple(Tick(p, float(v)) for p, v in zip(ticks.along, values, strict=True))
    place, number = (np.array(part) for part in zip(*labelled, strict=True))
    slope, start = np.polyfit(place, number, 1)
    worst = np.abs(number - start - slope * place).max()
    if worst > _UNEVEN * abs(slope) * np.diff(place).mean():
        raise UnreadableFigureError(
            f"The labels of {name} do not lie on a straight scale: a log or broken axis."
        )
    span = number[-1] - number[0]
    fits = [
        unit
        for unit in units
        if np.allclose([number[0] * unit, number[-1] * unit], limits, rtol=0.02, atol=1e-6)
    ]
    if not fits or span == 0.0:
        printed = sorted((float(number[0]), float(number[-1])))
        stated = sorted(limits)
        raise UnreadableFigureError(
            f"The labels of the figure run from {printed[0]:g} to {printed[1]:g}, which is not "
            f"{name} {stated[0]:g} to {stated[1]:g} in any unit.",
            give=(name,),
        )
    values = first + (last - first) * (number - number[0]) / span
    return tuple(Tick(float(p), float(v)) for p, v in zip(place, values, strict=True))


def chosen_panel(
    panels: Sequence[Panel],
    plot_area: PlotArea | tuple[float, float, float, float] | None,
    *,
    on_page: Callable[[PlotArea], PlotArea],
) -> Panel:
    """The one panel there is, or the one that a rectangle of the page names.

    ``on_page`` tells where a panel lies on the page as it is seen.

    Raises
    ------
    UnreadableFigureError
        None, or several and no rectangle.
    NotAFigureError
        The rectangle holds no axes.
    """
    if plot_area is not None:
        wanted = plot_area if isinstance(plot_area, PlotArea) else PlotArea(*plot_area)
        shares = [_overlap(on_page(panel.area), wanted) for panel in panels]
        if max(shares, default=0.0) <= 0.5:
            raise NotAFigureError("plot_area: no axes with curves lie there")
        return panels[shares.index(max(shares))]
    if not panels:
        raise UnreadableFigureError("No pair of axes with ticks was found among the lines.")
    if len(panels) > 1:
        places = "; ".join(
            f"({a.left:.0f}, {a.top:.0f}, {a.right:.0f}, {a.bottom:.0f})"
            for a in (on_page(panel.area) for panel in panels)
        )
        message = f"The page holds {len(panels)} figures with curves, at {places}."
        raise UnreadableFigureError(message, give=("plot_area",))
    return panels[0]


def _overlap(area: PlotArea, other: PlotArea) -> float:
    """Share of the smaller rectangle that lies in the other."""
    width = min(area.right, other.right) - max(area.left, other.left)
    height = min(area.bottom, other.bottom) - max(area.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(area.width * area.height, other.width * other.height)


def widened(panel: Panel, left: float, top: float, right: float, bottom: float) -> Panel:
    """The panel with room for what is drawn beyond its last ticks."""
    a = panel.area
    area = PlotArea(min(a.left, left), min(a.top, top), max(a.right, right), max(a.bottom, bottom))
    return replace(panel, area=area)
