"""What evidence there is: studies by treatment and outcome."""

from __future__ import annotations

import textwrap

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
from analysis_lib.charts.theme import LINE, Style, styles_of
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import count

MAP_COLUMNS = ("treatment", "outcome", "role", "n_studies", "n_patients")

#: Symbol of a role in the evidence map, in order of appearance.
ROLE_SHAPES = ("circle", "square", "triangle-up", "diamond")

_LABEL_LINE = 15  # pixels from line to line of an axis label
_WIDE_MAP = 620  # pixels that the map with outcomes as columns needs
_LARGEST_SYMBOL = 620  # area in square pixels of the cell with most patients
_SMALLEST_SYMBOL = 40


def evidence_map(
    id: str,
    rows: pd.DataFrame,
    *,
    title: str = "Studies by treatment and outcome",
    description: str | None = None,
) -> Chart:
    """Where there are studies and where there are none.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    rows : DataFrame
        Columns ``treatment``, ``outcome`` and ``role`` (labels), ``n_studies``,
        ``n_patients``. Orders are those of the categories where a column is
        categorical, else of first appearance. Optional column ``style``: the
        treatment's code of the palette.
    title, description : str, optional
        Name and text alternative.

    Returns
    -------
    Chart
        Symbols with an area by patients and a shape by role, the number of studies as
        text below each. An empty place means no study.

    Raises
    ------
    InvalidInputError
        On a missing column, a cell given twice, or more roles than symbols.
    """
    require_columns(rows, MAP_COLUMNS, "rows")
    if rows.duplicated(["treatment", "outcome", "role"]).any():
        raise InvalidInputError("rows: a treatment, outcome and role stands twice")
    roles = in_order(rows["role"])
    if len(roles) > len(ROLE_SHAPES):
        raise InvalidInputError(f"rows: at most {len(ROLE_SHAPES)} roles, were {roles}")
    found = styles_of(list(rows["treatment"]), codes_of(rows, "treatment"))
    styles = {treatment: found[treatment] for treatment in in_order(rows["treatment"])}
    return Chart(
        id=id,
        spec=_wide_map(rows, roles, styles),
        narrow_spec=_narrow_map(rows, roles, styles),
        narrow_below=_WIDE_MAP,
        title=title,
        description=description or _map_description(rows),
        table=_map_table(rows),
    )


def _map_records(rows: pd.DataFrame) -> list[dict]:
    largest = max(int(rows["n_patients"].max()), 1)
    return [
        {
            "treatment": str(row["treatment"]),
            "outcome": _in_lines(row["outcome"]),
            "outcome_name": str(row["outcome"]),
            "role": str(row["role"]),
            "studies": int(row["n_studies"]),
            "patients": int(row["n_patients"]),
            "size": max(_SMALLEST_SYMBOL, _LARGEST_SYMBOL * row["n_patients"] / largest),
        }
        for row in rows.to_dict("records")
    ]


def _in_lines(outcome: str) -> str:
    return textwrap.fill(str(outcome), 13)


def _wide_map(rows: pd.DataFrame, roles: list[str], styles: dict[str, Style]) -> dict:
    """Treatments as rows, outcomes as columns, roles side by side within a place."""
    records = _map_records(rows)
    outcomes = [_in_lines(outcome) for outcome in in_order(rows["outcome"])]
    n_lines = max(outcome.count("\n") for outcome in outcomes) + 1
    x_axis = alt.Axis(
        orient="top",
        labelAngle=0,
        labelExpr="split(datum.value, '\\n')",
        domain=False,
        ticks=False,
        labelPadding=10 + _LABEL_LINE * (n_lines - 1),
    )
    x = alt.X("outcome:N", sort=outcomes, title=None, axis=x_axis)
    offset = alt.XOffset("role:N", sort=roles)
    y = _treatment_axis(styles, step=52)
    return _map_drawing(records, styles, roles, {"x": x, "xOffset": offset, "y": y}, 52)


