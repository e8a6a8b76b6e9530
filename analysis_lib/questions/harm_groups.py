"""Harms after treatment by heading and by treatment, over all included records.

The machinery is that of the comparisons (:mod:`analysis_lib.comparison.harms`): a pool holds one
printed name, one definition and one unit of at least three studies. A heading brings names
together for a reader; it adds nothing up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.declarations import Selector
from analysis_lib.comparison.harm_rows import HarmRow
from analysis_lib.comparison.harms import HarmSide, SideHarms
from analysis_lib.questions.declared import (
    NOT_PLACED,
    HarmDeclaration,
    HarmGroup,
    HarmSaid,
    TreatmentGroup,
    harms_without_heading,
    load_harm_declaration,
)
from analysis_lib.study_records.model import StudyRecord


@dataclass(frozen=True)
class TreatmentHarms:
    """One heading in one group of treatments."""

    treatment: TreatmentGroup
    harms: SideHarms


@dataclass(frozen=True)
class HarmHeading:
    """One heading in every group of treatments that any included study holds.

    ``n_studies`` counts the studies with an arm of any treatment, ``n_reporting`` those that
    report anything under the heading; reports of one series of patients count once. ``elsewhere``
    holds, with the name of the study, what records say of the harm and no treatment by itself can
    be given.
    """

    group: HarmGroup
    treatments: tuple[TreatmentHarms, ...]
    n_studies: int
    n_reporting: int
    elsewhere: tuple[tuple[str, HarmSaid], ...] = ()

    @property
    def rows(self) -> tuple[HarmRow, ...]:
        """Every figure, by treatment, then in the order of the records."""
        return tuple(row for found in self.treatments for row in found.harms.rows)


def harms_by_treatment(
    records: Sequence[StudyRecord],
    overlaps: dict[str, Any],
    declared: HarmDeclaration | None = None,
) -> tuple[HarmHeading, ...]:
    """Every harm after treatment of included records, by heading and group of treatments.

    Parameters
    ----------
    records : sequence of StudyRecord
        All records; only included ones are read.
    overlaps : dict
        ``data/overlaps.yaml``.
    declared : HarmDeclaration, optional
        Headings and groups of treatments; ``chapters/harms.yaml`` by default.

    Returns
    -------
    tuple of HarmHeading
        In the declared order, those without a figure too; last, what no heading names yet.
    """
    declared = load_harm_declaration() if declared is None else declared
    included = [record for record in records if record.eligibility.decision == "include"]
    sides = [(group, _side(group, included, overlaps)) for group in declared.treatments]
    standing = [(group, side) for group, side in sides if side.n_studies]
    left = harms_without_heading(included, declared)
    last = (HarmGroup(**NOT_PLACED, names=tuple(sorted(left))),) if left else ()
    labels = {record.id: study_label(record) for record in records}
    said = {
        group.id: tuple(
            (labels[row.study], row)
            for row in declared.elsewhere
            if row.group == group.id and row.study in labels
        )
        for group in declared.groups
    }
    return tuple(
        _heading(group, standing, said.get(group.id, ())) for group in (*declared.groups, *last)
    )


def _heading(
    group: HarmGroup,
    standing: Sequence[tuple[TreatmentGroup, HarmSide]],
    elsewhere: tuple[tuple[str, HarmSaid], ...],
) -> HarmHeading:
    found = [
        (side, TreatmentHarms(treatment, side.harms("harm_after", *group.names)))
        for treatment, side in standing
    ]
    series = {name for _, side in standing for name in side.series.values()}
    reporting = {side.series[row.study_id] for side, one in found for row in one.harms.rows}
    return HarmHeading(
        group, tuple(one for _, one in found), len(series), len(reporting), elsewhere
    )


def _side(
    group: TreatmentGroup, included: Sequence[StudyRecord], overlaps: dict[str, Any]
) -> HarmSide:
    any_role_and_time = Selector(group.codes, roles=(), time_zero=())
    return HarmSide(group.id, group.label, [any_role_and_time], included, overlaps)
