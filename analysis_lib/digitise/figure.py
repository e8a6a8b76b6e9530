"""What a reading of a Kaplan-Meier figure is: curves, calibration, findings; and its refusals.

Positions are pixels of the figure as given (points for vector figures), columns to the right
and rows *down* from the upper left corner; the middle of the first pixel is at (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError, ReviewError


class NotAFigureError(InvalidInputError):
    """The input is no image that can be read: another kind of file, too large, animated."""


class UnreadableFigureError(ReviewError):
    """The figure cannot be read without guessing.

    Attributes
    ----------
    give : tuple of str
        Arguments of ``digitise_figure`` that would settle it, for example ``("plot_area",)``.
    """

    def __init__(self, message: str, *, give: Sequence[str] = ()):
        self.give = tuple(give)
        hint = f" Give {' and '.join(self.give)}." if self.give else ""
        super().__init__(f"{message}{hint}")


@dataclass(frozen=True, order=True)
class Finding:
    """Something a person should know about a reading.

    Attributes
    ----------
    severity : str
        ``note`` (what was done), ``doubt`` (look at the overlay there).
    rule : str
        Short name of the check, in ``snake_case``.
    message : str
        One sentence.
    curve : int or None
        Index of the curve it concerns; ``None`` for the whole figure.
    """

    severity: str
    rule: str
    message: str
    curve: int | None = None


@dataclass(frozen=True)
class PlotArea:
    """The rectangle spanned by the two axes, in pixels; the edges are line centres."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Tick:
    """A labelled tick of an axis: where it stands and what it says."""

    pixel: float
    value: float


@dataclass(frozen=True)
class Calibration:
    """From pixels to months and probability, and back.

    Attributes
    ----------
    plot_area : PlotArea
        Where the curves are drawn; it may extend beyond the labelled ticks.
    x_ticks, y_ticks : tuple of Tick
        Labelled ticks: columns with months, rows with probabilities. At least two each; the
        scale is the least-squares line through them. Ticks and plot area are those of the
        straightened figure.
    rotation_degrees : float
        Angle by which the figure was turned (clockwise on the page) about ``centre``.
    centre : tuple of float
        Column and row about which it was turned.
    """

    plot_area: PlotArea
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    rotation_degrees: float = 0.0
    centre: tuple[float, float] = (0.0, 0.0)

    @property
    def months_per_pixel(self) -> float:
        """Width of one pixel in months."""
        return abs(_scale(self.x_ticks)[1])

    @property
    def survival_per_pixel(self) -> float:
        """Height of one pixel as a probability."""
        return abs(_scale(self.y_ticks)[1])

    @property
    def reading_sd(self) -> float:
        """Standard deviation of one reading of survival: lines are rounded to whole pixels."""
        return self.survival_per_pixel / np.sqrt(12.0)

    def to_data(self, columns: ArrayLike, rows: ArrayLike) -> tuple[NDArray, NDArray]:
        """Months and probabilities at positions of the figure.

        Parameters
        ----------
        columns, rows : array_like, shape (n,)
            Positions in pixels of the figure as given.

        Returns
        -------
        months, probability : ndarray, shape (n,)
        """
        columns, rows = _turned(columns, rows, -self.rotation_degrees, self.centre)
        (x0, x1), (y0, y1) = _scale(self.x_ticks), _scale(self.y_ticks)
        return x0 + x1 * columns, y0 + y1 * rows

    def to_pixels(self, months: ArrayLike, probability: ArrayLike) -> tuple[NDArray, NDArray]:
        """Columns and rows of the figure as given; the inverse of ``to_data``."""
        (x0, x1), (y0, y1) = _scale(self.x_ticks), _scale(self.y_ticks)
        columns = (np.asarray(months, dtype=float) - x0) / x1
        rows = (np.asarray(probability, dtype=float) - y0) / y1
        return _turned(columns, rows, self.rotation_degrees, self.centre)


def _scale(ticks: Sequence[Tick]) -> tuple[float, float]:
    """Intercept and slope of value on pixel."""
    pixel = np.array([tick.pixel for tick in ticks])
    value = np.array([tick.value for tick in ticks])
    middle = pixel.mean()
    away = pixel - middle
    slope = float(away @ (value - value.mean()) / (away @ away))
    return float(value.mean() - slope * middle), slope


def _turned(
    columns: ArrayLike, rows: ArrayLike, degrees: float, centre: tuple[float, float]
) -> tuple[NDArray, NDArray]:
    """Positions turned clockwise on the page (rows point down) about ``centre``."""
    columns, rows = np.asarray(columns, dtype=float), np.asarray(rows, dtype=float)
    if degrees == 0.0:
        return columns, rows
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    right, down = columns - centre[0], rows - centre[1]
    return (
        centre[0] + cosine * right - sine * down,
        centre[1] + sine * right + cosine * down,
    )


@dataclass(frozen=True)
class DigitisedCurve:
    """One curve as it was read.

    Attributes
    ----------
    points : pandas.DataFrame
        ``time_months``, ``survival``: a polyline of the step curve, both corners of every drop,
        times not decreasing, from time zero to the end of the line.
    censor_times_months : tuple of float
        Where censor ticks are drawn on the curve, in ascending order.
    colour : str
        ``#rrggbb`` of the line.
    line_style : str
        ``solid``, ``dashed``, ``dotted`` or ``dash-dotted``.
    confidence : float
        0 to 1: the share of the curve's length that the figure itself shows unambiguously.
    reasons : tuple of str
        Why the confidence is below 1; empty when it is 1.
    """

    points: pd.DataFrame
    censor_times_months: tuple[float, ...]
    colour: str
    line_style: str
    confidence: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class DigitisedFigure:
    """A figure as it was read.

    Attributes
    ----------
    curves : tuple of DigitisedCurve
        In order of the colours asked for, else the curve with more area below it first.
    calibration : Calibration
        Scale and place of the axes.
    findings : tuple of Finding
        What was done and what should be looked at.
    """

    curves: tuple[DigitisedCurve, ...]
    calibration: Calibration
    findings: tuple[Finding, ...] = ()
