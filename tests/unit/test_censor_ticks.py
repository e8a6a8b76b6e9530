"""Censor ticks in every way of drawing them, on synthetic figures of known truth."""

import numpy as np
import pytest
from drawn_figures import BLUE, RED, Drawing, draw, steps
from PIL import ImageDraw

from analysis_lib.digitise import digitise_figure

DRAWING = Drawing(size=(900, 560), area=(90, 30, 860, 480))
UPPER = steps([3, 7, 11, 16], [0.9, 0.8, 0.65, 0.6], 22.0)
LOWER = steps([2, 5, 8, 12, 15], [0.85, 0.7, 0.5, 0.3, 0.2], 20.0)
CENSORED = ([4.4, 5.6, 9.0, 12.6, 13.4, 14.6, 19.0, 20.2], [3.4, 6.4, 9.6, 10.6, 17.0, 18.5])


def cross(pen, x, y, colour):
    pen.line((x - 6, y - 6, x + 6, y + 6), fill=colour, width=2)
    pen.line((x - 6, y + 6, x + 6, y - 6), fill=colour, width=2)


def plus(pen, x, y, colour):
    pen.line((x - 6, y, x + 6, y), fill=colour, width=2)
    pen.line((x, y - 6, x, y + 6), fill=colour, width=2)


def ring(pen, x, y, colour):
    pen.ellipse((x - 6, y - 6, x + 6, y + 6), outline=colour, width=2)


def dot(pen, x, y, colour):
    pen.ellipse((x - 6, y - 6, x + 6, y + 6), fill=colour)


def triangle(pen, x, y, colour):
    pen.polygon((x - 7, y + 6, x + 7, y + 6, x, y - 8), outline=colour, width=2)


def above(pen, x, y, colour):
    pen.line((x, y - 10, x, y), fill=colour, width=2)


def below(pen, x, y, colour):
    pen.line((x, y, x, y + 10), fill=colour, width=2)


MARKS = [cross, plus, ring, dot, triangle, above, below]


def marked(mark, *, censored=CENSORED, drawing=DRAWING, curves=(UPPER, LOWER)):
    """A figure with a mark at each censoring."""
    image = draw(curves, drawing=drawing)
    pen = ImageDraw.Draw(image)
    for curve, times, colour in zip(curves, censored, (BLUE, RED), strict=True):
        for time in times:
            at = np.searchsorted(curve["time_months"], time, side="right") - 1
            row = round(drawing.row(curve["survival"].iloc[at]))
            mark(pen, round(drawing.column(time)), row, colour)
    return image


def read(image):
    return digitise_figure(image, x_range=(0, 24), n_curves=2).curves


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_is_found_once(mark):
    for curve, drawn in zip(read(marked(mark)), CENSORED, strict=True):
        assert curve.censor_times_months == pytest.approx(drawn, abs=0.12)


@pytest.mark.parametrize("mark", [ring, cross])
def test_marks_that_overlap_are_told_apart(mark):
    close = [17.0, 17.2, 17.45, 17.65, 19.0, 20.0, 20.3]
    curve = read(marked(mark, censored=(close, CENSORED[1])))[0]
    assert curve.censor_times_months == pytest.approx(close, abs=0.1)


def test_rings_are_found_where_none_stands_alone():
    """The usual marks are tried at the height of the ink."""
    chains = ([17.0 + 0.25 * k for k in range(16)], [16.0 + 0.25 * k for k in range(14)])
    for curve, drawn in zip(read(marked(ring, censored=chains)), chains, strict=True):
        assert len(curve.censor_times_months) == pytest.approx(len(drawn), abs=2)
        times = np.array(curve.censor_times_months)
        assert np.abs(times[:, None] - drawn).min(axis=1).max() < 0.15


def test_dashed_bounds_of_the_curves_colour_are_no_ticks():
    """Their thin pen is the commonest of the figure; the curve's own line is thicker."""
    drawing = Drawing(size=(900, 560), area=(90, 30, 860, 480), pen=5)
    image = marked(above, censored=([], []), drawing=drawing)
    pen = ImageDraw.Draw(image)
    for curve, colour in ((UPPER, BLUE), (LOWER, RED)):
        for off in (-0.14, -0.09, 0.09, 0.14):
            times, levels = curve["time_months"].to_numpy(), curve["survival"].to_numpy() + off
            for x0, x1, y in zip(times[:-1:2], times[1::2], levels[::2], strict=True):
                for x in np.arange(drawing.column(x0), drawing.column(x1), 7):
                    row = drawing.row(min(y, 1.0))
                    pen.line((x, row, x + 4, row), fill=colour, width=1)
    for curve in read(image):
        assert curve.censor_times_months == ()


def test_a_thick_line_with_thin_ticks_has_no_ticks_at_its_falls():
    drawing = Drawing(size=(900, 560), area=(90, 30, 860, 480), pen=7)

    def stroke(pen, x, y, colour):
        pen.line((x, y - 14, x, y + 14), fill=colour, width=2)

    for curve, drawn in zip(read(marked(stroke, drawing=drawing)), CENSORED, strict=True):
        assert curve.censor_times_months == pytest.approx(drawn, abs=0.12)


def test_a_plus_within_a_fall_shows_by_its_arms():
    """Falls in one column hide the level between them, not the arms of a mark on it."""
    image = marked(plus)
    plus(ImageDraw.Draw(image), round(DRAWING.column(11)), round(DRAWING.row(0.72)), BLUE)
    drawn = sorted([*CENSORED[0], 11.0])
    assert read(image)[0].censor_times_months == pytest.approx(drawn, abs=0.12)


def test_ink_beside_falls_alone_makes_no_mark():
    """Uneven corners stand on one side, and never on a level stretch."""
    image = marked(plus, censored=([], []))
    pen = ImageDraw.Draw(image)
    for curve, colour in ((UPPER, BLUE), (LOWER, RED)):
        falls = zip(curve["time_months"][1:-1:2], curve["survival"][1:-1:2], strict=True)
        for time, level in falls:
            x, y = round(DRAWING.column(time)), round(DRAWING.row(level))
            pen.rectangle((x - 3, y, x - 2, y + 9), fill=colour)
    for curve in read(image):
        assert curve.censor_times_months == ()


def test_thin_rings_a_pixel_off_the_line_are_found():
    """A line between two rows is drawn in one of them, its rings around the other."""

    def thin(pen, x, y, colour):
        low = y + (colour == RED)
        pen.ellipse((x - 6, low - 6, x + 6, low + 6), outline=colour, width=1)

    many = [12.6 + k for k in range(9)]
    censored = (many, CENSORED[1])
    for curve, drawn in zip(read(marked(thin, censored=censored)), censored, strict=True):
        assert curve.censor_times_months == pytest.approx(drawn, abs=0.12)
