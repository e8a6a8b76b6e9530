"""Properties of reading a figure, on synthetic drawings."""

import numpy as np
from drawn_figures import Drawing, draw, steps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_lib.digitise import digitise_figure

RUN = settings(
    max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def step_curves(draw_from):
    """A curve of steps that a pen of three pixels can show."""
    size = draw_from(st.integers(1, 12))
    gaps = draw_from(st.lists(st.floats(0.4, 1.8), min_size=size, max_size=size))
    falls = draw_from(st.lists(st.floats(0.02, 0.08), min_size=size, max_size=size))
    times = np.cumsum(gaps)
    return steps(times, 1.0 - np.cumsum(falls), float(times[-1]) + 1.5)


def read(image):
    return digitise_figure(image, x_range=(0, 24), n_curves=1)


def at(points, time):
    index = np.searchsorted(points["time_months"], time, side="right") - 1
    return points["survival"].to_numpy()[index]


@RUN
@given(curve=step_curves(), pen=st.sampled_from([3, 5]), frame=st.booleans())
def test_drawing_what_was_read_and_reading_it_again_moves_nothing(curve, pen, frame):
    drawing = Drawing(pen=pen, frame=frame)
    first = read(draw([curve], drawing=drawing))
    again = read(draw([first.curves[0].points], drawing=drawing))
    months = first.calibration.months_per_pixel
    survival = first.calibration.survival_per_pixel
    points, redrawn = first.curves[0].points, again.curves[0].points
    times = np.linspace(0.05, points["time_months"].iloc[-1] - 0.2, 300)
    # Within a pixel along either axis: somewhere a pixel to the left or right the levels agree.
    gap = np.min(
        [np.abs(at(redrawn, times) - at(points, times + s * months)) for s in (-1.0, 0.0, 1.0)],
        axis=0,
    )
    # A move of one whole pixel comes out of the two calibrations with their rounding.
    assert gap.max() <= survival * (1 + 1e-6)
    assert abs(points["time_months"].iloc[-1] - redrawn["time_months"].iloc[-1]) <= 2 * months


@RUN
@given(curve=step_curves())
def test_a_reading_is_a_survival_curve(curve):
    figure = read(draw([curve]))
    points = figure.curves[0].points
    assert points["time_months"].iloc[0] == 0.0
    assert points["survival"].iloc[0] == 1.0
    assert np.all(np.diff(points["time_months"]) >= 0)
    assert np.all(np.diff(points["survival"]) <= 0)
    assert points["survival"].between(0, 1).all()
    assert 0.0 <= figure.curves[0].confidence <= 1.0
