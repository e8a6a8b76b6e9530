"""What code says on a page: numbers as text, tables, paragraphs and boxes.

There is one way to write each kind of number (:func:`months`, :func:`percent`,
:func:`ratio`, :func:`count`, :func:`interval`) and one table style
(:func:`html_table`). Every text is escaped: a study's title is data, never markup.
The HTML of each object is a function of its content alone, so that an executed
notebook is the same on every machine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from numbers import Integral

import pandas as pd

from analysis_lib.editions.headline import rounded
from analysis_lib.exceptions import InvalidInputError

#: What stands where a paper prints nothing.
NOT_REPORTED = "not reported"

#: What stands where a curve never falls to the asked height.
NOT_REACHED = "not reached"

#: Kinds of box: ``answer`` leads a page, ``caution`` warns, ``missing`` says what is not known.
CALLOUT_KINDS = ("answer", "note", "caution", "missing")

_ALIGNMENTS = ("left", "centre", "right")
_SAFE_LINK = re.compile(r"^(https?://|mailto:|#|[^:/?#]+(?:[/?#]|$)|\.{1,2}/)", re.IGNORECASE)
#: A number, alone or with its interval: such a column stands right and does not wrap.
_A_NUMBER = re.compile(r"[-+<>]?\s*\d[\d.,]*%?(\s*\([^)]*\))?")
_ID = re.compile(r"^[A-Za-z][A-Za-z0-9_-]*$")


# --- numbers ------------------------------------------------------------------------


def months(value: float | None) -> str:
    """Time in months with one decimal; ``inf`` is "not reached", unknown "not reported"."""
    if is_unknown(value):
        return NOT_REPORTED
    return NOT_REACHED if math.isinf(value) else _rounded(value, 1)


def percent(value: float | None, *, decimals: int = 0) -> str:
    """Probability in 0..1 as a percentage: ``percent(0.617)`` is ``62%``.

    Raises
    ------
    InvalidInputError
        If the value is outside 0..1 (a percentage was given for a probability).
    """
    if is_unknown(value):
        return NOT_REPORTED
    if not 0 <= value <= 1:
        raise InvalidInputError(f"a probability must be in 0..1, was {value}")
    return f"{_rounded(100 * Decimal(repr(float(value))), decimals)}%"


def ratio(value: float | None) -> str:
    """A hazard ratio or another ratio with two decimals.

    They are of the digits that golden files and editions keep. Otherwise 1.0148, kept as 1.015,
    would be 1.01 on a comparison's page and 1.02 where two editions stand side by side.
    """
    return NOT_REPORTED if is_unknown(value) else _rounded(rounded(value), 2)


def gray(value: float | None) -> str:
    """A dose in Gy with one decimal, without the unit."""
    return NOT_REPORTED if is_unknown(value) else _rounded(value, 1)


def count(value: int | None) -> str:
    """A number of patients, lesions or studies, with commas from 1,000."""
    return NOT_REPORTED if is_unknown(value) else f"{int(value):,}"


def interval(
    estimate: float | None,
    low: float | None,
    high: float | None,
    *,
    number: Callable[[float | None], str] = months,
) -> str:
    """An estimate with its interval, ``11.1 (8.4 to 13.6)``.

    The estimate stands alone when neither limit is known; one unknown limit is
    written as "not reported". ``number`` is one of this module's number functions.
    """
    if is_unknown(estimate):
        return NOT_REPORTED
    if is_unknown(low) and is_unknown(high):
        return number(estimate)
    return f"{number(estimate)} ({number(low)} to {number(high)})"


#: Names of people keep their capital wherever they stand.
_NAMES = ("Kaplan-Meier", "Cox", "Gray")


def mid_sentence(label: str) -> str:
    """A label as it stands within a sentence: ``repeat SRS only``; ``SRS`` and names stay."""
    if label.startswith(_NAMES):
        return label
    if label[:1].isupper() and not label[1:2].isupper():
        return label[0].lower() + label[1:]
    return label


def is_unknown(value: object) -> bool:
    """True for ``None``, ``NaN`` and pandas' missing values."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _rounded(value: float | Decimal, decimals: int) -> str:
    """Half away from zero, as readers do: 8.25 is 8.3 (Python's format gives 8.2)."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    text = str(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))
    return text.lstrip("-") if not text.strip("-0.") else text


# --- what stands on a page ----------------------------------------------------------


class Html:
    """Something a notebook shows as HTML, with a plain text beside it."""

    def to_html(self) -> str:
        """The HTML, without blank lines: it may stand in a MyST page as it is."""
        raise NotImplementedError

    def to_text(self) -> str:
        """The same in plain text."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}


