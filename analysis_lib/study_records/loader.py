"""The only reader of ``data/``: records in, or the list of everything that is wrong."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.build import build_record
from analysis_lib.study_records.corrections import apply_corrections
from analysis_lib.study_records.curves import check_curves
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.rules import check_rules
from analysis_lib.study_records.schema import check_schema
from analysis_lib.study_records.yaml_reader import read_yaml

#: The project's own root: the folder that holds ``analysis_lib`` and ``data``.
ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"

RECORD_FILE = "study.yaml"


def study_files(data: Path = DATA) -> tuple[Path, ...]:
    """The record files, sorted by study id."""
    return tuple(sorted((data / "studies").glob(f"*/{RECORD_FILE}")))


def read_record(
    path: Path, *, data: Path = DATA, with_curves: bool = True
) -> tuple[StudyRecord | None, tuple[RecordProblem, ...]]:
    """One record file: the record, or None and everything that is wrong with it.

    ``with_curves=False`` leaves the curve files alone: they may be about to be replaced.
    """
    name = record_name(path, data)
    raw, lines, problems = read_yaml(path, name)
    if problems:
        return None, problems
    return check_record(raw, lines, path=path, data=data, with_curves=with_curves)


def record_name(path: Path, data: Path = DATA) -> str:
    """A record's file in messages, relative to the project's root."""
    return f"{data.name}/studies/{path.parent.name}/{path.name}"


def check_record(
    raw: Any, lines: dict[str, int], *, path: Path, data: Path = DATA, with_curves: bool = True
) -> tuple[StudyRecord | None, tuple[RecordProblem, ...]]:
    """A plain mapping as a record of the file ``path``, or everything that is wrong with it."""
    name = record_name(path, data)
    problems = check_schema(raw, lines, schema=DATA / "study.schema.json", name=name, many=True)
    if not isinstance(raw, dict):
        return None, problems
    problems += check_rules(raw, lines, name=name, folder=path.parent.name)
    if problems:
        return None, problems
    used, problems = apply_corrections(raw, lines, name=name)
    if not problems and raw.get("corrections"):
        problems = check_rules(used, lines, name=name, folder=path.parent.name)
    if problems:
        return None, problems
    record = build_record(used, path=name, folder=str(path.parent), lines=lines)
    problems = check_curves(record, path.parent) if with_curves else ()
    return (None if problems else record), problems


def read_records(
    data: Path = DATA,
) -> tuple[tuple[StudyRecord, ...], tuple[RecordProblem, ...]]:
    """Every record that is sound, and every problem of those that are not."""
    records, problems = [], []
    folders = sorted(p for p in (data / "studies").glob("*") if p.is_dir())
    for folder in folders:
        path = folder / RECORD_FILE
        if not path.exists():
            name = f"{data.name}/studies/{folder.name}"
            problems.append(RecordProblem(name, 0, "", f"must hold a file {RECORD_FILE}"))
            continue
        record, found = read_record(path, data=data)
        problems.extend(found)
        if record is not None:
            records.append(record)
    return tuple(records), tuple(problems)


def load_records(data: Path = DATA) -> tuple[StudyRecord, ...]:
    """All study records, sorted by id.

    Raises
    ------
    InvalidRecordsError
        Any record breaks a rule. Its ``problems`` list every problem of every
        file: nothing is computed from evidence that is only partly sound.
    """
    records, problems = records_and_problems(data)
    if problems:
        raise InvalidRecordsError(problems)
    return records


def sound_records(data: Path = DATA) -> tuple[StudyRecord, ...]:
    """The records that break no rule, sorted by id: for looking at one that is unfinished.

    Results come from :func:`load_records`, which refuses to leave a record out.
    """
    return records_and_problems(data)[0]


def records_and_problems(
    data: Path = DATA,
) -> tuple[tuple[StudyRecord, ...], tuple[RecordProblem, ...]]:
    """:func:`read_records`, read again only when a file changed."""
    return _read_once(data, _stamp(data))


def _stamp(data: Path) -> tuple:
    """Every file below ``studies`` and when it was written: asked for each number of a page."""
    found = []
    for folder, _, names in os.walk(data / "studies"):
        paths = (os.path.join(folder, name) for name in names if "." in name)
        found += [(path, os.stat(path).st_mtime_ns) for path in paths]
    return tuple(sorted(found))


@lru_cache(maxsize=4)
def _read_once(
    data: Path, stamp: tuple
) -> tuple[tuple[StudyRecord, ...], tuple[RecordProblem, ...]]:
    return read_records(data)
