"""Within what arms may be pooled: one definition of the outcome, one estimator, one unit.

Overall survival means the same everywhere. Local control and progression do
not: a Kaplan-Meier estimate that censors deaths, one minus a cumulative
incidence and an unstated estimator answer different questions, per patient or
per lesion. Every class that stands on two sides is a pool of its own, and all
are shown: choosing one would choose the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.naive import NaiveContrast, naive_contrast

#: Outcomes that mean the same in every paper.
_ONE_DEFINITION = ("os",)

PoolClass = tuple[str, str]


class HasArms(Protocol):
    """A side: a label and the arms that stand on it."""

    @property
    def label(self) -> str:
        """Name of the side."""

    @property
    def arms(self) -> tuple[ArmEvidence, ...]:
        """Its arms."""


@dataclass(frozen=True)
class Pool:
    """One class of arms and its naive contrasts; ``pool_class`` is None for one definition."""

    pool_class: PoolClass | None
    naive: tuple[NaiveContrast, ...]

    def arms(self, side: HasArms) -> tuple[ArmEvidence, ...]:
        """The arms of a side that belong to this pool."""
        return _in_class(side.arms, self.pool_class)


def pools_of(outcome: str, sides: Sequence[HasArms]) -> tuple[Pool, ...]:
    """Every pool of an outcome, the widest first.

    Of classes found on one side only the widest is kept, for its curve, and
    only when no class stands on two sides.
    """
    if outcome in _ONE_DEFINITION:
        return (Pool(None, _naive(sides, None)),)
    classes = {arm.estimator_class for side in sides for arm in side.arms}
    ranked = sorted(classes, key=lambda found: _width(sides, found), reverse=True)
    shared = [found for found in ranked if _width(sides, found)[0] > 1]
    return tuple(Pool(found, _naive(sides, found)) for found in shared or ranked[:1])


def disagree(pools: Sequence[Pool]) -> bool:
    """True when naive hazard ratios of the same two sides lie on both sides of 1."""
    found: dict[tuple[str, str], list[bool]] = {}
    for pool in pools:
        for naive in pool.naive:
            key = naive.first.side, naive.second.side
            found.setdefault(key, []).append(naive.hazard_ratio > 1)
    return any(len(set(directions)) > 1 for directions in found.values())


def _width(sides: Sequence[HasArms], pool_class: PoolClass) -> tuple[int, bool, int, PoolClass]:
    """Sides it stands on, whether its estimator is stated, units, and its name for ties."""
    found = [_in_class(side.arms, pool_class) for side in sides]
    n = sum(arm.n for arms in found for arm in arms)
    return sum(bool(arms) for arms in found), pool_class[0] != "unknown", n, pool_class


def _naive(sides: Sequence[HasArms], pool_class: PoolClass | None) -> tuple[NaiveContrast, ...]:
    found = []
    for first, second in combinations(sides, 2):
        contrast = naive_contrast(
            (first.label, _in_class(first.arms, pool_class)),
            (second.label, _in_class(second.arms, pool_class)),
        )
        if contrast is not None:
            found.append(contrast)
    return tuple(found)


def _in_class(arms: Sequence[ArmEvidence], pool_class: PoolClass | None) -> tuple[ArmEvidence, ...]:
    return tuple(a for a in arms if pool_class is None or a.estimator_class == pool_class)
