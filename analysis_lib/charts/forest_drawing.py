"""How a forest is laid out and drawn: wide with labels at the left, narrow with them above.

Every text is wrapped, none is cut: the height of a line follows from the longer of its
label and its numbers, and the plot of a narrow drawing takes the whole width.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import altair as alt

from analysis_lib.charts.chart import values, vega_lite
from analysis_lib.charts.theme import (
    CHARACTER_WIDTH,
    LINE_HEIGHT,
    NARROW_CHARACTERS,
    QUIET,
    Style,
)

#: Ticks of a log axis: even steps to the eye, numbers that readers know.
LOG_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)

#: Pixels from which there is room for labels, plot and numbers beside each other.
WIDE_FROM = 640

_AXIS_FORMATS = {"months": "~f", "percent": ".0%", "ratio": "~f"}
_LABEL_CHARACTERS, _VALUE_CHARACTERS = 30, 28  # of a line of text in a wide drawing
_SPACE = 10  # pixels between two lines of the forest
_MARK = 24  # pixels that the mark under its text takes in a narrow drawing
_DIAMOND = 8  # half of its height
_HEADING_SPACE = 12


@dataclass(frozen=True)
class ForestAxis:
    """The horizontal axis: what it measures, in which unit and scale, from where to where."""

    title: str
    unit: str
    scale: str
    ends: tuple[float, float]
    reference: float | None


@dataclass(frozen=True)
class _Place:
    """Where the text of a drawing stands: pixels from the plot's left edge, and characters."""

    narrow: bool
    left: int
    label_characters: int
    value_characters: int


def draw_forest(
    lines: list[dict], groups: dict[str, Style], axis: ForestAxis, *, narrow: bool
) -> dict:
    """The forest as Vega-Lite.

    Parameters
    ----------
    lines : list of dict
        Estimates and pools (``kind`` ``pooled``) in their order within a group.
    groups : dict
        Style of each group, in order.
    axis : ForestAxis
        The axis.
    narrow : bool
        For a phone: label and numbers above the mark, a plot of the whole width.
    """
    place = _narrow() if narrow else _wide(lines, groups)
    placed, headings, height = _placed(lines, groups, place)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], reverse=True, nice=False))
    rows = [line for line in placed if line["kind"] != "pooled"]
    pools = [line for line in placed if line["kind"] == "pooled" and line["estimate"] is not None]
    x = _x(axis, place)
    layers = [
        *_reference_layer(axis, placed, place, y),
        *_interval_layers(rows, y),
        *_prediction_layers(pools, y),
        *_diamond_layer(pools, y),
        _estimate_layer(rows, groups, x, y),
        *_text_layers(placed, headings, place, y),
    ]
    drawing = alt.layer(*layers).properties(width="container", height=height)
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


# --- places -------------------------------------------------------------------------


def _wide(lines: list[dict], groups: dict[str, Style]) -> _Place:
    longest = max(
        len(part) for line in lines for part in _wrapped(line["label"], _LABEL_CHARACTERS)
    )
    return _Place(False, -int(CHARACTER_WIDTH * longest) - 28, _LABEL_CHARACTERS, _VALUE_CHARACTERS)


def _narrow() -> _Place:
    return _Place(True, 0, NARROW_CHARACTERS, NARROW_CHARACTERS + 2)


def _wrapped(text: str, characters: int) -> list[str]:
    return textwrap.wrap(text, characters, break_on_hyphens=False) or [""]


def _placed(
    lines: list[dict], groups: dict[str, Style], place: _Place
) -> tuple[list[dict], list[dict], int]:
    """Vertical places in pixels: a heading per group, its lines below it."""
    placed, headings, top = [], [], 0
    for group in groups:
        # A heading stands over labels, plot and numbers: it has more room than a label.
        parts = _wrapped(str(group), NARROW_CHARACTERS if place.narrow else 2 * NARROW_CHARACTERS)
        headings.append({"text": "\n".join(parts), "y": top + _SPACE})
        top += LINE_HEIGHT * len(parts) + _HEADING_SPACE
        for line in lines:
            if line["group"] == group:
                found, height = _place_line(line, top, place)
                placed.append(found)
                top += height
        top += _SPACE
    return placed, headings, top


