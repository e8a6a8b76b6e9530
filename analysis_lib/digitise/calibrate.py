"""The scale of both axes: which pixel is which month, which row which probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.axis_lines import Axes, Line, axes_candidates, row_lines
from analysis_lib.digitise.axis_ticks import Label, labels_below, tick_marks
from analysis_lib.digitise.figure import (
    Calibration,
    Finding,
    PlotArea,
    Tick,
    UnreadableFigureError,
)

#: Ticks off a regular ladder by more than this share of a step are no linear axis.
IRREGULAR = 0.12
#: A tick farther off the others' ladder (pixels, and share of a step) is none.
OFF_LADDER, OFF_STEP = 2.5, 0.025
#: Letters of a label are nearer than this (in letters); a title beside it may be as near.
WORD_GAPS = (0.42, 0.25)
#: Contrast of a pale grid line with the page.
PALE = 8.0
#: Mantissas of the steps that people choose for axes.
USUAL = (1.0, 1.2, 1.5, 1.8, 2.0, 2.4, 2.5, 3.0, 3.6, 4.0, 4.8, 5.0, 6.0, 8.0, 9.0)
#: Days and weeks in a month: an axis printed in those has usual steps in them.
UNITS = (1.0, 30.4375, 30.4375 / 7, 365.25 / 360 * 30)


@dataclass(frozen=True)
class Ladder:
    """Labelled ticks of one axis and how they were found."""

    places: tuple[float, ...]
    steps: tuple[int, ...]
    marks: bool
    unlabelled_end: float | None = None

    @property
    def n_steps(self) -> int:
        """Steps of the ladder between the first and the last labelled tick."""
        return self.steps[-1] - self.steps[0]


def calibrate(
    contrast: NDArray,
    colours: NDArray,
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    plot_area: PlotArea | None,
) -> tuple[Calibration, list[Finding]]:
    """Axes, labelled ticks and scale of a straight figure.

    Parameters
    ----------
    contrast : ndarray, shape (h, w)
        Difference from the page's colour, 0 to 255.
    colours : ndarray, shape (h, w, 3)
        The figure.
    x_range, y_range : tuple of float
        Values of the first and last labelled tick.
    plot_area : PlotArea or None
        Its edges are then the first and last labelled ticks, and nothing is searched.

    Raises
    ------
    UnreadableFigureError
        When no axes with labelled ticks are found, or the ticks are not evenly spaced.
    """
    if plot_area is not None:
        return _as_given(plot_area, x_range, y_range)
    found_axes = irregular = False
    for axes in axes_candidates(contrast, colours):
        found_axes = True
        try:
            level = _ladder(contrast, axes.x_axis, upright=False)
            upright = _ladder(contrast, axes.y_axis, upright=True)
        except _IrregularError:
            irregular = True
            continue
        if level is not None and upright is not None:
            return _scaled(axes, level, upright, x_range, y_range)
    raise UnreadableFigureError(_why(found_axes, irregular), give=("plot_area",))


def _why(found_axes: bool, irregular: bool) -> str:
    if irregular:
        return (
            "the labelled ticks of an axis are not evenly spaced: a logarithmic or broken axis "
            "cannot be read."
        )
    if found_axes:
        return "axes were found, but not two labelled ticks on each."
    return "no pair of axes was found: is this a Kaplan-Meier figure, cropped to one panel?"


class _IrregularError(Exception):
    """Labelled ticks are not evenly spaced."""


def _as_given(
    area: PlotArea, x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[Calibration, list[Finding]]:
    calibration = Calibration(
        area,
        (Tick(area.left, x_range[0]), Tick(area.right, x_range[1])),
        (Tick(area.bottom, y_range[0]), Tick(area.top, y_range[1])),
    )
    note = Finding("note", "plot_area_given", "the plot area was given, ticks were not searched")
    return calibration, [note]


def _ladder(contrast: NDArray, axis: Line, *, upright: bool) -> Ladder | None:
    """Labelled ticks of one axis; ``None`` when fewer than two are found."""
    # Turned so that the axis runs along the columns and its labels lie below it.
    view = contrast.T[::-1] if upright else contrast
    height = view.shape[0]
    line = replace(axis, place=height - axis.place) if upright else axis
    irregular = False
    for gap in WORD_GAPS:
        try:
            ladder = _ladder_of_words(view, line, gap)
        except _IrregularError:
            irregular = True
            continue
        if ladder is not None:
            return ladder
    if irregular:
        raise _IrregularError
    return None


def _ladder_of_words(view: NDArray, line: Line, gap: float) -> Ladder | None:
    """Labelled ticks where letters nearer than ``gap`` (in their size) are one word."""
    found: list[Ladder] = []
    irregular = False
    for outward in (True, False):
        places, lengths = tick_marks(view, line, outward=outward)
        if len(places) < 2:
            continue
        depth = lengths.max() if outward else 0.0
        clear = line.place + max(line.thickness, 1) / 2 + depth + 1
        labels = labels_below(view, line, clear, gap)
        try:
            ladder = _with_marks(places, lengths, labels)
        except _IrregularError:
            irregular = True
            continue
        if ladder is not None:
            found.append(ladder)
    if found:
        return max(found, key=lambda ladder: len(ladder.places))
    labels = labels_below(view, line, line.place + max(line.thickness, 1) / 2 + 2, gap)
    if irregular and len(labels) < 2:
        raise _IrregularError
    return _without_marks(view, line, labels)


def _with_marks(places: NDArray, lengths: NDArray, labels: Sequence[Label]) -> Ladder | None:
    """Marks that carry a label."""
    if len(labels) < 2:
        return None
    middles = np.array([label.middle for label in labels])
    spacing = float(np.min(np.diff(middles)))
    # Strokes much shorter than those at the labels are minor marks, or bits of letters.
    usual = np.median(lengths[np.abs(places[None, :] - middles[:, None]).argmin(axis=1)])
    places = places[lengths >= 0.5 * usual]
    nearest = np.abs(places[None, :] - middles[:, None])
    # A label stands at its mark: its middle is off by less than a third of the spacing.
    near = nearest.min(axis=1) < 0.3 * spacing
    if near.sum() < 2 or near.sum() < 0.6 * len(labels):
        return None
    at = places[nearest.argmin(axis=1)][near]
    # Marks at the ends may be hidden by the frame: there the label itself is the place.
    at = np.sort(np.concatenate([at, middles[~near]]))
    steps = _steps(at)
    at = _even(at, steps)
    step = (at[-1] - at[0]) / steps[-1]
    beyond = places[np.abs(places - (at[-1] + step)) < 0.1 * step]
    return Ladder(tuple(at), steps, True, float(beyond[0]) if len(beyond) else None)


def _without_marks(view: NDArray, line: Line, labels: Sequence[Label]) -> Ladder | None:
    """Middles of labels, moved to the grid lines where there are any."""
    if len(labels) < 2:
        return None
    places = np.array([label.middle for label in labels])
    spacing = float(np.min(np.diff(places)))
    above = view[: max(int(line.place) - 2, 1)]
    grid = [g.place for g in row_lines(above.T, PALE, max(20, len(above) // 3))]
    for position, place in enumerate(places):
        near = [g for g in grid if abs(g - place) < 0.15 * spacing]
        if near:
            places[position] = min(near, key=lambda g: abs(g - place))
    steps = _steps(places)
    return Ladder(tuple(_even(places, steps)), steps, False)


def _steps(places: NDArray) -> tuple[int, ...]:
    """Whole steps from the first tick; ticks may be left out, but not be uneven."""
    step = float(np.min(np.diff(places)))
    for refine in range(2):
        counts = np.round((places - places[0]) / step)
        if refine == 0 and counts[-1] > 0:
            step = float((places[-1] - places[0]) / counts[-1])
    off = np.abs(places - places[0] - counts * step)
    if np.any(off > IRREGULAR * step) or np.any(np.diff(counts) < 1):
        raise _IrregularError
    return tuple(int(count) for count in counts)


def _even(places: NDArray, steps: Sequence[int]) -> NDArray:
    """Places on the ladder of all: one that stands off it is a bit of a letter, or the frame."""
    count = np.array(steps, dtype=float)
    first, second = np.triu_indices(len(places), 1)
    step = np.median((places[second] - places[first]) / (count[second] - count[first]))
    ladder = np.median(places - step * count) + step * count
    off = np.abs(places - ladder) > max(OFF_LADDER, OFF_STEP * step)
    # Half of them or more off is no ladder with strays.
    return np.where(off, ladder, places) if off.sum() < 0.5 * len(places) else places


def _scaled(
    axes: Axes,
    level: Ladder,
    upright: Ladder,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> tuple[Calibration, list[Finding]]:
    findings: list[Finding] = []
    x_ticks, level_note = _ticks(level, x_range, "x")
    # Rows run down: the last mark of the y axis in pixels is its first value.
    down = Ladder(
        upright.places[::-1],
        tuple(upright.steps[-1] - step for step in upright.steps[::-1]),
        upright.marks,
    )
    y_ticks, upright_note = _ticks(down, y_range, "y")
    findings += level_note + upright_note
    area = _around(axes.area, x_ticks, y_ticks)
    return Calibration(area, x_ticks, y_ticks), findings


def _ticks(
    ladder: Ladder, values: tuple[float, float], name: str
) -> tuple[tuple[Tick, ...], list[Finding]]:
    """Values at the labelled ticks; a last mark whose label was left out may be the last."""
    places, steps = list(ladder.places), list(ladder.steps)
    first, last = values
    usual = is_usual((last - first) / ladder.n_steps)
    longer = is_usual((last - first) / (ladder.n_steps + 1))
    findings = []
    if ladder.unlabelled_end is not None and longer and not usual:
        places.append(ladder.unlabelled_end)
        steps.append(steps[-1] + 1)
        text = f"the last tick of the {name} axis has no label; it was taken as {last:g}"
        findings.append(Finding("note", f"{name}_last_tick_unlabelled", text))
    elif not usual:
        text = (
            f"{first:g} to {last:g} over {ladder.n_steps} steps between labelled ticks of the "
            f"{name} axis is {(last - first) / ladder.n_steps:.4g} a step: check {name}_range"
        )
        findings.append(Finding("doubt", f"{name}_range_unusual", text))
    if not ladder.marks:
        text = f"the {name} axis has no tick marks; its scale comes from the places of the labels"
        findings.append(Finding("note", f"{name}_axis_without_marks", text))
    step = (last - first) / (steps[-1] - steps[0])
    ticks = tuple(
        Tick(float(place), float(first + step * (count - steps[0])))
        for place, count in zip(places, steps, strict=True)
    )
    return ticks, findings


def is_usual(step: float) -> bool:
    """Whether people label axes in such steps, in months, weeks or days."""
    for unit in UNITS:
        size = abs(step) * unit
        mantissa = size / 10 ** math.floor(math.log10(size))
        if any(abs(mantissa - usual) < 0.004 * usual for usual in (*USUAL, 10.0)):
            return True
    return False


def _around(area: PlotArea, x_ticks: Sequence[Tick], y_ticks: Sequence[Tick]) -> PlotArea:
    """The plot area with every labelled tick inside."""
    columns = [tick.pixel for tick in x_ticks]
    rows = [tick.pixel for tick in y_ticks]
    return PlotArea(
        min(area.left, *columns),
        min(area.top, *rows),
        max(area.right, *columns),
        max(area.bottom, *rows),
    )
