"""The figures of a comparison, from the numbers that an edition keeps.

Answers, whose strongest change is the comparison's class: the ratio pooled within studies, or
each study's own where there is no pool; the contrast between cohorts of every class; each
side's share at 12 months and the difference of two sides; pooled harms. Beside them: shares
at 6 and 24 months, medians, rates, the naive pool, printed contrasts, scenarios, and the
ranges of cohorts, which lead a page where no study compares directly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from analysis_lib.editions.changes import (
    COUNT,
    DIFFERENCE_AT_12,
    MONTHS,
    RATE,
    RATIO,
    SHARE,
    SHARE_AT_12,
    Quantity,
)

#: A run without each study in turn follows from the same inputs as the primary analysis.
LEAVE_ONE_OUT = "without-"

_MONTHS_OF_ANSWER = "12"


def quantities_of(frozen: Mapping[str, Any]) -> dict[tuple[str, ...], Quantity]:
    """Every figure of a comparison by its key.

    Parameters
    ----------
    frozen : mapping
        :func:`state.frozen_numbers`, or ``headline`` and ``labels`` alone: what a golden file
        holds. Then the sizes of pools by class are those of the whole side.
    """
    ids = {label: side for side, label in frozen["labels"].items()}
    found: dict[tuple[str, ...], Quantity] = {}
    for outcome, numbers in frozen["headline"]["outcomes"].items():
        pools = frozen.get("pools", {}).get(outcome, [])
        for quantity in _Outcome(outcome, numbers, pools, ids).quantities():
            found[_free(quantity.key, found)] = quantity
    for quantity in _harms(frozen):
        found[_free(quantity.key, found)] = quantity
    return found


def _free(key: tuple[str, ...], taken: Mapping) -> tuple[str, ...]:
    """The key, numbered where a paper prints two contrasts of the same groups."""
    number, free = 2, key
    while free in taken:
        free, number = (*key, str(number)), number + 1
    return free


class _Outcome:
    """Reads one outcome of the numbers."""

    def __init__(
        self,
        outcome: str,
        numbers: Mapping[str, Any],
        pools: list[dict[str, Any]],
        ids: Mapping[str, str],
    ):
        self.outcome, self.numbers, self.ids = outcome, numbers, ids
        self.sides = {side: numbers["sides"][side] for side in self._in_order(numbers["sides"])}
        self.pools = {_class(pool["class"]): pool["arms"] for pool in pools}

    def quantities(self) -> Iterator[Quantity]:
        for side in self.sides:
            yield self._side(side)
            yield from self._ranges(side)
        yield from self._within(self.numbers["within_studies"], ("within",), leads=True)
        yield from self._between(self.numbers["between_cohorts"], ("between",), leads=True)
        yield from self._summaries()
        for naive in self.numbers["naive"]:
            yield self._naive(naive)
        for printed in self.numbers["direct_contrasts"]:
            key = ("printed", printed["study"], printed["arm"], printed["versus"])
            inputs = {printed["study"]: printed}
            yield self._quantity(key, RATIO, False, printed["hazard_ratio"], inputs=inputs)
        for scenario, found in self.numbers["scenarios"].items():
            if not scenario.startswith(LEAVE_ONE_OUT):
                yield from self._scenario(scenario, found)

    def _in_order(self, sides: Mapping[str, Any]) -> list[str]:
        """Sides as declared: a file may hold them in the order of their names."""
        declared = [side for side in self.ids.values() if side in sides]
        return [*declared, *(side for side in sides if side not in declared)]

    def _quantity(
        self,
        key: tuple[str, ...],
        scale: str,
        leads: bool,
        estimate: float | None,
        low: float | None = None,
        high: float | None = None,
        **more: Any,
    ) -> Quantity:
        empty = {"k": (), "n": (), "tau2": None, "i2": None, "inputs": {}}
        return Quantity(
            (self.outcome, *key), scale, leads, estimate=estimate, low=low, high=high,
            **(empty | more),
        )  # fmt: skip

    def _side(self, side: str) -> Quantity:
        arms = self.sides[side]["arms"]
        return self._quantity(
            ("side", side),
            COUNT,
            False,
            None,
            k=(len(_studies(arms)),),
            n=(self.sides[side]["n"],),
            inputs=_by_study(arms, arms),
        )

    def _ranges(self, side: str) -> Iterator[Quantity]:
        """Ends of the range of what the cohorts of a side report."""
        arms = self.sides[side]["arms"]
        reported = {
            ("median", MONTHS): {name: arm["median_months"] for name, arm in arms.items()},
            (f"share at {_MONTHS_OF_ANSWER} months", SHARE): {
                name: arm["landmarks"].get(_MONTHS_OF_ANSWER) for name, arm in arms.items()
            },
        }
        for (what, scale), found in reported.items():
            known = {name: figure[0] for name, figure in found.items() if figure is not None}
            for end, pick in (("lowest", min), ("highest", max)) if known else ():
                yield self._quantity(
                    ("range", side, f"{end} {what}"),
                    scale,
                    False,
                    pick(known.values()),
                    k=(len(_studies(known)),),
                    inputs=_by_study(known, known),
                )

    def _arms(self, pool_class: str, side: str) -> list[str]:
        return self.pools.get(pool_class, {}).get(side, list(self.sides[side]["arms"]))

    def _sizes(self, pool_class: str, sides: tuple[str, ...]) -> dict[str, Any]:
        """Studies, patients and inputs of the arms of a pool, by side."""
        chosen = [self._arms(pool_class, side) for side in sides]
        values = [self.sides[side]["arms"] for side in sides]
        both = {name: arm for arms in values for name, arm in arms.items()}
        return {
            "k": tuple(len(_studies(arms)) for arms in chosen),
            "n": tuple(
                sum(known[arm]["n"] for arm in arms)
                for arms, known in zip(chosen, values, strict=True)
            ),
            "inputs": _by_study([arm for arms in chosen for arm in arms], both),
        }

    def _within(
        self, found: list[dict[str, Any]], key: tuple[str, ...], *, leads: bool
    ) -> Iterator[Quantity]:
        for one in found:
            name = (*key, one["scale"], *one["sides"])
            pooled, studies = one["pooled"], one["studies"]
            if pooled is not None:
                yield self._pooled(name, RATIO, leads, pooled, k=(pooled["k"],), inputs=studies)
            for study, ratio in studies.items():
                alone = leads and pooled is None
                inputs = {study: ratio}
                yield self._quantity((*name, study), RATIO, alone, *ratio, k=(1,), inputs=inputs)

    def _pooled(
        self, key: tuple[str, ...], scale: str, leads: bool, pooled: dict[str, Any], **more: Any
    ) -> Quantity:
        """A pool that is kept on its logarithmic scale."""
        numbers = [math.exp(pooled[name]) for name in ("estimate", "low", "high")]
        spread = {name: pooled[name] for name in ("tau2", "i2")}
        return self._quantity(key, scale, leads, *numbers, **spread, **more)

    def _between(
        self, found: list[dict[str, Any]], key: tuple[str, ...], *, leads: bool
    ) -> Iterator[Quantity]:
        for one in found:
            pool_class = _class(one.get("class"))
            sides = self._ids(one["sides"])
            sizes = self._sizes(pool_class, sides) if leads else {}
            yield self._quantity(
                (*key, pool_class, *sides),
                RATIO,
                leads,
                one["hazard_ratio"],
                *one["interval"],
                tau2=one["theta"],
                **(sizes | {"k": tuple(one["cohorts"])}),
            )

    def _ids(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Sides by id: a label may be reworded, and that is no change of a figure."""
        return tuple(self.ids.get(label, label) for label in labels)

    def _naive(self, naive: dict[str, Any]) -> Quantity:
        sides = self._ids((naive["first"], naive["second"]))
        key = ("naive", _class(naive["class"]), *sides)
        return self._quantity(key, RATIO, False, naive["hazard_ratio"], *naive["interval"])

    def _summaries(self) -> Iterator[Quantity]:
        shares: dict[str, dict[str, Quantity]] = {}
        for one in self.numbers["side_summaries"]:
            pool_class, side = _class(one["class"]), one["side"]
            sizes = self._sizes(pool_class, (side,))
            for months, mark in one["landmarks"].items():
                leads = months == _MONTHS_OF_ANSWER
                quantity = self._quantity(
                    ("summary", pool_class, side, f"{months} months"),
                    SHARE_AT_12 if leads else SHARE,
                    leads,
                    *mark["value"],
                    i2=mark["i2"],
                    **(sizes | {"k": (mark["k"],)}),
                )
                yield quantity
                if leads:
                    shares.setdefault(pool_class, {})[side] = quantity
            for name, scale in (("medians", MONTHS), ("rates", RATE)):
                if one[name] is not None:
                    key = ("summary", pool_class, side, name)
                    sized = sizes | {"k": (one[name]["k"],)}
                    yield self._pooled(key, scale, False, one[name], **sized)
        for pool_class, found in shares.items():
            ordered = {side: found[side] for side in self._in_order(found)}
            yield from self._differences(pool_class, ordered)

    def _differences(self, pool_class: str, shares: dict[str, Quantity]) -> Iterator[Quantity]:
        for first, second in combinations(shares, 2):
            one, other = shares[first], shares[second]
            known = one.estimate is not None and other.estimate is not None
            yield self._quantity(
                ("difference", pool_class, first, second),
                DIFFERENCE_AT_12,
                True,
                round(one.estimate - other.estimate, 4) if known else None,
                k=(*one.k, *other.k),
                n=(*one.n, *other.n),
                inputs=one.inputs | other.inputs,
            )

    def _scenario(self, scenario: str, found: dict[str, Any]) -> Iterator[Quantity]:
        key = ("scenario", scenario)
        yield from self._within(found["within_studies"], (*key, "within"), leads=False)
        yield from self._between(found["between_cohorts"], (*key, "between"), leads=False)
        for number, ratio in enumerate(found["naive_hazard_ratios"]):
            yield self._quantity((*key, "naive", str(number)), RATIO, False, ratio)
        sides = [found["sides"][side] for side in self._in_order(found["sides"])]
        yield self._quantity(
            (*key, "sides"),
            COUNT,
            False,
            None,
            k=tuple(side["arms"] for side in sides),
            n=tuple(side["n"] for side in sides),
        )


