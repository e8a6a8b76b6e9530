"""Reading drawn figures back, and refusing what is no figure."""

import numpy as np
import pytest
from drawn_figures import BLACK, BLUE, RED, Drawing, draw, steps
from PIL import Image

from analysis_lib.digitise import (
    NotAFigureError,
    PlotArea,
    UnreadableFigureError,
    digitise_figure,
)
from analysis_lib.digitise.axis_ticks import Label
from analysis_lib.digitise.calibrate import _with_marks
from analysis_lib.digitise.straighten import turned_back
from analysis_lib.exceptions import InvalidInputError

UPPER = steps([3, 7, 11, 16], [0.9, 0.8, 0.65, 0.6], 22.0)
LOWER = steps([2, 5, 8, 12, 15], [0.85, 0.7, 0.5, 0.3, 0.2], 20.0)
RANGES = {"x_range": (0, 24), "n_curves": 2}


def value_at(curve, time):
    points = curve.points
    index = np.searchsorted(points["time_months"], time, side="right") - 1
    return points["survival"].to_numpy()[index]


def assert_read(curve, drawn, *, tolerance=0.004):
    middles = (drawn["time_months"].to_numpy()[1:] + drawn["time_months"].to_numpy()[:-1]) / 2
    for time, level in zip(middles[::2], drawn["survival"].to_numpy()[::2], strict=True):
        assert value_at(curve, time) == pytest.approx(level, abs=tolerance)
    assert curve.points["time_months"].iloc[0] == 0.0
    assert curve.points["survival"].iloc[0] == 1.0
    end = drawn["time_months"].iloc[-1]
    assert curve.points["time_months"].iloc[-1] == pytest.approx(end, abs=0.15)


@pytest.fixture(scope="module")
def plain():
    return draw([UPPER, LOWER], censored=[[9.0, 19.0, 21.0], [17.0, 18.5]])


def test_two_curves_their_ticks_and_colours(plain):
    figure = digitise_figure(plain, **RANGES)
    upper, lower = figure.curves
    assert_read(upper, UPPER)
    assert_read(lower, LOWER)
    assert upper.censor_times_months == pytest.approx([9, 19, 21], abs=0.06)
    assert lower.censor_times_months == pytest.approx([17, 18.5], abs=0.06)
    assert (upper.colour, lower.colour) == (BLUE, RED)
    assert {upper.line_style, lower.line_style} == {"solid"}
    assert upper.confidence > 0.9


def test_drops_stand_where_they_are_drawn(plain):
    points = digitise_figure(plain, **RANGES).curves[0].points
    falls = points["time_months"][np.flatnonzero(np.diff(points["survival"]) < 0)]
    assert falls.to_numpy() == pytest.approx([3, 7, 11, 16], abs=0.06)


def test_calibration_maps_both_ways(plain):
    calibration = digitise_figure(plain, **RANGES).calibration
    assert len(calibration.x_ticks) == 5
    assert calibration.x_ticks[-1].value == 24
    assert calibration.x_ticks[-1].pixel == pytest.approx(600.5, abs=0.1)
    columns, rows = calibration.to_pixels([12.0], [0.5])
    assert (columns[0], rows[0]) == pytest.approx((340.5, 215.5), abs=0.1)
    months, survival = calibration.to_data(columns, rows)
    assert (months[0], survival[0]) == pytest.approx((12.0, 0.5))


def test_the_same_figure_gives_the_same_numbers(plain):
    first, second = (digitise_figure(plain, **RANGES) for _ in range(2))
    assert first.curves[0].points.equals(second.curves[0].points)
    assert first.calibration == second.calibration


def test_colours_in_the_order_asked_for(plain):
    figure = digitise_figure(plain, colours=[RED, BLUE], **RANGES)
    assert_read(figure.curves[0], LOWER)
    assert_read(figure.curves[1], UPPER)


def test_one_named_colour_reads_one_curve(plain):
    figure = digitise_figure(plain, x_range=(0, 24), n_curves=1, colours=["#c0282d"])
    assert_read(figure.curves[0], LOWER)


