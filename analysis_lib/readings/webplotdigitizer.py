"""WebPlotDigitizer projects (versions 3 and 4): read them, and write a reading as one.

The format is that of the tool's own document "JSON format specification" (version 4.2).
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis_lib.exceptions import InvalidInputError

if TYPE_CHECKING:
    from analysis_lib.digitise import Calibration, DigitisedFigure

#: A project holds points; one with 20 MB holds something else.
MAX_PROJECT_BYTES = 20_000_000

Points = list[tuple[float, float]]

_AXES = "figure"


def project_curves(path: Path, data: bytes) -> tuple[str, list[tuple[str, Points]]]:
    """The tool's name with version, and every data set on straight axes.

    Parameters
    ----------
    path : Path
        Names the file in messages.
    data : bytes
        The project: JSON, or the archive that holds one.

    Raises
    ------
    InvalidInputError
        With file, field, rule and value.
    """
    project = _json(path, data)
    version = project.get("version", project.get("wpd", {}).get("version", []))
    major = version[0] if isinstance(version, list) and version else None
    if "wpd" in project and major == 3:
        return _name(version), list(_version_3(path, project["wpd"]))
    if major == 4:
        return _name(version), list(_version_4(path, project))
    rule = "version must be that of a WebPlotDigitizer project, 3 or 4"
    raise InvalidInputError(f"{path}: {rule}, was {str(version)[:60]!r}")


def archived_project(path: Path, data: bytes) -> bytes:
    """The ``wpd.json`` within a project archive; nothing is unpacked to disk."""
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:") as archive:
            for member in archive:
                if member.isfile() and Path(member.name).name == "wpd.json":
                    if member.size > MAX_PROJECT_BYTES:
                        raise InvalidInputError(f"{path}: wpd.json: {_too_large()}")
                    file = archive.extractfile(member)
                    return file.read() if file else b""
    except tarfile.TarError as error:
        raise InvalidInputError(f"{path}: is a damaged archive: {error}") from error
    raise InvalidInputError(f"{path}: is an archive without wpd.json, so no project")


def _too_large() -> str:
    return f"must be at most {MAX_PROJECT_BYTES:,} bytes"


def _json(path: Path, data: bytes) -> dict[str, Any]:
    try:
        project = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: must be UTF-8 text") from error
    except RecursionError as error:
        raise InvalidInputError(f"{path}: is nested too deeply to be a project") from error
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"{path}:{error.lineno}: is not valid JSON: {error.msg}") from error
    if not isinstance(project, dict) or not isinstance(project.get("wpd", {}), dict):
        raise InvalidInputError(f"{path}: must be a group of keys, as WebPlotDigitizer saves it")
    return project


def _name(version: list[Any]) -> str:
    return "WebPlotDigitizer " + ".".join(str(part)[:6] for part in version[:2])


def _version_3(path: Path, project: dict[str, Any]) -> Iterator[tuple[str, Points]]:
    kind = project.get("axesType")
    if kind != "XYAxes":
        raise InvalidInputError(f"{path}: wpd.axesType: must be XYAxes, was {str(kind)[:60]!r}")
    yield from _data_sets(path, "wpd.dataSeries", project.get("dataSeries"))


def _version_4(path: Path, project: dict[str, Any]) -> Iterator[tuple[str, Points]]:
    axes = _list(path, "axesColl", project.get("axesColl"))
    kinds = {one.get("name"): one.get("type") for one in axes if isinstance(one, dict)}
    sets = _list(path, "datasetColl", project.get("datasetColl"))
    for index, one in enumerate(sets):
        on = one.get("axesName") if isinstance(one, dict) else None
        if isinstance(one, dict) and one.get("data") and kinds.get(on) != "XYAxes":
            rule = "must name axes of type XYAxes"
            place = f"datasetColl[{index}].axesName"
            raise InvalidInputError(f"{path}: {place}: {rule}, was {str(on)[:60]!r}")
    yield from _data_sets(path, "datasetColl", sets)


def _data_sets(path: Path, field: str, sets: Any) -> Iterator[tuple[str, Points]]:
    for index, one in enumerate(_list(path, field, sets)):
        place = f"{field}[{index}]"
        if not isinstance(one, dict):
            raise InvalidInputError(f"{path}: {place}: must be a group of keys")
        rows = _list(path, f"{place}.data", one.get("data"))
        points = [_value(path, f"{place}.data[{k}].value", row) for k, row in enumerate(rows)]
        yield str(one.get("name") or f"curve {index + 1}")[:80], points


def _value(path: Path, field: str, row: Any) -> tuple[float, float]:
    value = row.get("value") if isinstance(row, dict) else None
    numbers = isinstance(value, list) and len(value) >= 2
    if not numbers or not all(_is_number(part) for part in value[:2]):
        rule = "must be two numbers: save the project again after calibrating the axes"
        raise InvalidInputError(f"{path}: {field}: {rule}, was {str(value)[:60]!r}")
    return float(value[0]), float(value[1])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _list(path: Path, field: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInputError(f"{path}: {field}: must be a list, was {str(value)[:60]!r}")
    return value


def webplotdigitizer_project(figure: DigitisedFigure) -> str:
    """A reading as a project that WebPlotDigitizer 4 opens over the figure (JSON).

    Censor ticks are data sets of their own, named after their curve.
    """
    calibration = figure.calibration
    sets = []
    for number, curve in enumerate(figure.curves, start=1):
        points = curve.points
        sets.append(
            _written(f"curve {number}", curve.colour, calibration, *map(list, _columns(points)))
        )
        if curve.censor_times_months:
            ticks = list(curve.censor_times_months)
            levels = [survival_at(points, time) for time in ticks]
            name = f"curve {number} censored"
            sets.append(_written(name, curve.colour, calibration, ticks, levels))
    axes = {
        "name": _AXES,
        "type": "XYAxes",
        "isLogX": False,
        "isLogY": False,
        "noRotation": calibration.rotation_degrees == 0.0,
        "calibrationPoints": _calibration_points(calibration),
    }
    project = {
        "version": [4, 2],
        "axesColl": [axes],
        "datasetColl": sets,
        "measurementColl": [],
    }
    return json.dumps(project, indent=1) + "\n"


def reading_csv(figure: DigitisedFigure) -> str:
    """All curves as the tool exports them: names above pairs of columns, then X and Y."""
    columns = [list(zip(*_columns(curve.points), strict=True)) for curve in figure.curves]
    names = [f"curve {number}" for number in range(1, len(columns) + 1)]
    lines = [",".join(f"{name}," for name in names), ",".join("X,Y" for _ in names)]
    for row in range(max(len(column) for column in columns)):
        cells = [
            f"{column[row][0]:.9g},{column[row][1]:.9g}" if row < len(column) else ","
            for column in columns
        ]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def survival_at(points: Any, time: float) -> float:
    """Height of a polyline of a step curve at a time; at a drop the level after it."""
    before = points["time_months"] <= time
    return float(points["survival"][before].iloc[-1] if before.any() else 1.0)


def _columns(points: Any) -> tuple[list[float], list[float]]:
    return points["time_months"].tolist(), points["survival"].tolist()


def _written(
    name: str, colour: str, calibration: Calibration, months: list[float], survival: list[float]
) -> dict[str, Any]:
    columns, rows = calibration.to_pixels(months, survival)
    data = [
        {"x": round(float(x), 6), "y": round(float(y), 6), "value": [time, level]}
        for x, y, time, level in zip(columns, rows, months, survival, strict=True)
    ]
    return {
        "name": name,
        "axesName": _AXES,
        "metadataKeys": [],
        "colorRGB": [int(colour[k : k + 2], 16) for k in (1, 3, 5)] + [255],
        "data": data,
        "autoDetectionData": None,
    }


def _calibration_points(calibration: Calibration) -> list[dict[str, Any]]:
    """Two points on the time axis, then two on the survival axis, in the order of the tool."""
    times = [calibration.x_ticks[k].value for k in (0, -1)]
    levels = [calibration.y_ticks[k].value for k in (0, -1)]
    points = []
    for time, level in (*((t, levels[0]) for t in times), *((times[0], y) for y in levels)):
        x, y = calibration.to_pixels([time], [level])
        values = {"dx": f"{time:.9g}", "dy": f"{level:.9g}", "dz": None}
        points.append({"px": round(float(x[0]), 6), "py": round(float(y[0]), 6)} | values)
    return points
