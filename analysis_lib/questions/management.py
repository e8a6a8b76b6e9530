"""What followed when tissue decided: the leading study's survival, control, toxicity and print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.comparison.harm_rows import HarmRow, harm_row
from analysis_lib.consistency import Finding, audit_record
from analysis_lib.consistency.places import Place, outcome_places
from analysis_lib.consistency.rederived import Rederivation, rederive
from analysis_lib.consistency.rederived_counts import row_of_table
from analysis_lib.consistency.rederived_estimates import crude_counts
from analysis_lib.effect_sizes import Difference, FisherTest, difference_from_limits, fisher_test
from analysis_lib.meta_analysis.proportions import exact_interval
from analysis_lib.questions.declared import (
    Leading,
    NecrosisDeclaration,
    Said,
    load_necrosis_declaration,
)
from analysis_lib.study_records.model import Arm, Source, StudyRecord

#: Outcomes that are told, in order.
_OUTCOMES = ("os", "local_control")


@dataclass(frozen=True)
class Share:
    """A share free of the event (0..1) at a time, or without one.

    ``interval_kind`` is ``printed``, or ``exact`` where the share is a crude proportion of a known
    number and the interval was computed (Clopper-Pearson). ``usable`` is False for an interval
    that cannot belong to its group. ``derivation`` says how ``n`` was worked out where the paper
    does not print it, else None.
    """

    outcome: str
    months: float | None
    value: float
    low: float | None
    high: float | None
    interval_kind: str
    usable: bool
    n: int | None
    unit: str | None
    time_zero: str | None
    field: str
    source: Source
    derivation: str | None = None


@dataclass(frozen=True)
class GroupOutcome:
    """One group of the leading study: its short name, its printed label and its shares."""

    arm_id: str
    name: str
    label: str
    field: str
    shares: tuple[Share, ...]

    def at(self, outcome: str, months: float | None) -> Share | None:
        """The share of an outcome at a time, if there is one."""
        return next((s for s in self.shares if (s.outcome, s.months) == (outcome, months)), None)


@dataclass(frozen=True)
class ToxicityRow:
    """One row of the printed table: all, each part, and Fisher's exact test of the parts."""

    name: str
    whole: HarmRow
    parts: tuple[HarmRow, HarmRow]
    test: FisherTest


@dataclass(frozen=True)
class TimedDifference:
    """Difference of the two parts in one outcome at one time, first minus second."""

    outcome: str
    months: float
    first: Share
    second: Share
    difference: Difference


@dataclass(frozen=True)
class Management:
    """The leading study.

    ``groups`` in the order tumour, its parts, necrosis.
    """

    record: StudyRecord
    leading: Leading
    groups: tuple[GroupOutcome, ...]
    toxicity: tuple[ToxicityRow, ...]
    differences: tuple[TimedDifference, ...]
    rederivation: Rederivation
    findings: tuple[Finding, ...]
    imaging: tuple[Said, ...]

    def group(self, arm_id: str) -> GroupOutcome:
        """The group of an arm."""
        return next(group for group in self.groups if group.arm_id == arm_id)

    @property
    def parts_tested(self) -> bool:
        """Does the record hold a printed comparison of the two parts?"""
        return any(
            contrast.kind == "arms" and {contrast.arm, contrast.versus} == set(self.leading.parts)
            for contrast in self.record.contrasts
        )


def pathology_informed_management(
    records: Sequence[StudyRecord],
    overlaps: dict[str, Any],
    declared: NecrosisDeclaration | None = None,
) -> Management:
    """The leading study of ``chapters/necrosis.yaml``, every printed figure worked out again.

    Parameters
    ----------
    records : sequence of StudyRecord
        All records.
    overlaps : dict
        ``data/overlaps.yaml``: it names intervals that are used for nothing.
    declared : NecrosisDeclaration, optional
        ``chapters/necrosis.yaml`` by default.
    """
    declared = load_necrosis_declaration() if declared is None else declared
    leading = declared.leading
    record = next(record for record in records if record.id == leading.study)
    order = (leading.tumour, *leading.parts, leading.necrosis)
    ignored = _ignored_intervals(leading.study, overlaps)
    groups = tuple(_group(record, arm_id, leading.names[arm_id], ignored) for arm_id in order)
    return Management(
        record,
        leading,
        groups,
        tuple(_toxicity(record, leading)),
        tuple(_differences(groups[1], groups[2])),
        rederive(record, declared.in_words),
        audit_record(record),
        declared.imaging,
    )


