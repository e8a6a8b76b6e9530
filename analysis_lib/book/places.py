"""Where things stand in the book: names of pages, anchors, and links to papers.

Links lead to a DOI, PubMed or a publisher. A text that was read anywhere else is
named in words, because such a copy may be gone tomorrow or may not be lawful.
"""

from __future__ import annotations

import re
from urllib.parse import urlparse

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.study_records import sound_records
from analysis_lib.study_records.model import Citation, SecondReading, Source
from analysis_lib.tables import Cell

#: Hosts of resolvers, PubMed and publishers: the only ones that pages link to.
LINKED_HOSTS = frozenset(
    {
        "doi.org",
        "pubmed.ncbi.nlm.nih.gov",
        "pmc.ncbi.nlm.nih.gov",
        "link.springer.com",
        "www.nature.com",
        "academic.oup.com",
        "journals.lww.com",
        "www.frontiersin.org",
        "www.dovepress.com",
        "atm.amegroups.org",
        "bmccancer.biomedcentral.com",
        "ro-journal.biomedcentral.com",
        "breast-cancer-research.biomedcentral.com",
        "www.ro-journal.com",
    }
)

#: Class of words that were read elsewhere; a link beside them leads there.
WORDS_READ = "lsr-words-read"

#: Folder of the site that holds the summaries on one page.
SUMMARIES = "summaries"

#: Fields with a block of their own on a study's page.
_BLOCK = re.compile(r"contrasts\[\d+\]|arms\[\d+\](\.(outcomes|harms)\[\d+\])?")


def sheet_path(comparison_id: str) -> str:
    """Where a comparison's summary on one page stands below the site's root."""
    return f"{SUMMARIES}/{comparison_id}.html"


def study_page(study_id: str, *, up: bool = False) -> str:
    """Path of a study's page, from the book's root or (``up``) from a folder below it."""
    return f"{'../' if up else ''}studies/{study_id}.html"


def field_anchor(field: str) -> str:
    """Anchor of a record's field: ``arms[0].outcomes[1]`` is ``arms-0-outcomes-1``."""
    return re.sub(r"[^a-z0-9]+", "-", field.lower()).strip("-")


def block_anchor(field: str) -> str:
    """Anchor of the block of a study's page that shows a field.

    ``arms[0].outcomes[1].median`` stands in the block ``arms-0-outcomes-1``; what
    concerns the study as a whole stands in ``study``.
    """
    block = _BLOCK.match(field)
    return field_anchor(block.group(0)) if block else "study"


def record_anchor(field: str) -> str:
    """Anchor of any field: a note and a contradiction stand by themselves, others in a block."""
    if field.startswith(("notes[", "discrepancies[")):
        return field_anchor(field)
    return block_anchor(field)


def record_link(study_id: str, field: str, text: str, title: str | None = None) -> Cell:
    """A text that leads to the block of the record in which a field stands."""
    return Cell(text, href=f"{study_page(study_id)}#{record_anchor(field)}", title=title)


def field_link(study_id: str, field: str, text: str, title: str | None = None) -> Cell:
    """A number that leads to the place in the record it was read into."""
    return Cell(text, href=f"{study_page(study_id)}#{field_anchor(field)}", title=title)


def arm_link(arm: ArmEvidence, text: str) -> Cell:
    """A number of an arm, leading to its anchor; the hint is the paper's own words."""
    return field_link(arm.study_id, arm.field, text, source_hint(arm.study_id, arm.source))


def source_hint(study_id: str, source: Source) -> str:
    """The card of a study's number: the paper's words, their place, where and how often read."""
    reading = _second_readings().get(study_id)
    again = "not read a second time"
    if reading is not None and reading.compared:
        again = f"second reading: {reading.agreed} of {reading.compared} values of the study agreed"
    where = urlparse(source.url).hostname or source.url
    return f"“{source.seen}” ({source.locator}). Read at {where}; {again}."


def _second_readings() -> dict[str, SecondReading]:
    return {record.id: record.second_reading for record in sound_records()}


def study_link(study_id: str, label: str) -> Cell:
    """A study's name, leading to its page."""
    return Cell(label, href=study_page(study_id))


def paper_link(citation: Citation) -> Cell | None:
    """DOI or PubMed of a paper; None when neither was printed."""
    if citation.doi:
        return Cell(f"doi:{citation.doi}", href=f"https://doi.org/{citation.doi}")
    if citation.pmid:
        address = f"https://pubmed.ncbi.nlm.nih.gov/{citation.pmid}/"
        return Cell(f"PubMed {citation.pmid}", href=address)
    return None


def place_read(source_url: str) -> Cell:
    """Where a text was read: a link for resolvers and publishers, words for all others."""
    parts = urlparse(source_url)
    if parts.scheme in ("http", "https") and parts.hostname in LINKED_HOSTS:
        return Cell(source_url, href=source_url)
    if parts.scheme in ("http", "https"):
        return Cell(f"{parts.hostname} (a copy, not linked)")
    return Cell(source_url)


def quotation(source: Source) -> str:
    """The paper's own words with the place they stand."""
    return f"“{source.seen}” ({source.locator})"