@dataclass(frozen=True)
class Cell:
    """A text with a place to go: a number and where it was read.

    Attributes
    ----------
    text : str
        What is shown; escaped.
    href : str, optional
        Web address (http, https), path within the book or anchor.
    title : str, optional
        A short hint shown on hover, such as the place in the paper.
    class_ : str, optional
        Class of the element, for the style sheet.

    Raises
    ------
    InvalidInputError
        If ``href`` is neither of these kinds (``javascript:`` and the like).
    """

    text: str
    href: str | None = None
    title: str | None = None
    class_: str | None = None

    def __post_init__(self) -> None:
        if self.href is not None and not _SAFE_LINK.match(self.href):
            raise InvalidInputError(
                f"a link must be http(s), a path within the book or an anchor, was {self.href!r}"
            )

    def to_html(self) -> str:
        """The cell as an inline element; bare text when it has neither link nor hint."""
        tag = "a" if self.href else "span"
        attributes = _attributes(class_=self.class_, href=self.href, title=self.title)
        return (
            f"<{tag}{attributes}>{escape(self.text)}</{tag}>" if attributes else escape(self.text)
        )


@dataclass(frozen=True)
class Paragraph(Html):
    """A sentence or several made by code; see :func:`paragraph`."""

    parts: tuple[str | Cell, ...]
    class_: str = "lsr-paragraph"

    def to_html(self) -> str:
        return f'<p class="{escape(self.class_)}">{_inline(self.parts)}</p>'

    def to_text(self) -> str:
        return _plain(self.parts)


@dataclass(frozen=True)
class Callout(Html):
    """A box around a sentence; see :func:`callout`."""

    kind: str
    parts: tuple[str | Cell, ...]

    def to_html(self) -> str:
        return (
            f'<div class="lsr-callout lsr-callout-{self.kind}" role="note">'
            f"<p>{_inline(self.parts)}</p></div>"
        )

    def to_text(self) -> str:
        return _plain(self.parts)


@dataclass(frozen=True, eq=False)
class Table(Html):
    """A table as the book shows it; see :func:`html_table`."""

    frame: pd.DataFrame
    caption: str
    align: Mapping[str, str]
    note: str | None = None
    id: str | None = None

    def to_html(self) -> str:
        # The wrapper scrolls on a narrow screen; a scrolling region must be reachable
        # by keyboard and have a name.
        note = f'<p class="lsr-table-note">{escape(self.note)}</p>' if self.note else ""
        return (
            f'<div class="lsr-table"{_attributes(id=self.id)}>'
            f'<div class="lsr-table-scroll" role="group" tabindex="0" '
            f'aria-label="{escape(self.caption)}">'
            f"<table><caption>{escape(self.caption)}</caption>"
            f"<thead><tr>{self._header()}</tr></thead>"
            f"<tbody>\n{self._body()}\n</tbody></table></div>{note}</div>"
        )

    def to_text(self) -> str:
        lines = [self.caption, "\t".join(map(str, self.frame.columns))]
        for row in self.frame.itertuples(index=False, name=None):
            lines.append("\t".join(_as_cell(value).text for value in row))
        return "\n".join(lines)

    def _header(self) -> str:
        return "".join(
            f'<th scope="col" class="lsr-{self.align[name]}">{escape(str(name))}</th>'
            for name in self.frame.columns
        )

    def _body(self) -> str:
        rows = self.frame.itertuples(index=False, name=None)
        return "\n".join(f"<tr>{self._row(row)}</tr>" for row in rows)

    def _row(self, row: tuple) -> str:
        parts = []
        for position, (name, value) in enumerate(zip(self.frame.columns, row, strict=True)):
            tag, scope = ("td", "") if position else ("th", ' scope="row"')
            unknown = " lsr-unknown" if is_unknown(value) else ""
            # Where a narrow page stacks the cells of a row, each is named by its column.
            column = _attributes(data_label=str(name)) if position else ""
            parts.append(
                f'<{tag}{scope} class="lsr-{self.align[name]}{unknown}"{column}>'
                f"{_as_cell(value).to_html()}</{tag}>"
            )
        return "".join(parts)


