"""Judgements on pages: of a study, of the studies behind a comparison, and of its certainty.

An answer is always a word; the mark before it lets a column be scanned without colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.blocks import Fold, Stack
from analysis_lib.book.markdown import Facts, Inline, Section
from analysis_lib.book.places import block_anchor, field_anchor, study_page
from analysis_lib.book.study_words import field_words, with_names
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import grade, load_judgements, load_records, load_vocabulary
from analysis_lib.study_records.centre_record import CENTRE_LABEL
from analysis_lib.study_records.judgements import (
    CaseSeriesAppraisal,
    ContrastAppraisal,
    Grade,
    GradeJudgements,
    Judgement,
)
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph

#: Anchor of the doubts of a study's page: readers' notes and contradictions stand there.
DOUBTS = "doubts"

#: Lists of the doubts of which every item is a place of its own.
_IN_LISTS = ("notes[", "discrepancies[")

_CASE_SERIES = "jbi-case-series"

_MARKS = {
    "yes": "+",
    "no": "×",
    "unclear": "?",
    "not_applicable": "·",
    "low": "+",
    "moderate": "~",
    "serious": "×",
    "critical": "!",
    "no_information": "?",
}


def study_judgements(record: StudyRecord) -> list[Html]:
    """What was judged of a study, each item with its reason and the fields it rests on."""
    judgements = load_judgements()
    series, contrasts = judgements.appraisal(record.id), judgements.contrasts_of(record.id)
    blocks: list[Html] = [_contrast_section(record, found) for found in contrasts]
    if series:
        blocks.append(_series_section(record, series))
    return blocks or [
        paragraph(
            "Not judged: no figure of this study stands in a pool or in a comparison of two of "
            "the treatments."
        )
    ]


def risk_of_bias_table(study_ids: Sequence[str], comparison: str | None = None) -> Stack:
    """The judgements of several studies, one row each; names lead to the reasons.

    Parameters
    ----------
    study_ids : sequence of str
        Studies of a pool; their JBI items are shown.
    comparison : str, optional
        Contrasts that this comparison shows; by default every contrast of the studies.
    """
    judgements, wanted = load_judgements(), sorted(set(study_ids))
    series = [found for found in judgements.case_series if found.study_id in wanted]
    contrasts = [
        found
        for found in judgements.contrasts
        if (found.study_id in wanted if comparison is None else comparison in found.comparisons)
    ]
    parts: list[Html] = []
    parts += [_contrast_matrix(contrasts)] if contrasts else []
    parts += [_series_matrix(series)] if series else []
    judged = {found.study_id for found in (*series, *contrasts)}
    missing = [study for study in wanted if study not in judged]
    if missing:
        known = {record.id: study_label(record) for record in load_records()}
        labels = ", ".join(known.get(study, CENTRE_LABEL) for study in missing)
        parts.append(callout("missing", f"Risk of bias not judged yet: {labels}."))
    return Stack(*parts)


def certainty_table(comparison_id: str) -> Stack:
    """GRADE of each outcome of a comparison, with the reasons of every domain on demand."""
    found = [row for row in load_judgements().grades if row.comparison == comparison_id]
    if not found:
        return Stack(callout("missing", "The certainty of this comparison is not judged yet."))
    rows = [
        {
            "Evidence": f"{_label('outcome', row.outcome)}, {kind}",
            "Certainty": _certainty(judged),
            "Why": judged.reason,
        }
        for row in found
        for kind, judged in _kinds(row)
    ]
    note = (
        "GRADE, started high because risk of bias is judged with ROBINS-I. Within studies: studies "
        "that hold both sides. Between studies: cohorts of one treatment beside cohorts of "
        "another, judged once for the comparison."
    )
    table = html_table(pd.DataFrame(rows), caption="Certainty of the evidence", note=note)
    reasons = Fold("Why the certainty was rated down, domain by domain", _domains(found))
    readers = sorted({reader for row in found for reader in row.direct.readers})
    return Stack(table, reasons, paragraph(readers_sentence(readers, "abstracts and tables")))


def certainty_words(comparison_id: str, outcome: str) -> str:
    """The certainty of both kinds of evidence in a few words, for a row of a table."""
    found = grade(comparison_id, outcome)
    told = [
        f"{judged.label} ({kind})"
        for kind, judged in (("within studies", found.direct), ("between cohorts", found.between))
        if judged.certainty != "no_evidence"
    ]
    return "; ".join(told) or found.direct.label


def readers_sentence(readers: Sequence[str], texts: str) -> str:
    """Who judged, from what, and whether somebody else has signed."""
    if len(readers) == 1:
        return f"Judged by one reader, from {texts}; a second has not signed."
    return f"Judged by {count(len(readers))} readers, from {texts}."


def _series_section(record: StudyRecord, found: CaseSeriesAppraisal) -> Section:
    parts = (
        _answers(record, found.items, "jbi_item", "jbi_answer"),
        paragraph(_read_by(found)),
    )
    return Section(_CASE_SERIES, "As a cohort: JBI checklist for case series", parts, level=3)


def _contrast_section(record: StudyRecord, found: ContrastAppraisal) -> Section:
    judged = (*found.domains, found.overall)
    heading = f"As a comparison: ROBINS-I, {_label('outcome', found.outcome).lower()}"
    printed = Cell("what the paper prints", href=f"#{block_anchor(found.contrast)}")
    parts = (
        paragraph("Risk of bias of ", printed, f": {_groups(record, found)}."),
        _answers(record, judged, "robins_domain", "robins_judgement"),
        paragraph(_read_by(found)),
    )
    return Section(_contrast_anchor(found), heading, parts, level=3)


def _answers(
    record: StudyRecord, items: Sequence[Judgement], questions_list: str, answers_list: str
) -> Facts:
    """Question and answer of each item; the overall judgement is none of the tool's questions."""
    questions = {code: term.description for code, term in load_vocabulary()[questions_list].items()}
    return Facts(
        tuple(
            (questions.get(item.item, "Overall"), _answer(record, item, answers_list))
            for item in items
        )
    )


