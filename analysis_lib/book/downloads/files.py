"""The files of the folder ``downloads/``: each by itself, described, and all in one package."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis_lib.book.citation import citation, version_name
from analysis_lib.book.downloads.evidence import (
    arms_table,
    contrasts_table,
    harms_table,
    studies_table,
)
from analysis_lib.book.downloads.patients import patients_table
from analysis_lib.book.downloads.references import bibtex, ris, title_of
from analysis_lib.book.downloads.tables import DataTable
from analysis_lib.book.places import paper_link
from analysis_lib.book.study_uses import Results
from analysis_lib.comparison.arms import study_label
from analysis_lib.editions import headline_numbers
from analysis_lib.study_records import StudyRecord, load_reading

#: Folder of the site, and the name of the package that holds everything in it.
FOLDER, PACKAGE_NAME = "downloads", "recurrent-brain-metastases-review"
PACKAGE_FILE = f"{PACKAGE_NAME}-data.zip"

#: The first moment a zip file can name: the same data give the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}


@dataclass(frozen=True)
class Download:
    """One file: its name, what it holds, how much of what, its content.

    ``amount`` is a number of ``unit``; ``table`` is None where the file is no table.
    """

    name: str
    title: str
    about: str
    amount: int
    unit: str
    mediatype: str
    content: bytes = field(repr=False)
    table: DataTable | None = field(default=None, repr=False)

    @property
    def ending(self) -> str:
        """``csv``, ``bib`` and so on."""
        return self.name.rpartition(".")[2]


def downloads(results: Results, records: Sequence[StudyRecord]) -> tuple[Download, ...]:
    """Every single file; the same evidence gives the same bytes.

    Parameters
    ----------
    results : mapping of comparison id to ComparisonResult
        Of all declared comparisons.
    records : sequence of StudyRecord
        All records, whether used or not.
    """
    tables = (
        studies_table(records),
        arms_table(records),
        harms_table(records),
        contrasts_table(records),
        patients_table(results),
    )
    found = [*_references(records), *(_table_file(table) for table in tables), _numbers(results)]
    described = (*found, _readme(found, records))
    return (*described, _descriptor(described, records))


def whole_package(files: Sequence[Download]) -> bytes:
    """All files in one zip archive, in their order and without times."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for one in files:
            entry = zipfile.ZipInfo(f"{PACKAGE_NAME}/{one.name}", _NO_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            package.writestr(entry, one.content)
    return archive.getvalue()


def _references(records: Sequence[StudyRecord]) -> tuple[Download, ...]:
    about = (
        "Every study that was read, for a reference manager; the note says whether it is used, "
        "why, and what of its citation was not printed."
    )
    title, number = "References of all studies", len(records)
    made = (
        ("studies.bib", "BibTeX", "application/x-bibtex", bibtex(records)),
        ("studies.ris", "RIS", "application/x-research-info-systems", ris(records)),
    )
    return tuple(
        Download(name, f"{title}, {form}", about, number, "references", kind, text.encode())
        for name, form, kind, text in made
    )


def _table_file(table: DataTable) -> Download:
    return Download(
        f"{table.name}.csv",
        table.title,
        table.about,
        len(table.rows),
        "rows",
        "text/csv",
        table.to_csv().encode(),
        table,
    )


def _numbers(results: Results) -> Download:
    numbers = {name: headline_numbers(result) for name, result in results.items()}
    return Download(
        "headline-numbers.json",
        "Headline numbers of the comparisons",
        "Every number a reader takes from a comparison's page, rounded to four digits; pools of "
        "hazard ratios are on their logarithmic scale.",
        len(numbers),
        "comparisons",
        "application/json",
        _json(numbers),
    )


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _readme(files: Sequence[Download], records: Sequence[StudyRecord]) -> Download:
    lacking = sum(bool(record.citation.missing) for record in records)
    cited, reading = citation(), load_reading()
    listed = "\n".join(
        f"- `{one.name}` ({one.amount:,} {one.unit}): {one.title}. {one.about}" for one in files
    )
    text = f"""# {cited["title"]}: data

{version_name()}, last reading {reading["last_reading"]}. \
{reading["database_search"]["statement"]}

{listed}
- `datapackage.json`: the files and the meaning of every column, as a Frictionless data package.

## Before you use them

- **Pseudo-patients are not patients.** `pseudo-patients.csv` is reconstructed from figures that \
papers print: medians, probabilities at fixed times, curves. No row is a patient of any study. Its \
column `level` says what each set is made from; set 0 is the one that curves are drawn from, sets \
1 and on are used together, as imputations.
- Figures are as papers print them; where a printed figure is corrected, the column `correction` \
gives both. An empty cell is not known, which is not zero.
- {lacking} of {len(records)} citations are incomplete; `citation_lacks` and the notes of the \
references name what is missing. Nothing was filled in from elsewhere.
- Tables are UTF-8 with CRLF line ends. A text that a spreadsheet would take for a formula has an \
apostrophe before it.
- Summarises studies; not advice for one patient.

## Licence

{LICENCE["title"]} ({LICENCE["path"]}). Titles of papers are as journals print them. To cite: the \
title, edition, version and date of last reading above.
"""
    about = "What each file holds, what pseudo-patients are, the licence."
    words = len(text.split())
    return Download("README.md", "Read me", about, words, "words", "text/markdown", text.encode())


def _descriptor(files: Sequence[Download], records: Sequence[StudyRecord]) -> Download:
    cited = citation()
    package = {
        "profile": "data-package",
        "name": PACKAGE_NAME,
        "title": cited["title"],
        "description": " ".join(cited["abstract"].split())
        + " Pseudo-patients are reconstructed from printed figures and are not patients.",
        "version": cited["version"],
        "keywords": cited["keywords"],
        "licenses": [LICENCE],
        "contributors": [{"title": one["name"], "role": "author"} for one in cited["authors"]],
        "sources": [_source(record) for record in records],
        "resources": [_resource(one) for one in files],
    }
    return Download(
        "datapackage.json",
        "Description of the package",
        "The files with the meaning of every column, the licence and the sources, as a "
        "Frictionless data package.",
        len(files),
        "files described",
        "application/json",
        _json(package),
    )


def _source(record: StudyRecord) -> dict[str, str]:
    link = paper_link(record.citation)
    told = {"title": f"{study_label(record)}. {title_of(record)}"}
    return told | ({"path": link.href} if link and link.href else {})


def _resource(one: Download) -> dict[str, Any]:
    resource = {
        "profile": "tabular-data-resource" if one.table else "data-resource",
        "name": one.name.replace(".", "-").lower(),
        "path": one.name,
        "title": one.title,
        "description": one.about,
        "format": one.ending,
        "mediatype": one.mediatype,
        "encoding": "utf-8",
        "bytes": len(one.content),
        "hash": f"sha256:{hashlib.sha256(one.content).hexdigest()}",
    }
    if one.table is not None:
        resource["name"] = one.table.name
        resource["schema"] = _schema(one.table)
    return resource


def _schema(table: DataTable) -> dict[str, Any]:
    fields: list[dict[str, Any]] = []
    for column in table.columns:
        told = {"name": column.name, "type": column.type, "description": column.about}
        fields.append(told | ({"constraints": {"required": True}} if column.required else {}))
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.refers:
        schema["foreignKeys"] = [
            {"fields": name, "reference": {"resource": other, "fields": name}}
            for name, other in table.refers
        ]
    return schema
