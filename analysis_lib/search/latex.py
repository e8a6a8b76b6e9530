"""LaTeX of reference managers as text: accents, Greek letters and signs as characters."""

from __future__ import annotations

import contextlib
import re
import unicodedata

from pybtex.database import PybtexError
from pybtex.richtext import Text

#: LaTeX's names of Greek letters where Unicode spells them otherwise.
_RESPELLED = {"lambda": "lamda"}

_GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
sigma tau upsilon phi chi psi omega"""

#: Signs that abstracts need to be understood: p<0.05 without its sign says something else.
_SIGNS = {
    "textless": "<", "textgreater": ">", "lt": "<", "gt": ">", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "textleq": "≤", "textgeq": "≥", "times": "×", "texttimes": "×", "pm": "±",
    "textpm": "±", "sim": "~", "approx": "≈", "textdegree": "°", "cdot": "·",
}  # fmt: skip


def _letter(name: str, size: str) -> str:
    return unicodedata.lookup(f"GREEK {size} LETTER {_RESPELLED.get(name, name).upper()}")


_CHARACTERS = (
    _SIGNS
    | {name: _letter(name, "SMALL") for name in _GREEK.split()}
    | {name.capitalize(): _letter(name, "CAPITAL") for name in _GREEK.split()}
)

_NAMED = re.compile(r"\\(?:text|var|up)?([A-Za-z]+)(?:\{\}| )?")
_FORMULA = re.compile(r"(?<!\\)\$([^$]*?)(?<!\\)\$")


def plain_text(latex: str) -> str:
    """LaTeX as text; what is no LaTeX is taken as it stands, braces and commands gone."""
    latex = _FORMULA.sub(_unmarked, _NAMED.sub(_character, latex))
    with contextlib.suppress(PybtexError, ValueError):
        latex = str(Text.from_latex(latex))
    return re.sub(r"\\[a-zA-Z]+ ?|[{}]|\\(?=\$)", "", latex)


def _unmarked(formula: re.Match) -> str:
    """A formula without its marks: CO$_2$ is CO2, and 10$^3$ stays a power."""
    return formula[1].replace("_", "")


def _character(command: re.Match) -> str:
    """The character that a command names; other commands stay for the parser."""
    whole = command[0].lstrip("\\").rstrip(" {}")
    return _CHARACTERS.get(whole) or _CHARACTERS.get(command[1]) or command[0]
