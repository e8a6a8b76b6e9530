"""Rules of search files that a schema cannot say: sums, names, and what refers to what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.schema import line_of, shown

if TYPE_CHECKING:
    from analysis_lib.study_records.search_files import SearchFiles

_STEM = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(-(?:[2-9]|[1-9][0-9]+))?")


def check_search(
    raw: Mapping[str, Any], lines: dict[str, int], *, name: str, stem: str
) -> tuple[RecordProblem, ...]:
    """Broken rules of one search file that follows its schema."""
    found = [
        RecordProblem(name, line_of(field, lines), field, rule, shown(value))
        for field, rule, value in (*_dates(raw, stem), *_sums(raw), *_identities(raw))
    ]
    return tuple(found)


def _dates(raw: Mapping[str, Any], stem: str) -> Iterator[tuple[str, str, Any]]:
    match = _STEM.fullmatch(stem)
    if not match:
        yield "", "the file's name must be a date, with -2, -3 ... for a second of that day", stem
    elif match[1] != raw["date"]:
        yield "date", f"must be the date in the file's name, {match[1]}", raw["date"]
    days = [("date", raw["date"])]
    for index, asked in enumerate(raw["asked"]):
        days += [(f"asked[{index}].{end}", asked[end]) for end in ("from", "to") if asked[end]]
        if asked["from"] and asked["to"] and asked["from"] > asked["to"]:
            yield f"asked[{index}].from", f"must not be after its end, {asked['to']}", asked["from"]
    for field, day in days:
        if not _is_day(day):
            yield field, "must be a day of the calendar", day


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _sums(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Hits of each database are its duplicates and its new candidates, and nothing else."""
    told = Counter(entry["database"] for entry in (*raw["duplicates"], *raw["candidates"]))
    hits: Counter[str] = Counter()
    for asked in raw["asked"]:
        hits[asked["database"]] += asked["hits"]
    for index, asked in enumerate(raw["asked"]):
        database = asked["database"]
        if hits[database] != told[database]:
            rule = f"must equal the duplicates and candidates of {database}, {told[database]}"
            yield f"asked[{index}].hits", rule, hits[database]
    for kind in ("duplicates", "candidates"):
        for index, entry in enumerate(raw[kind]):
            if entry["database"] not in hits:
                rule = "must be a database that was asked"
                yield f"{kind}[{index}].database", rule, entry["database"]


def _identities(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for index, entry in enumerate(raw["candidates"]):
        kind, _, value = entry["id"].partition(":")
        if entry["doi"] and entry["doi"] != entry["doi"].lower():
            yield f"candidates[{index}].doi", "must be in lower case", entry["doi"]
        if kind in ("pmid", "doi") and entry[kind] != value:
            rule = f"must be its {kind}, {entry[kind]}"
            yield f"candidates[{index}].id", rule, entry["id"]


def check_together(
    files: SearchFiles, lines: Mapping[str, dict[str, int]], *, folder: str
) -> tuple[RecordProblem, ...]:
    """Broken rules between the files: ids used twice, or of nothing that was found."""
    found, known = [], {}
    for stem, search in files.searches.items():
        name = f"{folder}/{stem}.yaml"
        for index, entry in enumerate(search["candidates"]):
            if entry["id"] in known:
                field = f"candidates[{index}].id"
                rule = f"must be new: {known[entry['id']]}.yaml has it; make the later search again"
                line = line_of(field, lines[name])
                found.append(RecordProblem(name, line, field, rule, shown(entry["id"])))
            known.setdefault(entry["id"], stem)
    for path, codes, entries in _appended(files):
        name = f"{folder}/{path}.yaml"
        for index, entry in enumerate(entries):
            for key, rule in _entry_problems(entry, known, codes):
                field = f"[{index}].{key}"
                line = line_of(field, lines[name])
                found.append(RecordProblem(name, line, field, rule, shown(entry[key])))
    return tuple(found)


def _appended(files: SearchFiles) -> Iterator[tuple[str, Mapping[str, Any], tuple]]:
    """Every file that only grows by lines, with the reasons its lines may give."""
    screening = files.strategy["exclusion_reasons"]
    for reader, entries in files.decisions.items():
        yield f"screening/{reader}", screening, entries
    yield "screening/settled", screening, files.settled
    yield "reports", files.strategy["report_exclusion_reasons"], files.reports


def _entry_problems(
    entry: Mapping[str, Any], known: Mapping[str, str], reasons: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if entry["candidate"] not in known:
        yield "candidate", "must be a candidate of a search file"
    what = entry.get("decision", entry.get("outcome"))
    excluded = what in ("exclude", "excluded")
    if excluded and entry["reason"] not in reasons:
        yield "reason", f"must be one of {', '.join(reasons)}"
    if not excluded and entry["reason"] is not None:
        yield "reason", "must be null unless excluded"
    if "study" in entry and (entry["study"] is None) == (what == "study"):
        yield "study", "must name the record when the report became a study, else null"
