"""Survival curves of the sides of a comparison, with what they rest on in a table below."""

from __future__ import annotations

import math
import textwrap

import altair as alt
import numpy as np
import pandas as pd

from analysis_lib.charts.chart import Chart, codes_of, require_columns, values, vega_lite
from analysis_lib.charts.risk_table import RISK_COLUMNS, RiskTable, risk_table
from analysis_lib.charts.theme import NARROW_CHARACTERS, Style, styles_of
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import is_unknown, percent

CURVE_COLUMNS = ("side", "time_months", "survival", "low", "high", "known", "n_arms")

CENSORED_COLUMNS = ("side", "time_months", "survival")

#: Months between ticks, and symbols on a curve, where no table at risk names its times.
TICK_MONTHS = 6

_PLOT_HEIGHT = 320
_KNOWN = "all arms known"
_PARTLY_KNOWN = "fewer arms known"


def survival_chart(
    id: str,
    curves: pd.DataFrame,
    *,
    title: str,
    max_months: float,
    x_title: str = "Months after the start of salvage treatment",
    y_title: str = "Alive",
    at_risk: pd.DataFrame | None = None,
    counted: str = "patients",
    censored: pd.DataFrame | None = None,
    description: str | None = None,
) -> Chart:
    """Step curves per side: solid while all arms are known, dotted beyond.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    curves : DataFrame
        Columns ``side`` (label), ``time_months`` (from 0), ``survival``, ``low``,
        ``high`` (0..1; limits may be unknown), ``known`` (bool) and ``n_arms``. A row
        describes the step that begins at its time; survival may rise only where
        ``n_arms`` changes. The order of the sides is kept.
        Optional column ``style``: a code of the palette; otherwise ``side`` is tried.
    title : str
        What the chart shows.
    max_months : float
        Right end of the axis.
    x_title, y_title : str
        Time zero in words; what the curve counts.
    at_risk : DataFrame, optional
        The table under the curves (:func:`~analysis_lib.charts.risk_table.risk_table`).
        Its times are the axis' ticks.
    counted : str
        What the table counts: patients or lesions.
    censored : DataFrame, optional
        Columns ``side``, ``time_months`` and ``survival``: a tick on the curve wherever
        somebody was last seen without the event.
    description : str, optional
        Text alternative; by default a sentence per side made from the curves.

    Returns
    -------
    Chart

    Raises
    ------
    InvalidInputError
        On a missing column, a survival outside 0..1 or rising, a curve that does not
        begin at time 0, or an axis without length.
    """
    require_columns(curves, CURVE_COLUMNS, "curves")
    if not (math.isfinite(max_months) and max_months > 0):
        raise InvalidInputError(f"max_months must be above 0, was {max_months}")
    sides = _sides(curves)
    styles = styles_of(list(curves["side"]), codes_of(curves, "side"))
    ticks = _ticks(at_risk, max_months)
    readings = [_reading(side, sides[side], tick) for side in sides for tick in ticks]
    readings = [reading for reading in readings if reading]
    layers = _curve_layers(sides, styles, readings, (ticks, max_months), (x_title, y_title))
    if censored is not None:
        require_columns(censored, CENSORED_COLUMNS, "censored")
        layers.append(_censored_ticks(censored, styles))
    drawing = alt.layer(*layers).properties(width="container", height=_PLOT_HEIGHT)
    return Chart(
        id=id,
        spec=vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x"))),
        title=title,
        description=description or _description(sides, readings, x_title),
        table=_table(readings, y_title),
        beneath=_beneath(at_risk, counted),
    )


# --- the curves as data -------------------------------------------------------------


def _sides(curves: pd.DataFrame) -> dict[str, pd.DataFrame]:
    sides = {}
    for side, rows in curves.groupby("side", sort=False):
        rows = rows.sort_values("time_months", kind="stable").reset_index(drop=True)
        survival = rows["survival"].to_numpy(float)
        if not ((survival >= 0) & (survival <= 1)).all():
            raise InvalidInputError(f"curves: {side}: survival must be in 0..1")
        same_arms = np.diff(rows["n_arms"].to_numpy(float)) == 0
        if ((np.diff(survival) > 1e-9) & same_arms).any():
            raise InvalidInputError(f"curves: {side}: survival rises with time")
        if rows["time_months"].iloc[0] != 0:
            raise InvalidInputError(f"curves: {side}: the first time must be 0")
        sides[str(side)] = rows
    return sides