def _answer(record: StudyRecord, item: Judgement, answers_list: str) -> Inline:
    """``Yes. The reason. Rests on: population; earlier treatment; note 2.``"""
    parts: list[str | Cell] = [_mark(item.answer, answers_list), ". "]
    parts += with_names(item.reason, up=True)
    for position, field in enumerate(item.rests_on):
        parts += ["; " if position else " Rests on: "]
        parts.append(Cell(field_words(record, field), href=f"#{_place(field)}"))
    return (*parts, ".") if item.rests_on else tuple(parts)


def _place(field: str) -> str:
    if field.startswith(_IN_LISTS):
        return field_anchor(field)
    return DOUBTS if field.startswith("corrections") else block_anchor(field)


def _series_matrix(series: Sequence[CaseSeriesAppraisal]) -> Html:
    rows = [
        {"Study": _study(found.study_id, _CASE_SERIES)}
        | {
            _label("jbi_item", item.item): _mark(item.answer, "jbi_answer", item.reason)
            for item in found.items
        }
        for found in series
    ]
    return _matrix(
        rows,
        "Cohorts: JBI checklist for case series",
        "Unclear: not stated in what was read, which for most studies is an abstract.",
        series,
    )


def _contrast_matrix(contrasts: Sequence[ContrastAppraisal]) -> Html:
    rows = []
    for found in contrasts:
        record = _records()[found.study_id]
        row: dict[str, object] = {
            "Study": _study(found.study_id, _contrast_anchor(found)),
            "Contrast": f"{_label('outcome', found.outcome)}: {_groups(record, found)}",
        }
        for judged in found.domains:
            label = _label("robins_domain", judged.item)
            row[label] = _mark(judged.answer, "robins_judgement", judged.reason)
        row["Overall"] = _mark(found.overall.answer, "robins_judgement", found.overall.reason)
        rows.append(row)
    caption = "Contrasts printed within studies: risk of bias by ROBINS-I"
    return _matrix(rows, caption, "", contrasts)