def _place_line(line: dict, top: int, place: _Place) -> tuple[dict, int]:
    """A line with its texts wrapped and its places; and how high it is."""
    label = _wrapped(line["label"], place.label_characters)
    value = _wrapped(line["text"], place.value_characters)
    texts = {"label": "\n".join(label), "text": "\n".join(value), "name": line["label"]}
    if place.narrow:
        value_y = top + _SPACE + LINE_HEIGHT * len(label)
        mark = value_y + LINE_HEIGHT * len(value) + 2
        height = mark - top + (_MARK - 8 if _has_mark(line) else 0)
        return line | texts | {"label_y": top + _SPACE, "value_y": value_y, "y": mark}, height
    height = LINE_HEIGHT * max(len(label), len(value)) + _SPACE
    middle = top + height // 2
    return line | texts | {
        "label_y": middle - LINE_HEIGHT * (len(label) - 1) // 2,
        "value_y": middle - LINE_HEIGHT * (len(value) - 1) // 2,
        "y": middle,
    }, height


def _has_mark(line: dict) -> bool:
    return any(line[name] is not None for name in ("estimate", "low", "high"))


# --- layers -------------------------------------------------------------------------


def _x(axis: ForestAxis, place: _Place) -> alt.X:
    low, high = axis.ends
    ticks = {"values": [t for t in LOG_TICKS if low <= t <= high]} if axis.scale == "log" else {}
    # On a narrow screen text stands over the plot: no grid behind it.
    x_axis = alt.Axis(
        format=_AXIS_FORMATS[axis.unit],
        tickCount=5 if place.narrow else 6,
        labelFlush=False,
        labelOverlap=True,
        grid=not place.narrow,
        **ticks,
    )
    scale = alt.Scale(type=axis.scale, domain=[low, high], nice=False)
    title = _wrapped(axis.title, NARROW_CHARACTERS)
    return alt.X("estimate:Q", title=title, scale=scale, axis=x_axis)


def _reference_layer(
    axis: ForestAxis, placed: list[dict], place: _Place, y: alt.Y
) -> list[alt.Chart]:
    """The line to compare with; in a narrow drawing beside the marks only, not over text."""
    if axis.reference is None:
        return []
    marked = [line["y"] for line in placed if _has_mark(line)] if place.narrow else []
    half = _MARK // 2
    parts = [{"reference": axis.reference, "y": m - half + 3, "to": m + half} for m in marked]
    data = alt.Chart(values("reference", parts or [{"reference": axis.reference}]))
    rule = data.mark_rule(strokeDash=[5, 4], strokeWidth=1.25)
    ends = {"y": y, "y2": "to:Q"} if parts else {}
    return [rule.encode(x="reference:Q", **ends)]


def _interval_layers(rows: list[dict], y: alt.Y) -> list[alt.Chart]:
    layers = []
    for kind, dash, width in (("printed", [1, 0], 2.25), ("computed", [4, 3], 1.25)):
        own = [row for row in rows if row["kind"] == kind and None not in (row["low"], row["high"])]
        if own:
            mark = alt.Chart(values(f"intervals-{kind}", own)).mark_rule(
                strokeDash=dash, strokeWidth=width
            )
            layers.append(mark.encode(x="low:Q", x2="high:Q", y=y, color=_colour()))
    return layers + _arrows(rows, "", y)


def _arrows(lines: list[dict], prefix: str, y: alt.Y) -> list[alt.Chart]:
    """Where an interval goes on beyond the axis."""
    layers = []
    for side, end in (("left", "low"), ("right", "high")):
        own = [line for line in lines if line[f"{prefix}goes_{side}"]]
        if own:
            mark = alt.Chart(values(f"{prefix}beyond-{end}", own)).mark_point(
                shape=f"triangle-{side}", filled=True, size=70, opacity=1
            )
            colour = alt.value(QUIET) if prefix else _colour()
            layers.append(mark.encode(x=f"{prefix}{end}:Q", y=y, color=colour))
    return layers


