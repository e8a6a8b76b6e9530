"""Censor ticks of a figure: which mark it draws, and where that stands on a curve.

Two readings are put together. Strokes are counted by their ink, also where they touch; any mark is
found by its picture, also where lines hide a part of it. Where the mark is a stroke, each reading
adds what the other misses, and what does not look like the figure's mark is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.digitise.beside_lines import beside_line
from analysis_lib.digitise.censor_marks import Mark, find_marks, supported
from analysis_lib.digitise.censor_strokes import TickShape, find_strokes, tick_shape
from analysis_lib.digitise.learned_marks import learn_mark
from analysis_lib.digitise.tracking import Path

#: A mark that reaches less than this (pixels) beyond the middle of the line stands on one side.
ONE_SIDE = 2.0


@dataclass(frozen=True)
class TickStyle:
    """The mark of a figure, and its shape as a stroke where it is one."""

    mark: Mark
    stroke: TickShape | None


def tick_style(
    paths: list[Path],
    inks: list[NDArray],
    others: list[NDArray],
    closed: NDArray,
    line_width: float,
) -> TickStyle | None:
    """How a figure draws censor ticks; ``None`` when it draws none.

    Parameters
    ----------
    paths : list of Path
        The curves.
    inks, others : list of ndarray, shape (h, w)
        Ink that may be ticks of each curve, and ink that may hide them.
    closed : ndarray of bool, shape (h, w)
        Where ticks cannot be seen: axes, frame.
    line_width : float
        Width of the curves in pixels.
    """
    mark = learn_mark(
        [
            beside_line(path, ink, other, closed, line_width)
            for path, ink, other in zip(paths, inks, others, strict=True)
        ]
    )
    if mark is None:
        return None
    if mark.broad or min(mark.above, mark.below) < ONE_SIDE:
        return TickStyle(mark, None)
    stroke = tick_shape(paths, inks, closed, line_width)
    return TickStyle(mark, None if stroke is None or stroke.spread else stroke)


def find_ticks(
    path: Path,
    ink: NDArray,
    other: NDArray,
    amount: NDArray,
    closed: NDArray,
    *,
    line_width: float,
    style: TickStyle,
    solid: bool,
) -> NDArray:
    """Columns of the censor ticks on a path.

    Parameters
    ----------
    path : Path
        The curve.
    ink, other : ndarray, shape (h, w)
        Ink of its colour without other curves, and ink that may cross its ticks.
    amount : ndarray, shape (h, w)
        How much of its colour, for centres between pixels.
    closed : ndarray of bool, shape (h, w)
        Where ticks cannot be seen: axes, frame.
    line_width : float
        Width of the line.
    style : TickStyle
        Ticks of this figure.
    solid : bool
        Whether the line is unbroken.

    Returns
    -------
    ndarray, shape (n,)
        Columns of the plot area, ascending, sub-pixel.
    """
    mark, stroke = style.mark, style.stroke
    beside = beside_line(path, ink, other, closed, line_width)
    pictured = find_marks(mark, beside)
    if stroke is None:
        return pictured
    counted = find_strokes(
        path, ink, other, amount, closed, line_width=line_width, shape=stroke, solid=solid
    )
    counted = counted[supported(counted, mark, beside)]
    if not len(counted):
        return pictured
    # Both readings see most ticks: nearer than a stroke's width they are one.
    apart = np.abs(pictured[:, None] - counted).min(axis=1, initial=np.inf)
    further = pictured[apart > max(mark.width, stroke.width) + 0.5]
    return np.sort(np.concatenate([counted, further]))
