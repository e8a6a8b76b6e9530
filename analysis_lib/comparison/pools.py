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
from typing import Any

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.between import BetweenContrast, between_contrast
from analysis_lib.comparison.naive import NaiveContrast, naive_contrast
from analysis_lib.comparison.side_summary import SideSummary, side_summary
from analysis_lib.comparison.sides import SideResult

#: Outcomes that mean the same in every paper.
_ONE_DEFINITION = ("os",)

PoolClass = tuple[str, str]


@dataclass(frozen=True)
class Effort:
    """How much is spent: sets of pseudo-patients, and whether cross-checks are made."""

    n_draws: int
    checks: bool
    design_effect: float = 1.0


@dataclass(frozen=True)
class Pool:
    """One class of arms and what is computed from it.

    ``pool_class`` is None for an outcome of one definition. ``summaries`` holds one
    entry per side; ``between`` and ``naive`` one per pair of sides that both have
    arms. The two are never mixed.
    """

    pool_class: PoolClass | None
    summaries: tuple[SideSummary, ...]
    between: tuple[BetweenContrast, ...]
    naive: tuple[NaiveContrast, ...]

    def arms(self, side: SideResult) -> tuple[ArmEvidence, ...]:
        """The arms of a side that belong to this pool."""
        return _in_class(side.arms, self.pool_class)

    def summary(self, side: SideResult) -> SideSummary:
        """The summary of a side."""
        return next(found for found in self.summaries if found.side == side.id)


def pools_of(
    outcome: str,
    sides: Sequence[SideResult],
    overlaps: dict[str, Any],
    effort: Effort,
) -> tuple[Pool, ...]:
    """Every pool of an outcome, the widest first.

    Of classes found on one side only the widest is kept, for its curve, and
    only when no class stands on two sides.
    """
    return tuple(_pool(found, sides, overlaps, effort) for found in _classes(outcome, sides))


def _classes(outcome: str, sides: Sequence[SideResult]) -> list[PoolClass | None]:
    if outcome in _ONE_DEFINITION:
        return [None]
    classes = {arm.estimator_class for side in sides for arm in side.arms}
    ranked = sorted(classes, key=lambda found: _width(sides, found), reverse=True)
    shared = [found for found in ranked if _width(sides, found)[0] > 1]
    return list(shared or ranked[:1]) or [None]


def _pool(
    pool_class: PoolClass | None,
    sides: Sequence[SideResult],
    overlaps: dict[str, Any],
    effort: Effort,
) -> Pool:
    arms = {side.id: _in_class(side.arms, pool_class) for side in sides}
    between: list[BetweenContrast] = []
    naive: list[NaiveContrast] = []
    for first, second in combinations(sides, 2):
        named = (first.label, arms[first.id]), (second.label, arms[second.id])
        indirect = between_contrast(
            *named,
            overlaps,
            n_draws=effort.n_draws,
            checks=effort.checks,
            design_effect=effort.design_effect,
        )
        between += [indirect] if indirect is not None else []
        pooled = naive_contrast(*named, n_draws=effort.n_draws, design_effect=effort.design_effect)
        naive += [pooled] if pooled is not None else []
    summaries = tuple(
        side_summary(
            side.id, arms[side.id], limit=effort.n_draws, design_effect=effort.design_effect
        )
        for side in sides
    )
    return Pool(pool_class, summaries, tuple(between), tuple(naive))


def disagree(pools: Sequence[Pool]) -> bool:
    """True when naive hazard ratios of the same two sides lie on both sides of 1."""
    found: dict[tuple[str, str], list[bool]] = {}
    for pool in pools:
        for naive in pool.naive:
            key = naive.first.side, naive.second.side
            found.setdefault(key, []).append(naive.hazard_ratio > 1)
    return any(len(set(directions)) > 1 for directions in found.values())


def _width(sides: Sequence[SideResult], pool_class: PoolClass) -> tuple[int, bool, int, PoolClass]:
    """Sides it stands on, whether its estimator is stated, units, and its name for ties."""
    found = [_in_class(side.arms, pool_class) for side in sides]
    n = sum(arm.n for arms in found for arm in arms)
    return sum(bool(arms) for arms in found), pool_class[0] != "unknown", n, pool_class


def _in_class(arms: Sequence[ArmEvidence], pool_class: PoolClass | None) -> tuple[ArmEvidence, ...]:
    return tuple(a for a in arms if pool_class is None or a.estimator_class == pool_class)
