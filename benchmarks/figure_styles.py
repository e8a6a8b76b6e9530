"""Kaplan-Meier figures in further drawing styles, with known truth, for developing the reader.

The figures in ``data/figures`` are the test; constants of the reader are chosen on these. The
curves are those of ``data/ipd`` (real trials, none about brain metastases), drawn by matplotlib.

Run: python benchmarks/figure_styles.py FOLDER [--repeats 2] [--seed 1]
writes PNG and JPEG files and a ``truth.json`` of the same form as ``data/figures/truth.json``.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from PIL import Image

mpl.use("Agg")
import matplotlib.pyplot as plt

DATA = Path(__file__).resolve().parent / "data" / "ipd" / "pairs.json"
PALETTES = (
    ("#1f77b4", "#d62728", "#2ca02c", "#9467bd"),
    ("#0072b2", "#e69f00", "#009e73", "#cc79a7"),
    ("#00468b", "#ed0000", "#42b540", "#0099b4"),
    ("#e64b35", "#4dbbd5", "#00a087", "#3c5488"),
    ("#7570b3", "#1b9e77", "#d95f02", "#e7298a"),
)
DASHES = ((0, ()), (0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))


@dataclass(frozen=True)
class Style:
    """How a figure is drawn; the defaults are two coloured lines in an open frame."""

    name: str
    n_curves: int = 2
    dpi: int = 130
    size: tuple[float, float] = (6.0, 4.5)
    line_width: float = 1.6
    colours: tuple[str, ...] | None = None
    dashes: tuple = ((0, ()),) * 4
    frame: str = "open"  # open, box, none, offset
    tick_direction: str = "out"
    minor: bool = False
    grid: dict[str, Any] | None = None
    paper: str = "white"
    panel: str = "white"
    band: str | None = None  # translucent, grey, dashed
    marker: str | None = "|"
    marker_size: float = 7.0
    marker_colour: str | None = None
    marker_filled: bool = False
    legend: dict[str, Any] | None = field(default_factory=lambda: {"frameon": False})
    percent: bool = False
    y_range: tuple[float, float] = (0.0, 1.0)
    y_margin: float = 0.0
    x_margin: float = 0.0
    at_risk: bool = False
    font: str = "DejaVu Sans"
    font_size: float = 10.0
    text: bool = False
    median_lines: bool = False
    y_label_rotation: float = 0.0
    rotate: float = 0.0
    jpeg: int | None = None
    scale: float = 1.0
    transparent: bool = False
    rising: bool = False


#: ggplot2's grey panel with white grid and no axis lines.
GREY_PANEL = {
    "frame": "none", "panel": "#ebebeb", "grid": {"color": "white", "lw": 1.0},
    "y_margin": 0.05, "x_margin": 0.05, "marker": "+",
}  # fmt: skip
BLACK = ("black",) * 4

#: One style for each way to draw a censoring, and what makes it hard to see.
TICK_STYLES = (
    Style("ticks_strokes", frame="box"),
    Style("ticks_strokes_short", marker_size=4, line_width=1.3),
    Style("ticks_strokes_bounds", band="dashed", line_width=1.8),
    Style("ticks_strokes_dashes", dashes=DASHES, colours=("#1f77b4", "#d62728"), dpi=150),
    Style("ticks_above", marker=2, marker_size=5, line_width=2.0),
    Style("ticks_below", marker=3, marker_size=6),
    Style("ticks_below_72dpi", marker=3, marker_size=5, dpi=72, line_width=1.2),
    Style("ticks_plus", marker="+", marker_size=7, frame="box"),
    Style("ticks_plus_thick", marker="+", marker_size=8, line_width=2.8),
    Style("ticks_plus_72dpi", marker="+", marker_size=6, dpi=72, line_width=1.2),
    Style("ticks_plus_bands", marker="+", band="translucent", frame="none", panel="#ebebeb",
          grid={"color": "white", "lw": 1.0}, y_margin=0.05, x_margin=0.05),
    Style("ticks_plus_bounds", marker="+", band="dashed", colours=("black", "#888888")),
    Style("ticks_cross", marker="x", marker_size=6),
    Style("ticks_cross_thin", marker="x", marker_size=5, line_width=1.0, dpi=100, frame="box"),
    Style("ticks_cross_72dpi", marker="x", marker_size=6, dpi=72, line_width=1.2),
    Style("ticks_ring", marker="o", marker_size=6, frame="box"),
    Style("ticks_ring_thin", marker="o", marker_size=5, line_width=1.0),
    Style("ticks_ring_72dpi", marker="o", marker_size=6, dpi=72, line_width=1.2),
    Style("ticks_ring_three", marker="o", marker_size=5, n_curves=3, dpi=170),
    Style("ticks_dots", marker="o", marker_size=5, marker_filled=True),
    Style("ticks_large", marker="|", marker_size=12, line_width=2.2, dpi=200),
    Style("ticks_jpeg", marker="+", jpeg=60, marker_size=7),
)  # fmt: skip

STYLES = (
    Style("plain"),
    Style("three_arms", n_curves=3),
    Style("four_arms_box", n_curves=4, frame="box", marker=None, size=(7, 5)),
    Style("thick_boxed_legend", line_width=3.5, frame="box", legend={"frameon": True}),
    Style("thin", line_width=0.8, dpi=110, marker_size=5),
    Style("tinted_paper", paper="#f3efe6", panel="#f3efe6", frame="box"),
    Style("tinted_panel", panel="#e8f0f8", grid={"color": "white", "lw": 1.2}),
    Style("grey_panel", **GREY_PANEL),
    Style("grey_panel_three", n_curves=3, **GREY_PANEL),
    Style("minimal", frame="none", grid={"color": "#dddddd", "lw": 0.8}, tick_direction="none",
          y_margin=0.04, x_margin=0.03),
    Style("jpeg_40", jpeg=40),
    Style("jpeg_60_grey", jpeg=60, colours=("#222222", "#888888")),
    Style("rotated", rotate=0.8, frame="box"),
    Style("rotated_back_jpeg", rotate=-1.1, jpeg=75),
    Style("dpi_72", dpi=72, line_width=1.2, marker_size=5),
    Style("dpi_72_dashed", dpi=72, line_width=1.2, colours=BLACK, dashes=DASHES, marker=None),
    Style("dpi_72_jpeg", dpi=72, line_width=1.3, jpeg=80, frame="box", marker=None),
    Style("downscaled", dpi=200, scale=0.42, line_width=1.4, frame="box"),
    Style("grey_bands", band="grey", colours=("black", "#1f77b4"), marker=None),
    Style("bands_three", n_curves=3, band="translucent", frame="box"),
    Style("bounds_dashed", band="dashed", marker=None, line_width=2.0),
    Style("offset_axes", frame="offset", marker="+"),
    Style("inside_ticks", frame="box", tick_direction="in", minor=True),
    Style("percent_serif", percent=True, font="DejaVu Serif", font_size=12),
    Style("y_from_0.2", y_range=(0.2, 1.0), frame="box", marker=None),
    Style("y_from_0.4", y_range=(0.4, 1.0)),
    Style("grid_dashed_legend", grid={"color": "#bbbbbb", "ls": "--", "lw": 0.7}, frame="box",
          legend={"frameon": True, "loc": "lower left"}),
    Style("grid_dark_dotted", grid={"color": "#555555", "ls": ":", "lw": 0.7}, frame="box"),
    Style("at_risk", at_risk=True, size=(6.5, 6)),
    Style("at_risk_serif_box", at_risk=True, frame="box", font="DejaVu Serif", size=(6.5, 6),
          n_curves=3),
    Style("black_three", n_curves=3, colours=BLACK, dashes=DASHES, frame="box", marker=None,
          size=(7, 5), line_width=1.5),
    Style("black_two_ticks", colours=BLACK, dashes=DASHES, dpi=160),
    Style("black_dotted", colours=BLACK, dashes=((0, ()), (0, (1, 1.2))), marker=None, dpi=150),
    Style("black_and_grey_dashed", colours=("black", "#888888"), dashes=DASHES),
    Style("colour_and_dash", n_curves=3, dashes=DASHES, marker=None),
    Style("crosses", marker="x", marker_size=5),
    Style("circles", marker="o", marker_size=4),
    Style("up_ticks", marker=2, marker_size=6),
    Style("black_ticks", marker="|", marker_colour="black"),
    Style("annotated", text=True, frame="box", legend=None),
    Style("median_lines", median_lines=True, frame="open"),
    Style("upright_labels", y_label_rotation=90, frame="box", x_margin=0.04, y_margin=0.04),
    Style("pale_colours", colours=("#e7b800", "#2e9fdf", "#fc4e07"), n_curves=3, line_width=2.2),
    Style("transparent", transparent=True),
    Style("large", dpi=300, size=(8, 6), line_width=2.0),
    Style("rising", rising=True),
    Style("dark", paper="#202020", panel="#202020", marker=None,
          colours=("#ffcc00", "#66ccff")),
    Style("margins", x_margin=0.045, y_margin=0.045, frame="box", marker="+"),
    *TICK_STYLES,
)  # fmt: skip


def kaplan_meier(arm: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, survival and Greenwood standard errors at the steps of one arm, from time zero."""
    time = np.array(arm["truth"]["time_months"])
    event = np.array(arm["truth"]["event"])
    times, survival, variance = [0.0], [1.0], [0.0]
    for t in np.unique(time[event == 1]):
        at_risk, died = int(np.sum(time >= t)), int(np.sum((time == t) & (event == 1)))
        times.append(float(t))
        survival.append(survival[-1] * (1 - died / at_risk))
        variance.append(variance[-1] + died / (at_risk * max(at_risk - died, 1)))
    s = np.array(survival)
    return np.array(times), s, s * np.sqrt(np.array(variance))


