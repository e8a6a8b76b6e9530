"""What is drawn in the plot area, and on what: lines lifted off page, panel and bands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.axis_lines import commonest_colour, row_lines
from analysis_lib.digitise.calibrate import PALE
from analysis_lib.digitise.figure import Calibration

#: Absorption (of 255) below which a pixel is paper, JPEG noise or shading.
FAINTEST = 30.0
#: A structure this many line widths across is a filled area, not a line.
FILLED = 6.0
#: A stretch of line is straight from this many widths on.
STRAIGHT = 3.0
#: Papers between these (of 255) carry light lines or dark ones, which stand out by this much.
DARKEST, LIGHTEST, CONTRAST = 90.0, 170.0, 40.0
#: Lines wider than this share of the plot's smaller side are not curves.
WIDEST = 0.04


@dataclass(frozen=True)
class Ink:
    """The plot area as ink on paper.

    Attributes
    ----------
    absorbed : ndarray, shape (h, w, 3)
        What lines take from the local background in red, green and blue; 0 on paper.
    strength : ndarray, shape (h, w)
        Largest of the three.
    furniture : ndarray of bool, shape (h, w)
        Axes and frame: what lies there is hidden, not absent.
    banded : float
        Share of the area that is filled (interval bands).
    line_width : float
        Width of the curves in pixels.
    row, column : int
        Upper left corner of the plot area in the straightened figure.
    paper : tuple of float
        Colour of the background, after turning white on black into black on white.
    inverted : bool
        Whether that was done.
    """

    absorbed: NDArray
    strength: NDArray
    furniture: NDArray
    banded: float
    line_width: float
    row: int
    column: int
    paper: tuple[float, float, float]
    inverted: bool

    def upside_down(self) -> Ink:
        """The same with rows from bottom to top, so that rising curves fall."""
        return replace(
            self,
            absorbed=self.absorbed[::-1],
            strength=self.strength[::-1],
            furniture=self.furniture[::-1],
        )


def lift_ink(colours: NDArray, calibration: Calibration) -> Ink:
    """Separate lines from what lies behind them.

    The background of a pixel is the closing (brightest, then darkest) of its surroundings:
    what is darker than everything around and narrower than the window is a line.
    """
    area = calibration.plot_area
    height, width = colours.shape[:2]
    top, bottom = max(int(area.top) - 3, 0), min(int(np.ceil(area.bottom)) + 3, height)
    left, right = max(int(area.left) - 3, 0), min(int(np.ceil(area.right)) + 3, width)
    crop = colours[top:bottom, left:right]
    paper = commonest_colour(crop.reshape(-1, 3))
    inverted = _light_on_dark(crop, paper)
    if inverted:  # white on black is read as black on white
        crop, paper = 255.0 - crop, 255.0 - paper
    edges = (area.left - left, area.top - top, area.right - left, area.bottom - top)
    furniture = _frame(crop, paper, edges)
    filled = crop.copy()
    filled[furniture] = paper
    guess = 0.02 * min(crop.shape[:2]) + 2
    absorbed = _absorbed(filled, guess * 2.5)
    line_width = line_width_of(absorbed.max(axis=2))
    window = max(FILLED * line_width, 9.0)
    absorbed = _absorbed(filled, window)
    banded = _banded(filled, absorbed, paper)
    absorbed[furniture] = 0.0
    strength = absorbed.max(axis=2)
    return Ink(
        absorbed,
        strength,
        furniture,
        banded,
        line_width,
        top,
        left,
        tuple(float(v) for v in paper),
        inverted,
    )


def _light_on_dark(crop: NDArray, paper: NDArray) -> bool:
    """Whether lines are lighter than what they are drawn on: sure on dark, looked at on grey."""
    shade = float(paper.mean())
    if not DARKEST < shade < LIGHTEST:
        return shade <= DARKEST
    apart = crop.mean(axis=2) - shade
    lighter, darker = (np.mean(side > CONTRAST) for side in (apart, -apart))
    return bool(lighter > darker)


def _absorbed(crop: NDArray, window: float) -> NDArray:
    size = int(window) | 1
    background = ndimage.grey_closing(crop, size=(size, size, 1))
    return background - crop


def _banded(crop: NDArray, absorbed: NDArray, paper: NDArray) -> float:
    """Share of the area whose background is darker than the paper: a white grid is no band."""
    behind = crop + absorbed
    return float(np.mean((paper - behind).max(axis=2) > 12))


def _frame(crop: NDArray, paper: NDArray, inside: tuple[float, float, float, float]) -> NDArray:
    """Pixels of the axes and frame: long lines at the edges of the plot area."""
    contrast = np.abs(crop - paper).max(axis=2)
    mask = np.zeros(contrast.shape, dtype=bool)
    for view, out in ((contrast, mask), (contrast.T, mask.T)):
        rows, length = view.shape
        for line in row_lines(view, 2 * PALE, int(0.5 * length)):
            if line.place > 10 and line.place < rows - 10:
                continue
            half = line.thickness / 2 + 0.5
            lower, upper = int(line.place - half), int(np.ceil(line.place + half))
            out[max(lower, 0) : upper] = True
    # What lies outside the axes (tick marks, the margin) is no part of the plot.
    mask[: max(int(inside[1]), 0)] = True
    mask[int(np.ceil(inside[3])) :] = True
    mask[:, : max(int(inside[0]), 0)] = True
    mask[:, int(np.ceil(inside[2])) :] = True
    return mask


def line_width_of(strength: NDArray) -> float:
    """Width of the lines in pixels.

    Of a pixel in a line the shorter of its runs of ink along the row and along the column is
    the line's width, whether the line is level or falls; the commonest of these is taken.
    """
    inked = strength[strength > FAINTEST]
    if not len(inked):
        return 1.0
    dark = strength > max(FAINTEST, 0.35 * np.quantile(inked, 0.9))
    down, along = run_lengths(dark.T).T, run_lengths(dark)
    thickness, length = np.minimum(down, along), np.maximum(down, along)
    # Where steps are narrower than the pen, both runs cross the line aslant: no width there.
    straight = dark & (length >= STRAIGHT * thickness)
    thickness = thickness[straight if straight.any() else dark]
    most = max(3, int(WIDEST * min(strength.shape)))
    counts = np.bincount(thickness[thickness <= most], minlength=most + 1).astype(float)
    # As many pixels stand across a line as it is wide: count lengths of line, not areas.
    counts[1:] /= np.arange(1, most + 1)
    if counts.sum() == 0:
        return 1.0
    mode = int(np.argmax(counts))
    level = dark & (down == mode) & (along > mode)
    first = level & ~np.vstack([np.zeros((1, level.shape[1]), bool), level[:-1]])
    rows, columns = (index[:4000] for index in np.nonzero(first))
    window = rows[:, None] + np.arange(-2, mode + 2)
    inside = (window >= 0) & (window < strength.shape[0])
    profile = strength[np.clip(window, 0, strength.shape[0] - 1), columns[:, None]] * inside
    if not len(profile):
        return float(mode)
    return float(max(np.median(profile.sum(axis=1) / profile.max(axis=1)), 1.0))


def run_lengths(mask: NDArray) -> NDArray:
    """Length of the run along the row that each true pixel belongs to; 0 elsewhere."""
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    starts, stops = np.nonzero(change == 1), np.nonzero(change == -1)
    lengths = stops[1] - starts[1]
    marks = np.zeros(padded[:, 1:].shape, dtype=int)
    marks[starts] += lengths
    marks[stops] -= lengths
    return np.cumsum(marks, axis=1)[:, : mask.shape[1]]
