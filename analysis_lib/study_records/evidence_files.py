"""The other files of ``data/``: overlaps, guidelines, claims, the benchmark review, the reading."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.claims import Evidence, check_claims
from analysis_lib.study_records.judgements import check_judgements
from analysis_lib.study_records.loader import DATA, read_records
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.schema import check_schema
from analysis_lib.study_records.yaml_reader import read_yaml
from analysis_lib.vocabulary import Term

#: Files with a schema of their own name beside them.
_WITH_SCHEMA = ("overlaps", "guidelines", "claims", "benchmark_review", "reading")


def validate_data(data: Path = DATA) -> tuple[RecordProblem, ...]:
    """Every problem of every evidence file, sorted by file and line."""
    records, problems = read_records(data)
    found = list(problems)
    for stem in _WITH_SCHEMA:
        found.extend(_read(data / f"{stem}.yaml")[1])
    found.extend(check_judgements(data, None if problems else records))
    if not found:
        found.extend(_unknown_studies(data, {record.id for record in records}))
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
    """``reading.yaml``: what was read, when, and whether databases were searched."""
    return _load(data / "reading.yaml")


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


@lru_cache(maxsize=2)
def load_second_readings(data: Path = DATA) -> tuple[dict[str, str], ...]:
    """``second_reading.csv``: one mapping per value that was looked for a second time."""
    with (data / "second_reading.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _read(path: Path) -> tuple[Any, tuple[RecordProblem, ...]]:
    name = f"{path.parent.name}/{path.name}"
    data, lines, problems = read_yaml(path, name)
    if problems:
        return None, problems
    schema = DATA / f"{path.stem}.schema.json"
    return data, check_schema(data, lines, schema=schema, name=name)


def _load(path: Path) -> dict[str, Any]:
    return _load_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _load_once(path: Path, stamp: int) -> dict[str, Any]:
    data, problems = _read(path)
    if problems:
        raise InvalidRecordsError(problems)
    return data


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
