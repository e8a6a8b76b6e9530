"""The extended risk table under survival curves: at risk, censored, events, arms."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis_lib.charts.chart import require_columns
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import Html, count

RISK_COLUMNS = ("side", "time_months", "at_risk", "censored", "events", "n_arms", "of")

#: Lines of a side, in the order of KMunicate (Morris et al., BMJ Open 2019).
_LINES = (("at_risk", "At risk"), ("censored", "Censored"), ("events", "Events"))

#: What stands where no arm is known any more.
_NOTHING = "–"


@dataclass(frozen=True, eq=False)
class RiskTable(Html):
    """Numbers of each side at each time, in one table; made by :func:`risk_table`."""

    rows: pd.DataFrame
    caption: str

    def to_html(self) -> str:
        times = _times(self.rows)
        head = "".join(f'<th scope="col">{time:g}</th>' for time in times)
        body = "\n".join(
            _side(str(side), own, times) for side, own in self.rows.groupby("side", sort=False)
        )
        name = escape(self.caption)
        return (
            f'<div class="lsr-table lsr-risk"><div class="lsr-table-scroll" role="group" '
            f'tabindex="0" aria-label="{name}"><table><caption>{name}</caption>'
            f'<thead><tr><th scope="col">Months</th>{head}</tr></thead>\n{body}\n'
            f"</table></div></div>"
        )

    def to_text(self) -> str:
        lines = [self.caption]
        for side, own in self.rows.groupby("side", sort=False):
            lines += [str(side), *("\t".join(line) for line in _lines(own, _times(self.rows)))]
        return "\n".join(lines)


def risk_table(rows: pd.DataFrame, *, caption: str) -> RiskTable:
    """The table under survival curves.

    Parameters
    ----------
    rows : DataFrame
        Columns ``side`` (label), ``time_months``, ``at_risk``, ``censored`` and ``events``
        so far, ``n_arms`` that are known at the time, and ``of`` how many. The order of
        the sides is kept.
    caption : str
        What is counted.

    Raises
    ------
    InvalidInputError
        On a missing column, or a time that stands twice on a side.
    """
    require_columns(rows, RISK_COLUMNS, "rows")
    if rows.duplicated(["side", "time_months"]).any():
        raise InvalidInputError("rows: a time stands twice on a side")
    return RiskTable(rows, caption)


def _times(rows: pd.DataFrame) -> list[float]:
    return sorted({float(time) for time in rows["time_months"]})


def _side(side: str, own: pd.DataFrame, times: list[float]) -> str:
    heading = f'<tr><th scope="rowgroup" colspan="{len(times) + 1}">{escape(side)}</th></tr>'
    lines = "".join(
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for name, *cells in _lines(own, times)
    )
    return f"<tbody>{heading}{lines}</tbody>"


def _lines(own: pd.DataFrame, times: list[float]) -> list[list[str]]:
    """The four lines of a side; a column without an arm is empty but for the arms."""
    at = {float(row["time_months"]): row for row in own.to_dict("records")}
    lines = [
        [name, *(count(at[t][key]) if t in at and at[t]["n_arms"] else _NOTHING for t in times)]
        for key, name in _LINES
    ]
    arms = [f"{at[t]['n_arms']} of {at[t]['of']}" if t in at else _NOTHING for t in times]
    return [*lines, ["Arms", *arms]]
