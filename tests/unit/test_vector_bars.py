"""Lines in the dress of something else: filled bars, curves that do not bend, one path for all."""

from itertools import pairwise

import numpy as np
import pytest
from test_vector_files import CURVE, EXPECTED, TICKS, points, read, svg

from analysis_lib.digitise.vector.drawing import is_straight

CORNERS = np.array([pair.split(",") for pair in CURVE.split()], dtype=float)


def bars(over, thick=0.8):
    """The curve as rectangles that reach ``over`` beyond their corners."""
    made = ""
    for start, end in pairwise(CORNERS):
        left, top = np.minimum(start, end)
        right, bottom = np.maximum(start, end)
        across = (thick / 2, over) if left == right else (over, thick / 2)
        made += (
            f'<rect x="{left - across[0]}" y="{top - across[1]}" fill="red" '
            f'width="{right - left + 2 * across[0]}" height="{bottom - top + 2 * across[1]}"/>'
        )
    return made


@pytest.mark.parametrize("over", [0.0, 0.4, -0.4])
def test_a_curve_of_filled_bars(over):
    """Where bars meet their lines cross; the end of the curve is as far off as it is drawn."""
    found = read(svg(bars(over)))
    expected = EXPECTED.copy()
    expected[-1, 0] += 0.6 * over
    expected[0, 0] = max(0.0, -0.6 * over)
    assert points(found)[-5:] == pytest.approx(expected[-5:], abs=1e-9)
    assert found.curves[0].colour == "#ff0000"


def test_outlined_ticks():
    """Ticks as polygons, which return to their start without saying so."""
    ticks = ""
    for a, b, c, d in TICKS:
        w, h = (0.4, 0) if a == c else (0, 0.4)
        low, high = (min(a, c) - w, min(b, d) - h), (max(a, c) + w, max(b, d) + h)
        ticks += (
            f'<polygon fill="#000" points="{low[0]},{low[1]} {high[0]},{low[1]} '
            f'{high[0]},{high[1]} {low[0]},{high[1]}"/>'
        )
    body = f'<polyline points="{CURVE}" fill="none" stroke="red"/>{ticks}'
    data = svg(body).replace(b'stroke="#333"', b'stroke="none"')
    assert points(read(data)) == pytest.approx(EXPECTED, abs=1e-9)


def test_lines_written_as_curves_that_do_not_bend():
    path = f"M{CORNERS[0][0]} {CORNERS[0][1]}"
    for start, end in pairwise(CORNERS):
        between = [start + (end - start) * share for share in (0.2, 0.9)]
        path += "C" + " ".join(f"{x} {y}" for x, y in (*between, end))
    found = read(svg(f'<path d="{path}" fill="none" stroke="red"/>'))
    assert points(found) == pytest.approx(EXPECTED, abs=1e-9)


@pytest.mark.parametrize(
    ("controls", "straight"),
    [([(1, 0), (2, 0)], True), ([(1, 0.1), (2, 0)], False), ([(-1, 0), (2, 0)], False)],
)
def test_what_bends(controls, straight):
    assert is_straight((0, 0), np.array(controls), (3, 0)) is straight


@pytest.mark.parametrize("rising", [False, True])
def test_both_axes_in_one_line_are_no_curve(rising):
    curve = CURVE if not rising else "50,150 60,150 60,125 70,125 70,90 80,90"
    body = f'<polyline points="{curve}" fill="none" stroke="red"/>'
    body += '<path d="M50 50V150H150" fill="none" stroke="#333"/>'
    body += '<path d="M50 150V50H150" fill="none" stroke="#333"/>'
    found = read(svg(body), direction="rising" if rising else "falling")
    assert [one.colour for one in found.curves] == ["#ff0000"]


def test_rules_for_children_are_rules():
    style = "<style>g > polyline.a { fill: none; stroke: red }</style>"
    found = read(svg(f'{style}<g><polyline class="a" points="{CURVE}"/></g>'))
    assert points(found) == pytest.approx(EXPECTED)


def test_a_place_in_single_precision_makes_no_drop():
    """A start 20 millionths of a point below the tick of one is at one."""
    body = f'<polyline points="{CURVE.replace(",50", ",50.00002")}" fill="none" stroke="red"/>'
    levels = points(read(svg(body)))[:, 1]
    assert sorted(set(levels), reverse=True) == pytest.approx([1.0, 0.75, 0.4])
    assert levels[:2].tolist() == [1.0, 1.0]
