"""Doses of the records as tables: computed, not computable, given before; control beside BED."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis_lib.book.dose_links import (
    FRACTIONS,
    SEEDS,
    dose_cell,
    formula_link,
    formula_of,
    stated_in,
    two_decimals,
)
from analysis_lib.book.places import field_link, source_hint, study_link
from analysis_lib.book.study_figures import as_number, units
from analysis_lib.charts import control_chart
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.published_doses import (
    ControlPoint,
    PublishedSchedule,
    WithoutDose,
    biological_dose,
)
from analysis_lib.dose import ISOTOPES, fractionated, permanent_implant
from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.study_records import load_vocabulary
from analysis_lib.study_records.model import Contrast, StudyRecord
from analysis_lib.tables import Cell, Html, gray, html_table, interval, percent

#: Alpha/beta in Gy and what each stands for, in the order of the columns.
RATIOS = {10.0: "tumour", 3.0: "late effects", 2.0: "late effects"}

#: Repair half-times (h) shown side by side: no record prints one.
REPAIR_HALF_TIMES = (0.5, 1.5)

_STATISTICS = {"prescribed": "as prescribed", "median": "median", "mean": "mean"}
_DECISIONS = {"include": "", "indirect": " (other patients)", "exclude": " (not used elsewhere)"}

#: Single schedules of the review's methods, worked by hand there.
_WORKED_FRACTIONS = ((18, 1), (8, 3), (5, 5), (4, 5))
_WORKED_SEEDS = (60, 65)


def beam_table(schedules: Sequence[PublishedSchedule], caption: str, id: str) -> Html | None:
    """External-beam schedules of which dose and fractions were read; None without any."""
    rows = [
        _named(found) | _doses(found, None)
        for found in schedules
        if found.schedule.delivery == "external_beam" and reason_without(found) is None
    ]
    return _table(rows, caption, id)


def seed_table(schedules: Sequence[PublishedSchedule], caption: str, id: str) -> Html | None:
    """Seeds that decay where they lie, once for each repair half-time; None without any."""
    rows = [
        _named(found) | {"Repair half-time": f"{hours:g} h"} | _doses(found, hours)
        for found in schedules
        if found.schedule.delivery == "permanent_implant"
        for hours in REPAIR_HALF_TIMES
    ]
    return _table(rows, caption, id)


def uncomputed_table(schedules: Sequence[PublishedSchedule], caption: str) -> Html | None:
    """Schedules without a figure, with the reason; None without any."""
    rows = [
        _named(found) | {"Why no BED is computed": reason}
        for found in schedules
        if (reason := reason_without(found)) is not None
    ]
    return html_table(pd.DataFrame(rows), caption=caption) if rows else None


def reason_without(found: PublishedSchedule) -> str | None:
    """Why a schedule has no BED; None when it has one."""
    try:
        biological_dose(
            found.schedule, alpha_beta_gy=10, repair_half_time_hours=REPAIR_HALF_TIMES[0]
        )
    except NotIdentifiedError as missing:
        return str(missing)
    return None


def worked_table() -> Html:
    """The worked values: what the formulas give for plain schedules."""
    rows = [
        {
            "Schedule": f"{fractions} × {dose} Gy" if fractions > 1 else f"{dose} Gy once",
            "Repair half-time": "not needed",
            "BED, α/β 10 Gy": _worked(found.bed_gy, FRACTIONS),
            "EQD2, α/β 10 Gy": _worked(found.eqd2_gy, FRACTIONS),
            "Range of the model": "outside" if found.outside_model_range else "inside",
        }
        for dose, fractions in _WORKED_FRACTIONS
        for found in [
            fractionated(dose_per_fraction_gy=dose, fractions=fractions, alpha_beta_gy=10)
        ]
    ]
    rows += [
        {
            "Schedule": f"Cs-131 seeds, {total} Gy",
            "Repair half-time": f"{hours:g} h",
            "BED, α/β 10 Gy": _worked(found.bed_gy, SEEDS),
            "EQD2, α/β 10 Gy": _worked(found.eqd2_gy, SEEDS),
            "Range of the model": "inside",
        }
        for total in _WORKED_SEEDS
        for hours in REPAIR_HALF_TIMES
        for found in [
            permanent_implant(
                total_dose_gy=total,
                half_life_days=ISOTOPES["cs131"].half_life_days,
                repair_half_time_hours=hours,
                alpha_beta_gy=10,
            )
        ]
    ]
    note = "Not for treatment planning. Doses in Gy; outside: more than 10 Gy a fraction."
    caption = "Worked values (not for treatment planning)"
    return html_table(pd.DataFrame(rows), caption=caption, note=note, id="worked-values")


def control_table(points: Sequence[ControlPoint]) -> Html:
    """Each cohort's local control, BED, and what makes cohorts differ."""
    words = load_vocabulary()
    rows = [
        {
            "Study": study_link(point.candidate.record.id, study_label(point.candidate.record)),
            "Treatment": words["treatment"][point.candidate.arm.treatment].label,
            "Local control at 12 months": _landmark(point),
            "BED, α/β 10 Gy": _bed(point),
            "Counted": units(
                point.candidate.outcome.n_analysed.value, point.candidate.outcome.n_analysed.unit
            ),
            "Estimator": words["estimator"][point.candidate.outcome.estimator].label,
        }
        for point in points
    ]
    return html_table(pd.DataFrame(rows), caption="Local control at 12 months beside BED")


