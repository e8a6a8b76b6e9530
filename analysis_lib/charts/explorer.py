"""Every arm as a mark against the number behind it: for looking, not for an answer."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape

import altair as alt
import pandas as pd
import vl_convert

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import NEUTRALS, SIDE_STYLES, Style
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import count, interval, months, percent

MARK_COLUMNS = ("row", "study", "arm", "group", "outcome", "survival", "n", "value", "low", "high")

#: Groups of treatments; here all stand in one picture, so no two may share a symbol.
GROUP_STYLES: Mapping[str, Style] = {
    group: SIDE_STYLES[group]
    for group in ("re_resection", "re_srs", "wbrt", "litt", "brachytherapy", "systemic")
} | {
    "supportive": replace(SIDE_STYLES["supportive"], shape="triangle-down"),
    "other": replace(SIDE_STYLES["other"], shape="triangle-left"),
}

#: Outlines of the symbols in a square from -1 to 1, as Vega draws them.
_OUTLINES = {
    "circle": "M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0Z",
    "square": "M-.9,-.9H.9V.9H-.9Z",
    "diamond": "M0,-1.1L1.1,0L0,1.1L-1.1,0Z",
    "cross": "M-1,-.35H-.35V-1H.35V-.35H1V.35H.35V1H-.35V.35H-1Z",
    "triangle-up": "M0,-1L1,.9H-1Z",
    "triangle-down": "M0,1L1,-.9H-1Z",
    "triangle-right": "M1,0L-.9,1V-1Z",
    "triangle-left": "M-1,0L.9,1V-1Z",
}

_NUMBERS = {"months": (months, ".0f"), "percent": (percent, ".0%")}
#: Ticks of the log axes.
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_HEIGHT = 300
_SYMBOL = 90  # area in square pixels
_STILL_WIDTH = 360  # pixels of the picture for a page without scripts


def explorer_chart(
    id: str,
    marks: pd.DataFrame,
    *,
    title: str,
    y_title: str,
    unit: str,
    labels: Mapping[str, str],
    description: str,
) -> Chart:
    """A figure of every arm against the number it rests on.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    marks : DataFrame
        One row a mark: ``row`` (its place in the page's table, by which a script links
        the two), ``study``, ``arm``, ``group`` (key of :data:`GROUP_STYLES`), ``outcome``,
        ``survival`` (bool: filled symbol, else hollow), ``n`` (positive), ``value``,
        ``low``, ``high`` (months or 0..1; limits may be unknown).
    title, description : str
        Name and text alternative.
    y_title : str
        Title of the axis.
    unit : str
        ``months`` or ``percent``.
    labels : mapping of group to its name

    Returns
    -------
    Chart
        Number on a log axis, value upwards (months on a log axis too), a whisker where both
        limits are known.

    Raises
    ------
    InvalidInputError
        On a missing column, no row, an unknown group or unit.
    """
    require_columns(marks, MARK_COLUMNS, "marks")
    unknown = sorted(set(marks["group"]) - set(GROUP_STYLES))
    if unknown or unit not in _NUMBERS:
        raise InvalidInputError(f"unknown group {unknown} or unit {unit!r}")
    number = _NUMBERS[unit][0]
    records = [
        {name: row[name] for name in MARK_COLUMNS}
        | {"label": labels[row["group"]], "text": _figure(row, number)}
        for row in marks.to_dict("records")
    ]
    return Chart(
        id=id,
        spec=_drawing(records, y_title=y_title, unit=unit),
        title=title,
        description=description,
        table=_table(records, y_title),
    )


def still_picture(chart: Chart, *, width: int = _STILL_WIDTH) -> str:
    """The drawing as SVG for a page without scripts; colours follow the style sheet."""
    spec = copy.deepcopy(chart.spec)
    spec["width"] = width
    svg = vl_convert.vegalite_to_svg(spec)
    for colour, name in sorted((colour, name) for name, colour in NEUTRALS.items()):
        svg = svg.replace(f'"{colour}"', f'"var({name})"')
    # Two pictures of one page must not name their clip paths alike.
    svg = re.sub(r'(id="|url\(#)', rf"\1{chart.id}-", svg)
    start = f'<svg role="img" aria-label="{escape(chart.title)}" '
    return svg.replace("<svg ", start, 1)


def symbol(group: str) -> str:
    """The group's symbol as a small SVG beside its name, where no chart's legend stands."""
    style = GROUP_STYLES[group]
    return (
        '<svg class="lsr-symbol" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true">'
        f'<path d="{_OUTLINES[style.shape]}" fill="{style.colour}"/></svg>'
    )


def _figure(row: dict, number) -> str:
    return interval(row["value"], row["low"], row["high"], number=number)


def _drawing(records: list[dict], *, y_title: str, unit: str) -> dict:
    x = alt.X(
        "n:Q",
        title="Patients or lesions analysed (log scale)",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(values=list(_TICKS), grid=False, format=".0f"),
    )
    # Times on a log axis, as ratios of them are compared; else one wide interval hides all.
    log = unit == "months"
    scale = alt.Scale(type="log", nice=False, padding=12) if log else alt.Scale(domain=[0, 1])
    steps = {"values": list(_TICKS)} if log else {"tickCount": 6}
    axis = alt.Axis(format=_NUMBERS[unit][1], **steps)
    y = alt.Y("value:Q", title=y_title, scale=scale, axis=axis)
    whiskers = _whiskers(records, x, scale)
    filled, hollow = (
        _symbols(name, [r for r in records if bool(r["survival"]) is is_survival], x, y)
        for name, is_survival in (("survival", True), ("other", False))
    )
    drawing = alt.layer(whiskers, filled.mark_point(filled=True, opacity=0.9, size=_SYMBOL))
    drawing += hollow.mark_point(filled=False, strokeWidth=2, opacity=0.9, size=_SYMBOL)
    drawing = drawing.properties(width="container", height=_HEIGHT)
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


def _colour() -> alt.Color:
    scale = alt.Scale(
        domain=list(GROUP_STYLES), range=[style.colour for style in GROUP_STYLES.values()]
    )
    return alt.Color("group:N", scale=scale, legend=None)


def _whiskers(records: list[dict], x: alt.X, scale: alt.Scale) -> alt.Chart:
    known = [r for r in records if not pd.isna(r["low"]) and not pd.isna(r["high"])]
    return (
        alt.Chart(values("whiskers", known))
        .mark_rule(strokeWidth=2, opacity=0.6)
        .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=_colour())
    )


def _symbols(name: str, records: list[dict], x: alt.X, y: alt.Y) -> alt.Chart:
    shapes = alt.Scale(
        domain=list(GROUP_STYLES), range=[style.shape for style in GROUP_STYLES.values()]
    )
    hints = {"study": "Study", "arm": "Arm", "label": "Treatment", "outcome": "Outcome"}
    hints |= {"text": "Figure", "n": "Number behind it"}
    return alt.Chart(values(name, records)).encode(
        x=x,
        y=y,
        color=_colour(),
        shape=alt.Shape("group:N", scale=shapes, legend=None),
        tooltip=[
            alt.Tooltip(f"{key}:{'Q' if key == 'n' else 'N'}", title=said)
            for key, said in hints.items()
        ],
    )


def _table(records: list[dict], y_title: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Study": [record["study"] for record in records],
            "Arm": [record["arm"] for record in records],
            "Treatment": [record["label"] for record in records],
            "Outcome": [record["outcome"] for record in records],
            "Number": [count(record["n"]) for record in records],
            y_title: [record["text"] for record in records],
        }
    )
