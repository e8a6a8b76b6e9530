"""A raster figure as numbers: axes, colours, staircases, ticks, and what to doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis_lib.digitise.axis_lines import page_colour
from analysis_lib.digitise.calibrate import calibrate
from analysis_lib.digitise.figure import (
    Calibration,
    DigitisedCurve,
    DigitisedFigure,
    Finding,
    PlotArea,
    Tick,
    UnreadableFigureError,
)
from analysis_lib.digitise.image import FigureInput, read_image
from analysis_lib.digitise.ink import Ink, lift_ink
from analysis_lib.digitise.interval_bounds import middle_first
from analysis_lib.digitise.line_colours import (
    LineColour,
    beside,
    find_colours,
    given_colours,
    ink_by_colour,
)
from analysis_lib.digitise.read_curves import read_curves
from analysis_lib.digitise.request import Request, checked_request
from analysis_lib.digitise.separation import (
    Candidate,
    choose,
    choose_given,
    find_candidates,
    without_straight_lines,
)
from analysis_lib.digitise.straighten import page_angle, turned_back

LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
#: Longer sides are scaled down to this: a pixel is then still a thousandth of the axis, and
#: time and memory stay bounded.
LARGEST_SIDE = 1600
#: A line left over this much as long as the weakest curve read may be the curve meant.
AS_GOOD = 0.8
#: A curve of which less than this share is seen would be a guess.
LEAST_CONFIDENCE = 0.3


def digitise_figure(
    image: FigureInput,
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float] = (0.0, 1.0),
    n_curves: int,
    plot_area: PlotArea | tuple[float, float, float, float] | None = None,
    colours: Sequence[str] | None = None,
    direction: str = "falling",
) -> DigitisedFigure:
    """Read the curves of a Kaplan-Meier figure.

    Parameters
    ----------
    image : PIL.Image.Image, ndarray or path
        The figure, one panel; shape (h, w), (h, w, 3) or (h, w, 4), values 0 to 255.
    x_range, y_range : tuple of float
        Values of the first and last labelled tick: months, and probabilities from 0 to 1 also
        where the axis prints percent. The plot area may extend beyond them.
    n_curves : int
        Curves in the figure, 1 to 8.
    plot_area : PlotArea or tuple, optional
        Left, top, right, bottom in pixels of the first and last labelled ticks. When given the
        axes are not searched and the figure is taken as straight.
    colours : sequence of str, optional
        Colour of each curve, ``#rrggbb`` or a name; the same colour twice for two line styles.
        The curves come back in this order.
    direction : str
        ``falling`` for survival, ``rising`` for cumulative incidence.

    Returns
    -------
    DigitisedFigure
        Curves, the calibration in pixels of the figure as given, and findings.

    Raises
    ------
    InvalidInputError
        When an argument breaks its rule.
    NotAFigureError
        When the input is no image that can be read.
    UnreadableFigureError
        When the figure cannot be read without guessing; the message says what to give.
    """
    request = checked_request(
        x_range=x_range,
        y_range=y_range,
        n_curves=n_curves,
        plot_area=plot_area,
        colours=colours,
        direction=direction,
    )
    rgb, factor = _bounded(read_image(image))
    if request.plot_area is not None:
        request = replace(request, plot_area=_scaled_area(request.plot_area, 1 / factor))
        _check_inside(request.plot_area, rgb)
    angle = 0.0 if request.plot_area else page_angle(rgb @ LUMINANCE)
    rgb = turned_back(rgb, angle)
    contrast = np.abs(rgb - page_colour(rgb)).max(axis=2)
    calibration, findings = calibrate(
        contrast,
        rgb,
        x_range=request.x_range,
        y_range=request.y_range,
        plot_area=request.plot_area,
    )
    ink = lift_ink(rgb, calibration)
    ink = ink.upside_down() if request.rising else ink
    chosen, line_colours, cover, doubts = _choose_curves(ink, calibration, request)
    exact = angle == 0.0 and factor == 1.0
    curves, notes = read_curves(
        chosen, ink, line_colours, cover, calibration, rising=request.rising, exact=exact
    )
    _check_seen(curves)
    if request.colours is None:
        curves = tuple(sorted(curves, key=_area_below, reverse=not request.rising))
    centre = (rgb.shape[1] / 2, rgb.shape[0] / 2)
    turned = replace(calibration, rotation_degrees=angle, centre=centre)
    findings = [*findings, *doubts, *notes, *_turned_note(angle)]
    return DigitisedFigure(curves, _scaled(turned, factor), tuple(findings))


def _bounded(rgb: NDArray) -> tuple[NDArray, float]:
    """The figure at most ``LARGEST_SIDE`` long, and how much larger the given one is."""
    longest = max(rgb.shape[:2])
    if longest <= LARGEST_SIDE:
        return rgb.astype(np.float32), 1.0
    factor = longest / LARGEST_SIDE
    size = (round(rgb.shape[1] / factor), round(rgb.shape[0] / factor))
    image = Image.fromarray(rgb).resize(size, Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float32), factor


def _scaled_area(area: PlotArea, factor: float) -> PlotArea:
    return PlotArea(
        area.left * factor, area.top * factor, area.right * factor, area.bottom * factor
    )


def _scaled(calibration: Calibration, factor: float) -> Calibration:
    """The calibration in pixels of the figure as given."""
    if factor == 1.0:
        return calibration
    return replace(
        calibration,
        plot_area=_scaled_area(calibration.plot_area, factor),
        x_ticks=tuple(Tick(t.pixel * factor, t.value) for t in calibration.x_ticks),
        y_ticks=tuple(Tick(t.pixel * factor, t.value) for t in calibration.y_ticks),
        centre=(calibration.centre[0] * factor, calibration.centre[1] * factor),
    )


def _check_inside(area: PlotArea, rgb: NDArray) -> None:
    height, width = rgb.shape[:2]
    if area.right > width or area.bottom > height:
        raise UnreadableFigureError(
            f"plot_area reaches beyond the image of {width} x {height} pixels.",
            give=("plot_area",),
        )


def _turned_note(angle: float) -> list[Finding]:
    if angle == 0.0:
        return []
    return [Finding("note", "figure_turned", f"the figure was turned back by {angle:.2f} degrees")]


def _check_seen(curves: Sequence[DigitisedCurve]) -> None:
    weakest = min(curves, key=lambda curve: curve.confidence)
    if weakest.confidence < LEAST_CONFIDENCE:
        raise UnreadableFigureError(
            f"one of the {len(curves)} curves ({weakest.colour}) is hardly seen: "
            f"{'; '.join(weakest.reasons)}.",
            give=("colours", "plot_area"),
        )


def _area_below(curve: DigitisedCurve) -> float:
    return float(np.trapezoid(curve.points["survival"], curve.points["time_months"]))


def _choose_curves(
    ink: Ink, calibration: Calibration, request: Request
) -> tuple[list[Candidate], list[LineColour], NDArray, list[Finding]]:
    """The staircases to read, the colours of lines, their ink, and doubts about the choice."""
    found = find_colours(ink)
    wanted = None
    if request.colours is not None:
        wanted = given_colours(ink, request.colours)
        found = wanted + beside(found, wanted)
    if not found:
        raise UnreadableFigureError(
            "no line was found in the plot area.", give=("plot_area", "colours")
        )
    cover, kept = without_straight_lines(ink_by_colour(ink, found), ink)
    if wanted is not None:
        kept[: len(wanted)] = True
    line_colours = [colour for colour, keep in zip(found, kept, strict=True) if keep]
    cover = cover[kept]
    start, start_rows = _start(ink, calibration, request)
    candidates = find_candidates(
        cover, ink, n_curves=request.n_curves, start=start, start_rows=start_rows
    )
    candidates = middle_first(candidates, request.n_curves, ink.line_width)
    if wanted is None:
        chosen, spare = choose(candidates, request.n_curves, ink.line_width)
    else:
        each = given_colours_of(ink, request.colours, wanted)
        chosen, spare = choose_given(candidates, each), []
    _check_number(chosen, candidates, request)
    return chosen, line_colours, cover, _spare_doubts(chosen, spare)


def given_colours_of(
    ink: Ink, colours: Sequence[NDArray], wanted: Sequence[LineColour]
) -> list[int]:
    """Index of the line colour of each curve asked for."""
    return [wanted.index(given_colours(ink, [colour])[0]) for colour in colours]


def _start(ink: Ink, calibration: Calibration, request: Request) -> tuple[int, tuple[float, float]]:
    """Column of month zero, and the rows in which a curve starts there."""
    height, width = ink.strength.shape
    value = 0.0 if request.rising else 1.0
    columns, rows = calibration.to_pixels(np.array([0.0]), np.array([value]))
    start, row = float(columns[0] - ink.column), float(rows[0] - ink.row)
    row = height - row if request.rising else row
    reach = ink.line_width / 2 + 2
    if start < -reach or not -reach < row < height + reach:
        return max(int(start), 0), (0.0, float(height))  # the start lies outside the figure
    return min(max(int(start), 0), width - 1), (row - reach, row + reach)


def _check_number(
    chosen: Sequence[Candidate], candidates: Sequence[Candidate], request: Request
) -> None:
    if len(chosen) == request.n_curves:
        return
    begins = "0 at time zero and rises" if request.rising else "1 at time zero and falls"
    if not candidates:
        raise UnreadableFigureError(
            f"no line was found that starts at {begins}.", give=("plot_area", "colours")
        )
    raise UnreadableFigureError(
        f"{request.n_curves} curves were asked for and {len(chosen)} found that start at "
        f"{begins}: curves of one colour and line style, or one on the other all along, cannot "
        "be told apart.",
        give=("n_curves", "colours"),
    )


def _spare_doubts(chosen: Sequence[Candidate], spare: Sequence[Candidate]) -> list[Finding]:
    """More lines than curves asked for: refuse where the choice is a guess, else say so."""
    weakest = min(candidate.path.gain for candidate in chosen)
    long = [c for c in spare if c.path.gain > AS_GOOD * weakest]
    others = [c for c in long if c.rank == 0]
    if any(c.solid for c in others) and all(c.solid for c in chosen):
        raise UnreadableFigureError(
            f"the figure shows more lines that look like curves than the {len(chosen)} asked for.",
            give=("n_curves", "colours"),
        )
    if others or any(c.solid for c in long):
        text = "another line in the figure is as long as a curve that was read"
        return [Finding("doubt", "further_line", text)]
    return []
