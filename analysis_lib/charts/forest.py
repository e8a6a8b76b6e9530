"""What each cohort or each contrast says: one line per estimate, no pooling."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import (
    Chart,
    codes_of,
    in_order,
    require_columns,
    values,
    vega_lite,
)
from analysis_lib.charts.theme import CHARACTER_WIDTH, Style, styles_of
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import Cell, count, interval, is_unknown, months, percent, ratio

ROW_COLUMNS = ("label", "group", "estimate", "low", "high", "n", "note", "interval_kind")

#: How an interval came about; a computed one is drawn thinner and dashed.
INTERVAL_KINDS = ("printed", "computed", "none")

#: How an estimate is written, by unit.
_NUMBERS: dict[str, Callable[[float | None], str]] = {
    "months": months,
    "percent": percent,
    "ratio": ratio,
}
_AXIS_FORMATS = {"months": "~g", "percent": ".0%", "ratio": "~g"}

#: Ticks of a log axis: even steps to the eye, numbers that readers know.
_LOG_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)

_LARGEST_SYMBOL = 300  # area in square pixels of the cohort with most patients
_SMALLEST_SYMBOL = 36
_LONGEST_LABEL = 280  # pixels
_PLOT_AND_NUMBERS = 400  # pixels that a wide forest needs beside its labels


@dataclass(frozen=True)
class _Layout:
    """Where lines of text stand, in pixels, relative to the middle of an interval."""

    narrow: bool
    row: int
    empty_row: int
    header: int
    label_x: int
    label_dy: int
    value_dy: int


def cohort_forest(
    id: str,
    rows: pd.DataFrame,
    *,
    title: str,
    x_title: str,
    unit: str = "months",
    scale: str = "linear",
    reference: float | None = None,
    domain: tuple[float, float] | None = None,
    description: str | None = None,
) -> Chart:
    """Estimates with intervals, grouped, each with its numbers beside it.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    rows : DataFrame
        Columns ``label`` (study and arm), ``group`` (side or treatment, as text),
        ``estimate``, ``low``, ``high`` (in months, 0..1 or as ratio; may be unknown),
        ``n`` (patients; may be unknown), ``note`` (text or unknown) and
        ``interval_kind`` (``printed``, ``computed`` or ``none``). Groups and rows keep
        their order (that of the categories where ``group`` is categorical). Optional
        columns: ``style`` (a code of the palette for the group), ``href`` (where the
        label leads).
    title, x_title : str
        What the chart shows; what the axis measures.
    unit : str
        ``months``, ``percent`` (values in 0..1) or ``ratio``: how numbers are written.
    scale : str
        ``linear`` or ``log``.
    reference : float, optional
        A line to compare with, such as 1 for a ratio.
    domain : (float, float), optional
        Ends of the axis; an interval that goes on beyond ends in an arrow.
    description : str, optional
        Text alternative; by default made from the rows.

    Returns
    -------
    Chart

    Raises
    ------
    InvalidInputError
        On a missing column, an unknown unit, scale or kind of interval, an interval
        reversed or without its estimate, or a log axis with a value of 0 or below.
    """
    _check(rows, unit, scale)
    ends = domain or _domain(rows, scale, unit, reference)
    if scale == "log" and ends[0] <= 0:
        raise InvalidInputError(f"a log axis must begin above 0, was {ends[0]}")
    records = _records(rows, ends, unit)
    groups = in_order(rows["group"])
    styles = styles_of(list(rows["group"]), codes_of(rows, "group"))
    wide = _wide(records)
    drawings = [
        _drawing(records, groups, styles, layout, (x_title, unit, scale, ends, reference))
        for layout in (wide, _narrow())
    ]
    return Chart(
        id=id,
        spec=drawings[0],
        narrow_spec=drawings[1],
        narrow_below=_PLOT_AND_NUMBERS - wide.label_x,
        title=title,
        description=description or _description(rows, records),
        table=_table(rows, unit),
    )


# --- the rows as data ---------------------------------------------------------------


def _check(rows: pd.DataFrame, unit: str, scale: str) -> None:
    require_columns(rows, ROW_COLUMNS, "rows")
    if unit not in _NUMBERS:
        raise InvalidInputError(f"unit must be one of {', '.join(_NUMBERS)}, was {unit!r}")
    if scale not in ("linear", "log"):
        raise InvalidInputError(f"scale must be linear or log, was {scale!r}")
    for row in rows.to_dict("records"):
        if row["interval_kind"] not in INTERVAL_KINDS:
            raise InvalidInputError(f"{row['label']}: interval_kind was {row['interval_kind']!r}")
        known = [row[name] for name in ("low", "estimate", "high") if not is_unknown(row[name])]
        if known and is_unknown(row["estimate"]):
            raise InvalidInputError(f"{row['label']}: an interval without its estimate")
        if known != sorted(known):
            raise InvalidInputError(f"{row['label']}: low, estimate, high must rise, were {known}")
        if scale == "log" and any(value <= 0 for value in known):
            raise InvalidInputError(f"{row['label']}: a log axis needs values above 0")


def _domain(
    rows: pd.DataFrame, scale: str, unit: str, reference: float | None
) -> tuple[float, float]:
    """Ends of the axis that hold every finite value; 0..1 for probabilities."""
    if unit == "percent":
        return 0.0, 1.0
    found = [
        float(value)
        for name in ("estimate", "low", "high")
        for value in rows[name]
        if not is_unknown(value) and math.isfinite(value)
    ] + ([reference] if reference is not None else [])
    if scale == "linear":
        return 0.0, 1.05 * max(found, default=1.0)
    low, high = min(found, default=0.5), max(found, default=2.0)
    return (
        max((tick for tick in _LOG_TICKS if tick <= low), default=low),
        min((tick for tick in _LOG_TICKS if tick >= high), default=high),
    )


def _records(rows: pd.DataFrame, ends: tuple[float, float], unit: str) -> list[dict]:
    largest = max((row for row in rows["n"] if not is_unknown(row)), default=1)
    return [_record(row, ends, unit, largest) for row in rows.to_dict("records")]


def _record(row: dict, ends: tuple[float, float], unit: str, largest: float) -> dict:
    estimate, drawn = row["estimate"], row["interval_kind"] != "none"
    low, high = (row["low"], row["high"]) if drawn else (None, None)
    size = None if is_unknown(row["n"]) else _LARGEST_SYMBOL * row["n"] / largest
    inside = not is_unknown(estimate) and ends[0] <= estimate <= ends[1]
    return {
        "label": str(row["label"]),
        "group": row["group"],
        "estimate": estimate if inside else None,
        "low": None if is_unknown(low) else max(low, ends[0]),
        "high": None if is_unknown(high) else min(high, ends[1]),
        "goes_left": not is_unknown(low) and low < ends[0],
        "goes_right": not is_unknown(high) and high > ends[1],
        "kind": row["interval_kind"],
        "size": max(_SMALLEST_SYMBOL, size or 0),
        "text": _text(row, unit),
        "note": "" if is_unknown(row["note"]) else str(row["note"]),
        "href": row.get("href"),
    }


def _text(row: dict, unit: str) -> str:
    """``11.1 (8.4 to 13.6), n 31``; an asterisk points to the note in the table."""
    low, high = (row["low"], row["high"]) if row["interval_kind"] != "none" else (None, None)
    shown = interval(row["estimate"], low, high, number=_NUMBERS[unit])
    patients = "" if is_unknown(row["n"]) else f", n {count(row['n'])}"
    return shown + patients + ("" if is_unknown(row["note"]) else " *")


# --- the drawing --------------------------------------------------------------------


def _wide(records: list[dict]) -> _Layout:
    longest = max(len(record["label"]) for record in records)
    room = min(_LONGEST_LABEL, int(CHARACTER_WIDTH * longest) + 24)
    return _Layout(
        narrow=False, row=26, empty_row=26, header=30, label_x=-room, label_dy=0, value_dy=0
    )


def _narrow() -> _Layout:
    return _Layout(
        narrow=True, row=60, empty_row=46, header=34, label_x=0, label_dy=-34, value_dy=-17
    )


def _drawing(
    records: list[dict],
    groups: list[str],
    styles: dict[str, Style],
    layout: _Layout,
    axis: tuple[str, str, str, tuple[float, float], float | None],
) -> dict:
    placed, headings, height = _place(records, groups, layout)
    x_title, unit, scale, ends, reference = axis
    y_scale = alt.Scale(domain=[0, height], reverse=True, nice=False, zero=False)
    y = alt.Y("y:Q", scale=y_scale, axis=None)
    ticks = {"values": [t for t in _LOG_TICKS if ends[0] <= t <= ends[1]]} if scale == "log" else {}
    x_scale = alt.Scale(type=scale, domain=list(ends), nice=False)
    # On a narrow screen text stands over the plot: no grid behind it, a title in lines.
    x_axis = alt.Axis(
        format=_AXIS_FORMATS[unit], tickCount=6, labelFlush=False, grid=not layout.narrow, **ticks
    )
    x_lines = textwrap.wrap(x_title, 42) if layout.narrow else x_title
    x = alt.X("estimate:Q", title=x_lines, scale=x_scale, axis=x_axis)
    layers = [
        *_reference_layer(reference, x_scale),
        *_interval_layers(placed, y),
        _estimate_layer(placed, groups, styles, x, y),
        *_text_layers(placed, headings, layout, y),
    ]
    drawing = alt.layer(*layers).properties(width="container", height=height)
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


def _place(
    records: list[dict], groups: list[str], layout: _Layout
) -> tuple[list[dict], list[dict], int]:
    """Vertical places: a heading per group, its rows below it."""
    placed, headings, top = [], [], 0
    for group in groups:
        headings.append({"text": str(group), "y": top + layout.header // 2})
        top += layout.header
        for record in records:
            if record["group"] == group:
                middle = layout.row - 14 if layout.narrow else layout.row // 2
                placed.append(record | {"y": top + middle})
                top += layout.empty_row if record["estimate"] is None else layout.row
        top += 6
    return placed, headings, top


def _reference_layer(reference: float | None, x_scale: alt.Scale) -> list[alt.Chart]:
    if reference is None:
        return []
    data = alt.Chart(values("reference", [{"reference": reference}]))
    x = alt.X("reference:Q", scale=x_scale)
    return [data.mark_rule(strokeDash=[5, 4], strokeWidth=1.25).encode(x=x)]


def _interval_layers(placed: list[dict], y: alt.Y) -> list[alt.Chart]:
    layers = []
    looks = (("printed", [1, 0], 2.25), ("computed", [4, 3], 1.25))
    for kind, dash, width in looks:
        own = [
            record
            for record in placed
            if record["kind"] == kind and None not in (record["low"], record["high"])
        ]
        if own:
            mark = alt.Chart(values(f"intervals-{kind}", own)).mark_rule(
                strokeDash=dash, strokeWidth=width
            )
            layers.append(mark.encode(x="low:Q", x2="high:Q", y=y, color=_colour()))
    for flag, end, shape in (
        ("goes_left", "low", "triangle-left"),
        ("goes_right", "high", "triangle-right"),
    ):
        own = [record for record in placed if record[flag]]
        if own:
            mark = alt.Chart(values(f"beyond-{end}", own)).mark_point(
                shape=shape, filled=True, size=70, opacity=1
            )
            layers.append(mark.encode(x=f"{end}:Q", y=y, color=_colour()))
    return layers


def _colour() -> alt.Color:
    """The group's colour; its scale is set once, with the estimates."""
    return alt.Color("group:N", legend=None)


