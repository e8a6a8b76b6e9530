"""PubMed through NCBI's E-utilities: ESearch keeps the result on its side, EFetch pages it.

Sayers E. "The E-utilities In-Depth" (NCBI Bookshelf NBK25499): history server, at most three
questions a second without a key, ``tool`` and ``email`` with each, and no more than the first
9,999 records of one PubMed result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analysis_lib.search.candidates import Candidate
from analysis_lib.search.pubmed_xml import read_pubmed_xml
from analysis_lib.search.transport import SearchServiceError, Transport, read_json

BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"

#: Records that one PubMed result can be paged through.
LARGEST_RESULT = 9_999
PAGE = 200


@dataclass(frozen=True)
class Found:
    """What a database found: the records, its own count, and its remarks on the query."""

    hits: int
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def search_pubmed(
    query: str,
    *,
    start: date,
    end: date,
    email: str,
    transport: Transport,
    database: str = "pubmed",
) -> Found:
    """All records that PubMed added from ``start`` to ``end`` (days included) for a query.

    The date is that of entry into PubMed (``edat``), not of publication: only so does a
    search since the last one miss nothing. Larger results are asked for in shorter ranges.

    Raises
    ------
    SearchServiceError
        No answer, a refusal, or fewer records than announced. Never a part of a result.
    """
    identity = {"db": "pubmed", "tool": "lsr", "email": email}
    found: list[Candidate] = []
    hits, notes = 0, {}
    for count, key, remarks in _results(query, start, end, identity, transport):
        hits += count
        notes |= dict.fromkeys(remarks)
        for first in range(0, count, PAGE):
            asked = identity | key | {"retstart": str(first), "retmax": str(PAGE)}
            found.extend(_fetch(asked, min(PAGE, count - first), transport, database))
    return Found(hits, tuple(found), tuple(notes))


def _results(
    query: str, start: date, end: date, identity: dict[str, str], transport: Transport
) -> Iterator[tuple[int, dict[str, str], list[str]]]:
    """Count, history key and remarks of each result, the range halved while it is too large."""
    fields = identity | {
        "term": query,
        "datetype": "edat",
        "mindate": f"{start:%Y/%m/%d}",
        "maxdate": f"{end:%Y/%m/%d}",
        "usehistory": "y",
        "retmax": "0",
        "retmode": "json",
    }
    count, key, remarks = transport.ask(BASE + "esearch.fcgi", fields, read=_read_esearch)
    if count <= LARGEST_RESULT:
        yield count, key, remarks
        return
    if start == end:
        raise SearchServiceError(
            f"PubMed added {count:,} records on {start}, and only {LARGEST_RESULT:,} of one result "
            "can be fetched: narrow the query in data/searches/strategy.yaml"
        )
    middle = start + (end - start) // 2
    yield from _results(query, start, middle, identity, transport)
    yield from _results(query, middle + timedelta(days=1), end, identity, transport)


def _read_esearch(body: bytes) -> tuple[int, dict[str, str], list[str]]:
    raw = read_json(body)
    result = raw.get("esearchresult")
    if not isinstance(result, dict):
        raise ValueError(f"refused: {str(raw.get('error', 'no result'))[:200]}")
    if "ERROR" in result:
        raise ValueError(f"refused the query: {str(result['ERROR'])[:200]}")
    try:
        key = {"WebEnv": str(result["webenv"]), "query_key": str(result["querykey"])}
        return int(result["count"]), key, _remarks(result)
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError("sent half an answer: no count or no key") from error


def _remarks(result: dict[str, Any]) -> list[str]:
    """Phrases that PubMed did not find or left out: the query then asks for something else."""
    remarks = []
    for part in ("errorlist", "warninglist"):
        for kind, values in (result.get(part) or {}).items():
            remarks += [f"{kind}: {value}"[:300] for value in values]
    return remarks


def _fetch(
    fields: dict[str, str], announced: int, transport: Transport, database: str
) -> tuple[Candidate, ...]:
    """One page; a page with fewer records than announced is asked for again."""

    def read(body: bytes) -> tuple[Candidate, ...]:
        page = read_pubmed_xml(body, database=database)
        if len(page) != announced:
            raise ValueError(f"sent {len(page)} of {announced} records")
        return page

    return transport.ask(BASE + "efetch.fcgi", fields | {"retmode": "xml"}, read=read)
