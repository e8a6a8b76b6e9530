"""One page per study: what was read, how it was checked, and where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis_lib.book.judgement_tables import DOUBTS, study_judgements
from analysis_lib.book.markdown import Anchor, Facts, Heading, Inline, Items, page, plain
from analysis_lib.book.places import (
    block_anchor,
    field_anchor,
    paper_link,
    place_read,
    study_page,
)
from analysis_lib.book.study_figures import Words, arms_and_figures, as_number, contrasts
from analysis_lib.book.study_rederived import computed_ratio
from analysis_lib.book.study_uses import LEFT_OUT, ComputedRatio, Use
from analysis_lib.book.study_words import (
    field_words,
    message_words,
    reading_words,
    with_names,
)
from analysis_lib.charts import reading_figure
from analysis_lib.comparison.arms import study_label
from analysis_lib.consistency import RULES, Finding
from analysis_lib.study_records import StudyRecord, load_second_readings
from analysis_lib.study_records.model import Citation, SecondReading
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph

SEVERITY_WORDS = {
    "error": "cannot both be true",
    "explain": "needs an explanation",
    "note": "worth knowing",
}

DECISION_WORDS = {
    "include": "Included",
    "indirect": "Indirect evidence: shown beside, never pooled",
    "exclude": "Not used",
}

_EARLIER_WORDS = {
    "srs": "radiosurgery",
    "surgery": "surgery",
    "wbrt": "whole-brain radiotherapy",
    "systemic": "systemic therapy",
    "mixed": "more than one kind",
    "unknown": "not stated",
}

#: Histologies whose code is an abbreviation; the others read as they stand.
_HISTOLOGIES = {
    "nsclc": "non-small-cell lung cancer",
    "sclc": "small-cell lung cancer",
    "tongue_scc": "squamous cell carcinoma of the tongue",
}

_SECOND_READING_ANSWERS = {"yes": "agrees", "no": "corrected", "not_found": "not found again"}


@dataclass(frozen=True)
class StudyContext:
    """What other parts of the review say about one study.

    Attributes
    ----------
    words : dict
        The closed lists.
    findings : sequence of Finding
        Of the consistency audit.
    overlaps : sequence of dict
        Rules of ``data/overlaps.yaml`` that name the study.
    uses : sequence of Use
        Where comparisons read it.
    titles : dict
        Title of each comparison by id.
    ratios : sequence of ComputedRatio
        Of the study's groups, computed by this review.
    previous, following : StudyRecord, optional
        Neighbours in the order of ids.
    unfinished : bool
        The record is shown without the parts that break rules.
    """

    words: Words
    findings: Sequence[Finding]
    overlaps: Sequence[dict[str, Any]]
    uses: Sequence[Use]
    titles: dict[str, str]
    ratios: Sequence[ComputedRatio] = ()
    previous: StudyRecord | None = None
    following: StudyRecord | None = None
    unfinished: bool = False


def study_page_text(record: StudyRecord, context: StudyContext) -> str:
    """The Markdown of a study's page."""
    return page(
        study_label(record),
        *_citation(record.citation),
        _decision(record),
        Heading("The study"),
        Anchor("study"),
        _facts(record, context.words),
        Heading("Arms and figures"),
        *(
            arms_and_figures(record, context.words)
            or [paragraph("No arm was entered from this paper.")]
        ),
        Heading("Comparisons printed in the paper"),
        *(contrasts(record, context.words) or [paragraph("None was read.")]),
        *_computed(context.ratios),
        Heading("Risk of bias"),
        *(_unsound() if context.unfinished else study_judgements(record)),
        Heading("Doubts and contradictions"),
        Anchor(DOUBTS),
        *_doubts(record, context.findings),
        Heading("Second reading"),
        Anchor("looked-for-again"),
        *_second_reading(record),
        Heading("Patients shared with other studies"),
        *_overlaps(record, context.overlaps),
        Heading("Where this study is used"),
        _uses(record, context),
        _neighbours(context),
    )


def _unsound() -> list[Html]:
    """Judgements rest on fields by their place, which an unfinished record may not have."""
    return [paragraph("Judgements are shown once the record breaks no rule.")]


def _citation(citation: Citation) -> list[Html]:
    title = citation.title or "The title was not printed in the text that was read."
    link = paper_link(citation)
    said: list[str | Cell] = []
    for part in (citation.authors, citation.journal, _year(citation)):
        said += [f"{part.rstrip('.')}. "] if part else []
    said += [link] if link else ["No DOI and no PubMed number was printed."]
    parts: list[Html] = [paragraph(Cell(title, class_="lsr-paper-title")), paragraph(*said)]
    if citation.missing:
        parts.append(
            callout("missing", f"Citation incomplete: {', '.join(citation.missing)} not printed.")
        )
    return parts