def _estimate_layer(
    placed: list[dict], groups: list[str], styles: dict[str, Style], x: alt.X, y: alt.Y
) -> alt.Chart:
    scales = {
        name: alt.Scale(domain=groups, range=[getattr(styles[group], name) for group in groups])
        for name in ("colour", "shape")
    }
    return (
        alt.Chart(values("estimates", placed))
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
    placed: list[dict], headings: list[dict], layout: _Layout, y: alt.Y
) -> list[alt.Chart]:
    labels = alt.Chart(values("estimates", placed))
    left = alt.value(layout.label_x)
    right = left if layout.narrow else alt.value("width")
    limit = 0 if layout.narrow else -layout.label_x - 8
    encoded = {"y": y, "tooltip": _tooltip()}
    if any(record["href"] for record in placed):
        encoded["href"] = "href:N"
    return [
        alt.Chart(values("headings", headings))
        .mark_text(align="left", style="strong")
        .encode(x=left, y=y, text="text:N"),
        labels.mark_text(align="left", dy=layout.label_dy, limit=limit).encode(
            x=left, text="label:N", **encoded
        ),
        labels.mark_text(
            align="left",
            dx=0 if layout.narrow else 14,
            dy=layout.value_dy,
            **({"style": "quiet"} if layout.narrow else {}),
        ).encode(x=right, y=y, text="text:N"),
    ]


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("label:N", title="Study"),
        alt.Tooltip("text:N", title="Estimate"),
        alt.Tooltip("kind:N", title="Interval"),
        alt.Tooltip("note:N", title="Note"),
    ]


