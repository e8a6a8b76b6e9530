"""One comparison computed: the object that a chapter shows and a golden file keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.comparison.arms import ArmEvidence, Estimate, arm_evidence
from analysis_lib.comparison.contrasts import PrintedContrast, printed_contrasts
from analysis_lib.comparison.declarations import (
    Declaration,
    DeclaredOutcome,
    Scenario,
    Side,
    load_declaration,
)
from analysis_lib.comparison.naive import NaiveContrast
from analysis_lib.comparison.pools import Pool, pools_of
from analysis_lib.comparison.selection import (
    Candidate,
    LeftOut,
    candidates,
    select,
    suspected_overlaps,
)
from analysis_lib.study_records import (
    StudyRecord,
    load_benchmark_review,
    load_overlaps,
    load_records,
)

#: The time at which most cohorts print survival; ranges on pages are of this time.
LANDMARK_MONTHS = 12.0


@dataclass(frozen=True)
class Range:
    """Smallest and largest of what ``k`` cohorts of ``of`` report."""

    low: float
    high: float
    k: int
    of: int


@dataclass(frozen=True)
class SideResult:
    """One side: its arms, and who was left out of it and why."""

    id: str
    label: str
    colour: str
    arms: tuple[ArmEvidence, ...]
    left_out: tuple[LeftOut, ...]
    candidates: tuple[Candidate, ...]

    @property
    def n(self) -> int:
        """Patients (or lesions) of all arms."""
        return sum(arm.n for arm in self.arms)

    @property
    def study_ids(self) -> tuple[str, ...]:
        """Studies with an arm on this side."""
        return tuple(dict.fromkeys(arm.study_id for arm in self.arms))

    def median_range(self) -> Range | None:
        """Range of the printed medians, months."""
        return _range([arm.median for arm in self.arms])

    def landmark_range(self, months: float = LANDMARK_MONTHS) -> Range | None:
        """Range of the printed probabilities at ``months``."""
        return _range([arm.at(months) for arm in self.arms])


@dataclass(frozen=True)
class ScenarioResult:
    """The sides under one declared variation, and their pools.

    ``changes_nothing`` is True when the same arms stand on every side as before.
    """

    scenario: Scenario
    sides: tuple[SideResult, ...]
    pools: tuple[Pool, ...]
    changes_nothing: bool

    @property
    def naive(self) -> tuple[NaiveContrast, ...]:
        """The naive contrasts of all pools."""
        return tuple(naive for pool in self.pools for naive in pool.naive)


@dataclass(frozen=True)
class OutcomeResult:
    """One outcome of a comparison: its sides, its pools, what papers print, its scenarios."""

    outcome: str
    sides: tuple[SideResult, ...]
    pools: tuple[Pool, ...]
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


@dataclass(frozen=True)
class ComparisonResult:
    """A comparison: what was declared, and what each outcome holds."""

    declaration: Declaration
    outcomes: tuple[OutcomeResult, ...]
    benchmark: tuple[dict[str, Any], ...]

    @property
    def leading(self) -> OutcomeResult:
        """The outcome that leads the page."""
        return self.outcomes[0]

    @property
    def study_ids(self) -> tuple[str, ...]:
        """Every study this comparison read: used, left out, indirect, or in a scenario."""
        return tuple(sorted(set(_studies_read(self))))


def compare(comparison_id: str, records: Sequence[StudyRecord] | None = None) -> ComparisonResult:
    """Compute one comparison from the study records.

    Parameters
    ----------
    comparison_id : str
        An id of ``chapters/comparisons.yaml``.
    records : sequence of StudyRecord, optional
        The records; those of ``data/`` by default.

    Raises
    ------
    KeyError
        No such comparison.
    InvalidRecordsError
        The evidence files break rules.
    """
    declaration = load_declaration(comparison_id)
    used = load_records() if records is None else tuple(records)
    bench = _Workbench(declaration, used, load_overlaps())
    return ComparisonResult(
        declaration,
        tuple(bench.outcome(outcome) for outcome in declaration.outcomes),
        tuple(row for row in load_benchmark_review()["results"] if row["maps_to"] == comparison_id),
    )


class _Workbench:
    """What the parts of one comparison share; each arm's pseudo-patients are made once."""

    def __init__(
        self,
        declaration: Declaration,
        records: Sequence[StudyRecord],
        overlaps: dict[str, Any],
    ):
        self.declaration, self.records, self.overlaps = declaration, records, overlaps
        self._evidence: dict[tuple[str, str], ArmEvidence] = {}

    def outcome(self, outcome: DeclaredOutcome) -> OutcomeResult:
        declaration = self.declaration
        available = candidates(self.records, outcome.outcome)
        sides = tuple(self._side(outcome, side, available) for side in declaration.sides)
        selectors = {s.id: declaration.selectors(s, outcome) for s in declaration.sides}
        scenarios = [
            self._scenario(outcome, scenario, sides, available)
            for scenario in declaration.scenarios
        ]
        checks = self._overlap_checks(outcome, None, sides, available)
        for found in scenarios:
            if not found.changes_nothing:
                checks += self._overlap_checks(outcome, found.scenario, found.sides, available)
        return OutcomeResult(
            outcome.outcome,
            sides,
            pools_of(outcome.outcome, sides),
            printed_contrasts(self.records, declaration, selectors, outcome.outcome),
            (*scenarios, *checks),
            _indirect(self.records, declaration, outcome),
        )

    def _side(
        self,
        outcome: DeclaredOutcome,
        side: Side,
        available: Sequence[Candidate],
        scenario: Scenario | None = None,
        without: Sequence[str] = (),
    ) -> SideResult:
        selectors = self.declaration.selectors(side, outcome, scenario)
        taken, left = select(available, selectors, self.overlaps, without=without)
        arms = tuple(self._arm(candidate) for candidate in taken)
        return SideResult(side.id, side.label, side.colour, arms, left, taken)

    def _arm(self, candidate: Candidate) -> ArmEvidence:
        place = (candidate.record.id, candidate.field)
        if place not in self._evidence:
            self._evidence[place] = arm_evidence(candidate)
        return self._evidence[place]

    def _scenario(
        self,
        outcome: DeclaredOutcome,
        scenario: Scenario,
        primary: Sequence[SideResult],
        available: Sequence[Candidate],
    ) -> ScenarioResult:
        sides = tuple(
            self._side(outcome, side, available, scenario) for side in self.declaration.sides
        )
        same = all(
            [(arm.study_id, arm.arm_id) for arm in side.arms]
            == [(arm.study_id, arm.arm_id) for arm in before.arms]
            for side, before in zip(sides, primary, strict=True)
        )
        return ScenarioResult(scenario, sides, pools_of(outcome.outcome, sides), same)

    def _overlap_checks(
        self,
        outcome: DeclaredOutcome,
        scenario: Scenario | None,
        sides: Sequence[SideResult],
        available: Sequence[Candidate],
    ) -> list[ScenarioResult]:
        """The same analysis once more without cohorts suspected of sharing patients."""
        rules = [
            rule for side in sides for rule in suspected_overlaps(side.candidates, self.overlaps)
        ]
        checks = []
        for rule in {rule["id"]: rule for rule in rules}.values():
            again = tuple(
                self._side(outcome, side, available, scenario, rule["leave_out"])
                for side in self.declaration.sides
            )
            base = "Primary analysis" if scenario is None else scenario.label
            check = Scenario(
                f"{'primary' if scenario is None else scenario.id}-without-{rule['id']}",
                f"{base}, without {', '.join(rule['leave_out'])}",
                "may share patients, or from one doubtful table",
                {} if scenario is None else scenario.add,
            )
            checks.append(ScenarioResult(check, again, pools_of(outcome.outcome, again), False))
        return checks


