"""What a card of the landing page says: for each outcome a sentence, and figures to draw.

The order is the protocol's: a study that holds both groups leads; where there is none,
that is said first, then what is known of each side as a whole, then what its cohorts
report. A ratio between cohorts never stands here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from analysis_lib.book.answers import (
    STATES,
    Sentence,
    assignment_words,
    none_compared,
    outcome_label,
    treatment_words,
)
from analysis_lib.book.four_answers import CAVEAT
from analysis_lib.book.places import arm_link, field_link, study_link
from analysis_lib.book.sources import absolute_link
from analysis_lib.book.study_figures import units
from analysis_lib.charts.theme import styles_of
from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.contrasts import PrintedContrast
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES, AbsoluteFigure
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.comparison.within import WithinEffect, WithinEvidence
from analysis_lib.tables import NOT_REPORTED, Cell, count, interval, ratio

#: What happens to a unit that leaves the state of the outcome; ratios within studies are of it.
_EVENTS = {
    "os": "deaths",
    "local_control": "local failures",
    "local_pfs": "local failures or deaths",
    "pfs": "progressions or deaths",
    "intracranial_pfs": "intracranial progressions or deaths",
}

_WHEN = f"at {LANDMARK_MONTHS:.0f} months"


@dataclass(frozen=True)
class PictureRow:
    """One group of a picture: ``share`` (0..1) with its limits, and the figure as a link.

    ``share`` is None where the figure is not known; ``figure`` then says why. ``note``
    says on whom the figure rests.
    """

    label: str
    figure: Cell
    colour: str
    note: Cell | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Picture:
    """Groups drawn one below the other, under a line that says what is counted."""

    caption: str
    rows: tuple[PictureRow, ...]


@dataclass(frozen=True)
class OutcomeAnswer:
    """The answer on one outcome: what leads, what follows, and a picture where one is known.

    ``within`` is True when a study holding both groups leads, ``beside`` when figures of
    cohorts from different studies stand beside each other.
    """

    outcome: str
    opening: Sentence
    further: tuple[Sentence, ...]
    picture: Picture | None
    within: bool
    beside: bool


def outcome_answers(result: ComparisonResult) -> tuple[OutcomeAnswer, ...]:
    """The answers of a comparison: its leading outcome, then others of which anything is known."""
    told = [
        outcome
        for outcome in result.outcomes
        if outcome is result.leading or outcome.direct or any(side.arms for side in outcome.sides)
    ]
    return tuple(
        _from_studies(result, outcome) if outcome.direct else _from_cohorts(result, outcome)
        for outcome in told
    )


def caveat(result: ComparisonResult, answers: Sequence[OutcomeAnswer]) -> str:
    """Why the figures are no effect of treatment, and who came to be treated how.

    Empty where no answer sets groups beside each other.
    """
    told = [CAVEAT] if any(answer.beside for answer in answers) else []
    if any(answer.within for answer in answers):
        direct = [contrast for outcome in result.outcomes for contrast in outcome.direct]
        told.append(assignment_words(contrast.study_id for contrast in direct))
    reason = " ".join(result.declaration.confounded_by.split())
    return " ".join([*told, reason]) if told else ""


# --- no study holds both groups -------------------------------------------------------


def _from_cohorts(result: ComparisonResult, outcome: OutcomeResult) -> OutcomeAnswer:
    """That nobody compared, then each side as a whole, else what its cohorts report."""
    opening: list[str | Cell] = [none_compared(outcome)]
    if not any(side.arms for side in outcome.sides):
        opening += [" No cohort of either has a usable figure."]
        return OutcomeAnswer(outcome.outcome, tuple(opening), (), None, False, False)
    pool = _best_known(outcome)
    known = [s for s in outcome.sides if pool is not None and _figure(pool, s).value is not None]
    if pool is not None and known:
        opening += [" ", *_whole_sides(result, outcome, pool, known)]
    others = [side for side in outcome.sides if side not in known]
    clauses = [_cohorts_clause(result, outcome, side) for side in others]
    reported = sum(bool(side.arms) for side in outcome.sides)
    picture = _side_picture(result, outcome, pool) if pool is not None and known else None
    return OutcomeAnswer(
        outcome.outcome, tuple(opening), tuple(clauses), picture, False, reported > 1
    )


def _best_known(outcome: OutcomeResult) -> Pool | None:
    """The pool that knows the figure of most sides: two sides are never told from two pools."""
    return max(
        outcome.pools,
        key=lambda pool: sum(_figure(pool, side).value is not None for side in outcome.sides),
        default=None,
    )


def _figure(pool: Pool, side: SideResult) -> AbsoluteFigure:
    return pool.summary(side).at(LANDMARK_MONTHS)


def _whole_sides(
    result: ComparisonResult, outcome: OutcomeResult, pool: Pool, sides: Sequence[SideResult]
) -> Sentence:
    """``Of 100 patients, 52 (13 to 81) were alive at 12 months after ... and 55 ...``."""
    words: list[str | Cell] = [f"Of {_hundred_of(pool.arms(sides[0]))}, "]
    for position, side in enumerate(sides):
        words += [" and "] if position else []
        words += [_pooled_link(result, outcome, pool, side)]
        words += [] if position else [f" were {STATES[outcome.outcome]} {_WHEN}"]
        words += [f" after {_running(side.label)}"]
    return (*words, ".")


def _pooled_link(
    result: ComparisonResult,
    outcome: OutcomeResult,
    pool: Pool,
    side: SideResult,
    text: str | None = None,
) -> Cell:
    """The figure of a side, or what is said of it: it leads to the studies that know it."""
    figure = _figure(pool, side)
    told = _of_100(figure.value, figure.low, figure.high) if text is None else text
    page = f"{result.declaration.id}.html"
    return absolute_link(told, outcome.outcome, figure, pool.arms(side), page=page)


def _cohorts_clause(result: ComparisonResult, outcome: OutcomeResult, side: SideResult) -> Sentence:
    """``After ...: 2 of 5 cohorts report it, from 62 (42 to 76) to 66 (47 to 80) of 100.``"""
    after = f"After {_running(side.label)}"
    if not side.arms:
        return (f"{after}: no cohort with a usable figure.",)
    found = [(estimate, arm) for arm in side.arms if (estimate := arm.at(LANDMARK_MONTHS))]
    if found:
        state = f" of {_hundred_of([arm for _, arm in found])} {STATES[outcome.outcome]} {_WHEN}"
        return (*_told(result, side, len(found)), *_ends(found, _share_words), f"{state}.")
    medians = [(arm.median, arm) for arm in side.arms if arm.median is not None]
    if medians:
        ends = _ends(medians, lambda one: interval(one.value, one.low, one.high))
        return (*_told(result, side, len(medians)), "a median of ", *ends, " months.")
    return (f"{after}: no cohort reports a median or a figure {_WHEN}.",)


def _told(result: ComparisonResult, side: SideResult, reporting: int) -> Sentence:
    """How many of a side's cohorts report a figure; too few for one of the whole side."""
    after, of = f"After {_running(side.label)}", count(len(side.arms))
    if len(side.arms) == 1:
        return (f"{after}, one cohort reports ",)
    who = Cell(f"{count(reporting)} of {of} cohorts", href=place(result, "evidence"))
    return (f"{after}, not known as a whole: ", who, " report ")