def _year(citation: Citation) -> str | None:
    """The year, unless the journal's line already holds it."""
    year = str(citation.year) if citation.year else None
    return None if year is None or year in (citation.journal or "") else year


def _decision(record: StudyRecord) -> Html:
    kind = "caution" if record.eligibility.decision != "include" else "note"
    said: list[str | Cell] = [f"{DECISION_WORDS[record.eligibility.decision]}. Reason: "]
    said += with_names(record.eligibility.reason.rstrip("."), up=True)
    if record.secondary_source:
        said += [". Figures were read in another paper's table."]
    return callout(kind, *said)


def _facts(record: StudyRecord, words: Words) -> Facts:
    read_in = record.read_in
    locator = f" ({read_in.locator})" if read_in and read_in.locator else ""
    recurrence = words["recurrence"][record.recurrence].label
    earlier = ", ".join(_EARLIER_WORDS[code] for code in record.prior_treatment)
    return Facts(
        (
            ("Population", record.population),
            ("Design", record.design),
            ("Centres", "; ".join(record.centres) or "not reported"),
            ("Enrolment", _enrolment(record.enrolment)),
            ("Treated before by", earlier or "not stated"),
            ("Site of the recurrence", recurrence),
            ("Patients", count(record.n_patients)),
            ("Lesions", count(record.n_lesions)),
            ("Doses", _doses(record)),
            ("Median age", _with_unit(record.median_age, "years")),
            ("Median follow-up", _with_unit(record.median_followup_months, "months")),
            ("Histology", _histology(record)),
            ("Read in", (place_read(read_in.url), locator) if read_in else "not noted"),
        )
    )


def _doses(record: StudyRecord) -> Inline | None:
    """The record's own words on dose, and where they are put into one currency."""
    if not record.schedules:
        return None
    words = "; ".join(f"“{schedule.words}”" for schedule in record.schedules)
    return (f"{words}. ", Cell("What they amount to", href="../dose.html"))


def _enrolment(years: dict[str, int | None] | None) -> str:
    if not years or not any(years.values()):
        return "not reported"
    ends = [str(years.get(key) or "not reported") for key in ("start", "end")]
    return f"{ends[0]} to {ends[1]}"


def _with_unit(value: float | None, unit: str) -> str:
    return "not reported" if value is None else f"{as_number(value)} {unit}"


def _histology(record: StudyRecord) -> str | None:
    counted = ", ".join(
        f"{_HISTOLOGIES.get(code, code.replace('_', ' '))} {count(n)}"
        for code, n in (record.histology or {}).items()
    )
    return "; ".join(part for part in (counted, record.histology_note) if part) or "not reported"


def _computed(ratios: Sequence[ComputedRatio]) -> list[Html]:
    if not ratios:
        return []
    heading = "Ratios computed by this review"
    return [Heading(heading), *(computed_ratio(found) for found in ratios)]


def _doubts(record: StudyRecord, findings: Sequence[Finding]) -> list[Html]:
    blocks: list[Html] = []
    if record.discrepancies:
        blocks += [
            Heading("Noted by the readers", 3),
            _listed(record.discrepancies, "discrepancies"),
        ]
    if findings:
        blocks += [Heading("Found by the consistency audit", 3), _findings(record, findings)]
    if record.corrections:
        blocks += [Heading("Corrections", 3), _corrections(record)]
    if record.notes:
        blocks += [Heading("Other notes of the readers", 3), _listed(record.notes, "notes")]
    return blocks or [paragraph("Nothing was noted, and the consistency audit found nothing.")]


def _listed(said: Sequence[str], field: str) -> Items:
    """Sentences of the readers, each with the anchor that judgements lead to."""
    ids = tuple(field_anchor(f"{field}[{index}]") for index in range(len(said)))
    return Items(tuple(with_names(text, up=True) for text in said), ids)


def _findings(record: StudyRecord, findings: Sequence[Finding]) -> Html:
    """What the audit found in one study: the sentence first, in words a reader knows."""
    items = tuple(
        (
            f"{SEVERITY_WORDS[found.severity].capitalize()}: ",
            *with_names(message_words(record, found.message), up=True),
            " (",
            Cell(field_words(record, found.field), href=f"#{_finding_place(found.field)}"),
            ")",
        )
        for found in findings
    )
    return Items(items)


