"""The curves of a digitising tool's file, in months and probabilities."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.readings.columns import months_in

#: More points, or more curves, are no reading of a figure.
MAX_POINTS = 200_000
MAX_CURVES = 50


@dataclass(frozen=True)
class NamedCurve:
    """One curve: its name in the tool, and ``points`` with ``time_months`` and ``survival``."""

    name: str
    points: pd.DataFrame


@dataclass(frozen=True)
class ToolReading:
    """What one file holds: the tool that wrote it, and its curves in the file's order."""

    tool: str
    curves: tuple[NamedCurve, ...]


def tool_reading(
    tool: str,
    found: Iterable[tuple[str, Sequence[tuple[float, float]]]],
    *,
    path: Path,
    percent: bool,
    time_unit: str,
) -> ToolReading:
    """Named lists of points as curves; curves without a point are left out.

    Raises
    ------
    InvalidInputError
        No curve holds a point, there are too many, or survival lies outside 0..1.
    """
    curves = [
        _curve(name, points, path=path, percent=percent, time_unit=time_unit)
        for name, points in found
        if points
    ]
    if not curves:
        raise InvalidInputError(f"{path}: holds no curve with a point")
    if len(curves) > MAX_CURVES or sum(len(curve.points) for curve in curves) > MAX_POINTS:
        rule = f"must hold at most {MAX_CURVES} curves and {MAX_POINTS:,} points"
        raise InvalidInputError(f"{path}: {rule}")
    return ToolReading(tool, tuple(curves))


def _curve(
    name: str,
    points: Sequence[tuple[float, float]],
    *,
    path: Path,
    percent: bool,
    time_unit: str,
) -> NamedCurve:
    """The curve sorted by time; at one time the higher survival stands first."""
    per_unit, scale = months_in(time_unit), 100.0 if percent else 1.0
    rows = sorted((time * per_unit, -survival / scale) for time, survival in points)
    if not all(math.isfinite(value) for row in rows for value in row):
        raise InvalidInputError(f"{path}: curve {name!r}: must hold finite numbers only")
    worst = max(-survival for _, survival in rows)
    if worst > 1.5:
        hint = "" if percent else ": is it in percent? (--percent)"
        rule = f"curve {name!r}: survival must be in 0..1"
        raise InvalidInputError(f"{path}: {rule}, was {worst:g}{hint}")
    frame = pd.DataFrame(rows, columns=["time_months", "survival"])
    # A click above the axis or left of zero misses by a pixel; the line is at the axis.
    frame["survival"] = (-frame["survival"]).clip(0.0, 1.0)
    frame["time_months"] = frame["time_months"].clip(lower=0.0)
    return NamedCurve(name, frame)
