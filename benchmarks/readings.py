"""Further trials with known truth: random sub-samples of the supplied patient data, and readings
of their curves made as those of the supplied benchmark were."""

from __future__ import annotations

import numpy as np
import pandas as pd

SIZES = (15, 30, 60, 120)
WIDTH, HEIGHT = 800, 600
READING_SD, TIME_SD = 0.005, 0.002
CLICKS, AXIS_POINTS = 30, 100
TABLE_STEPS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 24, 30, 36)


def further_pairs(pairs, count, seed=20240611):
    """Pairs of random sub-samples of the whole sets among ``pairs``, without replacement."""
    generator = np.random.default_rng(seed)
    whole = [p for p in pairs if "at random" not in p["source"]]
    made = []
    while len(made) < count:
        pair = whole[int(generator.integers(len(whole)))]
        size = SIZES[len(made) % len(SIZES)]
        if min(arm["n"] for arm in pair["arms"]) <= size:
            # The whole trial again would count one case many times.
            continue
        arms = [_sub_sample(arm, size, generator) for arm in pair["arms"]]
        if min(sum(t["event"]) for t in arms) < 2:
            continue
        axis = max(max(t["time_months"]) for t in arms)
        name = f"{pair['id']}_further{len(made)}"
        made.append(
            {"id": name, "axis_max_months": axis, "arms": [_arm(t, axis, generator) for t in arms]}
        )
    return made


def _sub_sample(arm, size, generator):
    truth = arm["truth"]
    chosen = generator.permutation(arm["n"])[: min(size, arm["n"])]
    return {key: [truth[key][i] for i in chosen] for key in ("time_months", "event")}


def _arm(truth, axis, generator):
    times, events = np.array(truth["time_months"]), np.array(truth["event"])
    step = next((s for s in TABLE_STEPS if axis / s <= 8), axis / 6)
    at = np.arange(0.0, axis + 1e-9, step)
    return {
        "n": times.size,
        "events": int(events.sum()),
        "truth": truth,
        "number_at_risk": {
            "time_months": at.tolist(),
            "n": [int((times >= t).sum()) for t in at],
        },
        "curves": _readings(times, events, axis, generator),
    }


def _readings(times, events, axis, generator):
    drops, level = _kaplan_meier(times, events)
    end = times.max()
    grid = np.linspace(0.0, end, AXIS_POINTS + 1)
    at = np.r_[grid, drops, drops]
    after = np.r_[1.0, level]
    right = np.searchsorted(drops, grid, side="right")
    values = np.r_[after[right], after[:-1], after[1:]]
    order = np.lexsort((-values, at))
    at, values = at[order], values[order]
    clicks = np.linspace(0.0, end, CLICKS)
    return {
        "traced": pd.DataFrame(
            {
                "time_months": np.round(np.round(at / axis * WIDTH) * axis / WIDTH, 4),
                "survival": np.round(np.round(values * HEIGHT) / HEIGHT, 5),
            }
        ),
        "read": _noisy(at, values, axis, generator),
        "clicked": _noisy(
            clicks, after[np.searchsorted(drops, clicks, side="right")], axis, generator
        ),
    }


def _noisy(at, values, axis, generator):
    at = at + np.where(at > 0, generator.normal(0.0, TIME_SD * axis, at.size), 0.0)
    noise = np.where(at > 0, generator.normal(0.0, READING_SD, at.size), 0.0)
    frame = pd.DataFrame(
        {"time_months": np.maximum(at, 0.0), "survival": np.clip(values + noise, 0.0, 1.0)}
    )
    return frame.sort_values("time_months", ignore_index=True)


def _kaplan_meier(times, events):
    drops, deaths = np.unique(times[events == 1], return_counts=True)
    ordered = np.sort(times)
    risk = ordered.size - np.searchsorted(ordered, drops, side="left")
    return drops, np.cumprod(1.0 - deaths / risk)
