"""What each cohort or each contrast says, and where there is one the pool of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pandas as pd

from analysis_lib.charts.chart import Chart, codes_of, in_order, require_columns
from analysis_lib.charts.forest_drawing import LOG_TICKS, WIDE_FROM, ForestAxis, draw_forest
from analysis_lib.charts.theme import styles_of
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import Cell, count, interval, is_unknown, months, percent, ratio

ROW_COLUMNS = ("label", "group", "estimate", "low", "high", "n", "note", "interval_kind")
SUMMARY_COLUMNS = (
    *("label", "group", "estimate", "low", "high", "prediction_low", "prediction_high", "why_not"),
)

#: How an interval came about; a computed one is drawn thinner and dashed.
INTERVAL_KINDS = ("printed", "computed", "none")

#: How an estimate is written, by unit.
_NUMBERS: dict[str, Callable[[float | None], str]] = {
    "months": months,
    "percent": percent,
    "ratio": ratio,
}

_LARGEST_SYMBOL = 300  # area in square pixels of the cohort with most patients
_SMALLEST_SYMBOL = 36


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
    summaries: pd.DataFrame | None = None,
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
        label leads), ``weight`` (share of the row in its pool, 0..1; unknown where it
        is in none).
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
    summaries : DataFrame, optional
        A line under a group's rows for each pool: ``label``, ``group``, ``estimate`` with
        ``low`` and ``high`` (drawn as a diamond), ``prediction_low`` and
        ``prediction_high`` (drawn as a line; may be unknown), and where there is no
        estimate ``why_not`` in words.
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
    pools = _checked_pools(summaries, rows, scale)
    ends = domain or _domain((rows, pools), scale, unit, reference)
    if scale == "log" and ends[0] <= 0:
        raise InvalidInputError(f"a log axis must begin above 0, was {ends[0]}")
    lines = _records(rows, ends, unit) + [
        _summary_record(row, ends, unit) for row in pools.to_dict("records")
    ]
    styles = styles_of(list(rows["group"]), codes_of(rows, "group"))
    groups = {group: styles[group] for group in in_order(rows["group"])}
    axis = ForestAxis(x_title, unit, scale, ends, reference)
    return Chart(
        id=id,
        spec=draw_forest(lines, groups, axis, narrow=False),
        narrow_spec=draw_forest(lines, groups, axis, narrow=True),
        narrow_below=WIDE_FROM,
        title=title,
        description=description or _description(rows, lines),
        table=_table(rows, pools, unit),
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


def _checked_pools(summaries: pd.DataFrame | None, rows: pd.DataFrame, scale: str) -> pd.DataFrame:
    """The pools as given, or none; each is of a group that has rows."""
    if summaries is None or summaries.empty:
        return pd.DataFrame(columns=SUMMARY_COLUMNS)
    require_columns(summaries, SUMMARY_COLUMNS, "summaries")
    for row in summaries.to_dict("records"):
        if row["group"] not in set(rows["group"]):
            raise InvalidInputError(f"summaries: {row['group']!r} is no group of the rows")
        found = [row[name] for name in ("low", "estimate", "high")]
        known = [value for value in found if not is_unknown(value)]
        if len(known) not in (0, 3) or known != sorted(known):
            raise InvalidInputError(f"summaries: low, estimate, high must rise, were {found}")
        if bool(known) != is_unknown(row["why_not"]):
            raise InvalidInputError("summaries: an estimate, or why there is none")
        if scale == "log" and any(value <= 0 for value in known):
            raise InvalidInputError(f"summaries: a log axis needs values above 0, were {known}")
    return summaries


def _domain(
    tables: Sequence[pd.DataFrame], scale: str, unit: str, reference: float | None
) -> tuple[float, float]:
    """Ends of the axis that hold every finite value; 0..1 for probabilities."""
    if unit == "percent":
        return 0.0, 1.0
    found = [
        float(value)
        for table in tables
        for name in ("estimate", "low", "high")
        for value in table[name]
        if not is_unknown(value) and math.isfinite(value)
    ] + ([reference] if reference is not None else [])
    if scale == "linear":
        return 0.0, 1.05 * max(found, default=1.0)
    low, high = min(found, default=0.5), max(found, default=2.0)
    return (
        max((tick for tick in LOG_TICKS if tick <= low), default=low),
        min((tick for tick in LOG_TICKS if tick >= high), default=high),
    )


def _records(rows: pd.DataFrame, ends: tuple[float, float], unit: str) -> list[dict]:
    largest = max((row for row in rows["n"] if not is_unknown(row)), default=1)
    shared = _shared_note(rows)
    return [_record(row, ends, unit, largest, shared) for row in rows.to_dict("records")]


def _record(
    row: dict, ends: tuple[float, float], unit: str, largest: float, shared: str | None
) -> dict:
    estimate, drawn = row["estimate"], row["interval_kind"] != "none"
    low, high = (row["low"], row["high"]) if drawn else (None, None)
    size = None if is_unknown(row["n"]) else _LARGEST_SYMBOL * row["n"] / largest
    inside = not is_unknown(estimate) and ends[0] <= estimate <= ends[1]
    return {
        "label": str(row["label"]),
        "group": row["group"],
        "estimate": estimate if inside else None,
        **_clipped("", low, high, ends),
        "kind": row["interval_kind"],
        "size": max(_SMALLEST_SYMBOL, size or 0),
        "text": _text(row, unit, shared),
        "href": row.get("href"),
    }


def _clipped(prefix: str, low: float | None, high: float | None, ends: tuple) -> dict:
    """Limits within the axis, and whether they go on beyond it."""
    return {
        f"{prefix}low": None if is_unknown(low) else max(low, ends[0]),
        f"{prefix}high": None if is_unknown(high) else min(high, ends[1]),
        f"{prefix}goes_left": not is_unknown(low) and low < ends[0],
        f"{prefix}goes_right": not is_unknown(high) and high > ends[1],
    }


def _summary_record(row: dict, ends: tuple[float, float], unit: str) -> dict:
    """A pool as a line: its limits are the ends of the diamond."""
    return {
        "label": str(row["label"]),
        "group": row["group"],
        "estimate": None if is_unknown(row["estimate"]) else row["estimate"],
        **_clipped("", row["low"], row["high"], ends),
        **_clipped("prediction_", row["prediction_low"], row["prediction_high"], ends),
        "kind": "pooled",
        "text": _summary_text(row, unit),
        "href": None,
    }


def _text(row: dict, unit: str, shared: str | None) -> str:
    """``11.1 (8.4 to 13.6), n 31, weight 24%``, and what is to be noted of this row."""
    low, high = (row["low"], row["high"]) if row["interval_kind"] != "none" else (None, None)
    parts = [interval(row["estimate"], low, high, number=_NUMBERS[unit])]
    if not is_unknown(row["n"]):
        parts.append(f"n {count(row['n'])}")
    if not is_unknown(row.get("weight")):
        parts.append(f"weight {percent(row['weight'])}")
    if not is_unknown(row["note"]) and str(row["note"]) != shared:
        parts.append(str(row["note"]))
    return ", ".join(parts)


def _summary_text(row: dict, unit: str) -> str:
    """``12.2 (6.0 to 24.6), a new cohort 2.0 to 75.3``; or why there is no pool."""
    if is_unknown(row["estimate"]):
        return str(row["why_not"])
    text = interval(row["estimate"], row["low"], row["high"], number=_NUMBERS[unit])
    prediction = _prediction(row, unit)
    return f"{text}, {prediction}" if prediction else text


def _prediction(row: dict, unit: str) -> str:
    low, high = row["prediction_low"], row["prediction_high"]
    if is_unknown(low) or is_unknown(high):
        return ""
    return f"a new cohort {_NUMBERS[unit](low)} to {_NUMBERS[unit](high)}"


def _shared_note(rows: pd.DataFrame) -> str | None:
    """What is noted of every row: said once, in the description."""
    notes = {None if is_unknown(note) else str(note) for note in rows["note"]}
    return notes.pop() if len(notes) == 1 and len(rows) > 1 else None


# --- in words -----------------------------------------------------------------------


def _table(rows: pd.DataFrame, pools: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The rows of each group, then its pools."""
    weighted = "weight" in rows.columns and rows["weight"].notna().any()
    lines: list[dict] = []
    for group in in_order(rows["group"]):
        own = rows[rows["group"] == group].to_dict("records")
        lines += [_table_row(row, unit, weighted) for row in own]
        for row in pools[pools["group"] == group].to_dict("records"):
            lines.append(_table_summary(row, unit, weighted))
    return pd.DataFrame(lines)


