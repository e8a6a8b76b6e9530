"""The robustness panel: every scenario through the leading model, one row each.

The leading model between two sides is the pool of studies that hold both where
there are three such studies, and the contrast between cohorts elsewhere. The
naive pool is never in the panel.
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
from analysis_lib.comparison.within import WithinEvidence

#: Names of the leading model.
WITHIN, BETWEEN = "within studies", "between cohorts"


@dataclass(frozen=True)
class PanelRow:
    """One scenario, one pool, one pair of sides.

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
    figures: tuple[AbsoluteFigure, AbsoluteFigure]


def robustness_panel(outcome: OutcomeResult) -> tuple[PanelRow, ...]:
    """Rows of the primary analysis and of every scenario that changes something."""
    rows = list(_rows("primary", "Primary analysis", "", "primary", outcome))
    for found in outcome.scenarios:
        if not found.changes_nothing:
            scenario = found.scenario
            rows += _rows(scenario.id, scenario.label, scenario.why, scenario.kind, found)
    return tuple(rows)


def _rows(
    scenario_id: str, label: str, why: str, kind: str, found: OutcomeResult | ScenarioResult
) -> Iterator[PanelRow]:
    for pool in found.pools:
        for first, second in combinations(found.sides, 2):
            sides = (first, second)
            arms = [pool.arms(side) for side in sides]
            if not any(arms):
                continue
            model, ratio, low, high, refusal = _leading(pool, sides, found.within)
            yield PanelRow(
                scenario_id,
                label,
                why,
                kind,
                pool.pool_class,
                first.label,
                second.label,
                tuple(len({arm.study_id for arm in side}) for side in arms),
                tuple(sum(arm.n for arm in side) for side in arms),
                tuple(range_of([arm.median for arm in side]) for side in arms),
                model,
                ratio,
                low,
                high,
                refusal,
                tuple(pool.summary(side).at(LANDMARK_MONTHS) for side in sides),
            )


def _leading(
    pool: Pool, sides: tuple[SideResult, SideResult], within: Sequence[WithinEvidence]
) -> tuple[str, float | None, float | None, float | None, str | None]:
    first, second = sides
    for found in within:
        if (found.first, found.second) == (first.id, second.id) and found.pooled is not None:
            pooled = found.pooled
            limits = (math.exp(pooled.low), math.exp(pooled.high))
            return WITHIN, math.exp(pooled.estimate), *limits, None
    names = (first.label, second.label)
    contrast = next((c for c in pool.between if (c.first, c.second) == names), None)
    if contrast is None:
        return BETWEEN, None, None, None, "a side has no cohort"
    return BETWEEN, contrast.hazard_ratio, contrast.low, contrast.high, contrast.refusal
