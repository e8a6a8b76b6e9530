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

#: Fewest lines, and the share of them that lies at one place within the pixel, to call them
#: rounded; the others touch something.
FEWEST = 5
ROUNDED = 0.6
#: Rounded places are the middle or the edge of a pixel, to within this.
EXACT = 0.15


def pen_offset(levels: NDArray, ticks: Sequence[float]) -> float:
    """Pixels by which curves lie right of and below their place relative to the axes.

    Parameters
    ----------
    levels : ndarray, shape (n,)
        Rows of the horizontal stretches of all curves, where nothing touches them.
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
    apart = np.abs(places - np.round(places))
    shares = {0.0: np.mean(apart < EXACT), 0.5: np.mean(apart > 0.5 - EXACT)}
    phase = max(shares, key=shares.__getitem__)
    return phase if shares[phase] >= ROUNDED else None