def control_picture(points: Sequence[ControlPoint]) -> Html:
    """The same as a chart, without a line through the marks."""
    words = load_vocabulary()
    frame = pd.DataFrame(
        [
            {
                "study": study_label(point.candidate.record),
                "treatment": point.candidate.arm.treatment,
                "bed_low": point.bed_low_gy,
                "bed_high": point.bed_high_gy,
                "control": point.landmark.value,
                "low": point.landmark.low,
                "high": point.landmark.high,
                "n": point.candidate.outcome.n_analysed.value,
                "estimator": words["estimator"][point.candidate.outcome.estimator].label,
            }
            for point in points
        ]
    )
    return control_chart(
        "control-against-bed",
        frame,
        title="Local control at 12 months against BED",
        x_title="BED in Gy, α/β 10 Gy",
        y_title="Local control at 12 months",
        description="One mark a cohort. A bar across is a range of BED (of doses, or of repair "
        "half-times); a line upwards is a printed 95% interval. No line is fitted: cohorts "
        "differ in more than dose, and there are too few of them.",
    )


def without_dose_table(arms: Sequence[WithoutDose]) -> Html:
    """Arms that print local control at 12 months and cannot stand in the chart."""
    rows = [
        {
            "Study": study_link(found.candidate.record.id, study_label(found.candidate.record)),
            "Arm": field_link(
                found.candidate.record.id,
                f"arms[{found.candidate.arm_index}]",
                found.candidate.arm.label,
            ),
            "Local control at 12 months": _landmark(found),
            "Why it is not in the chart": found.reason,
        }
        for found in arms
    ]
    return html_table(pd.DataFrame(rows), caption="Local control without a known BED")


def contrast_table(found: Iterable[tuple[StudyRecord, int, Contrast]]) -> Html:
    """Comparisons by dose within a study, as printed."""
    words = load_vocabulary()
    rows = []
    for record, index, contrast in found:
        hint = source_hint(record.id, contrast.source)
        limits = interval(contrast.hr, contrast.low, contrast.high, number=_as_printed)
        known = contrast.low is not None or contrast.high is not None
        said = limits if known else f"{limits}, no interval printed"
        rows.append(
            {
                "Study": study_link(record.id, study_label(record)),
                "Compared": f"{contrast.arm} against {contrast.versus}",
                "Outcome": words["outcome"][contrast.outcome].label,
                "Hazard ratio of failure": field_link(record.id, f"contrasts[{index}]", said, hint),
                "p": field_link(record.id, f"contrasts[{index}]", str(contrast.p), hint),
                "Adjusted": "yes" if contrast.adjusted else "no",
            }
        )
    return html_table(pd.DataFrame(rows), caption="Dose within one study, as its paper prints it")


def _table(rows: list[dict], caption: str, id: str) -> Html | None:
    if not rows:
        return None
    note = "BED with EQD2 in brackets, Gy. Computed by this review; not for treatment planning."
    return html_table(pd.DataFrame(rows), caption=caption, note=note, id=id)


def _named(found: PublishedSchedule) -> dict[str, object]:
    """Who received it, and the words that state it."""
    schedule = found.schedule
    told = [_STATISTICS[schedule.statistic]]
    told += [f"n {schedule.n}"] if schedule.n else []
    told += [f"{percent(schedule.share)} of patients"] if schedule.share is not None else []
    return {
        "Study": study_link(found.study_id, f"{found.study_label}{_DECISIONS[found.decision]}"),
        "Arm": _arm(found),
        "Dose in the record’s words": stated_in(found),
        "Stands for": stated_in(found, ", ".join(told)),
    }


def _arm(found: PublishedSchedule) -> Cell | str:
    if found.arm_label is None:
        return "the whole study"
    return field_link(found.study_id, f"arms[{found.arm_index}]", found.arm_label)


def _doses(found: PublishedSchedule, hours: float | None) -> dict[str, Cell]:
    return {
        f"α/β {value:g} Gy ({what})": dose_cell(
            biological_dose(found.schedule, alpha_beta_gy=value, repair_half_time_hours=hours),
            formula_of(found.schedule),
        )
        for value, what in RATIOS.items()
    }


def _worked(value: float, formula: str) -> Cell:
    return formula_link(two_decimals(value), formula)


def _landmark(found: ControlPoint | WithoutDose) -> Cell:
    candidate, mark = found.candidate, found.landmark
    text = interval(mark.value, mark.low, mark.high, number=_percentage)
    hint = source_hint(candidate.record.id, candidate.outcome.source)
    return field_link(candidate.record.id, candidate.field, text, hint)


def _bed(point: ControlPoint) -> Cell:
    text = " to ".join(dict.fromkeys((gray(point.bed_low_gy), gray(point.bed_high_gy))))
    if point.printed_bed:
        found = next(s for s in point.schedules if s.schedule.printed_bed_gy is not None)
        return stated_in(found, f"{text}, the paper’s own median")
    return formula_link(text, formula_of(point.schedules[0].schedule))


def _percentage(value: float | None) -> str:
    return percent(value, decimals=1)


def _as_printed(value: float | None) -> str:
    return "not printed" if value is None else as_number(value)
