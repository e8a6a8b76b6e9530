"""What a comparison's page shows as tables and sentences; one function a cell calls."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis_lib.book.answers import (
    Sentence,
    comparator_sentence,
    contrast_words,
    lead,
    outcome_label,
)
from analysis_lib.book.blocks import Answer, Fold, Stack, Subheading
from analysis_lib.book.places import (
    arm_link,
    field_link,
    place_read,
    sheet_path,
    source_hint,
    study_link,
)
from analysis_lib.book.sources import pooled_link
from analysis_lib.comparison.arms import ArmEvidence, Estimate, study_label
from analysis_lib.comparison.naive import NaiveContrast
from analysis_lib.comparison.pools import Pool, PoolClass, disagree
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult, ScenarioResult
from analysis_lib.comparison.selection import Candidate
from analysis_lib.comparison.sides import Range, SideResult
from analysis_lib.study_records import load_reading, load_vocabulary
from analysis_lib.tables import (
    Cell,
    Html,
    Paragraph,
    callout,
    count,
    html_table,
    interval,
    mid_sentence,
    months,
    paragraph,
    percent,
    ratio,
)

_UNITS = {
    "patient": "patients",
    "lesion": "lesions",
    "cavity": "cavities",
    "unit not stated": "(unit not stated)",
}


#: What decides at the bedside and stands in no cohort's figures.
OUTSIDE = (
    "Outside these data: signs that make an operation urgent, such as pressure on the brain or "
    "bleeding, and states in which it has no purpose."
)


def per_outcome(
    result: ComparisonResult, show: Callable[[ComparisonResult, OutcomeResult], Html]
) -> Stack:
    """``show`` for every outcome of the comparison, under its name where there are several."""
    if len(result.outcomes) == 1:
        return Stack(show(result, result.leading))
    parts: list[Html] = []
    for outcome in result.outcomes:
        parts += [Subheading(outcome_label(outcome.outcome)), show(result, outcome)]
    return Stack(*parts)


def question(result: ComparisonResult) -> Stack:
    """The question, what leads the page, and what these data cannot answer."""
    declared = result.declaration
    return Stack(
        paragraph(declared.question),
        *(
            callout("answer", *sentence)
            for sentence in comparator_sentence(result, with_ratio=True)
        ),
        *(Answer(sentences[0], sentences[1:]) for sentences in lead(result)),
        callout("caution", f"What this cannot answer: {declared.cannot_answer}"),
        callout("caution", OUTSIDE),
        Paragraph(
            (
                "This answer on one sheet to print: ",
                Cell("summary on one page", href=sheet_path(declared.id)),
                ". Data and references: ",
                Cell("take away", href="take-away.html"),
                ".",
            ),
            "lsr-paragraph lsr-to-print",
        ),
    )


def arms_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Who was studied: every arm of the primary analysis, each number leading to its place."""
    label = outcome_label(outcome.outcome).lower()
    note = (
        "Interval: printed in the paper, or (computed) from the number of patients: "
        "exponential shape for a median, nobody lost before the time for a percentage."
    )
    parts: list[Html] = []
    for side in outcome.sides:
        if not side.arms:
            parts.append(callout("missing", f"{side.label}: no arm with a usable figure."))
            continue
        rows = pd.DataFrame([_arm_row(arm) for arm in side.arms])
        parts.append(html_table(rows, caption=f"{side.label}: arms that report {label}", note=note))
    return Stack(*parts)