def _table_row(row: dict, unit: str, weighted: bool) -> dict:
    number = _NUMBERS[unit]
    share = row.get("weight")
    return {
        "Study": _linked(row),
        "Group": row["group"],
        "Estimate": number(row["estimate"]),
        "Low": number(row["low"]),
        "High": number(row["high"]),
        "n": count(row["n"]),
        **({"Weight": "none" if is_unknown(share) else percent(share)} if weighted else {}),
        "Interval": row["interval_kind"],
        "Note": "" if is_unknown(row["note"]) else str(row["note"]),
    }


def _table_summary(row: dict, unit: str, weighted: bool) -> dict:
    number, known = _NUMBERS[unit], not is_unknown(row["estimate"])
    return {
        "Study": str(row["label"]),
        "Group": row["group"],
        "Estimate": number(row["estimate"]) if known else str(row["why_not"]),
        "Low": number(row["low"]) if known else "",
        "High": number(row["high"]) if known else "",
        "n": "",
        **({"Weight": "100%" if known else ""} if weighted else {}),
        "Interval": "pooled" if known else "none",
        "Note": _prediction(row, unit),
    }


def _linked(row: dict) -> str | Cell:
    href = row.get("href")
    return str(row["label"]) if is_unknown(href) else Cell(str(row["label"]), href=href)


def _description(rows: pd.DataFrame, lines: list[dict]) -> str:
    groups = ", ".join(
        f"{group} ({len(own)} {'row' if len(own) == 1 else 'rows'})"
        for group, own in rows.groupby("group", sort=False, observed=True)
    )
    parts = [
        f"One line per estimate, by group: {groups}.",
        "Area of a symbol: n, the number of patients, lesions or cavities.",
    ]
    if any(line["kind"] == "computed" and line["low"] is not None for line in lines):
        parts.append("Solid intervals are printed in the paper, dashed ones computed by us.")
    pooled = [line for line in lines if line["kind"] == "pooled"]
    if any(line["estimate"] is not None for line in pooled):
        parts.append("A diamond is a pool of its group: its width is the 95% interval.")
    if any(line["prediction_low"] is not None for line in pooled):
        parts.append("The dotted line through it: where a new cohort would lie (prediction).")
    for line in pooled:
        if line["estimate"] is not None:
            parts.append(f"{line['group']}: {line['label']}: {line['text']}.")
    if any(line["estimate"] is None for line in pooled):
        parts.append("Not combined: too few cohorts of the group know the figure for a pool.")
    if _shared_note(rows):
        parts.append(f"Of every row: {_shared_note(rows)}.")
    flags = ("goes_left", "goes_right", "prediction_goes_left", "prediction_goes_right")
    if any(line.get(flag) for line in lines for flag in flags):
        parts.append("An arrow: the interval goes on beyond the axis.")
    return " ".join(parts)
