"""One harm or finding of one arm, and why it can or cannot stand in a pool."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.harm_definitions import (
    HarmDefinition,
    declared_definition,
    normal,
)
from analysis_lib.meta_analysis.proportions import exact_interval
from analysis_lib.study_records.model import Arm, Harm, Source, StudyRecord

#: Kinds that may be pooled, each by itself. What was there before the treatment, and counts that
#: mix harm with progression, are listed only.
POOLED_KINDS = ("harm_after", "finding_at_surgery")

#: Of a reading from another paper's table: it stands only in the pool that says so.
SECOND_HAND = "read in another paper's table"


@dataclass(frozen=True)
class HarmRow:
    """One harm or finding of one arm, with its place in the record.

    ``low`` and ``high`` are the exact interval of ``n_events`` of ``n_at_risk``, None without
    both counts; ``rate`` is a printed proportion (0..1). ``part_of`` is the label of the larger
    arm that reports the event for the same patients and more. ``not_pooled`` is None when the row
    stands in a pool of first-hand readings, otherwise the reason. ``meaning`` is the declared
    definition that the words of ``definition`` stand for, if there is one.
    ``median_followup_months`` is that of the study, where it is printed.
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
    meaning: HarmDefinition | None = None
    median_followup_months: float | None = None

    @property
    def proportion(self) -> float | None:
        """Events of units at risk, or the printed rate where a count is not printed."""
        if self.n_events is None or not self.n_at_risk:
            return self.rate
        return self.n_events / self.n_at_risk

    @property
    def harm_class(self) -> tuple[str, str, str | None]:
        """Event, definition (by meaning where declared) and unit: a pool holds one of each."""
        return self.event, normal(self.defined_as), self.unit

    @property
    def is_defined(self) -> bool:
        """Do the words of the record say what was counted?"""
        return self.definition is not None and (self.meaning is None or self.meaning.stated)

    @property
    def defined_as(self) -> str:
        """The declared definition the record's words stand for, else these words themselves."""
        return self.meaning.label if self.meaning else self.definition or "Not stated"


def harm_row(record: StudyRecord, arm: Arm, harm: Harm, field: str) -> HarmRow:
    """The row of a harm or finding; ``field`` is its dotted path in the record."""
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
        meaning=declared_definition(harm.definition),
        median_followup_months=record.median_followup_months,
    )


def _refusal(record: StudyRecord, arm: Arm, harm: Harm) -> str | None:
    """Why this row can stand in no pool of first-hand readings, whatever else is read."""
    meaning = declared_definition(harm.definition)
    reasons = {
        "radiation necrosis, another disease": arm.pathology == "necrosis",
        "not a harm of the treatment by itself": harm.kind not in POOLED_KINDS,
        "the arm holds tumour only: finding no necrosis may follow from who was counted": (
            harm.kind == "finding_at_surgery" and arm.pathology == "tumour"
        ),
        "the number of events is not printed": harm.n_events is None,
        "the number at risk is not printed": not harm.n_at_risk,
        "unit not stated": harm.unit is None,
        "definition not stated": (
            harm.definition is None or (meaning is not None and not meaning.stated)
        ),
        "site of the recurrence mixed or not stated": record.recurrence != "local",
        SECOND_HAND: record.secondary_source,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
