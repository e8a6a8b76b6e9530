"""The four answers to one question, side by side and never mixed.

Each says which question it answers, in one plain sentence made from the
result, and "not identified" or "not known" where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.book.answers import Sentence, outcome_label
from analysis_lib.book.comparison_tables import naive_words, pool_label
from analysis_lib.book.places import field_link, study_link
from analysis_lib.book.side_figures import level_counts, spread_words
from analysis_lib.book.sources import pooled_link
from analysis_lib.book.study_figures import units
from analysis_lib.comparison.between import BetweenContrast
from analysis_lib.comparison.pools import Pool, disagree
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.within import WithinEffect, WithinEvidence
from analysis_lib.meta_analysis import PooledEstimate
from analysis_lib.meta_analysis.between_studies import MINIMUM_CLUSTERS
from analysis_lib.tables import Cell, Html, count, interval, mid_sentence, percent, ratio

#: Stands wherever cohorts of different studies are compared.
CAVEAT = "Different patients in different hospitals; not an effect of treatment."

_ASSUMES = (
    "The ratio assumes that cohorts are exchangeable across treatments, as if their patients had "
    "been alike."
)

_NOT_OURS = "Printed by the published review; it enters no pool of ours."

_METHODS = {
    "printed": "as printed",
    "p-value": "its interval computed from the printed p-value",
    "figures": "computed by us from what the study prints of each group; it prints no ratio",
}


@dataclass(frozen=True)
class FourAnswers(Html):
    """Four boxes: a title, the question it answers, and sentences."""

    label: str
    boxes: tuple[tuple[str, str, tuple[Sentence, ...]], ...]

    def to_html(self) -> str:
        boxes = "\n".join(
            f'<section class="lsr-answer-box" aria-label="{escape(f"{title}: {self.label}")}">'
            f'<p class="lsr-answers-title">{number}. {escape(title)}</p>'
            f'<p class="lsr-answers-question">{escape(asks)}</p>'
            + "".join(f"<p>{_html(sentence)}</p>" for sentence in sentences)
            + "</section>"
            for number, (title, asks, sentences) in enumerate(self.boxes, 1)
        )
        label = escape(self.label)
        return f'<div class="lsr-four" aria-label="{label}" role="group">\n{boxes}\n</div>'

    def to_text(self) -> str:
        lines = [self.label]
        for number, (title, asks, sentences) in enumerate(self.boxes, 1):
            lines += [f"{number}. {title}: {asks}"]
            lines += ["".join(_text(part) for part in sentence) for sentence in sentences]
        return "\n".join(lines)


def four_answers(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """The four answers of one outcome."""
    label = outcome_label(outcome.outcome).lower()
    return FourAnswers(
        f"Four answers on {label}",
        (
            (
                "Within studies (direct)",
                "How did the groups of one study compare?",
                within_sentences(outcome),
            ),
            (
                "Between cohorts (indirect)",
                "How do cohorts of one treatment compare with cohorts of another?",
                between_sentences(result, outcome),
            ),
            (
                "Naive pool",
                "What if all patients came from one study? For comparison only.",
                _naive_sentences(outcome),
            ),
            (
                "Benchmark review",
                "What did the published pooled analysis print?",
                _benchmark_sentences(result, outcome),
            ),
        ),
    )


def within_sentences(outcome: OutcomeResult) -> tuple[Sentence, ...]:
    """What studies that hold both groups say: one, two, or a pool from three on."""
    if not outcome.within:
        printed = tuple(c for c in outcome.direct if c.hazard_ratio is None)
        if printed:
            return (
                ("No ratio: what is printed allows none to be computed.",),
                *((study_link(c.study_id, c.study_label), f" prints p = {c.p}.") for c in printed),
            )
        return (("Not identified: no study prints this for both groups.",),)
    return tuple(sentence for found in outcome.within for sentence in _within_scale(outcome, found))


def between_sentences(result: ComparisonResult, outcome: OutcomeResult) -> tuple[Sentence, ...]:
    """The contrast between cohorts, or why it has no ratio."""
    found = [(pool, contrast) for pool in outcome.pools for contrast in pool.between]
    if not found:
        return (("Not known: one side has no cohort that could be pooled.",),)
    sentences = [_between_sentence(outcome, pool, contrast) for pool, contrast in found]
    if any(contrast.hazard_ratio is not None for _, contrast in found):
        sentences.append((f"{CAVEAT} {result.declaration.confounded_by} {_ASSUMES}",))
    return tuple(sentences)


def _heterogeneity_words(pooled: PooledEstimate) -> str:
    """I², tau² and, from four studies on, the prediction interval of a log ratio, in words."""
    words = f"I² {percent(pooled.i2)}, tau² {pooled.tau2:.2f}"
    if pooled.prediction_low is not None:
        low, high = math.exp(pooled.prediction_low), math.exp(pooled.prediction_high)
        words += f"; a new study is expected between {ratio(low)} and {ratio(high)}"
    return words


def _within_scale(outcome: OutcomeResult, found: WithinEvidence) -> list[Sentence]:
    labels = {side.id: side.label for side in outcome.sides}
    pair = f"{labels[found.first]} against {mid_sentence(labels[found.second])}"
    if found.pooled is not None:
        pooled = found.pooled
        limits = interval(
            math.exp(pooled.estimate), math.exp(pooled.low), math.exp(pooled.high), number=ratio
        )
        words = f"{limits} over {count(pooled.k)} studies ({_heterogeneity_words(pooled)})"
        names = [effect.study_label for effect in found.effects]
        whole = pooled_link(words, outcome.outcome, "within", names)
        return [(f"{pair}: {found.scale} ", whole, "."), *_one_stage_sentence(outcome, found)]
    sentences = [_effect_sentence(effect) for effect in found.effects]
    closing = "One study is not a pool." if len(found.effects) == 1 else "Two are not pooled."
    return [*sentences, (closing,)]


def _one_stage_sentence(outcome: OutcomeResult, found: WithinEvidence) -> list[Sentence]:
    """The Cox model stratified by study, where curves of both groups were read."""
    one = found.one_stage
    if one is None:
        return []
    words = interval(one.ratio, one.low, one.high, number=ratio)
    names = [effect.study_label for effect in found.effects]
    return [
        (
            "Stratified by study, from curves: ",
            pooled_link(words, outcome.outcome, "within", names),
            f" over {count(one.n_studies)} studies; test of proportional hazards, "
            f"p = {one.proportional_hazards_p:.2f}.",
        )
    ]


def _effect_sentence(effect: WithinEffect) -> Sentence:
    text = (
        f"{effect.scale} {effect_words(effect)} for {effect.groups[0]} against {effect.groups[1]}"
    )
    method = _METHODS[effect.method]
    if effect.adjusted is not True:
        method += "; not adjusted"
    if len(effect.time_zeros) > 1:
        method += "; the groups are counted from different days"
    return (
        study_link(effect.study_id, effect.study_label),
        ": ",
        field_link(effect.study_id, effect.place, text),
        f", {method}.",
    )


def effect_words(effect: WithinEffect) -> str:
    """One study's ratio with its interval, in the order the paper compares its groups."""
    return interval(*effect.as_printed, number=ratio)


