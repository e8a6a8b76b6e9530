"""Curves told apart by line style or shade alone, dashes and dots running on round corners."""

from collections.abc import Sequence
from itertools import cycle, pairwise

import numpy as np
import pandas as pd
import pytest
from drawn_figures import BLACK, Drawing, draw, steps
from PIL import Image, ImageDraw

from analysis_lib.digitise import digitise_figure
from analysis_lib.digitise.ink import Ink
from analysis_lib.digitise.separation import SOLID_GAP, _Follower
from analysis_lib.digitise.tracking import Path

DRAWING = Drawing()
DASHED, DOTTED, DASH_DOTTED = (12, 9), (3, 9), (3, 9, 12, 9)
SOLID = ""


def arm(hazard: float, n: int = 60, end: float = 23.0) -> pd.DataFrame:
    """Every patient's death at its expected time: many small falls, as trials have."""
    times = -np.log(1 - (np.arange(n) + 0.5) / n) / hazard
    survival = 1 - (np.arange(n) + 1) / n
    kept = times < end
    return steps(times[kept], survival[kept], end)


def overlay(image: Image.Image, curve: pd.DataFrame, colour: str, lengths: Sequence[int]) -> None:
    """Draw a curve in pieces of ink and paper of these lengths in pixels along the line."""
    pen = ImageDraw.Draw(image)
    pieces = ((kind % 2 == 0) for kind in cycle(range(len(lengths))))
    left, inked = cycle(lengths), next(pieces)
    rest = next(left)
    corners = [
        (round(DRAWING.column(x)), round(DRAWING.row(y)))
        for x, y in zip(curve["time_months"], curve["survival"], strict=True)
    ]
    for (x0, y0), (x1, y1) in pairwise(corners):
        for step in range(max(x1 - x0, y1 - y0)):
            x, y = (x0 + step, y0) if x1 > x0 else (x0, y0 + step)
            if inked:
                pen.rectangle((x - 1, y - 1, x + 1, y + 1), fill=colour)
            rest -= 1
            if rest == 0:
                rest, inked = next(left), next(pieces)


def figure_of(arms: Sequence[tuple[pd.DataFrame, str, Sequence[int] | str]]) -> Image.Image:
    solid = [(curve, colour) for curve, colour, lengths in arms if lengths == SOLID]
    image = draw([curve for curve, _ in solid], [colour for _, colour in solid], drawing=DRAWING)
    for curve, colour, lengths in arms:
        if lengths != SOLID:
            overlay(image, curve, colour, lengths)
    return image


def errors(image: Image.Image, drawn: Sequence[pd.DataFrame]) -> list[float]:
    """Mean error of each curve; drawn curves with more area below them stand first."""
    read = digitise_figure(image, x_range=(0, 24), n_curves=len(drawn)).curves
    at = np.linspace(0.05, 22.9, 2000)
    return [
        float(np.mean(np.abs(_value(curve.points, at) - _value(truth, at))))
        for curve, truth in zip(read, drawn, strict=True)
    ]


def _value(points: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    index = np.searchsorted(points["time_months"], at, side="right") - 1
    return points["survival"].to_numpy()[index]


@pytest.mark.parametrize(
    "broken",
    [(DASHED, DOTTED), (DOTTED, DASHED), (DASHED, DASH_DOTTED)],
    ids=["dashed, dotted", "dotted, dashed", "dashed, dash-dotted"],
)
def test_three_curves_in_black_by_line_style(broken):
    drawn = [arm(0.03), arm(0.06), arm(0.14)]
    image = figure_of(list(zip(drawn, [BLACK] * 3, [SOLID, *broken], strict=True)))
    assert max(errors(image, drawn)) < 0.006


def test_three_shades_of_grey():
    drawn = [arm(0.03), arm(0.06), arm(0.14)]
    styles = [SOLID, DASH_DOTTED, DOTTED]
    image = figure_of(list(zip(drawn, ["#000000", "#606060", "#a8a8a8"], styles, strict=True)))
    assert max(errors(image, drawn)) < 0.006


@pytest.mark.parametrize("lengths", [DASHED, DOTTED, DASH_DOTTED])
def test_corners_in_gaps_do_not_end_a_line(lengths):
    drawn = [arm(0.02), arm(0.25, n=90)]
    image = figure_of([(drawn[0], BLACK, SOLID), (drawn[1], BLACK, lengths)])
    assert max(errors(image, drawn)) < 0.006


@pytest.mark.parametrize(("crossed", "is_solid"), [(0.0, True), (40.0, False)])
def test_dashes_joined_across_paper_are_no_solid_line(monkeypatch, crossed, is_solid):
    """A line followed with gaps that gets farther and crosses less paper is the line drawn."""
    joined = Path(0, np.arange(300), 100.0, np.ones(300), np.zeros(300), crossed)
    rows = np.arange(600) // 2 + 60
    whole = Path(0, rows, 400.0, np.ones(600), np.zeros(600), 5.0)
    monkeypatch.setattr(
        "analysis_lib.digitise.separation.track",
        lambda *_, gap_cost, **__: joined if gap_cost == SOLID_GAP else whole,
    )
    paper = np.zeros((400, 600))
    ink = Ink(paper, paper, paper > 0, 0.0, 3.0, 0, 0, (255.0, 255.0, 255.0), False)
    found = _Follower(ink, 0, (0.0, 5.0)).solid(paper, paper)
    assert (found is joined) if is_solid else (found is None)
