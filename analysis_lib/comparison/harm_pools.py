"""Pools of harms and findings: one definition, one unit, and nobody counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis_lib.comparison.harm_rows import SECOND_HAND, HarmRow
from analysis_lib.meta_analysis.proportions import (
    MIN_POOLED,
    PooledProportion,
    pool_proportions,
)

#: Begins the reason of a row left out because others count the same patients.
SHARED = "shares patients: "

#: The reason of a row that could stand in a pool if more studies counted alike.
TOO_FEW = "fewer than three studies with this definition and unit"


@dataclass(frozen=True)
class PoolCheck:
    """The same pool once more without studies that may share patients with the others."""

    rule_id: str
    left_out: tuple[str, ...]
    pooled: PooledProportion


@dataclass(frozen=True)
class PooledPlace:
    """What one place adds to a pool: its studies count as one, their counts are added up."""

    study_ids: tuple[str, ...]
    label: str
    n_events: int
    n_at_risk: int


@dataclass(frozen=True)
class LeftOut:
    """The same pool once more without one study, or one place whose studies count as one.

    ``pooled.proportion`` is None where too little is left for a pooled estimate.
    """

    study_ids: tuple[str, ...]
    label: str
    pooled: PooledProportion


@dataclass(frozen=True)
class HarmPool:
    """One pool: its definition, its unit, and whether it holds second-hand readings.

    ``places`` are what was pooled, in the order of ``study_ids``.
    """

    definition: str
    unit: str
    study_ids: tuple[str, ...]
    second_hand: bool
    pooled: PooledProportion
    checks: tuple[PoolCheck, ...] = ()
    places: tuple[PooledPlace, ...] = ()

    @cached_property
    def without(self) -> tuple[LeftOut, ...]:
        """The pool without each place in turn; computed when asked, once for each of them."""
        return tuple(
            LeftOut(
                left.study_ids, left.label, _pooled([one for one in self.places if one != left])
            )
            for left in self.places
        )

    @property
    def known_without(self) -> tuple[LeftOut, ...]:
        """Those left-out studies without which there still is a pooled share."""
        return tuple(left for left in self.without if left.pooled.proportion is not None)

    @property
    def moved_most(self) -> LeftOut | None:
        """The study without which the pooled share is furthest from that of all."""
        whole = self.pooled.proportion
        if whole is None or not self.known_without:
            return None
        return max(self.known_without, key=lambda left: abs(left.pooled.proportion - whole))


@dataclass(frozen=True)
class HarmPooling:
    """What pooling needs beside the rows: the cluster of each study, and the overlap rules."""

    clusters: Mapping[str, str]
    overlaps: dict[str, Any]

    def pools(
        self, rows: Sequence[HarmRow]
    ) -> tuple[tuple[HarmPool, ...], dict[tuple[str, str], str]]:
        """Every pool of the rows, class by class, and by place why a row is in none.

        First-hand readings are pooled by themselves; with readings from other papers' tables
        there is a second pool that says so.
        """
        reasons: dict[tuple[str, str], str] = {}
        pools: list[HarmPool] = []
        for members in _by_class(rows):
            first_hand = [row for row in members if row.not_pooled is None]
            pool, found = self.pool(first_hand, second_hand=False)
            reasons |= found
            pools += [pool] if pool else []
            if len(first_hand) < len(members):
                pool, _ = self.pool(members, second_hand=True)
                pools += [pool] if pool else []
        return tuple(pools), reasons

    def pool(
        self, offered: Sequence[HarmRow], *, second_hand: bool
    ) -> tuple[HarmPool | None, dict[tuple[str, str], str]]:
        """The pool of rows of one class (None below three studies), and why rows are not in it."""
        kept, reasons = _without_overlaps(offered, self.overlaps)
        if len({self.clusters[row.study_id] for row in kept}) < MIN_POOLED:
            return None, {row_place(row): TOO_FEW for row in kept} | reasons
        places = self._places(kept)
        pool = HarmPool(
            kept[0].defined_as,
            kept[0].unit or "",
            tuple(dict.fromkeys(row.study_id for row in kept)),
            second_hand,
            _pooled(places),
            tuple(self._checks(kept)),
            places,
        )
        return pool, reasons

    def _places(self, rows: Sequence[HarmRow]) -> tuple[PooledPlace, ...]:
        """Arms of one cluster of studies are different patients of one place: added up."""
        by_cluster: dict[str, list[HarmRow]] = {}
        for row in rows:
            by_cluster.setdefault(self.clusters[row.study_id], []).append(row)
        return tuple(
            PooledPlace(
                tuple(dict.fromkeys(row.study_id for row in members)),
                " and ".join(dict.fromkeys(row.study_label for row in members)),
                sum(row.n_events or 0 for row in members),
                sum(row.n_at_risk or 0 for row in members),
            )
            for members in by_cluster.values()
        )

    def _checks(self, kept: Sequence[HarmRow]) -> Iterator[PoolCheck]:
        for rule in self.overlaps["overlaps"]:
            if rule["rule"] != "leave_out_check":
                continue
            present = {row.study_id for row in kept if _concerns(rule, row)}
            leave = present & set(rule["leave_out"])
            stay = [row for row in kept if row.study_id not in leave]
            triggered = present - leave or rule["kind"] == "secondary_table"
            if leave and triggered and stay:
                yield PoolCheck(rule["id"], tuple(sorted(leave)), _pooled(self._places(stay)))


def _pooled(places: Sequence[PooledPlace]) -> PooledProportion:
    return pool_proportions(
        [place.n_events for place in places], [place.n_at_risk for place in places]
    )


def _by_class(rows: Iterable[HarmRow]) -> list[list[HarmRow]]:
    """Rows that a pool may take, first-hand or not, one list a class."""
    classes: dict[tuple, list[HarmRow]] = {}
    for row in rows:
        if row.part_of is None and row.not_pooled in (None, SECOND_HAND):
            classes.setdefault(row.harm_class, []).append(row)
    return list(classes.values())


def row_place(row: HarmRow) -> tuple[str, str]:
    """Study and field: what tells a row from every other."""
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
                reasons[row_place(row)] = SHARED + rule["reason"].strip()
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