def pick_arms(pairs: list[dict[str, Any]], n: int, rng: np.random.Generator) -> list[dict]:
    """Arms of similar follow-up, so that they make one figure."""
    first = pairs[rng.integers(len(pairs))]
    arms = list(first["arms"])
    end = max(arms[0]["truth"]["time_months"])
    while len(arms) < n:
        pair = pairs[rng.integers(len(pairs))]
        arm = pair["arms"][rng.integers(2)]
        longest = max(arm["truth"]["time_months"])
        if 0.6 * end < longest < 1.5 * end and arm not in arms:
            arms.append(arm)
    return arms[:n]


def _axis(arms: list[dict]) -> tuple[float, float]:
    end = max(max(arm["truth"]["time_months"]) for arm in arms)
    step = next(s for s in (1, 2, 3, 6, 12, 24, 36, 60, 120) if end / s <= 9)
    return step * np.ceil(end / step), step


def draw(style: Style, arms: list[dict], rng: np.random.Generator) -> tuple[Image.Image, dict]:
    """One figure and its truth."""
    plt.rcdefaults()
    plt.rcParams.update({"font.family": style.font, "font.size": style.font_size})
    x_max, step = _axis(arms)
    figure = plt.figure(figsize=style.size, dpi=style.dpi, facecolor=style.paper)
    bottom = 0.34 if style.at_risk else 0.14
    axes = figure.add_axes((0.14, bottom, 0.82, 0.95 - bottom), facecolor=style.panel)
    colours = style.colours or PALETTES[rng.integers(len(PALETTES))]
    curves = []
    for k, arm in enumerate(arms):
        curves.append(_curve(axes, style, arm, k, colours[k]))
    _furnish(figure, axes, style, arms, x_max, step, colours)
    image = _rendered(figure, style)
    truth = {
        "style": style.name, "x_min": 0, "x_max": float(x_max), "x_step": float(step),
        "y_range": list(style.y_range), "direction": "rising" if style.rising else "falling",
        "ticks": style.marker is not None and style.marker_colour is None, "curves": curves,
    }  # fmt: skip
    return image, truth


