"""One arm's evidence: its printed figures with intervals, and its pseudo-patients."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.comparison.selection import Candidate
from analysis_lib.reconstruct.curves import CurveReconstruction, reconstruct_ipd
from analysis_lib.reconstruct.information import (
    binomial_landmark_interval,
    exponential_median_interval,
)
from analysis_lib.reconstruct.summaries import (
    LandmarkSummary,
    MedianSummary,
    reconstruct_from_summary,
)
from analysis_lib.study_records import read_censor_ticks, read_curve
from analysis_lib.study_records.model import Outcome, Source, StudyRecord
from analysis_lib.survival import kaplan_meier, median_survival
from analysis_lib.vocabulary import CURVE_LEVELS


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

    ``ipd`` names study and arm. ``imputations`` are sets of the same patients as arrays of
    shape (n, 2), months and 0/1: models are fitted to each by the thousand. ``field`` is its
    dotted name in the record: the place a number on a page
    leads back to. ``steps`` keeps steps of survival that were computed from these patients: an
    arm stands in many scenarios with the same ones.
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
    imputations: tuple[NDArray, ...] = field(repr=False, compare=False, default=())
    steps: dict[tuple, tuple[float, float]] = field(repr=False, compare=False, default_factory=dict)

    def at(self, months: float) -> Estimate | None:
        """The printed landmark at this time, if there is one."""
        return next((e for e in self.landmarks if e.months == months), None)

    @property
    def estimator_class(self) -> tuple[str, str]:
        """Estimator and unit: only arms that share both may be pooled on local control."""
        return self.estimator, self.unit


def study_label(record: StudyRecord) -> str:
    """A study as a reader knows it: ``Kim 2018``, ``RTOG 90-05 1996``; never its id.

    The record's own short name leads, then the first author; a record that prints neither
    is called by its first centre or by its size. The letter that ends the id of a second
    paper of one author and year (``kim-2018b``) follows the year. Unpublished patients
    have no year.
    """
    if record.unpublished:
        return record.short_name or record.id
    year = record.citation.year or "(no year)"
    letter = re.search(r"-\d{4}([a-z])$", record.id)
    return f"{_name(record)} {year}{letter.group(1) if letter else ''}"


def _name(record: StudyRecord) -> str:
    if record.short_name:
        return record.short_name
    first = re.split(r",|\bet al\b|\(", record.citation.authors or "")[0].strip()
    surname = re.sub(r"\s+[A-Z]{1,4}$", "", first)
    if surname or record.centres:
        return surname or record.centres[0]
    return f"Study of {record.n_patients or 'an unknown number of'} patients"


def arm_evidence(
    candidate: Candidate,
    *,
    n_imputations: int,
    shapes: Sequence[float] = (),
) -> ArmEvidence:
    """The evidence of one arm that stands on a side (:func:`selection.select`).

    Parameters
    ----------
    candidate : Candidate
        The outcome of the arm.
    n_imputations : int
        Sets of patients drawn.
    shapes : sequence of float
        Weibull shapes of similar arms, for an arm of which one point is printed.
    """
    record, arm, outcome = candidate.record, candidate.arm, candidate.outcome
    made = _patients(candidate, n_imputations, shapes)
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
        median=_median_estimate(outcome, made),
        landmarks=_landmark_estimates(outcome, made),
        known_until_months=made.known_until_months,
        assumption=made.assumption,
        findings=made.findings,
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


@dataclass(frozen=True)
class _Patients:
    """Patients as they are, or made from a curve or a summary, in one form."""

    ipd: pd.DataFrame
    level: str
    known_until_months: float
    assumption: str
    findings: tuple[str, ...]
    imputations: tuple[NDArray, ...]


def _patients(candidate: Candidate, n_imputations: int, shapes: Sequence[float]) -> _Patients:
    """The best level there is: patients, a digitised curve, then a summary of the outcome."""
    if candidate.outcome.patients is not None:
        return _as_they_are(candidate.outcome.patients, n_imputations)
    seed = _seed(candidate)
    if candidate.outcome.curve is not None:
        return _from_curve(candidate.record, candidate.outcome, n_imputations, seed)
    made = reconstruct_from_summary(
        n=candidate.outcome.n_analysed.value,
        median=usable_median(candidate.outcome),
        landmarks=usable_landmarks(candidate.outcome),
        estimator=candidate.outcome.estimator,
        followup_max_months=candidate.outcome.followup_max_months,
        n_imputations=n_imputations,
        seed=seed,
        shapes=shapes,
    )
    return _Patients(
        made.ipd,
        made.level,
        made.known_until_months,
        made.assumption,
        tuple(finding.message for finding in made.findings),
        tuple(made.draws),
    )


def _as_they_are(patients: Sequence[tuple[float, int]], n_imputations: int) -> _Patients:
    """A centre's patients: nothing was reconstructed, so every set holds the same ones."""
    ipd = pd.DataFrame(list(patients), columns=["time_months", "event"])
    last = float(ipd["time_months"].max())
    drawn = (ipd.to_numpy(float),) * n_imputations
    return _Patients(ipd, "patient", last, "patients", (), drawn)


