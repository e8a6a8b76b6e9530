"""Printed pages put together: one file, its outline, and links that lead somewhere.

What a browser prints links to files of the machine it ran on. Here a link to a page of the
same file leads to that page; any other link into the site leads to the site's address, or
goes where none is known. Times of printing are taken off, so that the same pages give the
same file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    TextStringObject,
)

from analysis_lib.book.book_contents import Entry

#: What a link's address means: a page of the site and a place in it; None outside the site.
Places = Callable[[str], tuple[str, str] | None]


class Target(NamedTuple):
    """A sheet of the file, counted from 0, and how far up on it, points from its lower edge."""

    sheet: int
    top: float


@dataclass(frozen=True)
class PrintedPage:
    """A page of the book and what the browser printed of it."""

    entry: Entry
    content: bytes = field(repr=False)


def tidied(content: bytes, places: Places, address: str | None) -> bytes:
    """One printed page, tagged as it is, without times; links out of it led to ``address``."""
    reader = PdfReader(io.BytesIO(content))
    writer = PdfWriter(clone_from=reader)
    for sheet in writer.pages:
        for reference in list(sheet.get("/Annots", ())):
            link = reference.get_object()
            action = link.get("/A")
            uri = action.get_object().get("/URI") if action is not None else None
            meant = None if uri is None else places(str(uri))
            if meant is not None and address is None:
                _forget(link)
                sheet["/Annots"].remove(reference)
            elif meant is not None:
                _lead_out(link, _outside(address, meant))
    return _finished(writer, _heading(reader))


def merged(pages: Sequence[PrintedPage], places: Places, address: str | None, title: str) -> bytes:
    """All pages in one file, with an outline by part and depth.

    Parameters
    ----------
    pages : sequence of PrintedPage
        In the order of the book.
    places : callable
        See :data:`Places`.
    address : str or None
        Where the site stands.
    title : str
        Of the file.
    """
    writer, outline = PdfWriter(), _Outline()
    targets: dict[tuple[str, str], Target] = {}
    owners: list[str] = []
    for page in pages:
        reader, first = PdfReader(io.BytesIO(page.content)), len(writer.pages)
        name = f"{page.entry.name}.html"
        for sheet in reader.pages:
            writer.add_page(sheet)
            owners.append(name)
        top = float(reader.pages[0].mediabox.top)
        targets[name, ""] = Target(first, top)
        targets |= {(name, anchor): place for anchor, place in _named(reader, first)}
        outline.add(writer, page.entry, _heading(reader), first)

    def find(name: str, anchor: str) -> Target | None:
        return targets.get((name, anchor)) or targets.get((name, ""))

    for sheet, owner in zip(writer.pages, owners, strict=True):
        _mend_links(sheet, owner, find, places, address, writer)
    writer.page_mode = "/UseOutlines"
    return _finished(writer, title)


class _Outline:
    """Bookmarks: parts of the book, their pages, the pages below those."""

    def __init__(self) -> None:
        self._parts: dict[str, Any] = {}
        self._above: list[Any] = []

    def add(self, writer: PdfWriter, entry: Entry, title: str, number: int) -> None:
        """A bookmark for a page that begins on sheet ``number``."""
        if entry.part is not None and entry.part not in self._parts:
            self._parts[entry.part] = writer.add_outline_item(
                title=entry.part, page_number=number, bold=True
            )
        self._above = self._above[: entry.depth]
        parent = self._above[-1] if self._above else self._parts.get(entry.part)
        self._above.append(writer.add_outline_item(title=title, page_number=number, parent=parent))


def _heading(reader: PdfReader) -> str:
    """The page's own title: what stands before the book's in the browser's."""
    title = reader.metadata.title if reader.metadata else None
    return (title or "").partition(" — ")[0].strip() or "Untitled"


def _named(reader: PdfReader, first: int) -> Iterator[tuple[str, Target]]:
    """Places within a printed page that its own links lead to."""
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        if number is not None and number >= 0 and isinstance(place.top, (int, float)):
            yield name.lstrip("/"), Target(first + number, float(place.top))


def _mend_links(
    sheet: PageObject,
    owner: str,
    find: Callable[[str, str], Target | None],
    places: Places,
    address: str | None,
    writer: PdfWriter,
) -> None:
    """Lead every link of a sheet to a sheet of this file, or out of it, or take it off."""
    kept = ArrayObject()
    for reference in sheet.get("/Annots", ArrayObject()):
        link = reference.get_object()
        meant = _meant(link, owner, places)
        if meant is not None:
            target = find(*meant)
            if target is not None:
                _lead_within(link, target, writer)
            elif address is not None:
                _lead_out(link, _outside(address, meant))
            else:
                _forget(link)
                continue
        link.pop("/StructParent", None)
        kept.append(reference)
    sheet.pop("/StructParents", None)
    if "/Annots" in sheet:
        sheet[NameObject("/Annots")] = kept


def _meant(link: DictionaryObject, owner: str, places: Places) -> tuple[str, str] | None:
    """Page and place of the site that a link means; None for a link to another site."""
    if "/Dest" in link:
        return owner, str(link["/Dest"]).lstrip("/")
    action = link.get("/A")
    uri = action.get_object().get("/URI") if action is not None else None
    return None if uri is None else places(str(uri))


def _forget(link: DictionaryObject) -> None:
    """Empty a link that is taken off: what it named would stay in the file, unseen."""
    link.pop("/A", None)
    link.pop("/Dest", None)


def _lead_within(link: DictionaryObject, target: Target, writer: PdfWriter) -> None:
    link.pop("/A", None)
    page = writer.pages[target.sheet].indirect_reference
    place = [page, NameObject("/XYZ"), NullObject(), FloatObject(target.top), NullObject()]
    link[NameObject("/Dest")] = ArrayObject(place)


def _lead_out(link: DictionaryObject, uri: str) -> None:
    link.pop("/Dest", None)
    link[NameObject("/A")] = DictionaryObject(
        {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(uri)}
    )


def _outside(address: str, meant: tuple[str, str]) -> str:
    name, anchor = meant
    return f"{address}{name}#{anchor}" if anchor else f"{address}{name}"


def _finished(writer: PdfWriter, title: str) -> bytes:
    writer.metadata = {"/Title": title}
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()
