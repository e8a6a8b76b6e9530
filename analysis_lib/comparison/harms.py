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

from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.clusters import clusters_of
from analysis_lib.comparison.declarations import Declaration, Side
from analysis_lib.comparison.selection import Selector
from analysis_lib.meta_analysis.proportions import (
    MIN_POOLED,
    PooledProportion,
    exact_interval,
    pool_proportions,
)
from analysis_lib.study_records.model import Arm, Harm, Source, StudyRecord

#: Kinds that may be pooled, each by itself. What was there before the treatment, and counts that
#: mix harm with progression, are listed only.
POOLED_KINDS = ("harm_after", "finding_at_surgery")

#: Order in which kinds are shown.
_KINDS = (*POOLED_KINDS, "composite", "before_treatment")

#: Of a reading from another paper's table: it stands only in the pool that says so.
_SECOND_HAND = "read in another paper's table"

_TOO_FEW = "fewer than three studies with this definition and unit"

#: Definitions that say that there is none.
_NO_DEFINITION = frozenset({"not stated", "not stated in abstract"})


@dataclass(frozen=True)
class HarmRow:
    """One harm or finding of one arm, with its place in the record.

    ``low`` and ``high`` are the exact interval of ``n_events`` of ``n_at_risk``, None without
    both counts; ``rate`` is a printed proportion (0..1). ``part_of`` is the label of the larger
    arm that reports the event for the same patients and more. ``not_pooled`` is None when the row
    stands in a pool of first-hand readings, otherwise the reason.
    """

    study_id: str
    study_label: str
    arm_id: str
    arm_label: str
    pathology: str
    event: str
    kind: str
    n_events: int | None
    n_at_risk: int | None
    rate: float | None
    low: float | None
    high: float | None
    unit: str | None
    definition: str | None
    note: str | None
    secondary_source: bool
    source: Source
    field: str
    not_pooled: str | None
    part_of: str | None = None

    @property
    def proportion(self) -> float | None:
        """Events of units at risk, or the printed rate where a count is not printed."""
        if self.n_events is None or not self.n_at_risk:
            return self.rate
        return self.n_events / self.n_at_risk

    @property
    def harm_class(self) -> tuple[str, str | None]:
        """Definition (spaces and capitals aside) and unit: a pool holds one of each."""
        return " ".join((self.definition or "").casefold().split()), self.unit


@dataclass(frozen=True)
class PoolCheck:
    """The same pool once more without studies that may share patients with the others."""

    rule_id: str
    left_out: tuple[str, ...]
    pooled: PooledProportion


@dataclass(frozen=True)
class HarmPool:
    """One pool: its definition, its unit, and whether it holds second-hand readings."""

    definition: str
    unit: str
    study_ids: tuple[str, ...]
    second_hand: bool
    pooled: PooledProportion
    checks: tuple[PoolCheck, ...] = ()


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
    sides = [_Side(declaration, side, included, overlaps) for side in declaration.sides]
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


class _Side:
    """The rows of one side, and what is needed to pool them."""

    def __init__(
        self,
        declaration: Declaration,
        side: Side,
        included: Sequence[StudyRecord],
        overlaps: dict[str, Any],
    ):
        self.side, self.overlaps = side, overlaps
        selectors = [
            selector
            for outcome in declaration.outcomes
            for selector in declaration.selectors(side, outcome)
        ]
        standing = [found for record in included for found in _arms_of(record, selectors)]
        studies = tuple(
            dict.fromkeys(record.id for record, _, arm in standing if arm.pathology != "necrosis")
        )
        self.clusters = clusters_of(studies, overlaps)
        self.series = _series_of(studies, overlaps)
        self.parents = {
            (record.id, arm.id): arm.subset_of for record in included for arm in record.arms
        }
        self.rows = tuple(
            _row(record, arm, harm, f"arms[{arm_index}].harms[{index}]")
            for record, arm_index, arm in standing
            for index, harm in enumerate(arm.harms)
        )

    def harms(self, kind: str, event: str) -> SideHarms:
        """One event: its rows, each with the reason it is not pooled, and its pools."""
        rows = self._parts_marked(
            [row for row in self.rows if (row.kind, row.event) == (kind, event)]
        )
        reasons: dict[tuple[str, str], str] = {}
        pools: list[HarmPool] = []
        for members in _by_class(rows):
            first_hand = [row for row in members if row.not_pooled is None]
            pool, found = self._pool(first_hand, second_hand=False)
            reasons |= found
            pools += [pool] if pool else []
            if len(first_hand) < len(members):
                pool, _ = self._pool(members, second_hand=True)
                pools += [pool] if pool else []
        reporting = {self.series[r.study_id] for r in rows if r.pathology != "necrosis"}
        return SideHarms(
            self.side.id,
            self.side.label,
            tuple(replace(r, not_pooled=reasons.get(_place(r), r.not_pooled)) for r in rows),
            tuple(pools),
            len(set(self.series.values())),
            len(reporting),
        )

    def _parts_marked(self, rows: Sequence[HarmRow]) -> list[HarmRow]:
        """Rows of one event: the whole arm stays, its parts say whose patients they are."""
        labels = {(row.study_id, row.arm_id): row.arm_label for row in rows}
        marked = []
        for row in rows:
            parent = self.parents[row.study_id, row.arm_id]
            while parent is not None and (row.study_id, parent) not in labels:
                parent = self.parents[row.study_id, parent]
            if parent is not None:
                whole = labels[row.study_id, parent]
                reason = row.not_pooled or f"same patients as the arm {whole}"
                row = replace(row, part_of=whole, not_pooled=reason)
            marked.append(row)
        return marked

    def _pool(
        self, offered: Sequence[HarmRow], *, second_hand: bool
    ) -> tuple[HarmPool | None, dict[tuple[str, str], str]]:
        """The pool of rows of one class, and why rows of it do not stand in it."""
        kept, reasons = _without_overlaps(offered, self.overlaps)
        if len({self.clusters[row.study_id] for row in kept}) < MIN_POOLED:
            return None, {_place(row): _TOO_FEW for row in kept} | reasons
        pool = HarmPool(
            kept[0].definition or "",
            kept[0].unit or "",
            tuple(dict.fromkeys(row.study_id for row in kept)),
            second_hand,
            self._pooled(kept),
            tuple(self._checks(kept)),
        )
        return pool, reasons

    def _pooled(self, rows: Sequence[HarmRow]) -> PooledProportion:
        """Arms of one cluster of studies are different patients of one place: added up."""
        counts: dict[str, tuple[int, int]] = {}
        for row in rows:
            cluster = self.clusters[row.study_id]
            events, total = counts.get(cluster, (0, 0))
            counts[cluster] = (events + (row.n_events or 0), total + (row.n_at_risk or 0))
        events, totals = zip(*counts.values(), strict=True)
        return pool_proportions(events, totals)

    def _checks(self, kept: Sequence[HarmRow]) -> Iterator[PoolCheck]:
        for rule in self.overlaps["overlaps"]:
            if rule["rule"] != "leave_out_check":
                continue
            present = {row.study_id for row in kept if _concerns(rule, row)}
            leave = present & set(rule["leave_out"])
            stay = [row for row in kept if row.study_id not in leave]
            triggered = present - leave or rule["kind"] == "secondary_table"
            if leave and triggered and stay:
                yield PoolCheck(rule["id"], tuple(sorted(leave)), self._pooled(stay))


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


