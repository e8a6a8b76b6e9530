"""Cumulative incidence with a competing event beside what 1 - Kaplan-Meier makes of it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import ORDERED_STYLES
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import interval, percent

INCIDENCE_COLUMNS = ("series", "time_months", "share", "low", "high")

_HEIGHT = 300
_TICK_MONTHS = 60
_DASHES = ([1, 0], [6, 4], [2, 3])


def incidence_chart(
    id: str,
    curves: pd.DataFrame,
    *,
    title: str,
    description: str,
    at_months: tuple[float, ...],
    x_title: str = "Months",
    y_title: str = "Had the event",
) -> Chart:
    """Rising step curves, at most three, with bands where limits are known.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    curves : DataFrame
        ``series`` (label), ``time_months``, ``share`` (0..1), ``low``, ``high`` (limits or
        unknown); a row describes the step that begins at its time.
    title, description : str
        Name and text alternative.
    at_months : tuple of float
        Times of the table behind the drawing.
    x_title, y_title : str
        Titles of the axes.

    Raises
    ------
    InvalidInputError
        On a missing column, no row or more than three series.
    """
    require_columns(curves, INCIDENCE_COLUMNS, "curves")
    names = list(dict.fromkeys(curves["series"]))
    if len(names) > len(_DASHES):
        raise InvalidInputError(f"at most {len(_DASHES)} series, were {', '.join(names)}")
    return Chart(
        id=id,
        spec=_drawing(curves, names, x_title, y_title),
        title=title,
        description=description,
        table=_table(curves, names, at_months),
    )


def _drawing(curves: pd.DataFrame, names: list[str], x_title: str, y_title: str) -> dict:
    records = [{name: row[name] for name in INCIDENCE_COLUMNS} for row in curves.to_dict("records")]
    ticks = list(range(0, int(curves["time_months"].max()) + 1, _TICK_MONTHS))
    x_axis = alt.Axis(values=ticks, grid=False)
    x = alt.X("time_months:Q", title=x_title, scale=alt.Scale(nice=False), axis=x_axis)
    y_axis = alt.Axis(format=".0%", tickCount=5)
    y = alt.Y("share:Q", title=y_title, scale=alt.Scale(domainMin=0, nice=True), axis=y_axis)
    colours = [style.colour for style in ORDERED_STYLES[: len(names)]]
    legend = alt.Legend(
        title=None,
        orient="top",
        columns=1,
        symbolType="stroke",
        symbolStrokeWidth=2,
        symbolOpacity=1,
    )
    colour = alt.Color("series:N", scale=alt.Scale(domain=names, range=colours), legend=legend)
    dash = alt.StrokeDash(
        "series:N", scale=alt.Scale(domain=names, range=list(_DASHES[: len(names)])), legend=legend
    )
    data = alt.Chart(values("curves", records))
    band = (
        data.transform_filter("isValid(datum.low) && isValid(datum.high)")
        .mark_area(interpolate="step-after", opacity=0.16)
        .encode(
            x=x,
            y=alt.Y("low:Q", title=y_title),
            y2="high:Q",
            color=colour,
        )
    )
    lines = data.mark_line(interpolate="step-after", strokeWidth=2.25).encode(
        x=x, y=y, color=colour, strokeDash=dash
    )
    drawing = alt.layer(band, lines).properties(width="container", height=_HEIGHT)
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


def _table(curves: pd.DataFrame, names: list[str], at_months: tuple[float, ...]) -> pd.DataFrame:
    rows = []
    for month in at_months:
        row = {"Months": f"{month:g}"}
        for name in names:
            own = curves[(curves["series"] == name) & (curves["time_months"] <= month)]
            last = own.iloc[-1]
            row[name] = interval(last["share"], last["low"], last["high"], number=_one_decimal)
        rows.append(row)
    return pd.DataFrame(rows)


def _one_decimal(value: float | None) -> str:
    return percent(value, decimals=1)
