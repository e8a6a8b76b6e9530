"""Half a pixel between axis and curve: what drawing programs round, taken back.

Agg (matplotlib) moves straight lines so that their edges fall between pixels: a line whose
width is an even number of pixels to the nearest pixel edge, an odd one from there to the middle
of the next pixel, right and down. Where the axis is of one kind and the curve of the other,
every reading is off by half a pixel. Programs that do not round leave the places of lines
spread over the pixel, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Fewest lines, and how close together their places within the pixel, to call them rounded.
FEWEST = 5
CLOSE = 0.85
#: Rounded places are the middle or the edge of a pixel, to within this.
EXACT = 0.15


def pen_offset(levels: NDArray, ticks: Sequence[float]) -> float:
    """Pixels by which curves lie right of and below their place relative to the axes.

    Parameters
    ----------
    levels : ndarray, shape (n,)
        Rows of the horizontal stretches of all curves.
    ticks : sequence of float
        Rows and columns of tick marks.

    Returns
    -------
    float
        0.5, -0.5 or 0.
    """
    curve, axis = _phase(levels), _phase(np.asarray(ticks))
    return 0.0 if curve is None or axis is None else curve - axis


def _phase(places: NDArray) -> float | None:
    """0 for lines rounded to pixel edges, 0.5 to middles; ``None`` when not rounded."""
    if len(places) < FEWEST:
        return None
    mean = np.mean(np.exp(2j * np.pi * places))
    if abs(mean) < CLOSE:
        return None
    phase = float(np.angle(mean) / (2 * np.pi)) % 1.0
    if min(phase, 1 - phase) < EXACT:
        return 0.0
    return 0.5 if abs(phase - 0.5) < EXACT else None
