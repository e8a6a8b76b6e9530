"""A record that a search found, cleaned, and what it is recognised by.

Titles and abstracts are anybody's text: markup and control characters go before
anything is kept or compared.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis_lib.study_records.identity import normal_title

#: Longest field kept; a longer one ends in an ellipsis. Same limits as the schema.
_LONGEST = {"title": 2000, "abstract": 30000, "authors": 4000, "journal": 1000}

# An escape sequence as terminals read it: CSI ... letter, OSC ... BEL or ST, or two characters.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b."
)
# Markup that databases deliver. Anything else between < and > is text: "OS<12 and PFS>3".
_INLINE = re.compile(r"</?(?:i|b|u|em|strong|sub|sup|span|jats:[a-z]+)(?:\s[^<>]{0,200})?/?>", re.I)
_BLOCK = re.compile(r"</?(?:h[1-6]|p|br|div|ul|ol|li|title|sec)(?:\s[^<>]{0,200})?/?>", re.I)
_DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]+")
_PMID = re.compile(r"[0-9]{1,9}")
_YEAR = re.compile(r"(?:18|19|20|21)[0-9]{2}")


@dataclass(frozen=True)
class Candidate:
    """One record as a database delivered it, cleaned; unknown is None.

    Attributes
    ----------
    database : str
        Code of the database, as in ``strategy.yaml``.
    doi : str or None
        In lower case, without address.
    """

    database: str
    title: str
    abstract: str | None = None
    authors: str | None = None
    year: int | None = None
    journal: str | None = None
    doi: str | None = None
    pmid: str | None = None

    @property
    def id(self) -> str:
        """Its name in screening: by PMID, else by DOI, else by title and year."""
        if self.pmid:
            return f"pmid:{self.pmid}"
        if self.doi:
            return f"doi:{self.doi}"
        said = f"{title_key(self.title)}|{self.year or ''}"
        return f"title:{hashlib.sha256(said.encode()).hexdigest()[:12]}"

    def as_entry(self) -> dict[str, Any]:
        """The entry of a search file."""
        names = ("id", "database", "title", "abstract", "authors", "year", "journal", "doi", "pmid")
        return {name: getattr(self, name) for name in names}


def candidate(database: str, fields: Mapping[str, Any]) -> Candidate:
    """A candidate from fields as delivered: text is cleaned, identifiers are brought to one form.

    Parameters
    ----------
    database : str
        Code of the database.
    fields : mapping
        Any of ``title, abstract, authors, year, journal, doi, pmid``, as text.
    """
    texts = {name: _shortened(clean_text(fields.get(name)), _LONGEST[name]) for name in _LONGEST}
    return Candidate(
        database=database,
        title=texts.pop("title") or "",
        authors=(texts.pop("authors") or "").rstrip(" .") or None,
        **{name: text or None for name, text in texts.items()},
        year=_year(fields.get("year")),
        doi=doi_in(fields.get("doi")),
        pmid=pmid_in(fields.get("pmid")),
    )


def clean_text(text: Any) -> str:
    """One line of printable text: no markup, escape sequence, control or bidi character."""
    if text is None:
        return ""
    plain = _BLOCK.sub(" ", _INLINE.sub("", str(text)))
    return " ".join(printable(html.unescape(plain)).split())


def printable(text: str) -> str:
    """``text`` without anything that a terminal would obey; line ends and tabs become spaces.

    Removed are escape sequences and every character of Unicode's categories control,
    format (zero-width, and those that turn the direction of writing), surrogate and
    private use.
    """
    text = _ESCAPES.sub("", re.sub(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]", " ", text))
    if text.isprintable():
        return text
    obeyed = (c for c in set(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co"))
    return text.translate(dict.fromkeys(map(ord, obeyed)))


def doi_in(text: Any) -> str | None:
    """A DOI in lower case without ``https://doi.org/`` or ``doi:``; None when there is none.

    DOIs are compared without regard to case (DOI Handbook, section 2.4).
    """
    found = _DOI.search(str(text or ""))
    return found[0].rstrip(".,;)").lower()[:290] if found else None


def pmid_in(text: Any) -> str | None:
    """A PubMed id as digits without leading zeros; None when it is none."""
    said = re.sub(r"^\s*(?:pmid:?|MED:?)\s*", "", str(text or ""), flags=re.IGNORECASE).strip()
    return said.lstrip("0") or None if _PMID.fullmatch(said) else None


def title_key(title: str) -> str:
    """What two spellings of a title have in common: its letters and digits in lower case."""
    return normal_title(title).replace(" ", "")


def _year(text: Any) -> int | None:
    found = _YEAR.search(str(text or ""))
    return int(found[0]) if found else None


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
