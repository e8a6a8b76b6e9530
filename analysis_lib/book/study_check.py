"""How far a record is: what is wrong, what is doubtful, what is left to do, what it enters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.book.preview import write_preview
from analysis_lib.book.record_text import printable, unknown_study
from analysis_lib.book.study_page import SEVERITY_WORDS, StudyContext
from analysis_lib.book.study_standing import can_stand, shown_contrasts, standing_uses
from analysis_lib.book.study_uses import LEFT_OUT, Use
from analysis_lib.book.study_words import field_words, message_words
from analysis_lib.comparison.declarations import load_declarations
from analysis_lib.consistency import Finding, audit_among
from analysis_lib.consistency.shared_patients import may_share_patients
from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records import (
    DATA,
    StudyRecord,
    declared_same_series,
    load_judgements,
    load_overlaps,
    load_vocabulary,
    sound_records,
    study_files,
)
from analysis_lib.study_records.reading_form import form_path
from analysis_lib.study_records.second_reading import compare_readings, unread_figures
from analysis_lib.study_records.unfinished import read_unfinished


@dataclass(frozen=True)
class CheckedStudy:
    """What ``lsr study check`` found.

    Attributes
    ----------
    study_id : str
    record : StudyRecord or None
        Without the parts that break rules; None when nothing of it can be read.
    problems : tuple of RecordProblem
        Of the record's file.
    findings : tuple of Finding
        Of the consistency audit.
    steps : tuple of str
        What must still be done before its figures may be pooled.
    uses : tuple of Use
        What each comparison takes of it, and what it leaves out.
    preview : Path or None
        The study's page.
    """

    study_id: str
    record: StudyRecord | None
    problems: tuple[RecordProblem, ...]
    findings: tuple[Finding, ...] = ()
    steps: tuple[str, ...] = ()
    uses: tuple[Use, ...] = ()
    preview: Path | None = None


def check_study(study_id: str) -> CheckedStudy:
    """Check one record against everything else, and write a preview of its page.

    Raises
    ------
    InvalidInputError
        There is no such study.
    """
    paths = {path.parent.name: path for path in study_files()}
    if study_id not in paths:
        raise unknown_study(study_id, paths)
    record, problems = read_unfinished(paths[study_id])
    if record is None:
        return CheckedStudy(study_id, None, problems)
    others = [other for other in sound_records() if other.id != study_id]
    records = tuple(sorted((*others, record), key=lambda found: found.id))
    findings = audit_among(record, records, same_series=declared_same_series())
    uses = standing_uses(study_id, records)
    steps = tuple(_steps(record, records, sound=not problems))
    context = StudyContext(
        words=load_vocabulary(),
        findings=findings,
        overlaps=[rule for rule in load_overlaps()["overlaps"] if study_id in rule["studies"]],
        uses=uses,
        titles=_titles(),
        unfinished=bool(problems),
    )
    preview = write_preview(record, context, problems=len(problems))
    return CheckedStudy(study_id, record, problems, findings, steps, uses, preview)


def check_text(checked: CheckedStudy) -> str:
    """What was found, as lines for a terminal; problems are listed by whoever calls."""
    if checked.record is None:
        return printable([f"{checked.study_id}: the file cannot be read; no preview"])
    record = checked.record
    lines = [
        f"{record.id}: {record.eligibility.decision}: {record.eligibility.reason}",
        *_part("findings of the audit", [_finding(record, found) for found in checked.findings]),
        *_part("before it may be pooled", list(checked.steps)),
        *_part("what comparisons take", [_use(record, use) for use in checked.uses]),
    ]
    return printable([*lines, f"open {checked.preview.as_uri()}"])


def _part(heading: str, lines: Sequence[str]) -> list[str]:
    return [f"{heading}: none"] if not lines else [f"{heading}:", *(f"  {line}" for line in lines)]


def _finding(record: StudyRecord, found: Finding) -> str:
    place = field_words(record, found.field)
    said = message_words(record, found.message)
    return f"{SEVERITY_WORDS[found.severity]}: {said} ({place})"


def _use(record: StudyRecord, use: Use) -> str:
    arm = field_words(record, use.field)
    between = ": " if use.how == LEFT_OUT else ", as "
    reason = f"{between}{' '.join(use.reason.split())}" if use.reason else ""
    return f"{use.comparison}: {arm}: {use.how}{reason}"


def _titles() -> dict[str, str]:
    return {declared.id: declared.title for declared in load_declarations()}


def _steps(record: StudyRecord, records: Sequence[StudyRecord], *, sound: bool) -> Iterator[str]:
    """What is left to do, in the order of an updater's work."""
    if not sound:
        yield "the record: correct the problems listed below"
    if record.eligibility.decision == "exclude":
        yield "the decision: the record says exclude; no comparison reads it"
    if not (record.citation.doi or record.citation.pmid):
        yield "the citation: neither a DOI nor a PubMed number"
    yield from _reading_steps(record, sound=sound)
    yield from _judgement_steps(record, records)
    yield from _overlap_steps(record, records)


def _reading_steps(record: StudyRecord, *, sound: bool) -> Iterator[str]:
    command = f"lsr study second {record.id}"
    if not sound:
        yield "the second reading: begins when the record is sound"
        return
    unread = len(unread_figures(record.id))
    if unread == 0:
        return
    if not form_path(record.id).is_file():
        yield f"the second reading: {unread} figures to look for ({command})"
        return
    try:
        _, compared = compare_readings(record.id)
    except InvalidRecordsError as error:
        yield f"the second reading: {error.problems[0]}"
        return
    differ = sum(c.unsettled for c in compared)
    ready = sum(c.ready for c in compared)
    yield (
        f"the second reading: {unread - differ - ready} figures to look for, {differ} differences "
        f"to settle, {ready} ready to be written down ({command})"
    )


def _judgement_steps(record: StudyRecord, records: Sequence[StudyRecord]) -> Iterator[str]:
    judgements, folder = load_judgements(), f"{DATA.name}/judgements"
    if can_stand(record.id, records) and judgements.appraisal(record.id) is None:
        yield f"risk of bias: an entry in {folder}/jbi_case_series.yaml"
    judged = {
        (comparison, found.outcome, found.contrast)
        for found in judgements.contrasts_of(record.id)
        for comparison in found.comparisons
    }
    for comparison, outcome, field in shown_contrasts(record.id, records):
        if (comparison, outcome, field) not in judged:
            yield f"risk of bias: an entry for {field} ({comparison}) in {folder}/robins_i.yaml"


def _overlap_steps(record: StudyRecord, records: Sequence[StudyRecord]) -> Iterator[str]:
    rules = load_overlaps()["overlaps"]
    told = {study for rule in rules if record.id in rule["studies"] for study in rule["studies"]}
    for other in may_share_patients(record, records):
        if other.study_id not in told:
            yield (
                f"shared patients: {other.study_id} names {other.centre} too, {other.years}: "
                f"look, and write the answer into {DATA.name}/overlaps.yaml"
            )
