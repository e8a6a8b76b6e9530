"""Style of SVG elements: attributes, style attributes, and the plain part of style sheets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from PIL import ImageColor

#: What a child takes over from its parent.
_INHERITED = (
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-opacity",
    "fill",
    "fill-opacity",
    "color",
    "visibility",
    "font-size",
    "text-anchor",
)
_OWN = ("opacity", "display", "clip-path")

_START = {"stroke": "none", "fill": "black", "stroke-width": "1", "color": "black"}

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"^([\w-]+|\*)?((?:[.#][\w-]+)*)$")

#: Points of one unit; a user unit counts as a point, as the scale does not matter.
_UNITS = {"pt": 4 / 3, "px": 1.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "pc": 16.0}


@dataclass(frozen=True)
class Element:
    """What a selector can see of an element."""

    tag: str
    classes: frozenset[str] = frozenset()
    id: str = ""


@dataclass(frozen=True)
class StyleSheet:
    """Rules of plain selectors (``line``, ``.a``, ``g.b``, ``.a line``), later ones stronger."""

    rules: tuple[tuple[tuple[str, ...], Mapping[str, str]], ...] = field(default=())

    @classmethod
    def parse(cls, text: str) -> StyleSheet:
        """The rules of a ``<style>`` element; a selector that is not plain matches nothing."""
        text = re.sub(r"/\*.*?\*/|<!\[CDATA\[|\]\]>", "", text, flags=re.DOTALL)
        rules = []
        for selectors, body in _RULE.findall(text):
            declared = declarations(body)
            # Of a child as of any descendant: figures do not tell them apart.
            plain = selectors.replace(">", " ").split(",")
            rules += [(tuple(one.split()), declared) for one in plain]
        return cls(tuple(rules))

    def joined(self, other: StyleSheet) -> StyleSheet:
        """Both sheets, the other one after this one."""
        return StyleSheet(self.rules + other.rules)

    def of(self, chain: tuple[Element, ...]) -> dict[str, str]:
        """What the rules declare for the last of a chain of nested elements."""
        found: dict[str, str] = {}
        for compounds, declared in self.rules:
            if compounds and _matches(compounds, chain):
                found |= declared
        return found


def _matches(compounds: tuple[str, ...], chain: tuple[Element, ...]) -> bool:
    if not chain or not _is(compounds[-1], chain[-1]):
        return False
    position = len(chain) - 1
    for compound in reversed(compounds[:-1]):
        position = next((k for k in range(position - 1, -1, -1) if _is(compound, chain[k])), -1)
        if position < 0:
            return False
    return True


def _is(compound: str, element: Element) -> bool:
    plain = _plain(compound)
    if plain is None:
        return False
    tag, marks = plain
    if tag and tag not in ("*", element.tag):
        return False
    return all(
        mark[1:] in element.classes if mark[0] == "." else mark[1:] == element.id for mark in marks
    )


@lru_cache(maxsize=1000)
def _plain(compound: str) -> tuple[str | None, tuple[str, ...]] | None:
    """Tag, and classes and ids, of a part of a selector; None when it is not plain."""
    found = _COMPOUND.match(compound)
    if not found or not compound:
        return None
    tag, marks = found.groups()
    return tag, tuple(re.findall(r"[.#][\w-]+", marks or ""))


def declarations(text: str) -> dict[str, str]:
    """``stroke: red; fill: none`` as a mapping."""
    pairs = (part.partition(":") for part in text.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip()
        for name, colon, value in pairs
        if colon
    }


def style_of(
    parent: Mapping[str, str],
    attributes: Mapping[str, str],
    sheet: StyleSheet,
    chain: tuple[Element, ...],
) -> dict[str, str]:
    """The style an element has, from its parent, its attributes, style sheets and its own style."""
    style = {name: parent.get(name, _START.get(name, "")) for name in _INHERITED}
    own = {name: attributes[name] for name in (*_INHERITED, *_OWN) if name in attributes}
    own |= sheet.of(chain)
    own |= declarations(attributes.get("style", ""))
    style |= {name: own[name] for name in (*_INHERITED, *_OWN) if name in own}
    for name in _INHERITED:
        if style[name] == "inherit":
            style[name] = parent.get(name, _START.get(name, ""))
    return style


def colour_of(text: str, current: str = "black") -> str | None:
    """A colour of SVG as ``#rrggbb``; ``None`` for none, and for patterns and gradients."""
    text = text.strip().lower()
    if text == "currentcolor":
        text = current.strip().lower()
    if not text or text in ("none", "transparent") or text.startswith("url"):
        return None
    if text.startswith("rgb"):
        parts = re.findall(r"([-+.\d]+)(%?)", text)[:3]
        if len(parts) < 3:
            return None
        levels = [float(value) * (2.55 if unit else 1.0) for value, unit in parts]
        return hex_colour(*(level / 255 for level in levels))
    try:
        return hex_colour(*(level / 255 for level in ImageColor.getrgb(text)[:3]))
    except ValueError:
        return None


def hex_colour(red: float, green: float, blue: float) -> str:
    """Levels 0..1 as ``#rrggbb``."""
    levels = (min(max(level, 0.0), 1.0) for level in (red, green, blue))
    return "#" + "".join(f"{round(level * 255):02x}" for level in levels)


def numbers_in(text: str) -> list[float]:
    """All numbers of an attribute."""
    return [float(found) for found in _NUMBER.findall(text)]


def length_of(text: str | None, default: float = 0.0) -> float:
    """A length in user units; a percentage or nothing is the default."""
    found = _NUMBER.match((text or "").strip())
    if not found or "%" in (text or ""):
        return default
    unit = (text or "").strip()[found.end() :].strip()
    return float(found.group()) * _UNITS.get(unit, 1.0)


def hidden(value: str | None) -> bool:
    """Whether an opacity lets nothing be seen."""
    return value is not None and value != "" and length_of(value, 1.0) == 0.0