def _harms(frozen: Mapping[str, Any]) -> Iterator[Quantity]:
    described = frozen.get("harm_pools") or [{}] * len(frozen["headline"]["harms"])
    for harm, told in zip(frozen["headline"]["harms"], described, strict=True):
        for side, found in harm["sides"].items():
            name = ("harms", harm["event"], harm["kind"], side)
            yield Quantity(
                (*name, "reports"), COUNT, False, (found["reporting"], found["of"]), (),
                None, None, None, None, None, {},
            )  # fmt: skip
            pools = told.get(side) or [{}] * len(found["pools"])
            for values, pool in zip(found["pools"], pools, strict=True):
                words = (pool.get("definition", ""), pool.get("unit", ""))
                hand = ("with second-hand figures",) if pool.get("second_hand") else ()
                studies = pool.get("studies", {})
                yield Quantity(
                    (*name, *words, *hand), SHARE, not hand, (len(studies),), (pool.get("n"),),
                    *values, None, None, studies,
                )  # fmt: skip


def _class(pool_class: list[str] | None) -> str:
    return ", ".join(pool_class) if pool_class else ""


def _studies(arms: Any) -> set[str]:
    return {name.split("/")[0] for name in arms}


def _by_study(names: Any, arms: Mapping[str, Any]) -> dict[str, object]:
    """Figures of the named arms, gathered by study."""
    found: dict[str, dict[str, object]] = {}
    for name in sorted(names):
        found.setdefault(name.split("/")[0], {})[name] = arms[name]
    return found
