"""An SVG file as a drawing: exact coordinates of every line, with transforms, uses and clips.

Paths are parsed by fontTools, XML by defusedxml (entities are refused); scripts are not run,
nothing that lies outside the file is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element as Node
from xml.etree.ElementTree import ParseError

import defusedxml
import numpy as np
from defusedxml.ElementTree import fromstring
from fontTools.misc.transform import Identity, Transform
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from numpy.typing import NDArray

from analysis_lib.digitise.figure import NotAFigureError
from analysis_lib.digitise.vector.drawing import (
    Box,
    Drawing,
    DrawingBuilder,
    Label,
    Line,
    Pen,
    is_straight,
    middle_above_line,
)
from analysis_lib.digitise.vector.pen_style import (
    Element,
    StyleSheet,
    colour_of,
    hidden,
    length_of,
    numbers_in,
    style_of,
)

#: Elements within elements, and elements in all: uses of uses multiply.
_MAX_DEPTH = 60
_MAX_ELEMENTS = 60_000
#: A path of twenty thousand corners has a tenth of it.
_MAX_PATH_LETTERS = 4_000_000
#: Rules of style sheets held against elements.
_MAX_MATCHES = 1_000_000

#: Width of a letter in ems where the file does not say: that of digits.
_LETTER_WIDTH = 0.54

_HREF = "{http://www.w3.org/1999/xlink}href"
_SKIPPED = {"defs", "symbol", "clippath", "marker", "pattern", "mask", "style", "script", "title"}
_TRANSFORM = re.compile(r"(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^)]*)\)")


def read_svg(data: bytes) -> Drawing:
    """The lines and labels of an SVG file.

    Raises
    ------
    NotAFigureError
        Broken XML, entities, or more elements than a figure holds.
    """
    try:
        root = fromstring(data)
    except defusedxml.DefusedXmlException as error:
        raise NotAFigureError(
            "the SVG file declares entities, which can hide or multiply content: save it as plain "
            "SVG"
        ) from error
    except (ParseError, ValueError) as error:
        raise NotAFigureError(f"the SVG file is not valid XML: {error}") from error
    if _tag(root) != "svg":
        raise NotAFigureError(f"the file is XML but no SVG: its root is <{_tag(root)[:40]}>")
    return _Reader(root).drawing()


def _tag(node: Node) -> str:
    return node.tag.rpartition("}")[2].lower() if isinstance(node.tag, str) else ""


@dataclass(frozen=True)
class _Place:
    """Where the reader stands: scale, style, clip, and the elements around."""

    transform: Transform
    style: Mapping[str, str]
    clip: Box | None
    chain: tuple[Element, ...]


class _Reader:
    """Walks the elements of one file."""

    def __init__(self, root: Node):
        self._root = root
        self._by_id = {node.get("id"): node for node in root.iter() if node.get("id")}
        self._sheet = StyleSheet()
        for node in root.iter():
            if _tag(node) == "style":
                self._sheet = self._sheet.joined(StyleSheet.parse("".join(node.itertext())))
        self._builder = DrawingBuilder()
        self._elements = 0

    def drawing(self) -> Drawing:
        """Everything that is seen."""
        view = numbers_in(self._root.get("viewBox", ""))
        width, height = (length_of(self._root.get(name)) for name in ("width", "height"))
        start = Identity
        if len(view) == 4 and np.isfinite(view).all():
            width, height = view[2], view[3]
            start = Transform().translate(-view[0], -view[1])
        self._walk(self._root, _Place(start, {}, None, ()))
        if not np.isfinite([width, height]).all():
            raise NotAFigureError(f"width and height must be numbers, were {width} and {height}")
        return self._builder.drawing(width, height)

    def _walk(self, node: Node, place: _Place) -> None:
        tag = _tag(node)
        self._elements += 1
        too_many = self._elements * len(self._sheet.rules) > _MAX_MATCHES
        if too_many or self._elements > _MAX_ELEMENTS or len(place.chain) > _MAX_DEPTH:
            raise NotAFigureError("the SVG file holds more elements than a figure: give it alone")
        element = Element(tag, frozenset(node.get("class", "").split()), node.get("id", ""))
        chain = (*place.chain, element)
        style = style_of(place.style, node.attrib, self._sheet, chain)
        if style.get("display") == "none" or hidden(style.get("opacity")):
            return
        inner = place.transform.transform(_transform(node.get("transform", "")))
        here = _Place(inner, style, place.clip, chain)
        here = replace(here, clip=self._clip(style.get("clip-path", ""), here))
        if tag in ("svg", "g", "a", "switch", "symbol"):
            for child in node:
                if _tag(child) not in _SKIPPED:
                    self._walk(child, here)
        elif tag == "use":
            self._use(node, here)
        elif style.get("visibility") not in ("hidden", "collapse"):
            self._draw(tag, node, here)

    def _use(self, node: Node, place: _Place) -> None:
        target = self._by_id.get((node.get("href") or node.get(_HREF) or "").removeprefix("#"))
        if target is None:
            return
        shift = length_of(node.get("x")), length_of(node.get("y"))
        self._walk(target, replace(place, transform=place.transform.translate(*shift)))

    def _draw(self, tag: str, node: Node, place: _Place) -> None:
        if tag == "image":
            self._builder.images += 1
        elif tag == "text":
            self._labels(node, place)
        else:
            for points, closed, curved in _outlines(tag, node):
                pen = _pen(place.style, place.transform)
                if pen.stroke or pen.fill:
                    moved = _moved(points, place.transform)
                    self._builder.add(Line(moved, pen, closed, curved), place.clip)

    def _labels(self, node: Node, place: _Place) -> None:
        """A text, or each of its parts that has a place of its own."""
        parts = [part for part in node if _tag(part) == "tspan" and part.get("x")] or [node]
        for part in parts:
            text = " ".join("".join(part.itertext()).split())
            where = [numbers_in(part.get(name) or node.get(name) or "0")[:1] for name in "xy"]
            if not text or not all(where):
                continue
            size = length_of(place.style.get("font-size"), 10.0)
            half = length_of(part.get("textLength"), _LETTER_WIDTH * size * len(text)) / 2
            anchor = {"middle": 0.0, "end": -half}.get(place.style.get("text-anchor", ""), half)
            column, row = where[0][0] + anchor, where[1][0] - middle_above_line(text) * size
            (left, top), (right, bottom) = (
                place.transform.transformPoint((column + side, row)) for side in (-half, half)
            )
            colour = _pen(place.style, place.transform).fill
            middle = (left + right) / 2, (top + bottom) / 2
            reach = abs(right - left) / 2, abs(bottom - top) / 2
            self._builder.labels.append(Label(*middle, text[:80], colour, *reach))

    def _clip(self, reference: str, place: _Place) -> Box | None:
        found = re.search(r"#([^)\"']+)", reference or "")
        node = self._by_id.get(found.group(1)) if found else None
        if node is None or _tag(node) != "clippath" or node.get("clipPathUnits", "")[:1] == "o":
            return place.clip
        points = [
            _moved(points, place.transform.transform(_transform(shape.get("transform", ""))))
            for shape in node
            for points, _, _ in _outlines(_tag(shape), shape)
        ]
        if not points:
            return place.clip
        every = np.concatenate(points)
        return Box(*every.min(axis=0), *every.max(axis=0)).within(place.clip)


def _transform(text: str) -> Transform:
    made = Transform()
    for name, arguments in _TRANSFORM.findall(text):
        values = numbers_in(arguments)
        if name == "matrix" and len(values) == 6:
            made = made.transform(values)
        elif name == "translate" and values:
            made = made.translate(*values[:2])
        elif name == "scale" and values:
            made = made.scale(*values[:2])
        elif name == "rotate" and values:
            about = values[1:3] if len(values) >= 3 else [0.0, 0.0]
            turned = made.translate(*about).rotate(np.deg2rad(values[0]))
            made = turned.translate(-about[0], -about[1])
        elif name in ("skewX", "skewY") and values:
            angle = np.deg2rad(values[0])
            made = made.skew(angle, 0) if name == "skewX" else made.skew(0, angle)
    return made


def _moved(points: NDArray, transform: Transform) -> NDArray:
    xx, xy, yx, yy, dx, dy = transform
    columns, rows = points[:, 0], points[:, 1]
    with np.errstate(over="ignore", invalid="ignore"):  # such places are left out later
        return np.column_stack([xx * columns + yx * rows + dx, xy * columns + yy * rows + dy])


def _pen(style: Mapping[str, str], transform: Transform) -> Pen:
    current = style.get("color", "black")
    scale = abs(transform[0] * transform[3] - transform[1] * transform[2]) ** 0.5
    width = length_of(style.get("stroke-width"), 1.0)
    seen = width > 0 and not hidden(style.get("stroke-opacity"))
    stroke = colour_of(style.get("stroke", ""), current) if seen else None
    filled = not hidden(style.get("fill-opacity"))
    fill = colour_of(style.get("fill", ""), current) if filled else None
    dash = numbers_in(style.get("stroke-dasharray", ""))
    lengths = tuple(round(part * scale, 6) for part in dash) if any(dash) else ()
    return Pen(stroke, fill, width * scale, lengths)


def _outlines(tag: str, node: Node) -> Iterator[tuple[NDArray, bool, bool]]:
    """Points, whether closed and whether curved, of each stretch of a shape."""
    number = {name: length_of(node.get(name)) for name in ("x", "y", "width", "height")}
    if tag == "path":
        yield from _path(node.get("d", ""))
    elif tag == "line":
        ends = [length_of(node.get(name)) for name in ("x1", "y1", "x2", "y2")]
        yield np.array(ends).reshape(2, 2), False, False
    elif tag in ("polyline", "polygon"):
        values = numbers_in(node.get("points", ""))
        points = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
        if tag == "polygon":
            points = np.concatenate([points, points[:1]])
        yield points, tag == "polygon", False
    elif tag == "rect":
        left, top = number["x"], number["y"]
        right, bottom = left + number["width"], top + number["height"]
        corners = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
        yield np.array(corners), True, False
    elif tag in ("circle", "ellipse"):
        about = np.array([length_of(node.get("cx")), length_of(node.get("cy"))])
        radii = [length_of(node.get(name), length_of(node.get("r"))) for name in ("rx", "ry")]
        corners = np.array([[-1, 0], [0, -1], [1, 0], [0, 1], [-1, 0]], dtype=float)
        yield about + corners * radii, True, True


def _path(text: str) -> Iterator[tuple[NDArray, bool, bool]]:
    if len(text) > _MAX_PATH_LETTERS:
        rule = f"a path must have at most {_MAX_PATH_LETTERS:,} letters"
        raise NotAFigureError(f"{rule}, was {len(text):,}: give the figure alone")
    pen = RecordingPen()
    try:
        parse_path(text, pen)
    except (ValueError, IndexError, TypeError, AssertionError):
        return  # as a viewer does, a path is drawn up to its first error; here not at all
    points: list[tuple[float, float]] = []
    curved = False
    for operator, operands in pen.value:
        if operator == "moveTo":
            points, curved = [operands[0]], False
        elif operator in ("closePath", "endPath"):
            closed = operator == "closePath"
            if closed and points and points[0] != points[-1]:
                points.append(points[0])
            yield np.array(points, dtype=float).reshape(-1, 2), closed, curved
        else:
            through = [point for point in operands if point is not None]
            bends = operator != "lineTo" and not (
                points and is_straight(points[-1], np.array(through[:-1]), through[-1])
            )
            points += through if bends else through[-1:]
            curved = curved or bends
