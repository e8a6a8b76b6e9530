"""Sentences made from results: what leads a page, and in which words.

The order is fixed by the protocol: direct evidence first, when there is none
"no study has compared these directly", then the range of cohort results on
each side. Naive and benchmark results never lead. Nothing here says that a
treatment did something: patients "lived longer in", figures "were".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from analysis_lib.book.places import arm_link, field_link, source_hint, study_link
from analysis_lib.book.sources import absolute_link, pooled_link
from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.contrasts import PrintedContrast
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult, ScenarioResult
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES, AbsoluteFigure
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.study_records import load_records, load_vocabulary
from analysis_lib.tables import Cell, count, interval, mid_sentence, months, percent, ratio

Sentence = tuple[str | Cell, ...]

#: What the figure of an outcome counts, in running text.
_COUNTED = {
    "os": "survival",
    "local_control": "local control",
    "local_pfs": "local progression-free survival",
    "pfs": "progression-free survival",
    "intracranial_pfs": "intracranial progression-free survival",
}


#: What a unit free of the event is, by outcome.
STATES = {
    "os": "alive",
    "local_control": "locally controlled",
    "local_pfs": "free of local progression",
    "pfs": "free of progression",
    "intracranial_pfs": "free of intracranial progression",
}


def lead(result: ComparisonResult) -> tuple[tuple[Sentence, ...], ...]:
    """What opens a comparison's page: for each outcome the sentences of :func:`outcome_lead`."""
    return tuple(
        outcome_lead(outcome, page=f"{result.declaration.id}.html")
        for outcome in result.outcomes
        if _worth_a_sentence(result, outcome)
    )


def outcome_lead(outcome: OutcomeResult, *, page: str = "") -> tuple[Sentence, ...]:
    """Direct evidence or its absence, then what cohorts of each side report.

    ``page`` is the comparison's page, for links from other pages.
    """
    sentences = [direct_sentence(outcome)]
    sentences += [side_sentence(outcome, side, page=page) for side in outcome.sides]
    return tuple(sentences)


def direct_sentence(outcome: OutcomeResult) -> Sentence:
    """How many studies hold both sides, and what one or two of them print."""
    counted = outcome_label(outcome.outcome).lower()
    found = list({contrast.study_id: contrast for contrast in outcome.direct}.values())
    if not found:
        return (none_compared(outcome),)
    studies = "One study compares" if len(found) == 1 else f"{count(len(found))} studies compare"
    what = "these" if len(outcome.sides) == 2 else "two of these"
    sentence: list[str | Cell] = [f"{studies} {what} directly on {counted}: "]
    for position, contrast in enumerate(found):
        sentence += ["; "] if position else []
        sentence += [study_link(contrast.study_id, contrast.study_label), ", "]
        sentence += _arms_of(outcome, contrast.study_id)
        sentence += [contrast_words(contrast)]
    return (*sentence, f". {assignment_words([contrast.study_id for contrast in found])}")


def none_compared(outcome: OutcomeResult) -> str:
    """That no study prints a comparison, and of which one was worked out from its groups."""
    counted = outcome_label(outcome.outcome).lower()
    computed = outcome.computed_within
    if not computed:
        return f"No study has compared these directly on {counted}, as far as was read."
    return (
        f"No study prints a comparison of these on {counted}, as far as was read; from the "
        f"groups of {', '.join(computed.values())} one was worked out, among the four answers."
    )


def assignment_words(study_ids: Iterable[str]) -> str:
    """How the groups of studies that hold both came about, from the records' designs."""
    designs = {record.id: record.design for record in load_records()}
    # A centre's own patients have no record here, and nobody assigned them by chance.
    randomised = {designs.get(study, "").startswith("randomised") for study in study_ids}
    if randomised == {True}:
        return "The groups were assigned by chance."
    if randomised == {False}:
        return "The groups were not assigned by chance."
    return "In some of these studies the groups were assigned by chance, in others not."


