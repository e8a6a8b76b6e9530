"""Tables of the chapter on other options: ranges of cohorts, every figure, what was not found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.explorer_arms import tumour_words
from analysis_lib.book.markdown import Inline, Items, plain
from analysis_lib.book.places import WORDS_READ, field_link, source_hint, study_link
from analysis_lib.book.printed_figures import contrast_words, harm_words, printed_words
from analysis_lib.book.side_figures import figure_words, pooled_median_words
from analysis_lib.book.study_words import with_names
from analysis_lib.comparison.arms import ArmEvidence, Estimate, study_label
from analysis_lib.comparison.options import (
    OptionArm,
    OptionContrast,
    OptionEvidence,
    tumour_type,
)
from analysis_lib.comparison.result import OutcomeResult
from analysis_lib.comparison.side_summary import LANDMARKS_MONTHS, MINIMUM_STUDIES, SideSummary
from analysis_lib.comparison.sides import SideResult, range_of
from analysis_lib.study_records import StudyRecord
from analysis_lib.study_records.model import Outcome, Source
from analysis_lib.tables import (
    NOT_REPORTED,
    Cell,
    Html,
    count,
    html_table,
    interval,
    months,
    percent,
)

_MIXED = "several, or not counted"

_DECISIONS = {"exclude": "no: not eligible", "indirect": "no: indirect"}


@dataclass(frozen=True)
class FigurePlace:
    """One outcome of an arm with its place, and whether it is counted in the ranges."""

    found: OptionArm
    outcome: Outcome
    field: str


def figures_anchor(option_id: str) -> str:
    """Anchor of the table of every figure of an option."""
    return f"figures-of-{option_id}"


# --- what is known --------------------------------------------------------------------


def known_table(evidence: OptionEvidence) -> Html:
    """Ranges of what cohorts report, k of K; a pooled figure only where the rules allow one."""
    rows = [row for outcome in evidence.result.outcomes for row in _known_rows(evidence, outcome)]
    return html_table(
        pd.DataFrame(rows),
        caption=f"{evidence.option.title}: what cohorts report",
        note=(
            "Smallest and largest of the cohorts that report the figure, with how many of those "
            "counted do; figures kept for sensitivity are among them. Pooled: from "
            f"{count(MINIMUM_STUDIES)} studies of one definition. In brackets the 95% interval: "
            "computed from the number of patients or lesions where the paper prints none, for a "
            "median as if survival fell evenly and nobody was lost."
        ),
    )


def _known_rows(evidence: OptionEvidence, outcome: OutcomeResult) -> Iterator[dict[str, object]]:
    side = outcome.sides[0]
    if not evidence.option.by_tumour or not side.arms:
        yield _known_row(evidence, outcome, side.arms, outcome_label(outcome.outcome))
        return
    types = {record.id: tumour_type(record) for record in _records(evidence.eligible)}
    for name in sorted({types[arm.study_id] or "" for arm in side.arms}, reverse=True):
        arms = [arm for arm in side.arms if (types[arm.study_id] or "") == name]
        words = tumour_words(name) if name else _MIXED
        label = f"{outcome_label(outcome.outcome)}, primary tumour: {words}"
        yield _known_row(evidence, outcome, arms, label)


def _known_row(
    evidence: OptionEvidence, outcome: OutcomeResult, arms: Sequence[ArmEvidence], label: str
) -> dict[str, object]:
    studies = len({arm.study_id for arm in arms})
    total = len(evidence.study_ids)
    used = f"{count(studies)} of {count(total)} studies"
    used += f", {count(len(arms))} cohorts" if len(arms) > studies else ""
    # Different drugs for different tumours are no one treatment: nothing is pooled over them.
    pooled = (
        "not pooled: different drugs" if evidence.option.by_tumour else _pooled(evidence, outcome)
    )
    return {
        "Outcome": label,
        "Counted": _there(evidence, used if arms else f"none of {count(total)} studies"),
        "Median, months": _spread(evidence, arms, lambda arm: arm.median, months),
        **{
            f"At {when:g} months": _spread(
                evidence, arms, lambda arm, when=when: arm.at(when), percent
            )
            for when in LANDMARKS_MONTHS[:2]
        },
        "Pooled": pooled,
    }


def _spread(
    evidence: OptionEvidence,
    arms: Sequence[ArmEvidence],
    figure: Callable[[ArmEvidence], Estimate | None],
    number: Callable[[float | None], str],
) -> Cell | str:
    found = [(estimate, arm) for arm in arms if (estimate := figure(arm)) is not None]
    spread = range_of([estimate for estimate, _ in found])
    if spread is None:
        return NOT_REPORTED
    share = f"{count(len(found))} of {count(len(arms))}"
    if len(found) == 1:
        one, arm = found[0]
        text = interval(one.value, one.low, one.high, number=number)
        hint = source_hint(arm.study_id, arm.source)
        return field_link(arm.study_id, arm.field, f"{text}, {share}", hint)
    return _there(evidence, f"{number(spread.low)} to {number(spread.high)}, {share}")


def _pooled(evidence: OptionEvidence, outcome: OutcomeResult) -> Cell | str:
    side = outcome.sides[0]
    summaries = [pool.summary(side) for pool in outcome.pools]
    words = [text for summary in summaries for text in _pooled_words(summary)]
    if words:
        return _there(evidence, "; ".join(words))
    most = max((figure.k for s in summaries for figure in s.landmarks), default=0)
    return f"not pooled: at most {count(most)} of {count(MINIMUM_STUDIES)} studies know one time"


def _pooled_words(summary: SideSummary) -> Iterator[str]:
    for figure in summary.landmarks:
        if figure.value is not None:
            yield f"at {figure.months:g} months {figure_words(figure)}"
    if summary.medians is not None:
        yield f"median in months {pooled_median_words(summary.medians)}"


def _there(evidence: OptionEvidence, text: str) -> Cell:
    names = sorted({study_label(record) for record in _records(evidence.eligible)})
    title = f"Every figure behind it. From {', '.join(names) or 'no study'}."
    return Cell(text, href=f"#{figures_anchor(evidence.option.id)}", title=title)


# --- every figure ---------------------------------------------------------------------


def figures_table(evidence: OptionEvidence) -> Html:
    """Every figure that was read: those in the ranges, and why the others are not."""
    reasons = _reasons(evidence)
    rows = [
        _figure_row(place, reasons.get((place.found.record.id, place.field)))
        for place in _figures((*evidence.eligible, *evidence.elsewhere))
    ]
    rows += [_silent_row(found) for found in evidence.eligible if not found.arm.outcomes]
    return html_table(
        pd.DataFrame(rows),
        caption=f"{evidence.option.title}: every figure",
        id=figures_anchor(evidence.option.id),
    )


def necrosis_table(arms: Sequence[OptionArm]) -> Html:
    """Every figure of arms of radiation necrosis: survival, control, harms; never pooled."""
    rows = [_figure_row(place, "radiation necrosis") for place in _figures(arms)]
    for found in arms:
        for number, harm in enumerate(found.arm.harms):
            field = f"arms[{found.index}].harms[{number}]"
            rows.append(_row(found, field, harm.event, harm_words(harm), harm.source))
    frame = pd.DataFrame(rows).drop(columns="In the ranges", errors="ignore")
    return html_table(frame, caption="Radiation necrosis: every figure, none pooled")


def _figures(arms: Iterable[OptionArm]) -> Iterator[FigurePlace]:
    for found in arms:
        for number, outcome in enumerate(found.arm.outcomes):
            yield FigurePlace(found, outcome, f"arms[{found.index}].outcomes[{number}]")


def _reasons(evidence: OptionEvidence) -> dict[tuple[str, str], str]:
    """Why a figure stands in no range; the empty text for one that does."""
    reasons: dict[tuple[str, str], str] = {}
    for outcome in evidence.result.outcomes:
        side = outcome.sides[0]
        reasons |= {(arm.study_id, arm.field): "" for arm in side.arms}
        reasons |= {
            (out.candidate.record.id, out.candidate.field): out.reason for out in side.left_out
        }
    return reasons


def _figure_row(place: FigurePlace, reason: str | None) -> dict[str, object]:
    found, outcome = place.found, place.outcome
    row = _row(
        found, place.field, outcome_label(outcome.outcome), printed_words(outcome), outcome.source
    )
    decision = found.record.eligibility
    if decision.decision != "include":
        why = f"{_DECISIONS[decision.decision]}: {decision.reason}"
    elif reason is None:
        why = "no: not among the outcomes of this section"
    else:
        why = f"no: {reason}" if reason else "yes"
    # A reason may quote the paper; the row leads to it.
    return row | {"In the ranges": Cell(plain(with_names(why)), class_=WORDS_READ)}


def _row(found: OptionArm, field: str, what: str, text: str, source: Source) -> dict[str, object]:
    record = found.record
    return {
        "Study": study_link(record.id, study_label(record)),
        "Arm": found.arm.label,
        "Patients": count(found.arm.n_patients),
        "Figure": what[:1].upper() + what[1:],
        "Printed": field_link(record.id, field, text, source_hint(record.id, source)),
    }


def _silent_row(found: OptionArm) -> dict[str, object]:
    record, field = found.record, f"arms[{found.index}]"
    return {
        "Study": study_link(record.id, study_label(record)),
        "Arm": found.arm.label,
        "Patients": count(found.arm.n_patients),
        "Figure": "none of time to an event",
        "Printed": field_link(record.id, field, NOT_REPORTED),
        "In the ranges": "no: nothing to count",
    }


# --- against other treatments, and what was not found -----------------------------------


def contrast_items(contrasts: Iterable[OptionContrast]) -> Items:
    """What studies print when they compare the option with another treatment."""
    return Items(tuple(_contrast_item(found.record, found) for found in contrasts))


def _contrast_item(record: StudyRecord, found: OptionContrast) -> Inline:
    contrast = found.contrast
    first, second = (record.arm(name).label for name in (contrast.arm, contrast.versus))
    words = contrast_words(contrast)
    hint = source_hint(record.id, contrast.source)
    return (
        study_link(record.id, study_label(record)),
        f", {first} against {second}, {outcome_label(contrast.outcome).lower()}: ",
        field_link(record.id, found.field, words, hint),
        ".",
    )


def not_found_items(evidence: OptionEvidence) -> Items:
    """What was looked for and is not there, each counted over the eligible studies."""
    total = len(evidence.study_ids)
    of = f"of {count(total)} eligible stud{'y' if total == 1 else 'ies'}"
    items: list[Inline] = [
        _compared(evidence, "Compared with another treatment within the study", evidence.contrasts),
        _compared(evidence, "Groups that both had it, compared", evidence.inside),
    ]
    local = {f.record.id for f in evidence.eligible if f.record.recurrence == "local"}
    items.append(
        ("The recurrence was at the treated site: ", f"stated by {count(len(local))} {of}.")
    )
    for outcome in evidence.result.outcomes:
        items.append(_known_by(evidence, outcome.outcome, outcome.sides[0], of))
    harms = {f.record.id for f in evidence.eligible if any(_harm(h) for h in f.arm.harms)}
    items.append(("A harm after treatment: ", f"reported by {count(len(harms))} {of}."))
    return Items(tuple(items))


def _compared(evidence: OptionEvidence, what: str, contrasts: Sequence[OptionContrast]) -> Inline:
    studies = {found.record.id for found in contrasts}
    chance = {found.record.id for found in contrasts if found.by_chance}
    text = f"{count(len(studies))} of {count(len(evidence.study_ids))} studies"
    return (f"{what}: ", _there(evidence, text), f"; assigned by chance in {count(len(chance))}.")


def _known_by(evidence: OptionEvidence, outcome: str, side: SideResult, of: str) -> Inline:
    intervals = sum(
        any(e is not None and e.interval_kind == "printed" for e in (arm.median, *arm.landmarks))
        for arm in side.arms
    )
    return (
        f"{outcome_label(outcome)}, usable and counted from the start of treatment: ",
        _there(evidence, f"{count(len(side.study_ids))} {of}"),
        f"; with a printed interval: {count(intervals)} of {count(len(side.arms))} cohorts.",
    )


def _harm(harm) -> bool:
    return harm.kind == "harm_after"


def _records(arms: Iterable[OptionArm]) -> list[StudyRecord]:
    return list({found.record.id: found.record for found in arms}.values())
