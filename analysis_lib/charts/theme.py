"""One palette and one configuration for every chart.

Each treatment keeps its colour and its symbol everywhere. A colour has a relative
luminance between 0.13 and 0.30, so that it keeps a contrast of at least 3:1 both on
white and on the dark page (WCAG 2.1, 1.4.11): dark mode changes only the neutral
colours (text, axes, grid), which the page's script replaces by custom properties of
the style sheet. Blue, vermilion, bluish green and reddish purple are those of Okabe
and Ito (2008), which all common kinds of colour vision tell apart: the sides of one
comparison take theirs from these. Symbols and text carry the same distinction
without colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Neutral colours in light mode: custom property of the style sheet -> colour.
NEUTRALS = {
    "--lsr-ink": "#1c2430",
    "--lsr-quiet": "#566170",
    "--lsr-line": "#868f9a",
    "--lsr-grid": "#dfe3e8",
    "--lsr-surface": "#ffffff",
}

INK = NEUTRALS["--lsr-ink"]
QUIET = NEUTRALS["--lsr-quiet"]
LINE = NEUTRALS["--lsr-line"]
GRID = NEUTRALS["--lsr-grid"]

FONT = (
    '-apple-system, BlinkMacSystemFont, "Segoe UI", "Helvetica Neue", Arial, '
    '"DejaVu Sans", sans-serif'
)

#: Height of a line of text, in pixels.
LINE_HEIGHT = 16

#: Characters of a line that a phone of 390 pixels shows beside the page's margins.
NARROW_CHARACTERS = 40

#: Mean width of a character at the charts' text size, in pixels: for room and line breaks.
CHARACTER_WIDTH = 7.0


@dataclass(frozen=True)
class Style:
    """How a treatment or a side of a comparison looks: colour and symbol."""

    colour: str
    shape: str


#: Treatments of the vocabulary. Surgery is blue, radiosurgery vermilion, both together
#: bluish green, whole-brain radiotherapy ochre, laser magenta, brachytherapy olive,
#: drugs violet, the rest grey.
TREATMENT_STYLES = {
    "re_resection": Style("#0072B2", "circle"),
    "re_resection_alone": Style("#3B5BDB", "square"),
    "re_resection_plus_re_srs": Style("#009E73", "triangle-up"),
    "re_resection_plus_rt_mixed": Style("#0086A8", "diamond"),
    "re_resection_plus_wbrt": Style("#3C7A9E", "triangle-down"),
    "re_resection_plus_brachytherapy": Style("#6B7FD0", "triangle-right"),
    "re_resection_plus_local_chemo": Style("#5E86A8", "cross"),
    "re_srs": Style("#D55E00", "diamond"),
    "re_hypofractionated_srt": Style("#E0762B", "triangle-up"),
    "wbrt": Style("#A5780A", "square"),
    "re_wbrt": Style("#8C6D1F", "triangle-down"),
    "litt": Style("#CC4C94", "triangle-right"),
    "litt_plus_srt": Style("#B0529F", "triangle-left"),
    "brachytherapy_alone": Style("#5F8A1C", "cross"),
    "systemic_only": Style("#8E63CE", "triangle-up"),
    "best_supportive_care": Style("#7A7A7A", "circle"),
    "non_surgical": Style("#A0624A", "square"),
    "not_stated": Style("#6E7781", "cross"),
}

#: Sides of a comparison and groups of treatments that are no treatment code themselves.
SIDE_STYLES = {
    "re_resection": TREATMENT_STYLES["re_resection"],
    "non_surgical": TREATMENT_STYLES["non_surgical"],
    "re_srs": TREATMENT_STYLES["re_srs"],
    "gross_total": TREATMENT_STYLES["re_resection"],
    "subtotal": Style("#CC79A7", "square"),
    "with_re_irradiation": TREATMENT_STYLES["re_resection_plus_re_srs"],
    "without_re_irradiation": TREATMENT_STYLES["re_resection_alone"],
    "wbrt": TREATMENT_STYLES["wbrt"],
    "litt": TREATMENT_STYLES["litt"],
    "brachytherapy": TREATMENT_STYLES["brachytherapy_alone"],
    "systemic": TREATMENT_STYLES["systemic_only"],
    "supportive": TREATMENT_STYLES["best_supportive_care"],
    "other": TREATMENT_STYLES["not_stated"],
}

#: For sides without a code, in order of appearance.
ORDERED_STYLES = (
    Style("#0072B2", "circle"),
    Style("#D55E00", "diamond"),
    Style("#009E73", "triangle-up"),
    Style("#CC79A7", "square"),
)

#: Parts of a whole (second reading): the better, the darker.
PART_COLOURS = ("#0072B2", "#E0762B", "#7A7A7A")


def styles_of(labels: Sequence[str], codes: Sequence[str]) -> dict[str, Style]:
    """The style of each label: by its code where that is known, else in order.

    A code of :data:`SIDE_STYLES` or :data:`TREATMENT_STYLES` keeps its colour; any
    other label takes the next of :data:`ORDERED_STYLES` that is still free.
    """
    known = TREATMENT_STYLES | SIDE_STYLES
    named = {label: known[code] for label, code in zip(labels, codes, strict=True) if code in known}
    free = [style for style in ORDERED_STYLES if style not in named.values()] or ORDERED_STYLES
    styles, used = {}, 0
    for label in dict.fromkeys(labels):
        if label not in named:
            named[label] = free[used % len(free)]
            used += 1
        styles[label] = named[label]
    return styles


def configuration() -> dict:
    """The Vega-Lite configuration of every chart, in light mode's neutral colours."""
    # Vega's own ARIA attributes are off: the figure around the drawing carries its name,
    # its description and its numbers once, in HTML.
    return {
        "aria": False,
        "background": None,
        "font": FONT,
        "padding": {"left": 1, "right": 8, "top": 4, "bottom": 4},
        "view": {"stroke": None},
        "axis": {
            "labelColor": INK,
            "titleColor": INK,
            "domainColor": LINE,
            "tickColor": LINE,
            "gridColor": GRID,
            "labelFontSize": 13,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 10,
        },
        "legend": {
            "labelColor": INK,
            "titleColor": INK,
            "labelFontSize": 13,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "labelLimit": 0,
            "symbolSize": 110,
            # Two legends stand below each other: beside each other they overrun a phone.
            "layout": {"top": {"direction": "vertical", "anchor": "start", "margin": 6}},
        },
        "text": {"color": INK, "fontSize": 13},
        "rule": {"color": LINE},
        "style": {
            "quiet": {"fill": QUIET, "fontSize": 12},
            "strong": {"fill": INK, "fontSize": 13, "fontWeight": "bold"},
        },
    }
