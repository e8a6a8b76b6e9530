"""Which ink makes a curve: candidates by colour and line style, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.ink import Ink
from analysis_lib.digitise.line_colours import LineColour
from analysis_lib.digitise.tracking import Path, track

#: Cost of a pixel of paper along a solid line (it has none) and along a broken one, whose
#: own gaps are bridged.
SOLID_GAP = 6.0
BROKEN_GAP = 0.5
#: Gaps of broken lines are at most this many line widths long (R's and ggplot2's dashes: 4).
LONGEST_GAP = 5.0
#: A straight line over this share of the plot is a grid or reference line.
FULL_LENGTH = 0.93
#: A colour with this share of its ink in such lines is the grid's.
GRID_SHARE = 0.5
#: A curve is seen in at least this share of the plot's columns.
SHORTEST_CURVE = 0.04
#: Share of a broken line's length in gaps, at least.
FEWEST_GAPS = 0.08
#: Coverage of a pixel that is no soft edge.
FULL_INK = 0.9
#: And in this share of its own length; the rest may be hidden.
LEAST_SEEN = 0.12
#: A solid path this long is no accident of dashes and ticks.
SHORTEST_SOLID = 0.12
#: Paper that the falls of a solid line may cross, in line widths: its strokes are drawn.
MOST_UNDRAWN = 2.5
#: Share of its falls that a solid line may lose to mixed colours where lines cross.
LOST_AT_CROSSINGS = 0.15
#: Pieces of a broken line at most this many line widths long are dots.
LONGEST_DOT = 2.3
#: Share of the plot's columns that dots and dashes must each have to be two curves.
BOTH_KINDS = 0.12
#: Lines that look alike where a curve's interval is drawn with its pen.
CURVE_AND_BOUNDS = 3
#: Shares of its columns on another curve above which a path is that curve's shadow.
SHADOW = 0.7


@dataclass(frozen=True)
class Candidate:
    """A staircase that may be a curve.

    Attributes
    ----------
    path : Path
        Where it runs.
    colour : int
        Index of its colour.
    solid : bool
        Whether it was followed as an unbroken line.
    own, hidden : ndarray, shape (h, w)
        The ink it was followed in, and the ink that may hide it.
    rank : int
        0 for the best of its colour, 1 for the next.
    cover, everything : ndarray, shape (h, w)
        All ink of its colour, and of all colours.
    bound : bool
        Whether it is known to be an interval's bound.
    """

    path: Path
    colour: int
    solid: bool
    own: NDArray
    hidden: NDArray
    rank: int
    cover: NDArray
    everything: NDArray
    bound: bool = False


def without_straight_lines(cover: NDArray, ink: Ink) -> tuple[NDArray, NDArray]:
    """Coverage without grid and reference lines, and which colours are left.

    Parameters
    ----------
    cover : ndarray, shape (k, h, w)
        Coverage by colour.

    Returns
    -------
    cover : ndarray, shape (k, h, w)
        The same, straight lines over the whole plot taken out.
    lines : ndarray of bool, shape (k,)
        Colours that are no grid's.
    """
    cleaned = cover.copy()
    kept = np.ones(len(cover), dtype=bool)
    reach = max(3, round(4 * ink.line_width))
    everything = (cover.sum(axis=0) > 0.5) | ink.furniture
    for index, layer in enumerate(cover):
        mask = layer > 0.4
        straight = np.zeros(mask.shape, dtype=bool)
        for view, all_ink, out in (
            (mask, everything, straight),
            (mask.T, everything.T, straight.T),
        ):
            closed = ndimage.binary_closing(view, np.ones((1, 2 * reach + 1)))
            share = (closed | (all_ink & ~view)).mean(axis=1)
            mine = closed.mean(axis=1)
            out[(share > FULL_LENGTH) & (mine > 0.6)] = True
        total = mask.sum()
        if total == 0 or (mask & straight).sum() > GRID_SHARE * total:
            kept[index] = False
        cleaned[index][straight] = 0.0
    return cleaned, kept


def under_frame(cover: NDArray, ink: Ink) -> NDArray:
    """Coverage continued under axes and frame: a line that touches them is half hidden."""
    size = 2 * int(np.ceil(ink.line_width / 2)) + 1
    # JPEG leaves a shimmer of colour beside black frames: only full ink is continued.
    grown = ndimage.maximum_filter1d(np.where(cover > FULL_INK, cover, 0), size, axis=1)
    return np.where(ink.furniture, grown, cover)


def find_candidates(
    cover: NDArray,
    ink: Ink,
    *,
    n_curves: int,
    start: int,
    start_rows: tuple[float, float],
) -> list[Candidate]:
    """Staircases in every colour, the longest first within each."""
    found: list[Candidate] = []
    everything = np.clip(cover.sum(axis=0), 0, 1)
    follow = _Follower(ink, start, start_rows)
    continued = under_frame(cover, ink)
    for colour in range(len(cover)):
        own = continued[colour]
        hidden = np.clip(everything - own, 0, 1)
        rank = 0
        while rank < max(n_curves, CURVE_AND_BOUNDS):
            path = follow.solid(own, hidden)
            if path is None:
                break
            found.append(
                Candidate(path, colour, True, own, hidden, rank, cover[colour], everything)
            )
            own, hidden = _taken(path, own, hidden, ink.line_width)
            rank += 1
        for path, layer, rest, later in _broken_lines(own, hidden, follow, rank, n_curves):
            found.append(
                Candidate(path, colour, False, layer, rest, later, cover[colour], everything)
            )
    return found


@dataclass(frozen=True)
class _Follower:
    """Tracks solid and broken lines from one start."""

    ink: Ink
    start: int
    start_rows: tuple[float, float]

    def _path(self, own: NDArray, hidden: NDArray, gap_cost: float) -> Path | None:
        path = track(
            own,
            hidden,
            self.ink.furniture,
            line_width=self.ink.line_width,
            gap_cost=gap_cost,
            start=self.start,
            start_rows=self.start_rows,
        )
        if path is None or path.n_own < SHORTEST_CURVE * own.shape[1]:
            return None
        return path if path.n_own >= LEAST_SEEN * len(path.rows) else None

    def broken(self, own: NDArray, hidden: NDArray) -> Path | None:
        """The best line with gaps; what lies in a gap is as good as hidden."""
        gaps = _gaps(own > 0.4, int(LONGEST_GAP * self.ink.line_width) + 2)
        return self._path(own, np.clip(hidden + gaps, 0, 1), BROKEN_GAP)

    def solid(self, own: NDArray, hidden: NDArray) -> Path | None:
        """The best unbroken line; ``None`` when it is only a stretch of a broken one."""
        solid = self._path(own, hidden, SOLID_GAP)
        if solid is None:
            return None
        fallen = float(solid.rows[-1] - solid.rows[0])
        if solid.undrawn > MOST_UNDRAWN * self.ink.line_width + 2 + LOST_AT_CROSSINGS * fallen:
            return None
        broken = self.broken(own, hidden)
        if broken is None or solid.n_own >= 0.7 * broken.n_own:
            return solid
        # Dashes joined across paper: the line with gaps gets farther and crosses less of it.
        if solid.undrawn > broken.undrawn + MOST_UNDRAWN * self.ink.line_width:
            return None
        long = solid.n_own >= SHORTEST_SOLID * own.shape[1]
        return solid if long and not self._begins(broken, solid) else None

    def _begins(self, whole: Path, part: Path) -> bool:
        """Whether a path is the beginning of a longer one of the same line."""
        size = len(part.rows)
        if len(whole.rows) <= size:
            return False
        apart = np.abs(whole.rows[:size] - part.rows) > self.ink.line_width
        fallen = float(whole.rows[-1] - whole.rows[0])
        most = MOST_UNDRAWN * self.ink.line_width + 2 + LOST_AT_CROSSINGS * fallen
        return bool(apart.mean() < 0.1 and whole.undrawn - part.undrawn <= most)


def _gaps(mask: NDArray, longest: int) -> NDArray:
    """Paper between ink and ink along a row, along a column, or round one corner of a fall."""
    gaps = np.zeros(mask.shape, dtype=bool)
    # With rows and columns changed over, a way down and right is one right and down.
    for view, out in ((mask, gaps), (mask.T, gaps.T)):
        behind, ahead = _steps(view), _steps(view[:, ::-1])[:, ::-1]
        beyond = _steps(view.T[:, ::-1])[:, ::-1].T
        out |= behind + ahead <= longest
        corner = (behind + beyond <= longest) & ~view
        out |= _reaching(corner[:, ::-1], view[:, ::-1])[:, ::-1]
        out |= _reaching(corner.T, view.T).T
    return gaps & ~mask


def _steps(ink: NDArray) -> NDArray:
    """Columns to the nearest ink on the left."""
    return np.arange(ink.shape[1]) - _last(ink)


def _last(mask: NDArray) -> NDArray:
    """Column of the nearest true pixel on the left or here; far away without one."""
    size = mask.shape[1]
    return np.maximum.accumulate(np.where(mask, np.arange(size), -2 * size), axis=1)


def _reaching(corner: NDArray, ink: NDArray) -> NDArray:
    """Corners and the paper on their right up to the ink."""
    return _last(corner) > _last(ink)


def _taken(path: Path, own: NDArray, hidden: NDArray, line_width: float) -> tuple[NDArray, NDArray]:
    """Ink without that of a path; what it took may hide other lines."""
    removed = along(path, own.shape, line_width / 2 + 1.0)
    hidden = np.clip(hidden + np.where(removed, own, 0), 0, 1)
    return np.where(removed, 0, own), hidden


#: A broken line, the ink it was followed in, what may hide it, and its rank.
_Line = tuple[Path, NDArray, NDArray, int]


def _broken_lines(
    own: NDArray, hidden: NDArray, follow: _Follower, rank: int, n_curves: int
) -> list[_Line]:
    """Lines with gaps: in dashes and dots apart when these are two lines, else in all together."""
    most = max(n_curves - rank, CURVE_AND_BOUNDS)
    together, left = _lines_in([own], own, hidden, follow, rank, most)
    dashes, dots = _by_length(own, follow.ink.line_width)
    if min(_seen(dashes), _seen(dots)) <= BOTH_KINDS:
        return together
    apart, left_apart = _lines_in([dashes, dots], own, hidden, follow, rank, most)
    # Dots in the gaps of dashes are one dash-dotted line: fewer lines explain the same ink, or
    # as many explain more of it.
    fewer = left <= BOTH_KINDS and len(together) < len(apart)
    return together if fewer or left + BOTH_KINDS < left_apart else apart


def _lines_in(
    layers: Sequence[NDArray],
    own: NDArray,
    hidden: NDArray,
    follow: _Follower,
    rank: int,
    most: int,
) -> tuple[list[_Line], float]:
    """Lines followed in each layer one after the other, and the share of columns left over."""
    lines: list[_Line] = []
    left = 0.0
    for layer in layers:
        rest = np.clip(hidden + own - layer, 0, 1)
        for later in range(rank, rank + most):
            path = follow.broken(layer, rest)
            if path is None:
                break
            lines.append((path, layer, rest, later))
            layer, rest = _taken(path, layer, rest, follow.ink.line_width)
        left += _seen(layer)
    return lines, left


def _by_length(own: NDArray, line_width: float) -> tuple[NDArray, NDArray]:
    """Dashes and dots."""
    labels, _ = ndimage.label(own > 0.4, structure=np.ones((3, 3)))
    extents = [max(r.stop - r.start, c.stop - c.start) for r, c in ndimage.find_objects(labels)]
    short = np.array([False, *(size <= LONGEST_DOT * line_width + 1 for size in extents)])[labels]
    return np.where(short, 0, own), np.where(short, own, 0)


def _seen(layer: NDArray) -> float:
    """Share of the plot's columns with ink."""
    return float(np.mean((layer > 0.4).any(axis=0)))


