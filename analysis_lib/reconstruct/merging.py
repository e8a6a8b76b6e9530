"""Neighbouring drops of a long staircase taken as one, so that the search stays quick.

Deaths with nobody censored between them change survival as one drop of all of them does; with
censoring between, half of it falls before the middle of the block and half after, and what the
order inside a block leaves is of the second order.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis_lib.reconstruct.staircase import Staircase


def merge_drops(stairs: Staircase, most: int, table_times: np.ndarray) -> Staircase:
    """About ``most`` drops where there are more; the same staircase where there are not.

    Parameters
    ----------
    stairs : Staircase
        Levels and drops.
    most : int
        Blocks of even shares of follow-up and of the fall of the curve.
    table_times : ndarray
        Printed times of numbers at risk, in months, which no block spans; a drop within reading
        error of one stays alone.
    """
    if stairs.level.size - 1 <= most:
        return stairs
    first = _block_starts(stairs, most, table_times)
    last = np.r_[first[1:], stairs.level.size - 1] - 1
    return replace(
        stairs,
        level=np.r_[stairs.level[0], stairs.level[last + 1]],
        level_sd=np.r_[stairs.level_sd[0], stairs.level_sd[last + 1]],
        earliest=stairs.earliest[first],
        latest=np.maximum.reduceat(stairs.latest, first),
        certain=np.logical_and.reduceat(stairs.certain, first),
        parts=last - first + 1,
        finer=stairs,
    )


def _block_starts(stairs: Staircase, most: int, table_times: NDArray) -> NDArray:
    """First drop of each block."""
    fall = (stairs.level[0] - stairs.level[1:]) / (stairs.level[0] - stairs.level[-1])
    share = (fall + stairs.drop_time / stairs.end) / 2
    block = np.floor(share * most)
    passed = np.searchsorted(np.sort(table_times), stairs.drop_time)
    new = (np.diff(block) > 0) | (np.diff(passed) > 0)
    # A drop that may be uncertain never joins one that surely happened.
    new |= np.diff(stairs.certain.astype(int)) != 0
    away = np.maximum(
        stairs.earliest[:, None] - table_times, table_times - stairs.latest[:, None]
    ).min(axis=1, initial=np.inf)
    alone = away <= 2.0 * stairs.time_unit
    new |= alone[1:] | alone[:-1]
    return np.r_[0, np.flatnonzero(new) + 1]


def deaths_by_part(stairs: Staircase, k: int, count: int) -> list[tuple[int, int]]:
    """Which drops of the finer staircase hold the deaths of block ``k``, and how many each."""
    stop = int(np.cumsum(stairs.parts)[k])
    parts = np.arange(stop - stairs.parts[k], stop)
    fall = -np.diff(stairs.finer.level[np.r_[parts, stop]])
    deaths = stairs.finer.certain[parts].astype(int)
    share = count * fall / max(fall.sum(), 1e-12)
    for _ in range(count - int(deaths.sum())):
        deaths[np.argmax(share - deaths)] += 1
    return [(int(part), int(d)) for part, d in zip(parts, deaths, strict=True) if d]