def _finding_place(field: str) -> str:
    if field.startswith("discrepancies["):
        return field_anchor(field)
    return "looked-for-again" if field == "second_reading" else block_anchor(field)


def findings_table(findings: Sequence[Finding], records: Mapping[str, StudyRecord]) -> Html:
    """Findings of one severity over many studies; ``records`` by id."""
    rows = []
    for found in findings:
        record = records[found.study_id]
        place = f"{study_page(record.id)}#{_finding_place(found.field)}"
        rows.append(
            {
                "Study": Cell(study_label(record), href=place),
                "What was found": plain(with_names(message_words(record, found.message))),
                "Rule": RULES[found.rule],
            }
        )
    caption = f"Findings of the consistency audit: {SEVERITY_WORDS[findings[0].severity]}"
    return html_table(pd.DataFrame(rows), caption=caption)


def _corrections(record: StudyRecord) -> Html:
    rows = [
        {
            "Field": Cell(field_words(record, found.field), href=f"#{block_anchor(found.field)}"),
            "Printed": str(found.printed),
            "Used": str(found.used),
            "Reason": found.reason,
        }
        for found in record.corrections
    ]
    return html_table(pd.DataFrame(rows), caption="Printed values that are not used as printed")


def _second_reading(record: StudyRecord) -> list[Html]:
    reading = record.second_reading
    blocks: list[Html] = []
    if reading.compared:
        blocks.append(paragraph(_reading_sentence(reading)))
        blocks.append(_reading_chart(reading))
        blocks.append(_reading_table(record))
    else:
        blocks.append(callout("missing", "No value of this study was read a second time."))
    if reading.note:
        said = with_names(reading.note, up=True)
        blocks.append(paragraph("Note of the second reader: ", *said))
    return blocks


def _reading_chart(reading: SecondReading) -> Html:
    return reading_figure(
        "second-reading-parts", reading.agreed, reading.corrected, reading.not_found_again
    )


def _reading_sentence(reading: SecondReading) -> str:
    return (
        f"{count(reading.compared)} {'value was' if reading.compared == 1 else 'values were'} "
        f"looked for a second time: {count(reading.agreed)} found again unchanged, "
        f"{count(reading.corrected)} corrected, {count(reading.not_found_again)} not found again."
    )


def _reading_table(record: StudyRecord) -> Html:
    rows = [
        {
            "Value": reading_words(record, row),
            "First reading": row["first_value"] or "none",
            "Second reading": row["second_value"] or "none",
            "Result": _SECOND_READING_ANSWERS[row["agree"]],
            "Read at": place_read(row["url"]),
            "Comment": plain(with_names(row["comment"] or "none")),
        }
        for row in load_second_readings()
        if row["study"] == record.id
    ]
    return html_table(pd.DataFrame(rows), caption="Values read a second time")


def _overlaps(record: StudyRecord, rules: Sequence[dict[str, Any]]) -> list[Html]:
    if not rules:
        return [paragraph("No rule names this study.")]
    items = []
    for rule in rules:
        others = [study for study in rule["studies"] if study != record.id]
        said: list[str | Cell] = [*with_names(rule["reason"].strip(), up=True), " "]
        said += ["Other studies: "] if others else []
        for position, study in enumerate(others):
            said += [", "] if position else []
            said += with_names(study, up=True)
        said += [". " if others else "", Cell("The rule", href=f"../overlaps.html#{rule['id']}")]
        items.append((*said, "."))
    return [Items(tuple(items))]


def _uses(record: StudyRecord, context: StudyContext) -> Html:
    if not context.uses:
        return paragraph("No comparison reads a figure of this study.")
    return Items(tuple(_use(record, use, context) for use in context.uses))


def _use(record: StudyRecord, use: Use, context: StudyContext) -> Inline:
    title = Cell(context.titles[use.comparison], href=f"../{use.comparison}.html")
    figure = Cell(field_words(record, use.field), href=f"#{block_anchor(use.field)}")
    if not use.reason:
        return (title, ", ", figure, f", {use.how}")
    before, after = (": ", "") if use.how == LEFT_OUT else (" (", ")")
    return (title, ", ", figure, f", {use.how}{before}", *with_names(use.reason, up=True), after)


def _neighbours(context: StudyContext) -> Html:
    parts: list[str | Cell] = []
    for word, other in (("Previous", context.previous), ("Next", context.following)):
        if other is not None:
            parts += [" · "] if parts else []
            parts.append(Cell(f"{word} study: {study_label(other)}", href=f"{other.id}.html"))
    parts += [" · "] if parts else []
    return paragraph(*parts, Cell("All studies", href="../studies.html"))
