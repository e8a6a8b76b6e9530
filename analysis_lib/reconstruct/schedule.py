"""The order in which deaths, censorings and printed numbers at risk follow each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis_lib.reconstruct.facts import PrintedFacts
from analysis_lib.reconstruct.staircase import Staircase
from analysis_lib.reconstruct.steps import Schedule, Step


def end_by_table(stairs: Staircase, facts: PrintedFacts) -> Staircase:
    """Move the end of follow-up, within reading error, to where the table has it.

    A printed patient at risk after the end of the reading was followed to that time at least; a
    printed zero within reading error of the end says that the curve ended before it.
    """
    seen = facts.table_times[facts.table_counts > 0]
    empty = facts.table_times[facts.table_counts == 0]
    end = max(stairs.end, seen.max(initial=0.0))
    late = empty[(empty <= end) & (end - empty <= 3.0 * stairs.time_unit)]
    if late.size:
        end = float(late.min()) * (1.0 - 1e-9)
    return replace(
        stairs,
        end=float(end),
        earliest=np.minimum(stairs.earliest, end),
        latest=np.minimum(stairs.latest, end),
    )


def ticks_to_end(facts: PrintedFacts, stairs: Staircase, end: float) -> PrintedFacts:
    """Move marks at the end of the reading along with it, and none beyond it.

    A curve that is cut at the last printed time has its last mark there, a rounding before it.
    """
    near = stairs.time_unit
    moved = (facts.ticks >= stairs.end - near) & (abs(end - stairs.end) <= near)
    return replace(facts, ticks=np.where(moved, end, np.minimum(facts.ticks, end)))


def split_at_table(stairs: Staircase, facts: PrintedFacts) -> Staircase:
    """Cut a wide drop in two where a printed number at risk falls inside it."""
    for time in facts.table_times:
        inside = (stairs.earliest + stairs.time_unit < time) & (
            time < stairs.latest - stairs.time_unit
        )
        if inside.any():
            stairs = _split(stairs, int(np.flatnonzero(inside)[0]), float(time))
    return stairs


def _split(stairs: Staircase, k: int, time: float) -> Staircase:
    """Two drops for one, with a level between them that may lie anywhere in the fall."""
    fall = stairs.level[k] - stairs.level[k + 1]
    sd = np.hypot(fall / 3.0, max(stairs.level_sd[k], stairs.level_sd[k + 1]))
    certain = stairs.certain.copy()
    certain[k] = False
    return replace(
        stairs,
        level=np.insert(stairs.level, k + 1, stairs.level[k] - fall / 2.0),
        level_sd=np.insert(stairs.level_sd, k + 1, sd),
        earliest=np.insert(stairs.earliest, k + 1, time),
        latest=np.insert(stairs.latest, k, time),
        certain=np.insert(certain, k, False),
        parts=np.insert(stairs.parts, k, 1),
    )


def plan_schedule(stairs: Staircase, facts: PrintedFacts) -> Schedule:
    """Steps in time order; printed numbers at risk near a drop may be passed on either side."""
    drops = stairs.drop_time
    pins = _pins(stairs, facts)
    owner = _owners(drops, pins, stairs)
    steps, clock = [], 0.0
    k = 0
    for p, (time, count) in enumerate(pins):
        near = np.flatnonzero(owner == p)
        stop = near[0] if near.size else int(np.searchsorted(drops, time, side="left"))
        stop = max(stop, k)
        clock = _walk(steps, drops, range(k, stop), clock)
        k = stop
        if not near.size:
            clock = _censor(steps, clock, max(time, clock))
            steps.append(Step("pin", count=count, start=time))
            continue
        steps.append(Step("open", count=count))
        for i in near:
            clock = _pass_pin(steps, clock, float(np.clip(time, clock, drops[i])), time, count)
            clock = _censor(steps, clock, drops[i])
            steps.append(Step("death", index=int(i)))
        clock = _pass_pin(steps, clock, max(clock, time), time, count)
        steps.append(Step("close"))
        k = int(near[-1]) + 1
    _walk(steps, drops, range(k, drops.size), clock)
    return _with_ticks(steps, facts)


def _pins(stairs: Staircase, facts: PrintedFacts) -> list[tuple[float, int]]:
    """Printed numbers at risk after time 0 that the curve can speak of."""
    pins = zip(facts.table_times, facts.table_counts, strict=True)
    return [(float(t), int(c)) for t, c in pins if t > 0 and c > 0]


def _owners(drops: NDArray, pins: list[tuple[float, int]], stairs: Staircase) -> NDArray:
    """For each drop, the pin that it may stand on either side of, or -1.

    That is a pin inside the drop's stretch or within reading error of it, unless the drop was
    cut in two just there.
    """
    owner = np.full(drops.size, -1)
    if not pins or not drops.size:
        return owner
    times = np.array([time for time, _ in pins])
    first, last = stairs.earliest[:, None], stairs.latest[:, None]
    away = np.maximum(np.maximum(first - times, times - last), 0.0)
    wide = last - first > 2.0 * stairs.time_unit
    cut = wide & ((first == times) | (last == times))
    away = np.where(cut, np.inf, away)
    nearest = np.argmin(away, axis=1)
    close = away[np.arange(drops.size), nearest] <= stairs.time_unit + 1e-12
    return np.where(close, nearest, owner)


def _walk(steps: list[Step], drops: NDArray, indices: range, clock: float) -> float:
    for i in indices:
        clock = _censor(steps, clock, float(drops[i]))
        steps.append(Step("death", index=int(i)))
    return clock


def _censor(steps: list[Step], start: float, stop: float) -> float:
    if stop > start:
        steps.append(Step("censor", start=start, stop=stop))
        return stop
    return start


def _with_ticks(steps: list[Step], facts: PrintedFacts) -> Schedule:
    """Let each censoring step hold the ticks printed in it (a tick at a drop follows it)."""
    if not facts.has_ticks:
        return tuple(steps)
    return tuple(
        replace(step, least=ticks_between(facts, step.start, step.stop).size)
        if step.kind == "censor"
        else step
        for step in steps
    )


def ticks_between(facts: PrintedFacts, start: float, stop: float) -> NDArray:
    """Ticks from ``start`` up to but not at ``stop``."""
    return facts.ticks[(facts.ticks >= start) & (facts.ticks < stop)]


def ticks_after(schedule: Schedule, facts: PrintedFacts) -> int | None:
    """Number of ticks after the last step; None when no ticks are printed."""
    if not facts.has_ticks:
        return None
    clock = max((max(step.start, step.stop) for step in schedule), default=0.0)
    return int((facts.ticks >= clock).sum())


def _pass_pin(steps: list[Step], clock: float, stop: float, time: float, count: int) -> float:
    clock = _censor(steps, clock, stop)
    steps.append(Step("cross", count=count, start=time))
    return clock