def _ignored_intervals(study: str, overlaps: dict[str, Any]) -> set[tuple[str, str, float]]:
    """Arm, outcome and time of each interval of the study that is used for nothing."""
    return {
        (entry["arm"], entry["outcome"], float(entry["months"]))
        for rule in overlaps["overlaps"]
        for entry in rule.get("ignore_intervals", ())
        if entry["study"] == study
    }


# --- survival and local control ---------------------------------------------------------


def _group(
    record: StudyRecord, arm_id: str, name: str, ignored: set[tuple[str, str, float]]
) -> GroupOutcome:
    index, arm = _arm(record, arm_id)
    shares = [
        share
        for place in outcome_places(record)
        if place.arm.id == arm_id and place.outcome.outcome in _OUTCOMES
        for share in _shares(place, ignored)
    ]
    return GroupOutcome(arm_id, name, arm.label, f"arms[{index}]", tuple(shares))


def _shares(place: Place, ignored: set[tuple[str, str, float]]) -> Iterator[Share]:
    crude = crude_counts(place)
    if place.outcome.estimator == "crude":
        for months, free, n in crude:
            low, high = exact_interval(free, n)
            yield _share(place, months, free / n, low, high, "exact", True, place.path)
        return
    for mark in place.landmarks:
        usable = (place.arm.id, place.outcome.outcome, mark.months) not in ignored
        yield _share(
            place, mark.months, mark.value, mark.low, mark.high, "printed", usable, place.path
        )


def _share(
    place: Place,
    months: float | None,
    value: float,
    low: float | None,
    high: float | None,
    kind: str,
    usable: bool,
    field: str,
) -> Share:
    outcome = place.outcome
    return Share(
        outcome=outcome.outcome,
        months=months,
        value=value,
        low=low,
        high=high,
        interval_kind=kind,
        usable=usable,
        n=place.n,
        unit=outcome.n_analysed.unit,
        time_zero=outcome.time_zero,
        field=field,
        source=outcome.source,
        derivation=outcome.n_analysed.derivation if outcome.n_analysed.printed is False else None,
    )


def _differences(first: GroupOutcome, second: GroupOutcome) -> Iterator[TimedDifference]:
    """Differences where both groups print the time with an interval of their own."""
    for share in first.shares:
        other = second.at(share.outcome, share.months)
        if other is None or share.months is None or not (share.usable and other.usable):
            continue
        limits = (share.low, share.high, other.low, other.high)
        if all(limit is not None for limit in limits):
            difference = difference_from_limits(
                (share.value, share.low, share.high), (other.value, other.low, other.high)
            )
            yield TimedDifference(share.outcome, share.months, share, other, difference)


# --- the table of toxicity --------------------------------------------------------------


def _toxicity(record: StudyRecord, leading: Leading) -> Iterator[ToxicityRow]:
    """Rows that the whole and both parts print with counts, in the order of the whole."""
    whole = _rows(record, leading.tumour)
    first, second = (_rows(record, part) for part in leading.parts)
    for name, row in whole.items():
        if name in first and name in second:
            parts = first[name], second[name]
            counts = [n for part in parts for n in (part.n_events, part.n_at_risk)]
            yield ToxicityRow(name, row, parts, fisher_test(*counts))


def _rows(record: StudyRecord, arm_id: str) -> dict[str, HarmRow]:
    """Rows of the arm by their name in the printed table, with both counts."""
    index, arm = _arm(record, arm_id)
    found = {}
    for number, harm in enumerate(arm.harms):
        name = row_of_table(harm)
        if name and harm.n_events is not None and harm.n_at_risk:
            found[name] = harm_row(record, arm, harm, f"arms[{index}].harms[{number}]")
    return found


def _arm(record: StudyRecord, arm_id: str) -> tuple[int, Arm]:
    return next((i, arm) for i, arm in enumerate(record.arms) if arm.id == arm_id)