def left_out_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Figures that could have been asked for and do not stand in the primary analysis."""
    rows = [
        {
            "Study": study_link(out.candidate.record.id, study_label(out.candidate.record)),
            "Arm": field_link(
                out.candidate.record.id, out.candidate.field, out.candidate.arm.label
            ),
            "Printed": _printed_figures(out.candidate),
            "Side": side.label,
            "Why it is not pooled": field_link(
                out.candidate.record.id, out.candidate.field, out.reason
            ),
        }
        for side in outcome.sides
        for out in side.left_out
    ]
    rows += [
        {
            "Study": study_link(found.record.id, study_label(found.record)),
            "Arm": found.arm.label,
            "Printed": _printed_figures(found),
            "Side": "indirect",
            "Why it is not pooled": field_link(
                found.record.id,
                found.field,
                found.outcome.role_reason or found.record.eligibility.reason,
            ),
        }
        for found in outcome.indirect
    ]
    label = outcome_label(outcome.outcome).lower()
    if not rows:
        return paragraph(f"No figure for {label} was left out.")
    table = html_table(pd.DataFrame(rows), caption=f"Read but not pooled: {label}")
    return Fold(f"{count(len(rows))} figures for {label} that are not pooled, and why", table)


def _printed_figures(candidate: Candidate) -> Cell:
    """What a paper prints for a figure that is not pooled, leading to its place."""
    outcome, parts = candidate.outcome, []
    median = outcome.median
    if median is not None and median.value is not None:
        unusable = " (no survival median)" if median.usable is False else ""
        text = interval(median.value, median.low, median.high)
        parts.append(f"median {text} months{unusable}")
    for mark in outcome.landmarks:
        if mark.value is not None:
            text = interval(mark.value, mark.low, mark.high, number=percent)
            parts.append(f"{text} at {mark.months:g} months")
    n = outcome.n_analysed.value
    if outcome.n_events is not None and not parts:
        parts.append(f"{count(outcome.n_events)} events")
    parts.append("n not printed" if n is None else f"n {count(n)}")
    hint = source_hint(candidate.record.id, outcome.source)
    return field_link(candidate.record.id, candidate.field, "; ".join(parts), hint)


def contrasts_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """What papers print when they compare groups themselves."""
    rows = [
        {
            "Study": study_link(contrast.study_id, contrast.study_label),
            "Group": contrast.arm,
            "Against": contrast.versus,
            "Printed": contrast_words(contrast),
            "Model": contrast.model or contrast.estimator,
            "Speaks to the question": "directly" if contrast.direct else "indirectly or in part",
        }
        for contrast in outcome.contrasts
    ]
    label = outcome_label(outcome.outcome).lower()
    if not rows:
        return callout("missing", f"No paper prints a comparison of these groups on {label}.")
    return html_table(pd.DataFrame(rows), caption=f"Contrasts printed within studies: {label}")


def naive_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """The naive pool, under that name, beside nothing else."""
    label = outcome_label(outcome.outcome).lower()
    if not outcome.naive:
        return callout("missing", f"No naive pool of {label}: a side has no patients to pool.")
    rows = [_naive_row(outcome, pool, naive) for pool in outcome.pools for naive in pool.naive]
    note = (
        "Naive: every patient as if from one study. Differences between hospitals read as "
        "differences between treatments; not an effect of treatment. Pseudo-patients from "
        "printed summaries; their uncertainty is in the interval."
    )
    if outcome.pools[0].pool_class is not None:
        note += f" {ONE_CLASS}"
    table = html_table(pd.DataFrame(rows), caption=f"Naive pool: {label}", note=note)
    if not disagree(outcome.pools):
        return table
    contradiction = (
        "The pools contradict each other: within one estimator the ratio is below 1, within "
        "another above. They hold different studies; neither answers the question."
    )
    return Stack(table, callout("caution", contradiction))


#: Why there may be several pools of one outcome.
ONE_CLASS = (
    "Pooled only within one estimator and unit, every such class shown; how local failure was "
    "defined is not recorded, so definitions may differ."
)


def pool_label(pool: Pool) -> str:
    """Estimator and unit of a pool; empty where the outcome means the same everywhere."""
    return "" if pool.pool_class is None else estimator_and_unit(pool.pool_class)


def estimator_and_unit(pool_class: PoolClass) -> str:
    """A class of pools in words: ``Kaplan-Meier, per lesion``."""
    code, unit = pool_class
    return f"{load_vocabulary()['estimator'][code].label}, per {unit}"


def _naive_row(outcome: OutcomeResult, pool: Pool, naive: NaiveContrast) -> dict[str, object]:
    zeros = load_vocabulary()["time_zero"]
    row = {"Contrast": f"{naive.first.side} against {naive.second.side}"}
    if pool.pool_class is not None:
        row["Within"] = pool_label(pool)
    names = [arm.study_label for side in outcome.sides for arm in pool.arms(side)]
    numbers = {
        "Arms": f"{len(naive.first.arms)} and {len(naive.second.arms)}",
        "n": f"{count(naive.first.n)} and {count(naive.second.n)}",
        "Time zero": " or ".join(mid_sentence(zeros[kind].label) for kind in naive.time_zeros),
        "Naive medians (months)": f"{_median(naive.first.median_months)} and "
        f"{_median(naive.second.median_months)}",
        "Naive ratio (95% interval)": f"{naive.scale} "
        + interval(naive.hazard_ratio, naive.low, naive.high, number=ratio),
        "Log-rank p": _p_value(naive.log_rank_p),
    }
    return row | {
        name: pooled_link(text, outcome.outcome, "naive", names) for name, text in numbers.items()
    }


def benchmark_table(result: ComparisonResult) -> Html:
    """The benchmark review's printed results beside our naive pool."""
    if not result.benchmark:
        return callout("missing", "The benchmark review prints nothing for this comparison.")
    rows = []
    for row in result.benchmark:
        a, b = row["arm_a"], row["arm_b"]
        rows.append(
            {
                "Benchmark review": f"{a['label']} against {b['label']}",
                "Outcome": row["outcome_printed"],
                "Medians (months)": _theirs(f"{_printed_median(a)} and {_printed_median(b)}"),
                "Hazard ratio": _theirs(_as_printed(row["hr"]["value"])),
                "Interval": _theirs(_as_printed(row["hr"]["low"])),
                "p": _theirs(_as_printed(row["p"])),
            }
        )
    note = "Printed results of a published pooled analysis; they enter no pool of ours."
    return Stack(
        html_table(pd.DataFrame(rows), caption="What the benchmark review prints", note=note),
        paragraph(*_why_they_differ(result)),
    )