def contrast_words(contrast: PrintedContrast) -> Cell:
    """A printed contrast in words, leading to its place in the record."""
    if contrast.hazard_ratio is not None:
        limits = interval(contrast.hazard_ratio, contrast.low, contrast.high, number=ratio)
        text = f"ratio {limits} for {contrast.arm} against {contrast.versus}"
        if contrast.interval_kind == "computed":
            text += ", interval computed from p"
        elif contrast.interval_kind == "none":
            text += ", printed without interval"
    else:
        text = "no ratio printed"
    if contrast.p is not None:
        text += (
            f", p = {contrast.p}" if not str(contrast.p).startswith("<") else f", p {contrast.p}"
        )
    if contrast.adjusted:
        text += " from an adjusted model"
        if contrast.hazard_ratio is None:
            text += "; the figures of each group are not adjusted"
    if contrast.sizes:
        text += f" ({contrast.sizes})"
    hint = source_hint(contrast.study_id, contrast.source)
    return field_link(contrast.study_id, contrast.field, text, hint)


def side_sentence(outcome: OutcomeResult, side: SideResult, *, page: str = "") -> Sentence:
    """The range of what the cohorts of one side report."""
    counted = _COUNTED[outcome.outcome]
    if not side.arms:
        return (f"{side.label}: no cohort with a usable figure for {counted}.",)
    units = sorted({arm.unit for arm in side.arms})
    cohorts = f"{count(len(side.arms))} cohort{'s' if len(side.arms) > 1 else ''}"
    if len(side.study_ids) < len(side.arms):
        cohorts += f" of {count(len(side.study_ids))} studies"
    sentence: list[str | Cell] = [f"{side.label} ({cohorts}, {count(side.n)} {_plural(units)}): "]
    parts = [
        part for part in (_landmark_words(side, counted), _median_words(side, counted)) if part
    ]
    if not parts:
        parts = [(f"neither {counted} at {LANDMARK_MONTHS:.0f} months nor a median is printed",)]
    for position, part in enumerate(parts):
        sentence += (["; "] if position else []) + list(part)
    words, figure = absolute_words(outcome, side), _best_known(outcome, side)
    whole = (
        pooled_link(words, outcome.outcome, "absolute", (), page=page)
        if figure is None
        else absolute_link(words, outcome.outcome, figure, side.arms, page=page)
    )
    return (*sentence, ". ", whole, ".")


def absolute_words(outcome: OutcomeResult, side: SideResult) -> str:
    """The side as a whole at 12 months: ``52 of 100 (35 to 68) ...`` or that it is not known."""
    figure = _best_known(outcome, side)
    when = f"at {LANDMARK_MONTHS:.0f} months"
    state = STATES[outcome.outcome]
    if figure is None or figure.value is None:
        alike = "" if outcome.outcome == "os" else " in one way"
        k, of = (0, len(side.study_ids)) if figure is None else (figure.k, figure.of)
        return (
            f"How many of 100 were {state} {when} over all: not known ({k} of {of} studies report "
            f"it{alike}; {MINIMUM_STUDIES} are needed)"
        )
    limits = f"95% interval {100 * figure.low:.0f} to {100 * figure.high:.0f}"
    return (
        f"Over all, {100 * figure.value:.0f} of 100 were {state} {when} ({limits}; "
        f"{figure.k} of {figure.of} studies: {treatment_words(figure.treatments)})"
    )


def _best_known(outcome: OutcomeResult, side: SideResult) -> AbsoluteFigure | None:
    """The figure at 12 months of the pool in which most of a side's studies know it."""
    found = [pool.summary(side).at(LANDMARK_MONTHS) for pool in outcome.pools if pool.arms(side)]
    return max(found, key=lambda one: one.k, default=None)


def treatment_words(codes: Sequence[str]) -> str:
    """Treatments as a reader knows them: ``Repeat SRS, Repeat hypofractionated SRT``."""
    words = load_vocabulary()["treatment"]
    return ", ".join(words[code].label for code in codes)