# --- in words -----------------------------------------------------------------------


def _table(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    number = _NUMBERS[unit]
    return pd.DataFrame(
        [
            {
                "Study": _linked(row),
                "Group": row["group"],
                "Estimate": number(row["estimate"]),
                "Low": number(row["low"]),
                "High": number(row["high"]),
                "n": count(row["n"]),
                "Interval": row["interval_kind"],
                "Note": "" if is_unknown(row["note"]) else str(row["note"]),
            }
            for row in rows.to_dict("records")
        ]
    )


def _linked(row: dict) -> str | Cell:
    href = row.get("href")
    return str(row["label"]) if is_unknown(href) else Cell(str(row["label"]), href=href)


def _description(rows: pd.DataFrame, records: list[dict]) -> str:
    groups = ", ".join(
        f"{group} ({len(own)} {'row' if len(own) == 1 else 'rows'})"
        for group, own in rows.groupby("group", sort=False)
    )
    parts = [
        f"One line per estimate, by group: {groups}.",
        "Area of a symbol: n, the number of patients, lesions or cavities.",
    ]
    kinds = {record["kind"] for record in records if record["low"] is not None}
    if "computed" in kinds:
        parts.append("Solid intervals are printed in the paper, dashed ones computed by us.")
    if any(record["note"] for record in records):
        parts.append("* See the note in the table below.")
    if any(record["goes_left"] or record["goes_right"] for record in records):
        parts.append("An arrow: the interval goes on beyond the axis.")
    return " ".join(parts)