def _between_sentence(outcome: OutcomeResult, pool: Pool, found: BetweenContrast) -> Sentence:
    within = f" ({pool_label(pool)})" if pool.pool_class is not None else ""
    pair = f"{found.first} against {mid_sentence(found.second)}{within}"
    cohorts = f"{count(found.cohorts[0])} and {count(found.cohorts[1])} cohorts"
    if found.hazard_ratio is None:
        refusal = found.refusal or "no estimate"
        return (f"{pair}: no ratio, {refusal} ({cohorts}; {count(MINIMUM_CLUSTERS)} are needed).",)
    limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
    names = [arm.study_label for side in outcome.sides for arm in pool.arms(side)]
    medians = f"{spread_words(found.medians[0])} and {spread_words(found.medians[1])} months"
    return (
        f"{pair}: hazard ratio ",
        pooled_link(limits, outcome.outcome, "between", names),
        f" between {cohorts} "
        f"({units(found.n[0], found.unit)} and {units(found.n[1], found.unit)}; "
        f"{level_counts(found)}); below 1, fewer events in the first group's cohorts. Cohort "
        "medians ",
        pooled_link(medians, outcome.outcome, "between", names),
        ".",
    )


def _naive_sentences(outcome: OutcomeResult) -> tuple[Sentence, ...]:
    found = [(pool, naive) for pool in outcome.pools for naive in pool.naive]
    if not found:
        return (("None: a side has no patients to pool.",),)
    sentences: list[Sentence] = [
        (
            f"{naive.first.side} against {mid_sentence(naive.second.side)}"
            f"{f' ({pool_label(pool)})' if pool.pool_class else ''}: {naive.scale} ",
            pooled_link(
                naive_words(naive),
                outcome.outcome,
                "naive",
                (arm.study_label for side in outcome.sides for arm in pool.arms(side)),
            ),
            ".",
        )
        for pool, naive in found
    ]
    if disagree(outcome.pools):
        sentences.append(
            ("The direction turns with the estimator: other studies stand in each pool.",)
        )
    if any(len(naive.time_zeros) > 1 for _, naive in found):
        sentences.append(("Groups counted from different days are thrown together.",))
    return (*sentences, ("It answers no question about treatment.",))


def _benchmark_sentences(result: ComparisonResult, outcome: OutcomeResult) -> tuple[Sentence, ...]:
    rows = [row for row in result.benchmark if row["outcome"] == outcome.outcome]
    if not rows:
        return (("It prints nothing on this outcome.",),)
    page = Cell("What could be read of it", href="benchmark-review.html")
    return (
        *(
            (
                f"{row['arm_a']['label']} against {mid_sentence(row['arm_b']['label'])} "
                f"({row['outcome_printed']}): ",
                Cell(_printed_ratio(row), href="benchmark-review.html", title=_NOT_OURS),
                ".",
            )
            for row in rows
        ),
        (page, "; its patients were pooled as if from one study."),
    )


def _printed_ratio(row: dict) -> str:
    value, p = row["hr"]["value"], row["p"]
    told = "no ratio printed" if value is None else f"hazard ratio {value}, without interval"
    if value is not None and row["hr"]["direction"] == "inferred":
        told += ", its direction inferred from the medians"
    return told if p is None else f"{told}, p {p}" if str(p).startswith("<") else f"{told}, p = {p}"


def _html(sentence: Sequence[str | Cell]) -> str:
    return "".join(part.to_html() if isinstance(part, Cell) else escape(part) for part in sentence)


def _text(part: str | Cell) -> str:
    return part.text if isinstance(part, Cell) else part