def along(path: Path, shape: tuple[int, int], reach: float) -> NDArray:
    """Pixels within ``reach`` of a staircase, its falls included."""
    height, width = shape
    lower, upper = np.full(width, height), np.full(width, -1)
    rows, columns = path.rows, path.start + np.arange(len(path.rows))
    before = np.concatenate([rows[:1], rows[:-1]])
    lower[columns], upper[columns] = np.minimum(rows, before), np.maximum(rows, before)
    size = 2 * int(np.ceil(reach)) + 1
    lower = ndimage.minimum_filter1d(lower, size) - reach
    upper = ndimage.maximum_filter1d(upper, size) + reach
    index = np.arange(height)[:, None]
    return (index >= lower) & (index <= upper)


def choose(
    candidates: Sequence[Candidate], n_curves: int, line_width: float
) -> tuple[list[Candidate], list[Candidate]]:
    """The curves, and what else might be one.

    The first of every colour stands before the second of any: interval bounds are drawn in the
    colour of their curve, arms are drawn to be told apart.
    """
    ranked = sorted(candidates, key=lambda c: -c.path.gain / (1.0 + c.rank))
    chosen: list[Candidate] = []
    spare: list[Candidate] = []
    for candidate in ranked:
        if candidate.bound or any(_shadows(candidate, other, line_width) for other in chosen):
            continue
        (chosen if len(chosen) < n_curves else spare).append(candidate)
    return chosen, spare