def _ends(
    found: Sequence[tuple[Estimate, ArmEvidence]], words: Callable[[Estimate], str]
) -> Sentence:
    """The smallest and the largest of what cohorts report, each with its own interval."""
    low, high = (pick(found, key=lambda row: row[0].value) for pick in (min, max))
    if low[1] is high[1]:
        return (arm_link(low[1], words(low[0])),)
    return (arm_link(low[1], words(low[0])), " to ", arm_link(high[1], words(high[0])))


def _side_picture(result: ComparisonResult, outcome: OutcomeResult, pool: Pool) -> Picture:
    sides = [side for side in outcome.sides if pool.arms(side)]
    colours = _colours(outcome)
    rows = []
    for side in sides:
        found = _figure(pool, side)
        if found.value is None:
            text = f"not known: {found.k} of {found.of} studies report it, {MINIMUM_STUDIES} needed"
            figure = _pooled_link(result, outcome, pool, side, text)
            rows.append(PictureRow(side.label, figure, colours[side.id]))
        else:
            figure = _pooled_link(result, outcome, pool, side)
            note = _pooled_link(result, outcome, pool, side, _rests_on(found))
            limits = (found.value, found.low, found.high)
            rows.append(PictureRow(side.label, figure, colours[side.id], note, *limits))
    unit = _hundred_of(pool.arms(sides[0]))
    return Picture(f"Of {unit}, {STATES[outcome.outcome]} {_WHEN}", tuple(rows))