def _matrix(
    rows: Sequence[dict[str, object]],
    caption: str,
    note: str,
    judged: Sequence[CaseSeriesAppraisal | ContrastAppraisal],
) -> Html:
    readers = sorted({reader for found in judged for reader in found.readers})
    told = readers_sentence(readers, "what was read")
    note = f"{note} {told} The name leads to the reasons.".strip()
    return html_table(pd.DataFrame(rows), caption=caption, note=note)


def _domains(found: Sequence[GradeJudgements]) -> Stack:
    """A table of domains per outcome within studies, and one between studies for all."""
    parts: list[Html] = []
    for row in found:
        if row.direct.domains:
            what = f"{_label('outcome', row.outcome)}, within studies"
            parts += [_domain_table(row.direct, what), _rated_studies(row)]
    between = next((row.between for row in found if row.between.domains), None)
    if between:
        what = "Every outcome with cohorts on two sides, between studies"
        parts.append(_domain_table(between, what))
    return Stack(*parts or [paragraph("Nothing was rated.")])


def _domain_table(judged: Grade, what: str) -> Html:
    rows = [
        {
            "Domain": _label("grade_domain", domain.item),
            "Concern": _label("grade_concern", domain.answer),
            "Why": domain.reason,
        }
        for domain in judged.domains
    ]
    return html_table(pd.DataFrame(rows), caption=what)


def _rated_studies(row: GradeJudgements) -> Html:
    rated = [
        found
        for found in load_judgements().contrasts
        if found.study_id in row.direct.studies
        and found.outcome == row.outcome
        and row.comparison in found.comparisons
    ]
    parts: list[str | Cell] = ["ROBINS-I of the studies rated: "]
    for position, found in enumerate(rated):
        overall = _label("robins_judgement", found.overall.answer).lower()
        parts += ["; "] if position else []
        parts += [_study(found.study_id, _contrast_anchor(found)), f", {overall}"]
    return paragraph(*parts, ".")


def _kinds(row: GradeJudgements) -> tuple[tuple[str, Grade], tuple[str, Grade]]:
    return ("within studies", row.direct), ("between studies", row.between)


def _certainty(judged: Grade) -> Cell:
    term = load_vocabulary()["certainty"][judged.certainty]
    return Cell(
        term.label, title=term.description, class_=f"lsr-certainty-{field_anchor(term.code)}"
    )


def _mark(answer: str, answers_list: str, title: str | None = None) -> Cell:
    """``+ Yes``: the word says it, the mark and the class only help the eye."""
    text = f"{_MARKS[answer]} {_label(answers_list, answer)}"
    return Cell(text, title=title, class_=f"lsr-judged lsr-judged-{field_anchor(answer)}")


def _groups(record: StudyRecord, found: ContrastAppraisal) -> str:
    """The two groups of a contrast, by the labels of its arms where they are arms."""
    number = int(found.contrast.removeprefix("contrasts[").removesuffix("]"))
    contrast = record.contrasts[number]
    labels = {arm.id: arm.label for arm in record.arms} if contrast.kind == "arms" else {}
    extents = {code: term.label for code, term in load_vocabulary()["extent"].items()}
    first, second = (
        labels.get(name) or extents.get(name) or name.replace("_", " ")
        for name in (contrast.arm, contrast.versus)
    )
    return f"{first} against {second}"


def _read_by(found: CaseSeriesAppraisal | ContrastAppraisal) -> str:
    texts = " and ".join(_label("read_in", code).lower() for code in found.read_in)
    return readers_sentence(found.readers, f"what was read ({texts})")


def _study(study_id: str, anchor: str) -> Cell:
    return Cell(study_label(_records()[study_id]), href=f"{study_page(study_id)}#{anchor}")


def _contrast_anchor(found: ContrastAppraisal) -> str:
    return f"robins-i-{field_anchor(found.contrast)}"


def _label(listed: str, code: str) -> str:
    return load_vocabulary()[listed][code].label


def _records() -> dict[str, StudyRecord]:
    return {record.id: record for record in load_records()}
