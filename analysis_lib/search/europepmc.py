"""Europe PMC's REST service: pages of JSON, each naming the next by a cursor."""

from __future__ import annotations

from datetime import date
from typing import Any

from analysis_lib.search.candidates import Candidate, candidate
from analysis_lib.search.pubmed import Found
from analysis_lib.search.transport import SearchServiceError, Transport, read_json

#: The form of the search that takes a posted query: ours is too long for an address.
ADDRESS = "https://www.ebi.ac.uk/europepmc/webservices/rest/searchPOST"
PAGE = 500


def search_europepmc(
    query: str,
    *,
    start: date,
    end: date,
    email: str,
    transport: Transport,
    database: str = "europepmc",
) -> Found:
    """All records that Europe PMC first indexed from ``start`` to ``end`` for a query.

    Raises
    ------
    SearchServiceError
        No answer, a refusal, or fewer records than announced. Never a part of a result.
    """
    fields = {
        "query": f"({query}) AND (FIRST_IDATE:[{start} TO {end}])",
        "format": "json",
        "resultType": "core",
        "pageSize": str(PAGE),
        "email": email,
    }
    found: list[Candidate] = []
    cursor, hits = "*", None
    while True:
        count, following, page = transport.ask(
            ADDRESS, fields | {"cursorMark": cursor}, read=lambda b: _read_page(b, database)
        )
        hits = count if hits is None else hits
        found.extend(page)
        if not page or len(found) >= hits or not following or following == cursor:
            break
        cursor = following
    if len(found) != hits:
        raise SearchServiceError(
            f"Europe PMC sent {len(found)} of {hits} records; nothing was written: try again later"
        )
    return Found(hits, tuple(found))


def _read_page(body: bytes, database: str) -> tuple[int, str | None, tuple[Candidate, ...]]:
    raw = read_json(body)
    if "hitCount" not in raw:
        said = raw.get("errMsg") or raw.get("message") or "no count in the answer"
        raise ValueError(f"refused the query: {str(said)[:200]}")
    try:
        return int(raw["hitCount"]), raw.get("nextCursorMark"), read_results(raw, database)
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError("sent JSON of another shape") from error


def read_results(raw: dict[str, Any], database: str = "europepmc") -> tuple[Candidate, ...]:
    """The records of one answer, or of an export of the same shape."""
    return tuple(candidate(database, _fields(entry)) for entry in raw["resultList"]["result"])


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    journal = (entry.get("journalInfo") or {}).get("journal") or {}
    preprint = (entry.get("bookOrReportDetails") or {}).get("publisher")
    return {
        "title": entry.get("title"),
        "abstract": entry.get("abstractText"),
        "authors": entry.get("authorString"),
        "year": entry.get("pubYear"),
        "journal": journal.get("title") or entry.get("journalTitle") or preprint,
        "doi": entry.get("doi"),
        "pmid": entry.get("pmid"),
    }
