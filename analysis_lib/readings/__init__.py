"""What digitising tools write: read into curves, and a reading of ours written for them.

Text in columns (any tool), WebPlotDigitizer projects, Engauge documents. What cannot be seen
in a file is declared, never guessed: the unit of time, and whether survival is in percent.
"""

from analysis_lib.readings.columns import (
    MONTHS_PER,
    read_at_risk_file,
    read_curve_file,
    read_ticks_file,
)
from analysis_lib.readings.tool_curves import NamedCurve, ToolReading
from analysis_lib.readings.tools import read_tool_file
from analysis_lib.readings.webplotdigitizer import reading_csv, webplotdigitizer_project

__all__ = [
    "MONTHS_PER",
    "NamedCurve",
    "ToolReading",
    "read_at_risk_file",
    "read_curve_file",
    "read_ticks_file",
    "read_tool_file",
    "reading_csv",
    "webplotdigitizer_project",
]