def _curve(axes, style: Style, arm: dict, k: int, colour: str) -> dict[str, Any]:
    times, survival, error = kaplan_meier(arm)
    last = max(arm["truth"]["time_months"])
    shown = 1 - survival if style.rising else survival
    x, y = np.append(times, last), np.append(shown, shown[-1])
    pen = {"lw": style.line_width, "color": colour, "zorder": 3}
    axes.step(x, y, where="post", ls=style.dashes[k], label=f"Arm {'ABCD'[k]}", **pen)
    if style.band:
        bound = np.append(error, error[-1]) * 1.96
        low, high = np.clip(y - bound, 0, 1), np.clip(y + bound, 0, 1)
        if style.band == "dashed":
            for edge in (low, high):
                axes.step(x, edge, where="post", ls="--", lw=0.7, color=colour)
        else:
            fill = {"color": "#d5d5d5"} if style.band == "grey" else {"color": colour, "alpha": 0.2}
            axes.fill_between(x, low, high, step="post", lw=0, **fill)
    event, time = np.array(arm["truth"]["event"]), np.array(arm["truth"]["time_months"])
    censored = np.sort(time[event == 0])
    if style.marker is not None:
        height = shown[np.searchsorted(times, censored, side="right") - 1]
        ink = style.marker_colour or colour
        marks = {"marker": style.marker, "ms": style.marker_size, "color": ink}
        marks |= {} if style.marker_filled else {"mfc": "none"}
        width = max(0.8, 0.55 * style.line_width)
        axes.plot(censored, height, ls="none", mew=width, zorder=4, **marks)
    grid = arm["number_at_risk"]
    return {
        "label": f"Arm {'ABCD'[k]}", "colour": colour, "n": arm["n"], "events": int(event.sum()),
        "last_follow_up_months": float(last),
        "km": {"time_months": times.tolist(), "survival": shown.tolist()},
        "number_at_risk": grid, "censor_times_months": censored.tolist(), "truth": arm["truth"],
    }  # fmt: skip


