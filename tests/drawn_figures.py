"""Small Kaplan-Meier figures drawn with Pillow, every pixel known. Synthetic, for tests only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

BLUE, RED, BLACK = "#1f4e9f", "#c0282d", "#000000"


@dataclass(frozen=True)
class Drawing:
    """How a figure is drawn: plot area in pixels, axis values, pen."""

    size: tuple[int, int] = (640, 480)
    area: tuple[int, int, int, int] = (80, 30, 600, 400)
    months: Sequence[float] = (0, 6, 12, 18, 24)
    levels: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0)
    frame: bool = False
    pen: int = 3
    paper: str = "#ffffff"
    ticks: Sequence[int] = field(default=())

    def column(self, months: float) -> float:
        """Column of a time."""
        left, _, right, _ = self.area
        first, last = self.months[0], self.months[-1]
        return left + (months - first) / (last - first) * (right - left)

    def row(self, survival: float) -> float:
        """Row of a probability."""
        _, top, _, bottom = self.area
        low, high = self.levels[0], self.levels[-1]
        return bottom - (survival - low) / (high - low) * (bottom - top)


def steps(times: Sequence[float], survival: Sequence[float], end: float) -> pd.DataFrame:
    """Polyline of a step curve from (0, 1), both corners of every step."""
    x = np.repeat([0.0, *times, end], 2)[1:-1]
    y = np.repeat([1.0, *survival], 2)
    return pd.DataFrame({"time_months": x, "survival": y})


def draw(
    curves: Sequence[pd.DataFrame],
    colours: Sequence[str] = (BLUE, RED),
    *,
    drawing: Drawing | None = None,
    censored: Sequence[Sequence[float]] = (),
) -> Image.Image:
    """A figure with axes, tick marks, labels, curves and censor ticks."""
    d = drawing or Drawing()
    image = Image.new("RGB", d.size, d.paper)
    pen = ImageDraw.Draw(image)
    _axes(pen, d)
    for position, curve in enumerate(curves):
        colour = colours[position]
        points = [
            (round(d.column(x)), round(d.row(y)))
            for x, y in zip(curve["time_months"], curve["survival"], strict=True)
        ]
        half = d.pen // 2
        for (x0, y0), (x1, y1) in pairwise(points):
            low, high = min(y0, y1), max(y0, y1)
            pen.rectangle((x0 - half, low - half, x1 + half, high + half), fill=colour)
        for time in censored[position] if censored else ():
            at = np.searchsorted(curve["time_months"], time, side="right") - 1
            x, y = round(d.column(time)), round(d.row(curve["survival"].iloc[at]))
            pen.rectangle((x, y - 7, x + 1, y + 7), fill=colour)
    return image


def _axes(pen: ImageDraw.ImageDraw, d: Drawing) -> None:
    left, top, right, bottom = d.area
    font = ImageFont.load_default(14)
    pen.line((left, top, left, bottom), fill="black")
    pen.line((left, bottom, right, bottom), fill="black")
    if d.frame:
        pen.line((left, top, right, top), fill="black")
        pen.line((right, top, right, bottom), fill="black")
    for month in d.months:
        x = round(d.column(month))
        pen.line((x, bottom, x, bottom + 6), fill="black")
        pen.text((x, bottom + 10), f"{month:g}", fill="black", font=font, anchor="mt")
    for level in d.levels:
        y = round(d.row(level))
        pen.line((left - 6, y, left, y), fill="black")
        pen.text((left - 10, y), f"{level:g}", fill="black", font=font, anchor="rm")
    pen.text(((left + right) / 2, bottom + 40), "Months", fill="black", font=font, anchor="mt")
