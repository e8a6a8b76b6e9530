"""Confidence bounds drawn as lines like their curve: the curve is the middle of three."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis_lib.digitise.separation import Candidate

#: Bounds are about as long as their curve: a line with less of the best line's gain is none.
AS_LONG = 0.5
#: Share of their common columns in which three lines keep their order.
NESTED = 0.95
#: Lines that look alike and have this share of the longest line's gain are a curve's.
GROUP = 0.3


def middle_first(
    candidates: Sequence[Candidate], n_curves: int, line_width: float
) -> list[Candidate]:
    """Candidates with the middle of three nested lines of one look before the other two.

    Bounds look like their curve when a program draws them with the same pen (base R does). Only
    when there are at least as many looks as curves: else the three are arms that look alike.

    Parameters
    ----------
    candidates : sequence of Candidate
        All that were found.
    n_curves : int
        Curves asked for.
    line_width : float
        Width of the pen: where lines touch, a path runs on the edge of another.
    """
    looks = sorted({(c.colour, not c.solid) for c in candidates})
    groups = {look: [c for c in candidates if (c.colour, not c.solid) == look] for look in looks}
    best = {look: max(c.path.gain for c in group) for look, group in groups.items()}
    longest = max(best.values(), default=0.0)
    if sum(gain > GROUP * longest for gain in best.values()) < n_curves:
        return list(candidates)
    middles = {}
    for look, group in groups.items():
        alike = [c for c in group if c.path.gain > AS_LONG * best[look]]
        if len(alike) == 3 and (middle := _middle(alike, line_width)) is not None:
            middles[look] = middle
    return [_ranked(c, middles) for c in candidates]


def _ranked(candidate: Candidate, middles: dict[tuple[int, bool], Candidate]) -> Candidate:
    """A middle line stands before, its bounds behind what else is of that colour."""
    same = [look for look in sorted(middles) if look[0] == candidate.colour]
    look = (candidate.colour, not candidate.solid)
    if look not in middles:
        return replace(candidate, rank=candidate.rank + len(same)) if same else candidate
    if candidate is middles[look]:
        return replace(candidate, rank=same.index(look))
    return replace(candidate, rank=candidate.rank + len(same), bound=True)


def _middle(lines: Sequence[Candidate], line_width: float) -> Candidate | None:
    """The line between the two others; ``None`` when they change order."""
    size = min(len(c.path.rows) for c in lines)
    rows = np.array([c.path.rows[:size] for c in lines])
    order = np.argsort(rows.mean(axis=1))
    upper, middle, lower = rows[order]
    touching = line_width + 1
    nested = (upper <= middle + touching) & (middle <= lower + touching)
    return lines[order[1]] if nested.mean() >= NESTED else None
