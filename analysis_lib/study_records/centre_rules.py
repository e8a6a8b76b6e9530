"""The rules of a centre's file, cell by cell and between its rows.

Every column is a closed list or a number, and an id has one allowed form. So a date, a
name or free text has no place to stand, and is named as what it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.centre_table import TableRow
from analysis_lib.study_records.centre_words import RESECTION, TREATMENTS, PatientRow, allowed
from analysis_lib.study_records.schema import shown

#: Thirty years; what is longer was counted in days.
LONGEST_MONTHS = 360.0

Problem = tuple[int, str, str, str]

_MONTHS = "jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]"
_DATE = re.compile(
    rf"\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}}|(?:\b|\d)(?:{_MONTHS})[a-zä]*\.?[ -]*\d{{2,4}}\b",
    re.IGNORECASE,
)
_PSEUDONYM = re.compile(r"[A-Za-z]?[-_]?\d{1,4}")
_INITIALS_AND_YEAR = re.compile(r"[^\W\d_][.\s]?[^\W\d_][.\s]?[-_\s]?(?:19|20)?\d\d")
_YEAR = re.compile(r"[A-Za-z]?[-_]?(?:19\d\d|20[0-4]\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")

_PLAIN_ID = "write a number you gave yourselves, such as P017, and keep the key elsewhere"


def check_rows(
    rows: Sequence[TableRow], name: str
) -> tuple[tuple[PatientRow, ...], tuple[RecordProblem, ...]]:
    """The sound rows as patients, and every broken rule with line and column."""
    patients: list[PatientRow] = []
    problems: list[Problem] = []
    for row in rows:
        found = [(row.line, *problem) for problem in _cells(row.cells)]
        problems += found
        if not found:
            patients.append(_patient(row))
    problems += _twice(patients)
    problems += _one_treatment(patients)
    problems += _after_death(patients)
    return tuple(patients), tuple(
        RecordProblem(name, line, column, rule, shown(value) if value else "")
        for line, column, rule, value in sorted(problems)
    )


def _patient(row: TableRow) -> PatientRow:
    cells, text = row.cells, row.cells["time_months"]
    return PatientRow(
        row.line,
        cells["id"],
        cells["treatment"],
        cells["extent"],
        cells["adjuvant"],
        cells["outcome"],
        float(text),
        int(cells["event"]),
        text,
    )


def _cells(cells: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    yield from (("id", rule, cells["id"]) for rule in _id(cells["id"]))
    for column in ("treatment", "extent", "adjuvant", "outcome", "event"):
        value, known = cells[column], allowed(column, cells["treatment"])
        if column in ("extent", "adjuvant") and cells["treatment"] not in TREATMENTS:
            continue  # which list holds depends on the treatment, whose problem is named
        if value not in known:
            yield column, _not_listed(column, value, known, cells["treatment"]), value
    text = cells["time_months"]
    yield from (("time_months", rule, text) for rule in _time(text))


def _id(text: str) -> Iterator[str]:
    """Why an id may lead back to a patient; nothing for a running number."""
    if not text:
        yield "must not be empty: " + _PLAIN_ID
    elif _DATE.search(text):
        yield "looks like a date: " + _PLAIN_ID
    elif _YEAR.fullmatch(text) or _INITIALS_AND_YEAR.fullmatch(text):
        yield "looks like a year of birth, with or without initials: " + _PLAIN_ID
    elif re.search(r"\d{5,}", text):
        yield "looks like a record number: " + _PLAIN_ID
    elif not re.search(r"\d", text):
        yield "looks like a name or initials: " + _PLAIN_ID
    elif not _PSEUDONYM.fullmatch(text):
        yield "must be at most one letter and four digits: " + _PLAIN_ID


def _not_listed(column: str, value: str, known: Sequence[str], treatment: str) -> str:
    rule = f"must be one of {', '.join(known)}"
    if _DATE.search(value):
        return f"{rule}; no dates: delete it"
    if column in ("extent", "adjuvant") and treatment != RESECTION:
        return f"must be none where the treatment is not {RESECTION}"
    if not value:
        return rule
    if column == "treatment" and value.startswith(RESECTION):
        return f"{rule}; write {RESECTION}, and what followed under adjuvant"
    if column == "event":
        return f"{rule} (1 it happened, 0 free of it when last seen)"
    if " " in value or not value.isascii():
        rule += "; no names and no free text: delete it"
    return rule


def _time(text: str) -> Iterator[str]:
    if not text:
        yield "must not be empty: months from time zero to the event or the last visit"
    elif _DECIMAL_COMMA.fullmatch(text):
        yield f"must be written with a decimal point: {text.replace(',', '.')}"
    elif _DATE.search(text):
        yield "must be months since time zero, no date: compute the difference, delete the date"
    elif re.fullmatch(r"-\d+(?:\.\d+)?", text):
        yield "must not be negative: the event before time zero? look again"
    elif not _NUMBER.fullmatch(text):
        yield "must be a plain number of months such as 12.5"
    elif float(text) > LONGEST_MONTHS:
        yield f"must be at most {LONGEST_MONTHS:g} months: days, or a date of a sheet?"


def _twice(patients: Sequence[PatientRow]) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for row in patients:
        line = first.setdefault((row.id, row.outcome), row.line)
        if line != row.line:
            rule = f"must stand once for each outcome; {row.outcome} of this id is on line {line}"
            yield row.line, "id", rule, row.id


def _one_treatment(patients: Sequence[PatientRow]) -> Iterator[Problem]:
    first: dict[str, PatientRow] = {}
    for row in patients:
        other = first.setdefault(row.id, row)
        for column in ("treatment", "extent", "adjuvant"):
            if getattr(row, column) != getattr(other, column):
                rule = f"must be the same on every line of an id; line {other.line} has "
                yield row.line, column, rule + getattr(other, column), getattr(row, column)


def _after_death(patients: Sequence[PatientRow]) -> Iterator[Problem]:
    """Nobody is followed for progression beyond the death that the same file gives."""
    deaths = {row.id: row for row in patients if row.outcome == "os" and row.event}
    for row in patients:
        death = deaths.get(row.id)
        if death is not None and row.time_months > death.time_months:
            rule = f"must not lie after the death on line {death.line} ({death.time_text} months)"
            yield row.line, "time_months", rule, row.time_text
