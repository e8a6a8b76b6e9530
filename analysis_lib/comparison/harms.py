"""Harms after treatment and findings at surgery: listed always, pooled rarely.

Counts are pooled only within one event, one kind, one definition and one unit, over at least
three studies of a side; the rules of ``data/overlaps.yaml`` and subsets are obeyed. A harm after
treatment and a finding at surgery never meet in a pool. Whatever is not pooled is listed with
its exact interval and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analysis_lib.comparison.clusters import clusters_of
from analysis_lib.comparison.declarations import Declaration, Selector, Side
from analysis_lib.comparison.harm_pools import HarmPool, HarmPooling, row_place
from analysis_lib.comparison.harm_rows import POOLED_KINDS, HarmRow, harm_row
from analysis_lib.study_records.model import Arm, StudyRecord

#: Order in which kinds are shown.
_KINDS = (*POOLED_KINDS, "composite", "before_treatment")


@dataclass(frozen=True)
class SideHarms:
    """One event on one side.

    ``n_studies`` counts the studies that hold an arm of this side, ``n_reporting`` those of them
    that report the event; reports of one series of patients count once.
    """

    id: str
    label: str
    rows: tuple[HarmRow, ...]
    pools: tuple[HarmPool, ...]
    n_studies: int
    n_reporting: int

    @property
    def n_not_reporting(self) -> int:
        """Studies of the side that do not report the event."""
        return self.n_studies - self.n_reporting


@dataclass(frozen=True)
class HarmResult:
    """One event of one kind on every side of a comparison."""

    event: str
    kind: str
    sides: tuple[SideHarms, ...]


def harms_of(
    declaration: Declaration, records: Iterable[StudyRecord], overlaps: dict[str, Any]
) -> tuple[HarmResult, ...]:
    """Harms and findings of every arm on the sides of a comparison.

    An arm stands on a side by its treatment and extent of resection, in included studies,
    whatever its survival outcomes are used for. Of an event that one side alone reports the other
    sides are kept, without rows; a finding at surgery is kept for sides that report any.

    Parameters
    ----------
    declaration : Declaration
        The comparison.
    records : iterable of StudyRecord
        All records; only included ones are read.
    overlaps : dict
        ``data/overlaps.yaml``.

    Returns
    -------
    tuple of HarmResult
        By kind (harms first), then by how many arms report the event, then by name.
    """
    included = [record for record in records if record.eligibility.decision == "include"]
    sides = [
        HarmSide(side.id, side.label, _selectors(declaration, side), included, overlaps)
        for side in declaration.sides
    ]
    keys = {(row.kind, row.event) for side in sides for row in side.rows}
    results = [
        HarmResult(
            event,
            kind,
            tuple(
                side.harms(kind, event)
                for side in sides
                if kind == "harm_after" or any(row.kind == kind for row in side.rows)
            ),
        )
        for kind, event in keys
    ]
    return tuple(sorted(results, key=_display_order))


def _display_order(result: HarmResult) -> tuple[int, int, str]:
    n_rows = sum(len(side.rows) for side in result.sides)
    return _KINDS.index(result.kind), -n_rows, result.event


# --- one side -------------------------------------------------------------------------------


class HarmSide:
    """The harms and findings of some arms, and what is needed to pool them.

    Parameters
    ----------
    id, label : str
        Name of the side, or of the group of treatments.
    selectors : sequence of Selector
        Treatments and extents of the arms that stand here.
    included : sequence of StudyRecord
        The records to read.
    overlaps : dict
        ``data/overlaps.yaml``.
    """

    def __init__(
        self,
        id: str,
        label: str,
        selectors: Sequence[Selector],
        included: Sequence[StudyRecord],
        overlaps: dict[str, Any],
    ):
        self.id, self.label = id, label
        standing = [found for record in included for found in _arms_of(record, selectors)]
        studies = tuple(
            dict.fromkeys(record.id for record, _, arm in standing if arm.pathology != "necrosis")
        )
        self.pooling = HarmPooling(clusters_of(studies, overlaps), overlaps)
        self.series = _series_of(studies, overlaps)
        self._parents = {
            (record.id, arm.id): arm.subset_of for record in included for arm in record.arms
        }
        self.rows = tuple(
            harm_row(record, arm, harm, f"arms[{arm_index}].harms[{index}]")
            for record, arm_index, arm in standing
            for index, harm in enumerate(arm.harms)
        )

    def harms(self, kind: str, *events: str) -> SideHarms:
        """One event, or several under one heading: rows, why they are not pooled, and pools."""
        rows = self._parts_marked(
            [row for row in self.rows if row.kind == kind and row.event in events]
        )
        pools, reasons = self.pooling.pools(rows)
        return SideHarms(
            self.id,
            self.label,
            tuple(replace(r, not_pooled=reasons.get(row_place(r), r.not_pooled)) for r in rows),
            pools,
            self.n_studies,
            self.n_reporting(rows),
        )

    @property
    def n_studies(self) -> int:
        """Studies with an arm here that treated tumour; one series of patients counts once."""
        return len(set(self.series.values()))

    def n_reporting(self, rows: Iterable[HarmRow]) -> int:
        """How many of these studies the rows come from."""
        return len({self.series[row.study_id] for row in rows if row.pathology != "necrosis"})

    def _parts_marked(self, rows: Sequence[HarmRow]) -> list[HarmRow]:
        """Rows of one heading: the whole arm stays, its parts say whose patients they are."""
        labels = {(row.study_id, row.arm_id): row.arm_label for row in rows}
        marked = []
        for row in rows:
            parent = self._parents[row.study_id, row.arm_id]
            while parent is not None and (row.study_id, parent) not in labels:
                parent = self._parents[row.study_id, parent]
            if parent is not None:
                whole = labels[row.study_id, parent]
                reason = row.not_pooled or f"same patients as the arm {whole}"
                row = replace(row, part_of=whole, not_pooled=reason)
            marked.append(row)
        return marked


def _selectors(declaration: Declaration, side: Side) -> list[Selector]:
    return [
        selector
        for outcome in declaration.outcomes
        for selector in declaration.selectors(side, outcome)
    ]


def _arms_of(
    record: StudyRecord, selectors: Sequence[Selector]
) -> Iterator[tuple[StudyRecord, int, Arm]]:
    for index, arm in enumerate(record.arms):
        if any(
            arm.treatment in s.treatments and (not s.extent or arm.extent in s.extent)
            for s in selectors
        ):
            yield record, index, arm


def _series_of(study_ids: Sequence[str], overlaps: dict[str, Any]) -> dict[str, str]:
    """Each study, or the first of those that print the same series of patients."""
    series = {study: study for study in study_ids}
    for rule in overlaps["overlaps"]:
        if rule["rule"] == "same_patients":
            same = [study for study in rule["studies"] if study in series]
            series.update(dict.fromkeys(same, series[same[0]] if same else ""))
    return series
