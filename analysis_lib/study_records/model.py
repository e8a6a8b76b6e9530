"""What one study record holds, field by field.

The names are those of ``data/study.schema.json``. Times are months,
probabilities 0..1; a hazard ratio is that of ``arm`` against ``versus``.
Unknown is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where a number was read: address, place in the text, at most 25 words around it."""

    url: str
    locator: str
    seen: str


@dataclass(frozen=True)
class Citation:
    """The paper, as far as its citation was printed in what was read."""

    authors: str | None = None
    title: str | None = None
    journal: str | None = None
    year: int | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the parts of a full citation that were not printed."""
        parts = ("authors", "title", "journal", "year")
        return tuple(name for name in parts if not getattr(self, name))


@dataclass(frozen=True)
class Count:
    """How many units an estimate rests on; ``derivation`` shows the arithmetic."""

    value: int | None = None
    unit: str | None = None
    printed: bool | None = None
    derivation: str | None = None


@dataclass(frozen=True)
class Median:
    """A printed median time, months; ``usable`` is False when it is no survival median."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    usable: bool | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Landmark:
    """A printed probability (0..1) at a time in months."""

    months: float
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """A digitised curve beside the record: files relative to the study's folder."""

    file: str
    number_at_risk_file: str | None = None
    reading_sd: float | None = None


@dataclass(frozen=True)
class Outcome:
    """One time-to-event outcome of one arm.

    ``patients`` are the patients themselves, months and 0/1 event, in a local build with a
    centre's own (:mod:`centre_record`); a record of ``data/studies`` never has them.
    """

    outcome: str
    role: str
    time_zero_kind: str
    n_analysed: Count
    estimator: str
    landmarks: tuple[Landmark, ...]
    source: Source
    role_reason: str | None = None
    time_zero: str | None = None
    median: Median | None = None
    curve: Curve | None = None
    n_events: int | None = None
    followup_max_months: float | None = None
    median_followup_months: float | None = None
    note: str | None = None
    patients: tuple[tuple[float, int], ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Harm:
    """A harm, or what histology found at surgery (``kind`` keeps them apart)."""

    event: str
    kind: str
    source: Source
    n_events: int | None = None
    n_at_risk: int | None = None
    rate: float | None = None
    unit: str | None = None
    definition: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Arm:
    """A group of patients treated alike."""

    id: str
    label: str
    treatment: str
    pathology: str
    outcomes: tuple[Outcome, ...]
    harms: tuple[Harm, ...]
    subset_of: str | None = None
    n_patients: int | None = None
    n_lesions: int | None = None
    extent: str | None = None
    adjuvant_rt: str | None = None


@dataclass(frozen=True)
class Contrast:
    """A printed comparison of two groups of one study."""

    outcome: str
    kind: str
    arm: str
    versus: str
    estimator: str
    event_direction: str
    source: Source
    concerns: str | None = None
    hr: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | str | None = None
    adjusted: bool | None = None
    model: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Schedule:
    """A dose in figures; ``words`` stand letter by letter in the field ``stated_in``.

    ``course`` is ``earlier`` or ``recurrence``; ``delivery`` is ``external_beam``,
    ``permanent_implant``, ``temporary_implant``, ``implant_not_stated`` or ``not_stated``;
    ``statistic`` says whether the dose was ``prescribed`` to all or is the ``median`` or
    ``mean`` of those given.
    Ranges are (lowest, highest). What was not read is None, never filled in.
    """

    arm: str | None
    course: str
    delivery: str
    statistic: str
    stated_in: str
    words: str
    isotope: str | None = None
    total_dose_gy: float | None = None
    total_dose_range_gy: tuple[float, float] | None = None
    dose_per_fraction_gy: float | None = None
    dose_per_fraction_range_gy: tuple[float, float] | None = None
    fractions: int | None = None
    fractions_range: tuple[int, int] | None = None
    prescribed_at: str | None = None
    n: int | None = None
    share: float | None = None
    printed_bed_gy: float | None = None
    printed_bed_alpha_beta_gy: float | None = None


@dataclass(frozen=True)
class Correction:
    """A printed value that is not used as printed; the printed value stays in the record.

    ``printed`` guards the correction: when the record's value at ``field`` is
    no longer this one, loading fails.
    """

    field: str
    printed: Any
    used: Any
    reason: str


@dataclass(frozen=True)
class Eligibility:
    """include, indirect or exclude, with the reason."""

    decision: str
    reason: str


@dataclass(frozen=True)
class SecondReading:
    """How many values a second reader found again, corrected, or could not find."""

    agreed: int = 0
    corrected: int = 0
    not_found_again: int = 0
    note: str | None = None

    @property
    def compared(self) -> int:
        """How many values were looked for a second time."""
        return self.agreed + self.corrected + self.not_found_again


@dataclass(frozen=True)
class ReadIn:
    """The text in which a study's own figures (n, age, follow-up) were read."""

    url: str
    locator: str | None = None


@dataclass(frozen=True)
class StudyRecord:
    """What was read from one study; ``unpublished`` marks a centre's own patients."""

    schema_version: int
    id: str
    citation: Citation
    design: str
    population: str
    recurrence: str
    arms: tuple[Arm, ...]
    contrasts: tuple[Contrast, ...]
    eligibility: Eligibility
    second_reading: SecondReading
    short_name: str | None = None
    centres: tuple[str, ...] = ()
    enrolment: dict[str, int | None] | None = None
    prior_treatment: tuple[str, ...] = ()
    n_patients: int | None = None
    n_lesions: int | None = None
    median_age: float | None = None
    median_followup_months: float | None = None
    histology: dict[str, int] | None = None
    histology_note: str | None = None
    read_in: ReadIn | None = None
    schedules: tuple[Schedule, ...] = ()
    secondary_source: bool = False
    discrepancies: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    unpublished: bool = False
    path: str = ""
    folder: str = field(default="", compare=False, repr=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def arm(self, arm_id: str) -> Arm:
        """The arm with this id.

        Raises
        ------
        KeyError
            No arm has this id.
        """
        for arm in self.arms:
            if arm.id == arm_id:
                return arm
        raise KeyError(f"{self.id} has no arm {arm_id!r}")