def _furnish(figure, axes, style: Style, arms, x_max: float, step: float, colours) -> None:
    low, high = style.y_range
    axes.set_xlim(-style.x_margin * x_max, x_max * (1 + style.x_margin))
    margin = style.y_margin * (high - low)
    axes.set_ylim(low - margin, high + max(margin, 0.0 if style.frame == "box" else 0.02))
    axes.set_xticks(np.arange(0, x_max + step / 2, step))
    levels = np.arange(low, high + 0.01, 0.2)
    axes.set_yticks(levels)
    if style.percent:
        axes.set_yticks(levels, [f"{100 * v:.0f}%" for v in levels])
    if style.y_label_rotation:
        axes.tick_params(axis="y", labelrotation=style.y_label_rotation)
    _frame(axes, style)
    light = style.paper == "#202020"
    axes.set_xlabel("Time (months)")
    axes.set_ylabel("Cumulative incidence" if style.rising else "Overall survival")
    if light:
        for part in (axes.xaxis, axes.yaxis):
            part.label.set_color("white")
        axes.tick_params(colors="white")
        for spine in axes.spines.values():
            spine.set_color("white")
    if style.grid:
        axes.grid(True, **style.grid)
        axes.set_axisbelow(True)
    if style.legend is not None:
        where = {"loc": "lower right"} if style.rising else {"loc": "upper right"}
        axes.legend(**{**where, **style.legend}, labelcolor="white" if light else None)
    if style.text:
        axes.text(0.04, 0.08, "HR 0.71 (95% CI 0.52-0.97)\np = 0.031", transform=axes.transAxes)
        for k, arm in enumerate(arms):
            times, survival, _ = kaplan_meier(arm)
            at = times[len(times) // (2 + k)]
            height = survival[len(times) // (2 + k)]
            axes.text(at + 0.05 * x_max, height + 0.06, f"Arm {'ABCD'[k]}", color=colours[k])
    if style.median_lines:
        for arm in arms:
            times, survival, _ = kaplan_meier(arm)
            if survival.min() <= 0.5:
                median = times[np.argmax(survival <= 0.5)]
                axes.plot([0, median, median], [0.5, 0.5, 0], "k--", lw=0.8)
    if style.at_risk:
        _table(axes, arms, x_max, step, colours)


def _frame(axes, style: Style) -> None:
    if style.frame in ("open", "offset", "none"):
        axes.spines[["top", "right"]].set_visible(False)
    if style.frame == "offset":
        axes.spines[["left", "bottom"]].set_position(("outward", 10))
    if style.frame == "none":
        axes.spines[:].set_visible(False)
    if style.tick_direction == "none":
        axes.tick_params(length=0)
    else:
        axes.tick_params(direction=style.tick_direction)
    if style.minor:
        axes.minorticks_on()
        axes.tick_params(which="minor", direction=style.tick_direction)


def _table(axes, arms, x_max: float, step: float, colours) -> None:
    below = axes.get_xaxis_transform()
    axes.text(-0.02 * x_max, -0.27, "Number at risk", transform=below, ha="left")
    for k, arm in enumerate(arms):
        place = -0.36 - 0.08 * k
        axes.text(-0.05 * x_max, place, f"Arm {'ABCD'[k]}", transform=below, ha="right",
                  color=colours[k])  # fmt: skip
        for at in np.arange(0, x_max + step / 2, step):
            left = int(np.sum(np.array(arm["truth"]["time_months"]) >= at))
            axes.text(at, place, str(left), transform=below, ha="center")


def _rendered(figure, style: Style) -> Image.Image:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=style.dpi, transparent=style.transparent)
    plt.close(figure)
    image = Image.open(buffer)
    if style.transparent:
        return image.copy()
    image = image.convert("RGB")
    if style.scale != 1.0:
        size = (round(image.width * style.scale), round(image.height * style.scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
    if style.rotate:
        paper = tuple(round(255 * v) for v in mpl.colors.to_rgb(style.paper))
        image = image.rotate(-style.rotate, Image.Resampling.BICUBIC, fillcolor=paper)
    return image


def write_figures(
    folder: Path, *, repeats: int, seed: int, named: str = ""
) -> list[dict[str, Any]]:
    """Draw every style (or those with this in their name) ``repeats`` times; returns the truth."""
    pairs = json.loads(DATA.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    truth = []
    for number, style in enumerate(STYLES):
        if named not in style.name:
            continue
        for repeat in range(repeats):
            rng = np.random.default_rng([seed, number, repeat])
            arms = pick_arms(pairs, style.n_curves, rng)
            if style.y_range[0] > 0:
                style_here = replace(style)
                while min(kaplan_meier(arm)[1].min() for arm in arms) < style.y_range[0] + 0.02:
                    arms = pick_arms(pairs, style.n_curves, rng)
            else:
                style_here = style
            image, row = draw(style_here, arms, rng)
            suffix = "jpg" if style.jpeg else "png"
            row["image"] = f"{style.name}_{repeat}.{suffix}"
            options = {"quality": style.jpeg} if style.jpeg else {}
            image.save(folder / row["image"], **options)
            truth.append(row)
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return truth


def main() -> None:
    """Draw the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--named", default="", help="only styles with this in their name")
    given = parser.parse_args()
    made = write_figures(given.folder, repeats=given.repeats, seed=given.seed, named=given.named)
    print(f"{len(made)} figures in {given.folder}")


if __name__ == "__main__":
    main()
