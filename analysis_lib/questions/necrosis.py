"""How often a progressing lesion that was looked at under the microscope was necrosis only.

Findings at surgery of the records, and counts of arms that ``chapters/necrosis.yaml`` names.
Pooled within one definition and one unit over at least three studies, otherwise listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.clusters import clusters_of
from analysis_lib.comparison.harm_pools import HarmPool, HarmPooling, row_place
from analysis_lib.comparison.harm_rows import HarmRow, harm_row
from analysis_lib.meta_analysis.proportions import exact_interval
from analysis_lib.questions.declared import (
    DeclaredFinding,
    Definition,
    NecrosisDeclaration,
    NotCounted,
    NumberOf,
    load_necrosis_declaration,
)
from analysis_lib.questions.fields import value_at
from analysis_lib.study_records.model import Source, StudyRecord

#: The one event of this question; the overlap rules know it by this name.
_EVENT = "radiation necrosis alone on histology"


@dataclass(frozen=True)
class TissueFinding:
    """One count of necrosis only.

    ``row.definition`` is the label of the definition; ``printed_definition`` holds the record's
    own words where it has some. ``words`` quotes the record where a number stands in words.
    """

    row: HarmRow
    definition: Definition
    printed_definition: str | None
    words: str | None


@dataclass(frozen=True)
class TissueClass:
    """All counts of one definition, and the pools within one unit."""

    definition: Definition
    findings: tuple[TissueFinding, ...]
    pools: tuple[HarmPool, ...]


@dataclass(frozen=True)
class NecrosisShare:
    """Every count of necrosis only, by definition, and the records not counted."""

    classes: tuple[TissueClass, ...]
    not_counted: tuple[NotCounted, ...]

    @property
    def findings(self) -> tuple[TissueFinding, ...]:
        """Every count, by definition."""
        return tuple(found for one in self.classes for found in one.findings)

    @property
    def pools(self) -> tuple[HarmPool, ...]:
        """Every pool."""
        return tuple(pool for one in self.classes for pool in one.pools)


def necrosis_found(
    records: Sequence[StudyRecord],
    overlaps: dict[str, Any],
    declared: NecrosisDeclaration | None = None,
) -> NecrosisShare:
    """Counts of necrosis only among lesions or patients examined.

    Parameters
    ----------
    records : sequence of StudyRecord
        All records: a diagnostic study that enters no comparison may answer this question.
    overlaps : dict
        ``data/overlaps.yaml``.
    declared : NecrosisDeclaration, optional
        ``chapters/necrosis.yaml`` by default.
    """
    declared = load_necrosis_declaration() if declared is None else declared
    found = [*_recorded(declared, records), *_declared(declared, records)]
    studies = tuple(dict.fromkeys(finding.row.study_id for finding in found))
    pooling = HarmPooling(clusters_of(studies, overlaps), overlaps)
    classes = (
        _class(definition, [one for one in found if one.definition == definition], pooling)
        for definition in declared.definitions
    )
    return NecrosisShare(tuple(one for one in classes if one.findings), declared.not_counted)


def _class(
    definition: Definition, findings: Sequence[TissueFinding], pooling: HarmPooling
) -> TissueClass:
    pools, reasons = pooling.pools([finding.row for finding in findings])
    told = tuple(
        replace(one, row=replace(one.row, not_pooled=_reason(one.row, reasons)))
        for one in sorted(findings, key=_first_hand_and_larger_first)
    )
    return TissueClass(definition, told, pools)


def _reason(row: HarmRow, reasons: dict[tuple[str, str], str]) -> str | None:
    return reasons.get(row_place(row), row.not_pooled)


def _first_hand_and_larger_first(finding: TissueFinding) -> tuple[bool, int, str]:
    row = finding.row
    return row.secondary_source, -(row.n_at_risk or 0), row.study_id


def _recorded(
    declared: NecrosisDeclaration, records: Sequence[StudyRecord]
) -> Iterator[TissueFinding]:
    """Findings at surgery of the records, under the declared definition with the same words."""
    by_words = {words: one for one in declared.definitions for words in one.recorded_as}
    for record in records:
        for arm_index, arm in enumerate(record.arms):
            for index, harm in enumerate(arm.harms):
                if harm.kind != "finding_at_surgery" or harm.definition not in by_words:
                    continue
                row = harm_row(record, arm, harm, f"arms[{arm_index}].harms[{index}]")
                definition = by_words[harm.definition]
                yield TissueFinding(
                    replace(row, definition=definition.label, meaning=None),
                    definition,
                    harm.definition,
                    None,
                )


def _declared(
    declared: NecrosisDeclaration, records: Sequence[StudyRecord]
) -> Iterator[TissueFinding]:
    by_id = {record.id: record for record in records}
    definitions = {definition.id: definition for definition in declared.definitions}
    for finding in declared.findings:
        if finding.study in by_id:
            definition = definitions[finding.definition]
            row = _declared_row(by_id[finding.study], finding, definition)
            yield TissueFinding(row, definition, None, finding.necrosis.words)


def _declared_row(record: StudyRecord, finding: DeclaredFinding, definition: Definition) -> HarmRow:
    necrosis, examined = _number(record, finding.necrosis), _number(record, finding.examined)
    low, high = exact_interval(necrosis, examined)
    arm = value_at(record, finding.place)
    read = record.read_in
    elsewhere = record.recurrence != "local"
    return HarmRow(
        study_id=record.id,
        study_label=study_label(record),
        arm_id=arm.id,
        arm_label=arm.label,
        pathology=arm.pathology,
        event=_EVENT,
        kind="finding_at_surgery",
        n_events=necrosis,
        n_at_risk=examined,
        rate=None,
        low=low,
        high=high,
        unit=finding.unit,
        definition=definition.label,
        note=finding.note,
        secondary_source=record.secondary_source,
        source=Source(read.url if read else "", "counts of the record", f"{necrosis} / {examined}"),
        field=finding.place,
        not_pooled="site of the recurrence mixed or not stated" if elsewhere else None,
    )


def _number(record: StudyRecord, number: NumberOf) -> int:
    return value_at(record, number.field) if number.number is None else number.number
