"""The chapter on dose: what was given, in one currency, with a calculator and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.book.competing_example import HOW, competing_blocks
from analysis_lib.book.dose_links import CALCULATOR_PAGE, PURPOSE
from analysis_lib.book.dose_tables import (
    REPAIR_HALF_TIMES,
    beam_table,
    contrast_table,
    control_picture,
    control_table,
    reason_without,
    seed_table,
    uncomputed_table,
    without_dose_table,
)
from analysis_lib.book.markdown import Heading, Items, Section, page
from analysis_lib.book.places import field_anchor, field_link, source_hint, study_link, study_page
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.published_doses import (
    ControlPoint,
    PublishedSchedule,
    control_points,
    dose_contrasts,
    published_schedules,
)
from analysis_lib.dose import LARGEST_FRACTION_IN_RANGE_GY
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import StudyRecord
from analysis_lib.tables import Cell, Html, callout, count, paragraph

#: The record of the sister example.
SPINE = "spine-sbrt-2025"

#: What its notes are known by: the limits, the repair, how recurrence was estimated.
_SPINE_NOTES = ("biologically effective dose", "repair assumed", "competing event")

_MONTHS, _RATIO = 12.0, 10.0


@dataclass(frozen=True)
class Box(Html):
    """Something beside the question, set apart from the text."""

    parts: tuple[Html, ...]

    def to_html(self) -> str:
        inside = "\n".join(part.to_html() for part in self.parts)
        return f'<div class="lsr-dose-sister">\n{inside}\n</div>'

    def to_text(self) -> str:
        return "\n".join(part.to_text() for part in self.parts)


def dose_page(records: Sequence[StudyRecord]) -> str:
    """The Markdown of the chapter on dose.

    Raises
    ------
    ReviewError
        The record of the spinal series no longer holds what the page says of it.
    """
    schedules = published_schedules(records)
    return page(
        f"Dose ({PURPOSE})",
        callout(
            "caution",
            "This page explains printed numbers. It holds no limit and no verdict, adds no two "
            "courses up and assumes no recovery of the brain: none is known well enough. It is "
            f"{PURPOSE}. ",
            Cell("Calculator and formulas", href=CALCULATOR_PAGE),
            ".",
        ),
        *_summary(schedules),
        Heading("What was given for the recurrence"),
        *_given([s for s in schedules if s.schedule.course == "recurrence"]),
        Heading("What had been given before"),
        *_before([s for s in schedules if s.schedule.course == "earlier"]),
        Heading("Local control against dose"),
        *_control(records),
        Heading("A sister example: the spine"),
        _spine(records),
        Heading("Recurrence where death competes"),
        *competing_blocks(),
        Section(HOW, "How these figures are made", (_how_competing(),), level=3),
    )


def _summary(schedules: Sequence[PublishedSchedule]) -> list[Html]:
    studies = len({found.study_id for found in schedules})
    given = [found for found in schedules if found.schedule.course == "recurrence"]
    known = [found for found in given if reason_without(found) is None]
    return [
        paragraph(
            f"{count(studies)} records state a dose. Of {count(len(given))} doses given for the "
            f"recurrence, {count(len(known))} can be put into one currency; the others print "
            "only a total, a mean or a mixture, and are listed as they stand."
        ),
        paragraph(
            "The currency is the biologically effective dose (BED) of the linear-quadratic "
            "model, and the same as fractions of 2 Gy (EQD2). Both depend on α/β, a property "
            "of the tissue, so that no figure stands here without it: 10 Gy for tumour, 3 or "
            "2 Gy for late effects. "
            f"Above {LARGEST_FRACTION_IN_RANGE_GY:g} Gy a fraction, as in most radiosurgery, the "
            "model is used outside the range it was tested in; that is said beside each such "
            "figure."
        ),
    ]


def _given(schedules: Sequence[PublishedSchedule]) -> list[Html]:
    beams = beam_table(schedules, "External beam: BED (EQD2)", "beams")
    seeds = seed_table(schedules, "Seeds: BED (EQD2)", "seeds")
    rest = uncomputed_table(schedules, "Stated, and not computed")
    half_times = " and ".join(f"{hours:g} h" for hours in REPAIR_HALF_TIMES)
    about_seeds = paragraph(
        "Seeds give their dose over weeks, while cells repair: their BED depends on the half-time "
        f"of repair, which no record prints. {half_times} are shown side by side, to see how "
        "much hangs on it; neither is recommended. The dose is that at the point of "
        "prescription, mostly 5 mm from the cavity’s wall; at the wall it is higher. Tumour that "
        "grows again during these weeks is not taken off. A BED of seeds and one of radiosurgery "
        "with the same number are not the same treatment."
    )
    return [block for block in (beams, *((about_seeds, seeds) if seeds else ()), rest) if block]


def _before(schedules: Sequence[PublishedSchedule]) -> list[Html]:
    blocks: list[Html | None] = [
        paragraph(
            "Not added to what came after: how much of an earlier dose the brain recovers, and "
            "when, is not known."
        ),
        beam_table(schedules, "Earlier course: BED (EQD2)", "earlier-beams"),
        uncomputed_table(schedules, "Earlier course: stated, and not computed"),
    ]
    return [block for block in blocks if block]


def _control(records: Sequence[StudyRecord]) -> list[Html]:
    points, without = control_points(
        records, months=_MONTHS, alpha_beta_gy=_RATIO, repair_half_times_hours=REPAIR_HALF_TIMES
    )
    contrasts = dose_contrasts(records)
    blocks: list[Html] = []
    if points:
        blocks += [
            callout(
                "caution",
                f"{count(len(points))} cohorts, each with its own patients, lesions, definition "
                "of failure and estimator. No line is drawn through them: with so few cohorts "
                "any line could be had, and dose is chosen by size and place of the lesion, "
                f"which also bear on control.{_printed_words(points)}",
            ),
            control_picture(points),
            control_table(points),
        ]
    else:
        blocks.append(callout("missing", "No cohort has both local control and a known BED."))
    if without:
        blocks.append(without_dose_table(without))
    if contrasts:
        blocks += [
            paragraph("Within one study, patients of one centre are compared by dose:"),
            contrast_table(contrasts),
        ]
    return blocks


def _printed_words(points: Sequence[ControlPoint]) -> str:
    names = [study_label(point.candidate.record) for point in points if point.printed_bed]
    if not names:
        return ""
    return (
        f" The BED of {', '.join(names)} is the paper’s own median; which lesions it covers was "
        "not read."
    )


def _spine(records: Sequence[StudyRecord]) -> Html:
    record = next((one for one in records if one.id == SPINE), None)
    if record is None:
        raise ReviewError(f"data/studies/{SPINE}: the page on dose names this record")
    notes = [_note(record, words) for words in _SPINE_NOTES]
    myelopathy = record.arms[0].harms[0]
    told = f"{count(myelopathy.n_events)} of {count(myelopathy.n_at_risk)} patients"
    return Box(
        (
            paragraph(
                "For the spine a published series says which limit its plans had to keep and how "
                "much repair they assumed. It concerns the spinal cord. ",
                Cell("None of it is applied to the brain.", class_="lsr-strong"),
            ),
            paragraph(
                study_link(record.id, study_label(record)),
                f", {record.population}. In the words of its record:",
            ),
            Items(tuple((note,) for note in notes)),
            paragraph(
                "Radiation myelopathy: ",
                field_link(
                    record.id,
                    "arms[0].harms[0]",
                    told,
                    source_hint(record.id, myelopathy.source),
                ),
                " at a median follow-up of ",
                Cell(
                    f"{record.median_followup_months:g} months",
                    href=f"{study_page(record.id)}#study",
                ),
                ". Late harm can come later than that.",
            ),
            paragraph(
                "Repair by a fixed percentage at a fixed time lets a plan add two courses up. For "
                "the brain no such figure is known well enough to be put into a calculator, and "
                "none is put into this one."
            ),
        )
    )


def _note(record: StudyRecord, words: str) -> Cell:
    """The note of a record that holds the words, leading to it."""
    for index, note in enumerate(record.notes):
        if words in note:
            anchor = field_anchor(f"notes[{index}]")
            return Cell(note, href=f"{study_page(record.id)}#{anchor}")
    raise ReviewError(
        f"data/studies/{record.id}/study.yaml: notes: the page on dose looks for a note with "
        f"“{words}”; bring it back or change the page"
    )


def _how_competing() -> Html:
    return paragraph(
        "Cumulative incidence by Aalen and Johansen: at each time the share still free of both "
        "events, times the share of those at risk who progress then, summed up. 1 − Kaplan-Meier: "
        "the same with deaths as censored. Both are computed by this review’s library from the "
        "public patients and held against R’s survfit by a test. Data: Kyle et al., N Engl J Med "
        "2002, as the R package survival ships it (LGPL)."
    )
