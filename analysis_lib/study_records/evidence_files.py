"""The other files of ``data/``: overlaps, guidelines, claims, the benchmark review, the reading."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.checked_file import check_file
from analysis_lib.study_records.checklists import check_checklists
from analysis_lib.study_records.claims import Evidence, check_claims
from analysis_lib.study_records.judgements import check_judgements
from analysis_lib.study_records.loader import DATA, records_and_problems
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.reading_form import FOLDER, read_form
from analysis_lib.study_records.reading_table import TABLE, check_table, read_rows
from analysis_lib.study_records.search_files import (
    load_search_files,
    read_search_files,
    search_folder,
    search_statement,
)
from analysis_lib.study_records.settlement import JOURNAL, interrupted
from analysis_lib.study_records.yaml_reader import read_yaml
from analysis_lib.vocabulary import Term

#: Files with a schema of their own name beside them.
_WITH_SCHEMA = ("overlaps", "guidelines", "claims", "benchmark_review", "reading")


def validate_data(data: Path = DATA) -> tuple[RecordProblem, ...]:
    """Every problem of every evidence file, sorted by file and line."""
    records, problems = records_and_problems(data)
    found = list(problems)
    for stem in _WITH_SCHEMA:
        found.extend(_read(data / f"{stem}.yaml")[1])
    found.extend(check_judgements(data, None if problems else records))
    found.extend(_check_forms(data))
    found.extend(check_checklists(data))
    if search_folder(data).exists():
        found.extend(read_search_files(data)[1])
    if not found:
        found.extend(_unknown_studies(data, {record.id for record in records}))
        found.extend(_unknown_reports(data, {record.id for record in records}))
        found.extend(check_table(data, records, load_reading(data)["second_reading"]))
        found.extend(_broken_claims(data, {record.id: record for record in records}))
    return tuple(sorted(found))


def load_overlaps(data: Path = DATA) -> dict[str, Any]:
    """``overlaps.yaml``: which cohorts share patients, and what a pool does about it."""
    return _load(data / "overlaps.yaml")


def load_guidelines(data: Path = DATA) -> dict[str, Any]:
    """``guidelines.yaml``: what guidelines say on recurrence, and what was not read."""
    return _load(data / "guidelines.yaml")


def load_claims(data: Path = DATA) -> dict[str, Any]:
    """``claims.yaml``: what management summaries claim, and what speaks to each claim."""
    return _load(data / "claims.yaml")


def load_benchmark_review(data: Path = DATA) -> dict[str, Any]:
    """``benchmark_review.yaml``: the published pooled results that we compare with."""
    return _load(data / "benchmark_review.yaml")


def load_reading(data: Path = DATA) -> dict[str, Any]:
    """``reading.yaml``: what was read, when, and whether databases were searched.

    Once ``data/searches`` holds a search, its statement is made from there: no page can go
    on saying that none was run.
    """
    reading = _load(data / "reading.yaml")
    searched = search_folder(data).exists() and search_statement(load_search_files(data))
    if not searched:
        return reading
    return reading | {"database_search": {"run": True, "statement": searched}}


def load_vocabulary(data: Path = DATA) -> dict[str, dict[str, Term]]:
    """``vocabulary.yaml``: the closed lists, by list and code."""
    return _vocabulary(data / "vocabulary.yaml", (data / "vocabulary.yaml").stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _vocabulary(path: Path, stamp: int) -> dict[str, dict[str, Term]]:
    raw, _, problems = read_yaml(path, f"{path.parent.name}/{path.name}")
    if problems:
        raise InvalidRecordsError(problems)
    return {
        name: {code: Term(code, *entry) for code, entry in entries.items()}
        for name, entries in raw.items()
    }


def load_second_readings(data: Path = DATA) -> tuple[dict[str, str], ...]:
    """``second_reading.csv``: one mapping per value that was looked for a second time."""
    return _second_readings(data, (data / TABLE).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _second_readings(data: Path, stamp: int) -> tuple[dict[str, str], ...]:
    return read_rows(data)


def _read(path: Path) -> tuple[Any, tuple[RecordProblem, ...]]:
    data, _, problems = check_file(path, schema=DATA / f"{path.stem}.schema.json")
    return (None if problems else data), problems


def _load(path: Path) -> dict[str, Any]:
    return _load_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _load_once(path: Path, stamp: int) -> dict[str, Any]:
    data, problems = _read(path)
    if problems:
        raise InvalidRecordsError(problems)
    return data


def _check_forms(data: Path) -> list[RecordProblem]:
    """Problems of the forms of second readings, and of one that was cut off."""
    problems = []
    if interrupted(data):
        rule = "a second reading was being written down and was cut off: run lsr study second ID"
        problems.append(RecordProblem(f"{data.name}/{JOURNAL}", 0, "", rule))
    for path in sorted((data / FOLDER).glob("*.yaml")):
        try:
            read_form(path.stem, data)
        except InvalidRecordsError as error:
            problems += error.problems
    return problems


def _unknown_studies(data: Path, known: set[str]) -> list[RecordProblem]:
    """Names in the overlap rules that are no record."""
    name = f"{data.name}/overlaps.yaml"
    problems = []
    for index, rule in enumerate(load_overlaps(data)["overlaps"]):
        for study in rule["studies"]:
            if study not in known:
                field = f"overlaps[{index}].studies"
                problems.append(RecordProblem(name, 0, field, "must name a study record", study))
    return problems


def _unknown_reports(data: Path, known: set[str]) -> list[RecordProblem]:
    """Reports of candidates that are said to be a record and are none."""
    if not search_folder(data).exists():
        return []
    name, rule = f"{data.name}/searches/reports.yaml", "must name a study record"
    return [
        RecordProblem(name, 0, f"[{index}].study", rule, report["study"])
        for index, report in enumerate(load_search_files(data).reports)
        if report["study"] is not None and report["study"] not in known
    ]


def _broken_claims(data: Path, records: dict[str, StudyRecord]) -> tuple[RecordProblem, ...]:
    """Claims that name what does not exist, or say more than was seen."""
    name = f"{data.name}/claims.yaml"
    claims, lines, problems = read_yaml(data / "claims.yaml", name)
    if problems:
        return problems
    evidence = Evidence(records, load_guidelines(data)["guidelines"])
    return check_claims(claims, lines, evidence, name=name)


def declared_same_series(data: Path = DATA) -> tuple[tuple[str, ...], ...]:
    """Groups of studies declared to report the same patients."""
    rules = load_overlaps(data)["overlaps"]
    return tuple(tuple(r["studies"]) for r in rules if r["kind"] == "same_series")
