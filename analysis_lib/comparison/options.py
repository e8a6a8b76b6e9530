"""Options that no comparison leads with: what their cohorts report, described and not compared.

Declared in ``chapters/options.yaml``. An option is computed as a comparison with one side, so
that role, time zero, overlaps and the minimum of three studies hold for it as for every other
figure of the review. Studies that are indirect or not eligible are kept apart and never counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from analysis_lib.comparison.declarations import (
    Declaration,
    DeclaredOutcome,
    Side,
    load_declarations,
)
from analysis_lib.comparison.result import ComparisonResult
from analysis_lib.comparison.workbench import compare_declared
from analysis_lib.study_records import StudyRecord, load_records, load_vocabulary
from analysis_lib.study_records.checked_file import load_file
from analysis_lib.study_records.loader import ROOT
from analysis_lib.study_records.model import Arm, Contrast

OPTIONS = ROOT / "chapters" / "options.yaml"

_TIME_ZERO = ("start_of_salvage",)
_ROLES = ("primary", "sensitivity")


@dataclass(frozen=True)
class Option:
    """One declared option; ``treatments`` are codes, ``topics`` those of guideline statements."""

    id: str
    title: str
    treatments: tuple[str, ...]
    what: str
    confounded_by: str
    topics: tuple[str, ...]
    compared_in: str | None
    by_tumour: bool
    outcomes: tuple[str, ...]


@dataclass(frozen=True)
class OptionArm:
    """An arm of an option's treatment, with its place in the record."""

    record: StudyRecord
    arm: Arm
    index: int


@dataclass(frozen=True)
class OptionContrast:
    """A contrast that a study prints between two groups, one of them or both with an option."""

    record: StudyRecord
    contrast: Contrast
    field: str

    @property
    def by_chance(self) -> bool:
        """Were the groups of the study assigned by chance?"""
        return self.record.design.startswith("randomised")


@dataclass(frozen=True)
class OptionEvidence:
    """What was read about an option.

    Attributes
    ----------
    option : Option
    result : ComparisonResult
        The included studies, as a comparison with one side.
    eligible : tuple of OptionArm
        Every arm of included studies that is not radiation necrosis, whatever it reports.
    elsewhere : tuple of OptionArm
        Arms of indirect and of not eligible studies: shown, in no count and in no range.
    necrosis : tuple of OptionArm
        Arms of patients with radiation necrosis in any study: another disease.
    contrasts : tuple of OptionContrast
        Contrasts of included studies against arms of another treatment.
    inside : tuple of OptionContrast
        Contrasts of included studies between two groups that both had the option.
    """

    option: Option
    result: ComparisonResult
    eligible: tuple[OptionArm, ...]
    elsewhere: tuple[OptionArm, ...]
    necrosis: tuple[OptionArm, ...]
    contrasts: tuple[OptionContrast, ...]
    inside: tuple[OptionContrast, ...]

    @property
    def study_ids(self) -> tuple[str, ...]:
        """Included studies with an arm of the option."""
        return tuple(dict.fromkeys(found.record.id for found in self.eligible))


def load_options(path: Path = OPTIONS) -> tuple[Option, ...]:
    """Every declared option, in the order of the chapter.

    Raises
    ------
    InvalidRecordsError
        The file breaks its schema, or names an unknown treatment or comparison.
    """
    return _load(path, path.stat().st_mtime_ns)


def option_evidence(option: Option, records: Sequence[StudyRecord] | None = None) -> OptionEvidence:
    """What the records hold about an option, its eligible studies computed by the same rules."""
    used = load_records() if records is None else tuple(records)
    arms = list(_arms(option, used))
    tumour = [found for found in arms if found.arm.pathology != "necrosis"]
    return OptionEvidence(
        option,
        compare_declared(_declaration(option), used),
        tuple(found for found in tumour if found.record.eligibility.decision == "include"),
        tuple(found for found in tumour if found.record.eligibility.decision != "include"),
        tuple(found for found in arms if found.arm.pathology == "necrosis"),
        tuple(_contrasts(option, used, (True, False))),
        tuple(_contrasts(option, used, (True, True))),
    )


def tumour_type(record: StudyRecord) -> str | None:
    """The one primary tumour of a study's patients; None when several or not counted."""
    found = [name for name, n in (record.histology or {}).items() if n]
    return found[0] if len(found) == 1 else None


def _arms(option: Option, records: Iterable[StudyRecord]) -> Iterator[OptionArm]:
    for record in records:
        for index, arm in enumerate(record.arms):
            if arm.treatment in option.treatments:
                yield OptionArm(record, arm, index)


def _contrasts(
    option: Option, records: Iterable[StudyRecord], wanted: tuple[bool, bool]
) -> Iterator[OptionContrast]:
    """Contrasts of included studies; ``wanted`` says which groups had the option, in any order."""
    for record in records:
        if record.eligibility.decision != "include":
            continue
        for index, contrast in enumerate(record.contrasts):
            if contrast.kind != "arms":
                continue
            groups = [record.arm(name) for name in (contrast.arm, contrast.versus)]
            had = [arm.treatment in option.treatments for arm in groups]
            if sorted(had) == sorted(wanted):
                yield OptionContrast(record, contrast, f"contrasts[{index}]")


def _declaration(option: Option) -> Declaration:
    side = Side(
        option.id,
        option.title,
        option.treatments[0],
        ({"treatments": option.treatments, "roles": _ROLES},),
    )
    return Declaration(
        id=option.id,
        number=0,
        title=option.title,
        question=option.what,
        cannot_answer="",
        confounded_by=option.confounded_by,
        concerns=(),
        sides=(side,),
        outcomes=tuple(DeclaredOutcome(outcome, _TIME_ZERO) for outcome in option.outcomes),
        scenarios=(),
        groups={},
    )


@lru_cache(maxsize=4)
def _load(path: Path, stamp: int) -> tuple[Option, ...]:
    schema = OPTIONS.with_suffix(".schema.json")
    raw, _ = load_file(path, schema=schema, rules=_unknown_names)
    return tuple(
        Option(**{key: tuple(v) if isinstance(v, list) else v for key, v in row.items()})
        for row in raw["options"]
    )


def _unknown_names(raw: dict) -> Iterator[tuple[str, str, str]]:
    codes = set(load_vocabulary()["treatment"])
    comparisons = {declared.id for declared in load_declarations()}
    for index, row in enumerate(raw["options"]):
        for code in sorted(set(row["treatments"]) - codes):
            field = f"options[{index}].treatments"
            yield field, "must name treatments of data/vocabulary.yaml", code
        if row["compared_in"] is not None and row["compared_in"] not in comparisons:
            field = f"options[{index}].compared_in"
            yield field, "must name a comparison of chapters/comparisons.yaml", row["compared_in"]
