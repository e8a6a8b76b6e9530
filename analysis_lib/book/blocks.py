"""Blocks that a notebook cell shows: several objects, folds, the answer of a page."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_lib.book.answers import Sentence
from analysis_lib.tables import Cell, Html, paragraph


class Stack(Html):
    """Several objects one below the other, shown by one cell."""

    def __init__(self, *parts: Html):
        self.parts = parts

    def to_html(self) -> str:
        return "\n".join(part.to_html() for part in self.parts)

    def to_text(self) -> str:
        return "\n\n".join(part.to_text() for part in self.parts)


class Subheading(Html):
    """A heading within a section, made by code because it depends on the result."""

    def __init__(self, text: str):
        self.text = text

    def to_html(self) -> str:
        return f"<h3>{Cell(self.text).to_html()}</h3>"

    def to_text(self) -> str:
        return self.text


class Fold(Html):
    """Something long that opens on demand; its summary says what is inside."""

    def __init__(self, summary: str, content: Html):
        self.summary, self.content = summary, content

    def to_html(self) -> str:
        summary = Cell(self.summary).to_html()
        return f"<details><summary>{summary}</summary>\n{self.content.to_html()}\n</details>"

    def to_text(self) -> str:
        return f"{self.summary}\n{self.content.to_text()}"


class FoldList(Html):
    """Folds one below the other, told apart by a line."""

    def __init__(self, *folds: Fold):
        self.folds = folds

    def to_html(self) -> str:
        inside = "\n".join(fold.to_html() for fold in self.folds)
        return f'<div class="lsr-inputs">\n{inside}\n</div>'

    def to_text(self) -> str:
        return "\n".join(fold.to_text() for fold in self.folds)


class Answer(Html):
    """What leads a page: a sentence on direct evidence, then one for each side."""

    def __init__(self, lead: Sentence, sides: Sequence[Sentence]):
        self.lead, self.sides = lead, tuple(sides)

    def to_html(self) -> str:
        lead = paragraph(*self.lead).to_html()
        items = "".join(f"<li>{paragraph(*side).to_html()}</li>" for side in self.sides)
        return (
            f'<div class="lsr-callout lsr-callout-answer" role="note">{lead}<ul>{items}</ul></div>'
        )

    def to_text(self) -> str:
        return "\n".join(paragraph(*part).to_text() for part in (self.lead, *self.sides))