def _theirs(text: str) -> Cell:
    """A number of the benchmark review, leading to where it was read."""
    return Cell(text, href="benchmark-review.html", title="Printed by the published review.")


def missing(result: ComparisonResult) -> Stack:
    """What is not known, counted."""
    sentences: list[Sentence] = []
    for outcome in result.outcomes:
        label = outcome_label(outcome.outcome).lower()
        for side in outcome.sides:
            if not side.arms:
                sentences.append((f"{side.label}: no usable figure for {label}.",))
                continue
            with_interval = sum(_has_printed_interval(arm) for arm in side.arms)
            curves = sum(arm.level != "summary" for arm in side.arms)
            sentences.append(
                (
                    f"{side.label}, {label}: {_of(side.landmark_range(), side)} print the 12-month "
                    f"figure, {_of(side.median_range(), side)} a median, {with_interval} of "
                    f"{len(side.arms)} an interval; {curves} of {len(side.arms)} have a "
                    "digitised curve.",
                )
            )
    return Stack(
        *(paragraph(*sentence) for sentence in sentences),
        callout(
            "missing",
            "Performance status, number of metastases, volume and earlier dose are not in the "
            "records in a form that could be compared; nothing here adjusts for them.",
        ),
    )


def provenance(result: ComparisonResult) -> Stack:
    """Where each study's figures were read and what a second reading found."""
    records = {
        c.record.id: c.record for o in result.outcomes for s in o.sides for c in s.candidates
    }
    used = sorted({a.study_id for o in result.outcomes for s in o.sides for a in s.arms})
    arms = {a.study_id: a for o in result.outcomes for s in o.sides for a in s.arms}
    rows = [
        {
            "Study": study_link(study, study_label(records[study])),
            "Read in": place_read(arms[study].source.url),
            "Second reading": _second_reading(records[study].second_reading),
        }
        for study in used
    ]
    reading = load_reading()
    sentence = (
        f"Last reading {reading['last_reading']}. {reading['database_search']['statement']} "
        f"This page read {count(len(result.study_ids))} records; "
        f"{count(len(result.pooled_study_ids))} stand in its primary analyses."
    )
    table = html_table(pd.DataFrame(rows), caption="Studies in the primary analyses")
    return Stack(paragraph(sentence), table) if rows else Stack(paragraph(sentence))


