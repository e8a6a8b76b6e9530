"""Random updates of synthetic evidence against a classification made from the numbers alone.

The oracle reads the frozen headline numbers and knows nothing of :mod:`quantities` or
:mod:`changes`: answers and classes are written again from the protocol.
"""

import copy
import math
import random

import pytest
from test_impact import BASE, COMPARISON, WITH, WITHOUT, cohort, harm, state, within

from analysis_lib.editions import impact
from analysis_lib.editions.changes import Change

__all__ = ["state"]  # the fixture


def answers(found):
    """Every answer as (kind, estimate, low, high), by a name of its own."""
    told = {}
    for outcome, numbers in found.numbers[COMPARISON]["headline"]["outcomes"].items():
        for one in numbers["within_studies"]:
            name, pooled = (outcome, one["scale"], *one["sides"]), one["pooled"]
            if pooled:
                logs = (pooled[key] for key in ("estimate", "low", "high"))
                told[name] = ("ratio", *map(math.exp, logs))
            else:
                told |= {(*name, s): ("ratio", *ratio) for s, ratio in one["studies"].items()}
        for one in numbers["between_cohorts"]:
            name = (outcome, "between", str(one["class"]), *one["sides"])
            told[name] = ("ratio", one["hazard_ratio"], *one["interval"])
        shares = {}
        for one in numbers["side_summaries"]:
            value = one["landmarks"]["12"]["value"]
            told[outcome, str(one["class"]), one["side"]] = ("share", *value)
            shares.setdefault(str(one["class"]), {})[one["side"]] = value[0]
        for name, sides in shares.items():
            pair = sides.get("with_rt"), sides.get("without_rt")
            gap = None if None in pair else round(pair[0] - pair[1], 4)
            told[outcome, name, "difference"] = ("difference", gap, None, None)
    for event, pools in zip(
        found.numbers[COMPARISON]["headline"]["harms"],
        found.numbers[COMPARISON]["harm_pools"],
        strict=True,
    ):
        for side, numbers in event["sides"].items():
            for value, pool in zip(numbers["pools"], pools[side], strict=True):
                if not pool["second_hand"]:
                    told[event["event"], side, pool["definition"]] = ("harm", *value)
    return told


def one_class(before, after):
    """The class of one answer by the words of the protocol; None where nothing moved."""
    known = [found is not None and found[1] is not None for found in (before, after)]
    if known != [True, True] or before == after:
        return {(True, False): Change.DISAPPEARED, (False, True): Change.APPEARED}.get(tuple(known))
    kind, old, low, high = before
    _, new, new_low, new_high = after
    turn = {"ratio": 1, "difference": 0}.get(kind)
    if turn is not None and (old - turn) * (new - turn) < 0:
        return Change.DIRECTION
    limits = {"ratio": (0.8, 1.25), "difference": (-0.1, 0.1)}.get(kind)
    passed = limits and (
        (old < limits[0]) != (new < limits[0]) or (old > limits[1]) != (new > limits[1])
    )
    if passed or (kind == "share" and round(abs(new - old), 6) >= 0.1):
        return Change.CROSSES
    if low is None:
        return Change.MOVED
    if not low <= new <= high:
        return Change.BEYOND
    narrower = low <= new_low and new_high <= high and (low, high) != (new_low, new_high)
    return Change.MORE_PRECISE if narrower else Change.WITHIN


def expected(before, after):
    old, new = answers(before), answers(after)
    found = [one_class(old.get(name), new.get(name)) for name in {*old, *new}]
    return max((c for c in found if c), key=list(Change).index, default=None)


def updated(records, rng):
    """One to three random changes: figures, ratios, studies, roles, harms, notes."""
    records = copy.deepcopy(records)
    for _ in range(rng.choice([1, 1, 2, 3])):
        name, number = rng.choice(sorted(records)), rng.randrange(1000, 10_000)
        record, arm = records[name], records[name]["arms"][0]
        kind = rng.choice(
            ["figure", "figure", "remove", "within", "cohort", "note", "role", "harm"]
        )
        if kind == "figure" and arm["outcomes"]:
            mark = arm["outcomes"][0]["landmarks"][0]
            step = rng.choice([0.001, 0.02, -0.05, 0.2, -0.2])
            mark["value"] = round(min(0.98, max(0.02, mark["value"] + step)), 3)
        elif kind == "figure" and record["contrasts"] and record["contrasts"][0]["hr"]:
            factor = rng.choice([1.001, 0.9, 1.3, 1 / record["contrasts"][0]["hr"] ** 2])
            for key in ("hr", "low", "high"):
                record["contrasts"][0][key] = round(record["contrasts"][0][key] * factor, 6)
        elif kind == "remove" and len(records) > 4:
            del records[name]
        elif kind == "within":
            ratio, width = math.exp(rng.gauss(-0.3, 0.4)), math.exp(rng.uniform(0.05, 0.8))
            made = tuple(round(x, 4) for x in (ratio, ratio / width, ratio * width))
            records[f"w-{number}"] = within(f"w-{number}", made)
        elif kind == "cohort":
            role = rng.choice(["primary", "primary", "sensitivity", "none"])
            side, share = rng.choice([WITH, WITHOUT]), round(rng.uniform(0.2, 0.8), 2)
            records[f"c-{number}"] = cohort(f"c-{number}", side, share, role=role)
        elif kind == "role" and arm["outcomes"]:
            role = rng.choice(["primary", "sensitivity", "none"])
            arm["outcomes"][0] |= {"role": role, "role_reason": "synthetic"}
        elif kind == "harm" and arm["outcomes"]:
            arm["harms"] = [harm(rng.randrange(20))]
        else:
            record["notes"] = [f"word {number}"]
    return records


@pytest.mark.parametrize("seed", range(4))
def test_random_updates_are_classified_from_the_numbers(state, seed):
    rng, records = random.Random(seed), BASE
    for _ in range(6):
        after = updated(records, rng)
        old, new = state(records), state(after)
        (one,) = impact(old, new).comparisons
        told = expected(old, new)
        if told:
            assert one.change is told, one.figures
        else:
            assert one.change is Change.BESIDE or not one.change.moved
        if one.change is Change.NO_CHANGE:
            assert old.numbers == new.numbers
            assert not one.studies
        changed = {name for name in {*records, *after} if records.get(name) != after.get(name)}
        if one.change.moved:
            assert {mover.name for mover in one.movers} & changed
        records = after
