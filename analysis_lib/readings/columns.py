"""What digitising tools export: two columns of numbers, in the dress of many tools.

Comma, semicolon or tab between the columns, a point or a comma as decimal sign,
a header or none. What cannot be seen in the file is declared, never guessed:
the unit of time, and whether survival is in percent.
"""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from analysis_lib.exceptions import InvalidInputError

#: Months in one unit of time; a month is a twelfth of 365.25 days.
MONTHS_PER = {"days": 12 / 365.25, "weeks": 84 / 365.25, "months": 1.0, "years": 12.0}

#: A reading has a few hundred points; this is a file of something else.
MAX_BYTES = 5_000_000


def read_curve_file(
    path: Path, *, percent: bool = False, time_unit: str = "months"
) -> pd.DataFrame:
    """A digitised curve: ``time_months`` and ``survival`` (0..1).

    Parameters
    ----------
    path : Path
        A text file of two columns.
    percent : bool
        Survival is printed as 0 to 100.
    time_unit : str
        A key of :data:`MONTHS_PER`.

    Raises
    ------
    InvalidInputError
        With file, line, rule and value; survival above 1 suggests the percent flag.
    """
    rows = _numbers(path, columns=2)
    times, survival = ([row[column] for row in rows] for column in (0, 1))
    if percent:
        survival = [value / 100 for value in survival]
    largest = max(survival)
    if not percent and largest > 1.5:
        raise InvalidInputError(
            f"{path}: survival must be in 0..1, was {largest:g}: is it in percent? (--percent)"
        )
    return pd.DataFrame({"time_months": _months(times, time_unit), "survival": survival})


def read_at_risk_file(path: Path, *, time_unit: str = "months") -> pd.DataFrame:
    """A number-at-risk table: ``time_months`` and ``number_at_risk`` (whole numbers)."""
    rows = _numbers(path, columns=2)
    for time, count in rows:
        if count != int(count):
            raise InvalidInputError(
                f"{path}: numbers at risk must be whole, was {count:g} at {time:g}"
            )
    times, counts = [row[0] for row in rows], [int(row[1]) for row in rows]
    return pd.DataFrame({"time_months": _months(times, time_unit), "number_at_risk": counts})


def read_ticks_file(path: Path, *, time_unit: str = "months") -> list[float]:
    """Times of censor ticks in months: the first column of a file."""
    return _months([row[0] for row in _numbers(path, columns=1)], time_unit)


def months_in(unit: str) -> float:
    """Months in one unit of time; an unknown unit is refused."""
    if unit not in MONTHS_PER:
        known = ", ".join(MONTHS_PER)
        raise InvalidInputError(f"time unit must be one of {known}, was {unit!r}")
    return MONTHS_PER[unit]


def _months(times: list[float], unit: str) -> list[float]:
    per_unit = months_in(unit)
    return [time * per_unit for time in times]


def _numbers(path: Path, *, columns: int) -> list[list[float]]:
    """The rows of numbers of a file; a first line without any number is a header."""
    lines = [(n, line) for n, line in enumerate(text_lines(path), start=1) if line.strip()]
    if not lines:
        raise InvalidInputError(f"{path}: is empty")
    separator, comma = dress([line for _, line in lines])
    rows = []
    for position, (number, line) in enumerate(lines):
        parts = [part.strip().strip('"') for part in line.split(separator)]
        values = [number_in(part, comma) for part in parts[:columns]]
        if position == 0 and all(value is None for value in values):
            continue
        if len(values) < columns or any(value is None for value in values):
            rule = f"must hold {columns} number{'s' if columns > 1 else ''}"
            raise InvalidInputError(f"{path}:{number}: {rule}, was {line.strip()[:60]!r}")
        rows.append([value for value in values if value is not None])
    if not rows:
        raise InvalidInputError(f"{path}: holds a header and no numbers")
    return rows


def text_lines(path: Path) -> list[str]:
    """The lines of a text file of bounded size, without byte order mark."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"{path}: must be at most {MAX_BYTES:,} bytes")
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: must be UTF-8 text") from error


def dress(lines: list[str]) -> tuple[str | None, bool]:
    """The separator (None: white space), and whether the decimal sign is a comma.

    A comma is the decimal sign when another separator stands on every line too.
    """
    for separator in (";", "\t"):
        if all(separator in line for line in lines):
            return separator, any("," in line for line in lines)
    if all("," in line for line in lines):
        return ",", False
    return None, any("," in line for line in lines)


def number_in(text: str, comma: bool) -> float | None:
    """The finite number that a cell holds, or None."""
    if comma:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
