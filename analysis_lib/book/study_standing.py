"""Where the figures of one study would stand, from the rules alone: nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analysis_lib.book.study_uses import CONTRAST, INDIRECT, LEFT_OUT, POOLED, SCENARIO, Use
from analysis_lib.comparison.contrasts import printed_contrasts
from analysis_lib.comparison.declarations import (
    Declaration,
    DeclaredOutcome,
    Scenario,
    load_declarations,
)
from analysis_lib.comparison.selection import candidates, select
from analysis_lib.comparison.workbench import indirect_candidates
from analysis_lib.study_records import StudyRecord, load_overlaps

_NO_RULES: dict[str, Any] = {"overlaps": []}


def standing_uses(study_id: str, records: Sequence[StudyRecord]) -> tuple[Use, ...]:
    """What each comparison would take of a study, as :func:`study_uses.uses_by_study` says it.

    Leave-one-out runs and the checks of suspected overlaps are not among them: they
    follow from results.

    Parameters
    ----------
    study_id : str
    records : sequence of StudyRecord
        All that a comparison chooses from, this study among them.
    """
    found: dict[tuple[str, str, str], Use] = {}
    overlaps = load_overlaps()
    for declaration in load_declarations():
        for outcome in declaration.outcomes:
            for owner, use in _uses(declaration, outcome, records, overlaps):
                # The first use found of a figure is the strongest; later ones say less.
                if owner == study_id:
                    found.setdefault((use.comparison, use.outcome, use.field), use)
    return tuple(found.values())


def can_stand(study_id: str, records: Sequence[StudyRecord]) -> bool:
    """True when a figure of the study may stand in a pool, were no patients shared."""
    return any(
        candidate.record.id == study_id
        for declaration in load_declarations()
        for outcome in declaration.outcomes
        for scenario in (None, *declaration.scenarios)
        for taken, _ in _sides(declaration, outcome, scenario, records, _NO_RULES)
        for candidate in taken
    )


def shown_contrasts(
    study_id: str, records: Sequence[StudyRecord]
) -> tuple[tuple[str, str, str], ...]:
    """Comparison, outcome and field of each contrast of a study that a page shows."""
    return tuple(
        (declaration.id, outcome.outcome, contrast.field)
        for declaration in load_declarations()
        for outcome in declaration.outcomes
        for contrast in _contrasts(declaration, outcome, records)
        if contrast.study_id == study_id
    )


def _uses(
    declaration: Declaration,
    outcome: DeclaredOutcome,
    records: Sequence[StudyRecord],
    overlaps: dict[str, Any],
) -> Iterator[tuple[str, Use]]:
    names = (declaration.id, outcome.outcome)
    primary = _sides(declaration, outcome, None, records, overlaps)
    varied = [
        (scenario, _sides(declaration, outcome, scenario, records, overlaps))
        for scenario in declaration.scenarios
    ]
    for side, (taken, _) in zip(declaration.sides, primary, strict=True):
        for candidate in taken:
            yield candidate.record.id, Use(*names, candidate.field, POOLED, side.label)
    for contrast in _contrasts(declaration, outcome, records):
        yield contrast.study_id, Use(*names, contrast.field, CONTRAST)
    for scenario, sides in varied:
        for taken, _ in sides:
            for candidate in taken:
                yield candidate.record.id, Use(*names, candidate.field, SCENARIO, scenario.label)
    for candidate in indirect_candidates(declaration, outcome, records):
        yield candidate.record.id, Use(*names, candidate.field, INDIRECT)
    for _, left in (*primary, *(side for _, sides in varied for side in sides)):
        for out in left:
            use = Use(*names, out.candidate.field, LEFT_OUT, out.reason)
            yield out.candidate.record.id, use


def _sides(
    declaration: Declaration,
    outcome: DeclaredOutcome,
    scenario: Scenario | None,
    records: Sequence[StudyRecord],
    overlaps: dict[str, Any],
) -> list:
    """What each side takes and leaves, in the primary analysis or a scenario."""
    population = "include" if scenario is None else scenario.population
    available = candidates(records, outcome.outcome, population=population)
    keep = {} if scenario is None else {"keep": scenario.keep}
    return [
        select(available, declaration.selectors(side, outcome, scenario), overlaps, **keep)
        for side in declaration.sides
    ]


def _contrasts(
    declaration: Declaration, outcome: DeclaredOutcome, records: Sequence[StudyRecord]
) -> tuple:
    selectors = {side.id: declaration.selectors(side, outcome) for side in declaration.sides}
    return printed_contrasts(records, declaration, selectors, outcome.outcome)
