"""What an edition changes beside its own file: changelog, citation, Zenodo's metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from analysis_lib.editions.changes import Change
from analysis_lib.editions.impact import Impact
from analysis_lib.exceptions import ReviewError

_UNRELEASED = re.compile(r"^## Unreleased[^\n]*\n(?P<body>.*?)(?=^## |\Z)", re.M | re.S)
_EVIDENCE = re.compile(r"^### Evidence[^\n]*\n(?P<body>.*?)(?=^### |\Z)", re.M | re.S)
_FIRST = re.compile(r"\bfirst edition\b", re.I)


def unreleased(changelog: str) -> str:
    """What stands under Unreleased.

    Raises
    ------
    ReviewError
        The changelog has no such heading.
    """
    found = _UNRELEASED.search(changelog)
    if found is None:
        raise ReviewError("CHANGELOG.md: the heading '## Unreleased' is missing; add it")
    return found["body"].strip()


def unsaid(changelog: str, moved: Impact | None, titles: Mapping[str, str]) -> tuple[str, ...]:
    """What the changelog must still say before an edition can be cut.

    Parameters
    ----------
    changelog : str
        The file's text.
    moved : Impact or None
        Since the last edition; None before the first, which must be said to be the first.
    titles : mapping
        Titles of the comparisons by id. An entry names a comparison by its title, or by its id
        in backticks: ``progression`` alone is also a word that any entry may hold.
    """
    body = unreleased(changelog)
    evidence = _EVIDENCE.search(body)
    if evidence is None or not evidence["body"].strip():
        return ("CHANGELOG.md: nothing stands under Unreleased, Evidence",)
    if moved is None:
        said = _FIRST.search(body)
        return () if said else ("CHANGELOG.md: say under Unreleased that it is the first edition",)
    text = " ".join(evidence["body"].casefold().split())
    return tuple(
        f"CHANGELOG.md: say under Unreleased, Evidence what moved in `{one.id}` "
        f"({titles.get(one.id, one.id)}), from what to what: {one.change.value}"
        for one in moved.comparisons
        if one.change is not Change.NO_CHANGE
        and f"`{one.id}`".casefold() not in text
        and titles.get(one.id, one.id).casefold() not in text
    )


def released(changelog: str, number: str, date: str) -> str:
    """The changelog with Unreleased moved under the edition's heading, and empty above it."""
    unreleased(changelog)
    heading = f"## Unreleased\n\n### Evidence\n\n### Software\n\n## {number} ({date})\n"
    return re.sub(r"^## Unreleased[^\n]*\n", heading, changelog, count=1, flags=re.M)


def section_of(changelog: str, number: str) -> str:
    """What the changelog says of an edition, without its heading; empty when it says nothing."""
    heading = rf"^## {re.escape(number)}\b[^\n]*\n(?P<body>.*?)(?=^## |\Z)"
    found = re.search(heading, changelog, re.M | re.S)
    return found["body"].strip() if found else ""


def cited(citation: str, number: str, date: str) -> str:
    """``CITATION.cff`` with the edition as version, and its day.

    Raises
    ------
    ReviewError
        It has no line ``version:``.
    """
    # Quoted: YAML would read 2026.10 as the number 2026.1.
    kept = re.sub(r"^date-released:[^\n]*\n", "", citation, flags=re.M)
    lines = f'version: "{number}"\ndate-released: "{date}"'
    text, found = re.subn(r"^version:[^\n]*$", lines, kept, count=1, flags=re.M)
    if not found:
        raise ReviewError("CITATION.cff: the line 'version:' is missing; add it")
    return text


def zenodo(citation: str, number: str, date: str) -> str:
    """``.zenodo.json``, made from the citation file: what it says is said once."""
    about: dict[str, Any] = yaml.safe_load(citation)
    document = {
        "title": about["title"],
        "description": about["abstract"].strip(),
        "creators": [{"name": _name(author)} for author in about["authors"]],
        "version": number,
        "publication_date": date,
        "upload_type": "software",
        "access_right": "open",
        "license": about["license"],
        "keywords": about["keywords"],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _name(author: Mapping[str, str]) -> str:
    """A group by its name, a person as family name, given names."""
    if "name" in author:
        return author["name"]
    return ", ".join(author[key] for key in ("family-names", "given-names") if key in author)
