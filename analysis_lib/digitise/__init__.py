"""Published Kaplan-Meier figures as numbers: layer 1, an image in, curves out."""

from analysis_lib.digitise.figure import (
    Calibration,
    DigitisedCurve,
    DigitisedFigure,
    Finding,
    NotAFigureError,
    PlotArea,
    Tick,
    UnreadableFigureError,
)
from analysis_lib.digitise.raster import digitise_figure

__all__ = [
    "Calibration",
    "DigitisedCurve",
    "DigitisedFigure",
    "Finding",
    "NotAFigureError",
    "PlotArea",
    "Tick",
    "UnreadableFigureError",
    "digitise_figure",
]
