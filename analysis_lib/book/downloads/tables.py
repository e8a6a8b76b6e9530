"""A table as a file: named columns with their meaning, and CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache

from analysis_lib.exceptions import InvalidInputError

#: Types of Table Schema that the tables use.
TYPES = ("string", "integer", "number", "boolean")

#: A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = re.compile(r"[=+\-@]")
#: What begins with a sign and is a number; ``book/_static/take-away.js`` has the same rule.
_NUMBER = re.compile(r"[-+−]?[\d.,\s]+%?")

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column: name, type of Table Schema, what it says; ``required`` when no cell is empty."""

    name: str
    type: str
    about: str
    required: bool = False

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise InvalidInputError(f"{self.name}: type must be one of {', '.join(TYPES)}")


@dataclass(frozen=True)
class DataTable:
    """Rows under named columns.

    Attributes
    ----------
    name : str
        Of the file, without its ending.
    title, about : str
        What the table holds, for a list of files and for a data package.
    columns : tuple of Column
    rows : tuple of tuple
        One value a column; None is unknown and an empty cell.
    key : tuple of str
        Columns that together name a row; empty where none do.
    refers : dict
        Column of this table to the table whose first column holds its values.
    """

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    key: tuple[str, ...] = ()
    refers: tuple[tuple[str, str], ...] = ()

    def to_csv(self) -> str:
        """The table as RFC 4180 has it: CRLF, quotes doubled, one header line."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(column.name for column in self.columns)
        for row in self.rows:
            writer.writerow([cell(value) for value in row])
        return text.getvalue()


def cell(value: Value) -> str:
    """A value as a cell; a text that a spreadsheet would compute gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text_cell(value) if isinstance(value, str) else repr(value)


# Ids and codes stand in thousands of rows.
@lru_cache(maxsize=4096)
def _text_cell(value: str) -> str:
    text = one_line(value)
    formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if formula else text


def one_line(text: str) -> str:
    """A paper's text without line breaks, control characters and doubled spaces."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())
