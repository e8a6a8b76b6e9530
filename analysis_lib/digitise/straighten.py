"""A scan is rarely straight: the angle of its axes, and the figure turned back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.axis_lines import page_colour

#: Scans lie within a few degrees; beyond, it is another figure.
LARGEST_ANGLE = 3.0
#: A turn smaller than this moves the ends of a figure's axes by about half a pixel.
SMALLEST_ANGLE = 0.08
#: Edges fainter than this (of 255) are noise or shading.
EDGE = 40.0
#: Pixels used for the angle: enough for a tenth of a pixel, whatever the figure's size.
MOST_PIXELS = 60_000


def page_angle(luminance: NDArray) -> float:
    """Degrees by which the figure's lines fall to the right (clockwise on the page).

    The angle at which edges fall together on the fewest rows and columns: the sum of squares
    of the projection profile is largest there.
    """
    down = np.abs(np.diff(luminance, axis=0)) > EDGE
    along = np.abs(np.diff(luminance, axis=1)) > EDGE
    edges = [np.nonzero(down), np.nonzero(along)[::-1]]
    pixels = []
    for position, (across, run) in enumerate(edges):
        step = max(1, len(across) // MOST_PIXELS)
        # Lines that fall to the right lean to the left: the columns move the other way.
        pixels.append((across[::step], run[::step] * (1.0 if position == 0 else -1.0)))

    def sharpness(angle: float) -> float:
        total = 0.0
        for across, run in pixels:
            place = across - np.tan(np.deg2rad(angle)) * run
            if len(place):
                counts = np.bincount(np.round(place - place.min()).astype(int))
                total += float(np.sum(counts.astype(float) ** 2))
        return total

    best = max(np.arange(-LARGEST_ANGLE, LARGEST_ANGLE + 0.01, 0.1), key=sharpness)
    fine = max(np.arange(best - 0.1, best + 0.101, 0.02), key=sharpness)
    straight = sharpness(fine) <= 1.02 * sharpness(0.0)
    return 0.0 if straight or abs(fine) < SMALLEST_ANGLE else float(fine)


def turned_back(colours: NDArray, angle: float) -> NDArray:
    """The figure with its axes along rows and columns; same size, corners in the page's colour."""
    if angle == 0.0:
        return colours
    height, width = colours.shape[:2]
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    matrix = np.array([[cosine, sine], [-sine, cosine]])
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    offset = centre - matrix @ centre
    page = page_colour(colours)
    channels = [
        ndimage.affine_transform(colours[:, :, k], matrix, offset, order=1, cval=page[k])
        for k in range(3)
    ]
    return np.clip(np.stack(channels, axis=2), 0, 255)