def _prediction_layers(pools: list[dict], y: alt.Y) -> list[alt.Chart]:
    own = [pool for pool in pools if None not in (pool["prediction_low"], pool["prediction_high"])]
    if not own:
        return []
    mark = alt.Chart(values("predictions", own)).mark_rule(
        strokeDash=[1.5, 3], strokeWidth=1.75, color=QUIET
    )
    rule = mark.encode(x="prediction_low:Q", x2="prediction_high:Q", y=y)
    return [rule, *_arrows(own, "prediction_", y)]


def _diamond_layer(pools: list[dict], y: alt.Y) -> list[alt.Chart]:
    """A diamond from limit to limit, highest at the estimate."""
    corners = [
        {
            "group": pool["group"],
            "name": f"{number}",
            "x": x,
            "y": pool["y"] - h,
            "to": pool["y"] + h,
        }
        for number, pool in enumerate(pools)
        for x, h in ((pool["low"], 0), (pool["estimate"], _DIAMOND), (pool["high"], 0))
    ]
    if not corners:
        return []
    mark = alt.Chart(values("diamonds", corners)).mark_area(opacity=1)
    return [mark.encode(x="x:Q", y=y, y2="to:Q", color=_colour(), detail="name:N")]


def _colour() -> alt.Color:
    """The group's colour; its scale is set once, with the estimates."""
    return alt.Color("group:N", legend=None)


def _estimate_layer(rows: list[dict], groups: dict[str, Style], x: alt.X, y: alt.Y) -> alt.Chart:
    names = list(groups)
    scales = {
        name: alt.Scale(domain=names, range=[getattr(groups[group], name) for group in names])
        for name in ("colour", "shape")
    }
    return (
        alt.Chart(values("estimates", rows))
        .mark_point(filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.Color("group:N", scale=scales["colour"], legend=None),
            shape=alt.Shape("group:N", scale=scales["shape"], legend=None),
            size=alt.Size("size:Q", scale=None, legend=None),
            tooltip=_tooltip(),
        )
    )


def _text_layers(
    placed: list[dict], headings: list[dict], place: _Place, y: alt.Y
) -> list[alt.Chart]:
    rows = [line for line in placed if line["kind"] != "pooled"]
    pools = [line for line in placed if line["kind"] == "pooled"]
    left = alt.value(place.left)
    heading = alt.Chart(values("headings", headings)).mark_text(
        align="left", style="strong", lineBreak="\n", lineHeight=LINE_HEIGHT
    )
    layers = [heading.encode(x=left, y=y, text="text:N")]
    layers += _texts("estimates", rows, place, "plain")
    return layers + (_texts("pools", pools, place, "strong") if pools else [])


def _texts(name: str, lines: list[dict], place: _Place, style: str) -> list[alt.Chart]:
    """The labels of lines, and their numbers beside or below them."""
    data = alt.Chart(values(name, lines))
    left = alt.value(place.left)
    looks = {"align": "left", "lineBreak": "\n", "lineHeight": LINE_HEIGHT}
    links = {"href": "href:N"} if any(line["href"] for line in lines) else {}
    value_style = "quiet" if place.narrow else "plain"
    return [
        data.mark_text(style=style, **looks).encode(
            x=left, y=alt.Y("label_y:Q", axis=None), text="label:N", tooltip=_tooltip(), **links
        ),
        data.mark_text(style=value_style, dx=0 if place.narrow else 14, **looks).encode(
            x=left if place.narrow else alt.value("width"),
            y=alt.Y("value_y:Q", axis=None),
            text="text:N",
        ),
    ]


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N", title="Study"),
        alt.Tooltip("text:N", title="Estimate"),
        alt.Tooltip("kind:N", title="Interval"),
    ]
