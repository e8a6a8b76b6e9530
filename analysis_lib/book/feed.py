"""The Atom feed of editions (RFC 4287): one entry an edition, dated by it."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from analysis_lib.editions import Edition
from analysis_lib.editions.release_notes import section_of

FEED = "feed.xml"

_ATOM = "http://www.w3.org/2005/Atom"
_NAME = "recurrent-brain-metastases-review"


def atom_feed(
    editions: Sequence[Edition], *, title: str, author: str, changelog: str, before_first: str
) -> str:
    """The feed's XML; the same editions give the same text.

    Parameters
    ----------
    editions : sequence of Edition
        The oldest first.
    title, author : str
        Of the review.
    changelog : str
        ``CHANGELOG.md``: an entry holds its edition's text.
    before_first : str
        Day that dates the feed while there is no edition.

    Notes
    -----
    Ids are name-based UUIDs: the review has no lasting address yet, and an entry's id must
    never change. Links are relative to the feed, as RFC 4287 allows.
    """
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "title", f"{title}: editions")
    _add(feed, "id", _id("editions"))
    _add(feed, "updated", _time(editions[-1].date if editions else before_first))
    _add(feed, "link", rel="self", type="application/atom+xml", href=FEED)
    _add(feed, "link", rel="alternate", type="text/html", href="whats-new.html")
    _add(_add(feed, "author"), "name", author)
    for edition in reversed(editions):
        _entry(feed, edition, section_of(changelog, edition.number))
    ET.indent(feed, " ")
    text = ET.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _entry(feed: ET.Element, edition: Edition, notes: str) -> None:
    entry = _add(feed, "entry")
    _add(entry, "title", f"Edition {edition.number}")
    _add(entry, "id", _id(edition.number))
    _add(entry, "updated", _time(edition.date))
    _add(entry, "published", _time(edition.date))
    href = f"whats-new.html#{edition_anchor(edition.number)}"
    _add(entry, "link", rel="alternate", type="text/html", href=href)
    words = f"{len(edition.state.study_hashes)} studies. {edition.evidence_statement}"
    _add(entry, "summary", words, type="text")
    _add(entry, "content", _allowed(notes) or words, type="text")


def edition_anchor(number: str) -> str:
    """Anchor of an edition on the page "What is new"."""
    return f"edition-{number.replace('.', '-')}"


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    child.text = text
    return child


def _id(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{_NAME}/{name}").urn


def _time(day: str) -> str:
    return f"{day}T00:00:00Z"


def _allowed(text: str) -> str:
    """Text without the control characters that XML 1.0 forbids."""
    return "".join(c for c in text if c in "\t\n\r" or ord(c) >= 32)