def _narrow_map(rows: pd.DataFrame, roles: list[str], styles: dict[str, Style]) -> dict:
    """One line per treatment and outcome, roles as columns: fits a phone."""
    records = _map_records(rows)
    order, lines = [], []
    for treatment in styles:
        lines.append({"line": treatment, "text": treatment, "style": "strong"})
        order.append(treatment)
        for outcome in in_order(rows["outcome"]):
            line = f"{treatment}|{outcome}"
            if any(
                (record["treatment"], record["outcome_name"]) == (treatment, outcome)
                for record in records
            ):
                order.append(line)
                lines.append(
                    {"line": line, "text": textwrap.wrap(str(outcome), 26), "style": "plain"}
                )
    for record in records:
        record["line"] = f"{record['treatment']}|{record['outcome_name']}"
    y = alt.Y("line:N", sort=order, title=None, axis=None)
    x = alt.X("column:Q", axis=None, scale=alt.Scale(domain=[0, 10], nice=False))
    for record in records:
        record["column"] = 6.4 + 3 * roles.index(record["role"]) / max(len(roles) - 1, 1)
    texts = [
        alt.Chart(values(f"lines-{kind}", [line for line in lines if line["style"] == kind]))
        .mark_text(align="left", **({"style": "strong"} if kind == "strong" else {}))
        .encode(x=alt.value(0), y=y, text="text:N")
        for kind in ("strong", "plain")
    ]
    places = {"x": x, "y": y}
    return _map_drawing(records, styles, roles, places, 44, texts, len(order))


def _treatment_axis(styles: dict[str, Style], *, step: int) -> alt.Y:
    axis = alt.Axis(domain=False, ticks=False, labelLimit=240, labelPadding=12, grid=True)
    return alt.Y("treatment:N", sort=list(styles), title=None, axis=axis)


def _map_drawing(
    records: list[dict],
    styles: dict[str, Style],
    roles: list[str],
    places: dict,
    step: int,
    extra: list[alt.Chart] | None = None,
    n_lines: int | None = None,
) -> dict:
    base = alt.Chart(values("map", records)).encode(**places)
    colours = alt.Scale(domain=list(styles), range=[style.colour for style in styles.values()])
    shapes = alt.Scale(domain=roles, range=list(ROLE_SHAPES[: len(roles)]))
    legend = alt.Legend(
        title=None,
        orient="top",
        direction="vertical",
        symbolFillColor=LINE,
        symbolStrokeColor=LINE,
        symbolOpacity=1,
    )
    symbols = base.mark_point(filled=True, opacity=1, yOffset=-6).encode(
        color=alt.Color("treatment:N", scale=colours, legend=None),
        shape=alt.Shape("role:N", scale=shapes, legend=legend),
        size=alt.Size("size:Q", scale=None, legend=None),
        tooltip=[
            alt.Tooltip("treatment:N", title="Treatment"),
            alt.Tooltip("outcome_name:N", title="Outcome"),
            alt.Tooltip("role:N", title="Role"),
            alt.Tooltip("studies:Q", title="Studies"),
            alt.Tooltip("patients:Q", title="Patients"),
        ],
    )
    numbers = base.mark_text(dy=16, style="quiet").encode(text="studies:Q")
    height = step * (n_lines or len(styles))
    drawing = alt.layer(symbols, numbers, *(extra or [])).properties(
        width="container", height=height
    )
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


def _map_table(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Treatment": rows["treatment"].astype(str),
            "Outcome": rows["outcome"].astype(str),
            "Role": rows["role"].astype(str),
            "Studies": [int(value) for value in rows["n_studies"]],
            "Patients": [int(value) for value in rows["n_patients"]],
        }
    )


def _map_description(rows: pd.DataFrame) -> str:
    top = rows.loc[rows["n_studies"].idxmax()]
    return (
        "Each symbol is a treatment and an outcome; its area grows with the patients, its "
        "shape shows how the figures may be used, the number below it counts the studies. "
        f"An empty place: no study. Most studies: {top['treatment']}, "
        f"{str(top['outcome']).lower()} ({count(top['n_studies'])})."
    )
