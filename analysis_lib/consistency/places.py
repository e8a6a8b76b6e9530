"""Where a figure stands in a record, and how many patients or lesions stand behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis_lib.study_records.model import Arm, Outcome, StudyRecord

#: Words of a sentence for the outcome codes of the records.
OUTCOME_WORDS = {
    "os": "overall survival",
    "pfs": "progression-free survival",
    "local_pfs": "local progression-free survival",
    "intracranial_pfs": "intracranial progression-free survival",
    "local_control": "local control",
}


@dataclass(frozen=True)
class Known:
    """A landmark whose value is known: probability 0..1 at a time in months."""

    path: str
    months: float
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Place:
    """One outcome of one arm, with its dotted path in the record."""

    record: StudyRecord
    arm: Arm
    outcome: Outcome
    path: str

    @property
    def words(self) -> str:
        """The outcome in words, ``overall survival``."""
        return OUTCOME_WORDS.get(self.outcome.outcome, self.outcome.outcome)

    @property
    def subject(self) -> str:
        """The outcome in words at the start of a sentence."""
        return self.words[:1].upper() + self.words[1:]

    @property
    def n(self) -> int | None:
        """Number analysed; else the arm's number in the outcome's unit; else None."""
        if self.outcome.n_analysed.value is not None:
            return self.outcome.n_analysed.value
        return arm_size(self.arm, self.outcome.n_analysed.unit)

    @property
    def units(self) -> str:
        """What is counted, as a plural: patients, lesions or cavities."""
        unit = self.outcome.n_analysed.unit or "patients or lesion"
        return "cavities" if unit == "cavity" else f"{unit}s"

    @property
    def median(self) -> float | None:
        """The printed median, months, whether or not it is usable."""
        return self.outcome.median.value if self.outcome.median else None

    @property
    def median_limits(self) -> tuple[float, float] | None:
        """The printed limits of the median, months, when both are known."""
        median = self.outcome.median
        if median is None or median.low is None or median.high is None:
            return None
        return median.low, median.high

    @property
    def landmarks(self) -> tuple[Known, ...]:
        """The landmarks with a value, earliest first."""
        marks = [
            Known(f"{self.path}.landmarks[{index}]", mark.months, mark.value, mark.low, mark.high)
            for index, mark in enumerate(self.outcome.landmarks)
            if mark.value is not None
        ]
        return tuple(sorted(marks, key=lambda mark: mark.months))


def outcome_places(record: StudyRecord) -> Iterator[Place]:
    """Every outcome of every arm, in the order of the record."""
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            yield Place(record, arm, outcome, f"arms[{arm_index}].outcomes[{index}]")


def arm_size(arm: Arm, unit: str | None) -> int | None:
    """The arm's own count in a unit; cavities are counted among lesions."""
    if unit == "patient":
        return arm.n_patients
    return arm.n_lesions if unit in ("lesion", "cavity") else None


def largest_known_size(arm: Arm, unit: str) -> int | None:
    """The arm's own count in a unit, or else the largest number analysed in it."""
    own = arm_size(arm, unit)
    analysed = [
        outcome.n_analysed.value
        for outcome in arm.outcomes
        if outcome.n_analysed.unit == unit and outcome.n_analysed.value is not None
    ]
    return own if own is not None else max(analysed, default=None)
