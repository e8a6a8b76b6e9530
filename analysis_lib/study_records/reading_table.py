"""``data/second_reading.csv``: one line per value that was looked for a second time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.addresses import NO_NAME, bare_addresses
from analysis_lib.study_records.loader import DATA
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.schema import shown

TABLE = "second_reading.csv"
COLUMNS = (
    "study", "arm", "outcome", "field", "first_value", "second_value", "agree", "url", "comment",
)  # fmt: skip

#: The answer in the table and its count in a record and in ``reading.yaml``.
ANSWERS = {"yes": "agreed", "no": "corrected", "not_found": "not_found_again"}

Row = Mapping[str, str]


def read_rows(data: Path = DATA) -> tuple[dict[str, str], ...]:
    """The table's lines by column."""
    # Decoded by hand: reading as text would turn its line ends into others.
    return rows_of((data / TABLE).read_bytes().decode("utf-8"))


def rows_of(text: str) -> tuple[dict[str, str], ...]:
    """The lines of a table's text by column."""
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


def with_rows(data: Path, rows: Sequence[Row]) -> str:
    """The table's text with further lines; those that stand in it stay to the letter."""
    text = (data / TABLE).read_bytes().decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    added = io.StringIO(newline="")
    csv.DictWriter(added, COLUMNS, lineterminator=end).writerows(rows)
    return text + ("" if text.endswith(end) else end) + added.getvalue()


def counts(rows: Sequence[Row], study: str | None = None) -> dict[str, int]:
    """How many values agreed, were corrected or not found again, of one study or of all."""
    answers = [row["agree"] for row in rows if study in (None, row["study"])]
    return {name: answers.count(answer) for answer, name in ANSWERS.items()}


def check_table(
    data: Path, records: Sequence[StudyRecord], summary: Mapping[str, Any]
) -> tuple[RecordProblem, ...]:
    """Where table, records and ``reading.yaml`` do not tell the same.

    Parameters
    ----------
    data : Path
        The folder that holds the table.
    records : sequence of StudyRecord
        All records, sound.
    summary : mapping
        ``second_reading`` of ``reading.yaml``.
    """
    rows = read_rows(data)
    problems = list(_broken_rows(f"{data.name}/{TABLE}", rows, {r.id for r in records}))
    for record in records:
        reading, found = record.second_reading, counts(rows, record.id)
        for name, number in found.items():
            if getattr(reading, name) != number:
                field = f"second_reading.{name}"
                rule = f"must be {number}, the lines of this study in {data.name}/{TABLE}"
                line = record.lines.get(field, 0)
                told = str(getattr(reading, name))
                problems.append(RecordProblem(record.path, line, field, rule, told))
    expected = {"figures": len(rows), "studies": len({row["study"] for row in rows})}
    for name, number in (expected | counts(rows)).items():
        if summary[name] != number:
            field, rule = f"second_reading.{name}", f"must be {number}, counted in {TABLE}"
            path = f"{data.name}/reading.yaml"
            problems.append(RecordProblem(path, 0, field, rule, str(summary[name])))
    return tuple(problems)


def _broken_rows(name: str, rows: Sequence[Row], known: set[str]) -> Iterator[RecordProblem]:
    if rows and tuple(rows[0]) != COLUMNS:
        rule = f"must have the columns {', '.join(COLUMNS)}"
        yield RecordProblem(name, 1, "", rule, shown(", ".join(str(key) for key in rows[0])))
        return
    for index, row in enumerate(rows):
        for column, text in bare_addresses(row):
            yield RecordProblem(name, 0, f"row {index + 1}: {column}", NO_NAME, shown(text))
        if row["study"] not in known:
            place = f"row {index + 1}: study"
            yield RecordProblem(name, 0, place, "must name a study record", shown(row["study"]))
        if row["agree"] not in ANSWERS:
            rule = f"must be one of {', '.join(ANSWERS)}"
            yield RecordProblem(name, 0, f"row {index + 1}: agree", rule, shown(row["agree"]))