def _indirect(
    records: Sequence[StudyRecord], declaration: Declaration, outcome: DeclaredOutcome
) -> tuple[Candidate, ...]:
    """Arms of studies marked indirect that the sides' treatments and extents fit."""
    choices = [s for side in declaration.sides for s in declaration.selectors(side, outcome)]
    return tuple(
        Candidate(record, arm, found, arm_index, index)
        for record in records
        if record.eligibility.decision == "indirect"
        for arm_index, arm in enumerate(record.arms)
        for index, found in enumerate(arm.outcomes)
        if found.outcome == outcome.outcome
        and any(
            arm.treatment in s.treatments
            and (not s.extent or arm.extent in s.extent or _has_extent_contrast(record))
            for s in choices
        )
    )


def _has_extent_contrast(record: StudyRecord) -> bool:
    return any(contrast.concerns == "extent_of_resection" for contrast in record.contrasts)


def _range(estimates: Sequence[Estimate | None]) -> Range | None:
    values = [estimate.value for estimate in estimates if estimate is not None]
    return Range(min(values), max(values), len(values), len(estimates)) if values else None


def _studies_read(result: ComparisonResult) -> Iterator[str]:
    for outcome in result.outcomes:
        scenario_sides = [side for found in outcome.scenarios for side in found.sides]
        for side in (*outcome.sides, *scenario_sides):
            yield from side.study_ids
            yield from (out.candidate.record.id for out in side.left_out)
        yield from (contrast.study_id for contrast in outcome.contrasts)
        yield from (candidate.record.id for candidate in outcome.indirect)
