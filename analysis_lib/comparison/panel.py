"""The robustness panel: every scenario through the leading model, one row each.

The leading model between two sides is what studies that hold both say, where
there is one, and the contrast between cohorts elsewhere. The naive pool is never
in the panel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from analysis_lib.comparison.pools import Pool, PoolClass
from analysis_lib.comparison.result import OutcomeResult, ScenarioResult
from analysis_lib.comparison.side_summary import AbsoluteFigure
from analysis_lib.comparison.sides import LANDMARK_MONTHS, Range, SideResult, range_of
from analysis_lib.comparison.within import WithinEffect, WithinEvidence

#: Names of the leading model.
POOLED, ONE_STUDY, BETWEEN = "within studies, pooled", "within one study", "between cohorts"


@dataclass(frozen=True)
class PanelRow:
    """One scenario, one pair of sides, and one pool or one study.

    ``effect`` is the study's where the ratio is of one study, turned to the order of the sides.
    ``ratio`` with its limits is None where ``refusal`` says why. ``k`` (studies), ``n``,
    ``medians`` (ranges of the printed ones) and ``figures`` (shares free of the event at
    12 months) are of the two sides.
    """

    scenario_id: str
    label: str
    why: str
    kind: str
    pool_class: PoolClass | None
    first: str
    second: str
    k: tuple[int, int]
    n: tuple[int, int]
    medians: tuple[Range | None, Range | None]
    model: str
    ratio: float | None
    low: float | None
    high: float | None
    refusal: str | None
    figures: tuple[AbsoluteFigure | None, AbsoluteFigure | None]
    effect: WithinEffect | None = None


def robustness_panel(outcome: OutcomeResult) -> tuple[PanelRow, ...]:
    """Rows of the primary analysis and of every scenario that changes something."""
    rows = list(_rows("primary", "Primary analysis", "", "primary", outcome))
    for found in outcome.scenarios:
        if not found.changes_nothing:
            scenario = found.scenario
            rows += _rows(scenario.id, scenario.label, scenario.why, scenario.kind, found)
    return tuple(rows)


def scenarios_without_cohorts(outcome: OutcomeResult) -> tuple[str, ...]:
    """Labels of the scenarios in which neither a cohort nor a contrast is left."""
    return tuple(
        found.scenario.label
        for found in outcome.scenarios
        if not found.changes_nothing
        and not found.within
        and not any(side.arms for side in found.sides)
    )


def _rows(
    scenario_id: str, label: str, why: str, kind: str, found: OutcomeResult | ScenarioResult
) -> Iterator[PanelRow]:
    begin = {"scenario_id": scenario_id, "label": label, "why": why, "kind": kind}
    for first, second in combinations(found.sides, 2):
        direct = [one for one in found.within if (one.first, one.second) == (first.id, second.id)]
        if direct:
            yield from (PanelRow(**begin, **row) for row in _within(direct, first, second))
            continue
        for pool in found.pools:
            if pool.arms(first) or pool.arms(second):
                yield PanelRow(**begin, **_between(pool, first, second))


def _within(
    direct: Sequence[WithinEvidence], first: SideResult, second: SideResult
) -> Iterator[dict]:
    both = {"pool_class": None, "first": first.label, "second": second.label}
    unknown = {"n": (0, 0), "medians": (None, None), "figures": (None, None), "refusal": None}
    for found in direct:
        if found.pooled is not None:
            low, high = math.exp(found.pooled.low), math.exp(found.pooled.high)
            yield {
                **both,
                **unknown,
                "k": (found.pooled.k, found.pooled.k),
                "model": f"{POOLED} ({found.scale})",
                "ratio": math.exp(found.pooled.estimate),
                "low": low,
                "high": high,
            }
            continue
        for effect in found.effects:
            yield {
                **both,
                **unknown,
                "k": (1, 1),
                "model": f"{ONE_STUDY} ({found.scale})",
                "ratio": effect.ratio,
                "low": effect.interval[0],
                "high": effect.interval[1],
                "effect": effect,
            }


def _between(pool: Pool, first: SideResult, second: SideResult) -> dict:
    arms = [pool.arms(side) for side in (first, second)]
    names = (first.label, second.label)
    contrast = next((c for c in pool.between if (c.first, c.second) == names), None)
    numbers = {"ratio": None, "low": None, "high": None, "refusal": "a side has no cohort"}
    if contrast is not None:
        numbers = {
            "ratio": contrast.hazard_ratio,
            "low": contrast.low,
            "high": contrast.high,
            "refusal": contrast.refusal,
        }
    return {
        "pool_class": pool.pool_class,
        "first": first.label,
        "second": second.label,
        "k": tuple(len({arm.study_id for arm in side}) for side in arms),
        "n": tuple(sum(arm.n for arm in side) for side in arms),
        "medians": tuple(range_of([arm.median for arm in side]) for side in arms),
        "model": BETWEEN,
        "figures": tuple(pool.summary(side).at(LANDMARK_MONTHS) for side in (first, second)),
        **numbers,
    }
