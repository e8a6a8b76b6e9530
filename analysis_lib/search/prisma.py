"""The counts of the PRISMA 2020 flow, from search files, decisions and records.

Page MJ and others. BMJ 2021;372:n71: identification, screening, inclusion; records found by
databases and by other methods apart. A count is a number of entries in a file. Where no
database was searched, that side has no counts, and none is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.search.candidates import candidate
from analysis_lib.search.decisions import latest
from analysis_lib.search.duplicates import Seen
from analysis_lib.search.screening import DISPUTED, EXCLUDED, INCLUDED, WAITING, Standing, standings
from analysis_lib.search.strategy import strategy_of
from analysis_lib.study_records import StudyRecord
from analysis_lib.study_records.search_files import SearchFiles

STUDY = "study:"

Counted = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class DatabaseFlow:
    """Records found by database searches, step by step; each pair is a label and a count.

    Attributes
    ----------
    identified : tuple of (str, int)
        Records per database.
    duplicates, in_review : int
        Removed before screening: found before or twice; already a study of the review.
    screened : int
        Candidates that every reader asked for has judged.
    excluded : tuple of (str, int)
        By reason.
    waiting, disputed : int
        Not yet judged by every reader; judged differently and not settled.
    sought, not_retrieved, awaited, assessed : int
        Reports of included candidates; awaited is neither had nor given up.
    reports_excluded : tuple of (str, int)
        By reason.
    further_reports : int
        Reports of a study that another report had brought already.
    study_ids : tuple of str
        Records in the review that came from these searches.
    """

    identified: Counted
    duplicates: int
    in_review: int
    screened: int
    excluded: Counted
    waiting: int
    disputed: int
    sought: int
    not_retrieved: int
    awaited: int
    assessed: int
    reports_excluded: Counted
    further_reports: int
    study_ids: tuple[str, ...]


@dataclass(frozen=True)
class PrismaFlow:
    """The flow as of a day.

    Attributes
    ----------
    until : str or None
        Last day counted; None for everything.
    databases : DatabaseFlow or None
        None where no search was run until then.
    other_ids : tuple of str
        Records that came by other methods: all that no candidate became.
    """

    until: str | None
    databases: DatabaseFlow | None
    other_ids: tuple[str, ...]


def prisma_flow(
    files: SearchFiles, records: Sequence[StudyRecord], *, until: str | None = None
) -> PrismaFlow:
    """Count the flow.

    Parameters
    ----------
    files : SearchFiles
        Searches, decisions, reports.
    records : sequence of StudyRecord
        The studies of the edition.
    until : str, optional
        The edition's last day, ``2026-12-31``: later searches and decisions do not count.
    """
    searches = [s for s in files.searches.values() if until is None or s["date"] <= until]
    if not searches:
        return PrismaFlow(until, None, tuple(record.id for record in records))
    found = standings(files, until=until)
    became = became_studies(found, files, records, until=until)
    counted = _databases(files, searches, found, became, until)
    others = tuple(record.id for record in records if record.id not in counted.study_ids)
    return PrismaFlow(until, counted, others)


def became_studies(
    found: Sequence[Standing],
    files: SearchFiles,
    records: Sequence[StudyRecord],
    *,
    until: str | None = None,
) -> dict[str, str]:
    """Study id of each included candidate that became a record, by candidate id.

    A report that names its study says so; otherwise DOI, PMID or title must agree.
    """
    seen, known = Seen(), {record.id for record in records}
    for record in records:
        cited = record.citation
        seen.add(record.id, title=cited.title, year=cited.year, doi=cited.doi, pmid=cited.pmid)
    reports, became = latest(files.reports, until=until), {}
    for standing in found:
        report = reports.get(standing.id)
        match = seen.find(candidate(standing.entry["database"], standing.entry))
        study = report["study"] if report else match and match[0]
        if standing.state == INCLUDED and study in known:
            became[standing.id] = study
    return became


def _databases(
    files: SearchFiles,
    searches: Sequence[Mapping[str, Any]],
    found: Sequence[Standing],
    became: Mapping[str, str],
    until: str | None,
) -> DatabaseFlow:
    strategy = strategy_of(files)
    hits: Counter[str] = Counter()
    for search in searches:
        for asked in search["asked"]:
            hits[strategy.label(asked["database"])] += asked["hits"]
    again = [entry["of"] for search in searches for entry in search["duplicates"]]
    in_review = sum(of.startswith(STUDY) for of in again)
    states = Counter(standing.state for standing in found)
    reasons = Counter(s.reason for s in found if s.state == EXCLUDED)
    reports = latest(files.reports, until=until)
    told = {s.id: reports.get(s.id) for s in found if s.state == INCLUDED}
    outcomes = Counter(
        "study" if name in became else (report["outcome"] if report else "awaited")
        for name, report in told.items()
    )
    refused = Counter(r["reason"] for r in told.values() if r and r["outcome"] == "excluded")
    return DatabaseFlow(
        identified=tuple(sorted(hits.items())),
        duplicates=len(again) - in_review,
        in_review=in_review,
        screened=len(found) - states[WAITING],
        excluded=_by_reason(reasons, strategy.reasons),
        waiting=states[WAITING],
        disputed=states[DISPUTED],
        sought=states[INCLUDED],
        not_retrieved=outcomes["not_retrieved"],
        awaited=outcomes["awaited"],
        assessed=outcomes["study"] + outcomes["excluded"],
        reports_excluded=_by_reason(refused, strategy.report_reasons),
        further_reports=len(became) - len(set(became.values())),
        study_ids=tuple(sorted(set(became.values()))),
    )


def _by_reason(counted: Mapping[str, int], labels: Mapping[str, str]) -> Counted:
    """Labels and counts in the order of the closed list, without those never given."""
    return tuple((labels[code], counted[code]) for code in labels if counted.get(code))
