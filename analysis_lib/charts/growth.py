"""Time against the number of studies, beside a limit and growth in proportion."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import LINE, TREATMENT_STYLES, Style

GROWTH_COLUMNS = ("studies", "seconds")

_HEIGHT = 220


def growth_chart(
    id: str,
    rows: pd.DataFrame,
    *,
    limit_seconds: float,
    title: str,
    description: str,
    style: Style = TREATMENT_STYLES["re_resection"],
) -> Chart:
    """Measured seconds by size, and the line on which they would grow in proportion.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    rows : DataFrame
        ``studies`` and ``seconds``, by size; the line begins at the first.
    limit_seconds : float
        Drawn as a dashed line.
    title, description : str
        Name and text alternative.
    style : Style
        Colour and symbol of the measurements.

    Raises
    ------
    InvalidInputError
        On a missing column or no row.
    """
    require_columns(rows, GROWTH_COLUMNS, "rows")
    measured = rows[list(GROWTH_COLUMNS)].to_dict("records")
    first, last = rows.iloc[0], rows.iloc[-1]
    proportion = [
        {"studies": size, "seconds": first["seconds"] * size / first["studies"]}
        for size in (first["studies"], last["studies"])
    ]
    x = alt.X("studies:Q", title="Synthetic studies", axis=alt.Axis(tickCount=5))
    y = alt.Y("seconds:Q", title="Seconds", axis=alt.Axis(tickCount=5))
    data = alt.Chart(values("measured", measured))
    limit = alt.Chart(values("limit", [{"seconds": limit_seconds}]))
    line = alt.Chart(values("proportion", proportion))
    drawing = alt.layer(
        line.mark_line(color=LINE, strokeWidth=1.5, clip=True).encode(x=x, y=y),
        limit.mark_rule(strokeDash=[5, 4], color=LINE).encode(y=y),
        data.mark_line(color=style.colour, strokeWidth=2).encode(x=x, y=y),
        data.mark_point(
            filled=True, size=90, opacity=1, color=style.colour, shape=style.shape
        ).encode(x=x, y=y),
    ).properties(width="container", height=_HEIGHT)
    return Chart(
        id=id,
        spec=vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x"))),
        title=title,
        description=description,
        table=pd.DataFrame(
            {
                "Synthetic studies": [f"{size:,}" for size in rows["studies"]],
                "Seconds": [f"{seconds:.1f}" for seconds in rows["seconds"]],
            }
        ),
    )