def _rests_on(found: AbsoluteFigure) -> str:
    """The studies that know a figure: often those of one kind of a side's treatments."""
    return f"{found.k} of {found.of} studies: {treatment_words(found.treatments)}"


# --- a study holds both groups --------------------------------------------------------


def _from_studies(result: ComparisonResult, outcome: OutcomeResult) -> OutcomeAnswer:
    """What studies holding both groups say, then the cohorts of sides that none of them holds."""
    studies = list({contrast.study_id: contrast for contrast in outcome.direct}.values())
    label = outcome_label(outcome.outcome).lower()
    which = "these" if len(outcome.sides) == 2 else "two of these"
    pooled = [found for found in outcome.within if found.pooled is not None]
    if pooled:
        opening = [_pooled_sentence(result, outcome, found) for found in pooled]
        parts = tuple(part for sentence in opening for part in sentence)
    else:
        parts = _each_study(outcome, studies, f"{which} directly on {label}")
    held = {side for contrast in outcome.direct for side in contrast.sides or ()}
    others = [side for side in outcome.sides if side.id not in held]
    clauses = [_cohorts_clause(result, outcome, side) for side in others]
    picture = _study_picture(outcome, studies[0]) if len(studies) == 1 else None
    beside = any(side.arms for side in others)
    return OutcomeAnswer(outcome.outcome, parts, tuple(clauses), picture, True, beside)


def _each_study(
    outcome: OutcomeResult, studies: Sequence[PrintedContrast], what: str
) -> tuple[str | Cell, ...]:
    """``One study compares these directly on local control: of 100 lesions, ...``."""
    words: list[str | Cell] = []
    for position, contrast in enumerate(studies):
        name = "One study" if len(studies) == 1 else contrast.study_label
        words += [" "] if position else []
        words += [study_link(contrast.study_id, name), f" compares {what}: "]
        words += _study_words(outcome, contrast)
        words += ["."]
    return tuple(words)


def _study_words(outcome: OutcomeResult, contrast: PrintedContrast) -> list[str | Cell]:
    """One study's own figures of its groups, else its ratio, else that it prints neither."""
    groups = _groups(outcome, contrast.study_id)
    if len(groups) > 1:
        words: list[str | Cell] = [f"of {_hundred_of([groups[0].arm])}, "]
        for position, (_, arm, found) in enumerate(groups):
            words += [" and "] if position else []
            words += [arm_link(arm, _share_words(found))]
            words += [] if position else [f" were {STATES[outcome.outcome]} {_WHEN}"]
            words += [f" after {_running(arm.arm_label)}"]
        return words
    effects = [e for found in outcome.within for e in found.effects]
    effect = next((e for e in effects if e.study_id == contrast.study_id), None)
    return _effect_words(outcome, contrast, effect)


