"""How precisely a figure was printed, and figures as text."""

import pytest

from analysis_lib.consistency.printed import (
    half_step,
    half_step_of_probability,
    limits,
    limits_percent,
    months,
    percent,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(13, 0.5), (13.0, 0.5), (120, 0.5), (8.1, 0.05), (4.118, 0.0005), (14.74, 0.005), (0, 0.5)],
)
def test_half_step_is_half_of_the_last_digit(number, expected):
    assert half_step(number) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.617, 0.0005), (0.52, 0.005), (0.29, 0.005), (0.5, 0.005), (0.7769, 0.00005)],
)
def test_probabilities_were_printed_per_cent(probability, expected):
    assert half_step_of_probability(probability) == pytest.approx(expected)


def test_figures_as_text():
    assert percent(0.573) == "57.3 %"
    assert percent(1) == "100 %"
    assert months(24) == "24 months"
    assert months(15.2) == "15.2 months"
    assert limits(8.1, 13) == "8.1 to 13"
    assert limits_percent(0.67, 0.944) == "67 to 94.4 %"
