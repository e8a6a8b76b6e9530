"""Which comparisons use a study, and as what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.within import WithinEffect
from analysis_lib.study_records import load_vocabulary
from analysis_lib.tables import mid_sentence

#: How a study can stand in a comparison, the most direct first.
POOLED, CONTRAST, SCENARIO, INDIRECT, LEFT_OUT = (
    "in the primary analysis",
    "as a printed contrast",
    "in a declared scenario only",
    "as indirect evidence, never pooled",
    "read, not pooled",
)


@dataclass(frozen=True, order=True)
class Use:
    """One figure of a study in one comparison; ``reason`` says why where it is left out."""

    comparison: str
    outcome: str
    field: str
    how: str
    reason: str = ""


@dataclass(frozen=True)
class ComputedRatio:
    """A ratio of a study's two groups that a comparison computed from the printed figures.

    ``title`` is that of the comparison, ``label`` the outcome in words.
    """

    comparison: str
    title: str
    outcome: str
    label: str
    effect: WithinEffect


Results = Mapping[str, ComparisonResult]


def uses_by_study(results: Results) -> dict[str, tuple[Use, ...]]:
    """Every use of every study, in the order of the comparisons."""
    found: dict[str, dict[tuple[str, str, str], Use]] = {}
    for comparison, result in results.items():
        for outcome in result.outcomes:
            for study_id, use in _uses(comparison, outcome):
                # The first use found of a figure is the strongest; later ones say less.
                key = (use.comparison, use.outcome, use.field)
                found.setdefault(study_id, {}).setdefault(key, use)
    return {study_id: tuple(uses.values()) for study_id, uses in found.items()}


def pooled_studies(result: ComparisonResult) -> set[str]:
    """Studies in any primary analysis of a comparison."""
    return {study for out in result.outcomes for side in out.sides for study in side.study_ids}


def computed_ratios(results: Results) -> dict[str, tuple[ComputedRatio, ...]]:
    """Ratios that this review computed from a study's own figures, by study."""
    found: dict[str, list[ComputedRatio]] = {}
    for comparison, result in results.items():
        for outcome in result.outcomes:
            label = mid_sentence(load_vocabulary()["outcome"][outcome.outcome].label)
            for effect in (effect for within in outcome.within for effect in within.effects):
                if effect.method == "figures":
                    title = result.declaration.title
                    ratio = ComputedRatio(comparison, title, outcome.outcome, label, effect)
                    found.setdefault(effect.study_id, []).append(ratio)
    return {study_id: tuple(ratios) for study_id, ratios in found.items()}


def _uses(comparison: str, outcome: OutcomeResult) -> Iterator[tuple[str, Use]]:
    code = outcome.outcome
    for side in outcome.sides:
        for arm in side.arms:
            yield arm.study_id, Use(comparison, code, arm.field, POOLED, side.label)
    for contrast in outcome.contrasts:
        yield contrast.study_id, Use(comparison, code, contrast.field, CONTRAST)
    for found in outcome.scenarios:
        for side in found.sides:
            for arm in side.arms:
                label = found.scenario.label
                yield arm.study_id, Use(comparison, code, arm.field, SCENARIO, label)
    for indirect in outcome.indirect:
        yield indirect.record.id, Use(comparison, code, indirect.field, INDIRECT)
    varied = (side for found in outcome.scenarios for side in found.sides)
    for side in (*outcome.sides, *varied):
        for left in side.left_out:
            place = left.candidate
            yield place.record.id, Use(comparison, code, place.field, LEFT_OUT, left.reason)
