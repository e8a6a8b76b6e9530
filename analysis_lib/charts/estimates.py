"""One estimate as it stood at one time after another: by edition, or by year of publication."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import LINE, TREATMENT_STYLES, Style

ESTIMATE_COLUMNS = ("when", "estimate", "low", "high", "told")

_HEIGHT = 220


def estimates_chart(
    id: str,
    rows: pd.DataFrame,
    *,
    title: str,
    x_title: str,
    y_title: str,
    description: str,
    reference: float | None = None,
    logarithmic: bool = False,
    style: Style = TREATMENT_STYLES["re_resection"],
) -> Chart:
    """Estimates with their intervals in the order of time.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    rows : DataFrame
        ``when`` (label), ``estimate``, ``low``, ``high`` (None where there is no interval)
        and ``told`` (the same in words, for the table), in order.
    title, x_title, y_title, description : str
        What is shown, along what, in what; the text alternative.
    reference : float, optional
        Drawn as a line: 1 for a ratio.
    logarithmic : bool
        Axis of a ratio.
    style : Style
        Colour and symbol.

    Raises
    ------
    InvalidInputError
        On a missing column or no row.
    """
    require_columns(rows, ESTIMATE_COLUMNS, "rows")
    records = rows[["when", "estimate", "low", "high"]].to_dict("records")
    data = alt.Chart(values("estimates", records))
    order = list(dict.fromkeys(rows["when"]))
    x = alt.X("when:N", sort=order, title=x_title, axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(type="log") if logarithmic else alt.Scale(zero=True)
    axis = alt.Axis(tickCount=5) if logarithmic else alt.Axis(format=".0%", tickCount=5)
    y = alt.Y("estimate:Q", title=y_title, scale=scale, axis=axis)
    layers = [
        data.mark_rule(strokeWidth=2, color=style.colour).encode(
            x=x, y=alt.Y("low:Q", title=y_title, scale=scale), y2="high:Q"
        ),
        data.mark_point(filled=True, size=90, opacity=1, color=style.colour, shape=style.shape)
        .encode(x=x, y=y),
    ]  # fmt: skip
    if reference is not None:
        line = alt.Chart(values("reference", [{"at": reference}]))
        layers.append(line.mark_rule(strokeDash=[5, 4], color=LINE).encode(y="at:Q"))
    drawing = alt.layer(*layers).properties(width="container", height=_HEIGHT)
    return Chart(
        id=id,
        spec=vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x"))),
        title=title,
        description=description,
        table=pd.DataFrame({x_title: rows["when"], y_title: rows["told"]}),
    )