def comparator_sentence(
    result: ComparisonResult, *, with_ratio: bool = False
) -> tuple[Sentence, ...]:
    """The declared comparator that stretches a side's medians most; none when none does.

    It opens the page: what counts as the comparison group decides the answer.
    """
    outcome = result.leading
    before = {side.id: side.median_range() for side in outcome.sides}
    found = []
    ratio_before = _between_words(outcome)
    for scenario in outcome.scenarios:
        for side in scenario.sides:
            old, new = before[side.id], side.median_range()
            if scenario.scenario.comparator and old and new and new.low < old.low:
                found.append((new.low / old.low, scenario, side, old, new))
    if not found:
        return ()
    _, scenario, side, old, new = min(found, key=lambda row: row[0])
    label, ratio_after = scenario.scenario.label, _between_words(scenario)
    names = [arm.study_label for arm in side.arms]
    page = f"{result.declaration.id}.html"

    def linked(text: str, method: str) -> Cell:
        return pooled_link(
            text, outcome.outcome, method, names, page=page, scenario_id=scenario.scenario.id
        )

    moved: tuple[str | Cell, ...] = ()
    if with_ratio and ratio_before and ratio_after:
        told = linked(f"{ratio_after} instead of {ratio_before}", "between")
        moved = (", and the ratio between cohorts is ", told)
    return (
        (
            f"The answer depends on who is counted: where {mid_sentence(label)}, cohort "
            f"medians of {mid_sentence(side.label)} begin at ",
            linked(f"{months(new.low)} months instead of {months(old.low)}", "absolute"),
            *moved,
            f" ({scenario.scenario.why}).",
        ),
    )


def _between_words(found: OutcomeResult | ScenarioResult) -> str | None:
    """The ratio between cohorts of an outcome of one definition, with its interval."""
    ratios = [c for pool in found.pools for c in pool.between if c.hazard_ratio is not None]
    if len(ratios) != 1:
        return None
    return interval(ratios[0].hazard_ratio, ratios[0].low, ratios[0].high, number=ratio)


def outcome_label(code: str) -> str:
    """The outcome as a reader knows it."""
    return load_vocabulary()["outcome"][code].label


def _worth_a_sentence(result: ComparisonResult, outcome: OutcomeResult) -> bool:
    """The leading outcome always; another one when any side or study reports it."""
    reported = any(side.arms for side in outcome.sides) or bool(outcome.contrasts)
    return outcome is result.leading or reported


def _arms_of(outcome: OutcomeResult, study_id: str) -> list[str | Cell]:
    """``71 % (51 to 83) in arm A and 56 % in arm B at 12 months; `` of one study's arms."""
    arms = [arm for side in outcome.sides for arm in side.arms if arm.study_id == study_id]
    with_landmark = [arm for arm in arms if arm.at(LANDMARK_MONTHS)]
    if len(with_landmark) < 2:
        return []
    words: list[str | Cell] = []
    for position, arm in enumerate(with_landmark):
        estimate = arm.at(LANDMARK_MONTHS)
        assert estimate is not None
        text = interval(estimate.value, estimate.low, estimate.high, number=percent)
        words += [" and "] if position else []
        words += [arm_link(arm, text), f" in {arm.arm_label}"]
    return [*words, f" at {LANDMARK_MONTHS:.0f} months; "]


def _landmark_words(side: SideResult, counted: str) -> Sentence | None:
    return _range_words(
        side,
        f"{counted} at {LANDMARK_MONTHS:.0f} months",
        lambda arm: arm.at(LANDMARK_MONTHS),
        percent,
    )


def _median_words(side: SideResult, counted: str) -> Sentence | None:
    return _range_words(side, "median in months", lambda arm: arm.median, months)


def _range_words(
    side: SideResult,
    what: str,
    figure: Callable[[ArmEvidence], Estimate | None],
    number: Callable[[float | None], str],
) -> Sentence | None:
    """``what from 36% to 66% (reported by 3 of 5)``; one cohort's figure with its interval."""
    found = [(estimate, arm) for arm in side.arms if (estimate := figure(arm)) is not None]
    if not found:
        return None
    share = f" (reported by {len(found)} of {len(side.arms)})"
    low, high = (pick(found, key=lambda row: row[0].value) for pick in (min, max))
    if len(found) == 1:
        estimate, arm = low
        text = interval(estimate.value, estimate.low, estimate.high, number=number)
        return (f"{what} ", arm_link(arm, text), share)
    ends = [arm_link(arm, number(estimate.value)) for estimate, arm in (low, high)]
    return (f"{what} from ", ends[0], " to ", ends[1], share)


def _plural(units: Sequence[str]) -> str:
    words = {"patient": "patients", "lesion": "lesions", "cavity": "cavities"}
    return " or ".join(words.get(unit, unit) for unit in units)
