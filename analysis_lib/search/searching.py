"""One search: databases asked or an export read, duplicates taken out, one dated file written.

The file is written last and whole. Whatever goes wrong before leaves ``data/searches`` as it
was, so the next search asks for the same days again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.files import write_text
from analysis_lib.search.candidates import Candidate
from analysis_lib.search.duplicates import Duplicate, seen_before, separate
from analysis_lib.search.europepmc import search_europepmc
from analysis_lib.search.formats import read_export
from analysis_lib.search.pubmed import Found, search_pubmed
from analysis_lib.search.strategy import Database, search_from, strategy_of
from analysis_lib.search.transport import Transport
from analysis_lib.study_records import DATA, load_records
from analysis_lib.study_records.search_files import load_search_files, search_folder

_SERVICES: Mapping[str, Callable[..., Found]] = {
    "pubmed": search_pubmed,
    "europepmc": search_europepmc,
}

_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}")

_HEADER = (
    "# yaml-language-server: $schema=search.schema.json\n# Written by lsr search; not edited.\n"
)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class SearchReport:
    """What one search found.

    Attributes
    ----------
    path : Path
        The file written.
    asked : tuple of mapping
        Per database: query, range, hits, notes, as the file has them.
    new : tuple of Candidate
        Not seen before.
    duplicates : tuple of Duplicate
        Seen before, each with what it is.
    """

    path: Path
    asked: tuple[Mapping[str, Any], ...]
    new: tuple[Candidate, ...]
    duplicates: tuple[Duplicate, ...]


def run_search(
    *,
    today: date,
    email: str,
    since: date | None = None,
    data: Path = DATA,
    transport: Callable[[str], Transport] = Transport,
) -> SearchReport:
    """Ask every database of the strategy for what it added since the last search.

    Parameters
    ----------
    today : date
        Last day asked for, and the file's date.
    email : str
        Sent to the databases, written nowhere.
    since : date, optional
        First day asked for, instead of the last search's end less the overlap.
    data : Path
        The evidence folder.
    transport : callable
        Makes the transport of a service from its name.

    Raises
    ------
    SearchServiceError
        A database failed; nothing is written, not for the others either.
    InvalidRecordsError
        Evidence files break rules.
    """
    files = load_search_files(data)
    asked, found = [], []
    for database in strategy_of(files).databases:
        start = since or search_from(files, database.id)
        if start > today:
            raise InvalidInputError(f"a search must not begin after today, {today}; was {start}")
        result = _SERVICES[database.service](
            database.query,
            start=start,
            end=today,
            email=email,
            transport=transport(database.label),
            database=database.id,
        )
        asked.append(_asked(database, start, today, result))
        found.extend(result.candidates)
    return _keep("run", asked, found, today=today, data=data)


def import_search(
    path: Path,
    *,
    today: date,
    database: str | None = None,
    query: str | None = None,
    data: Path = DATA,
) -> SearchReport:
    """Take the records of an exported file as one search.

    Parameters
    ----------
    path : Path
        The export; see :func:`analysis_lib.search.formats.read_export`.
    today : date
        The search file's date.
    database, query : str, optional
        Where it came from and what was asked, as far as known.

    Raises
    ------
    InvalidInputError
        The file cannot be read, or was imported before.
    """
    if database is not None and not _CODE.fullmatch(database):
        rule = "lower-case letters, digits, - and _, such as scopus"
        raise InvalidInputError(f"a database's code must be {rule}, was {database[:40]!r}")
    found = read_export(path, database=database)
    fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()
    for stem, search in load_search_files(data).searches.items():
        if fingerprint in {asked["sha256"] for asked in search["asked"]}:
            raise InvalidInputError(f"{path.name} was imported before: see searches/{stem}.yaml")
    entry = {
        "database": found[0].database,
        "query": query,
        "from": None,
        "to": None,
        "file": path.name,
        "sha256": fingerprint,
        "hits": len(found),
        "notes": [],
    }
    return _keep("import", [entry], found, today=today, data=data)


def _asked(database: Database, start: date, end: date, found: Found) -> dict[str, Any]:
    return {
        "database": database.id,
        "query": database.query,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "file": None,
        "sha256": None,
        "hits": found.hits,
        "notes": list(found.notes),
    }


def _keep(
    kind: str, asked: list[dict], found: Sequence[Candidate], *, today: date, data: Path
) -> SearchReport:
    with _alone(search_folder(data)):
        seen = seen_before(load_search_files(data), load_records(data))
        new, duplicates = separate(found, seen)
        path = _free_path(today, search_folder(data))
        write_text(path, _search_text(kind, asked, new, duplicates, today))
    return SearchReport(path, tuple(asked), new, duplicates)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder: of two searches at once the second sees what the first found."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _search_text(
    kind: str,
    asked: list[dict],
    new: Sequence[Candidate],
    duplicates: Sequence[Duplicate],
    today: date,
) -> str:
    raw = {
        "schema_version": 1,
        "date": today.isoformat(),
        "kind": kind,
        "asked": asked,
        "duplicates": [_duplicate_entry(duplicate) for duplicate in duplicates],
        "candidates": [record.as_entry() for record in new],
    }
    return _HEADER + yaml.dump(raw, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=100)


def _duplicate_entry(duplicate: Duplicate) -> dict[str, Any]:
    entry = duplicate.candidate.as_entry()
    kept = {name: entry[name] for name in ("title", "year", "doi", "pmid")}
    return {"database": entry["database"], "of": duplicate.of, "by": duplicate.by} | kept


def _free_path(today: date, folder: Path) -> Path:
    """The day's file, or with -2, -3 ... where the day has one: no search overwrites another."""
    path, number = folder / f"{today}.yaml", 2
    while path.exists():
        path, number = folder / f"{today}-{number}.yaml", number + 1
    return path