def _seed(candidate: Candidate) -> int:
    """A seed of the arm's own: draws of two hospitals must not move together."""
    return zlib.crc32(f"{candidate.record.id} {candidate.field}".encode())


def reconstruct_outcome(
    record: StudyRecord, outcome: Outcome, *, n_imputations: int = 0, seed: int = 0
) -> CurveReconstruction:
    """Patients of an outcome's digitised curve, with every printed fact of the outcome."""
    curve, at_risk = read_curve(record, outcome)
    median, marks = usable_median(outcome), usable_landmarks(outcome)
    return reconstruct_ipd(
        curve,
        n=outcome.n_analysed.value,
        number_at_risk=at_risk,
        n_events=outcome.n_events,
        censor_times_months=read_censor_ticks(record, outcome),
        median=median.value if median else None,
        landmarks=pd.DataFrame(
            {"time_months": [m.months for m in marks], "survival": [m.value for m in marks]}
        )
        if marks
        else None,
        reading_sd=outcome.curve.reading_sd if outcome.curve else None,
        n_imputations=n_imputations,
        seed=seed,
    )


def _from_curve(record: StudyRecord, outcome: Outcome, n_imputations: int, seed: int) -> _Patients:
    made = reconstruct_outcome(record, outcome, n_imputations=n_imputations, seed=seed)
    unmet = made.constraints[~made.constraints["met"]]
    findings = tuple(
        f"{row.fact}: printed {row.given:g}, reconstructed {row.reconstructed:g}"
        for row in unmet.itertuples()
    )
    last = float(made.ipd["time_months"].max())
    return _Patients(
        made.ipd,
        made.level,
        last,
        "curve",
        findings,
        tuple(
            # Column by column: choosing two columns of fifty frames an arm takes ten times as long.
            np.column_stack([frame["time_months"].to_numpy(), frame["event"].to_numpy()])
            for frame in made.imputations
        ),
    )


def _median_estimate(outcome: Outcome, made: _Patients) -> Estimate | None:
    median = usable_median(outcome)
    if median is None:
        return _median_of_curve(made) if made.level in CURVE_LEVELS else None
    if median.low is not None and median.high is not None:
        return Estimate(median.value, median.low, median.high, "printed")
    low, high = exponential_median_interval(median.value, outcome.n_analysed.value)
    return Estimate(median.value, low, high, "computed")


def _median_of_curve(made: _Patients) -> Estimate | None:
    """Median of the reconstructed patients; its limits are where the band crosses one half."""
    curve = kaplan_meier(made.ipd["time_months"], made.ipd["event"])
    value = median_survival(curve)
    if value is None:
        return None
    low = median_survival(curve.assign(survival=curve["low"]))
    high = median_survival(curve.assign(survival=curve["high"]))
    return Estimate(value, low, math.inf if high is None else high, "computed")


def _landmark_estimates(outcome: Outcome, made: _Patients) -> tuple[Estimate, ...]:
    estimates = []
    for mark in usable_landmarks(outcome):
        if mark.low is not None and mark.high is not None:
            limits, kind = (mark.low, mark.high), "printed"
        else:
            limits = binomial_landmark_interval(mark.value, outcome.n_analysed.value)
            kind = "computed"
        estimates.append(Estimate(mark.value, *limits, kind, mark.months))
    if made.level in CURVE_LEVELS:
        printed = {estimate.months for estimate in estimates}
        estimates += [
            _landmark_of_curve(made, months)
            for months in (6.0, 12.0, 24.0)
            if months not in printed and months <= made.known_until_months
        ]
    return tuple(sorted(estimates, key=lambda estimate: estimate.months or 0))


def _landmark_of_curve(made: _Patients, months: float) -> Estimate:
    curve = kaplan_meier(made.ipd["time_months"], made.ipd["event"])
    row = curve[curve["time_months"] <= months].iloc[-1]
    return Estimate(row["survival"], row["low"], row["high"], "computed", months)


def _named(ipd: pd.DataFrame, study_id: str, arm_id: str) -> pd.DataFrame:
    return ipd.assign(study_id=study_id, arm_id=arm_id)[
        ["study_id", "arm_id", "time_months", "event"]
    ]