def _ticks(at_risk: pd.DataFrame | None, max_months: float) -> list[float]:
    if at_risk is None:
        return [float(tick) for tick in np.arange(0, max_months + 1e-9, TICK_MONTHS)]
    require_columns(at_risk, RISK_COLUMNS, "at_risk")
    times = sorted({float(time) for time in at_risk["time_months"]})
    return [time for time in times if time <= max_months]


def _beneath(at_risk: pd.DataFrame | None, counted: str) -> RiskTable | None:
    if at_risk is None:
        return None
    caption = f"At risk, censored, events so far: {counted} of the arms known at the time"
    return risk_table(at_risk, caption=caption)


def _reading(side: str, rows: pd.DataFrame, time: float) -> dict | None:
    """The curve's height at a time; nothing beyond its last row.

    Where the number of arms changes at this very time, the new arms hold after it.
    """
    if time > rows["time_months"].iloc[-1]:
        return None
    reached = rows[rows["time_months"] <= time]
    row = reached.iloc[-1]
    others = reached[reached["n_arms"] != row["n_arms"]]
    if not others.empty:
        run = reached.loc[others.index[-1] + 1 :]
        row = others.iloc[-1] if run["time_months"].iloc[0] == time else row
    return {"side": side, "time_months": time} | {
        name: row[name] for name in ("survival", "low", "high", "known", "n_arms")
    }


def _steps(side: str, rows: pd.DataFrame, max_months: float) -> list[dict]:
    """Corner points of the steps, cut into runs that are drawn alike.

    A run ends where the next one begins, at the height it had before: the drop that
    opens a dotted run is dotted. Where the number of arms changes the curve is of
    other patients from there on, and may be higher: no line joins the two.
    """
    points, run, previous = [], 0, None
    for row in rows.to_dict("records"):
        time = min(row["time_months"], max_months)
        if previous is not None and _look(row) != _look(previous):
            points.append(_point(side, run, time, previous))
            run += 1
            same_arms = row["n_arms"] == previous["n_arms"]
            if same_arms and row["survival"] < previous["survival"]:
                points.append(_point(side, run, time, row | {"survival": previous["survival"]}))
        points.append(_point(side, run, time, row))
        previous = row
        if row["time_months"] >= max_months:
            break
    return points


def _look(row: dict) -> tuple[bool, bool, int]:
    return bool(row["known"]), _has_band(row), int(row["n_arms"])


def _has_band(row: dict) -> bool:
    return bool(row["known"]) and not (is_unknown(row["low"]) or is_unknown(row["high"]))


def _point(side: str, run: int, time: float, row: dict) -> dict:
    band = _has_band(row)
    return {
        "side": side,
        "run": f"{side} {run}",
        "months": time,
        "survival": row["survival"],
        "low": row["low"] if band else None,
        "high": row["high"] if band else None,
        "part": _KNOWN if row["known"] else _PARTLY_KNOWN,
    }


# --- the layers ---------------------------------------------------------------------


def _curve_layers(
    sides: dict[str, pd.DataFrame],
    styles: dict[str, Style],
    readings: list[dict],
    axis: tuple[list[float], float],
    titles: tuple[str, str],
) -> list[alt.Chart]:
    ticks, max_months = axis
    steps = [point for side in sides for point in _steps(side, sides[side], max_months)]
    x = alt.X(
        "months:Q",
        title=textwrap.wrap(titles[0], NARROW_CHARACTERS, break_on_hyphens=False),
        scale=alt.Scale(domain=[0, max_months], nice=False),
        axis=alt.Axis(values=ticks, grid=False, labelFlush=False),
    )
    y_axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    y = alt.Y("survival:Q", title=titles[1], scale=alt.Scale(domain=[0, 1]), axis=y_axis)
    legend = alt.Legend(title=None, orient="top", columns=1, symbolOpacity=1)
    names = list(sides)
    colour = alt.Color(
        "side:N",
        scale=alt.Scale(domain=names, range=[styles[name].colour for name in names]),
        legend=legend,
    )
    shape = alt.Shape(
        "side:N",
        scale=alt.Scale(domain=names, range=[styles[name].shape for name in names]),
        legend=legend,
    )
    data = alt.Chart(values("curves", steps))
    layers = [
        data.mark_line(interpolate="step-after", strokeWidth=2.25, clip=True).encode(
            x=x, y=y, color=colour, detail="run:N", strokeDash=_dash(steps)
        ),
        _symbols(readings).encode(x=x, y=y, color=colour, shape=shape, tooltip=_tooltip(titles[1])),
    ]
    bands = [point for point in steps if point["low"] is not None]
    if bands:
        band = alt.Chart(values("bands", bands)).mark_area(
            interpolate="step-after", opacity=0.16, clip=True
        )
        y_low = alt.Y("low:Q", title=titles[1], scale=alt.Scale(domain=[0, 1]), axis=y_axis)
        layers.insert(0, band.encode(x=x, y=y_low, y2="high:Q", color=colour, detail="run:N"))
    return layers


