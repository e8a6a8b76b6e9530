"""What a comparison's page shows as tables and sentences; one function a cell calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from analysis_lib.book.answers import (
    Sentence,
    comparator_sentence,
    contrast_words,
    lead,
    outcome_label,
)
from analysis_lib.book.blocks import Answer, Fold, Stack, Subheading
from analysis_lib.book.places import arm_link, field_link, place_read, study_link
from analysis_lib.comparison.arms import ArmEvidence, Estimate, study_label
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult, Range, SideResult
from analysis_lib.study_records import load_reading, load_records, load_vocabulary
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
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
        *(callout("answer", *sentence) for sentence in comparator_sentence(result)),
        *(Answer(sentences[0], sentences[1:]) for sentences in lead(result)),
        callout("caution", f"What this cannot answer: {declared.cannot_answer}"),
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
            "Side": side.label,
            "Why it is not pooled": out.reason,
        }
        for side in outcome.sides
        for out in side.left_out
    ]
    rows += [
        {
            "Study": study_link(found.record.id, study_label(found.record)),
            "Arm": field_link(found.record.id, found.field, found.arm.label),
            "Side": "indirect",
            "Why it is not pooled": found.outcome.role_reason or found.record.eligibility.reason,
        }
        for found in outcome.indirect
    ]
    label = outcome_label(outcome.outcome).lower()
    if not rows:
        return paragraph(f"No figure for {label} was left out.")
    table = html_table(pd.DataFrame(rows), caption=f"Read but not pooled: {label}")
    return Fold(f"{count(len(rows))} figures for {label} that are not pooled, and why", table)


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
    rows = [
        {
            "Contrast": f"{naive.first.side} against {naive.second.side}",
            "Arms": f"{naive.first.n_arms} and {naive.second.n_arms}",
            "Units": f"{count(naive.first.n)} and {count(naive.second.n)}",
            "Naive medians (months)": f"{_median(naive.first.median_months)} and "
            f"{_median(naive.second.median_months)}",
            "Naive hazard ratio (95% interval)": interval(
                naive.hazard_ratio, naive.low, naive.high, number=ratio
            ),
            "Log-rank p": _p_value(naive.log_rank_p),
        }
        for naive in outcome.naive
    ]
    pooled = "" if outcome.pool_class is None else f" {pool_words(outcome)}"
    note = (
        "Naive: every patient as if from one study. Differences between hospitals read as "
        "differences between treatments; not an effect of treatment. Pseudo-patients from "
        f"printed summaries; their uncertainty is in the interval.{pooled}"
    )
    return html_table(pd.DataFrame(rows), caption=f"Naive pool: {label}", note=note)


def pool_words(outcome: OutcomeResult) -> str:
    """Within which estimator and unit the pool stays."""
    assert outcome.pool_class is not None
    code, unit = outcome.pool_class
    estimator = load_vocabulary()["estimator"][code].label
    return (
        f"Pooled only within one estimator and unit ({estimator}, {unit}); "
        "how local failure was defined is not recorded, so definitions may differ."
    )


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
                "Medians (months)": f"{_printed_median(a)} and {_printed_median(b)}",
                "Hazard ratio": _as_printed(row["hr"]["value"]),
                "Interval": _as_printed(row["hr"]["low"]),
                "p": _as_printed(row["p"]),
            }
        )
    note = "Printed results of a published pooled analysis; they enter no pool of ours."
    return Stack(
        html_table(pd.DataFrame(rows), caption="What the benchmark review prints", note=note),
        paragraph(*_why_they_differ(result)),
    )


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
            "Not part of this edition: models with an effect of the study, prediction intervals, "
            "risk-of-bias judgements and a rating of certainty. Until they are, read the ranges of "
            "the cohorts, not the naive pool. Performance status, number of metastases, volume and "
            "earlier dose are not in the records in a form that could be compared.",
        ),
    )


def scenarios_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Each declared scenario: arms and units per side, ranges, the naive hazard ratio."""
    rows = [_scenario_row("Primary analysis", "", outcome.sides, outcome.naive)]
    silent = []
    for found in outcome.scenarios:
        if found.changes_nothing:
            silent.append(found.scenario.label)
        else:
            label, why = found.scenario.label, found.scenario.why
            rows.append(_scenario_row(label, why, found.sides, found.naive))
    note = f"Scenarios that find no further arm: {'; '.join(silent)}." if silent else None
    label = outcome_label(outcome.outcome).lower()
    return html_table(pd.DataFrame(rows), caption=f"Declared scenarios: {label}", note=note)


