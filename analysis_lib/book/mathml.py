"""Sphinx extension: formulas become MathML at build time, no script draws them.

Jupyter Book's MathJax comes from another origin on every page. Browsers draw MathML
themselves (Chromium since 109, Firefox and Safari before), and a screen reader can
read it. Set ``html_math_renderer`` to ``mathml``.
"""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.commands import MATRICES
from latex2mathml.converter import convert_to_element
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

_logger = logging.getLogger(__name__)

_ENVIRONMENT = re.compile(r"\\begin\{([^}]*)\}")
_KNOWN_ENVIRONMENTS = frozenset(name.lstrip("\\") for name in MATRICES)
_ESCAPED = re.compile(r"\\.")


def to_mathml(latex: str, *, display: bool) -> str:
    """A LaTeX formula as a MathML element.

    Parameters
    ----------
    latex : str
        The formula without its dollar signs. Blank lines and ``\\\\`` part lines.
    display : bool
        On a line of its own, or within text.

    Raises
    ------
    ValueError
        If the formula is broken or holds a command or an environment that the
        converter does not know.
    """
    text = _aligned(latex.strip())
    _check_environments(text)
    try:
        element = convert_to_element(text, display="block" if display else "inline")
    except Exception as error:  # the converter raises whatever its parser stumbles over
        raise ValueError(f"formula cannot be read ({error or type(error).__name__})") from error
    # The converter holds characters as entities and would write text unescaped: made
    # characters here, the serialiser escapes what must be.
    for part in element.iter():
        part.text = unescape(part.text) if part.text else part.text
        if (part.text or "").startswith("\\"):
            raise ValueError(f"formula holds an unknown command {part.text}")
    return ElementTree.tostring(element, encoding="unicode")


def _aligned(latex: str) -> str:
    """Several lines as one aligned block, as Sphinx's MathJax writer has it."""
    lines = [line.strip() for line in re.split(r"\n\s*\n", latex) if line.strip()]
    text = r" \\ ".join(lines)
    several = len(lines) > 1 or (r"\\" in text and r"\begin" not in text)
    text = rf"\begin{{split}}{text}\end{{split}}" if several else text
    # The converter has no "aligned"; "split" is the same here.
    return text.replace("{aligned}", "{split}")


def _check_environments(latex: str) -> None:
    """Refuse what the converter would pass over in silence."""
    for name in _ENVIRONMENT.findall(latex):
        if name not in _KNOWN_ENVIRONMENTS:
            raise ValueError(f"formula holds an unknown environment {name}")
    bare = _ESCAPED.sub("", latex)
    if bare.count("{") != bare.count("}"):
        raise ValueError("formula has a brace without its pair")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_rendered(self, node, display=False))
    self.body.append("</span>")
    raise nodes.SkipNode


def _visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(_rendered(self, node, display=True))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _rendered(self: HTML5Translator, node: nodes.Element, *, display: bool) -> str:
    latex = node.astext()
    try:
        return to_mathml(latex, display=display)
    except ValueError as error:
        _logger.warning("%s: %s", error, latex, location=node, type="mathml")
        return f"<code>{self.encode(latex)}</code>"
