"""Figures as journals draw them, whose truth is known: one of each kind that is hard."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.digitise import digitise_figure
from analysis_lib.digitise.pen import pen_offset
from analysis_lib.digitise.tracking import track

FIGURES = Path(__file__).resolve().parents[2] / "benchmarks" / "data" / "figures"
TRUTH = {row["image"]: row for row in json.loads((FIGURES / "truth.json").read_text())}


def step(times, survival, at):
    index = np.searchsorted(times, at, side="right") - 1
    return np.asarray(survival)[np.clip(index, 0, len(survival) - 1)]


def error(curve, drawn):
    at = np.linspace(0, drawn["last_follow_up_months"], 1000)[1:-1]
    points = curve.points
    read = step(points["time_months"], points["survival"], at)
    return np.mean(np.abs(read - step(drawn["km"]["time_months"], drawn["km"]["survival"], at)))


@pytest.mark.parametrize(
    "image",
    [
        "fig_012_base_lty.png",  # base R: black, solid and dashed, pluses
        "fig_018_jpeg.jpg",  # JPEG, the curves on each other at first
        "fig_019_lowres.png",  # 72 dpi
        "fig_036_ggsurv_ci.png",  # ggplot2, bands, pluses, at-risk table
        "fig_042_grid.png",  # grid and frame
    ],
)
def test_error_is_below_half_a_percent(image):
    truth = TRUTH[image]
    figure = digitise_figure(
        FIGURES / image,
        x_range=(truth["x_min"], truth["x_max"]),
        n_curves=len(truth["curves"]),
    )
    errors = np.array([[error(c, t) for t in truth["curves"]] for c in figure.curves])
    assert min(errors[0, 0] + errors[1, 1], errors[0, 1] + errors[1, 0]) / 2 < 0.005


def test_lines_that_touch_something_do_not_hide_the_rounding():
    touched = np.array([10.5, 11.5, 12.5, 13.5, 14.5, 15.5, 16.5, 17.5, 18.69, 19.77, 20.17])
    assert pen_offset(touched, list(np.arange(10.0, 18.0))) == 0.5


def test_pen_offset_is_half_a_pixel_where_axes_and_lines_are_rounded_apart():
    edges, middles = np.arange(10.0, 18.0), np.arange(10.5, 18.5)
    assert pen_offset(middles, list(edges)) == 0.5
    assert pen_offset(edges, list(middles)) == -0.5
    assert pen_offset(middles, list(middles)) == 0.0
    spread = np.linspace(10, 17, 8) + np.linspace(0, 0.9, 8)
    assert pen_offset(spread, list(edges)) == 0.0


def test_a_thin_line_between_two_rows_is_followed():
    rows, width = 60, 300
    line = np.zeros((rows, width))
    line[10, :150], line[11, :150] = 1.0, 0.35
    line[10:40, 150] = 1.0
    line[40, 150:], line[41, 150:] = 1.0, 0.35
    path = track(
        line, np.zeros_like(line), np.zeros(line.shape, bool), line_width=1.6, gap_cost=6.0,
        start=0, start_rows=(8.0, 13.0),
    )  # fmt: skip
    assert len(path.rows) == width
    assert path.rows[-1] in (40, 41)


def test_falls_of_two_lines_of_one_colour_are_no_ticks():
    """Grey, solid and dashed: where both fall side by side their strokes look like a tick's."""
    truth = TRUTH["fig_008_gray_dash.png"]
    figure = digitise_figure(
        FIGURES / truth["image"], x_range=(truth["x_min"], truth["x_max"]), n_curves=2
    )
    drawn = np.concatenate([curve["censor_times_months"] for curve in truth["curves"]])
    read = np.concatenate([curve.censor_times_months for curve in figure.curves])
    assert len(read) > 0.7 * len(drawn)
    apart = np.abs(read[:, None] - drawn).min(axis=1)
    assert (apart < 0.01 * truth["x_max"]).all()
