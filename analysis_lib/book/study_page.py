"""One page per study: what was read, how it was checked, and where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis_lib.book.judgement_tables import DOUBTS, study_judgements
from analysis_lib.book.markdown import Anchor, Facts, Heading, Inline, Items, page
from analysis_lib.book.places import block_anchor, paper_link, place_read, study_page
from analysis_lib.book.study_figures import Words, arms_and_figures, as_number, contrasts
from analysis_lib.book.study_uses import LEFT_OUT, Use
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
    previous, following : StudyRecord, optional
        Neighbours in the order of ids.
    """

    words: Words
    findings: Sequence[Finding]
    overlaps: Sequence[dict[str, Any]]
    uses: Sequence[Use]
    titles: dict[str, str]
    previous: StudyRecord | None = None
    following: StudyRecord | None = None


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
        Heading("Risk of bias"),
        *study_judgements(record.id),
        Heading("Doubts and contradictions"),
        Anchor(DOUBTS),
        *_doubts(record, context.findings),
        Heading("Second reading"),
        *_second_reading(record),
        Heading("Patients shared with other studies"),
        *_overlaps(record, context.overlaps),
        Heading("Where this study is used"),
        _uses(context),
        _neighbours(context),
    )


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
    said = f"{DECISION_WORDS[record.eligibility.decision]}. Reason: {record.eligibility.reason}"
    if record.secondary_source:
        said += " Figures were read in another paper's table."
    return callout(kind, said)


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
            ("Median age", _with_unit(record.median_age, "years")),
            ("Median follow-up", _with_unit(record.median_followup_months, "months")),
            ("Histology", _histology(record)),
            ("Read in", (place_read(read_in.url), locator) if read_in else "not noted"),
        )
    )


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


def _doubts(record: StudyRecord, findings: Sequence[Finding]) -> list[Html]:
    blocks: list[Html] = []
    if record.discrepancies:
        blocks += [Heading("Noted by the readers", 3), Items(record.discrepancies)]
    if findings:
        blocks += [Heading("Found by the consistency audit", 3), findings_table(findings)]
    if record.corrections:
        blocks += [Heading("Corrections", 3), _corrections(record)]
    if record.notes:
        blocks += [Heading("Other notes of the readers", 3), Items(record.notes)]
    return blocks or [paragraph("Nothing was noted, and the consistency audit found nothing.")]


def findings_table(findings: Sequence[Finding], labels: dict[str, str] | None = None) -> Html:
    """Findings of the audit; ``labels`` (names by study id) are given for many studies."""
    rows = []
    for found in findings:
        page_of = study_page(found.study_id) if labels else ""
        place = f"{page_of}#{block_anchor(found.field)}"
        who = {"Study": Cell(labels[found.study_id], href=place)} if labels else {}
        where = {} if labels else {"Where": Cell(found.field, href=place)}
        what = {"What was found": found.message, "Rule": RULES[found.rule]}
        severity = {} if labels else {"How serious": SEVERITY_WORDS[found.severity]}
        rows.append({**who, **severity, **what, **where})
    caption = "Findings of the consistency audit"
    if labels:
        caption = f"{caption}: {SEVERITY_WORDS[findings[0].severity]}"
    return html_table(pd.DataFrame(rows), caption=caption)


def _corrections(record: StudyRecord) -> Html:
    rows = [
        {
            "Field": Cell(found.field, href=f"#{block_anchor(found.field)}"),
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
        blocks.append(_reading_chart(reading))
        blocks.append(_reading_table(record.id))
    else:
        blocks.append(callout("missing", "No value of this study was read a second time."))
    if reading.note:
        blocks.append(paragraph(f"Note of the second reader: {reading.note}"))
    return blocks


def _reading_chart(reading: SecondReading) -> Html:
    return reading_figure(
        "second-reading-parts", reading.agreed, reading.corrected, reading.not_found_again
    )


def _reading_table(study_id: str) -> Html:
    rows = [
        {
            "Value": " · ".join(
                part.replace("_", " ")
                for part in (row["arm"], row["outcome"], row["field"])
                if part not in ("", "-")
            ),
            "First reading": row["first_value"] or "none",
            "Second reading": row["second_value"] or "none",
            "Result": _SECOND_READING_ANSWERS[row["agree"]],
            "Read at": place_read(row["url"]),
            "Comment": row["comment"] or "none",
        }
        for row in load_second_readings()
        if row["study"] == study_id
    ]
    return html_table(pd.DataFrame(rows), caption="Values read a second time")


def _overlaps(record: StudyRecord, rules: Sequence[dict[str, Any]]) -> list[Html]:
    if not rules:
        return [paragraph("No rule names this study.")]
    items = []
    for rule in rules:
        others = [study for study in rule["studies"] if study != record.id]
        said: list[str | Cell] = [f"{rule['reason'].strip()} "]
        said += ["Other studies: "] if others else []
        for position, study in enumerate(others):
            said += [", "] if position else []
            said.append(Cell(study, href=f"{study}.html"))
        said += [". " if others else "", Cell("The rule", href=f"../overlaps.html#{rule['id']}")]
        items.append((*said, "."))
    return [Items(tuple(items))]


def _uses(context: StudyContext) -> Html:
    if not context.uses:
        return paragraph("No comparison reads a figure of this study.")
    return Items(tuple(_use(use, context) for use in context.uses))


def _use(use: Use, context: StudyContext) -> Inline:
    title = Cell(context.titles[use.comparison], href=f"../{use.comparison}.html")
    label = context.words["outcome"][use.outcome].label.lower()
    figure = Cell(label, href=f"#{block_anchor(use.field)}")
    if not use.reason:
        return (title, ", ", figure, f", {use.how}")
    reason = f": {use.reason}" if use.how == LEFT_OUT else f" ({use.reason})"
    return (title, ", ", figure, f", {use.how}{reason}")


def _neighbours(context: StudyContext) -> Html:
    parts: list[str | Cell] = []
    for word, other in (("Previous", context.previous), ("Next", context.following)):
        if other is not None:
            parts += [" · "] if parts else []
            parts.append(Cell(f"{word} study: {study_label(other)}", href=f"{other.id}.html"))
    parts += [" · "] if parts else []
    return paragraph(*parts, Cell("All studies", href="../evidence-map.html"))
