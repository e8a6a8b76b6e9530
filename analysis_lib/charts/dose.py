"""Local control against biologically effective dose: marks only, no line through them."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import TREATMENT_STYLES
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import count, gray, interval, percent

CONTROL_COLUMNS = (
    "study", "treatment", "bed_low", "bed_high", "control", "low", "high", "n", "estimator"
)  # fmt: skip

_HEIGHT = 300
_SYMBOL = 110  # area in square pixels


def control_chart(
    id: str, points: pd.DataFrame, *, title: str, x_title: str, y_title: str, description: str
) -> Chart:
    """A mark for each cohort: control upwards, biologically effective dose to the right.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    points : DataFrame
        One row a cohort: ``study``, ``treatment`` (code of the vocabulary), ``bed_low``,
        ``bed_high`` (Gy), ``control`` (0..1), ``low``, ``high`` (printed limits or unknown),
        ``n``, ``estimator`` (words).
    title, description : str
        Name and text alternative.
    x_title, y_title : str
        Titles of the axes; that of the dose names its alpha/beta.

    Returns
    -------
    Chart
        A bar across where the BED is a range, a whisker where an interval is printed.

    Raises
    ------
    InvalidInputError
        On a missing column, no row or an unknown treatment.
    """
    require_columns(points, CONTROL_COLUMNS, "points")
    unknown = sorted(set(points["treatment"]) - set(TREATMENT_STYLES))
    if unknown:
        raise InvalidInputError(f"no style for the treatment {', '.join(unknown)}")
    records = [_record(row) for row in points.to_dict("records")]
    return Chart(
        id=id,
        spec=_drawing(records, x_title, y_title),
        title=title,
        description=description,
        table=_table(records, x_title, y_title),
    )


def _record(row: dict) -> dict:
    middle = (row["bed_low"] + row["bed_high"]) / 2
    ends = [gray(row["bed_low"]), gray(row["bed_high"])]
    return {name: row[name] for name in CONTROL_COLUMNS} | {
        "bed": middle,
        "bed_text": " to ".join(dict.fromkeys(ends)),
        "control_text": interval(row["control"], row["low"], row["high"], number=percent),
    }


def _drawing(records: list[dict], x_title: str, y_title: str) -> dict:
    x = alt.X("bed:Q", title=x_title, scale=alt.Scale(zero=False, nice=True, padding=16))
    y_axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
    y = alt.Y("control:Q", title=y_title, scale=alt.Scale(domain=[0, 1]), axis=y_axis)
    # Every layer reads the same named data: two copies of one name would drop the second.
    data = alt.Chart(values("points", records))
    codes = list(dict.fromkeys(record["study"] for record in records))
    styles = [_style(records, study) for study in codes]
    legend = alt.Legend(title=None, orient="top", columns=1)
    colour = alt.Color(
        "study:N",
        scale=alt.Scale(domain=codes, range=[style.colour for style in styles]),
        legend=legend,
    )
    shape = alt.Shape(
        "study:N",
        scale=alt.Scale(domain=codes, range=[style.shape for style in styles]),
        legend=legend,
    )
    across = data.mark_rule(strokeWidth=2).encode(
        x=alt.X("bed_low:Q", title=x_title), x2="bed_high:Q", y=y, color=colour
    )
    layers = [across]
    if any(pd.notna(record["low"]) and pd.notna(record["high"]) for record in records):
        # A layer without a row would leave the axis without an extent.
        layers.append(
            data.transform_filter("isValid(datum.low) && isValid(datum.high)")
            .mark_rule(strokeWidth=2)
            .encode(x=x, y=alt.Y("low:Q", title=y_title), y2="high:Q", color=colour)
        )
    marks = data.mark_point(filled=True, size=_SYMBOL, opacity=1).encode(
        x=x, y=y, color=colour, shape=shape, tooltip=_tooltip(x_title, y_title)
    )
    drawing = alt.layer(*layers, marks).properties(width="container", height=_HEIGHT)
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


def _style(records: list[dict], study: str):
    return TREATMENT_STYLES[next(r["treatment"] for r in records if r["study"] == study)]


def _tooltip(x_title: str, y_title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("study:N", title="Cohort"),
        alt.Tooltip("bed_text:N", title=x_title),
        alt.Tooltip("control_text:N", title=y_title),
        alt.Tooltip("n:N", title="Number"),
        alt.Tooltip("estimator:N", title="Estimator"),
    ]


def _table(records: list[dict], x_title: str, y_title: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Cohort": [record["study"] for record in records],
            x_title: [record["bed_text"] for record in records],
            y_title: [record["control_text"] for record in records],
            "Number": [count(record["n"]) for record in records],
            "Estimator": [record["estimator"] for record in records],
        }
    )
