"""A raster figure as numbers: axes, colours, staircases, ticks, and what to doubt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.calibrate import calibrate
from analysis_lib.digitise.censor_ticks import find_ticks, tick_shape
from analysis_lib.digitise.figure import (
    Calibration,
    DigitisedCurve,
    DigitisedFigure,
    Finding,
    PlotArea,
    UnreadableFigureError,
)
from analysis_lib.digitise.image import FigureInput, read_image
from analysis_lib.digitise.ink import Ink, lift_ink
from analysis_lib.digitise.line_colours import find_colours, ink_by_colour
from analysis_lib.digitise.separation import (
    Candidate,
    along,
    choose,
    colour_hex,
    find_candidates,
    line_style,
    without_straight_lines,
)
from analysis_lib.digitise.staircase import extended, merged, refine
from analysis_lib.digitise.straighten import page_angle, turned_back

GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)


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
    """Read the curves of a Kaplan-Meier figure."""
    rgb = read_image(image)
    angle = page_angle(rgb @ GREY)
    rgb = turned_back(rgb, angle)
    page = _page(rgb)
    contrast = np.abs(rgb - page).max(axis=2)
    calibration, _, findings = calibrate(
        contrast, rgb, x_range=x_range, y_range=y_range, plot_area=plot_area
    )
    ink = lift_ink(rgb, calibration)
    line_colours = find_colours(ink)
    cover, kept = without_straight_lines(ink_by_colour(ink, line_colours), ink)
    line_colours = [c for c, k in zip(line_colours, kept, strict=True) if k]
    cover = cover[kept]
    start, start_rows = _start(ink, calibration)
    candidates = find_candidates(
        cover, ink, n_curves=n_curves, start=start, start_rows=start_rows
    )
    chosen, spare = choose(candidates, n_curves, ink.line_width)
    if len(chosen) < n_curves:
        raise UnreadableFigureError(
            f"{n_curves} curves were asked for, {len(chosen)} found.", give=("colours",)
        )
    curves = _curves(chosen, ink, line_colours, calibration)
    return DigitisedFigure(curves, calibration, tuple(findings))


def _page(rgb):
    """Commonest colour along the edges of the figure."""
    edge = max(3, min(rgb.shape[:2]) // 40)
    ring = [rgb[:edge], rgb[-edge:], rgb[:, :edge].swapaxes(0, 1), rgb[:, -edge:].swapaxes(0, 1)]
    pixels = np.concatenate([part.reshape(-1, 3) for part in ring])
    codes = (pixels // 8).astype(int) @ np.array([4096, 64, 1])
    values, counts = np.unique(codes, return_counts=True)
    return np.median(pixels[codes == values[np.argmax(counts)]], axis=0)


def _start(ink, calibration):
    columns, rows = calibration.to_pixels(np.array([0.0]), np.array([1.0]))
    start = int(max(columns[0] - ink.column, 0))
    row = rows[0] - ink.row
    reach = ink.line_width / 2 + 2
    return start, (row - reach, row + reach)


def _curves(chosen, ink, line_colours, calibration):
    amounts = {
        c.colour: np.clip(ink.absorbed @ np.array(line_colours[c.colour].direction), 0, None)
        * (c.own + 0 > -1)
        for c in chosen
    }
    inks = []
    for c in chosen:
        others = [o for o in chosen if o is not c and o.colour == c.colour]
        full = next(o for o in chosen if o.colour == c.colour and o.rank == min(p.rank for p in chosen if p.colour == c.colour)).own
        mine = full.copy()
        for o in others:
            mine[along(o.path, mine.shape, ink.line_width / 2 + 0.5) & ~along(c.path, mine.shape, ink.line_width / 2 + 0.5)] = 0
        inks.append(mine)
    shape = tick_shape([c.path for c in chosen], inks, ink.furniture, ink.line_width)
    out = []
    for c, mine in zip(chosen, inks, strict=True):
        near = ndimage.maximum_filter(c.own, 3) > 0.3
        amount = amounts[c.colour] * near
        stairs = merged(refine(c.path, c.own, amount, ink.line_width), ink.line_width)
        ticks = np.empty(0)
        if shape is not None:
            ticks = find_ticks(
                c.path, mine, amounts[c.colour] * (ndimage.maximum_filter(mine, 3) > 0.3), ink.furniture, line_width=ink.line_width, shape=shape
            )
        stairs = extended(stairs, c.own, ink.line_width, shape.below if shape else 0.0)
        x, y = stairs.corners()
        t, s = calibration.to_data(x + ink.column, y + ink.row)
        tick_t, _ = calibration.to_data(ticks + ink.column, np.zeros_like(ticks))
        t = np.maximum.accumulate(np.clip(t, 0, None))
        s = np.minimum.accumulate(np.clip(s, 0, 1))
        t[0] = 0.0
        if abs(s[0] - 1) < 2.5 * calibration.survival_per_pixel:
            s[:2] = 1.0
        out.append(
            DigitisedCurve(
                pd.DataFrame({"time_months": t, "survival": s}),
                tuple(float(v) for v in np.clip(tick_t, 0, None)),
                colour_hex(line_colours[c.colour], np.array([255.0, 255, 255])),
                line_style(c, ink.line_width),
                1.0,
            )
        )
    return tuple(sorted(out, key=lambda c: -np.trapezoid(c.points.survival, c.points.time_months)))
