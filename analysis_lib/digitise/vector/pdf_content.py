"""The drawing operators of a PDF page (ISO 32000-1, section 8 and 9.4): a small machine.

Paths, pens, clips, transforms and form XObjects are followed; images are counted, shadings
and patterns are not seen; text is placed by its first letter and the widths of its font.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypdf import PdfReader
from pypdf.generic import ContentStream

from analysis_lib.digitise.figure import NotAFigureError
from analysis_lib.digitise.vector.drawing import (
    MARK_SIGNS,
    Box,
    DrawingBuilder,
    Label,
    Line,
    Pen,
    box_of,
    is_straight,
    middle_above_line,
)
from analysis_lib.digitise.vector.pdf_fonts import LATIN, Font, font_of
from analysis_lib.digitise.vector.pen_style import hex_colour

#: a b c d e f of the format: column = a x + c y + e, row = b x + d y + f.
Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

#: Forms within forms, and operators in all: forms of forms multiply.
_MAX_DEPTH = 20
_MAX_OPERATORS = 2_000_000
#: Saved states that are never restored.
_MAX_SAVED = 1000

_STROKES = {"S", "s", "B", "B*", "b", "b*"}
_FILLS = {"f", "F", "f*", "B", "B*", "b", "b*"}
_CLOSES = {"s", "b", "b*"}
_PAINTS = _STROKES | _FILLS | {"n"}

#: Text that is there to be searched or to clip, not to be seen.
_UNSEEN_TEXT = {3, 7}
#: A shift within a string from which on two labels are written, in ems; kerning is smaller.
_PARTING_SHIFT = 0.2


@dataclass(frozen=True)
class _State:
    """The graphics state, as far as lines need it."""

    matrix: Matrix
    clip: Box | None
    stroke: str | None = "#000000"
    fill: str | None = "#000000"
    width: float = 1.0
    dash: tuple[float, ...] = ()
    stroke_tint: bool = False
    fill_tint: bool = False
    seen: bool = True
    font: Font = LATIN
    font_size: float = 10.0
    leading: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    stretch: float = 1.0
    rise: float = 0.0
    text_seen: bool = True


def product(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that applies ``first`` and ``then`` after it."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (
        a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s,
        e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip


def _moved(matrix: Matrix, points: Sequence[tuple[float, float]]) -> NDArray:
    a, b, c, d, e, f = matrix
    place = np.array(points, dtype=float).reshape(-1, 2)
    columns, rows = place[:, 0], place[:, 1]
    return np.column_stack([a * columns + c * rows + e, b * columns + d * rows + f])


class ContentReader:
    """Follows the operators of a page and of its forms."""

    def __init__(self, reader: PdfReader, builder: DrawingBuilder, *, max_bytes: int):
        self._reader = reader
        self._builder = builder
        self._max_bytes = max_bytes
        self._operators = 0
        self._fonts: dict[int, tuple[Any, Font]] = {}

    def run(self, content: ContentStream, resources: Any, matrix: Matrix, clip: Box | None) -> None:
        """Draw one stream.

        Parameters
        ----------
        content : ContentStream
            Operators with operands.
        resources : pypdf dictionary or None
            Forms, fonts and colour spaces it may name.
        matrix : tuple of float
            From its coordinates to the page.
        clip : Box or None
            What is seen of it.
        """
        self._follow(content, resources, _State(matrix, clip), depth=0)

    def _follow(self, content: ContentStream, resources: Any, state: _State, depth: int) -> None:
        """Carry out a stream; a form starts with the pen of the page, as markers need it."""
        resources = resources.get_object() if resources is not None else {}
        stream = _Stream(self._builder, resources, state, self._fonts)
        for operands, operator in content.operations:
            self._operators += 1
            if self._operators > _MAX_OPERATORS:
                raise NotAFigureError("the page holds too much to be a figure: give it alone")
            name = operator.decode("latin1") if isinstance(operator, bytes) else str(operator)
            if name == "Do":
                self._object(stream, operands, depth)
            elif name in ("INLINE IMAGE", "BI"):
                self._builder.images += 1
            else:
                stream.follow(name, operands)

    def _object(self, stream: _Stream, operands: Sequence[Any], depth: int) -> None:
        objects = _entry(stream.resources, "/XObject")
        found = _entry(objects, operands[0]) if operands else None
        if found is None:
            return
        if found.get("/Subtype") == "/Image":
            self._builder.images += 1
        elif found.get("/Subtype") == "/Form":
            if depth >= _MAX_DEPTH or len(found.get_data()) > self._max_bytes:
                raise NotAFigureError("the page holds too much to be a figure: give it alone")
            own = tuple(float(part) for part in found.get("/Matrix", _IDENTITY))
            state = stream.state
            matrix = product(own, state.matrix)
            edges = [float(edge) for edge in found.get("/BBox", ())]
            clip = state.clip
            if len(edges) == 4:
                left, low, right, high = edges
                corners = [(left, low), (right, low), (right, high), (left, high)]
                clip = box_of(_moved(matrix, corners)).within(clip)
            inner = ContentStream(found, self._reader)
            resources = found.get("/Resources") or stream.resources
            state = replace(state, matrix=matrix, clip=clip)
            self._follow(inner, resources, state, depth + 1)


def _entry(table: Any, name: str) -> Any:
    if table is None:
        return None
    found = table.get(name)
    return None if found is None else found.get_object()


class _Stream:
    """State, path and text of one stream while its operators are followed."""

    def __init__(
        self,
        builder: DrawingBuilder,
        resources: Any,
        state: _State,
        fonts: dict[int, tuple[Any, Font]],
    ):
        self.resources = resources
        self.state = state
        self._builder = builder
        self._fonts = fonts
        self._saved: list[_State] = []
        self._paths: list[tuple[list[tuple[float, float]], bool, bool]] = []
        self._clips = False
        self._text: Matrix = _IDENTITY
        self._line: Matrix = _IDENTITY

    def follow(self, name: str, operands: Sequence[Any]) -> None:
        """Carry out one operator; an unknown one, or one with wrong operands, does nothing."""
        if name in _PAINTS:
            self._paint(name)
            return
        step = _STEPS.get(name)
        if step is None:
            return
        count, action = step
        if len(operands) < count:
            return
        action(self, operands)

    # state

    def save(self, _: Sequence[Any]) -> None:
        if len(self._saved) < _MAX_SAVED:
            self._saved.append(self.state)

    def restore(self, _: Sequence[Any]) -> None:
        if self._saved:
            self.state = self._saved.pop()

    def transform(self, operands: Sequence[Any]) -> None:
        matrix = tuple(float(value) for value in operands[:6])
        self.state = replace(self.state, matrix=product(matrix, self.state.matrix))

    def set_width(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, width=float(operands[0]))

    def set_dash(self, operands: Sequence[Any]) -> None:
        lengths = tuple(float(value) for value in operands[0])
        self.state = replace(self.state, dash=lengths if any(lengths) else ())

    def set_look(self, operands: Sequence[Any]) -> None:
        """The part of a named graphics state that lines need: width, dashes, opacity."""
        look = _entry(_entry(self.resources, "/ExtGState"), operands[0])
        if look is None:
            return
        if "/LW" in look:
            self.set_width([look["/LW"]])
        if "/D" in look:
            self.set_dash(look["/D"])
        if "/CA" in look:
            self.state = replace(self.state, seen=float(look["/CA"]) > 0.0)

    def stroke_space(self, operands: Sequence[Any]) -> None:
        tint = self._is_tint(operands[0])
        self.state = replace(self.state, stroke_tint=tint, stroke="#000000")

    def fill_space(self, operands: Sequence[Any]) -> None:
        tint = self._is_tint(operands[0])
        self.state = replace(self.state, fill_tint=tint, fill="#000000")

    def stroke_colour(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, stroke=_colour(operands, tint=self.state.stroke_tint))

    def fill_colour(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, fill=_colour(operands, tint=self.state.fill_tint))

    def device_stroke(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, stroke=_colour(operands, tint=False))

    def device_fill(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, fill=_colour(operands, tint=False))

    def _is_tint(self, name: Any) -> bool:
        """Whether a colour space counts ink, not light."""
        space = _entry(_entry(self.resources, "/ColorSpace"), name)
        return isinstance(space, list) and bool(space) and space[0] == "/Separation"

    # paths

    def move(self, operands: Sequence[Any]) -> None:
        self._paths.append(([_pair(operands)], False, False))

    def line(self, operands: Sequence[Any]) -> None:
        if self._paths:
            self._continue([_pair(operands)], curved=False)

    def curve(self, operands: Sequence[Any]) -> None:
        if self._paths:
            pairs = [_pair(operands[k : k + 2]) for k in range(0, len(operands) - 1, 2)]
            start = self._paths[-1][0][0 if self._paths[-1][1] else -1]
            bends = not is_straight(start, np.array(pairs[:-1]), pairs[-1])
            self._continue(pairs if bends else pairs[-1:], curved=bends)

    def _continue(self, pairs: list[tuple[float, float]], *, curved: bool) -> None:
        points, closed, bent = self._paths[-1]
        if closed:
            points, bent = [points[0]], False
            self._paths.append((points, False, False))
        points += pairs
        self._paths[-1] = (points, False, bent or curved)

    def close(self, _: Sequence[Any] = ()) -> None:
        if self._paths:
            points, _closed, bent = self._paths[-1]
            if points[0] != points[-1]:
                points.append(points[0])
            self._paths[-1] = (points, True, bent)

    def rectangle(self, operands: Sequence[Any]) -> None:
        left, low, width, height = (float(value) for value in operands[:4])
        right, high = left + width, low + height
        corners = [(left, low), (right, low), (right, high), (left, high), (left, low)]
        self._paths.append((corners, True, False))

    def set_clip(self, _: Sequence[Any]) -> None:
        self._clips = True

    def _paint(self, name: str) -> None:
        if name in _CLOSES:
            self.close()
        state = self.state
        moved = [
            (_moved(state.matrix, points), closed, bent) for points, closed, bent in self._paths
        ]
        a, b, c, d, _, _ = state.matrix
        scale = abs(a * d - b * c) ** 0.5
        pen = Pen(
            state.stroke if name in _STROKES and state.seen else None,
            state.fill if name in _FILLS else None,
            state.width * scale,
            tuple(round(length * scale, 6) for length in state.dash),
        )
        if pen.stroke or pen.fill:
            for points, closed, bent in moved:
                self._builder.add(Line(points, pen, closed, bent), state.clip)
        if self._clips and moved:
            every = np.concatenate([points for points, _, _ in moved])
            self.state = replace(state, clip=box_of(every).within(state.clip))
        self._paths, self._clips = [], False

    # text

    def begin_text(self, _: Sequence[Any]) -> None:
        self._text = self._line = _IDENTITY

    def set_font(self, operands: Sequence[Any]) -> None:
        entry = _entry(_entry(self.resources, "/Font"), operands[0])
        if entry is None:
            font = LATIN
        else:
            # The dictionary is kept beside its font, so that no other takes its identity.
            if id(entry) not in self._fonts:
                self._fonts[id(entry)] = entry, font_of(entry)
            font = self._fonts[id(entry)][1]
        self.state = replace(self.state, font=font, font_size=float(operands[1]))

    def set_spacing(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, spacing=float(operands[0]))

    def set_word_spacing(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, word_spacing=float(operands[0]))

    def set_stretch(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, stretch=float(operands[0]) / 100)

    def set_rise(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, rise=float(operands[0]))

    def set_text_look(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, text_seen=int(operands[0]) not in _UNSEEN_TEXT)

    def set_text_matrix(self, operands: Sequence[Any]) -> None:
        self._text = self._line = tuple(float(value) for value in operands[:6])

    def next_line(self, operands: Sequence[Any]) -> None:
        right, up = (float(value) for value in operands[:2])
        self._line = product((1, 0, 0, 1, right, up), self._line)
        self._text = self._line

    def next_line_leading(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, leading=-float(operands[1]))
        self.next_line(operands)

    def set_leading(self, operands: Sequence[Any]) -> None:
        self.state = replace(self.state, leading=float(operands[0]))

    def new_line(self, _: Sequence[Any]) -> None:
        self.next_line([0.0, -self.state.leading])

    def show(self, operands: Sequence[Any]) -> None:
        """Write a string, or strings with shifts between them: a wide shift parts labels."""
        state = self.state
        text, width = "", 0.0
        for part in operands[0] if isinstance(operands[0], list) else [operands[0]]:
            if isinstance(part, str | bytes):
                for letter, ems, space in state.font.spoken(_codes(part)):
                    if letter in MARK_SIGNS or text in MARK_SIGNS:
                        self._write(text, width)
                        text, width = "", 0.0
                    advance = ems * state.font_size + state.spacing
                    text += letter
                    width += (advance + (state.word_spacing if space else 0.0)) * state.stretch
                continue
            shift = -float(part) / 1000
            if abs(shift) >= _PARTING_SHIFT or text in MARK_SIGNS:
                self._write(text, width)
                text, width = "", 0.0
            if not text:
                self._advance(shift * state.font_size * state.stretch)
            else:
                width += shift * state.font_size * state.stretch
        self._write(text, width)

    def _advance(self, width: float) -> None:
        self._text = product((1, 0, 0, 1, width, 0.0), self._text)

    def _write(self, text: str, width: float) -> None:
        """Put a piece of text where the pen stands, and move the pen behind it."""
        state = self.state
        size = state.font_size
        if text.strip():
            raised = state.rise + middle_above_line(text.strip()) * size
            ends = [(0.0, raised), (width, raised)]
            (left, top), (right, bottom) = _moved(product(self._text, state.matrix), ends)
            place = ((left + right) / 2, (top + bottom) / 2)
            if state.clip is None or state.clip.holds(*place):
                colour = state.fill if state.text_seen else None
                reach = abs(right - left) / 2, abs(bottom - top) / 2
                label = Label(*map(float, place), text.strip()[:80], colour, *map(float, reach))
                self._builder.write(label, start=(left, top), end=(right, bottom))
        self._advance(width)

    def show_on_new_line(self, operands: Sequence[Any]) -> None:
        self.new_line(operands)
        self.show(operands[-1:])


def _codes(part: str | bytes) -> bytes:
    """A string of the file as the bytes it is written in."""
    if isinstance(part, bytes):
        return bytes(part)
    return getattr(part, "original_bytes", None) or part.encode("latin1", "replace")


def _pair(operands: Sequence[Any]) -> tuple[float, float]:
    return float(operands[-2]), float(operands[-1])


def _colour(operands: Sequence[Any], *, tint: bool) -> str | None:
    """Grey, RGB or CMYK by the number of levels; a pattern has no colour."""
    if any(isinstance(value, str) for value in operands):
        return None
    levels = [float(value) for value in operands]
    if len(levels) == 1:
        level = 1.0 - levels[0] if tint else levels[0]
        return hex_colour(level, level, level)
    if len(levels) == 3:
        return hex_colour(*levels)
    if len(levels) == 4:
        black = levels[3]
        return hex_colour(*((1.0 - level) * (1.0 - black) for level in levels[:3]))
    return None


#: Operators by name: how many operands they need, and what they do.
_STEPS: dict[str, tuple[int, Callable[[_Stream, Sequence[Any]], None]]] = {
    "q": (0, _Stream.save),
    "Q": (0, _Stream.restore),
    "cm": (6, _Stream.transform),
    "w": (1, _Stream.set_width),
    "d": (2, _Stream.set_dash),
    "gs": (1, _Stream.set_look),
    "CS": (1, _Stream.stroke_space),
    "cs": (1, _Stream.fill_space),
    "SC": (1, _Stream.stroke_colour),
    "SCN": (1, _Stream.stroke_colour),
    "sc": (1, _Stream.fill_colour),
    "scn": (1, _Stream.fill_colour),
    "G": (1, _Stream.device_stroke),
    "RG": (3, _Stream.device_stroke),
    "K": (4, _Stream.device_stroke),
    "g": (1, _Stream.device_fill),
    "rg": (3, _Stream.device_fill),
    "k": (4, _Stream.device_fill),
    "m": (2, _Stream.move),
    "l": (2, _Stream.line),
    "c": (6, _Stream.curve),
    "v": (4, _Stream.curve),
    "y": (4, _Stream.curve),
    "h": (0, _Stream.close),
    "re": (4, _Stream.rectangle),
    "W": (0, _Stream.set_clip),
    "W*": (0, _Stream.set_clip),
    "BT": (0, _Stream.begin_text),
    "Tf": (2, _Stream.set_font),
    "Tm": (6, _Stream.set_text_matrix),
    "Td": (2, _Stream.next_line),
    "TD": (2, _Stream.next_line_leading),
    "TL": (1, _Stream.set_leading),
    "Tc": (1, _Stream.set_spacing),
    "Tw": (1, _Stream.set_word_spacing),
    "Tz": (1, _Stream.set_stretch),
    "Ts": (1, _Stream.set_rise),
    "Tr": (1, _Stream.set_text_look),
    "T*": (0, _Stream.new_line),
    "Tj": (1, _Stream.show),
    "TJ": (1, _Stream.show),
    "'": (1, _Stream.show_on_new_line),
    '"': (3, _Stream.show_on_new_line),
}