def test_more_curves_than_asked_for_are_refused(plain):
    with pytest.raises(UnreadableFigureError, match="more lines") as error:
        digitise_figure(plain, x_range=(0, 24), n_curves=1)
    assert error.value.give == ("n_curves", "colours")


def test_fewer_curves_than_asked_for_are_refused(plain):
    with pytest.raises(UnreadableFigureError, match="4 curves were asked for"):
        digitise_figure(plain, x_range=(0, 24), n_curves=4)


def test_crossing_curves_keep_their_colours():
    early = steps([2, 4, 6], [0.7, 0.5, 0.45], 22)
    late = steps([9, 12, 15], [0.8, 0.4, 0.15], 21)
    figure = digitise_figure(draw([early, late]), colours=[BLUE, RED], **RANGES)
    assert_read(figure.curves[0], early)
    assert_read(figure.curves[1], late)


def test_frame_at_one_hides_the_start():
    figure = digitise_figure(draw([UPPER, LOWER], drawing=Drawing(frame=True)), **RANGES)
    assert_read(figure.curves[0], UPPER)
    assert_read(figure.curves[1], LOWER)


def test_axis_that_does_not_start_at_zero():
    drawing = Drawing(levels=(0.4, 0.6, 0.8, 1.0))
    figure = digitise_figure(
        draw([UPPER], drawing=drawing), x_range=(0, 24), y_range=(0.4, 1.0), n_curves=1
    )
    assert_read(figure.curves[0], UPPER)


def test_given_plot_area_needs_no_axes():
    image = draw([UPPER, LOWER])
    pixels = np.array(image)
    pixels[401:] = 255
    pixels[:, :80] = 255
    area = PlotArea(80.5, 30.5, 600.5, 400.5)
    figure = digitise_figure(pixels, plot_area=area, **RANGES)
    assert_read(figure.curves[0], UPPER)
    assert figure.findings[0].rule == "plot_area_given"


def test_rising_curves_when_declared():
    up = UPPER.assign(survival=1 - UPPER["survival"])
    image = draw([up])
    figure = digitise_figure(image, x_range=(0, 24), n_curves=1, direction="rising")
    points = figure.curves[0].points
    assert points["survival"].iloc[0] == 0.0
    assert points["survival"].iloc[-1] == pytest.approx(0.4, abs=0.004)
    assert np.all(np.diff(points["survival"]) >= 0)


def test_rising_curves_not_declared_are_refused():
    up = UPPER.assign(survival=1 - UPPER["survival"])
    with pytest.raises(UnreadableFigureError, match="starts at 1 at time zero"):
        digitise_figure(draw([up]), x_range=(0, 24), n_curves=1)


def test_turned_figure_is_straightened(plain):
    turned = plain.rotate(-1.2, Image.Resampling.BICUBIC, fillcolor="white")
    figure = digitise_figure(turned, **RANGES)
    assert_read(figure.curves[0], UPPER, tolerance=0.008)
    assert figure.calibration.rotation_degrees == pytest.approx(1.2, abs=0.1)
    columns, rows = figure.calibration.to_pixels([0.0], [0.0])
    colour = np.array(turned)[int(rows[0]) - 1 : int(rows[0]) + 2, int(columns[0])]
    assert colour.min() < 100  # the axes meet there


def test_large_figure_is_read_at_bounded_size(plain):
    large = plain.resize((3200, 2400), Image.Resampling.NEAREST)
    figure = digitise_figure(large, **RANGES)
    assert_read(figure.curves[0], UPPER)
    assert figure.calibration.x_ticks[-1].pixel == pytest.approx(5 * 600.5, abs=3)


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "P", "L", "LA", "I;16"])
def test_modes_are_flattened_on_white(plain, mode):
    if mode == "I;16":
        image = Image.fromarray(np.array(plain.convert("L")).astype(np.uint16) * 257)
    else:
        image = plain.convert("L").convert("LA") if mode == "LA" else plain.convert(mode)
    if mode == "P":
        image = plain.quantize(16)
    if mode == "RGBA":
        image = Image.fromarray(np.dstack([np.array(plain), 255 - np.array(plain.convert("L"))]))
        pixels = np.array(image)
        pixels[..., 3] = np.where(np.array(plain.convert("L")) > 250, 0, 255)
        image = Image.fromarray(pixels)
    figure = digitise_figure(image, **RANGES)
    assert_read(figure.curves[0], UPPER, tolerance=0.006)


