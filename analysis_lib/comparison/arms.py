"""One arm's evidence: its printed figures with intervals, and its pseudo-patients."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from analysis_lib.comparison.selection import Candidate
from analysis_lib.reconstruct.information import (
    binomial_landmark_interval,
    exponential_median_interval,
)
from analysis_lib.reconstruct.summaries import (
    LandmarkSummary,
    MedianSummary,
    SummaryReconstruction,
    reconstruct_from_summary,
)
from analysis_lib.study_records.model import Outcome, Source, StudyRecord

#: Pseudo-patient sets per arm: Rubin's rules change little beyond this (see benchmarks).
N_IMPUTATIONS = 20


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % limits.

    ``interval_kind`` says whether the limits are ``printed`` in the paper,
    ``computed`` from the number of patients, or there are none. ``months`` is
    the time of a landmark, None for a median.
    """

    value: float
    low: float | None
    high: float | None
    interval_kind: str
    months: float | None = None


@dataclass(frozen=True)
class ArmEvidence:
    """One outcome of one arm, as it enters a comparison.

    ``ipd`` names study and arm; ``imputations`` are bare ``time_months, event``,
    made by the hundred. ``field`` is its dotted name in the record: the place a number on a page
    leads back to.
    """

    study_id: str
    arm_id: str
    study_label: str
    arm_label: str
    treatment: str
    outcome: str
    role: str
    level: str
    n: int
    unit: str
    time_zero_kind: str
    time_zero: str | None
    estimator: str
    pathology: str
    recurrence: str
    secondary_source: bool
    median: Estimate | None
    landmarks: tuple[Estimate, ...]
    known_until_months: float
    assumption: str
    findings: tuple[str, ...]
    source: Source
    field: str
    ipd: pd.DataFrame = field(repr=False, compare=False)
    imputations: tuple[pd.DataFrame, ...] = field(repr=False, compare=False, default=())

    def at(self, months: float) -> Estimate | None:
        """The printed landmark at this time, if there is one."""
        return next((e for e in self.landmarks if e.months == months), None)

    @property
    def estimator_class(self) -> tuple[str, str]:
        """Estimator and unit: only arms that share both may be pooled on local control."""
        return self.estimator, self.unit


def study_label(record: StudyRecord) -> str:
    """First author and year as a reader knows a study; the record's id without authors."""
    authors = record.citation.authors
    if not authors:
        return record.id
    first = re.split(r",|\bet al\b|\(", authors)[0].strip()
    surname = re.sub(r"\s+[A-Z]{1,4}$", "", first)
    return f"{surname} {record.citation.year or '(year not printed)'}"


def arm_evidence(candidate: Candidate, *, n_imputations: int = N_IMPUTATIONS) -> ArmEvidence:
    """The evidence of one arm that stands on a side (:func:`selection.select`)."""
    record, arm, outcome = candidate.record, candidate.arm, candidate.outcome
    made = _pseudo_patients(outcome, n_imputations)
    return ArmEvidence(
        study_id=record.id,
        arm_id=arm.id,
        study_label=study_label(record),
        arm_label=arm.label,
        treatment=arm.treatment,
        outcome=outcome.outcome,
        role=outcome.role,
        level=made.level,
        n=outcome.n_analysed.value,
        unit=outcome.n_analysed.unit or "unit not stated",
        time_zero_kind=outcome.time_zero_kind,
        time_zero=outcome.time_zero,
        estimator=outcome.estimator,
        pathology=arm.pathology,
        recurrence=record.recurrence,
        secondary_source=record.secondary_source,
        median=_median_estimate(outcome),
        landmarks=_landmark_estimates(outcome),
        known_until_months=made.known_until_months,
        assumption=made.assumption,
        findings=tuple(finding.message for finding in made.findings),
        source=outcome.source,
        field=candidate.field,
        ipd=_named(made.ipd, record.id, arm.id),
        imputations=made.imputations,
    )


def usable_median(outcome: Outcome) -> MedianSummary | None:
    """The printed median when it is a survival median of this outcome."""
    median = outcome.median
    if median is None or median.value is None or median.usable is False:
        return None
    return MedianSummary(median.value, median.low, median.high)


def usable_landmarks(outcome: Outcome) -> tuple[LandmarkSummary, ...]:
    """The printed probabilities, in order of time."""
    return tuple(
        LandmarkSummary(mark.months, mark.value, mark.low, mark.high)
        for mark in outcome.landmarks
        if mark.value is not None
    )


def _pseudo_patients(outcome: Outcome, n_imputations: int) -> SummaryReconstruction:
    return reconstruct_from_summary(
        n=outcome.n_analysed.value,
        median=usable_median(outcome),
        landmarks=usable_landmarks(outcome),
        estimator=outcome.estimator,
        followup_max_months=outcome.followup_max_months,
        n_imputations=n_imputations,
    )


def _median_estimate(outcome: Outcome) -> Estimate | None:
    median = usable_median(outcome)
    if median is None:
        return None
    if median.low is not None and median.high is not None:
        return Estimate(median.value, median.low, median.high, "printed")
    low, high = exponential_median_interval(median.value, outcome.n_analysed.value)
    return Estimate(median.value, low, high, "computed")


def _landmark_estimates(outcome: Outcome) -> tuple[Estimate, ...]:
    estimates = []
    for mark in usable_landmarks(outcome):
        if mark.low is not None and mark.high is not None:
            limits, kind = (mark.low, mark.high), "printed"
        else:
            limits = binomial_landmark_interval(mark.value, outcome.n_analysed.value)
            kind = "computed"
        estimates.append(Estimate(mark.value, *limits, kind, mark.months))
    return tuple(estimates)


def _named(ipd: pd.DataFrame, study_id: str, arm_id: str) -> pd.DataFrame:
    return ipd.assign(study_id=study_id, arm_id=arm_id)[
        ["study_id", "arm_id", "time_months", "event"]
    ]
