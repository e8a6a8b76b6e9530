"""A Kaplan-Meier figure as journals print it, drawn from known patients: to be read again.

Drawn by matplotlib without a screen; the same patients give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from analysis_lib.survival import kaplan_meier

#: Inches, and pixels an inch: what a journal's website shows.
_SIZE, _DPI = (7.0, 5.2), 100

#: Lines simplified for the screen would lose small drops.
_SETTINGS = {"path.simplify": False, "svg.hashsalt": "figure", "font.family": "DejaVu Sans"}


@dataclass(frozen=True)
class DrawnArm:
    """An arm of the figure: its label, colour, and patients (``time_months``, ``event``)."""

    label: str
    colour: str
    patients: pd.DataFrame

    @property
    def curve(self) -> pd.DataFrame:
        """Its Kaplan-Meier curve."""
        return kaplan_meier(self.patients["time_months"], self.patients["event"])


def figure_png(arms: Sequence[DrawnArm], *, months: Sequence[int], title: str) -> bytes:
    """The figure as an image of 700 x 520 pixels.

    Parameters
    ----------
    arms : sequence of DrawnArm
        Curves with interval bands, censor ticks and numbers at risk.
    months : sequence of int
        Labelled ticks of the time axis.
    title : str
        What the survival axis measures.
    """
    with mpl.rc_context(_SETTINGS):
        canvas = FigureCanvasAgg(_drawn(arms, months, title))
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    out = io.BytesIO()
    Image.fromarray(pixels.copy(), "RGB").save(out, format="PNG", compress_level=6)
    return out.getvalue()


def figure_svg(arms: Sequence[DrawnArm], *, months: Sequence[int], title: str) -> bytes:
    """The same figure as lines."""
    out = io.BytesIO()
    with mpl.rc_context(_SETTINGS):
        _drawn(arms, months, title).savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _drawn(arms: Sequence[DrawnArm], months: Sequence[int], title: str) -> Figure:
    figure = Figure(_SIZE, dpi=_DPI)
    axes = figure.add_axes((0.15, 0.28, 0.82, 0.69))
    last = max(float(arm.curve["time_months"].iloc[-1]) for arm in arms)
    for row, arm in enumerate(arms):
        _draw_arm(axes, arm)
        _draw_numbers(axes, arm, months, row)
    axes.set(xlim=(0, last * 1.02), ylim=(0, 1.04), xticks=list(months))
    axes.set(xlabel="Months", ylabel=title, yticks=[0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper right", frameon=False)
    return figure


def _draw_arm(axes: Axes, arm: DrawnArm) -> None:
    curve = arm.curve
    time = curve["time_months"].to_numpy()
    low, high = (curve[side].to_numpy() for side in ("low", "high"))
    axes.fill_between(time, low, high, step="post", color=arm.colour, alpha=0.15, lw=0)
    axes.step(time, curve["survival"], where="post", color=arm.colour, lw=1.6, label=arm.label)
    censored = curve[curve["censored"] > 0]
    axes.plot(censored["time_months"], censored["survival"], "|", color=arm.colour, ms=7, mew=1.1)


def _draw_numbers(axes: Axes, arm: DrawnArm, months: Sequence[int], row: int) -> None:
    """A line of the number-at-risk table, below the axis."""
    height = -0.24 - 0.07 * row
    place = axes.get_xaxis_transform()
    for month in months:
        at_risk = int((arm.patients["time_months"] >= month).sum())
        axes.text(month, height, str(at_risk), ha="center", transform=place, fontsize=9)
    axes.text(-0.06, height, arm.label, ha="right", transform=axes.transAxes, fontsize=9)
