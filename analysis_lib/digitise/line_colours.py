"""The colours that lines are drawn in, and which ink is of which colour.

A half-covered pixel, a pale band above a line, a soft JPEG edge: all scale what a line absorbs
from its background but keep the proportions of red, green and blue. So colours are told apart
by the direction of absorption; its size only separates black from grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.ink import FAINTEST, Ink

#: Directions nearer than this (degrees) are one colour.
SAME_COLOUR = 11.0
#: The same under translucent bands of other colours.
SAME_BANDED = 20.0
#: Ink farther than this (degrees) from every colour belongs to none.
FARTHEST = 30.0
#: Of two shades of one colour the paler absorbs at most this share of the darker.
PALER = 0.75
#: A colour is a line's only when its ink stands in this share of the plot's columns.
FEWEST_COLUMNS = 0.03
#: Share of filled area above which a figure has interval bands.
BANDED = 0.02
#: Colours looked at; a figure has fewer.
MOST_COLOURS = 10


@dataclass(frozen=True)
class LineColour:
    """What a line absorbs: direction (unit vector) and size, 0 to 255 a channel."""

    direction: tuple[float, float, float]
    size: float

    @property
    def absorbed(self) -> NDArray:
        """Absorption in red, green and blue where the line covers the pixel."""
        return np.array(self.direction) * self.size


def find_colours(ink: Ink) -> list[LineColour]:
    """Colours of lines in the plot area, the most frequent first."""
    core = _core(ink)
    vectors = ink.absorbed[core]
    columns = np.nonzero(core)[1]
    sizes = np.linalg.norm(vectors, axis=1)
    directions = vectors / np.maximum(sizes, 1e-9)[:, None]
    within = np.cos(np.deg2rad(SAME_BANDED if ink.banded > BANDED else SAME_COLOUR))
    least = max(6, FEWEST_COLUMNS * ink.strength.shape[1])
    left = np.ones(len(vectors), dtype=bool)
    found: list[LineColour] = []
    while left.any() and len(found) < MOST_COLOURS:
        direction = _densest(directions[left], sizes[left])
        near = left & (directions @ direction > within)
        if len(np.unique(columns[near])) < least:
            break
        left &= ~near
        found.extend(_shades(ink, direction, near, core, least))
    return found


def given_colours(ink: Ink, colours: Sequence[NDArray]) -> list[LineColour]:
    """Line colours from red, green, blue as a person gives them, each once."""
    paper = np.array(ink.paper)
    found: list[LineColour] = []
    for colour in colours:
        absorbed = paper - (255.0 - colour if ink.inverted else colour)
        size = float(np.linalg.norm(absorbed))
        made = LineColour(tuple(absorbed / max(size, 1e-9)), size)
        if made not in found:
            found.append(made)
    return found


def beside(found: Sequence[LineColour], given: Sequence[LineColour]) -> list[LineColour]:
    """Colours found in the figure that are none of the given ones: they hide, but are no curve."""
    return [
        colour
        for colour in found
        if not any(
            _one_direction(colour, other) and PALER < colour.size / other.size < 1 / PALER
            for other in given
        )
    ]


def _core(ink: Ink) -> NDArray:
    """Pixels in the middle of a horizontal stretch of line."""
    strength = ink.strength
    crest = strength >= ndimage.maximum_filter1d(strength, 3, axis=0) - 1e-6
    before, after = np.roll(ink.absorbed, 1, axis=1), np.roll(ink.absorbed, -1, axis=1)
    change = np.maximum(
        np.abs(ink.absorbed - before).max(axis=2), np.abs(ink.absorbed - after).max(axis=2)
    )
    return (strength > FAINTEST) & crest & (change < 0.15 * strength + 8) & ~ink.furniture


def _densest(directions: NDArray, sizes: NDArray) -> NDArray:
    """The direction around which most ink lies: fullest cell, then mean shift."""
    cells = np.round(directions / 0.06).astype(int)
    codes = (cells + 50) @ np.array([10_000, 100, 1])
    _, inverse = np.unique(codes, return_inverse=True)
    weight = np.bincount(inverse, weights=np.minimum(sizes, 200.0))
    direction = directions[inverse == np.argmax(weight)].mean(axis=0)
    for _ in range(4):
        direction = direction / np.linalg.norm(direction)
        near = directions @ direction > np.cos(np.deg2rad(0.7 * SAME_COLOUR))
        direction = np.average(directions[near], axis=0, weights=sizes[near])
    return direction / np.linalg.norm(direction)


def _shades(
    ink: Ink, direction: NDArray, near: NDArray, core: NDArray, least: float
) -> list[LineColour]:
    """Shades of one colour: black and grey absorb alike, but not alike much."""
    amount = np.clip(ink.absorbed @ direction, 0, None)
    half = int(np.ceil(ink.line_width / 2)) + 1
    # Ink summed across the line does not depend on where the line falls between pixels.
    across = ndimage.uniform_filter1d(amount, 2 * half + 1, axis=0) * (2 * half + 1)
    rows, columns = (index[near] for index in np.nonzero(core))
    crest = amount[rows, columns]
    summed = across[rows, columns] / ink.line_width
    single = summed < 1.45 * np.maximum(crest, 1) + 10
    sizes = np.maximum(crest, summed)[single] if single.sum() >= least else crest
    # No line absorbs more than all the light.
    sizes = np.minimum(sizes, 255.0 / direction.max())
    where = columns[single] if single.sum() >= least else columns
    achromatic = direction @ np.ones(3) / np.sqrt(3) > np.cos(np.deg2rad(8.0))
    if not achromatic and ink.banded > BANDED:
        return [LineColour(tuple(direction), float(np.median(sizes)))]
    return [LineColour(tuple(direction), shade) for shade in _levels(sizes, where, least)]


def _levels(sizes: NDArray, columns: NDArray, least: float) -> list[float]:
    """Shades into which sizes fall, the darkest first: split at valleys while both sides last."""
    cut = _valley(sizes)
    if cut is not None:
        dark, pale = sizes >= cut, sizes < cut
        long = all(len(np.unique(columns[side])) >= least for side in (dark, pale))
        if long and np.median(sizes[pale]) <= PALER * np.median(sizes[dark]):
            sides = (_levels(sizes[side], columns[side], least) for side in (dark, pale))
            return [shade for side in sides for shade in side]
    return [float(np.median(sizes))]


def _valley(sizes: NDArray) -> float | None:
    """A size that almost no ink has, between two that much has; ``None`` without one."""
    top = sizes.max() + 1
    counts, edges = np.histogram(sizes, bins=24, range=(0, top))
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    best, cut = 0.25, None
    for position in range(2, len(counts) - 2):
        beside = min(smooth[:position].max(), smooth[position + 1 :].max())
        if beside > 0 and smooth[position] / beside < best:
            best, cut = (
                smooth[position] / beside,
                float((edges[position] + edges[position + 1]) / 2),
            )
    return cut


def ink_by_colour(ink: Ink, colours: Sequence[LineColour]) -> NDArray:
    """Coverage of every pixel by lines of each colour.

    Returns
    -------
    ndarray, shape (k, h, w)
        0 to 1; a pixel belongs to one colour at most.
    """
    size = np.linalg.norm(ink.absorbed, axis=2)
    unit = ink.absorbed / np.maximum(size, 1e-9)[:, :, None]
    cosine = np.stack([unit @ np.array(colour.direction) for colour in colours])
    # The crest nearby tells a grey line from the soft edge of a black one.
    crest = ndimage.maximum_filter(size, 3)
    unlike = np.arccos(np.clip(cosine, -1, 1)) / np.deg2rad(FARTHEST)
    for index, colour in enumerate(colours):
        twins = [o for o in colours if o is not colour and _one_direction(o, colour)]
        if twins:
            unlike[index] = np.where(
                unlike[index] < 1.0,
                0.5 * unlike[index] + 0.5 * np.abs(np.log(np.maximum(crest, 1) / colour.size)),
                unlike[index],
            )
    nearest = unlike.argmin(axis=0)
    usable = (unlike.min(axis=0) < 1.0) & (ink.strength > FAINTEST * 0.6)
    cover = np.zeros(cosine.shape, dtype=np.float32)
    for index, colour in enumerate(colours):
        mine = usable & (nearest == index)
        cover[index][mine] = np.clip(size[mine] / (0.6 * colour.size), 0, 1)
        cover[index][mine & (size < 0.3 * colour.size)] = 0.0
    return cover


def _one_direction(first: LineColour, second: LineColour) -> bool:
    return float(np.dot(first.direction, second.direction)) > np.cos(np.deg2rad(SAME_COLOUR))
