"""A reading over the curve it became, and what reconstruction errs by arm size."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import LINE, TREATMENT_STYLES
from analysis_lib.tables import count, percent

_HEIGHT = 300

#: Colours with symbols of their own, for series that are no treatment.
_SERIES = (
    TREATMENT_STYLES["re_resection"],
    TREATMENT_STYLES["re_srs"],
    TREATMENT_STYLES["brachytherapy_alone"],
)


def reading_chart(
    id: str,
    reading: pd.DataFrame,
    curves: pd.DataFrame,
    *,
    title: str,
    x_title: str = "Months",
    y_title: str = "Free of the event",
) -> Chart:
    """Points of a reading over the step curves made from it.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    reading : DataFrame
        ``time_months``, ``survival``: the digitised points.
    curves : DataFrame
        ``series`` (label), ``time_months``, ``survival``; a row describes the step
        that begins at its time. At most three series.
    title, x_title, y_title : str
        What the chart shows and measures.
    """
    require_columns(reading, ("time_months", "survival"), "reading")
    require_columns(curves, ("series", "time_months", "survival"), "curves")
    names = list(dict.fromkeys(curves["series"]))
    last = float(max(reading["time_months"].max(), curves["time_months"].max()))
    x = alt.X("months:Q", title=x_title, scale=alt.Scale(domain=[0, last], nice=True))
    y_axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    y = alt.Y("survival:Q", title=y_title, scale=alt.Scale(domain=[0, 1]), axis=y_axis)
    points = alt.Chart(values("reading", _points(reading)))
    steps = alt.Chart(values("curves", [_step(row) for row in curves.to_dict("records")]))
    colours = alt.Scale(domain=names, range=[style.colour for style in _SERIES[: len(names)]])
    dashes = alt.Scale(domain=names, range=[[1, 0], [6, 4], [2, 3]][: len(names)])
    legend = alt.Legend(title=None, orient="top", columns=1, symbolType="stroke")
    drawing = alt.layer(
        points.mark_circle(size=14, opacity=0.55, color=LINE).encode(x=x, y=y),
        steps.mark_line(interpolate="step-after", strokeWidth=2).encode(
            x=x,
            y=y,
            color=alt.Color("series:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("series:N", scale=dashes, legend=legend),
        ),
    ).properties(width="container", height=_HEIGHT)
    return Chart(
        id=id,
        spec=vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x"))),
        title=title,
        description=(
            f"{count(len(reading))} points of the reading as dots; as steps: {', '.join(names)}."
        ),
        table=_heights(curves, names, last),
    )


def error_chart(id: str, rows: pd.DataFrame, *, title: str) -> Chart:
    """Typical error of the log hazard ratio against arm size, by tool.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    rows : DataFrame
        ``tool``, ``arm_size`` (label, in order), ``rmse``, ``pairs``.
    title : str
        What the chart shows.
    """
    require_columns(rows, ("tool", "arm_size", "rmse", "pairs"), "rows")
    tools = list(dict.fromkeys(rows["tool"]))
    sizes = list(dict.fromkeys(rows["arm_size"]))
    data = alt.Chart(values("errors", rows.to_dict("records")))
    x = alt.X("arm_size:N", sort=sizes, title="Patients per arm", axis=alt.Axis(labelAngle=0))
    y = alt.Y("rmse:Q", title="RMSE of the log hazard ratio", scale=alt.Scale(zero=True))
    styles = _SERIES[: len(tools)]
    legend = alt.Legend(title=None, orient="top", columns=1)
    colour = alt.Color(
        "tool:N", scale=alt.Scale(domain=tools, range=[s.colour for s in styles]), legend=legend
    )
    shape = alt.Shape(
        "tool:N", scale=alt.Scale(domain=tools, range=[s.shape for s in styles]), legend=legend
    )
    lines = data.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour)
    symbols = data.mark_point(filled=True, size=80, opacity=1)
    drawing = alt.layer(lines, symbols.encode(x=x, y=y, color=colour, shape=shape)).properties(
        width="container", height=_HEIGHT
    )
    return Chart(
        id=id,
        spec=vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x"))),
        title=title,
        description=f"Lines by tool ({', '.join(tools)}); lower is nearer to the truth.",
        table=pd.DataFrame(
            {
                "Tool": rows["tool"],
                "Patients per arm": rows["arm_size"],
                "Pairs": rows["pairs"].astype(int),
                "RMSE": [f"{value:.3f}" for value in rows["rmse"]],
            }
        ),
    )


def _points(reading: pd.DataFrame) -> list[dict]:
    return [
        {"months": float(time), "survival": float(height)}
        for time, height in zip(reading["time_months"], reading["survival"], strict=True)
    ]


def _step(row: dict) -> dict:
    return {
        "series": row["series"],
        "months": float(row["time_months"]),
        "survival": float(row["survival"]),
    }


def _heights(curves: pd.DataFrame, names: list[str], last: float) -> pd.DataFrame:
    """Each series at quarters of the axis: the table behind the drawing."""
    times = [last * part for part in (0, 0.25, 0.5, 0.75, 1)]
    table = {"Months": [f"{time:.1f}" for time in times]}
    for name in names:
        rows = curves[curves["series"] == name]
        table[name] = [
            percent(float(rows.loc[rows["time_months"] <= time, "survival"].iloc[-1]), decimals=1)
            for time in times
        ]
    return pd.DataFrame(table)
