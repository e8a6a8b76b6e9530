"""Exports of databases, for those without network: the format is read from the content.

RIS is parsed by rispy, BibTeX by pybtex, XML by defusedxml, CSV and JSON by Python's own
modules. MEDLINE (PubMed's .nbib) has no maintained parser with a permissive licence; its
layout, a tag of four characters, a hyphen and continuation lines, is read here.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pybtex.errors
import rispy
from pybtex.database import Entry, PybtexError, parse_string

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.search.candidates import Candidate, candidate, pmid_in
from analysis_lib.search.europepmc import read_results
from analysis_lib.search.latex import plain_text
from analysis_lib.search.pubmed_xml import read_pubmed_xml

#: Some twenty thousand records with abstracts.
MAX_BYTES = 60_000_000

_KNOWN = "RIS, BibTeX, PubMed (.nbib, XML, CSV) or Europe PMC (JSON, CSV)"


#: Databases whose accession number is the PMID; one writes ``DB  - Ovid MEDLINE(R)``.
_OF_PUBMED = re.compile(r"pubmed|medline|europe ?pmc", re.IGNORECASE)

_PMID_SAID = re.compile(
    r"PMID:?\s*([0-9]{1,9})|\b([0-9]{1,9})\[pmid\]|pubmed(?:\.ncbi\.nlm\.nih\.gov)?/([0-9]{1,9})\b",
    re.IGNORECASE,
)


def read_export(path: Path, *, database: str | None = None) -> tuple[Candidate, ...]:
    """The records of an export, in its order.

    Parameters
    ----------
    path : Path
        RIS, BibTeX, MEDLINE (.nbib), PubMed XML, Europe PMC JSON, or CSV with a header.
    database : str, optional
        Code of the database it came from; else as far as the format tells, ``other``.

    Raises
    ------
    InvalidInputError
        Unreadable, of no known format, broken, or a record without title and identifier.
    """
    text = _text(path)
    reader, default = _format(text, path)
    try:
        found = reader(text, database or default)
    except (ValueError, KeyError, TypeError, AttributeError, PybtexError, csv.Error) as error:
        raise InvalidInputError(f"{path.name}: cannot be read as an export: {error}") from error
    if not found:
        raise InvalidInputError(f"{path.name}: holds no record")
    for number, record in enumerate(found, start=1):
        if not (record.title or record.doi or record.pmid):
            rule = "has neither title nor DOI nor PMID: is the export whole?"
            raise InvalidInputError(f"{path.name}: record {number} {rule}")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"{path.name}: must be at most {MAX_BYTES:,} bytes; split it")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path.name}: must be UTF-8 text: choose UTF-8 where it is exported, or save it again "
            "with that encoding"
        ) from error


_Reader = Callable[[str, str], tuple[Candidate, ...]]


def _format(text: str, path: Path) -> tuple[_Reader, str]:
    """The reader, and the database that the format itself names."""
    start = text.lstrip()[:20_000]
    if not start:
        raise InvalidInputError(f"{path.name}: is empty")
    if re.match(r"<\?xml|<!DOCTYPE PubmedArticleSet|<PubmedArticle", start):
        return _xml, "pubmed"
    if start.startswith("{"):
        return _json, "europepmc"
    if re.match(r"PMID- ?[0-9]", start):
        return _medline, "pubmed"
    if re.search(r"^TY  -", start, re.MULTILINE):
        europe = re.search(r"^DB  - .*europe ?pmc", text, re.MULTILINE | re.IGNORECASE)
        return _ris, "europepmc" if europe else "other"
    if re.search(r"^\s*@[A-Za-z]+\s*[{(]", start, re.MULTILINE):
        return _bibtex, "other"
    header = _header(start)
    if "title" in header and header & {"pmid", "doi"}:
        return _csv, "pubmed" if "journal/book" in header else "europepmc"
    what = "a web page" if re.match(r"<!doctype html|<html", start, re.IGNORECASE) else "unknown"
    raise InvalidInputError(f"{path.name}: must be {_KNOWN}; its content is {what}")


def _xml(text: str, database: str) -> tuple[Candidate, ...]:
    return read_pubmed_xml(text.encode("utf-8"), database=database)


def _json(text: str, database: str) -> tuple[Candidate, ...]:
    return read_results(json.loads(text), database)


def _ris(text: str, database: str) -> tuple[Candidate, ...]:
    cut = text.rstrip().splitlines()
    if cut and not re.match(r"ER  -", cut[-1]):
        raise ValueError("the last record has no end (ER): is the export whole?")
    return tuple(candidate(database, _ris_fields(entry, database)) for entry in rispy.loads(text))


def _ris_fields(entry: dict[str, Any], database: str) -> dict[str, Any]:
    def first(*names: str) -> Any:
        return next((entry[name] for name in names if entry.get(name)), None)

    return {
        "title": first("title", "primary_title"),
        "abstract": first("abstract", "notes_abstract"),
        "authors": ", ".join(_turned(name) for name in first("authors", "first_authors") or ()),
        "year": first("year", "publication_year", "date"),
        "journal": first("journal_name", "secondary_title", "alternate_title3", "custom3"),
        "doi": first("doi"),
        "pmid": _ris_pmid(entry, database),
    }


def _ris_pmid(entry: dict[str, Any], database: str) -> str | None:
    """A PMID where the record says that it is one.

    An accession number is that of whichever database is named, and EndNote numbers its own
    library under ``ID``: taken for a PMID, either would make two papers one.
    """
    named = entry.get("name_of_database")
    of_pubmed = _OF_PUBMED.search(named) if named else database in ("pubmed", "europepmc")
    number = of_pubmed and pmid_in(entry.get("accession_number"))
    other = entry.get("unknown_tag", {})
    said = [*entry.get("notes", ()), *entry.get("urls", ()), *(v for k in other for v in other[k])]
    return number or _numbered(" ".join(str(one) for one in said))


def _numbered(text: str) -> str | None:
    found = _PMID_SAID.search(text)
    return next(filter(None, found.groups())) if found else None


def _turned(name: str) -> str:
    """``Doe, Jane`` as ``Doe Jane``: a comma parts authors."""
    return name.replace(",", "")


def _bibtex(text: str, database: str) -> tuple[Candidate, ...]:
    with _strictly():
        entries = parse_string(text, "bibtex").entries.values()
    return tuple(candidate(database, _bibtex_fields(entry)) for entry in entries)


@contextlib.contextmanager
def _strictly() -> Iterator[None]:
    """Broken BibTeX raises; pybtex would otherwise print and go on."""
    before = pybtex.errors.strict
    pybtex.errors.set_strict_mode(True)
    try:
        yield
    finally:
        pybtex.errors.set_strict_mode(before)


def _bibtex_fields(entry: Entry) -> dict[str, Any]:
    def plain(name: str) -> str:
        return plain_text(entry.fields.get(name, ""))

    return {
        "title": plain("title"),
        "abstract": plain("abstract"),
        "authors": ", ".join(_turned(plain_text(str(p))) for p in entry.persons.get("author", ())),
        "year": entry.fields.get("year") or entry.fields.get("date"),
        "journal": plain("journal") or plain("journaltitle") or plain("booktitle"),
        # Reference managers escape it: 10.1000/a\_b.
        "doi": re.sub(r"[{}\\]", "", entry.fields.get("doi", "")),
        "pmid": entry.fields.get("pmid") or _numbered(entry.fields.get("note", "")),
    }


def _medline(text: str, database: str) -> tuple[Candidate, ...]:
    records = []
    for block in re.split(r"\n\s*\n(?=PMID-)", text.strip()):
        fields: dict[str, list[str]] = {}
        tag = ""
        for line in block.split("\n"):
            if re.match(r"[A-Z0-9]{2,4} *-", line[:5]):
                tag = line[:4].strip()
                fields.setdefault(tag, []).append(line[6:])
            elif line.startswith("      ") and tag:
                fields[tag][-1] += f" {line.strip()}"
            elif line.strip():
                raise ValueError(f"no MEDLINE line: {line[:40]!r}")
        records.append(candidate(database, _medline_fields(fields)))
    return tuple(records)


def _medline_fields(fields: dict[str, list[str]]) -> dict[str, Any]:
    def first(*tags: str) -> str | None:
        return next((fields[tag][0] for tag in tags if tag in fields), None)

    numbers = [*fields.get("LID", ()), *fields.get("AID", ())]
    return {
        "pmid": first("PMID"),
        "title": first("TI", "BTI", "TT"),
        "abstract": first("AB"),
        "authors": ", ".join([*fields.get("AU", ()), *fields.get("CN", ())]),
        "year": first("DP"),
        "journal": first("TA", "JT"),
        "doi": next((number for number in numbers if number.endswith("[doi]")), None),
    }


#: Column names of PubMed's and Europe PMC's tables, in lower case, without spaces and underscores.
_COLUMNS = {
    "title": ("title",),
    "abstract": ("abstract", "abstracttext"),
    "authors": ("authors", "authorstring", "author"),
    "year": ("publicationyear", "pubyear", "year"),
    "journal": ("journal/book", "journaltitle", "journal"),
    "doi": ("doi",),
    "pmid": ("pmid", "extid"),
}


def _header(text: str) -> set[str]:
    first = next(csv.reader(io.StringIO(text)), [])
    return {_column(name) for name in first}


def _column(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "")


def _csv(text: str, database: str) -> tuple[Candidate, ...]:
    rows = csv.reader(io.StringIO(text), strict=True)
    header = [_column(name) for name in next(rows)]
    places = {
        field: next((header.index(name) for name in names if name in header), None)
        for field, names in _COLUMNS.items()
    }
    # Europe PMC's EXT_ID is a PMID in records of MEDLINE, and other sources number theirs too.
    by_source = {"source", "extid"} <= {*header} and "pmid" not in header
    foreign = header.index("source") if by_source else None
    records = []
    for row in rows:
        if len(row) not in (0, len(header)):
            raise ValueError(f"line {rows.line_num} has {len(row)} of {len(header)} columns")
        if row:
            fields = {f: None if place is None else row[place] for f, place in places.items()}
            if foreign is not None and row[foreign] != "MED":
                fields["pmid"] = None
            records.append(candidate(database, fields))
    return tuple(records)
