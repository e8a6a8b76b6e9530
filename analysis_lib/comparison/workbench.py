"""Computes one comparison: its primary analyses, its scenarios, its harms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analysis_lib.comparison.arms import ArmEvidence, arm_evidence, study_label
from analysis_lib.comparison.contrasts import PrintedContrast, printed_contrasts
from analysis_lib.comparison.declarations import (
    Declaration,
    DeclaredOutcome,
    Keep,
    Scenario,
    Side,
    load_declaration,
)
from analysis_lib.comparison.dependencies import studies_concerning
from analysis_lib.comparison.harms import harms_of
from analysis_lib.comparison.kept import kept
from analysis_lib.comparison.pools import Effort, Pool, pools_of
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult, ScenarioResult
from analysis_lib.comparison.selection import (
    Candidate,
    candidates,
    select,
    study_not_kept,
    suspected_overlaps,
)
from analysis_lib.comparison.shapes import printed_shapes
from analysis_lib.comparison.sides import SideResult
from analysis_lib.comparison.within import WithinEvidence, within_evidence
from analysis_lib.study_records import (
    StudyRecord,
    load_benchmark_review,
    load_overlaps,
    load_records,
)

#: Sets of pseudo-patients in primary analyses: the Monte Carlo error of an interval's limits is
#: below one hundredth of its width.
PRIMARY = Effort(n_draws=50, checks=True)

#: Scenarios are read against each other, not quoted.
SCENARIO = Effort(n_draws=20, checks=False)

_PRIMARY_ANALYSIS = Scenario("primary", "Primary analysis", "")


def compare(
    comparison_id: str,
    records: Sequence[StudyRecord] | None = None,
    *,
    overlaps: dict[str, Any] | None = None,
    leave_one_out: bool = True,
) -> ComparisonResult:
    """Compute one comparison from the study records.

    Parameters
    ----------
    comparison_id : str
        An id of ``chapters/comparisons.yaml``.
    records : sequence of StudyRecord, optional
        The records; those of ``data/`` by default, without any centre's own patients
        (:func:`study_records.records_with_centre` adds those).
    overlaps : dict, optional
        Cohorts that share patients; ``data/overlaps.yaml`` by default.
    leave_one_out : bool
        Also run without each study in turn: as many runs as there are studies.

    Raises
    ------
    KeyError
        No such comparison.
    InvalidRecordsError
        The evidence files break rules.
    """
    declaration = load_declaration(comparison_id)
    if records is None and overlaps is None and leave_one_out:
        own = load_records()
        return kept(declaration, own, lambda: _computed(declaration, own, load_overlaps(), True))
    used = load_records() if records is None else tuple(records)
    shared = load_overlaps() if overlaps is None else overlaps
    return _computed(declaration, used, shared, leave_one_out)


def _computed(
    declaration: Declaration,
    used: Sequence[StudyRecord],
    shared: dict[str, Any],
    leave_one_out: bool,
) -> ComparisonResult:
    return ComparisonResult(
        declaration,
        tuple(
            _OutcomeBench(declaration, outcome, used, shared).result(leave_one_out=leave_one_out)
            for outcome in declaration.outcomes
        ),
        # A centre's file holds times, no harms: it must not count as a study that reports none.
        harms_of(declaration, [r for r in used if not r.unpublished], shared),
        tuple(
            row for row in load_benchmark_review()["results"] if row["maps_to"] == declaration.id
        ),
    )


class _OutcomeBench:
    """What the analyses of one outcome share; each arm's pseudo-patients are made once."""

    def __init__(
        self,
        declaration: Declaration,
        outcome: DeclaredOutcome,
        records: Sequence[StudyRecord],
        overlaps: dict[str, Any],
    ):
        self.declaration, self.outcome, self.overlaps = declaration, outcome, overlaps
        self.records = {record.id: record for record in records}
        self.available = {
            population: candidates(records, outcome.outcome, population=population)
            for population in ("include", "indirect")
        }
        selectors = {s.id: declaration.selectors(s, outcome) for s in declaration.sides}
        self.contrasts = printed_contrasts(records, declaration, selectors, outcome.outcome)
        concerned = set(studies_concerning(declaration, records))
        self.shapes = printed_shapes(
            (record for record in records if record.id in concerned), outcome.outcome
        )
        self.evidence: dict[tuple[str, str], ArmEvidence] = {}

    def result(self, *, leave_one_out: bool) -> OutcomeResult:
        primary = self._run(_PRIMARY_ANALYSIS, PRIMARY)
        found = [self._scenario(scenario, primary) for scenario in self.declaration.scenarios]
        if leave_one_out:
            found += [self._scenario(one, primary) for one in self._leave_one_out(primary)]
        found += self._overlap_checks(primary)
        for declared in tuple(found):
            if declared.scenario.kind == "declared" and not declared.changes_nothing:
                found += self._overlap_checks(declared)
        return OutcomeResult(
            self.outcome.outcome,
            primary.sides,
            primary.pools,
            primary.within,
            self.contrasts,
            tuple(found),
            indirect_candidates(self.declaration, self.outcome, tuple(self.records.values())),
        )

    def _scenario(self, scenario: Scenario, primary: ScenarioResult) -> ScenarioResult:
        """A variation computed; one that leaves every arm as it was is not computed again."""
        sides = tuple(self._side(side, scenario) for side in self.declaration.sides)
        if self._same(scenario, sides, primary.sides):
            return replace(primary, scenario=scenario, changes_nothing=True)
        return self._run(scenario, replace(SCENARIO, design_effect=scenario.design_effect))

    def _run(self, scenario: Scenario, effort: Effort) -> ScenarioResult:
        sides = tuple(self._side(side, scenario) for side in self.declaration.sides)
        pools = pools_of(self.outcome.outcome, sides, self.overlaps, effort)
        within = self._within(scenario, sides, effort)
        return ScenarioResult(scenario, sides, pools, within, False)

    def _same(
        self,
        scenario: Scenario,
        sides: Sequence[SideResult],
        before: Sequence[SideResult],
    ) -> bool:
        lesions = any(arm.unit != "patient" for side in sides for arm in side.arms)
        if scenario.design_effect != 1 and lesions:
            return False
        if self._crossing(scenario) != self._crossing(_PRIMARY_ANALYSIS):
            return False
        return all(
            [(arm.study_id, arm.field) for arm in side.arms]
            == [(arm.study_id, arm.field) for arm in old.arms]
            for side, old in zip(sides, before, strict=True)
        )

    def _side(self, side: Side, scenario: Scenario) -> SideResult:
        selectors = self.declaration.selectors(side, self.outcome, scenario)
        taken, left = select(
            self.available[scenario.population], selectors, self.overlaps, keep=scenario.keep
        )
        arms = tuple(self._arm(candidate) for candidate in taken)
        return SideResult(side.id, side.label, side.colour, arms, left, taken)

    def _arm(self, candidate: Candidate) -> ArmEvidence:
        place = (candidate.record.id, candidate.field)
        if place not in self.evidence:
            self.evidence[place] = arm_evidence(
                candidate, n_imputations=PRIMARY.n_draws, shapes=self.shapes
            )
        return self.evidence[place]

    def _within(
        self, scenario: Scenario, sides: Sequence[SideResult], effort: Effort
    ) -> tuple[WithinEvidence, ...]:
        contrasts = self._crossing(scenario)
        found: list[WithinEvidence] = []
        for number, first in enumerate(sides):
            for second in sides[number + 1 :]:
                found += within_evidence(
                    (first.id, first.arms),
                    (second.id, second.arms),
                    contrasts,
                    n_draws=effort.n_draws,
                    design_effect=effort.design_effect,
                )
        return tuple(found)

    def _crossing(self, scenario: Scenario) -> tuple[PrintedContrast, ...]:
        """Printed contrasts between two sides, of the population and studies of a scenario."""
        return tuple(
            contrast
            for contrast in self.contrasts
            if contrast.sides is not None
            and contrast.direct == (scenario.population == "include")
            and study_not_kept(self.records[contrast.study_id], scenario.keep) is None
        )

    def _leave_one_out(self, primary: ScenarioResult) -> list[Scenario]:
        """A run without each study of a pool that gives a ratio."""
        modelled = [found for pool in primary.pools for found in _modelled(pool, primary.sides)]
        modelled += [
            effect.study_id for found in primary.within if found.pooled for effect in found.effects
        ]
        return [
            Scenario(
                f"without-{study}",
                f"Without {study_label(self.records[study])}",
                "one study left out",
                keep=Keep(without=(study,)),
                kind="leave_one_out",
            )
            for study in dict.fromkeys(modelled)
        ]

    def _overlap_checks(self, base: ScenarioResult) -> list[ScenarioResult]:
        """The same analysis once more without cohorts suspected of sharing patients."""
        rules = [
            rule
            for side in base.sides
            for rule in suspected_overlaps(side.candidates, self.overlaps)
        ]
        checks = []
        for rule in {rule["id"]: rule for rule in rules}.values():
            check = replace(
                base.scenario,
                id=f"{base.scenario.id}-without-{rule['id']}",
                label=f"{base.scenario.label}, without {self._names(rule['leave_out'])}",
                why="may share patients, or from one doubtful table",
                keep=replace(base.scenario.keep, without=tuple(rule["leave_out"])),
                comparator=False,
                closest_to_benchmark=False,
                kind="overlap",
            )
            checks.append(self._run(check, replace(SCENARIO, design_effect=check.design_effect)))
        return checks

    def _names(self, study_ids: Sequence[str]) -> str:
        return ", ".join(study_label(self.records[study]) for study in study_ids)


def indirect_candidates(
    declaration: Declaration, outcome: DeclaredOutcome, records: Sequence[StudyRecord]
) -> tuple[Candidate, ...]:
    """Arms of studies marked indirect that the sides' treatments and extents fit."""
    choices = [
        selector for side in declaration.sides for selector in declaration.selectors(side, outcome)
    ]
    return tuple(
        found
        for found in candidates(records, outcome.outcome, population="indirect")
        if any(
            found.arm.treatment in s.treatments
            and (not s.extent or found.arm.extent in s.extent or _has_extent_contrast(found.record))
            for s in choices
        )
    )


def _modelled(pool: Pool, sides: Sequence[SideResult]) -> list[str]:
    """Studies of a pool whose contrast between cohorts has a hazard ratio."""
    if not any(found.hazard_ratio is not None for found in pool.between):
        return []
    return [arm.study_id for side in sides for arm in pool.arms(side)]


def _has_extent_contrast(record: StudyRecord) -> bool:
    return any(contrast.concerns == "extent_of_resection" for contrast in record.contrasts)
