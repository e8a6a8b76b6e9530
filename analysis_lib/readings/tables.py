"""Several curves in one text file, as tools lay them out.

Pairs of columns (WebPlotDigitizer), one column of times for all curves (Engauge, DigitizeIt),
one block below the other (Engauge), or a third column that names the curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.readings.columns import dress, number_in, text_lines

Points = list[tuple[float, float]]

#: How a row of numbers begins, also one whose first cell is empty.
_BEGINS_NUMBER = tuple("0123456789+-.,;\t")


@dataclass(frozen=True)
class _Row:
    """A line: its number in the file, its cells as text, and what number each holds."""

    line: int
    cells: tuple[str, ...]
    numbers: tuple[float | None, ...]


def table_curves(path: Path) -> list[tuple[str, Points]]:
    """Every curve of a text file by name, in the file's order.

    Raises
    ------
    InvalidInputError
        A cell is no number, or three columns and more without a header that tells
        whether each curve has times of its own.
    """
    found: list[tuple[str, Points]] = []
    for header, rows in _blocks(_rows(path)):
        found += _curves(path, header, rows, first=len(found) + 1)
    if not found:
        raise InvalidInputError(f"{path}: holds no numbers")
    return found


def _rows(path: Path) -> list[_Row]:
    lines = [(n, line) for n, line in enumerate(text_lines(path), start=1) if line.strip()]
    if not lines:
        raise InvalidInputError(f"{path}: is empty")
    separator, comma = dress(_numeric([line for _, line in lines]))
    rows = []
    for number, line in lines:
        comment = line.startswith("#")
        cells = tuple(cell.strip().strip('"') for cell in line.lstrip("# ").split(separator))
        # A comment is a header, or tells about the file in words and figures; no point is in it.
        numbers = (None if comment else number_in(cell, comma) for cell in cells)
        rows.append(_Row(number, cells, tuple(numbers)))
    return rows


def _numeric(lines: Sequence[str]) -> Sequence[str]:
    """The lines that tell how columns are separated: titles and comments need not."""
    return [line for line in lines if line.lstrip(' "')[:1] in _BEGINS_NUMBER] or lines


def _blocks(rows: Sequence[_Row]) -> Iterator[tuple[list[_Row], list[_Row]]]:
    """Header lines (without any number) with the lines of numbers that follow them."""
    header: list[_Row] = []
    body: list[_Row] = []
    for row in rows:
        if any(value is not None for value in row.numbers):
            body.append(row)
            continue
        if body:
            yield header, body
            header, body = [], []
        header.append(row)
    if body:
        yield header, body


def _curves(
    path: Path, header: list[_Row], rows: list[_Row], first: int
) -> list[tuple[str, Points]]:
    names = [row.cells for row in header]
    width = max(_width(row.cells) for row in rows)
    if width < 2:
        raise _fault(path, rows[0], "must hold 2 numbers")
    if width == 2:
        name = names[-1][1] if names and len(names[-1]) > 1 and names[-1][1] else f"curve {first}"
        return [(name, _points(path, rows, 0, 1))]
    if width == 3 and all(row.numbers[2] is None and row.cells[2] for row in _full(path, rows)):
        return _by_name(path, rows)
    if not names:
        rule = "with more than two columns a header must name the curves"
        raise _fault(path, rows[0], rule)
    if _in_pairs(names, width):
        titles = names[0][0:width:2]
        return [
            (title or f"curve {first + k}", _points(path, rows, 2 * k, 2 * k + 1))
            for k, title in enumerate(titles)
        ]
    titles = names[-1][1:width]
    return [
        (title or f"curve {first + k}", _points(path, rows, 0, k + 1))
        for k, title in enumerate(titles)
    ]


def _in_pairs(names: list[tuple[str, ...]], width: int) -> bool:
    """Whether every second column holds times: a name above each pair, or x, y, x, y below."""
    if width % 2:
        return False
    top = names[0][:width]
    gaps = len(top) >= width - 1 and not any(top[1::2]) and all(top[0::2])
    last = [cell.lower() for cell in names[-1][:width]]
    repeated = len(last) == width and len(set(last[0::2])) == 1 and len(set(last[1::2])) == 1
    return gaps or repeated


def _points(path: Path, rows: list[_Row], x: int, y: int) -> Points:
    """The pairs of two columns; a pair of empty cells, or an empty survival, is no point."""
    points = []
    for row in rows:
        cells = [row.cells[k] if k < len(row.cells) else "" for k in (x, y)]
        if not cells[1]:
            continue
        values = [row.numbers[k] if k < len(row.numbers) else None for k in (x, y)]
        if values[0] is None or values[1] is None:
            raise _fault(path, row, "must hold numbers")
        points.append((values[0], values[1]))
    return points


def _by_name(path: Path, rows: list[_Row]) -> list[tuple[str, Points]]:
    names = dict.fromkeys(row.cells[2] for row in rows)
    return [
        (name, _points(path, [row for row in rows if row.cells[2] == name], 0, 1)) for name in names
    ]


def _full(path: Path, rows: list[_Row]) -> list[_Row]:
    short = next((row for row in rows if len(row.cells) < 3), None)
    if short is not None:
        raise _fault(path, short, "must hold as many cells as the other lines")
    return rows


def _width(cells: Sequence[str]) -> int:
    return max((k + 1 for k, cell in enumerate(cells) if cell), default=0)


def _fault(path: Path, row: _Row, rule: str) -> InvalidInputError:
    shown = ",".join(row.cells)[:60]
    return InvalidInputError(f"{path}:{row.line}: {rule}, was {shown!r}")
