"""Two independent readings compared, and what they agree on written down.

A settlement changes three files: the table of the second reading, the record and the
summary of the reading. Their new texts are written to one journal first; whoever comes
after an interruption finds all three as they were, or finishes what the journal says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, RecordProblem
from analysis_lib.study_records.loader import (
    DATA,
    RECORD_FILE,
    check_record,
    read_record,
    record_name,
)
from analysis_lib.study_records.reading_figures import Figure, figures_of
from analysis_lib.study_records.reading_form import NOT_FOUND, Entry, Form, read_form
from analysis_lib.study_records.reading_table import (
    COLUMNS,
    TABLE,
    counts,
    read_rows,
    rows_of,
    with_rows,
)
from analysis_lib.study_records.schema import line_of, shown
from analysis_lib.study_records.settlement import settle_files
from analysis_lib.study_records.yaml_edit import replace_values
from analysis_lib.study_records.yaml_reader import parse_yaml, read_yaml

#: How an entry of a form stands: against the record, and in the table.
OPEN, AGREES, DIFFERS, GONE, RECORDED = "open", "agrees", "differs", "gone", "recorded"

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

#: A settled entry that does not differ would be counted as corrected.
_NOTHING_TO_SETTLE = (
    "must be null: both readings are alike. If the record was changed since, put its first value "
    "back and let --settle change it"
)

_P_VALUE = re.compile(r"[<>=]\s*[01]?\.?[0-9]+")


@dataclass(frozen=True)
class Compared:
    """One figure read twice.

    Attributes
    ----------
    entry : Entry
        What the second reader filled in.
    figure : Figure or None
        What the record holds; None when it holds this figure no longer.
    state : str
        ``open`` (not looked for yet), ``agrees``, ``differs``, ``not_found``, ``gone``
        (no longer in the record) or ``recorded`` (in the table already).
    """

    entry: Entry
    figure: Figure | None
    state: str

    @property
    def ready(self) -> bool:
        """True for what may be written down: both agree, nothing was found, or it is settled."""
        settled = self.state == DIFFERS and self.entry.settled is not None
        return settled or self.state in (AGREES, NOT_FOUND)

    @property
    def unsettled(self) -> bool:
        """True for a difference that nobody has settled."""
        return self.state == DIFFERS and self.entry.settled is None


@dataclass(frozen=True)
class Settlement:
    """What was written down: rows by answer, and which figures of the record changed."""

    agreed: int
    corrected: int
    not_found_again: int
    changed: tuple[Figure, ...]
    left: int


def unread_figures(study: str, data: Path = DATA) -> tuple[Figure, ...]:
    """The figures of a study that are not in the table of the second reading.

    Raises
    ------
    InvalidInputError
        There is no such study.
    InvalidRecordsError
        The record breaks rules: it is filled in before it is read again.
    """
    read = {
        (row["arm"], row["outcome"], row["field"])
        for row in read_rows(data)
        if row["study"] == study
    }
    return tuple(figure for figure in _figures(study, data) if figure.key not in read)


def compare_readings(study: str, data: Path = DATA) -> tuple[Form, tuple[Compared, ...]]:
    """A study's form against its record.

    Raises
    ------
    InvalidRecordsError
        The form breaks its rules, or a value cannot be one of its field.
    """
    form = read_form(study, data)
    figures = {figure.key: figure for figure in _figures(study, data)}
    unread = {figure.key for figure in unread_figures(study, data)}
    compared = []
    for entry in form.entries:
        figure = figures.get(entry.key)
        if figure is None:
            state = GONE
        else:
            state = _state(entry, figure) if entry.key in unread else RECORDED
        compared.append(Compared(entry, figure, state))
    problems = tuple(_impossible(form, compared))
    if problems:
        raise InvalidRecordsError(problems)
    return form, tuple(compared)


def settle(study: str, data: Path = DATA) -> Settlement:
    """Write down what both readings agree on, what was corrected and what was not found.

    Values still open and differences that nobody has settled stay in the form. A
    difference settled for the second reader changes the record.

    Raises
    ------
    InvalidInputError
        The form does not say who read when, or nothing is to be written down.
    InvalidRecordsError
        The record with the corrected values would break a rule; nothing is written.
    """
    form, compared = compare_readings(study, data)
    if not form.reader or not form.read_on:
        missing = "reader" if not form.reader else "read_on"
        raise InvalidInputError(f"{form.name}:{form.lines[missing]}: {missing} must be filled in")
    done = [c for c in compared if c.ready]
    if not done:
        raise InvalidInputError(f"{form.name}: no value is ready to be written down")
    rows = [_row(study, form, c) for c in done]
    table = with_rows(data, rows)
    settle_files(
        {
            TABLE: table,
            f"studies/{study}/{RECORD_FILE}": _record_text(study, table, form, done, data),
            "reading.yaml": _summary_text(table, form.read_on, data),
        },
        data=data,
    )
    answers = [row["agree"] for row in rows]
    told = (answers.count(answer) for answer in ("yes", "no", NOT_FOUND))
    changed = tuple(c.figure for c in done if c.entry.settled == "second")
    left = sum(c.state == OPEN or c.unsettled for c in compared)
    return Settlement(*told, changed, left)


def _figures(study: str, data: Path) -> tuple[Figure, ...]:
    path = data / "studies" / study / RECORD_FILE
    if not path.is_file():
        raise InvalidInputError(f"no study {study}; begin one with: lsr study new {study}")
    _, problems = read_record(path, data=data)
    if problems:
        raise InvalidRecordsError(problems)
    return figures_of(read_yaml(path, path.name)[0])


def _state(entry: Entry, figure: Figure) -> str:
    if entry.value is None:
        return OPEN
    if entry.value == NOT_FOUND:
        return NOT_FOUND
    return AGREES if _same(entry.value, figure.value) else DIFFERS


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return str(one).replace(" ", "") == str(other).replace(" ", "")
    return math.isclose(one, other, rel_tol=1e-9)


def _impossible(form: Form, compared: Sequence[Compared]) -> Iterator[RecordProblem]:
    """Values that no paper prints in such a field, and settlements of what does not differ."""
    for c in compared:
        value = c.entry.value
        if c.state == AGREES and c.entry.settled is not None:
            field = f"figures[{c.entry.index}].settled"
            line = line_of(field, form.lines)
            yield RecordProblem(form.name, line, field, _NOTHING_TO_SETTLE, c.entry.settled)
        if c.figure is None or value is None or value == NOT_FOUND:
            continue
        rule = _RULES[c.figure.kind](value)
        if rule:
            field = f"figures[{c.entry.index}].value"
            line = line_of(field, form.lines)
            yield RecordProblem(
                form.name, line, field, f"must be {rule}, or not_found", shown(value)
            )


def _number(value: Any, *, whole: bool = False, most: float = math.inf) -> bool:
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    return number and 0 <= value <= most


_RULES = {
    "count": lambda v: "" if _number(v, whole=True) else "a whole number",
    "time": lambda v: "" if _number(v, most=1200) else "a number of months",
    "age": lambda v: "" if _number(v, most=120) else "a number of years",
    "probability": lambda v: "" if _number(v, most=1) else "in 0..1 (61.7 % is 0.617)",
    "ratio": lambda v: "" if _number(v) else "a number",
    "p": lambda v: "" if _number(v, most=1) or _P_VALUE.fullmatch(str(v)) else "in 0..1 or '<0.05'",
}


def _row(study: str, form: Form, compared: Compared) -> dict[str, str]:
    """One line of the table; the comment says who read and what was settled."""
    entry, first = compared.entry, str(compared.figure.value)
    said = [part for part in (entry.place, entry.comment, f"read by {form.reader}") if part]
    second, agree = str(entry.value), "yes"
    if compared.state == NOT_FOUND:
        second, agree = "", NOT_FOUND
    elif entry.settled == "second":
        agree = "no"
    elif entry.settled == "first":
        said.append(f"first read as {second} by the second reader")
        second = first
    values = (study, *entry.key, first, second, agree, entry.url, "; ".join(said))
    return dict(zip(COLUMNS, values, strict=True))


def _record_text(study: str, table: str, form: Form, done: Sequence[Compared], data: Path) -> str:
    """The record with its counts, and with the values settled for the second reader.

    Raises
    ------
    InvalidRecordsError
        It would break a rule, such as the guard of a correction.
    """
    path = data / "studies" / study / RECORD_FILE
    text = path.read_text(encoding="utf-8")
    raw, _, _ = parse_yaml(text, path.name)
    note = (raw["second_reading"].get("note") or "").rstrip(".")
    alike = sum(c.state == AGREES for c in done)
    said = f"{alike} of {len(done)} values read alike by {form.reader} before any was settled"
    found = counts(rows_of(table), study)
    values: dict[str, Any] = {f"second_reading.{key}": n for key, n in found.items()}
    values["second_reading.note"] = "; ".join(part for part in (note, said) if part)
    values |= {c.figure.path: c.entry.value for c in done if c.entry.settled == "second"}
    text = replace_values(text, values)
    raw, lines, problems = parse_yaml(text, record_name(path, data))
    if not problems:
        _, problems = check_record(raw, lines, path=path, data=data)
    if problems:
        raise InvalidRecordsError(problems)
    return text


def _summary_text(table: str, read_on: str, data: Path) -> str:
    """``reading.yaml`` with the counts of the table; its date moves forward, never back."""
    path = data / "reading.yaml"
    text = path.read_text(encoding="utf-8")
    raw, _, _ = parse_yaml(text, path.name)
    rows = rows_of(table)
    found = {"figures": len(rows), "studies": len({row["study"] for row in rows}), **counts(rows)}
    values: dict[str, Any] = {f"second_reading.{key}": n for key, n in found.items()}
    if read_on > raw["last_reading"]:
        year, month, _ = read_on.split("-")
        values["last_reading"] = read_on
        values["last_reading_documented_as"] = f"{MONTHS[int(month) - 1]} {year}"
    return replace_values(text, values)
