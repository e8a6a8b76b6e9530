"""The files of ``data/searches``: the strategy, each search, who decided what.

Nothing is judged here; :mod:`analysis_lib.search` does that. A folder without
searches is sound: no database has then been searched, and pages say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.loader import DATA
from analysis_lib.study_records.schema import check_schema
from analysis_lib.study_records.search_rules import check_search, check_together
from analysis_lib.study_records.yaml_reader import read_yaml

#: Ten thousand candidates with long abstracts; a file of searches holds text only.
MAX_SEARCH_BYTES = 60_000_000

SETTLED, REPORTS, STRATEGY = "settled", "reports", "strategy"
_APPENDED = ("decisions", SETTLED, REPORTS)


@dataclass(frozen=True)
class SearchFiles:
    """Everything of ``data/searches``, as the schemas there describe it.

    Attributes
    ----------
    strategy : mapping
        ``strategy.yaml``.
    searches : mapping of str to mapping
        Search files by stem, oldest first.
    decisions : mapping of str to tuple of mapping
        Lines of each reader's screening, by reader.
    settled, reports : tuple of mapping
        Lines of ``screening/settled.yaml`` and ``reports.yaml``.
    """

    strategy: Mapping[str, Any]
    searches: Mapping[str, Mapping[str, Any]]
    decisions: Mapping[str, tuple[Mapping[str, Any], ...]]
    settled: tuple[Mapping[str, Any], ...] = ()
    reports: tuple[Mapping[str, Any], ...] = ()


def search_folder(data: Path = DATA) -> Path:
    """Where searches and decisions are kept."""
    return data / "searches"


def decision_file(reader: str, data: Path = DATA) -> Path:
    """The file of one reader's decisions (``settled`` for the settlements)."""
    return search_folder(data) / "screening" / f"{reader}.yaml"


def load_search_files(data: Path = DATA) -> SearchFiles:
    """Everything of ``data/searches``.

    Raises
    ------
    InvalidRecordsError
        Any of the files breaks a rule; all problems of all of them are listed.
    """
    folder = search_folder(data)
    paths = sorted(folder.glob("*.yaml")) + sorted(folder.glob("screening/*.yaml"))
    return _load(data, tuple((p, p.stat().st_mtime_ns, p.stat().st_size) for p in paths))


@lru_cache(maxsize=2)
def _load(data: Path, stamp: tuple) -> SearchFiles:
    files, problems = read_search_files(data)
    if problems:
        raise InvalidRecordsError(problems)
    return files


def read_search_files(data: Path = DATA) -> tuple[SearchFiles, tuple[RecordProblem, ...]]:
    """Everything of ``data/searches`` that is sound, and every problem of the rest."""
    folder, found, lines = search_folder(data), [], {}

    def read(path: Path, schema: str) -> Any:
        name = f"{data.name}/searches/{path.relative_to(folder).as_posix()}"
        if schema in _APPENDED and path.stat().st_size == 0:
            return None  # begun and left before the first line
        if schema in _APPENDED and not path.read_bytes().endswith(b"\n"):
            rule = "its last line was cut off while written; screening again as its reader mends it"
            found.append(RecordProblem(name, 0, "", rule))
            return None
        raw, lines[name], problems = read_yaml(path, name, max_bytes=MAX_SEARCH_BYTES)
        if not problems:
            schema_file = DATA / "searches" / f"{schema}.schema.json"
            problems = check_schema(raw, lines[name], schema=schema_file, name=name)
        if not problems and schema == "search":
            problems = check_search(raw, lines[name], name=name, stem=path.stem)
        found.extend(problems)
        return None if problems else raw

    strategy = read(folder / f"{STRATEGY}.yaml", STRATEGY)
    searches = {p.stem: read(p, "search") for p in _search_paths(folder)}
    decisions = {
        p.stem: read(p, _APPENDED[0])
        for p in sorted(folder.glob("screening/*.yaml"))
        if p.stem != SETTLED
    }
    settled, reports = decision_file(SETTLED, data), folder / f"{REPORTS}.yaml"
    files = SearchFiles(
        strategy=strategy or {},
        searches={stem: raw for stem, raw in searches.items() if raw},
        decisions={reader: tuple(raw) for reader, raw in decisions.items() if raw},
        settled=tuple((settled.exists() and read(settled, SETTLED)) or ()),
        reports=tuple((reports.exists() and read(reports, REPORTS)) or ()),
    )
    if not found:
        found.extend(check_together(files, lines, folder=f"{data.name}/searches"))
    return files, tuple(sorted(found))


def _search_paths(folder: Path) -> list[Path]:
    """Search files, oldest first: by date, then by number within the day."""
    paths = [p for p in folder.glob("*.yaml") if p.stem not in (STRATEGY, REPORTS)]

    def order(path: Path) -> tuple[str, int]:
        number = path.stem[11:]
        return path.stem[:10], int(number) if number.isdecimal() else 1

    return sorted(paths, key=order)


def search_statement(files: SearchFiles) -> str | None:
    """One sentence on which databases were searched until when; None before the first search."""
    labels = {db["id"]: db["label"] for db in files.strategy.get("databases", ())}
    latest: dict[str, str] = {}
    for search in files.searches.values():
        for asked in search["asked"]:
            label = labels.get(asked["database"], asked["database"])
            latest[label] = max(latest.get(label, ""), asked["to"] or search["date"])
    if not latest:
        return None
    told = ", ".join(f"{label} (until {day})" for label, day in sorted(latest.items()))
    return f"Searched: {told}."
