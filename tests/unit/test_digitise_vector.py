"""Vector figures are read exactly: drawn by matplotlib and R, read, compared with what was drawn.

matplotlib prints coordinates to 1e-6 of a point, so that drops come back within 1e-6 of the axes.
R prints hundredths (pdf) or 256ths of a point (svg, by cairo): half a step at each of tick and
curve is all that may be lost.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from vector_figures import arm, draw_arm, new_axes, saved

from analysis_lib.digitise import NotAFigureError, UnreadableFigureError
from analysis_lib.digitise.vector import digitise_vector

EXACT = 1e-6
KINDS = ("svg", "pdf")
ROOT = Path(__file__).resolve().parents[2]
DRAWN_BY_R = ROOT / "tests" / "reference" / "figures"


def drops(curve):
    points = curve.points
    falls = np.diff(points["survival"]) < 0
    return points["time_months"][1:][falls], points["survival"][1:][falls]


def check(curve, truth, *, months, tolerance=EXACT, censored=True):
    times, survival = drops(curve)
    assert len(times) == len(truth.drop_times)
    assert np.abs(times - truth.drop_times).max() <= tolerance * months
    assert np.abs(survival - truth.survival).max() <= tolerance
    assert abs(curve.points["time_months"].iloc[-1] - truth.end) <= tolerance * months
    assert curve.points.iloc[0].tolist() == [0.0, 1.0]
    if censored:
        assert curve.censor_times_months == pytest.approx(
            truth.censored, abs=2 * tolerance * months
        )


def by_area(*arms):
    """The arms in the order of the reading: more area below first."""

    def area(one):
        x, y = np.array(one.corners).T
        return -np.trapezoid(y, x)

    return sorted(arms, key=area)


def basic(axes, *arms, **style):
    for number, one in enumerate(arms):
        draw_arm(axes, one, color=f"C{number}", **style)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))


def plain():
    figure, axes = new_axes()
    basic(axes, arm(1), arm(2))
    return figure


def with_everything():
    """Bands, grid, legend, reference lines, annotations, ticks on all sides, minor ticks."""
    figure, axes = new_axes()
    for number, one in enumerate((arm(1), arm(2))):
        x, y = np.array(one.corners).T
        axes.fill_between(x, np.clip(y - 0.1, 0, 1), np.clip(y + 0.1, 0, 1), alpha=0.2, step="post")
        draw_arm(axes, one, color=f"C{number}", mark="+", label=f"arm {number}")
    axes.set(xlim=(0, 60), ylim=(0, 1.05), xticks=range(0, 61, 12), xlabel="Months")
    axes.grid(True)
    axes.minorticks_on()
    axes.tick_params(which="both", top=True, right=True, direction="in")
    axes.axhline(0.5, ls=":", color="grey")
    axes.plot([0, 24, 24], [0.5, 0.5, 0], "k--", lw=0.7)
    axes.annotate("p = 0.04", (30, 0.8), (40, 0.9), arrowprops={"arrowstyle": "->"})
    axes.legend(frameon=True)
    return figure


def dashes_in_black():
    figure, axes = new_axes()
    for one, style in zip((arm(1), arm(2)), ("-", "--"), strict=True):
        draw_arm(axes, one, color="black", ls=style, mark=None)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    return figure


def white_rims():
    """A white line below each curve, and a title inside the plot."""
    figure, axes = new_axes()
    for number, one in enumerate((arm(1), arm(2))):
        draw_arm(axes, one, color="white", lw=4, mark=None)
        draw_arm(axes, one, color=f"C{number}", lw=1.5)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    axes.set_title("Overall survival", y=0.9)
    return figure


def piece_by_piece():
    """Every step a line of its own, as statistics packages export them."""
    figure, axes = new_axes()
    for number, one in enumerate((arm(1), arm(2))):
        corners = one.corners
        for start, end in pairwise(corners):
            axes.plot(*zip(start, end, strict=True), color=f"C{number}", lw=1)
        for time in one.censored:
            level = one.at(time)
            axes.plot([time, time], [level - 0.015, level + 0.015], color=f"C{number}", lw=0.7)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    return figure


def inner_axes():
    """Axes that begin away from the corner, and ticks that lie across them."""
    figure, axes = new_axes()
    basic(axes, arm(1), arm(2))
    axes.set(xlim=(-3, 66), ylim=(-0.05, 1.05), yticks=np.arange(0, 1.01, 0.25))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(direction="inout")
    return figure


def no_ticks_but_grid():
    figure, axes = new_axes()
    basic(axes, arm(1), arm(2))
    axes.grid(True)
    axes.tick_params(length=0)
    return figure


def with_table():
    """Numbers at risk below, in axes of their own with ticks."""
    figure, _ = new_axes()
    figure.clear()
    axes, table = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
    basic(axes, arm(1), arm(2))
    table.set(ylim=(-0.5, 1.5), yticks=[0, 1])
    for row in (0, 1):
        for time in range(0, 61, 12):
            table.text(time, row, str(30 - time // 4), ha="center", va="center")
    return figure


FIGURES = {
    "plain": plain,
    "with everything": with_everything,
    "dashes in black": dashes_in_black,
    "white rims": white_rims,
    "piece by piece": piece_by_piece,
    "inner axes": inner_axes,
    "no ticks but grid": no_ticks_but_grid,
    "with a table": with_table,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FIGURES, ids=FIGURES.keys())
def test_round_trip_is_exact(name, kind):
    found = digitise_vector(saved(FIGURES[name](), kind), x_range=(0, 60), n_curves=2)
    for curve, truth in zip(found.curves, by_area(arm(1), arm(2)), strict=True):
        check(curve, truth, months=60, censored=name != "dashes in black")
        assert curve.confidence == 1.0
        assert curve.reasons == ()
    (note,) = found.findings
    assert (note.rule, note.severity) == ("vector_precision", "note")


@pytest.mark.parametrize("kind", KINDS)
def test_text_kept_as_text_says_which_ticks_are_labelled(kind):
    """Percent and years are the axis's; months and probabilities are what comes back."""
    figure, axes = new_axes()
    for number, one in enumerate((arm(1), arm(2))):
        draw_arm(axes, one, color=f"C{number}", scale=(1 / 12, 100))
    axes.set(xlim=(0, 5.4), ylim=(0, 104), xticks=np.arange(0, 5.1, 0.5))
    axes.set_xticklabels([str(k // 2) if k % 2 == 0 else "" for k in range(11)])
    data = saved(figure, kind, **{"svg.fonttype": "none"})
    found = digitise_vector(data, x_range=(0, 60), n_curves=2)
    for curve, truth in zip(found.curves, by_area(arm(1), arm(2)), strict=True):
        check(curve, truth, months=60)
    assert [tick.value for tick in found.calibration.x_ticks] == pytest.approx(range(0, 61, 12))
    with pytest.raises(UnreadableFigureError, match=r"from 0 to 5, which is not x_range 0 to 48"):
        digitise_vector(data, x_range=(0, 48), n_curves=2)


def test_grid_lines_in_a_frame_of_their_colour_are_ticks():
    """The frame is a little thicker, but its two lines are no grid."""
    figure, axes = new_axes()
    draw_arm(axes, arm(5), mark=None)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    axes.grid(True, color="0.8", linewidth=0.8)
    axes.tick_params(length=0)
    axes.spines[:].set(color="0.8", linewidth=1.0)
    found = digitise_vector(saved(figure, "svg"), x_range=(0, 60), n_curves=1)
    assert [tick.value for tick in found.calibration.x_ticks] == list(range(0, 61, 12))
    check(found.curves[0], arm(5), months=60, censored=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_axis_is_refused(kind):
    figure, axes = new_axes()
    draw_arm(axes, arm(1))
    axes.set(xscale="log", xlim=(1, 60), xticks=[1, 3, 10, 30], ylim=(0, 1.02))
    data = saved(figure, kind)
    with pytest.raises(UnreadableFigureError, match=r"log or broken axis|not x_range"):
        digitise_vector(data, x_range=(1, 30), n_curves=1)


@pytest.mark.parametrize("kind", KINDS)
def test_clips_and_axes_that_start_late(kind):
    """What the plot cuts off was not drawn: the curve ends at the edge."""
    figure, axes = new_axes()
    draw_arm(axes, arm(1), color="C0", mark=None)
    axes.set(xlim=(0, 24), ylim=(0.4, 1.0), xticks=[0, 6, 12, 18, 24], yticks=[0.4, 0.6, 0.8, 1.0])
    data = saved(figure, kind)
    found = digitise_vector(data, x_range=(0, 24), y_range=(0.4, 1.0), n_curves=1)
    times, survival = drops(found.curves[0])
    inside = [
        (t, s)
        for t, s in zip(arm(1).drop_times, arm(1).survival, strict=True)
        if t < 24 and s > 0.4
    ]
    assert found.curves[0].points["time_months"].iloc[-1] <= 24 * (1 + EXACT)
    assert np.array([times, survival]).T[: len(inside)] == pytest.approx(
        np.array(inside), abs=24 * EXACT
    )


@pytest.mark.parametrize("kind", KINDS)
def test_rising_curves_when_declared(kind):
    figure, axes = new_axes()
    x, y = np.array(arm(1).corners).T
    axes.plot(x, 1 - y)
    axes.set(xlim=(0, 60), ylim=(0, 1.0), xticks=range(0, 61, 12))
    data = saved(figure, kind)
    found = digitise_vector(data, x_range=(0, 60), n_curves=1, direction="rising")
    assert found.curves[0].points.to_numpy() == pytest.approx(
        np.column_stack([x, 1 - y]), abs=60 * EXACT
    )
    with pytest.raises(UnreadableFigureError, match="cumulative incidence"):
        digitise_vector(data, x_range=(0, 60), n_curves=1)


@pytest.mark.parametrize("kind", KINDS)
def test_two_figures_on_a_page_need_a_choice(kind):
    figure, (left, right) = new_axes((9, 3.6), panels=2)
    basic(left, arm(1))
    basic(right, arm(2))
    data = saved(figure, kind)
    with pytest.raises(UnreadableFigureError, match="2 figures with curves") as refused:
        digitise_vector(data, x_range=(0, 60), n_curves=1)
    assert refused.value.give == ("plot_area",)
    middle = 9 * 72 / 2
    found = digitise_vector(
        data, x_range=(0, 60), n_curves=1, plot_area=(middle, 0, 2 * middle, 260)
    )
    check(found.curves[0], arm(2), months=60)
    found = digitise_vector(data, x_range=(0, 60), n_curves=1, plot_area=(0, 0, middle, 260))
    check(found.curves[0], arm(1), months=60)
    with pytest.raises(NotAFigureError, match="no axes with curves lie there"):
        digitise_vector(data, x_range=(0, 60), n_curves=1, plot_area=(0, 255, 10, 259))


def test_colours_choose_and_order():
    figure, axes = new_axes()
    for one, colour in zip((arm(1), arm(2), arm(3)), ("#d55e00", "#0072b2", "0.4"), strict=True):
        draw_arm(axes, one, color=colour)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    data = saved(figure, "svg")
    found = digitise_vector(data, x_range=(0, 60), n_curves=2, colours=["dimgrey", "#d55e00"])
    check(found.curves[0], arm(3), months=60)
    check(found.curves[1], arm(1), months=60)
    assert [curve.colour for curve in found.curves] == ["#666666", "#d55e00"]
    with pytest.raises(UnreadableFigureError, match=r"3 curves were found.*2 asked for") as refused:
        digitise_vector(data, x_range=(0, 60), n_curves=2)
    assert refused.value.give == ("n_curves", "colours")
    with pytest.raises(UnreadableFigureError, match=r"3 curves were found.*5 asked for"):
        digitise_vector(data, x_range=(0, 60), n_curves=5)


def test_dashes_drawn_one_by_one():
    """Corners that fall into a gap between dashes are not in the file: said, not hidden."""
    figure, axes = new_axes()
    x, y = np.array(arm(1).corners).T
    reach = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) / 60 + np.abs(np.diff(y)))])
    for start in np.arange(0.0, reach[-1], 0.02):
        inner = (reach > start) & (reach < start + 0.014)
        at = np.concatenate([[start], reach[inner], [min(start + 0.014, reach[-1])]])
        axes.plot(np.interp(at, reach, x), np.interp(at, reach, y), color="black", lw=1)
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    found = digitise_vector(saved(figure, "svg"), x_range=(0, 60), n_curves=1)
    (curve,) = found.curves
    assert 0.6 < curve.confidence < 0.8
    assert "drawn as single dashes" in curve.reasons[0]
    for time in np.arange(1, arm(1).end, 1.0):
        before = curve.points["time_months"] <= time
        assert abs(curve.points["survival"][before].iloc[-1] - arm(1).at(time)) < 0.04


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "last"),
    [("aml-colours", 150), ("lung-dashes", 30), ("lung-limits", 30), ("lung-one", 30)],
)
def test_figures_drawn_by_r(name, last, kind):
    truth = json.loads((DRAWN_BY_R / "curves.json").read_text())[name]
    data = (DRAWN_BY_R / f"{name}.{kind}").read_bytes()
    found = digitise_vector(data, x_range=(0, last), n_curves=len(truth))
    step = {"svg": 1 / 256, "pdf": 0.01}[kind]
    scale = found.calibration
    months, level = 1.5 * step * scale.months_per_pixel, 1.5 * step * scale.survival_per_pixel
    for curve in found.curves:
        times, survival = drops(curve)
        (own,) = [one for one in truth if len(one["drop_times"]) == len(times)]
        assert np.abs(times - own["drop_times"]).max() <= months
        assert np.abs(survival - own["survival"]).max() <= level
        assert abs(curve.points["time_months"].iloc[-1] - own["end"]) <= months
        if name != "lung-dashes":
            assert curve.censor_times_months == pytest.approx(own["censored"], abs=1.5 * months)
    assert f"{step:.2g} points" in found.findings[0].message
