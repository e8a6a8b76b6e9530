"""One comparison computed: the object that a chapter shows and a golden file keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
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
from analysis_lib.comparison.naive import NaiveContrast, naive_contrast
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

#: Overall survival means the same everywhere; control and progression do not, so
#: they are pooled only within one estimator and unit.
_ONE_DEFINITION = ("os",)


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
    """The sides under one declared variation, and their naive contrasts.

    ``changes_nothing`` is True when the same arms stand on every side as before.
    """

    scenario: Scenario
    sides: tuple[SideResult, ...]
    naive: tuple[NaiveContrast, ...]
    changes_nothing: bool


@dataclass(frozen=True)
class OutcomeResult:
    """One outcome of a comparison.

    ``pool_class`` is the (estimator, unit) within which curves and the naive
    contrast pool; None when the outcome has one definition everywhere.
    """

    outcome: str
    sides: tuple[SideResult, ...]
    pool_class: tuple[str, str] | None
    naive: tuple[NaiveContrast, ...]
    contrasts: tuple[PrintedContrast, ...]
    scenarios: tuple[ScenarioResult, ...]
    indirect: tuple[Candidate, ...]

    def pooled_arms(self, side: SideResult) -> tuple[ArmEvidence, ...]:
        """The arms of a side that curves and the naive contrast pool."""
        return _in_class(side.arms, self.pool_class)

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
        pool_class = _pool_class(outcome, sides)
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
            pool_class,
            _naive(sides, pool_class),
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
        return ScenarioResult(scenario, sides, _naive(sides, _pool_class(outcome, sides)), same)

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
            checks.append(
                ScenarioResult(check, again, _naive(again, _pool_class(outcome, again)), False)
            )
        return checks


def _naive(
    sides: Sequence[SideResult], pool_class: tuple[str, str] | None
) -> tuple[NaiveContrast, ...]:
    found = []
    for first, second in combinations(sides, 2):
        contrast = naive_contrast(
            (first.label, _in_class(first.arms, pool_class)),
            (second.label, _in_class(second.arms, pool_class)),
        )
        if contrast is not None:
            found.append(contrast)
    return tuple(found)


def _in_class(
    arms: Sequence[ArmEvidence], pool_class: tuple[str, str] | None
) -> tuple[ArmEvidence, ...]:
    return tuple(a for a in arms if pool_class is None or a.estimator_class == pool_class)


def _pool_class(outcome: DeclaredOutcome, sides: Sequence[SideResult]) -> tuple[str, str] | None:
    return None if outcome.outcome in _ONE_DEFINITION else _widest_class(sides)


def _widest_class(sides: Sequence[SideResult]) -> tuple[str, str] | None:
    """The (estimator, unit) found on most sides; a stated estimator first, then most units."""
    classes = {arm.estimator_class for side in sides for arm in side.arms}

    def width(pool_class: tuple[str, str]) -> tuple[int, bool, int, tuple[str, str]]:
        found = [_in_class(side.arms, pool_class) for side in sides]
        n = sum(arm.n for arms in found for arm in arms)
        return sum(bool(arms) for arms in found), pool_class[0] != "unknown", n, pool_class

    return max(classes, key=width, default=("unknown", "unit not stated"))


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