def choose_given(candidates: Sequence[Candidate], colours: Sequence[int]) -> list[Candidate]:
    """The best curve of each colour asked for; as many of one colour as it is named."""
    left = sorted(candidates, key=lambda c: (c.rank, -c.path.gain))
    chosen = []
    for colour in colours:
        match = next((c for c in left if c.colour == colour), None)
        if match is not None:
            chosen.append(match)
            left = [c for c in left if c is not match]
    return chosen


def _shadows(candidate: Candidate, other: Candidate, line_width: float) -> bool:
    """Whether a path is only the soft edge of another curve's line."""
    if candidate.colour == other.colour:
        return False
    near = along(other.path, candidate.own.shape, line_width / 2 + 1.5)
    path = candidate.path
    columns = path.start + np.arange(len(path.rows))
    seen = path.own > 0.5
    return bool(np.sum(near[path.rows[seen], columns[seen]]) > SHADOW * max(seen.sum(), 1))


def line_style(candidate: Candidate, line_width: float) -> str:
    """Solid, dashed, dotted or dash-dotted, from the lengths of ink and gaps."""
    if candidate.solid:
        return "solid"
    path = candidate.path
    level = np.concatenate([[True], np.diff(path.rows) == 0])
    columns = path.start + np.arange(len(path.rows))
    inked, clear = path.own > 0.5, candidate.hidden[path.rows, columns] < 0.5
    # A line whose few gaps are defects (JPEG, crossings) is solid.
    if np.mean(~inked & clear & level) < FEWEST_GAPS:
        return "solid"
    runs: list[int] = []
    labels, _ = ndimage.label(inked & level)
    for first, last in ((s[0].start, s[0].stop) for s in ndimage.find_objects(labels)):
        bounded = first > 0 and last < len(inked) and clear[first - 1] and clear[last]
        if bounded and level[first - 1] and level[last]:
            runs.append(last - first)
    if len(runs) < 3:
        return "dashed"
    short, long = np.quantile(runs, [0.25, 0.75])
    if long <= 2.2 * line_width:
        return "dotted"
    return "dash-dotted" if short < 0.5 * long and short <= 2.5 * line_width else "dashed"


def colour_hex(colour: LineColour, ink: Ink) -> str:
    """``#rrggbb`` of a line as it looks in the figure."""
    shown = np.clip(np.round(np.array(ink.paper) - colour.absorbed), 0, 255)
    red, green, blue = (255 - shown if ink.inverted else shown).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"
