"""Write a path of deaths and censorings out as patients."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.reconstruct.schedule import ticks_between


def emit_patients(path, stairs, schedule, patterns, lanes, facts, *, generator=None):
    """One row per patient; evenly spread times, or random ones when a generator is given."""
    times, events = [], []
    for s, (step, count) in enumerate(zip(schedule, path.steps[0], strict=True)):
        if step.kind == "death":
            at = _death_times(path, stairs, schedule, s, int(count), generator)
        elif step.kind == "censor" and count:
            if facts.has_ticks:
                at = _on_ticks(ticks_between(facts, step.start, step.stop), int(count))
            else:
                share = _shares(int(count), generator)
                at = patterns.times(step.start, step.stop, share, lanes[:, s])
            at = np.clip(at, *_bounds(path, stairs, schedule, s))
        else:
            continue
        times.append(at)
        events.append(np.full(at.size, int(step.kind == "death")))
    left = int(path.left[0])
    ticks = facts.ticks[facts.ticks >= _last_time([], schedule)]
    if left and ticks.size:
        times.append(_on_ticks(ticks, left))
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


def _on_ticks(ticks, count):
    """Censoring times on printed ticks: each tick once, further patients on the last ones."""
    spare = max(count - ticks.size, 0)
    return np.sort(np.r_[ticks[:count], np.resize(ticks[::-1], spare)])


def _last_time(times, schedule):
    clock = max((max(s.start, s.stop) for s in schedule), default=0.0)
    return max([clock] + [at.max() for at in times if at.size])


def _death_times(path, stairs, schedule, s, count, generator):
    k = schedule[s].index
    low, high = stairs.earliest[k], stairs.latest[k]
    if stairs.exact and high - low <= 2 * stairs.time_unit:
        at = np.full(count, (low + high) / 2)
        if generator is not None:
            at = at + generator.uniform(-1, 1) * stairs.time_unit
    else:
        at = _spread(low, high, count, generator)
        if generator is not None:
            at = at + generator.normal() * stairs.time_unit / 2
    return np.sort(np.clip(at, *_bounds(path, stairs, schedule, s)))


def _bounds(path, stairs, schedule, s):
    """Latest pin passed before and earliest pin passed after a death step."""
    crossed = path.crossed_at[0]
    low, high = 0.0, stairs.end
    for i, step in enumerate(schedule):
        passed = step.kind == "pin" or (step.kind == "cross" and crossed[i])
        if passed and i < s:
            low = max(low, step.start)
        elif passed and i > s:
            high = min(high, step.start * (1 - 1e-9))
    return low, max(low, high)


def _spread(start, stop, count, generator):
    """Times strictly inside an interval, evenly or at random."""
    return start + (stop - start) * _shares(count, generator)


def _shares(count, generator):
    if generator is None:
        return (np.arange(count) + 0.5) / max(count, 1)
    return np.sort(generator.random(count))
