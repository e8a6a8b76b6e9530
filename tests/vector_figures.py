"""Vector figures for tests, drawn by matplotlib: synthetic survival curves, evidence of nothing."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Arm:
    """A step curve: where it drops, to what, where patients are censored, and where it ends."""

    drop_times: tuple[float, ...]
    survival: tuple[float, ...]
    censored: tuple[float, ...]
    end: float
    corners: list[tuple[float, float]] = field(repr=False, default_factory=list)

    def at(self, time: float) -> float:
        """Level of the curve."""
        k = int(np.searchsorted(self.drop_times, time, side="right"))
        return 1.0 if k == 0 else self.survival[k - 1]


def arm(seed: int, *, n: int = 30, months: float = 60.0, scale: float = 30.0) -> Arm:
    """A Kaplan-Meier curve of ``n`` random patients."""
    draw = np.random.default_rng(seed)
    times, limits = draw.exponential(scale, n), draw.uniform(5, months, n)
    shown, event = np.minimum(times, limits), times <= limits
    order = np.argsort(shown)
    shown, event = shown[order], event[order]
    level, drops, survival = 1.0, [], []
    for k, (time, died) in enumerate(zip(shown, event, strict=True)):
        if died:
            level *= 1 - 1 / (n - k)
            drops.append(float(time))
            survival.append(level)
    corners = [(0.0, 1.0)]
    for time, now in zip(drops, survival, strict=True):
        corners += [(time, corners[-1][1]), (time, now)]
    if shown[-1] > corners[-1][0]:
        corners.append((float(shown[-1]), corners[-1][1]))
    censored = tuple(float(t) for t in shown[~event])
    return Arm(tuple(drops), tuple(survival), censored, float(shown[-1]), corners)


def new_axes(size=(5.0, 3.6), panels=1):
    """A figure without a screen, and its axes."""
    figure = Figure(size)
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(1, panels, k + 1) for k in range(panels)]
    return figure, axes if panels > 1 else axes[0]


def draw_arm(axes, one, *, mark="|", scale=(1.0, 1.0), **style):
    """The line and the censor ticks of an arm; ``scale`` is that of the axes (years, percent)."""
    x, y = np.array(one.corners).T * np.array(scale)[:, None]
    (line,) = axes.plot(x, y, **style)
    if mark:
        ticks = np.array([(t, one.at(t)) for t in one.censored]).reshape(-1, 2) * scale
        axes.plot(ticks[:, 0], ticks[:, 1], mark, color=line.get_color(), markersize=6)
    return line


def saved(figure, kind: str, **settings) -> bytes:
    """The figure as a file, the same each time."""
    out = io.BytesIO()
    # Simplified lines would lose drops smaller than a ninth of a pixel.
    fixed = {"path.simplify": False, "svg.hashsalt": "fixed"} | settings
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with mpl.rc_context(fixed):
        figure.savefig(out, format=kind, metadata=metadata)
    return out.getvalue()
