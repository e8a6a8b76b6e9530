"""Whether a paper is a study that the review holds already: by DOI, PubMed number or title."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records.loader import DATA, study_files
from analysis_lib.study_records.model import Citation
from analysis_lib.study_records.yaml_reader import read_yaml

_RESOLVER = re.compile(r"^(?:https?://)?(?:dx\.)?doi\.org/|^doi:\s*", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}/\S+")
_PUBMED = re.compile(r"^(?:https?://)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|pmid:?\s*)", re.IGNORECASE)

#: A title shorter than this ("Brain metastases") may be that of many papers.
_TELLING_TITLE = 20


def normal_doi(text: str) -> str:
    """A DOI without resolver, in lower case: registries treat DOIs as case-insensitive.

    Raises
    ------
    InvalidInputError
        What is left is no DOI.
    """
    doi = unquote(_RESOLVER.sub("", text.strip())).rstrip(".,;").lower()
    if not _DOI.fullmatch(doi):
        rule = "a DOI must look like 10.1371/journal.pone.0198692"
        raise InvalidInputError(f"{rule}, was {text!r}")
    return doi


def normal_pmid(text: str) -> str:
    """A PubMed number as digits, without address or leading zeros.

    Raises
    ------
    InvalidInputError
        What is left is no number of at most nine digits.
    """
    pmid = _PUBMED.sub("", text.strip()).rstrip("/").lstrip("0")
    if not re.fullmatch("[0-9]{1,9}", pmid):
        raise InvalidInputError(f"a PubMed number must look like 29883478, was {text!r}")
    return pmid


def normal_title(text: str) -> str:
    """A title for comparison: letters and digits only, without case or accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in plain if not _is_accent(c))))


def held_already(citation: Citation, *, data: Path = DATA) -> tuple[tuple[str, str], ...]:
    """Studies that may be the cited paper, each with what they share.

    Records that are not sound yet are looked at too: a study that somebody else has
    just begun is held.

    Returns
    -------
    tuple of (study id, ``"DOI"``, ``"PubMed number"`` or ``"title"``)
    """
    wanted = dict(_marks(vars(citation)))
    found = []
    for path in study_files(data):
        raw, _, problems = read_yaml(path, path.name)
        known = raw.get("citation") if isinstance(raw, dict) and not problems else None
        marks = dict(_marks(known)) if isinstance(known, dict) else {}
        shared = [what for what, mark in wanted.items() if marks.get(what) == mark]
        found += [(path.parent.name, shared[0])] if shared else []
    return tuple(found)


def _marks(citation: dict) -> Iterator[tuple[str, str]]:
    """What identifies a paper; a value that cannot be read identifies nothing."""
    readers = (("DOI", "doi", normal_doi), ("PubMed number", "pmid", normal_pmid))
    for what, key, reader in readers:
        try:
            yield what, reader(str(citation.get(key) or ""))
        except InvalidInputError:
            continue
    title = normal_title(str(citation.get("title") or ""))
    if len(title) >= _TELLING_TITLE:
        yield "title", title


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0