def _dash(steps: list[dict]) -> alt.StrokeDash:
    """Solid and dotted; the legend says what they mean when both occur."""
    parts = [part for part in (_KNOWN, _PARTLY_KNOWN) if any(p["part"] == part for p in steps)]
    legend = alt.Legend(
        title=None, orient="top", columns=1, symbolType="stroke", symbolStrokeWidth=2
    )
    return alt.StrokeDash(
        "part:N",
        scale=alt.Scale(domain=[_KNOWN, _PARTLY_KNOWN], range=[[1, 0], [2, 4]]),
        legend=legend if len(parts) > 1 else None,
    )


def _symbols(readings: list[dict]) -> alt.Chart:
    """A symbol on each curve at each tick: they tell the curves apart without colour."""
    shown = [
        {
            "side": reading["side"],
            "months": reading["time_months"],
            "survival": reading["survival"],
            "interval": _interval(reading),
            "arms": _arms(reading),
        }
        for reading in readings
        if reading["time_months"] > 0
    ]
    return alt.Chart(values("symbols", shown)).mark_point(filled=True, size=80, opacity=1)


def _censored_ticks(censored: pd.DataFrame, styles: dict[str, Style]) -> alt.Chart:
    """Short upright strokes on the curves, in the colour of their side."""
    rows = [
        {"side": row.side, "months": row.time_months, "survival": row.survival}
        for row in censored.itertuples()
    ]
    names = list(styles)
    return (
        alt.Chart(values("censored", rows))
        .mark_tick(orient="vertical", size=14, thickness=1.75, opacity=1, clip=True)
        .encode(
            x="months:Q",
            y="survival:Q",
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=names, range=[styles[name].colour for name in names]),
            ),
        )
    )


def _tooltip(y_title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("side:N", title="Side"),
        alt.Tooltip("months:Q", title="Months"),
        alt.Tooltip("survival:Q", title=y_title, format=".0%"),
        alt.Tooltip("interval:N", title="95% interval"),
        alt.Tooltip("arms:N", title="Arms known"),
    ]


# --- in words -----------------------------------------------------------------------


def _interval(reading: dict) -> str:
    if is_unknown(reading["low"]) or is_unknown(reading["high"]):
        return "not known"
    return f"{percent(reading['low'])} to {percent(reading['high'])}"


def _arms(reading: dict) -> int | str:
    return "not known" if is_unknown(reading["n_arms"]) else int(reading["n_arms"])


def _table(readings: list[dict], y_title: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Side": reading["side"],
                "Months": f"{reading['time_months']:g}",
                y_title: percent(reading["survival"]),
                "95% interval": _interval(reading),
                "Arms known": _arms(reading),
                "All arms known": "yes" if reading["known"] else "no",
            }
            for reading in readings
        ]
    )


def _description(sides: dict[str, pd.DataFrame], readings: list[dict], x_title: str) -> str:
    parts = []
    for side in sides:
        own = [reading for reading in readings if reading["side"] == side]
        solid = [reading for reading in own if reading["known"]] or own
        last = solid[-1]
        parts.append(
            f"{side}: {percent(last['survival'])} at {last['time_months']:g} months"
            + (", the last time at which all arms are known." if last["known"] else ".")
        )
    how = (
        "Step curves; solid while every arm is known, dotted beyond, with a gap where an arm "
        "leaves. Symbols on the curves only tell the sides apart."
    )
    return f"{how} {' '.join(parts)} Time axis: {x_title[:1].lower()}{x_title[1:]}."
