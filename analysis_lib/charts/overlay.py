"""The reading drawn over its figure, to be judged by eye: a PNG image."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from analysis_lib.digitise import Calibration, DigitisedCurve, Tick
from analysis_lib.digitise.image import read_image
from analysis_lib.digitise.vector import read_drawing
from analysis_lib.digitise.vector.drawing import Drawing

#: The curve that was asked for, the others, censor ticks, and where axes were read.
CHOSEN, OTHER, TICK, AXIS = "#d6006c", "#0a66c2", "#1a7f37", "#c15700"

#: Small figures are drawn larger, so that a pixel off can be seen; large ones as they are.
_WIDTH = 1400
#: A page that is higher than any is not drawn as large.
_HEIGHT = 4000
#: How much of the figure's own ink is left.
_FADED = 0.45


def overlay_png(
    figure: Path | bytes | Image.Image,
    calibration: Calibration,
    curves: Sequence[DigitisedCurve],
    *,
    chosen: int | None = None,
    vector: bool = False,
    page: int | None = None,
) -> bytes:
    """The figure, faded, with every curve that was read in it.

    Parameters
    ----------
    figure : Path, image or bytes
        The figure that was read; bytes of a vector figure only.
    calibration : Calibration
        Its scale.
    curves : sequence of DigitisedCurve
        Curves as the figure shows them.
    chosen : int, optional
        Index of the curve that is drawn in :data:`CHOSEN`; all by default.
    vector : bool
        The figure is a PDF or SVG file, drawn from its own lines.
    page : int, optional
        Page of a PDF file.

    Returns
    -------
    bytes
        PNG; the same input gives the same bytes.
    """
    if vector:
        drawing = read_drawing(figure, page=page)
        scale = min(_WIDTH / max(drawing.width, 1.0), _HEIGHT / max(drawing.height, 1.0))
        image = _drawn(drawing, scale)
    else:
        pixels = read_image(figure)
        scale = max(1.0, round(_WIDTH / pixels.shape[1]))
        image = _faded(pixels, int(scale))
    draw = ImageDraw.Draw(image)
    _draw_axes(draw, calibration, scale)
    order = sorted(range(len(curves)), key=lambda k: k == chosen)
    for number in order:
        strong = chosen is None or number == chosen
        _draw_curve(draw, curves[number], calibration, scale, CHOSEN if strong else OTHER)
    out = BytesIO()
    image.save(out, format="PNG", optimize=False, compress_level=6)
    return out.getvalue()


def _faded(pixels: np.ndarray, scale: int) -> Image.Image:
    light = 255.0 - (255.0 - pixels) * _FADED
    image = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8), "RGB")
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def _drawn(drawing: Drawing, scale: float) -> Image.Image:
    """The lines of a vector figure in grey; its text where it is text."""
    size = max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale))
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for line in drawing.lines:
        place = [(float(x) * scale, float(y) * scale) for x, y in line.points]
        large = np.ptp(line.points, axis=0).max() > 0.2 * drawing.width
        if line.pen.fill and line.closed and not large and len(place) > 2:
            draw.polygon(place, fill="#9a9a9a")
        if line.pen.stroke:
            width = max(1, round(line.pen.width * scale))
            draw.line(place, fill="#b4b4b4", width=width)
    for label in drawing.labels:
        place = label.column * scale, label.row * scale
        draw.text(place, label.text, fill="#8a8a8a", anchor="mm", font_size=round(9 * scale))
    return image


def _draw_axes(draw: ImageDraw.ImageDraw, calibration: Calibration, scale: float) -> None:
    """A cross at each labelled tick that was found: they must lie on the figure's own."""
    area = calibration.plot_area
    low = _value_at(calibration.y_ticks, area.bottom)
    left = _value_at(calibration.x_ticks, area.left)
    places = [(tick.value, low) for tick in calibration.x_ticks]
    places += [(left, tick.value) for tick in calibration.y_ticks]
    columns, rows = calibration.to_pixels(*np.array(places).T)
    for x, y in zip(columns * scale, rows * scale, strict=True):
        draw.line([(x - 9, y), (x + 9, y)], fill=AXIS, width=2)
        draw.line([(x, y - 9), (x, y + 9)], fill=AXIS, width=2)


def _value_at(ticks: Sequence[Tick], pixel: float) -> float:
    """Value of an axis at a place between or beyond its ticks."""
    first, last = ticks[0], ticks[-1]
    share = (pixel - first.pixel) / (last.pixel - first.pixel)
    return first.value + share * (last.value - first.value)


def _draw_curve(
    draw: ImageDraw.ImageDraw,
    curve: DigitisedCurve,
    calibration: Calibration,
    scale: float,
    colour: str,
) -> None:
    months, survival = (curve.points[name].to_numpy() for name in ("time_months", "survival"))
    columns, rows = calibration.to_pixels(months, survival)
    draw.line(list(zip(columns * scale, rows * scale, strict=True)), fill=colour, width=2)
    times = np.array(curve.censor_times_months)
    if not times.size:
        return
    at = np.clip(np.searchsorted(months, times, side="right") - 1, 0, None)
    columns, rows = calibration.to_pixels(times, survival[at])
    for x, y in zip(columns * scale, rows * scale, strict=True):
        draw.line([(x, y - 8), (x, y + 8)], fill=TICK, width=3)
