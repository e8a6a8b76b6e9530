"""Engauge Digitizer documents (``.dig``, XML since version 6): curves by their axis points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import defusedxml
import numpy as np
from defusedxml.ElementTree import fromstring
from numpy.typing import NDArray

from analysis_lib.exceptions import InvalidInputError

Points = list[tuple[float, float]]


def document_curves(path: Path, data: bytes) -> tuple[str, list[tuple[str, Points]]]:
    """The tool's name with version, and every curve in the values of its axes.

    Parameters
    ----------
    path : Path
        Names the file in messages.
    data : bytes
        The document; entities are refused, the image within it is not looked at.

    Raises
    ------
    InvalidInputError
        Not an Engauge document, axes that are not linear, or too few axis points.
    """
    try:
        root = fromstring(data)
    except defusedxml.DefusedXmlException as error:
        rule = "must not declare entities: nothing in a reading needs them"
        raise InvalidInputError(f"{path}: {rule}") from error
    except ParseError as error:
        raise InvalidInputError(f"{path}: is not valid XML: {error}") from error
    if root.tag != "Document":
        rule = "must be an Engauge document"
        raise InvalidInputError(f"{path}: {rule}, was <{str(root.tag)[:40]}>")
    version = (root.get("VersionNumber") or "of unknown version")[:10]
    systems = root.findall(".//CoordSystem") or [root]
    found = [curve for system in systems for curve in _curves(path, system)]
    return f"Engauge Digitizer {version}", found


def _curves(path: Path, system: Element) -> Iterator[tuple[str, Points]]:
    _refuse_other_axes(path, system)
    curves = system.findall(".//Curve")
    axes = next((curve for curve in curves if curve.get("CurveName") == "Axes"), None)
    drawn = [curve for curve in curves if curve is not axes and curve.find(".//Point") is not None]
    if not drawn:
        return
    to_graph = _calibration(path, axes)
    for number, curve in enumerate(drawn, start=1):
        name = (curve.get("CurveName") or f"curve {number}")[:80]
        screen = np.array(
            [_position(path, name, point, "PositionScreen") for point in curve.iter("Point")]
        )
        values = np.column_stack([screen, np.ones(len(screen))]) @ to_graph
        yield name, [(float(x), float(y)) for x, y in values]


def _refuse_other_axes(path: Path, system: Element) -> None:
    coords = system.find(".//Coords")
    if coords is None:
        return
    wanted = {
        "TypeString": "Cartesian",
        "ScaleXThetaString": "Linear",
        "ScaleYRadiusString": "Linear",
    }
    for key, value in wanted.items():
        if coords.get(key, value) != value:
            rule = f"must be {value}"
            raise InvalidInputError(f"{path}: Coords {key}: {rule}, was {coords.get(key)!r}")


def _calibration(path: Path, axes: Element | None) -> NDArray:
    """Matrix (3 x 2) from column, row, 1 to time and survival."""
    points = [] if axes is None else list(axes.iter("Point"))
    screen = [_position(path, "Axes", point, "PositionScreen") for point in points]
    graph = [_position(path, "Axes", point, "PositionGraph") for point in points]
    along_x = [point.get("IsXOnly") == "True" for point in points]
    if len(points) == 4 and sum(along_x) == 2:
        screen, graph = _three_of_four(screen, graph, along_x)
    place = np.column_stack([np.array(screen).reshape(-1, 2), np.ones(len(screen))])
    if len(place) < 3 or np.linalg.matrix_rank(place, tol=1e-6 * np.abs(place).max()) < 3:
        rule = "needs three axis points that do not stand in a line"
        raise InvalidInputError(f"{path}: curve 'Axes': {rule}, was {len(place)}")
    return np.linalg.lstsq(place, np.array(graph), rcond=None)[0]


def _three_of_four(
    screen: list[tuple[float, float]], graph: list[tuple[float, float]], along_x: list[bool]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Two points known in time and two in survival, as three that are known in both.

    The lines of equal time run along the survival axis, those of equal survival along the
    time axis: where they cross, both values are known.
    """
    x1, x2 = (k for k, only in enumerate(along_x) if only)
    y1, y2 = (k for k, only in enumerate(along_x) if not only)
    place = np.array(screen)
    right, up = place[x2] - place[x1], place[y2] - place[y1]

    def crossing(x: int, y: int) -> tuple[float, float]:
        steps = np.linalg.lstsq(np.column_stack([up, -right]), place[y] - place[x], rcond=None)[0]
        column, row = place[x] + steps[0] * up
        return float(column), float(row)

    pairs = [(x1, y1), (x2, y1), (x1, y2)]
    return [crossing(*pair) for pair in pairs], [(graph[x][0], graph[y][1]) for x, y in pairs]


def _position(path: Path, name: str, point: Element, tag: str) -> tuple[float, float]:
    node = point.find(tag)
    try:
        if node is None:
            raise ValueError
        x, y = float(node.get("X", "")), float(node.get("Y", ""))
        if not (np.isfinite(x) and np.isfinite(y)):
            raise ValueError
    except ValueError as error:
        was = "nothing" if node is None else f"{node.get('X')!r}, {node.get('Y')!r}"
        rule = f"curve {name!r}: {tag} must hold two numbers"
        raise InvalidInputError(f"{path}: {rule}, was {was}") from error
    return x, y
