"""A Kaplan-Meier figure in a PDF or SVG file as numbers: exact, as nothing need be guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.digitise.figure import (
    Calibration,
    DigitisedCurve,
    DigitisedFigure,
    Finding,
    NotAFigureError,
    PlotArea,
    UnreadableFigureError,
)
from analysis_lib.digitise.vector.axes import Panel, calibrate, chosen_panel, find_panels, widened
from analysis_lib.digitise.vector.bars import bars_as_lines
from analysis_lib.digitise.vector.drawing import Drawing, Pen, box_of
from analysis_lib.digitise.vector.marks import censor_marks, drawn_box
from analysis_lib.digitise.vector.pdf import read_pdf
from analysis_lib.digitise.vector.pen_style import colour_of
from analysis_lib.digitise.vector.steps import StepCurve, step_curves, without_limits
from analysis_lib.digitise.vector.svg import read_svg
from analysis_lib.exceptions import InvalidInputError

#: A figure with 50 MB is a book.
MAX_BYTES = 50_000_000

#: How far a colour may be from the one asked for, in levels of 0..255.
_SAME_COLOUR = 40.0

#: Two for each time of death: ten thousand days are more than a life of follow-up.
_MOST_CORNERS = 20_000

#: What programs that count in single precision lose of a place on a page, in points.
_SINGLE = 5e-5


def digitise_vector(
    figure: Path | str | bytes,
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float] = (0.0, 1.0),
    n_curves: int,
    page: int | None = None,
    plot_area: PlotArea | tuple[float, float, float, float] | None = None,
    colours: Sequence[str] | None = None,
    direction: str = "falling",
) -> DigitisedFigure:
    """Read the curves of a figure whose lines are still lines.

    Parameters
    ----------
    figure : Path, str or bytes
        A PDF or SVG file.
    x_range, y_range : tuple of float
        Values of the first and the last labelled tick: months, and probabilities (also where
        the axis prints percent).
    n_curves : int
        How many curves are drawn, interval limits not counted.
    page : int, optional
        Page of a PDF file, from 1; needed when there are several.
    plot_area : PlotArea or (left, top, right, bottom), optional
        Which figure of the page, in points from its upper left corner.
    colours : sequence of str, optional
        Colours of the curves (``#rrggbb`` or names); the curves come in this order.
    direction : str
        ``falling`` (survival) or ``rising`` (cumulative incidence: what is returned is what
        is drawn).

    Returns
    -------
    DigitisedFigure
        Positions in points, columns to the right and rows down.

    Raises
    ------
    NotAFigureError
        No such file, not PDF or SVG, damaged, encrypted, too large, or an image within.
    UnreadableFigureError
        No axes or curves among the lines, or more than asked for.
    InvalidInputError
        A range or a count that cannot be.
    """
    _check(x_range, y_range, n_curves, direction)
    rising = direction == "rising"
    drawing = read_drawing(figure, page=page)
    quarters, readable = _readable(bars_as_lines(drawing), x_range, y_range, rising=rising)
    # A letter written as its outline may be a thin bar: as a mark it is no exact line.
    seen = drawing.turned(quarters)
    panels = [panel for panel, _, _ in readable]
    panel = chosen_panel(panels, plot_area, on_page=lambda area: _turned(drawing, area, -quarters))
    _, calibration, found = next(one for one in readable if one[0] is panel)
    curves = _wanted(found, n_curves, colours)
    colours_drawn = {curve.pen.stroke or "" for curve in found}
    marks = censor_marks(seen, curves, calibration.plot_area, calibration, others=colours_drawn)
    calibration = replace(
        calibration, rotation_degrees=90.0 * quarters, centre=drawing.centre if quarters else (0, 0)
    )
    return _figure(calibration, curves, *marks, rising=rising)


def _readable(
    drawing: Drawing,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    rising: bool,
) -> tuple[int, list[tuple[Panel, Calibration, list[StepCurve]]]]:
    """By how many quarters the page has to be turned, and its panels with curves.

    A figure that lies on its side is read when its labels say which way it stands.

    Raises
    ------
    NotAFigureError
        The page is an image.
    UnreadableFigureError
        There are no axes with curves, whichever way the page is held.
    """
    upright = find_panels(drawing)
    readable, problem = _with_curves(drawing, upright, x_range, y_range, rising=rising)
    if readable:
        return 0, readable
    for quarters in (1, 3):
        seen = drawing.turned(quarters)
        readable, _ = _with_curves(
            seen, find_panels(seen), x_range, y_range, rising=rising, by_labels=True
        )
        if readable:
            return quarters, readable
    raise problem or _no_curves(drawing, upright)


def _turned(drawing: Drawing, area: PlotArea, quarters: int) -> PlotArea:
    """A rectangle of the page when the page is turned back."""
    corners = np.array([[area.left, area.top], [area.right, area.bottom]])
    box = box_of(drawing.turn(corners, quarters))
    return PlotArea(box.left, box.top, box.right, box.bottom)


def read_drawing(figure: Path | str | bytes, *, page: int | None = None) -> Drawing:
    """Lines and labels of a PDF or SVG file, told apart by content."""
    data = _bytes(figure)
    if is_pdf(data):
        return read_pdf(data, page=page)
    if is_svg(data):
        if page not in (None, 1):
            raise NotAFigureError(f"page: an SVG file has one page, was {page}")
        return read_svg(data)
    raise NotAFigureError("the file is neither PDF nor SVG: an image is read by digitise_figure")


def is_pdf(data: bytes) -> bool:
    """Whether the file says that it is a PDF, as readers look for it: in its first kilobyte."""
    return b"%PDF-" in data[:1024]


def is_svg(data: bytes) -> bool:
    """Whether the file is XML text with an SVG element near its start."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] == b"<" and b"<svg" in data[:20_000]


def _bytes(figure: Path | str | bytes) -> bytes:
    if isinstance(figure, bytes):
        data = figure
    else:
        path = Path(figure)
        try:
            size = path.stat().st_size
            data = path.read_bytes() if size <= MAX_BYTES else b""
        except OSError as error:
            raise NotAFigureError(f"{path}: cannot be read: {error.strerror}") from error
        if size > MAX_BYTES:
            raise NotAFigureError(f"{path}: must be at most {MAX_BYTES:,} bytes, was {size:,}")
    if not data:
        raise NotAFigureError("the file is empty")
    if len(data) > MAX_BYTES:
        raise NotAFigureError(f"the file must be at most {MAX_BYTES:,} bytes, was {len(data):,}")
    return data


def _check(
    x_range: tuple[float, float], y_range: tuple[float, float], n_curves: int, direction: str
) -> None:
    if direction not in ("falling", "rising"):
        raise InvalidInputError(f"direction: must be falling or rising, was {direction!r}")
    for name, limits in (("x_range", x_range), ("y_range", y_range)):
        if len(limits) != 2 or not np.isfinite(limits).all() or limits[0] >= limits[1]:
            raise InvalidInputError(f"{name}: must be two ascending numbers, was {limits}")
    if x_range[0] < 0:
        raise InvalidInputError(f"x_range: must not be negative, was {x_range}")
    if not 0 <= y_range[0] < y_range[1] <= 1:
        raise InvalidInputError(
            f"y_range: must be probabilities in 0..1 (100 % is 1), was {y_range}"
        )
    if not 1 <= n_curves <= 20:
        raise InvalidInputError(f"n_curves: must be in 1..20, was {n_curves}")


def _with_curves(
    drawing: Drawing,
    panels: Sequence[Panel],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    rising: bool,
    by_labels: bool = False,
) -> tuple[list[tuple[Panel, Calibration, list[StepCurve]]], UnreadableFigureError | None]:
    """Panels in which curves are drawn; and why the first one that could not be scaled could not.

    Tables of numbers at risk have axes too, but no curves.
    """
    readable, problem = [], None
    for panel in panels:
        try:
            scale = calibrate(
                panel, drawing.labels, x_range=x_range, y_range=y_range, by_labels=by_labels
            )
        except UnreadableFigureError as error:
            problem = problem or error
            continue
        found = step_curves(drawing.lines, panel.area, scale, rising=rising)
        if found:
            box = drawn_box(found)
            wider = widened(panel, box.left, box.top, box.right, box.bottom)
            readable.append((wider, Calibration(wider.area, scale.x_ticks, scale.y_ticks), found))
    return readable, problem


def _no_curves(
    drawing: Drawing, panels: Sequence[Panel]
) -> NotAFigureError | UnreadableFigureError:
    if drawing.images and len(drawing.lines) < 50:
        return NotAFigureError(
            "the file holds an image, not lines: take the image out of it and give that"
        )
    if not panels:
        return UnreadableFigureError("No pair of axes with ticks was found among the lines.")
    return UnreadableFigureError(
        "Axes were found, but no line that falls in steps from 1 at the first labelled time: are "
        "the ranges right, is it a cumulative incidence (direction rising), or is it drawn aslant?"
    )


def _wanted(
    found: list[StepCurve], n_curves: int, colours: Sequence[str] | None
) -> list[StepCurve]:
    """Exactly the curves asked for, in the order of the colours or of the area below."""
    curves = without_limits(found) if len(found) > n_curves else found
    if colours is not None:
        curves = _by_colour(curves, colours)
    if len(curves) != n_curves:
        seen = ", ".join(f"{line_style(c.pen)} {c.pen.stroke}" for c in curves[:10]) or "none"
        some = "; with colours some of them are chosen" if len(curves) > n_curves else ""
        raise UnreadableFigureError(
            f"{len(curves)} curves were found ({seen}), {n_curves} asked for{some}.",
            give=("n_curves", "colours") if some else ("n_curves",),
        )
    longest = max(len(curve.place) for curve in curves)
    if longest > _MOST_CORNERS:
        raise UnreadableFigureError(
            f"A line of {longest:,} corners is no survival curve: at most {_MOST_CORNERS:,} are "
            "read."
        )
    return curves if colours is not None else sorted(curves, key=lambda one: -one.area_below)


def _by_colour(curves: list[StepCurve], colours: Sequence[str]) -> list[StepCurve]:
    chosen = []
    for text in colours:
        wanted = colour_of(text)
        if wanted is None:
            raise InvalidInputError(f"colours: must be #rrggbb or a name, was {text!r}")
        chosen += [
            curve
            for curve in curves
            if _distance(curve.pen.stroke or "", wanted) <= _SAME_COLOUR and curve not in chosen
        ]
    return chosen


def _distance(one: str, other: str) -> float:
    levels = ([int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in (one, other))
    return float(np.linalg.norm(np.subtract(*levels)))


def _figure(
    calibration: Calibration,
    curves: list[StepCurve],
    ticks: list[tuple[float, ...]],
    shared: list[int],
    *,
    rising: bool,
) -> DigitisedFigure:
    step = printed_step(np.concatenate([curve.place.ravel() for curve in curves]))
    rounding = max(step, _SINGLE)
    findings = [_precision(calibration, step)]
    if calibration.rotation_degrees:
        message = "The figure lies on its side: it was read turned, as its labels say."
        findings.append(Finding("note", "on_its_side", message))
    made = []
    for number, (curve, times) in enumerate(zip(curves, ticks, strict=True)):
        reasons = []
        if curve.gap_share > 0.0:
            reasons.append(f"drawn as single dashes: {curve.gap_share:.0%} of it lie in gaps")
        if shared[number]:
            reasons.append(f"{shared[number]} censor ticks lie on another curve as well")
            message = f"{reasons[-1]}, and their colour does not tell whose they are."
            findings.append(Finding("doubt", "shared_ticks", message, number))
        made.append(
            DigitisedCurve(
                _points(curve, calibration, rounding, rising=rising),
                times,
                curve.pen.stroke or "#000000",
                line_style(curve.pen),
                round(1.0 - curve.gap_share, 4),
                tuple(reasons),
            )
        )
    return DigitisedFigure(tuple(made), calibration, tuple(findings))


def _points(
    curve: StepCurve, calibration: Calibration, rounding: float, *, rising: bool
) -> pd.DataFrame:
    """The line in data, from time zero; what lies a rounding off 0 or 1 is there."""
    months = np.maximum.accumulate(_at_zero(curve.months, rounding * calibration.months_per_pixel))
    survival = _snapped(curve.survival, rounding * calibration.survival_per_pixel)
    survival = np.minimum.accumulate(np.clip(survival, 0.0, 1.0))
    if months[0] > 0.0:
        months, survival = np.insert(months, 0, 0.0), np.insert(survival, 0, 1.0)
    keep = np.ones(len(months), dtype=bool)
    keep[1:] = (np.diff(months) != 0.0) | (np.diff(survival) != 0.0)
    drawn = 1.0 - survival if rising else survival
    return pd.DataFrame({"time_months": months[keep], "survival": drawn[keep]})


def _at_zero(values: NDArray, rounding: float) -> NDArray:
    """Values with those within two roundings of zero, or below it, put there."""
    return np.where(values <= 2 * rounding, 0.0, values)


def _snapped(values: NDArray, rounding: float) -> NDArray:
    """Probabilities with those within two roundings of 0 and 1 put there."""
    return np.where(np.abs(values - 1.0) <= 2 * rounding, 1.0, _at_zero(values, rounding))


def line_style(pen: Pen) -> str:
    """``solid``, ``dotted``, ``dashed`` or ``dash-dotted`` by the dashes of a pen."""
    if not pen.dash:
        return "solid"
    marks = pen.dash[0::2]
    if len(pen.dash) >= 4 and max(marks) > 1.5 * min(marks):
        return "dash-dotted"
    return "dotted" if max(marks) <= 1.6 * max(pen.width, 0.1) else "dashed"


def _precision(calibration: Calibration, step: float) -> Finding:
    """How finely the file prints its coordinates, in the units of the axes."""
    message = (
        f"Read from the lines of the file, whose coordinates are printed to {step:.2g} points: "
        f"{step * calibration.months_per_pixel:.2g} months and "
        f"{step * calibration.survival_per_pixel:.2g} of survival."
    )
    return Finding("note", "vector_precision", message)


def printed_step(values: NDArray) -> float:
    """The grid that coordinates lie on: decimals, or the 256th of a point of some programs."""
    for step in (1.0, 0.1, 0.01, 1 / 256, 1e-3, 1e-4, 1e-5):
        if np.abs(values / step - np.round(values / step)).max() * step < 1e-6:
            return step
    return 1e-6
