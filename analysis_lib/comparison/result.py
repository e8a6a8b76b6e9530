"""One comparison computed: the object that a chapter shows and a golden file keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analysis_lib.comparison.contrasts import PrintedContrast
from analysis_lib.comparison.declarations import Declaration, Scenario
from analysis_lib.comparison.harms import HarmResult
from analysis_lib.comparison.naive import NaiveContrast
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.selection import Candidate
from analysis_lib.comparison.sides import SideResult
from analysis_lib.comparison.within import WithinEvidence


@dataclass(frozen=True)
class ScenarioResult:
    """The sides under one variation, their pools, and what studies holding both sides say.

    ``changes_nothing`` is True when the same arms and contrasts stand on every side as before.
    """

    scenario: Scenario
    sides: tuple[SideResult, ...]
    pools: tuple[Pool, ...]
    within: tuple[WithinEvidence, ...]
    changes_nothing: bool

    @property
    def naive(self) -> tuple[NaiveContrast, ...]:
        """The naive contrasts of all pools."""
        return tuple(naive for pool in self.pools for naive in pool.naive)


@dataclass(frozen=True)
class OutcomeResult:
    """One outcome of a comparison: its sides, its pools, what papers print, its scenarios.

    ``indirect`` are arms of the indirect population, shown and never pooled with the others.
    """

    outcome: str
    sides: tuple[SideResult, ...]
    pools: tuple[Pool, ...]
    within: tuple[WithinEvidence, ...]
    contrasts: tuple[PrintedContrast, ...]
    scenarios: tuple[ScenarioResult, ...]
    indirect: tuple[Candidate, ...]

    @property
    def naive(self) -> tuple[NaiveContrast, ...]:
        """The naive contrasts of all pools."""
        return tuple(naive for pool in self.pools for naive in pool.naive)

    @property
    def direct(self) -> tuple[PrintedContrast, ...]:
        """Printed contrasts between sides of this comparison in its own population."""
        return tuple(contrast for contrast in self.contrasts if contrast.direct)

    @property
    def computed_within(self) -> dict[str, str]:
        """Studies that hold both sides and print no contrast of them, by id: their labels."""
        printed = {contrast.study_id for contrast in self.direct}
        return {
            effect.study_id: effect.study_label
            for found in self.within
            for effect in found.effects
            if effect.study_id not in printed
        }


@dataclass(frozen=True)
class ComparisonResult:
    """A comparison: what was declared, and what each outcome holds."""

    declaration: Declaration
    outcomes: tuple[OutcomeResult, ...]
    harms: tuple[HarmResult, ...]
    benchmark: tuple[dict[str, Any], ...]

    @property
    def leading(self) -> OutcomeResult:
        """The outcome that leads the page."""
        return self.outcomes[0]

    @property
    def pooled_study_ids(self) -> tuple[str, ...]:
        """Studies in the primary analyses: with an arm in a pool, or a contrast within them."""
        arms = [a.study_id for o in self.outcomes for side in o.sides for a in side.arms]
        contrasts = [contrast.study_id for o in self.outcomes for contrast in o.direct]
        return tuple(sorted({*arms, *contrasts}))

    @property
    def study_ids(self) -> tuple[str, ...]:
        """Every study this comparison read: used, left out, indirect, or in a scenario."""
        return tuple(sorted(set(_studies_read(self))))


def _studies_read(result: ComparisonResult) -> Iterator[str]:
    for outcome in result.outcomes:
        scenario_sides = [side for found in outcome.scenarios for side in found.sides]
        for side in (*outcome.sides, *scenario_sides):
            yield from side.study_ids
            yield from (out.candidate.record.id for out in side.left_out)
        yield from (contrast.study_id for contrast in outcome.contrasts)
        yield from (candidate.record.id for candidate in outcome.indirect)
