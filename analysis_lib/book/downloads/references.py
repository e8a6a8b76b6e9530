"""The studies as a reference manager takes them: BibTeX and RIS.

A citation is what the texts read print of it, often not all. What is missing is named in
the entry's note and never filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis_lib.book.downloads.tables import one_line
from analysis_lib.book.evidence_page import DECISIONS
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord

#: ``J Neurooncol 53(3):259-265`` and ``Neurosurg Pract 2024;5(4):e00117``; others stay whole.
_JOURNAL = re.compile(
    r"(?P<name>[^\d;:(]+?)(?: \d{4};| )(?P<volume>\d+)(?:\((?P<number>[\w-]+)\))?"
    r":(?P<pages>[\w.-]+)"
)
_AUTHOR = re.compile(r"(?P<family>[^.()\[\]]+?) (?P<initials>[A-Z]{1,4}|[A-Z]-[A-Z])")
_REMARK = re.compile(r"\s*\([^)]*\)")
_OTHERS = re.compile(r"\bet al\b\.?|\.\.\.|…")

#: What TeX would read as a command.
_TEX = {
    "\\": r"\textbackslash{}",
    # BibTeX counts braces whether or not a backslash stands before them.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "$&#%_"},
}


@dataclass(frozen=True)
class Authors:
    """Authors as printed: families with initials, and whether the list breaks off."""

    names: tuple[str, ...]
    and_others: bool


def authors_of(printed: str | None) -> Authors:
    """Split a printed list; a part that is no family with initials stays as it is printed.

    ``Bhatia RK, George J`` becomes ``Bhatia, R. K.`` and ``George, J.``; a remark in
    brackets is no name; "et al." and dots say that there are others.
    """
    text = one_line(printed or "")
    others = bool(_OTHERS.search(text)) or "full list not printed" in text
    bare = _OTHERS.sub(" ", _REMARK.sub("", text))
    parts = [one_line(part) for part in bare.split(",")]
    return Authors(tuple(_name(part) for part in parts if part), others)


def bibtex(records: Sequence[StudyRecord]) -> str:
    """The studies as BibTeX; a key is the study's id."""
    return "\n\n".join(_bibtex_entry(record) for record in records) + "\n"


def ris(records: Sequence[StudyRecord]) -> str:
    """The studies as RIS; ``ID`` is the study's id."""
    return "\r\n\r\n".join("\r\n".join(_ris_lines(record)) for record in records) + "\r\n"


def note(record: StudyRecord) -> str:
    """How the review uses a study and why, and what its citation lacks."""
    decision = DECISIONS[record.eligibility.decision].capitalize()
    parts = [f"{decision}: {one_line(record.eligibility.reason).rstrip('.')}."]
    if record.citation.missing:
        missing = ", ".join(record.citation.missing)
        parts.append(f"Citation incomplete: {missing} not printed in the text read.")
    return " ".join(parts)


def title_of(record: StudyRecord) -> str:
    """The printed title, else the name that the review gives the study, marked as no title."""
    return one_line(record.citation.title or f"[title not printed] {study_label(record)}")


def _name(part: str) -> str:
    found = _AUTHOR.fullmatch(part)
    if not found:
        return part
    initials = " ".join(f"{letter}." for letter in re.findall("[A-Z]", found["initials"]))
    return f"{found['family']}, {initials}"


def _journal(record: StudyRecord) -> dict[str, str]:
    printed = one_line(record.citation.journal or "")
    found = _JOURNAL.fullmatch(printed)
    if not found:
        return {"journal": printed} if printed else {}
    parts = found.groupdict()
    return {"journal": parts.pop("name")} | {name: part for name, part in parts.items() if part}


def _bibtex_entry(record: StudyRecord) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in _bibtex_fields(record)]
    kind = "article" if record.citation.journal else "misc"
    return f"@{kind}{{{record.id},\n" + ",\n".join(lines) + "\n}"


def _bibtex_fields(record: StudyRecord) -> Iterator[tuple[str, str]]:
    citation, authors = record.citation, authors_of(record.citation.authors)
    names = [_bibtex_name(name) for name in authors.names]
    names += ["others"] if authors.and_others and names else []
    if names:
        yield "author", " and ".join(names)
    # Braces within: a title keeps its capitals.
    yield "title", "{" + _tex(title_of(record)) + "}"
    for name, value in _journal(record).items():
        yield name, _tex(value).replace("-", "--") if name == "pages" else _tex(value)
    if citation.year:
        yield "year", str(citation.year)
    # Read as they stand, without TeX: only what would end the field must not be in them.
    for name in ("doi", "pmid", "pmcid"):
        if getattr(citation, name):
            yield name, re.sub(r"[{}\\\s]", "", getattr(citation, name))
    yield "keywords", record.eligibility.decision
    yield "note", _tex(note(record))


def _bibtex_name(name: str) -> str:
    """A name with initials as it is; any other, or one that holds "and", kept together."""
    told = _tex(name)
    return told if "," in name and not re.search(r"\band\b", name) else "{" + told + "}"


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in one_line(text))


def _ris_lines(record: StudyRecord) -> Iterator[str]:
    citation, authors = record.citation, authors_of(record.citation.authors)
    yield f"TY  - {'JOUR' if citation.journal else 'GEN'}"
    yield f"ID  - {record.id}"
    for name in authors.names:
        yield f"AU  - {name}"
    yield f"TI  - {title_of(record)}"
    yield from _ris_places(record)
    for tag, value in (("DO", citation.doi), ("AN", citation.pmid), ("C2", citation.pmcid)):
        if value:
            yield f"{tag}  - {one_line(value)}"
    yield f"KW  - {record.eligibility.decision}"
    others = " The list of authors breaks off." if authors.and_others else ""
    yield f"N1  - {note(record)}{others}"
    yield "ER  - "


def _ris_places(record: StudyRecord) -> Iterator[str]:
    found = _journal(record)
    first, _, last = found.get("pages", "").partition("-")
    rows = (
        ("T2", found.get("journal")),
        ("VL", found.get("volume")),
        ("IS", found.get("number")),
        ("SP", first),
        ("EP", last),
        ("PY", str(record.citation.year or "")),
    )
    yield from (f"{tag}  - {value}" for tag, value in rows if value)
