"""Whether a record was seen before: in this search, an earlier one, or the review itself.

A record is the same when its DOI agrees, or its PMID, or its title with the year.
A title decides only where no identifier contradicts it: "Reply" and an erratum share
titles, and losing a paper is worse than reading a title twice. Years may differ by one,
because databases print the year of the issue or of the first appearance online.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis_lib.search.candidates import Candidate, doi_in, pmid_in, title_key
from analysis_lib.study_records import StudyRecord
from analysis_lib.study_records.search_files import SearchFiles

#: Shorter titles ("Brain metastases", "Reply") name many papers.
SHORTEST_TITLE = 25


@dataclass(frozen=True)
class Duplicate:
    """A record seen before: which one it is (``of``), and what agreed (``by``)."""

    candidate: Candidate
    of: str
    by: str


@dataclass(frozen=True)
class _Known:
    name: str
    year: int | None
    doi: str | None
    pmid: str | None


class Seen:
    """Every record ever seen, found again in constant time by DOI, PMID or title."""

    def __init__(self) -> None:
        self._by_doi: dict[str, str] = {}
        self._by_pmid: dict[str, str] = {}
        self._by_title: dict[str, list[_Known]] = {}
        self._names: set[str] = set()

    def add(
        self, name: str, *, title: str | None, year: int | None, doi: str | None, pmid: str | None
    ) -> None:
        """Remember a record under ``name`` (a candidate's id, or ``study:doe-2020``)."""
        self._names.add(name)
        doi, pmid = doi_in(doi), pmid_in(pmid)
        if doi:
            self._by_doi.setdefault(doi, name)
        if pmid:
            self._by_pmid.setdefault(pmid, name)
        key = title_key(title or "")
        if len(key) >= SHORTEST_TITLE:
            self._by_title.setdefault(key, []).append(_Known(name, year, doi, pmid))

    def find(self, found: Candidate) -> tuple[str, str] | None:
        """The record's name and what agreed (``doi``, ``pmid``, ``title``); None when new."""
        if found.doi in self._by_doi:
            return self._by_doi[found.doi], "doi"
        if found.pmid in self._by_pmid:
            return self._by_pmid[found.pmid], "pmid"
        for known in self._by_title.get(title_key(found.title), ()):
            if _may_be(known, found):
                return known.name, "title"
        return (found.id, "title") if found.id in self._names else None


def _may_be(known: _Known, found: Candidate) -> bool:
    """Whether no identifier and no year speaks against one record under two names."""
    if known.doi and found.doi and known.doi != found.doi:
        return False
    if known.pmid and found.pmid and known.pmid != found.pmid:
        return False
    years = (known.year, found.year)
    return None in years or abs(known.year - found.year) <= 1


def seen_before(files: SearchFiles, records: Iterable[StudyRecord]) -> Seen:
    """All studies of the review, and all that earlier searches found."""
    seen = Seen()
    for record in records:
        cited = record.citation
        seen.add(
            f"study:{record.id}",
            title=cited.title,
            year=cited.year,
            doi=cited.doi,
            pmid=cited.pmid,
        )
    for search in files.searches.values():
        for entry in search["candidates"]:
            _remember(seen, entry["id"], entry)
        for entry in search["duplicates"]:
            _remember(seen, entry["of"], entry)
    return seen


def _remember(seen: Seen, name: str, entry: dict) -> None:
    parts = {key: entry[key] for key in ("title", "year", "doi", "pmid")}
    seen.add(name, **parts)


def separate(
    found: Sequence[Candidate], seen: Seen
) -> tuple[tuple[Candidate, ...], tuple[Duplicate, ...]]:
    """New candidates in order of delivery, and the duplicates; ``seen`` learns both."""
    new, duplicates = [], []
    for record in found:
        match = seen.find(record)
        if match:
            duplicates.append(Duplicate(record, *match))
        else:
            new.append(record)
        name = match[0] if match else record.id
        seen.add(name, title=record.title, year=record.year, doi=record.doi, pmid=record.pmid)
    return tuple(new), tuple(duplicates)