def _arm_row(arm: ArmEvidence) -> dict[str, object]:
    words = load_vocabulary()
    zeros = words["time_zero"]
    at_12 = arm.at(12.0)
    return {
        "Study": study_link(arm.study_id, arm.study_label),
        "n": arm_link(arm, f"{count(arm.n)} {_UNITS[arm.unit]}"),
        "Median, months": arm_link(arm, estimate_text(arm.median, months)),
        "At 12 months": arm_link(arm, estimate_text(at_12, percent)),
        "What it is": "; ".join(
            (
                words["treatment"][arm.treatment].label,
                mid_sentence(words["level"][arm.level].label),
                mid_sentence(words["estimator"][arm.estimator].label),
                f"from {arm.time_zero or mid_sentence(zeros[arm.time_zero_kind].label)}",
            )
        ),
    }


def estimate_text(estimate: Estimate | None, number: Callable[[float | None], str]) -> str:
    """An estimate with its limits; computed limits say so."""
    if estimate is None:
        return "not reported"
    text = interval(estimate.value, estimate.low, estimate.high, number=number)
    return f"{text}, computed" if estimate.interval_kind == "computed" else text


def naive_words(naive: NaiveContrast) -> str:
    """A naive ratio with the arms it rests on."""
    text = interval(naive.hazard_ratio, naive.low, naive.high, number=ratio)
    arms = f"{len(naive.first.arms)} and {len(naive.second.arms)} arms"
    return f"{text}, {arms}, n {count(naive.first.n)} and {count(naive.second.n)}"


def _why_they_differ(result: ComparisonResult) -> Sentence:
    """Our naive pools of the benchmark's outcome, and why the two need not agree."""
    outcomes = {row["outcome"] for row in result.benchmark}
    outcome = next((o for o in result.outcomes if o.outcome in outcomes and o.naive), None)
    if outcome is None:
        ours: list[str | Cell] = [
            "We have no naive pool of the same groups and outcome to set beside it. A figure on "
            "this page for another outcome is not its counterpart, and its direction may differ."
        ]
    else:
        ours = ["Our naive ratio is ", _our_naive(outcome, outcome, "primary"), "."]
        widest = next((s for s in outcome.scenarios if s.scenario.closest_to_benchmark), None)
        if widest is not None and widest.naive:
            label = widest.scenario.label
            ours += [
                f" In the scenario nearest to the review ({mid_sentence(label)}) it is ",
                _our_naive(outcome, widest, widest.scenario.id),
                ".",
            ]
    return (
        *ours,
        " The two need not agree: the review added a centre's own patients, digitised "
        "curves that we have not read, and counts from the recurrence by its title, we from the "
        "start of treatment; its list of studies and the definition of its groups were not in the "
        "text read. Its ratios carry no interval, so a distance cannot be judged. ",
        Cell("The benchmark review point by point", href="benchmark-review.html"),
        ".",
    )


def _our_naive(
    outcome: OutcomeResult, found: OutcomeResult | ScenarioResult, scenario_id: str
) -> Cell:
    names = [arm.study_label for side in found.sides for arm in side.arms]
    words = naive_words(found.naive[0])
    return pooled_link(words, outcome.outcome, "naive", names, scenario_id=scenario_id)


def _as_printed(value: object) -> str:
    return "not printed" if value is None else str(value)


def _printed_median(arm: dict) -> str:
    median = arm["median_months"]
    if median["value"] is None:
        return "not printed"
    limits = "" if median["low"] is None else f" ({median['low']} to {median['high']})"
    return f"{median['value']}{limits}"


def _median(value: float | None) -> str:
    return "not reached" if value is None else months(value)


def _p_value(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _has_printed_interval(arm: ArmEvidence) -> bool:
    return any(e.interval_kind == "printed" for e in (arm.median, *arm.landmarks) if e is not None)


def _of(found: Range | None, side: SideResult) -> str:
    return f"{found.k if found else 0} of {len(side.arms)}"


def _second_reading(reading: object) -> str:
    if reading.compared == 0:
        return "not read a second time"
    return (
        f"{count(reading.agreed)} of {count(reading.compared)} values agreed, "
        f"{count(reading.corrected)} corrected, {count(reading.not_found_again)} not found again"
    )
