"""Write a path of deaths and censorings out as patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.reconstruct.censoring import CensoringPatterns
from analysis_lib.reconstruct.facts import PrintedFacts
from analysis_lib.reconstruct.merging import deaths_by_part
from analysis_lib.reconstruct.schedule import ticks_between
from analysis_lib.reconstruct.staircase import Staircase
from analysis_lib.reconstruct.steps import Paths, Schedule


def emit_patients(
    path: Paths,
    stairs: Staircase,
    schedule: Schedule,
    patterns: CensoringPatterns,
    lanes: NDArray,
    facts: PrintedFacts,
    *,
    generator: np.random.Generator | None = None,
) -> pd.DataFrame:
    """One row per patient; evenly spread times, or random ones when a generator is given."""
    times, events = [], []
    low, high = _bounds(path, stairs, schedule)
    for s, (step, count) in enumerate(zip(schedule, path.steps[0], strict=True)):
        if step.kind == "death":
            at = np.sort(_death_times(stairs, step.index, int(count), generator))
        elif step.kind == "censor" and count:
            ticks = ticks_between(facts, step.start, step.stop)
            if ticks.size:
                at = _on_ticks(ticks, int(count), generator)
            else:
                share = _shares(int(count), generator)
                at = patterns.times(step.start, step.stop, share, lanes[:, s])
        else:
            continue
        times.append(np.clip(at, low[s], high[s]))
        events.append(np.full(at.size, int(step.kind == "death")))
    left = int(path.left[0])
    ticks = facts.ticks[facts.ticks >= _last_time([], schedule)]
    if left and ticks.size:
        times.append(_on_ticks(ticks, left, generator))
        events.append(np.zeros(left, dtype=int))
    elif left:
        start = _last_time(times, schedule)
        stop = max(stairs.end, start)
        at = patterns.times(start, stop, _shares(left, generator), lanes[:, -1], last=True)
        at[-1] = max(stairs.end, start)
        times.append(at)
        events.append(np.zeros(left, dtype=int))
    ipd = pd.DataFrame({"time_months": np.concatenate(times), "event": np.concatenate(events)})
    order = np.lexsort((-ipd["event"], ipd["time_months"]))
    return ipd.iloc[order].reset_index(drop=True)


def _on_ticks(ticks: NDArray, count: int, generator: np.random.Generator | None) -> NDArray:
    """Censoring times on printed ticks: each tick once, further patients on the last ones.

    Where ticks are more than patients, some of them, spread evenly or at random.
    """
    if count >= ticks.size:
        return np.sort(np.r_[ticks, np.resize(ticks[::-1], count - ticks.size)])
    if generator is not None:
        return np.sort(generator.choice(ticks, count, replace=False))
    return ticks[np.arange(1, count + 1) * ticks.size // count - 1]


def _last_time(times: list[NDArray], schedule: Schedule) -> float:
    clock = max((max(s.start, s.stop) for s in schedule), default=0.0)
    return max([clock] + [at.max() for at in times if at.size])


def _death_times(
    stairs: Staircase, k: int, count: int, generator: np.random.Generator | None
) -> NDArray:
    if stairs.finer is not None and count:
        parts = deaths_by_part(stairs, k, count)
        return np.concatenate([_death_times(stairs.finer, *part, generator) for part in parts])
    low, high = stairs.earliest[k], stairs.latest[k]
    if stairs.exact and high - low <= 2 * stairs.time_unit:
        at = np.full(count, (low + high) / 2)
        return at if generator is None else at + generator.uniform(-1, 1) * stairs.time_unit
    at = _spread(low, high, count, generator)
    return at if generator is None else at + generator.normal() * stairs.time_unit / 2


def _bounds(path: Paths, stairs: Staircase, schedule: Schedule) -> tuple[NDArray, NDArray]:
    """For each step, the latest pin passed before it and the earliest passed after it."""
    pinned = np.array([step.kind == "pin" for step in schedule], dtype=bool)
    passed = pinned | (path.crossed_at[0] == 1)
    start = np.array([step.start for step in schedule], dtype=float)
    low = np.maximum.accumulate(np.where(passed, start, 0.0))
    after = np.where(passed, start * (1 - 1e-9), stairs.end)
    high = np.minimum.accumulate(after[::-1])[::-1]
    return low, np.maximum(low, np.minimum(high, stairs.end))


def _spread(
    start: float, stop: float, count: int, generator: np.random.Generator | None
) -> NDArray:
    """Times strictly inside an interval, evenly or at random."""
    return start + (stop - start) * _shares(count, generator)


def _shares(count: int, generator: np.random.Generator | None) -> NDArray:
    if generator is None:
        return (np.arange(count) + 0.5) / max(count, 1)
    return np.sort(generator.random(count))