def _effect_words(
    outcome: OutcomeResult, contrast: PrintedContrast, effect: WithinEffect | None
) -> list[str | Cell]:
    if effect is None:
        text = "it prints no ratio with an interval"
        return [field_link(contrast.study_id, contrast.field, text, contrast.source.seen)]
    told = interval(*effect.as_printed, number=ratio)
    words: list[str | Cell] = [
        f"ratio of {_EVENTS[outcome.outcome]} ",
        field_link(effect.study_id, effect.place, told, contrast.source.seen),
        f" for {_running(effect.groups[0])} against {_running(effect.groups[1])}",
    ]
    if contrast.sizes:
        words += [" (", field_link(effect.study_id, effect.place, contrast.sizes), ")"]
    computed = "; the interval is computed from the printed p-value"
    return [*words, computed] if effect.method == "p-value" else words


def _pooled_sentence(
    result: ComparisonResult, outcome: OutcomeResult, found: WithinEvidence
) -> Sentence:
    labels = {side.id: side.label for side in outcome.sides}
    pooled = found.pooled
    if pooled is None:
        return ()
    values = (math.exp(x) for x in (pooled.estimate, pooled.low, pooled.high))
    limits = interval(*values, number=ratio)
    return (
        Cell(f"{count(pooled.k)} studies", href=place(result, "evidence")),
        f" hold both groups: ratio of {_EVENTS[outcome.outcome]} ",
        Cell(limits, href=place(result, "result")),
        f" for {_running(labels[found.first])} against {_running(labels[found.second])}. ",
    )


class _Group(NamedTuple):
    """A study's group on a side, with what it reports at the landmark."""

    side: SideResult
    arm: ArmEvidence
    found: Estimate


def _groups(outcome: OutcomeResult, study_id: str) -> list[_Group]:
    """The groups of a study that report the landmark, in the order of the sides."""
    return [
        _Group(side, arm, found)
        for side in outcome.sides
        for arm in side.arms
        if arm.study_id == study_id and (found := arm.at(LANDMARK_MONTHS)) is not None
    ]


def _study_picture(outcome: OutcomeResult, contrast: PrintedContrast) -> Picture | None:
    """The groups of the one study that holds both, where it prints a figure of each."""
    groups = _groups(outcome, contrast.study_id)
    if len(groups) < 2:
        return None
    colours = _colours(outcome)
    rows = [
        PictureRow(
            arm.arm_label,
            arm_link(arm, _share_words(found)),
            colours[side.id],
            arm_link(arm, units(arm.n, arm.unit)),
            *(found.value, found.low, found.high),
        )
        for side, arm, found in groups
    ]
    unit = _hundred_of([groups[0].arm])
    return Picture(f"Of {unit}, {STATES[outcome.outcome]} {_WHEN}: one study", tuple(rows))


# --- words ----------------------------------------------------------------------------


def place(result: ComparisonResult, anchor: str) -> str:
    """A heading of the comparison's page."""
    return f"{result.declaration.id}.html#{anchor}"


def _hundred_of(arms: Sequence[ArmEvidence]) -> str:
    """``100 patients``; ``100`` alone where arms count different units."""
    found = {arm.unit for arm in arms}
    return units(100, found.pop()) if len(found) == 1 else "100"


def _share_words(found: Estimate) -> str:
    return _of_100(found.value, found.low, found.high)


def _of_100(share: float | None, low: float | None, high: float | None) -> str:
    """``52 (13 to 81)``: of 100, without decimals."""
    scaled = [None if x is None else 100 * x for x in (share, low, high)]
    return interval(*scaled, number=lambda x: NOT_REPORTED if x is None else f"{x:.0f}")


def _running(label: str) -> str:
    """A label within a sentence: its first letter small, unless it is an abbreviation."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _colours(outcome: OutcomeResult) -> dict[str, str]:
    """Side id -> its colour, the one it has in every chart."""
    labels = [side.label for side in outcome.sides]
    styles = styles_of(labels, [side.colour for side in outcome.sides])
    return {side.id: styles[side.label].colour for side in outcome.sides}
