"""Traces: how a curve of a study came from its figure, checked against the curve's file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.model import Outcome, StudyRecord
from analysis_lib.study_records.schema import check_schema, line_of
from analysis_lib.study_records.yaml_reader import read_yaml

#: The rules of a trace stand with those of the other evidence files.
_SCHEMA = Path(__file__).resolve().parents[2] / "data" / "curve_trace.schema.json"

TRACE_NAME = "*-trace.yaml"


@dataclass(frozen=True)
class TracedReading:
    """What a reader of the book needs to know of one reading of a figure."""

    file: str
    figure_number: str | None
    figure_sha256: str
    kind: str
    page: int | None
    reader: str
    date: str
    tool: str
    confidence: float | None
    reasons: tuple[str, ...]
    findings: tuple[str, ...]


@dataclass(frozen=True)
class CurveTrace:
    """The readings of one curve, the one that is used first, and the error between them."""

    readings: tuple[TracedReading, ...]
    reading_sd: float | None


def read_trace(record: StudyRecord, outcome: Outcome) -> CurveTrace | None:
    """The trace of an outcome's curve; None when the record names none.

    Raises
    ------
    InvalidRecordsError
        The file breaks a rule.
    """
    name = outcome.curve.trace_file if outcome.curve else None
    if name is None:
        return None
    data = load_trace(Path(record.folder) / name, _shown_name(record, name))
    return CurveTrace(tuple(_reading(one) for one in data["readings"]), data["reading_sd"])


def load_trace(path: Path, name: str) -> dict[str, Any]:
    """A trace file as it stands, when it meets its schema.

    Raises
    ------
    InvalidRecordsError
        It cannot be read, or breaks the schema.
    """
    data, _, problems = _checked(path, name)
    if problems:
        raise InvalidRecordsError(problems)
    return data


def check_traces(record: StudyRecord, folder: Path) -> Iterator[RecordProblem]:
    """Every problem of the traces in a study's folder, and of those its record names."""
    present = {path.relative_to(folder).as_posix() for path in folder.glob(f"curves/{TRACE_NAME}")}
    for name in sorted(present):
        yield from _check(record, folder, name)
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            named = outcome.curve.trace_file if outcome.curve else None
            if named is None:
                continue
            field = f"arms[{arm_index}].outcomes[{index}].curve"
            problem = _disagreement(record, folder, outcome, arm.id, named in present)
            if problem:
                key, rule, value = problem
                place = f"{field}.{key}"
                line = line_of(place, record.lines)
                yield RecordProblem(record.path, line, place, rule, value)


def _check(record: StudyRecord, folder: Path, name: str) -> Iterator[RecordProblem]:
    """The trace itself: its schema, its study, its day, and the files it vouches for."""
    shown = _shown_name(record, name)
    data, lines, problems = _checked(folder / name, shown)
    yield from problems
    if problems:
        return
    if data["study"] != record.id:
        rule = f"must be {record.id}, the study's folder"
        yield RecordProblem(shown, lines.get("study", 0), "study", rule, data["study"])
    resolution = data["readings"][0]["resolution"]
    if len(data["readings"]) < 2 and data["reading_sd"] != resolution:
        rule = f"must be the resolution, {resolution}, while there is one reading"
        line = lines.get("reading_sd", 0)
        yield RecordProblem(shown, line, "reading_sd", rule, str(data["reading_sd"]))
    for index, reading in enumerate(data["readings"]):
        field = f"readings[{index}]"
        for key, rule, value in _faults(folder, reading):
            line = line_of(f"{field}.{key}", lines)
            yield RecordProblem(shown, line, f"{field}.{key}", rule, value)


def _faults(folder: Path, reading: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    path = folder / reading["file"]
    if not path.is_file():
        yield "file", "must be a file in the study's folder", reading["file"]
    elif sha256_of(path.read_bytes()) != reading["file_sha256"]:
        rule = f"{reading['file']} was changed after it was read: digitise again with --replace"
        yield "file_sha256", rule, reading["file_sha256"][:12]
    ticks = reading["censor_ticks_file"]
    if ticks is not None and not (folder / ticks).is_file():
        yield "censor_ticks_file", "must be a file in the study's folder", ticks
    try:
        date.fromisoformat(reading["date"])
    except ValueError:
        yield "date", "must be a day of the calendar", reading["date"]


def _disagreement(
    record: StudyRecord, folder: Path, outcome: Outcome, arm_id: str, present: bool
) -> tuple[str, str, str] | None:
    """Key, rule and value where record and trace differ; None when they agree."""
    curve = outcome.curve
    if not present:
        return "trace_file", "must be a file in the study's folder", curve.trace_file
    data, _, problems = _checked(folder / curve.trace_file, "")
    if problems:
        return None  # told where the trace stands
    if (data["arm"], data["outcome"]) != (arm_id, outcome.outcome):
        rule = f"must be the trace of {outcome.outcome} of {arm_id}"
        return "trace_file", rule, f"{data['outcome']} of {data['arm']}"
    if data["readings"][0]["file"] != curve.file:
        return "file", f"must be what the trace read, {data['readings'][0]['file']}", curve.file
    if curve.reading_sd != data["reading_sd"]:
        rule = f"must be that of the trace, {data['reading_sd']}"
        return "reading_sd", rule, str(curve.reading_sd)
    return None


def _checked(path: Path, name: str) -> tuple[Any, dict[str, int], tuple[RecordProblem, ...]]:
    data, lines, problems = read_yaml(path, name)
    if not problems:
        problems = check_schema(data, lines, schema=_SCHEMA, name=name)
    return data, lines, problems


def _shown_name(record: StudyRecord, name: str) -> str:
    return f"{Path(record.path).parent.as_posix()}/{name}"


def _reading(data: dict[str, Any]) -> TracedReading:
    figure, curve = data["figure"], data["curve"]
    return TracedReading(
        file=data["file"],
        figure_number=figure["number"],
        figure_sha256=figure["sha256"],
        kind=figure["kind"],
        page=figure["page"],
        reader=data["reader"],
        date=data["date"],
        tool=data["tool"],
        confidence=curve["confidence"],
        reasons=tuple(curve["reasons"]),
        findings=tuple(data["findings"]),
    )


def sha256_of(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
