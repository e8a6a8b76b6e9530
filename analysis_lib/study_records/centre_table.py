"""A centre's file as rows of text, or why it is no such file."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.centre_words import COLUMNS
from analysis_lib.study_records.schema import shown

#: Twenty thousand rows; a larger file is not one centre's recurrences.
MAX_BYTES = 1_000_000

_IDENTIFYING = (
    "name", "birth", "geb", "dob", "date", "datum", "day", "mrn", "patient", "address",
    "phone", "mail", "insur", "comment", "note", "text",
)  # fmt: skip


@dataclass(frozen=True)
class TableRow:
    """One line of the file by column; ``line`` counts from 1."""

    line: int
    cells: dict[str, str]


class _RefusedError(Exception):
    """The file cannot be read as a table; carries line, column, rule and value."""

    def __init__(self, rule: str, *, line: int = 0, column: str = "", value: str = ""):
        super().__init__(rule)
        self.line, self.column, self.rule, self.value = line, column, rule, value


def read_table(path: Path) -> tuple[tuple[TableRow, ...], tuple[RecordProblem, ...]]:
    """The rows of a file with a sound header, and what is wrong with the file or its lines."""
    try:
        lines = _lines(_text(path))
        header = _header(lines)
    except _RefusedError as refused:
        found = RecordProblem(path.name, refused.line, refused.column, refused.rule, refused.value)
        return (), (found,)
    rows, problems = [], []
    for line, cells in lines[1:]:
        if len(cells) == len(header):
            rows.append(TableRow(line, dict(zip(header, cells, strict=True))))
            continue
        rule = f"must have {len(header)} columns"
        if len(cells) > len(header):
            rule += " (a decimal comma? write 12.5)"
        problems.append(RecordProblem(path.name, line, "", rule, str(len(cells))))
    if not rows and not problems:
        problems.append(RecordProblem(path.name, 0, "", "must hold patients below its header"))
    return tuple(rows), tuple(problems)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            rule = f"must be at most {MAX_BYTES:,} bytes: one line for each patient and outcome"
            raise _RefusedError(rule, value=f"{size:,} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise _RefusedError(f"cannot be read: {error.strerror}") from error
    if raw.startswith(b"PK") or b"\0" in raw:
        raise _RefusedError("must be a text file: save the sheet as CSV (UTF-8, commas)")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        rule = "must be UTF-8 text: save the sheet as CSV (UTF-8)"
        value = f"byte 0x{raw[error.start]:02x}"
        raise _RefusedError(rule, line=line, value=value) from error


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Every line that holds something, with its number; cells without outer blanks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        found = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise _RefusedError(f"is no sound CSV: {error}", line=reader.line_num) from error
    return [(line, cells) for line, cells in found if any(cells)]


def _header(lines: list[tuple[int, list[str]]]) -> list[str]:
    if not lines:
        raise _RefusedError("is empty; the first line must name the columns", value="")
    line, names = lines[0]
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        rule = "columns must be separated by commas, decimals written with a point"
        raise _RefusedError(rule, line=line, value=shown(names[0]))
    for name in names:
        if names.count(name) > 1:
            raise _RefusedError("must not name a column twice", line=line, column=shown(name))
        if name not in COLUMNS:
            raise _unknown(line, name)
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise _RefusedError(f"column missing: {', '.join(missing)}", line=line)
    return names


def _unknown(line: int, name: str) -> _RefusedError:
    rule = f"unknown column; known are {', '.join(COLUMNS)}. Delete it"
    if any(word in name.lower() for word in _IDENTIFYING):
        rule += ": no names, dates or free text"
    return _RefusedError(rule, line=line, column=shown(name))