def test_dashed_and_solid_black_are_told_apart():
    image = np.array(draw([UPPER, LOWER], [BLACK, BLACK]))
    dashed = np.array(draw([UPPER, LOWER], [BLACK, "#ff0000"]))
    red = (dashed[..., 0] > 200) & (dashed[..., 1] < 100)
    rows, columns = np.nonzero(red)
    gap = (columns + rows) % 18 >= 11
    image[rows[gap], columns[gap]] = 255
    figure = digitise_figure(image, **RANGES)
    assert_read(figure.curves[0], UPPER)
    assert_read(figure.curves[1], LOWER)
    assert [curve.line_style for curve in figure.curves] == ["solid", "dashed"]


class TestBadInput:
    def test_not_an_image(self, tmp_path):
        path = tmp_path / "figure.png"
        path.write_text("month,survival\n0,1\n")
        with pytest.raises(NotAFigureError, match=r"figure\.png: is not an image"):
            digitise_figure(path, **RANGES)

    def test_no_such_file(self, tmp_path):
        with pytest.raises(NotAFigureError, match="no such file"):
            digitise_figure(tmp_path / "none.png", **RANGES)

    def test_damaged_file(self, plain, tmp_path):
        path = tmp_path / "figure.png"
        plain.save(path)
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(NotAFigureError, match="damaged"):
            digitise_figure(path, **RANGES)

    def test_zero_size(self):
        with pytest.raises(NotAFigureError, match="too small"):
            digitise_figure(np.zeros((0, 0, 3), np.uint8), **RANGES)

    def test_too_large_is_refused_from_the_header(self, tmp_path):
        path = tmp_path / "large.png"
        Image.new("1", (20_000, 20_000)).save(path)
        with pytest.raises(NotAFigureError, match="25 million pixels"):
            digitise_figure(path, **RANGES)

    def test_animation(self, plain, tmp_path):
        path = tmp_path / "figure.gif"
        plain.save(path, save_all=True, append_images=[plain.rotate(90)])
        with pytest.raises(NotAFigureError, match="2 frames"):
            digitise_figure(path, **RANGES)

    def test_wrong_kind_of_argument(self):
        with pytest.raises(NotAFigureError, match="not int"):
            digitise_figure(3, **RANGES)

    def test_array_of_wrong_values(self):
        with pytest.raises(NotAFigureError, match="0 to 255"):
            digitise_figure(np.full((200, 200), -1.0), **RANGES)

    def test_photograph(self):
        waves = np.add.outer(np.sin(np.arange(400) / 9), np.cos(np.arange(500) / 13))
        noise = np.random.default_rng(0).normal(0, 20, (400, 500, 3))
        photograph = np.clip(120 + 50 * waves[..., None] + noise, 0, 255).astype(np.uint8)
        with pytest.raises(UnreadableFigureError) as error:
            digitise_figure(photograph, **RANGES)
        assert "plot_area" in error.value.give

    def test_empty_page(self):
        with pytest.raises(UnreadableFigureError, match="no pair of axes"):
            digitise_figure(Image.new("RGB", (500, 400), "white"), **RANGES)

    def test_figure_without_a_curve(self):
        with pytest.raises(UnreadableFigureError, match="no line was found"):
            digitise_figure(draw([]), **RANGES)

    def test_logarithmic_axis(self):
        drawing = Drawing(months=(1, 2, 5, 10, 20))
        logged = Drawing(months=(0, 3.01, 6.99, 10, 13.01))
        image = draw([UPPER.iloc[:4].assign(time_months=[0, 5, 5, 12])], drawing=logged)
        with pytest.raises(UnreadableFigureError, match="logarithmic"):
            digitise_figure(image, x_range=(drawing.months[0], 20), n_curves=1)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"x_range": (24, 0)}, "x_range: the first labelled tick must lie below"),
            ({"x_range": (0, float("nan"))}, "x_range"),
            ({"x_range": 24}, "x_range: give the values"),
            ({"x_range": (-6, 24)}, "x_range: time starts at 0"),
            ({"y_range": (0, 100)}, "also where the axis prints percent"),
            ({"y_range": (1, 0)}, "y_range: the first labelled tick must lie below"),
            ({"n_curves": 0}, "n_curves"),
            ({"n_curves": 2.5}, "n_curves"),
            ({"n_curves": True}, "n_curves"),
            ({"direction": "up"}, "direction"),
            ({"colours": ["red"]}, "one colour for each curve"),
            ({"colours": ["red", "no colour"]}, "by name"),
            ({"plot_area": (10, 10, 20, 20)}, "plot_area"),
            ({"plot_area": (1, 2)}, "left, top, right, bottom"),
        ],
    )
    def test_arguments(self, plain, change, message):
        with pytest.raises(InvalidInputError, match=message):
            digitise_figure(plain, **(RANGES | change))

    def test_plot_area_beyond_the_image(self, plain):
        with pytest.raises(UnreadableFigureError, match="reaches beyond"):
            digitise_figure(plain, plot_area=(80, 30, 900, 400), **RANGES)

    def test_ranges_that_do_not_fit_the_ticks_are_doubted(self, plain):
        figure = digitise_figure(plain, x_range=(0, 29), n_curves=2)
        doubt = [f for f in figure.findings if f.severity == "doubt"]
        assert [f.rule for f in doubt] == ["x_range_unusual"]
        assert "7.25 a step" in doubt[0].message


