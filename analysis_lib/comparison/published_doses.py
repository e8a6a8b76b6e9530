"""Doses of the records in the linear-quadratic model, and local control beside them.

A figure is computed only from what was read: where fractions or the fate of an implant were
not, the schedule is handed back with the reason and without a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.selection import Candidate, candidates
from analysis_lib.dose import ISOTOPES, BiologicalDose, fractionated, permanent_implant
from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.study_records.model import Contrast, Landmark, Schedule, StudyRecord


@dataclass(frozen=True)
class PublishedSchedule:
    """A schedule with the study and arm it belongs to.

    What concerns the arm is None where the record says the dose of the whole study;
    ``arm_index`` is its place among the record's arms.
    """

    study_id: str
    study_label: str
    decision: str
    arm_id: str | None
    arm_index: int | None
    arm_label: str | None
    schedule: Schedule


@dataclass(frozen=True)
class DoseRange:
    """The biological dose at both ends of a printed range; the ends are equal without one."""

    low: BiologicalDose
    high: BiologicalDose


@dataclass(frozen=True)
class ControlPoint:
    """Local control of an arm at one time, beside the BED of its schedule or schedules.

    Attributes
    ----------
    candidate : Candidate
        The outcome in its record.
    landmark : Landmark
        The printed probability.
    schedules : tuple of PublishedSchedule
        What the arm received for the recurrence.
    bed_low_gy, bed_high_gy : float
        Lowest and highest BED of them.
    printed_bed : bool
        True when the BED is the paper's own figure.
    """

    candidate: Candidate
    landmark: Landmark
    schedules: tuple[PublishedSchedule, ...]
    bed_low_gy: float
    bed_high_gy: float
    printed_bed: bool


@dataclass(frozen=True)
class WithoutDose:
    """An arm with local control and without a BED, and why."""

    candidate: Candidate
    landmark: Landmark
    reason: str


def published_schedules(records: Sequence[StudyRecord]) -> tuple[PublishedSchedule, ...]:
    """Every schedule of the records, in their order."""
    found = []
    for record in records:
        places = {arm.id: index for index, arm in enumerate(record.arms)}
        for schedule in record.schedules:
            index = places.get(schedule.arm)
            found.append(
                PublishedSchedule(
                    study_id=record.id,
                    study_label=study_label(record),
                    decision=record.eligibility.decision,
                    arm_id=schedule.arm,
                    arm_index=index,
                    arm_label=None if index is None else record.arms[index].label,
                    schedule=schedule,
                )
            )
    return tuple(found)


def biological_dose(
    schedule: Schedule, *, alpha_beta_gy: float, repair_half_time_hours: float | None = None
) -> DoseRange:
    """BED and EQD2 of a schedule, at both ends where a range was read.

    Parameters
    ----------
    schedule : Schedule
    alpha_beta_gy : float
        Gy.
    repair_half_time_hours : float, optional
        Needed for an implant, where no record prints one.

    Returns
    -------
    DoseRange

    Raises
    ------
    NotIdentifiedError
        What was read does not give a dose; the message says what is missing.
    """
    if schedule.delivery == "external_beam":
        ends = [
            fractionated(
                dose_per_fraction_gy=dose, fractions=fractions, alpha_beta_gy=alpha_beta_gy
            )
            for dose, fractions in _fractions(schedule)
        ]
        return DoseRange(*ends)
    if schedule.delivery != "permanent_implant":
        raise NotIdentifiedError(_NOT_SEEDS[schedule.delivery])
    if repair_half_time_hours is None:
        raise NotIdentifiedError("the BED of seeds needs a repair half-time")
    totals = _ends(schedule.total_dose_gy, schedule.total_dose_range_gy)
    if totals is None:
        raise NotIdentifiedError("the total dose was not read")
    ends = [
        permanent_implant(
            total_dose_gy=total,
            half_life_days=ISOTOPES[schedule.isotope].half_life_days,
            repair_half_time_hours=repair_half_time_hours,
            alpha_beta_gy=alpha_beta_gy,
        )
        for total in totals
    ]
    return DoseRange(*ends)


def control_points(
    records: Sequence[StudyRecord],
    *,
    months: float,
    alpha_beta_gy: float,
    repair_half_times_hours: tuple[float, ...],
) -> tuple[tuple[ControlPoint, ...], tuple[WithoutDose, ...]]:
    """Local control at ``months`` beside BED, and the arms of which the BED is not known.

    Parameters
    ----------
    records : sequence of StudyRecord
    months : float
        Time of the landmark.
    alpha_beta_gy : float
        Gy; a BED the paper prints is taken when it has this ratio.
    repair_half_times_hours : tuple of float
        The BED of seeds spans the values of all of them.

    Returns
    -------
    (points, without)
        Of each study the arms whose local control is a primary outcome of included studies.
    """
    by_arm: dict[tuple[str, str | None], list[PublishedSchedule]] = {}
    for found in published_schedules(records):
        if found.schedule.course == "recurrence":
            by_arm.setdefault((found.study_id, found.arm_id), []).append(found)
    points, without = [], []
    for candidate in candidates(records, "local_control"):
        landmark = _landmark(candidate, months)
        if candidate.outcome.role != "primary" or landmark is None:
            continue
        given = by_arm.get(candidate.key, [])
        try:
            beds, printed = _beds(given, alpha_beta_gy, repair_half_times_hours)
        except NotIdentifiedError as missing:
            without.append(WithoutDose(candidate, landmark, str(missing)))
            continue
        points.append(
            ControlPoint(candidate, landmark, tuple(given), min(beds), max(beds), printed)
        )
    return tuple(points), tuple(without)


def dose_contrasts(records: Sequence[StudyRecord]) -> tuple[tuple[StudyRecord, int, Contrast], ...]:
    """Comparisons by dose that papers print: record, place among its contrasts, contrast."""
    return tuple(
        (record, index, contrast)
        for record in records
        for index, contrast in enumerate(record.contrasts)
        if contrast.kind == "covariate" and ("BED" in contrast.arm or "dose" in contrast.arm)
    )


#: Why there is no figure, by delivery.
_NOT_SEEDS = {
    "implant_not_stated": "whether the implant stayed or was taken out was not read",
    "temporary_implant": "the dose rate and the time in place were not read",
    "not_stated": "the paper prints the BED, not the doses behind it",
}


def _fractions(schedule: Schedule) -> list[tuple[float, int]]:
    """Dose per fraction and number of fractions at the low and at the high end."""
    if schedule.statistic == "mean":
        raise NotIdentifiedError("a mean dose has no BED: the mean of the BEDs is another figure")
    fractions = schedule.fractions
    doses = _ends(schedule.dose_per_fraction_gy, schedule.dose_per_fraction_range_gy)
    totals = _ends(schedule.total_dose_gy, schedule.total_dose_range_gy)
    if fractions is None and doses and totals and doses[0] == doses[1] and totals[0] == totals[1]:
        fractions = round(totals[0] / doses[0])
        if abs(fractions * doses[0] - totals[0]) > 1e-9:
            raise NotIdentifiedError("total dose and dose per fraction give no whole number")
    if fractions is None and schedule.fractions_range:
        low, high = schedule.fractions_range
        raise NotIdentifiedError(f"{low} to {high} fractions are mixed")
    if fractions is None:
        raise NotIdentifiedError("the number of fractions was not read")
    if doses is None and totals is None:
        raise NotIdentifiedError("neither total dose nor dose per fraction was read")
    return [(dose, fractions) for dose in doses or [total / fractions for total in totals]]


def _ends(value: float | None, limits: tuple[float, float] | None) -> tuple[float, float] | None:
    """The value twice, else its range; a median stands for itself although a range is known."""
    return (value, value) if value is not None else limits


def _landmark(candidate: Candidate, months: float) -> Landmark | None:
    marks = candidate.outcome.landmarks
    return next((m for m in marks if m.months == months and m.value is not None), None)


def _beds(
    given: Sequence[PublishedSchedule],
    alpha_beta_gy: float,
    repair_half_times_hours: Sequence[float],
) -> tuple[list[float], bool]:
    """Every BED of an arm's schedules, and whether the paper printed it itself."""
    if not given:
        raise NotIdentifiedError("no dose of this arm was read")
    printed = [
        found.schedule.printed_bed_gy
        for found in given
        if found.schedule.printed_bed_alpha_beta_gy == alpha_beta_gy
    ]
    if printed:
        return printed, True
    beds = []
    for found in given:
        for hours in repair_half_times_hours:
            dose = biological_dose(
                found.schedule, alpha_beta_gy=alpha_beta_gy, repair_half_time_hours=hours
            )
            beds += [dose.low.bed_gy, dose.high.bed_gy]
    return beds, False
