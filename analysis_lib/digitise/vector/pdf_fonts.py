"""What the codes of a PDF text say and how wide they are (ISO 32000-1, section 9.5 to 9.10).

Only what axes and censor marks need: letters by the font's own table of Unicode values, else
by its encoding; widths from the file, else those of the fonts that every viewer has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fontTools.agl import toUnicode

#: A table of Unicode values has a few kilobytes.
_MAX_CMAP_BYTES = 1_000_000
_MAX_RANGE = 0x10000  # as many as there are codes of two bytes

_SECTION = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_HEX = re.compile(rb"<\s*([0-9A-Fa-f\s]*)>|(\[)|(\])")

#: Widths in ems of the marks, signs and digits of fonts that need not be embedded (their AFM
#: files); of other letters about a half.
_HELVETICA = {
    **dict.fromkeys("0123456789", 0.556),
    **dict.fromkeys("+-−×", 0.584),
    **dict.fromkeys(".,I ", 0.278),
    "|": 0.26,
    "x": 0.5,
    "%": 0.889,
}
_TIMES = {
    **dict.fromkeys("0123456789x", 0.5),
    **dict.fromkeys("+−×", 0.564),
    **dict.fromkeys("., ", 0.25),
    "-": 0.333,
    "|": 0.2,
    "I": 0.333,
    "%": 0.833,
}
_OTHER_WIDTH = 0.54
_COURIER_WIDTH = 0.6


@dataclass(frozen=True)
class Font:
    """A font of a file.

    Attributes
    ----------
    bytes_per_code : int
        1, or 2 for composite fonts.
    letters : mapping of int to str
        What codes stand for; a code that is not there is not known.
    widths : mapping of int to float
        In ems.
    standard : mapping of str to float
        Widths in ems by letter where the file gives none.
    other_width : float
        Width in ems of everything else.
    """

    bytes_per_code: int = 1
    letters: Mapping[int, str] = field(default_factory=dict)
    widths: Mapping[int, float] = field(default_factory=dict)
    standard: Mapping[str, float] = field(default_factory=dict)
    other_width: float = _OTHER_WIDTH

    def spoken(self, part: bytes) -> list[tuple[str, float, bool]]:
        """Letter (empty: not known), width in ems, and whether it is a space of one byte."""
        size = self.bytes_per_code
        codes = (int.from_bytes(part[k : k + size], "big") for k in range(0, len(part), size))
        letters = ((code, self.letters.get(code, "")) for code in codes)
        return [
            (letter, self._width(code, letter), size == 1 and code == 32)
            for code, letter in letters
        ]

    def _width(self, code: int, letter: str) -> float:
        found = self.widths.get(code)
        return self.standard.get(letter, self.other_width) if found is None else found


def font_of(entry: Any) -> Font:
    """A font by its dictionary."""
    written = _unicode_table(entry.get("/ToUnicode"))
    if entry.get("/Subtype") == "/Type0":
        inner = entry["/DescendantFonts"][0].get_object()
        default = float(inner.get("/DW", 1000)) / 1000
        widths = dict(islice(_composite_widths(inner.get("/W", ())), _MAX_RANGE))
        return Font(2, written, widths, {}, default)
    scale = float(entry["/FontMatrix"][0]) if entry.get("/Subtype") == "/Type3" else 1e-3
    first = int(entry.get("/FirstChar", 0))
    widths = {
        first + k: float(width.get_object()) * scale
        for k, width in enumerate(_list(entry.get("/Widths")))
    }
    standard, other = _standard_widths(str(entry.get("/BaseFont", "")))
    return Font(1, _encoding(entry.get("/Encoding")) | written, widths, standard, other)


def _list(entry: Any) -> Iterable[Any]:
    return () if entry is None else entry.get_object()


def _standard_widths(name: str) -> tuple[Mapping[str, float], float]:
    if "Courier" in name:
        return {}, _COURIER_WIDTH
    return (_TIMES if "Times" in name else _HELVETICA), _OTHER_WIDTH


def _composite_widths(entry: Any) -> Iterable[tuple[int, float]]:
    """Codes with widths: ``first [w w w]`` or ``first last w``."""
    parts = [part.get_object() for part in _list(entry) or ()] if entry else []
    k = 0
    while k + 1 < len(parts):
        first = int(parts[k])
        if isinstance(parts[k + 1], list):
            yield from (
                (first + n, float(width.get_object()) / 1000)
                for n, width in enumerate(parts[k + 1])
            )
            k += 2
        elif k + 2 < len(parts):
            last = min(int(parts[k + 1]), first + _MAX_RANGE)
            yield from ((code, float(parts[k + 2]) / 1000) for code in range(first, last + 1))
            k += 3
        else:
            return


def _encoding(entry: Any) -> dict[int, str]:
    """Letters of a font of one byte a code: a named encoding with its differences."""
    entry = None if entry is None else entry.get_object()
    if entry is None or isinstance(entry, str):
        return _base_letters(str(entry))
    letters = _base_letters(str(entry.get("/BaseEncoding")))
    code = 0
    for part in _list(entry.get("/Differences")):
        if isinstance(part, str):
            letters[code] = _shown(toUnicode(part.removeprefix("/")))
            code += 1
        else:
            code = int(part)
    return letters


def _base_letters(name: str) -> dict[int, str]:
    codec = "mac_roman" if name == "/MacRomanEncoding" else "cp1252"
    return {code: _shown(bytes([code]).decode(codec, "ignore")) for code in range(32, 256)}


def _shown(text: str) -> str:
    return text if text.isprintable() else ""


def _unicode_table(entry: Any) -> dict[int, str]:
    """The ``ToUnicode`` table of a font."""
    if entry is None or not hasattr(entry.get_object(), "get_data"):
        return {}
    data = entry.get_object().get_data()
    letters: dict[int, str] = {}
    if len(data) > _MAX_CMAP_BYTES:
        return letters
    for kind, body in _SECTION.findall(data):
        tokens = [opened or closed or _compact(text) for text, opened, closed in _HEX.findall(body)]
        letters |= dict(_chars(tokens) if kind == b"char" else _ranges(tokens))
    return letters


def _compact(text: bytes) -> bytes:
    return b"".join(text.split())


def _chars(tokens: list[bytes]) -> Iterable[tuple[int, str]]:
    for code, text in zip(tokens[0::2], tokens[1::2], strict=False):
        yield int(code, 16), _shown(_utf16(text))


def _ranges(tokens: list[bytes]) -> Iterable[tuple[int, str]]:
    k = 0
    while k + 2 < len(tokens):
        first, last = int(tokens[k], 16), int(tokens[k + 1], 16)
        if tokens[k + 2] == b"[":
            end = tokens.index(b"]", k)
            yield from (
                (first + n, _shown(_utf16(text))) for n, text in enumerate(tokens[k + 3 : end])
            )
            k = end + 1
            continue
        start = int(tokens[k + 2], 16)
        for n in range(min(last - first + 1, _MAX_RANGE)):
            if start + n < 0x110000:
                yield first + n, _shown(chr(start + n))
        k += 3


def _utf16(text: bytes) -> str:
    return bytes.fromhex(text.decode("ascii")).decode("utf-16-be", "ignore")


#: What a text speaks that names no font, or one that is missing.
LATIN = Font(letters=_base_letters("/WinAnsiEncoding"), standard=_HELVETICA)