def provenance(result: ComparisonResult) -> Stack:
    """Where each study's figures were read and what a second reading found."""
    records = {record.id: record for record in load_records()}
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
        f"This page read {count(len(result.study_ids))} records; {count(len(used))} stand in its "
        "primary analyses."
    )
    table = html_table(pd.DataFrame(rows), caption="Studies in the primary analyses")
    return Stack(paragraph(sentence), table) if rows else Stack(paragraph(sentence))


def _arm_row(arm: ArmEvidence) -> dict[str, object]:
    words = load_vocabulary()
    at_12 = arm.at(12.0)
    return {
        "Study": study_link(arm.study_id, arm.study_label),
        "Treatment": words["treatment"][arm.treatment].label,
        "n": arm_link(arm, f"{count(arm.n)} {_UNITS[arm.unit]}"),
        "Median, months": arm_link(arm, estimate_text(arm.median, months)),
        "At 12 months": arm_link(arm, estimate_text(at_12, percent)),
        "What it is": "; ".join(
            (
                words["level"][arm.level].label,
                words["estimator"][arm.estimator].label,
                f"from {words['time_zero'][arm.time_zero_kind].label}",
            )
        ).lower(),
    }


def estimate_text(estimate: Estimate | None, number: Callable[[float | None], str]) -> str:
    """An estimate with its limits; computed limits say so."""
    if estimate is None:
        return "not reported"
    text = interval(estimate.value, estimate.low, estimate.high, number=number)
    return f"{text}, computed" if estimate.interval_kind == "computed" else text


def _scenario_row(
    label: str, why: str, sides: Sequence[SideResult], naive: Sequence
) -> dict[str, object]:
    row: dict[str, object] = {"Scenario": f"{label} ({why})" if why else label}
    for side in sides:
        row[f"{side.label}: arms, n"] = f"{count(len(side.arms))}, {count(side.n)}"
        row[f"{side.label}: medians"] = _range_text(side.median_range(), months)
        row[f"{side.label}: at 12 months"] = _range_text(side.landmark_range(), percent)
    row["Naive hazard ratio"] = (
        "; ".join(interval(n.hazard_ratio, n.low, n.high, number=ratio) for n in naive)
        or "not computed"
    )
    return row


def _range_text(found: Range | None, number: Callable[[float | None], str]) -> str:
    if found is None:
        return "not reported"
    if found.low == found.high:
        return f"{number(found.low)} ({found.k} of {found.of})"
    return f"{number(found.low)} to {number(found.high)} ({found.k} of {found.of})"


def _why_they_differ(result: ComparisonResult) -> Sentence:
    """Our reading of the distance between the benchmark and our naive pool."""
    naive = result.leading.naive
    words = load_vocabulary()["level"]
    levels = sorted({words[a.level].label.lower() for s in result.leading.sides for a in s.arms})
    ours = (
        "We have no naive pool to set beside it."
        if not naive
        else f"Our naive hazard ratio is "
        f"{interval(naive[0].hazard_ratio, naive[0].low, naive[0].high, number=ratio)}."
    )
    return (
        f"{ours} The two need not agree: the review added a centre's own patients, digitised "
        "curves that we have not read, and its list of studies and its definition of the "
        "comparison groups were not in the text read; ours rests on "
        f"{', '.join(levels) or 'nothing'}. Its intervals of hazard ratios are not printed, so "
        "the distance cannot be judged. ",
        Cell("The benchmark review point by point", href="benchmark-review.html"),
        ".",
    )


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
