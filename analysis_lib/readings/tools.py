"""Any digitising tool's file by what it holds, not by its name."""

from __future__ import annotations

from pathlib import Path

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.readings.engauge import document_curves
from analysis_lib.readings.tables import table_curves
from analysis_lib.readings.tool_curves import ToolReading, tool_reading
from analysis_lib.readings.webplotdigitizer import (
    MAX_PROJECT_BYTES,
    archived_project,
    project_curves,
)

#: Where a tar archive says what it is, and how.
_TAR_MARK = (257, b"ustar")


def read_tool_file(path: Path, *, percent: bool = False, time_unit: str = "months") -> ToolReading:
    """Every curve of a file that a digitising tool wrote.

    Parameters
    ----------
    path : Path
        A WebPlotDigitizer project (``.json``, ``.tar``), an Engauge document (``.dig``) or
        text in columns (WebPlotDigitizer, Engauge, DigitizeIt, PlotDigitizer and others).
    percent : bool
        Survival is 0 to 100 in the file.
    time_unit : str
        A key of :data:`MONTHS_PER`.

    Returns
    -------
    ToolReading
        Curves with ``time_months`` and ``survival`` (0..1), sorted by time.

    Raises
    ------
    InvalidInputError
        With file, line or field, rule and value.
    """
    try:
        if path.stat().st_size > MAX_PROJECT_BYTES:
            raise InvalidInputError(f"{path}: must be at most {MAX_PROJECT_BYTES:,} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    tool, curves = _curves(path, data)
    return tool_reading(tool, curves, path=path, percent=percent, time_unit=time_unit)


def _curves(path: Path, data: bytes) -> tuple[str, list[tuple[str, list[tuple[float, float]]]]]:
    offset, mark = _TAR_MARK
    if data[offset : offset + len(mark)] == mark:
        return project_curves(path, archived_project(path, data))
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"{":
        return project_curves(path, data)
    if start == b"<":
        return document_curves(path, data)
    if b"\0" in data[:1000]:
        rule = "must be text, a WebPlotDigitizer project or an Engauge document of version 6"
        raise InvalidInputError(f"{path}: {rule} or later: save or export it again")
    return "text in columns", table_curves(path)