def html_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    align: Mapping[str, str] | None = None,
    note: str | None = None,
    id: str | None = None,
) -> Table:
    """A table whose first column names its rows.

    Parameters
    ----------
    frame : DataFrame
        Column names become headers. A value is text, an integer, a bool, a
        :class:`Cell` or unknown. A fraction is refused: the caller says which
        kind of number it is by one of the number functions. (Whole numbers with gaps
        need the type ``Int64`` or ``object``; pandas makes fractions of them.)
    caption : str
        What the table holds; also its name for a screen reader.
    align : mapping of column to ``left``, ``centre`` or ``right``, optional
        Columns not named: the first is left, another is right where every value is a
        number, alone or with its interval, otherwise left.
    note : str, optional
        A sentence under the table.
    id : str, optional
        Anchor: a letter, then letters, digits, ``-`` or ``_``.

    Raises
    ------
    InvalidInputError
        On a fraction, a column that does not exist, an unknown alignment, a bad id,
        or two columns of one name.
    """
    names = [str(name) for name in frame.columns]
    if len(set(names)) != len(names):
        raise InvalidInputError(f"column names must differ, were {names}")
    given = dict(align or {})
    for column, side in given.items():
        if column not in names or side not in _ALIGNMENTS:
            raise InvalidInputError(f"align: {column!r}: {side!r} is no column or no alignment")
    if id is not None and not _ID.match(id):
        raise InvalidInputError(f"an id is a letter, then letters, digits, - or _, was {id!r}")
    sides = {name: given.get(name) or _natural_side(frame[name]) for name in frame.columns}
    if names and names[0] not in given:
        sides[names[0]] = "left"
    return Table(frame=frame, caption=caption, align=sides, note=note, id=id)


def paragraph(*parts: str | Cell) -> Paragraph:
    """Sentences made by code, with links where a part is a :class:`Cell`."""
    return Paragraph(parts)


def callout(kind: str, *parts: str | Cell) -> Callout:
    """A box without a heading; ``kind`` is one of :data:`CALLOUT_KINDS`."""
    if kind not in CALLOUT_KINDS:
        raise InvalidInputError(f"kind must be one of {', '.join(CALLOUT_KINDS)}, was {kind!r}")
    return Callout(kind, parts)


def _natural_side(column: pd.Series) -> str:
    known = [_as_cell(value).text for value in column if not is_unknown(value)]
    numeric = bool(known) and all(_A_NUMBER.fullmatch(text) for text in known)
    return "right" if numeric else "left"


def _as_cell(value: object) -> Cell:
    if isinstance(value, Cell):
        return value
    if is_unknown(value):
        return Cell(NOT_REPORTED)
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, Integral):
        return Cell(count(int(value)))
    if isinstance(value, str):
        return Cell(value)
    raise InvalidInputError(
        f"a table holds text and whole numbers; write {value!r} by months, percent or ratio"
    )


def _inline(parts: tuple[str | Cell, ...]) -> str:
    return "".join(part.to_html() if isinstance(part, Cell) else escape(part) for part in parts)


def _plain(parts: tuple[str | Cell, ...]) -> str:
    return "".join(part.text if isinstance(part, Cell) else part for part in parts)


def _attributes(**values: str | None) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in values.items()
        if value is not None
    )
