"""The five answers in plain words, for patients and families; numbers from the same results.

Short sentences, few long words, no advice. A test measures how easily the page reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis_lib.book.glossary_page import term
from analysis_lib.book.landing_cards import place
from analysis_lib.book.markdown import Heading, Inline, Items, page
from analysis_lib.book.places import arm_link, field_link, study_link
from analysis_lib.book.plain_harms import of_100, plain_harms
from analysis_lib.book.study_uses import Results
from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.comparison.within import WithinEffect
from analysis_lib.questions.harm_groups import HarmHeading
from analysis_lib.study_records import grade, load_reading, load_records, part_of_record
from analysis_lib.tables import Cell, Html, callout, count, paragraph


@dataclass(frozen=True)
class PlainQuestion:
    """A comparison as a patient would ask it, and each side in plain words, after "who had"."""

    heading: str
    said: str
    sides: Mapping[str, str]


QUESTIONS = {
    "resection-vs-nonsurgical": PlainQuestion(
        "Operate again, or treat without an operation?",
        "The tumour can be taken out once more. Or it can be treated with rays or drugs.",
        {"re_resection": "a second operation", "non_surgical": "care without an operation"},
    ),
    "resection-vs-resrs": PlainQuestion(
        "Operate again, or aim rays at it again?",
        "Aimed rays treat only the spot itself. Doctors call this radiosurgery.",
        {"re_resection": "a second operation", "re_srs": "aimed rays a second time"},
    ),
    "gross-vs-subtotal": PlainQuestion(
        "Does it matter if all of it comes out?",
        "After a second operation there may be some tumour left, or none that can be seen.",
        {"gtr": "all of it taken out", "str": "some of it left"},
    ),
    "adjuvant-reirradiation": PlainQuestion(
        "Rays after the operation, or wait and watch?",
        "After a second operation the place can be treated with rays again. Or doctors watch it "
        "with scans.",
        {"with_rt": "rays after the operation", "without_rt": "no rays after the operation"},
    ),
    "progression": PlainQuestion(
        "Does the treated spot stay quiet?",
        "Here we ask only if the tumour grew again in the same place.",
        {
            "re_resection_alone": "a second operation alone",
            "re_resection_plus_re_srs": "an operation and aimed rays",
            "re_srs": "aimed rays alone",
        },
    ),
}

#: What is counted, and what it is called after a year.
_COUNTED = {"os": ("people", "alive"), "local_control": ("treated spots", "quiet")}

#: How the group fared that had more of the outcome's events.
_MORE_EVENTS = {"os": "People died sooner", "local_control": "The tumour came back more often"}

#: What an arm of one study was given.
_GIVEN = {
    "re_resection_alone": "an operation alone",
    "re_resection_plus_re_srs": "an operation and aimed rays",
    "re_resection_plus_rt_mixed": "an operation and rays",
    "re_resection_plus_brachytherapy": "an operation and rays from inside",
    "re_srs": "aimed rays alone",
}

_SURE = {
    "high": "We are sure of this.",
    "moderate": "We are fairly sure of this.",
    "low": "We are not very sure of this.",
    "very_low": "We are very unsure of this.",
    "no_evidence": "There is nothing here that we could be sure of.",
}

#: The study that counted how many lesions held no tumour, and where it says so.
_NECROSIS = ("bhatia-2024", "arms[3].n_lesions", "arms[0].n_lesions")

_ONE_YEAR = "after one year"


def plain_words_page(results: Results, harms: Sequence[HarmHeading]) -> str:
    """The Markdown of the page.

    Parameters
    ----------
    results : mapping of comparison id to ComparisonResult
        The five answers.
    harms : sequence of HarmHeading
        Of :func:`analysis_lib.questions.harms_by_treatment`.
    """
    blocks: list[Html] = [
        paragraph(
            "For patients, and for those close to them. A tumour has spread to the brain. It was "
            "treated. Now it is back in the same place, or looks as if it is. How did people fare "
            "who were treated again?"
        ),
        callout(
            "caution",
            "This page tells what studies found. It does not say what you should do. Your doctors "
            "know you; this page does not.",
        ),
        Heading("Before you read the numbers"),
        Items(_BEFORE),
        Heading("Is it a tumour at all?"),
        *_necrosis(),
    ]
    for comparison, asked in QUESTIONS.items():
        if comparison in results:
            blocks += _question(results[comparison], asked)
    blocks += plain_harms(harms)
    blocks += [
        Heading("What we could not find out"),
        Items(_NOT_KNOWN),
        Heading("How this was made"),
        _made(),
        Heading("Words you may hear"),
        Items(_words()),
        Heading("Questions you may want to ask"),
        paragraph("Take this list with you. Bring someone who can write down the answers."),
        Items(_TO_ASK),
    ]
    return page("In plain words", *blocks)


# --- the five answers -----------------------------------------------------------------


def _question(result: ComparisonResult, asked: PlainQuestion) -> list[Html]:
    blocks: list[Html] = [Heading(asked.heading), paragraph(asked.said)]
    for outcome in result.outcomes:
        if outcome.outcome in _COUNTED and (outcome is result.leading or _reported(outcome)):
            sentences = tuple(_outcome(result, outcome, asked))
            blocks.append(Items(sentences))
    more = Cell("See all of it, with the studies", href=f"{result.declaration.id}.html")
    return [*blocks, paragraph(more, ".")]


def _reported(outcome: OutcomeResult) -> bool:
    return bool(outcome.direct) or any(side.arms for side in outcome.sides)


def _outcome(
    result: ComparisonResult, outcome: OutcomeResult, asked: PlainQuestion
) -> Iterator[Inline]:
    counted, state = _COUNTED[outcome.outcome]
    studies = {contrast.study_id for contrast in outcome.direct} | set(outcome.computed_within)
    lived = "how long people lived" if outcome.outcome == "os" else "if the spot stayed quiet"
    if not studies:
        yield (f"No study that we read has put these side by side to see {lived}.",)
        for side in outcome.sides:
            yield _side(result, outcome, side, asked.sides[side.id])
    else:
        yield from _direct(outcome, asked, counted, state, lived)
        shown = {side for contrast in outcome.direct for side in contrast.sides or ()}
        for side in outcome.sides:
            if side.id not in shown:
                yield _side(result, outcome, side, asked.sides[side.id])
    yield (_sure(result, outcome, direct=bool(outcome.direct)),)


def _sure(result: ComparisonResult, outcome: OutcomeResult, *, direct: bool) -> str:
    judged = grade(result.declaration.id, outcome.outcome)
    kind = judged.direct if direct else judged.between
    return _SURE[kind.certainty]


def _side(result: ComparisonResult, outcome: OutcomeResult, side: SideResult, had: str) -> Inline:
    """One side as a whole where it is known, otherwise what single groups report."""
    counted, state = _COUNTED[outcome.outcome]
    figures = [pool.summary(side).at(LANDMARK_MONTHS) for pool in outcome.pools if pool.arms(side)]
    known = next((figure for figure in figures if figure.value is not None), None)
    if known is not None:
        number = Cell(f"about {of_100(known.value)}", href=place(result, "result"))
        limits = Cell(f"{of_100(known.low)} to {of_100(known.high)}", href=place(result, "result"))
        return (
            f"Of 100 {counted} with {had}, ",
            number,
            f" were {state} {_ONE_YEAR}. The true number may be anywhere from ",
            limits,
            ".",
        )
    return _groups(side, had, counted, state)


def _groups(side: SideResult, had: str, counted: str, state: str) -> Inline:
    found = [(one, arm) for arm in side.arms if (one := arm.at(LANDMARK_MONTHS)) is not None]
    if not found:
        return (f"With {had}: we found no number.",)
    ends = [pick(found, key=lambda row: row[0].value) for pick in (min, max)]
    if len(found) == 1:
        return (
            f"With {had}: one group was studied. Of 100 {counted}, ",
            _linked(*ends[0]),
            f" were {state} {_ONE_YEAR}.",
        )
    return (
        f"With {had}: in {count(len(found))} groups, from ",
        _linked(*ends[0]),
        " to ",
        _linked(*ends[1]),
        f" of 100 {counted} were {state} {_ONE_YEAR}.",
    )


def _linked(figure: Estimate, arm: ArmEvidence) -> Cell:
    return arm_link(arm, of_100(figure.value))


def _direct(
    outcome: OutcomeResult, asked: PlainQuestion, counted: str, state: str, lived: str
) -> Iterator[Inline]:
    """What studies that hold both groups report: shares where they print them, and a direction."""
    sizes = dict.fromkeys(outcome.computed_within, None)
    sizes |= {contrast.study_id: contrast.sizes for contrast in outcome.direct}
    two = "two of these" if len(outcome.sides) > 2 else "the two"
    number = "One study" if len(sizes) == 1 else f"{count(len(sizes))} studies"
    yield (f"{number} put {two} side by side to see {lived}. Doctors chose who got which.",)
    for study in sorted(sizes):
        arms = _one_a_side(outcome, study)
        if len(arms) > 1:
            (first, one), (second, other) = arms[:2]
            yield (
                f"Of 100 {counted}, ",
                _linked(one, first),
                f" were {state} {_ONE_YEAR} with {_had(first)}, and ",
                _linked(other, second),
                f" with {_had(second)}.",
            )
    for found in outcome.within:
        for effect in found.effects:
            named = [asked.sides[side] for side in (found.first, found.second)]
            named = named[::-1] if effect.turned else named
            yield _direction(effect, named, sizes, _MORE_EVENTS[outcome.outcome])


def _one_a_side(outcome: OutcomeResult, study: str) -> list[tuple[ArmEvidence, Estimate]]:
    """What a study reports of each side it holds; a side of several arms has no one figure."""
    sides = [[arm for arm in side.arms if arm.study_id == study] for side in outcome.sides]
    return [
        (arms[0], found)
        for arms in sides
        if len(arms) == 1 and (found := arms[0].at(LANDMARK_MONTHS)) is not None
    ]


def _had(arm: ArmEvidence) -> str:
    """What an arm of a study was given, in plain words."""
    return _GIVEN.get(arm.treatment, arm.arm_label)


def _direction(
    effect: WithinEffect, had: Sequence[str], sizes: Mapping[str, str | None], happened: str
) -> Inline:
    """Which group had more events, or that the study cannot tell; ``had`` in printed order."""
    _, low, high = effect.as_printed
    if low > 1 or high < 1:
        more, fewer = had if low > 1 else had[::-1]
        told = f"{happened} with {more} than with {fewer}."
    else:
        told = "The study is too small to tell the two apart."
    size = sizes.get(effect.study_id)
    groups = f" The groups: {size}." if size else ""
    return (
        field_link(effect.study_id, effect.place, f"{told}{groups}"),
        " Study: ",
        study_link(effect.study_id, effect.study_label),
        ".",
    )


# --- the rest of the page -------------------------------------------------------------


def _necrosis() -> tuple[Html, ...]:
    """How many growing lesions of one series held no tumour."""
    study, dead_field, tumour_field = _NECROSIS
    record = next(record for record in load_records() if record.id == study)
    dead = part_of_record(record, dead_field)
    whole = dead + part_of_record(record, tumour_field)
    text = f"{count(dead)} of {count(whole)}"
    return (
        paragraph(
            "Rays can leave dead tissue that swells. On a scan it can look just like a tumour. "
            "Only a piece of tissue can tell for sure."
        ),
        paragraph(
            "In one study the doctors took out spots that had grown. In ",
            field_link(study, dead_field.rpartition(".")[0], text),
            " of them there was dead tissue and no tumour.",
        ),
    )


def _made() -> Html:
    reading = load_reading()
    return paragraph(
        f"We read {count(len(load_records()))} reports by {reading['last_reading']}. Many we could "
        "read only in part. No full search was made yet, so some studies may be missing. ",
        Cell("How we work", href="methods.html"),
        ".",
    )


def _words() -> tuple[Inline, ...]:
    named = ("re-resection", "radiosurgery", "WBRT", "radionecrosis", "local control", "median")
    asked = (Cell("How to read the curves", href="reading-curves.html"),)
    return (tuple(_joined(term(name) for name in named)), asked)


def _joined(cells: Iterator[Cell]) -> Iterator[str | Cell]:
    for position, cell in enumerate(cells):
        if position:
            yield ", "
        yield cell


_BEFORE: tuple[Inline, ...] = (
    (
        "Fit people with one spot are more often operated on. So a higher number in one group "
        "does not show that the treatment made the difference.",
    ),
    ("Most groups were small. With other people the number would have come out another way.",),
    ("A number is about many people. It cannot tell how one person will fare.",),
    ("Drugs and scans have changed. Some of the studies are old.",),
)

_NOT_KNOWN: tuple[Inline, ...] = (
    ("If an operation helps people to live longer than rays do, when the tumour is back.",),
    ("If rays after a second operation help, or harm, in the long run.",),
    ("How people felt day by day. We have not yet read this out of the studies.",),
    ("What works for which kind of tumour. The groups are too mixed to tell.",),
    ("What new drugs do, alone or with rays. ", Cell("Other options", href="other-options.html")),
)

_TO_ASK: tuple[Inline, ...] = (
    ("How sure are you that it is tumour, and not dead tissue from the rays?",),
    ("What are all the ways to go on, and what if we wait?",),
    ("What would each way cost me: days in hospital, risks, side effects?",),
    ("What is the aim: more time, fewer symptoms, or both?",),
    ("Of 100 people like me, how many are alive after one year? How sure is that number?",),
    ("How much radiation has this spot had so far? How much more can it take?",),
    ("How many of these treatments do you do here each year?",),
    ("Is there a trial that I could join?",),
    ("Has a team of several experts looked at my scans?",),
    ("What can be done for my symptoms now? Who can I call at night?",),
)