def falls_of(curve):
    survival = curve.points["survival"].to_numpy()
    at = np.flatnonzero(np.diff(survival) < 0)
    return list(zip(curve.points["time_months"].to_numpy()[at], survival[at + 1], strict=True))


@pytest.mark.parametrize("before", [11.0, 15.0, 15.2])
@pytest.mark.parametrize("frame", [True, False])
def test_last_fall_to_zero_ends_on_the_axis(before, frame):
    last = steps([4, before, 15.3], [0.7, 0.4, 0.0], 15.3)
    read = digitise_figure(draw([UPPER, last], drawing=Drawing(frame=frame)), **RANGES).curves[1]
    assert read.points["survival"].iloc[-1] == 0.0
    assert read.points["time_months"].iloc[-1] == pytest.approx(15.3, abs=0.15)


def test_last_level_just_above_the_axis_is_not_zero():
    last = steps([4, 11], [0.7, 0.03], 16.0)
    read = digitise_figure(draw([UPPER, last]), **RANGES).curves[1]
    assert read.points["survival"].iloc[-1] == pytest.approx(0.03, abs=0.003)


def test_curve_hidden_at_its_start_starts_at_one():
    early = steps([0.2, 8, 12], [0.9, 0.5, 0.3], 20.0)
    for drawn in ([early, UPPER], [UPPER, early]):
        figure = digitise_figure(draw(drawn, drawing=Drawing(pen=5)), **RANGES)
        assert [curve.points["survival"].iloc[0] for curve in figure.curves] == [1.0, 1.0]


def test_curve_seen_to_start_lower_is_read_as_it_is():
    lower = steps([8, 12], [0.5, 0.3], 20.0)
    lower["survival"] = lower["survival"].where(lower["time_months"] >= 8, 0.97)
    lower.loc[1, "survival"] = 0.97
    read = digitise_figure(draw([lower], drawing=Drawing(pen=5)), x_range=(0, 24), n_curves=1)
    assert read.curves[0].points["survival"].iloc[0] == pytest.approx(0.97, abs=0.003)