# --- one row --------------------------------------------------------------------------------


def _row(record: StudyRecord, arm: Arm, harm: Harm, field: str) -> HarmRow:
    low = high = None
    if harm.n_events is not None and harm.n_at_risk:
        low, high = exact_interval(harm.n_events, harm.n_at_risk)
    return HarmRow(
        study_id=record.id,
        study_label=study_label(record),
        arm_id=arm.id,
        arm_label=arm.label,
        pathology=arm.pathology,
        event=harm.event,
        kind=harm.kind,
        n_events=harm.n_events,
        n_at_risk=harm.n_at_risk,
        rate=harm.rate,
        low=low,
        high=high,
        unit=harm.unit,
        definition=harm.definition,
        note=harm.note,
        secondary_source=record.secondary_source,
        source=harm.source,
        field=field,
        not_pooled=_refusal(record, arm, harm),
    )


def _refusal(record: StudyRecord, arm: Arm, harm: Harm) -> str | None:
    """Why this row can stand in no pool of first-hand readings, whatever else is read."""
    reasons = {
        "radiation necrosis, another disease": arm.pathology == "necrosis",
        "not a harm of the treatment by itself": harm.kind not in POOLED_KINDS,
        "the arm holds tumour only: finding no necrosis may follow from who was counted": (
            harm.kind == "finding_at_surgery" and arm.pathology == "tumour"
        ),
        "the number of events is not printed": harm.n_events is None,
        "the number at risk is not printed": not harm.n_at_risk,
        "unit not stated": harm.unit is None,
        "definition not stated": harm.definition is None or harm.definition in _NO_DEFINITION,
        "site of the recurrence mixed or not stated": record.recurrence != "local",
        _SECOND_HAND: record.secondary_source,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _by_class(rows: Iterable[HarmRow]) -> list[list[HarmRow]]:
    """Rows that a pool may take, first-hand or not, one list for each definition and unit."""
    classes: dict[tuple[str, str | None], list[HarmRow]] = {}
    for row in rows:
        if row.part_of is None and row.not_pooled in (None, _SECOND_HAND):
            classes.setdefault(row.harm_class, []).append(row)
    return list(classes.values())


def _place(row: HarmRow) -> tuple[str, str]:
    return row.study_id, row.field


# --- rows that share patients ---------------------------------------------------------------


def _without_overlaps(
    rows: Sequence[HarmRow], overlaps: dict[str, Any]
) -> tuple[list[HarmRow], dict[tuple[str, str], str]]:
    """Apply the overlap rules in file order; the first study of a rule's line stays."""
    kept, reasons = list(rows), {}
    for rule in overlaps["overlaps"]:
        if rule["rule"] not in ("same_patients", "never_together"):
            continue
        concerned = [row for row in kept if _concerns(rule, row)]
        allowed = [row for row in concerned if row.study_id not in rule.get("keep_out", ())]
        present = {row.study_id for row in allowed}
        stays = next((study for study in _preference(rule, concerned) if study in present), None)
        for row in concerned:
            if row.study_id != stays:
                kept.remove(row)
                reasons[_place(row)] = f"shares patients: {rule['reason'].strip()}"
    return kept, reasons


def _concerns(rule: dict[str, Any], row: HarmRow) -> bool:
    """A rule that names only outcomes is silent on harms; one that names nothing holds for all."""
    if row.study_id not in rule["studies"]:
        return False
    named = rule.get("harms")
    if named:
        if "any" not in named and row.event not in named:
            return False
    elif rule.get("outcomes"):
        return False
    arms = (rule.get("arms") or {}).get(row.study_id)
    return not arms or row.arm_id in arms


def _preference(rule: dict[str, Any], concerned: Sequence[HarmRow]) -> list[str]:
    """Studies in the order of preference for the event in hand."""
    if not concerned:
        return []
    lines = {line["harm"]: line["keep"] for line in rule.get("use", ()) if "harm" in line}
    return list(lines.get(concerned[0].event, lines.get("any", rule["studies"])))
