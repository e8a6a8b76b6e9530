"""A study record as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from analysis_lib.consistency import audit_record
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import StudyRecord, load_records
from analysis_lib.study_records.model import Outcome
from analysis_lib.tables import interval, months, percent


def record_text(study_id: str) -> str:
    """What a record holds and what the audit finds in it.

    Raises
    ------
    InvalidInputError
        No record has this id; the message names the nearest ids.
    """
    records = {record.id: record for record in load_records()}
    if study_id not in records:
        raise unknown_study(study_id, records)
    lines = _lines(records[study_id])
    lines += [f"  {f.severity}: {f.message}" for f in audit_record(records[study_id])]
    return printable(lines)


def unknown_study(study_id: str, known: Iterable[str]) -> InvalidInputError:
    """The error that names the nearest ids."""
    near = [name for name in known if name[:4] == study_id[:4]]
    hint = f"; did you mean {', '.join(near)}" if near else ""
    return InvalidInputError(f"no study {study_id}{hint}")


def printable(lines: Iterable[str]) -> str:
    """Lines for a terminal, which must not obey control characters of a paper's text."""
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines)


def _lines(record: StudyRecord) -> list[str]:
    lines = [
        f"{record.id}: {record.citation.title or 'title not printed'}",
        f"  {record.eligibility.decision}: {record.eligibility.reason}",
        f"  {record.population} (n = {record.n_patients or 'not printed'})",
    ]
    for arm in record.arms:
        lines.append(f"  {arm.id}: {arm.label} ({arm.treatment}, {arm.pathology})")
        lines += [f"    {_outcome(outcome)}" for outcome in arm.outcomes]
    for contrast in record.contrasts:
        ratio = "no ratio printed" if contrast.hr is None else f"ratio {contrast.hr}"
        lines.append(f"  {contrast.arm} against {contrast.versus}: {ratio}, p {contrast.p}")
    return lines


def _outcome(outcome: Outcome) -> str:
    parts = [f"{outcome.outcome}, {outcome.role}, n = {outcome.n_analysed.value}"]
    median = outcome.median
    if median is not None:
        usable = "" if median.usable is not False else " (not usable)"
        parts.append(f"median {interval(median.value, median.low, median.high)}{usable}")
    for mark in outcome.landmarks:
        text = interval(mark.value, mark.low, mark.high, number=percent)
        parts.append(f"{text} at {months(mark.months)} months")
    return "; ".join(parts)