def test_fall_onto_another_curve_is_one_fall():
    over = steps([4, 9], [0.8, 0.6], 22.0)
    under = steps([6, 12, 18], [0.806, 0.607, 0.3], 20.0)
    figure = digitise_figure(draw([under, over]), **RANGES)
    assert [len(falls_of(curve)) for curve in figure.curves] == [2, 3]


@pytest.mark.parametrize("apart", [2, 3, 4])
def test_falls_closer_than_the_pen_stay_two_where_the_level_between_is_seen(apart):
    column = Drawing().column
    month = 1 / (column(1) - column(0))
    near = steps([6, 6 + apart * month, 12], [0.8, 0.6, 0.4], 20.0)
    read = digitise_figure(draw([near]), x_range=(0, 24), n_curves=1).curves[0]
    assert [level for _, level in falls_of(read)] == pytest.approx([0.8, 0.6, 0.4], abs=0.004)


def nested(curve, apart):
    moved = curve.copy()
    later = moved["survival"] < 1
    moved.loc[later, "survival"] = (moved.loc[later, "survival"] + apart).clip(0, 1)
    return moved


def test_bounds_drawn_like_their_curve_are_not_the_curve():
    slow = steps([3, 7, 11, 16], [0.95, 0.9, 0.84, 0.79], 22.0)
    fast = steps([2, 5, 8, 12, 15], [0.91, 0.82, 0.73, 0.62, 0.55], 20.0)
    arms = [(slow, BLUE), (fast, RED)]
    lines = [(nested(arm, by), colour) for arm, colour in arms for by in (0.14, 0.0, -0.14)]
    image = draw([line for line, _ in lines], [colour for _, colour in lines])
    figure = digitise_figure(image, **RANGES)
    assert_read(figure.curves[0], slow)
    assert_read(figure.curves[1], fast)
    assert not [finding for finding in figure.findings if finding.severity == "doubt"]


def test_three_arms_of_one_look_are_three_curves():
    arms = [nested(UPPER, by) for by in (0.0, -0.2, -0.4)]
    figure = digitise_figure(draw(arms, [BLUE] * 3), x_range=(0, 24), n_curves=3)
    for curve, arm in zip(figure.curves, arms, strict=True):
        assert_read(curve, arm)


def test_a_letter_beside_the_axis_is_no_tick():
    labels = [Label(x, x - 4, x + 4, 6, 16) for x in (100.0, 220.5, 340.0, 460.0, 580.0)]
    strokes = np.array([91.3, 220.0, 340.0, 460.0, 580.0])
    ladder = _with_marks(strokes, np.array([4.0, 5, 5, 5, 5]), labels)
    assert ladder.places == pytest.approx((100, 220, 340, 460, 580), abs=0.5)


def test_one_long_stroke_beside_the_axis_does_not_hide_the_ticks():
    labels = [Label(x, x - 4, x + 4, 6, 16) for x in (100.0, 220.5, 340.0, 460.0, 580.0)]
    strokes = np.array([100.0, 220.0, 340.0, 460.0, 580.0])
    ladder = _with_marks(strokes, np.array([30.0, 5, 5, 5, 5]), labels)
    assert ladder.places == (100, 220, 340, 460, 580)
    assert ladder.marks


def test_corners_of_a_turned_figure_are_page():
    panel = np.full((200, 300, 3), 255.0)
    panel[20:180, 20:280] = 230.0
    turned = turned_back(panel, 1.0)
    assert turned[0, 0] == pytest.approx([255] * 3)
    assert turned[-1, -1] == pytest.approx([255] * 3)


@pytest.mark.parametrize("colours", [("#ffffff", "#ffee00"), ("#000000", "#00007f")])
def test_light_or_dark_lines_on_grey(colours):
    figure = digitise_figure(
        draw([UPPER, LOWER], colours, drawing=Drawing(paper="#828282")), **RANGES
    )
    assert_read(figure.curves[0], UPPER)
    assert_read(figure.curves[1], LOWER)
