"""Where a dose on the page leads: a read one to its record, a computed one to its formula."""

from __future__ import annotations

from analysis_lib.book.places import block_anchor, field_anchor, study_page
from analysis_lib.comparison.published_doses import DoseRange, PublishedSchedule
from analysis_lib.dose import BiologicalDose
from analysis_lib.study_records.model import Schedule
from analysis_lib.tables import Cell, gray, ratio

#: The page whose sections say how a figure is made.
CALCULATOR_PAGE = "dose-calculator.html"
FRACTIONS, SEEDS, IMPLANT = "formula-fractions", "formula-seeds", "formula-implant"

_FORMULAS = {
    FRACTIONS: "BED = D (1 + d / (α/β))",
    SEEDS: "BED = D (1 + λ / (λ + μ) · D / (α/β))",
    IMPLANT: "BED = R T (1 + 2R / (μ α/β) · (1 − (1 − exp(−μT)) / (μT)))",
}

#: What every heading, result and printed sheet says.
PURPOSE = "not for treatment planning"

#: Stands beside every figure from more than 10 Gy a fraction.
OUTSIDE = "over 10 Gy a fraction: outside the model’s range"


def stated_in(found: PublishedSchedule, text: str | None = None) -> Cell:
    """The words of the record that state the dose, leading to where they stand."""
    schedule = found.schedule
    listed = schedule.stated_in.startswith("notes[")
    anchor = field_anchor(schedule.stated_in) if listed else block_anchor(schedule.stated_in)
    hint = f"“{schedule.words}” ({_place_words(schedule)} of the record)"
    return Cell(text or schedule.words, href=f"{study_page(found.study_id)}#{anchor}", title=hint)


def dose_cell(doses: DoseRange, formula: str) -> Cell:
    """``50.4 (42.0)``: BED with EQD2 in brackets, leading to the formula."""
    return Cell(
        _warned(_both(doses), doses.high),
        href=f"{CALCULATOR_PAGE}#{formula}",
        title=f"{_FORMULAS[formula]}, {_values(doses)}; EQD2 = BED / (1 + 2 / (α/β)).",
        class_="lsr-pooled",
    )


def formula_link(text: str, formula: str) -> Cell:
    """A computed figure in a sentence, leading to its formula."""
    return Cell(
        text,
        href=f"{CALCULATOR_PAGE}#{formula}",
        title=f"{_FORMULAS[formula]}.",
        class_="lsr-pooled",
    )


def formula_of(schedule: Schedule) -> str:
    """The section that a schedule's figure leads to."""
    return FRACTIONS if schedule.delivery == "external_beam" else SEEDS


def _place_words(schedule: Schedule) -> str:
    if schedule.stated_in.startswith("notes["):
        return "a note of the readers"
    return "the population" if schedule.stated_in == "population" else "the label of the arm"


def _both(doses: DoseRange) -> str:
    beds = dict.fromkeys((gray(doses.low.bed_gy), gray(doses.high.bed_gy)))
    eqd2s = dict.fromkeys((gray(doses.low.eqd2_gy), gray(doses.high.eqd2_gy)))
    return f"{' to '.join(beds)} ({' to '.join(eqd2s)})"


def _warned(text: str, dose: BiologicalDose) -> str:
    return f"{text}; {OUTSIDE}" if dose.outside_model_range else text


def _values(doses: DoseRange) -> str:
    """What stands for the letters: total dose, dose per fraction or repair half-time, ratio."""
    low, high = doses.low, doses.high
    said = [f"D = {_ends(low.total_dose_gy, high.total_dose_gy)} Gy"]
    if low.dose_per_fraction_gy is not None and high.dose_per_fraction_gy is not None:
        said.append(f"d = {_ends(low.dose_per_fraction_gy, high.dose_per_fraction_gy)} Gy")
    if low.repair_half_time_hours is not None:
        said.append(f"repair half-time {low.repair_half_time_hours:g} h")
    return ", ".join([*said, f"α/β = {low.alpha_beta_gy:g} Gy"])


def _ends(low: float, high: float) -> str:
    return " to ".join(dict.fromkeys((two_decimals(low), two_decimals(high))))


def two_decimals(value: float) -> str:
    """With up to two decimals: ``31.25``, ``42``."""
    text = ratio(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
