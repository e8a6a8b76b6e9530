"""A page generated without a kernel: headings as Markdown, everything else as HTML blocks.

Text from the records is data. In a heading every character that Markdown could read is
escaped; all other text stands in HTML blocks, which Markdown does not read into as long
as they hold no blank line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.tables import Cell, Html

#: ASCII punctuation: CommonMark takes a backslash before any of it as "this very character".
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

Inline = tuple[str | Cell, ...]


def page(title: str, *blocks: Html) -> str:
    """The Markdown of a page: its title, then its blocks.

    Parameters
    ----------
    title : str
        Plain text; it may be anything a paper prints.
    *blocks : Html
        Headings (:class:`Heading`), tables, paragraphs, charts, in order.
    """
    parts = [_heading(1, title)]
    parts += [
        _heading(block.level, block.text) if isinstance(block, Heading) else html_block(block)
        for block in blocks
    ]
    return "\n\n".join(parts) + "\n"


def html_block(block: Html) -> str:
    """The block's HTML without blank lines: one would end it and let Markdown read on."""
    return re.sub(r"\n\s*\n+", "\n", block.to_html().strip())


def inline(parts: Sequence[str | Cell] | str) -> str:
    """Escaped inline HTML of a sentence with links."""
    if isinstance(parts, str):
        return escape(parts)
    return "".join(part.to_html() if isinstance(part, Cell) else escape(part) for part in parts)


def plain(parts: Sequence[str | Cell] | str) -> str:
    """The same sentence as plain text."""
    if isinstance(parts, str):
        return parts
    return "".join(part.text if isinstance(part, Cell) else part for part in parts)


@dataclass(frozen=True)
class Heading(Html):
    """A heading of level 2 or 3: Markdown, so that the page's table of contents holds it."""

    text: str
    level: int = 2

    def to_html(self) -> str:
        return f"<h{self.level}>{escape(self.text)}</h{self.level}>"

    def to_text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Anchor(Html):
    """A place that links lead to."""

    id: str

    def to_html(self) -> str:
        return f'<div class="lsr-anchor" id="{escape(self.id)}"></div>'

    def to_text(self) -> str:
        return ""


@dataclass(frozen=True)
class Facts(Html):
    """Terms and what is known of each, as a definition list; unknown ones are left out."""

    rows: tuple[tuple[str, Inline | str | None], ...]

    def to_html(self) -> str:
        rows = "\n".join(
            f"<div><dt>{escape(term)}</dt><dd>{inline(fact)}</dd></div>"
            for term, fact in self.rows
            if fact
        )
        return f'<dl class="lsr-facts">\n{rows}\n</dl>'

    def to_text(self) -> str:
        return "\n".join(f"{term}: {plain(fact)}" for term, fact in self.rows if fact)


@dataclass(frozen=True)
class Picture(Html):
    """An image of the book's own files; ``alt`` tells all that is to be seen in it.

    ``source`` is relative to the page; width and height are the file's, in pixels.
    """

    source: str
    alt: str
    caption: str
    width: int
    height: int

    def to_html(self) -> str:
        size = f'width="{self.width}" height="{self.height}"'
        return (
            f'<figure class="lsr-picture">\n'
            f'<img src="{escape(self.source)}" alt="{escape(self.alt)}" {size}>\n'
            f"<figcaption>{escape(self.caption)}</figcaption>\n</figure>"
        )

    def to_text(self) -> str:
        return f"{self.caption} {self.alt}"


@dataclass(frozen=True)
class Items(Html):
    """A list; an item with an id is a place that links lead to."""

    items: tuple[Inline | str, ...]
    ids: tuple[str, ...] = ()

    def to_html(self) -> str:
        ids = [f' id="{escape(name)}"' for name in self.ids] or [""] * len(self.items)
        items = "\n".join(
            f"<li{name}>{inline(item)}</li>" for name, item in zip(ids, self.items, strict=True)
        )
        return f'<ul class="lsr-items">\n{items}\n</ul>'

    def to_text(self) -> str:
        return "\n".join(f"- {plain(item)}" for item in self.items)


@dataclass(frozen=True)
class Quotation(Html):
    """The paper's own words, and where they stand."""

    words: str
    place: Inline

    def to_html(self) -> str:
        return (
            f'<blockquote class="lsr-quotation"><p>“{escape(self.words)}”</p>'
            f"<footer>{inline(self.place)}</footer></blockquote>"
        )

    def to_text(self) -> str:
        return f"“{self.words}” ({plain(self.place)})"


@dataclass(frozen=True)
class Section(Html):
    """A named part of a page with an anchor, below the headings of the page's contents."""

    id: str
    heading: str
    parts: tuple[Html, ...]
    level: int = 4

    def to_html(self) -> str:
        inside = "\n".join(part.to_html() for part in self.parts)
        heading = f"<h{self.level}>{escape(self.heading)}</h{self.level}>"
        name = escape(self.id)
        return f'<section class="lsr-section" id="{name}">\n{heading}\n{inside}\n</section>'

    def to_text(self) -> str:
        return "\n".join([self.heading, *(part.to_text() for part in self.parts)])


def _heading(level: int, text: str) -> str:
    escaped = _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))
    return f"{'#' * level} {escaped}"
