"""The landing page: five answers, and nothing above them that is not one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.book.answers import comparator_sentence, outcome_label
from analysis_lib.book.findings import findings_table
from analysis_lib.book.judgement_tables import certainty_words, readers_sentence
from analysis_lib.book.landing_cards import (
    OutcomeAnswer,
    Picture,
    caveat,
    outcome_answers,
    place,
)
from analysis_lib.book.markdown import (
    Anchor,
    Facts,
    Heading,
    Inline,
    Items,
    inline,
    page,
    plain,
)
from analysis_lib.book.study_figures import units
from analysis_lib.book.study_uses import Results
from analysis_lib.charts.hundred import hundred
from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.editions import NOT_CUT, edition_name, latest_edition
from analysis_lib.study_records import (
    grade,
    load_judgements,
    load_reading,
    load_records,
    load_vocabulary,
)
from analysis_lib.tables import Cell, Html, Paragraph, callout, count, paragraph

QUESTION = (
    "A brain metastasis was treated and came back: how did patients fare after each way of "
    "treating it again?"
)

ADVICE = "Summarises studies; not advice for one patient."

#: Where the words of certainty are explained, and where this edition's facts stand.
_CERTAINTY, _EDITION = "certainty", "edition"


@dataclass(frozen=True)
class Card(Html):
    """One comparison: its title as a link, its answers, what they look like, how certain."""

    result: ComparisonResult

    def to_html(self) -> str:
        declared = self.result.declaration
        title = Cell(f"{declared.number}. {declared.title}", href=f"{declared.id}.html").to_html()
        leading, *others = outcome_answers(self.result)
        answers = "\n".join([_leading(leading), *(_other(answer) for answer in others)])
        pictures = [answer.picture for answer in (leading, *others) if answer.picture]
        drawn = "\n".join(picture_html(picture) for picture in pictures)
        lines = "\n".join(f"<li>{inline(line)}</li>" for line in behind(self.result))
        side = f'<div class="lsr-card-pictures">\n{drawn}\n</div>\n' if pictures else ""
        return (
            f'<section class="lsr-card" id="{escape(declared.id)}">\n<h2>{title}</h2>\n'
            f'<div class="lsr-card-body">\n<div class="lsr-card-words">\n{answers}\n'
            f'<p class="lsr-caveat">{inline(self._caveat(leading, *others))}</p>\n</div>\n'
            f'{side}</div>\n<ul class="lsr-behind">\n{lines}\n</ul>\n</section>'
        )

    def to_text(self) -> str:
        lines = [self.result.declaration.title]
        for answer in outcome_answers(self.result):
            lines += [plain(answer.opening), *(plain(part) for part in answer.further)]
        return "\n".join([*lines, *(plain(line) for line in behind(self.result))])

    def _caveat(self, *answers: OutcomeAnswer) -> Inline:
        """Why the figures are no effect of treatment, and who else could have been counted."""
        words = caveat(self.result, answers)
        told: list[str | Cell] = [words] if words else []
        for sentence in comparator_sentence(self.result):
            told.append(Cell(plain(sentence), href=place(self.result, "sensitivity")))
        return tuple(part for one in told for part in (one, " "))[:-1]


def landing_page(results: Results) -> str:
    """The Markdown of the landing page."""
    return page(
        "Recurrent brain metastases",
        Paragraph((QUESTION,), "lsr-question"),
        *(Card(result) for result in results.values()),
        _edition_line(),
        Heading("Which question is yours?"),
        Items(tuple(_questions(results))),
        callout("note", ADVICE),
        Heading("Summary of findings"),
        findings_table(results.values()),
        Anchor(_CERTAINTY),
        Heading("What certainty means"),
        paragraph(
            "Certainty is judged with GRADE for each outcome: how far the figures can be trusted "
            "to say what the treatments did. Each comparison gives its reasons under "
            "“How sure”."
        ),
        _certainty(),
        Anchor(_EDITION),
        Heading("This edition"),
        _edition(),
        Heading("Read on"),
        Items(_READ_ON),
    )


def behind(result: ComparisonResult) -> tuple[Inline, ...]:
    """For each outcome how certain its answer is, and what stands behind it."""
    how_sure, evidence = place(result, "how-sure"), place(result, "evidence")
    lines: list[Inline] = []
    empty: list[str] = []
    for outcome in result.outcomes:
        label, counted = outcome_label(outcome.outcome), _counted(outcome)
        certainty = _certainty_of(result, outcome)
        if certainty is None and counted is None:
            empty.append(label)
            continue
        told = Cell(certainty or "no evidence whose certainty could be rated", href=how_sure)
        line: list[str | Cell] = [f"{label}: ", told]
        line += ["; ", Cell(counted, href=evidence)] if counted else []
        lines.append(tuple(line))
    if empty:
        lines.append((f"{'; '.join(empty)}: ", Cell("no evidence", href=how_sure)))
    return tuple(lines)


def _certainty_of(result: ComparisonResult, outcome: OutcomeResult) -> str | None:
    """``very low certainty``; both kinds of evidence only where they differ; None where none."""
    judged = grade(result.declaration.id, outcome.outcome)
    kinds = (judged.direct, judged.between)
    found = {kind.label.lower() for kind in kinds if kind.certainty != "no_evidence"}
    if len(found) > 1:
        return f"certainty {certainty_words(result.declaration.id, outcome.outcome).lower()}"
    return f"{found.pop()} certainty" if found else None


def picture_html(picture: Picture) -> str:
    """Label, drawing and figure of each group; the drawing repeats what the text says."""
    rows = "\n".join(
        f'<li><span class="lsr-hundred-label">{escape(row.label)}</span>'
        + (
            ""
            if row.share is None
            else hundred(
                row.share,
                row.low,
                row.high,
                colour=row.colour,
                description=f"{picture.caption}; {row.label}: {row.figure.text}",
            )
        )
        + f'<span class="lsr-hundred-figure">{row.figure.to_html()}</span>'
        + (f'<span class="lsr-hundred-note">{row.note.to_html()}</span>' if row.note else "")
        + "</li>"
        for row in picture.rows
    )
    return (
        f'<div class="lsr-picture">\n<p class="lsr-hundred-caption">{escape(picture.caption)}</p>\n'
        f'<ul class="lsr-hundreds">\n{rows}\n</ul>\n</div>'
    )


def _leading(answer: OutcomeAnswer) -> str:
    """The answer that leads: in bold what is known of both sides or that nothing is."""
    further = f" {inline(_joined(answer.further))}" if answer.further else ""
    return f'<p class="lsr-lead"><strong>{inline(answer.opening)}</strong>{further}</p>'


def _other(answer: OutcomeAnswer) -> str:
    return f"<p>{inline(_joined((answer.opening, *answer.further)))}</p>"


def _joined(sentences: Sequence[Inline]) -> Inline:
    """Sentences one after the other."""
    return tuple(part for sentence in sentences for part in (*sentence, " "))[:-1]


def _counted(outcome: OutcomeResult) -> str | None:
    """``11 studies, 590 patients``; None where nothing was found."""
    arms = {(arm.study_id, arm.arm_id): arm for side in outcome.sides for arm in side.arms}
    if not arms:
        printed = len({contrast.study_id for contrast in outcome.direct})
        return f"a contrast printed by {_studies(printed)}" if printed else None
    studies = len({study for study, _ in arms})
    return f"{_studies(studies)}, {_by_unit(list(arms.values()))}"


def _studies(number: int) -> str:
    return f"{count(number)} {'study' if number == 1 else 'studies'}"


def _by_unit(arms: Sequence[ArmEvidence]) -> str:
    found: dict[str, int] = {}
    for arm in arms:
        found[arm.unit] = found.get(arm.unit, 0) + arm.n
    return " and ".join(units(n, unit) for unit, n in sorted(found.items(), reverse=True))


def _questions(results: Results) -> list[Inline]:
    """Questions of a tumour board, each with the page that answers it, or that none does."""
    asked: list[Inline] = []
    for comparison, question in _ASKED.items():
        if comparison in results:
            title = results[comparison].declaration.title
            asked.append((f"{question} ", Cell(title, href=f"{comparison}.html#result")))
    return [*asked, *_NOT_ANSWERED]


def _certainty() -> Facts:
    terms = load_vocabulary()["certainty"].values()
    return Facts(tuple((term.label, f"{term.description}.") for term in terms))


def _judged_by() -> str:
    grades = load_judgements().grades
    kinds = [kind for found in grades for kind in (found.direct, found.between)]
    readers = {reader for kind in kinds for reader in kind.readers}
    return readers_sentence(sorted(readers), "abstracts and tables")


def _edition_line() -> Paragraph:
    """Edition, date and readers in one line, with what leads on."""
    reading = load_reading()
    return Paragraph(
        (
            f"{edition_name()}. Last reading ",
            Cell(reading["last_reading"], href=f"#{_EDITION}"),
            f". {reading['database_search']['statement']} {_judged_by()} ",
            Cell("What certainty means", href=f"#{_CERTAINTY}"),
            " · ",
            Cell("What is new", href="whats-new.html"),
            " · ",
            Cell("How to cite", href="cite.html"),
            " · ",
            Cell("Summaries to print, data", href="take-away.html"),
        ),
        "lsr-edition",
    )


def _edition_state() -> str:
    newest = latest_edition()
    if newest is None:
        return f"{NOT_CUT}: this is the state of the work."
    return f"{edition_name()} ({newest.number} was cut on {newest.date})"


def _edition() -> Html:
    reading = load_reading()
    records = load_records()
    used = sum(record.eligibility.decision == "include" for record in records)
    return Facts(
        (
            ("Edition", _edition_state()),
            ("Last reading", reading["last_reading"]),
            ("Database search", reading["database_search"]["statement"]),
            (
                "Records",
                (
                    Cell(
                        f"{count(len(records))} read, {count(used)} of them eligible",
                        href="flow.html",
                    ),
                ),
            ),
            ("Certainty", _judged_by()),
            ("What is new", (Cell("Since the last edition", href="whats-new.html"),)),
            ("How to cite", (Cell("This review, and its studies", href="cite.html"),)),
        )
    )


_ASKED = {
    "resection-vs-nonsurgical": "It can be operated: operate, or treat without surgery?",
    "resection-vs-resrs": "Operate, or radiosurgery a second time?",
    "gross-vs-subtotal": "How much does it matter that everything was removed?",
    "adjuvant-reirradiation": "Operated: irradiate the cavity again, or watch?",
    "progression": "How long does the treated site stay controlled?",
}

_NOT_ANSWERED: tuple[Inline, ...] = (
    (
        "Whole-brain radiotherapy again, laser ablation, or drugs alone? What is known of each: ",
        Cell("other options", href="other-options.html"),
        "; as variations of who is counted: ",
        Cell("sensitivity", href="resection-vs-nonsurgical.html#sensitivity"),
    ),
    (
        "Is it tumour or radiation necrosis, and what harms follow each treatment? ",
        Cell("Tumour or radionecrosis?", href="necrosis.html"),
        ", ",
        Cell("harms after treatment", href="harms.html"),
    ),
    (
        "Is it bleeding, or pressing on the brain? Not answered here: signs that make surgery "
        "urgent, or pointless, are outside these data.",
    ),
)

_READ_ON = (
    (Cell("In plain words, for patients and families", href="plain-words.html"),),
    (Cell("A summary of each answer to print, and all data", href="take-away.html"),),
    (Cell("Published doses as BED, and a calculator", href="dose.html"),),
    (Cell("How to read survival curves", href="reading-curves.html"),),
    (Cell("Glossary", href="glossary.html"),),
    (Cell("Evidence map and all studies", href="evidence-map.html"),),
    (Cell("From records read to records used", href="flow.html"),),
    (Cell("The benchmark review, point by point", href="benchmark-review.html"),),
    (Cell("What guidelines say, and claims held against them", href="guidelines.html"),),
    (Cell("Cohorts that share patients", href="overlaps.html"),),
    (Cell("Contradictions found in papers", href="audit.html"),),
    (Cell("From question to certainty, step by step", href="methods.html"),),
    (Cell("How printed summaries become survival", href="methods-summaries.html"),),
    (Cell("How studies are put together", href="methods-pooling.html"),),
)
