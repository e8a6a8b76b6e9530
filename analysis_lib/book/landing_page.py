"""The landing page: five answers, and nothing above them that is not one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.book.answers import comparator_sentence, lead, outcome_label
from analysis_lib.book.findings import findings_table
from analysis_lib.book.four_answers import CAVEAT
from analysis_lib.book.judgement_tables import certainty_words
from analysis_lib.book.markdown import Facts, Heading, Items, inline, page, plain
from analysis_lib.book.study_figures import units
from analysis_lib.book.study_uses import Results
from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.study_records import load_reading, load_records
from analysis_lib.tables import Cell, Html, callout, count, paragraph

QUESTION = (
    "A brain metastasis was treated and came back. How did patients fare after each way of "
    "treating it again? Five comparisons, each answered by what studies print."
)

ADVICE = "Summarises studies; not advice for one patient."


@dataclass(frozen=True)
class Card(Html):
    """One comparison: its title as a link, its answer, how much stands behind it."""

    result: ComparisonResult

    def to_html(self) -> str:
        declared = self.result.declaration
        title = Cell(declared.title, href=f"{declared.id}.html").to_html()
        answers = "\n".join(_answer(sentences) for sentences in lead(self.result))
        stretched = comparator_sentence(self.result)
        depends = f'<p class="lsr-depends">{inline(stretched[0])}</p>\n' if stretched else ""
        caveat = f'<p class="lsr-caveat">{CAVEAT}</p>\n' if _side_by_side(self.result) else ""
        return (
            f'<section class="lsr-card" id="{escape(declared.id)}">\n'
            f"<h2>{declared.number}. {title}</h2>\n{answers}\n{depends}{caveat}"
            f'<p class="lsr-behind">{escape(behind(self.result))}</p>\n</section>'
        )

    def to_text(self) -> str:
        sentences = [plain(part) for sentences in lead(self.result) for part in sentences]
        return "\n".join([self.result.declaration.title, *sentences, behind(self.result)])


def landing_page(results: Results) -> str:
    """The Markdown of the landing page."""
    return page(
        "Recurrent brain metastases",
        paragraph(QUESTION),
        *(Card(result) for result in results.values()),
        callout("note", ADVICE),
        Heading("Summary of findings"),
        findings_table(results.values()),
        Heading("This edition"),
        _edition(),
        Heading("Read on"),
        Items(_READ_ON),
    )


def behind(result: ComparisonResult) -> str:
    """How many studies and patients stand behind the answer, and how certain it is."""
    told = [told for outcome in result.outcomes if (told := _counted(outcome))]
    certainties = [
        f"{outcome_label(outcome.outcome).lower()} "
        f"{certainty_words(result.declaration.id, outcome.outcome)}"
        for outcome in result.outcomes
    ]
    return f"{'; '.join(told) or 'No study'}. Certainty: {', '.join(certainties)}."


def _answer(sentences: Sequence) -> str:
    (opening, *rest), *sides = sentences
    items = "\n".join(f"<li>{inline(sentence)}</li>" for sentence in sides)
    return f"<p><strong>{escape(opening)}</strong>{inline(rest)}</p>\n<ul>\n{items}\n</ul>"


def _counted(outcome: OutcomeResult) -> str | None:
    arms = {(arm.study_id, arm.arm_id): arm for side in outcome.sides for arm in side.arms}
    label = outcome_label(outcome.outcome)
    if not arms:
        printed = len({contrast.study_id for contrast in outcome.direct})
        return f"{label}: a contrast printed by {_studies(printed)}" if printed else None
    studies = len({study for study, _ in arms})
    return f"{label}: {_studies(studies)}, {_by_unit(list(arms.values()))}"


def _side_by_side(result: ComparisonResult) -> bool:
    """Do cohorts stand on two sides of any outcome?"""
    return any(sum(bool(side.arms) for side in outcome.sides) > 1 for outcome in result.outcomes)


def _studies(number: int) -> str:
    return f"{count(number)} {'study' if number == 1 else 'studies'}"


def _by_unit(arms: Sequence[ArmEvidence]) -> str:
    found: dict[str, int] = {}
    for arm in arms:
        found[arm.unit] = found.get(arm.unit, 0) + arm.n
    return " and ".join(units(n, unit) for unit, n in sorted(found.items(), reverse=True))


def _edition() -> Facts:
    reading = load_reading()
    records = load_records()
    used = sum(record.eligibility.decision == "include" for record in records)
    return Facts(
        (
            ("Edition", "First edition not cut yet: this is the state of the work."),
            ("Last reading", reading["last_reading"]),
            ("Database search", reading["database_search"]["statement"]),
            ("Records", f"{count(len(records))} read, {count(used)} of them eligible"),
            (
                "Certainty",
                "Rated by one reader, from abstracts and tables; a second has not signed.",
            ),
        )
    )


_READ_ON = (
    (Cell("Evidence map and all studies", href="evidence-map.html"),),
    (Cell("From records read to records used", href="flow.html"),),
    (Cell("The benchmark review, point by point", href="benchmark-review.html"),),
    (Cell("What guidelines say, seen and not seen", href="guidelines.html"),),
    (Cell("Cohorts that share patients", href="overlaps.html"),),
    (Cell("Contradictions found in papers", href="audit.html"),),
    (Cell("How printed summaries become survival", href="methods-summaries.html"),),
    (Cell("How studies are put together", href="methods-pooling.html"),),
)
