"""The form of an independent second reading: written empty, read strictly.

It stands in ``data/second_readings/<id>.yaml``, away from the record, and asks for each
figure without telling what the first reader found. It is kept as it was filled in: it is
the evidence that the readings were independent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, RecordProblem
from analysis_lib.files import write_text
from analysis_lib.study_records.loader import DATA
from analysis_lib.study_records.reading_figures import KINDS, Figure
from analysis_lib.study_records.schema import check_schema, line_of, shown
from analysis_lib.study_records.yaml_reader import parse_yaml, read_yaml

FOLDER = "second_readings"

#: Written as a value by a reader who looked and did not find it.
NOT_FOUND = "not_found"

_OPENING = """\
# yaml-language-server: $schema=form.schema.json
#
# An independent second reading. Take the paper and this list, not the record. For each figure
# write under `value` what the text prints, or not_found. Leave `settled` null: it is for
# differences, once both readings were compared (lsr study second {study}).

schema_version: 1
study: {study}
reader: {reader}
# Day of the reading, quoted: "2026-11-25"
read_on: null
# Figures that the text prints and that this form does not ask for, in words.
missed: []
figures:
"""


@dataclass(frozen=True)
class Entry:
    """One figure as the second reader filled it in; ``index`` is its place in the form."""

    index: int
    arm: str
    outcome: str
    field: str
    url: str
    place: str
    value: Any
    settled: str | None
    comment: str | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the figure within its study."""
        return self.arm, self.outcome, self.field


@dataclass(frozen=True)
class Form:
    """A second reading as far as it is filled in; ``lines`` tell where each field stands."""

    study: str
    reader: str | None
    read_on: str | None
    missed: tuple[str, ...]
    entries: tuple[Entry, ...]
    name: str
    lines: dict[str, int]


def form_path(study: str, data: Path = DATA) -> Path:
    """Where the form of a study stands."""
    return data / FOLDER / f"{study}.yaml"


def write_form(
    study: str, figures: Sequence[Figure], *, reader: str | None = None, data: Path = DATA
) -> int:
    """Begin a form, or add the figures it does not ask for yet; returns how many were added.

    What stands in the form stays as it is, to the letter.

    Raises
    ------
    InvalidRecordsError
        A form that is there breaks its rules.
    InvalidInputError
        It was rearranged, so that nothing can be added at its end.
    """
    path = form_path(study, data)
    if path.exists():
        text = path.read_text(encoding="utf-8").rstrip("\n") + "\n"
        asked = {entry.key for entry in read_form(study, data).entries}
    else:
        text = _OPENING.format(study=study, reader=json.dumps(reader, ensure_ascii=False))
        asked = set()
    new = [figure for figure in figures if figure.key not in asked]
    if new:
        text += "".join(_entry(figure) for figure in new)
        held = parse_yaml(text, path.name)[0]
        if held is None or len(held["figures"]) != len(asked) + len(new):
            rule = "figures must be the last list of the form, and must not be empty"
            raise InvalidInputError(f"{data.name}/{FOLDER}/{path.name}: {rule}; nothing was added")
        write_text(path, text)
    return len(new)


def _entry(figure: Figure) -> str:
    rows = {
        "arm": figure.arm,
        "outcome": figure.outcome,
        "field": figure.field,
        "url": figure.url,
        "place": figure.locator,
    }
    lines = [f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in rows.items()]
    lines[0] = f"  - {lines[0].lstrip()}"
    lines += [f"    value: null  # {KINDS[figure.kind]}", "    settled: null", "    comment: null"]
    return "\n".join(lines) + "\n"


def read_form(study: str, data: Path = DATA) -> Form:
    """The form of a study.

    Raises
    ------
    InvalidRecordsError
        The file breaks its schema, belongs to another study, or names a figure twice.
    """
    path = form_path(study, data)
    name = f"{data.name}/{FOLDER}/{path.name}"
    raw, lines, problems = read_yaml(path, name)
    if not problems:
        schema = DATA / FOLDER / "form.schema.json"
        problems = check_schema(raw, lines, schema=schema, name=name)
    if not problems:
        problems = tuple(
            RecordProblem(name, line_of(field, lines), field, rule, shown(value))
            for field, rule, value in _broken(raw, study)
        )
    if problems:
        raise InvalidRecordsError(problems)
    entries = tuple(_read_entry(index, row) for index, row in enumerate(raw["figures"]))
    missed = tuple(raw["missed"])
    return Form(study, raw["reader"], raw["read_on"], missed, entries, name, lines)


def _read_entry(index: int, row: dict[str, Any]) -> Entry:
    return Entry(index, **row)


def _broken(raw: dict[str, Any], study: str) -> Iterator[tuple[str, str, Any]]:
    if raw["study"] != study:
        yield "study", f"must equal the file's name, {study}", raw["study"]
    seen = set()
    for index, row in enumerate(raw["figures"]):
        key = (row["arm"], row["outcome"], row["field"])
        if key in seen:
            yield f"figures[{index}]", "must not ask for a figure twice", ", ".join(key)
        seen.add(key)
        if row["settled"] and not row["comment"]:
            rule = "must say what the paper prints and who misread it, once settled"
            yield f"figures[{index}].comment", rule, None
        if row["settled"] and row["value"] in (None, NOT_FOUND):
            rule = "must be null where the second reader has no value: there is nothing to settle"
            yield f"figures[{index}].settled", rule, row["settled"]
