"""A YAML file with a schema and rules of its own, read and checked in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.addresses import NO_NAME, bare_addresses
from analysis_lib.study_records.schema import check_schema, line_of, shown
from analysis_lib.study_records.yaml_reader import read_yaml

#: A breach of a rule: the field, what must hold, and the value (None: nothing to show).
Breach = tuple[str, str, object]
Rules = Callable[[Any], Iterable[Breach]]


def check_file(
    path: Path, *, schema: Path, rules: Rules | None = None, name: str = ""
) -> tuple[Any, dict[str, int], tuple[RecordProblem, ...]]:
    """The file's data, the line of each field, and everything that is wrong.

    Parameters
    ----------
    path : Path
        The file.
    schema : Path
        Its JSON schema.
    rules : callable, optional
        What the schema cannot say; asked only of data that keeps the schema.
    name : str
        The file's name in messages; with its folder by default.
    """
    name = name or f"{path.parent.name}/{path.name}"
    raw, lines, problems = read_yaml(path, name)
    if not problems:
        problems = check_schema(raw, lines, schema=schema, name=name)
    if not problems:
        problems = tuple(breaches(_nameless(raw), lines, name=name))
    if not problems and rules is not None:
        problems = tuple(breaches(rules(raw), lines, name=name))
    return raw, lines, problems


def load_file(
    path: Path, *, schema: Path, rules: Rules | None = None
) -> tuple[Any, dict[str, int]]:
    """:func:`check_file` for a reader that cannot go on without the file.

    Raises
    ------
    InvalidRecordsError
        Anything is wrong with it.
    """
    raw, lines, problems = check_file(path, schema=schema, rules=rules)
    if problems:
        raise InvalidRecordsError(problems)
    return raw, lines


def _nameless(raw: Any) -> Iterator[Breach]:
    for field, text in bare_addresses(raw):
        yield field, NO_NAME, text


def breaches(
    found: Iterable[Breach], lines: dict[str, int], *, name: str
) -> Iterator[RecordProblem]:
    """Breaches of rules as problems, each with its line."""
    for field, rule, value in found:
        told = "" if value is None else shown(value)
        yield RecordProblem(name, line_of(field, lines), field, rule, told)
