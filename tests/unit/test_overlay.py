"""The reading over its figure: where the ink goes, and that it goes there each time."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from vector_figures import arm, draw_arm, new_axes, saved

from analysis_lib.charts.overlay import AXIS, CHOSEN, OTHER, TICK, overlay_png
from analysis_lib.digitise import Calibration, DigitisedCurve, PlotArea, Tick
from analysis_lib.digitise.vector import digitise_vector


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def places(image, colour):
    """Columns and rows of a colour."""
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    rows, columns = np.nonzero((image == wanted).all(axis=2))
    return columns, rows


@pytest.fixture
def reading():
    points = pd.DataFrame({"time_months": [0.0, 30, 30, 60], "survival": [1.0, 1, 0.5, 0.5]})
    low = points.assign(survival=points["survival"] / 2 + 0.1)
    calibration = Calibration(
        PlotArea(40, 20, 340, 220),
        (Tick(40, 0.0), Tick(340, 60.0)),
        (Tick(220, 0.0), Tick(20, 1.0)),
    )
    curves = (
        DigitisedCurve(points, (45.0,), "#000000", "solid", 1.0),
        DigitisedCurve(low, (), "#000000", "dashed", 1.0),
    )
    return calibration, curves


def test_lines_ticks_and_axes_stand_where_they_were_read(reading):
    calibration, curves = reading
    figure = Image.new("RGB", (400, 260), "white")
    image = pixels(overlay_png(figure, calibration, curves, chosen=0))
    scale = image.shape[1] / 400
    columns, rows = places(image, CHOSEN)
    # the drop: half-way along, from the top to the middle of the axis
    at_drop = rows[np.abs(columns - 190 * scale) < scale]
    assert at_drop.min() == pytest.approx(20 * scale, abs=2)
    assert at_drop.max() == pytest.approx(120 * scale, abs=2)
    columns, rows = places(image, TICK)
    assert columns.mean() == pytest.approx((40 + 45 * 5) * scale, abs=1)
    assert rows.mean() == pytest.approx(120 * scale, abs=1)
    assert places(image, OTHER)[0].size
    columns, rows = places(image, AXIS)
    assert rows.max() > 220 * scale > rows.min()
    assert columns.min() == pytest.approx(40 * scale - 9, abs=2)


def test_all_curves_are_strong_when_none_is_chosen(reading):
    calibration, curves = reading
    figure = Image.new("RGB", (400, 260), "white")
    image = pixels(overlay_png(figure, calibration, curves))
    assert not places(image, OTHER)[0].size
    assert places(image, CHOSEN)[0].size


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_a_vector_figure_is_drawn_from_its_lines(kind):
    figure, axes = new_axes()
    draw_arm(axes, arm(1), color="C0")
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    data = saved(figure, kind)
    found = digitise_vector(data, x_range=(0, 60), n_curves=1)
    png = overlay_png(data, found.calibration, found.curves, vector=True)
    image = pixels(png)
    grey = places(image, "#b4b4b4")
    assert grey[0].size > 1000  # frame and ticks of the figure itself
    assert places(image, CHOSEN)[0].size > 500
    assert png == overlay_png(data, found.calibration, found.curves, vector=True)
