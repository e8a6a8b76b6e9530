"""A chart: its drawing as data, its text alternative and the numbers behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import altair as alt
import pandas as pd

from analysis_lib.charts.theme import configuration
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import Html, html_table, is_unknown

#: Numbers in a drawing carry four significant digits: more than a pixel can show, and
#: few enough that platforms agree.
SIGNIFICANT_DIGITS = 4

_ID = re.compile(r"^[a-z][a-z0-9-]*$")


_NO_SCRIPT = "<p>The drawing needs JavaScript; its numbers are in the table below.</p>"


@dataclass(frozen=True, eq=False)
class Chart(Html):
    """A Vega-Lite drawing with everything a reader needs who cannot see it.

    Attributes
    ----------
    id : str
        Name within the page: lower-case letters, digits and hyphens.
    spec : dict
        Vega-Lite, drawn by ``book/_static/charts.js``; keys sorted, no random names.
    title : str
        What the chart shows; its accessible name.
    description : str
        The text alternative: what is drawn, how to read it.
    table : DataFrame
        The numbers behind the drawing as text, shown on demand.
    narrow_spec : dict, optional
        The drawing for a narrow screen, where the wide one would not fit.
    narrow_below : int
        Width in pixels below which the narrow drawing is taken.
    beneath : Html, optional
        What belongs to the picture and stands under it, such as a table at risk.
    still : str
        The drawing as SVG for a page without scripts; without it a sentence stands there.
    """

    id: str
    spec: dict
    title: str
    description: str
    table: pd.DataFrame
    narrow_spec: dict | None = None
    narrow_below: int = 0
    beneath: Html | None = None
    still: str = ""

    def __post_init__(self) -> None:
        if not _ID.match(self.id):
            raise InvalidInputError(
                f"a chart's id is lower-case letters, digits and hyphens, was {self.id!r}"
            )

    def to_html(self) -> str:
        name = escape(self.title)
        narrow = _embedded(self.narrow_spec, "lsr-spec-narrow") if self.narrow_spec else ""
        beneath = f"{self.beneath.to_html()}\n" if self.beneath else ""
        table = html_table(self.table, caption=f"Numbers behind: {self.title}").to_html()
        return (
            f'<figure class="lsr-chart" id="figure-{self.id}" role="group" aria-label="{name}" '
            f'data-narrow-below="{self.narrow_below}">\n'
            f"<figcaption>{name}</figcaption>\n"
            f'<div class="lsr-drawing" id="chart-{self.id}" role="img" aria-label="{name}" '
            f'aria-describedby="about-{self.id}"></div>\n'
            f"{_embedded(self.spec, 'lsr-spec')}{narrow}"
            f"<noscript>{self.still or _NO_SCRIPT}</noscript>\n"
            f"{beneath}"
            f'<p class="lsr-about" id="about-{self.id}">{escape(self.description)}</p>\n'
            f"<details><summary>Numbers behind this chart</summary>\n{table}\n</details>\n"
            f"</figure>"
        )

    def to_text(self) -> str:
        beneath = f"\n{self.beneath.to_text()}" if self.beneath else ""
        return f"{self.title}\n{self.description}{beneath}"


def vega_lite(drawing: alt.LayerChart) -> dict:
    """An Altair drawing as Vega-Lite data: themed, rounded, keys sorted, nothing random."""
    spec = drawing.to_dict()
    # The schema's address would be the only foreign origin in a page.
    spec.pop("$schema", None)
    spec["config"] = configuration()
    spec["datasets"] = _shared_data([spec, *spec["layer"]])
    return _rounded(spec)


def values(name: str, records: Iterable[dict]) -> alt.InlineData:
    """Records as inline data. The name keeps Altair from inventing one from a hash."""
    cleaned = [
        {key: None if is_unknown(value) else value for key, value in record.items()}
        for record in records
    ]
    return alt.InlineData(values=cleaned, name=name)


def require_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise :class:`InvalidInputError` unless the frame has the columns and a row."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InvalidInputError(f"{what}: missing columns {', '.join(missing)}")
    if frame.empty:
        raise InvalidInputError(f"{what}: at least one row is needed")


def in_order(column: pd.Series) -> list[str]:
    """A column's labels in their order: of its categories, else of first appearance."""
    present = list(dict.fromkeys(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [label for label in column.cat.categories if label in present]
    return present


def codes_of(frame: pd.DataFrame, label: str) -> list[str]:
    """Style codes of a frame: its ``style`` column, or the labels themselves."""
    return list(frame["style"] if "style" in frame.columns else frame[label])


def _shared_data(parts: list[dict]) -> dict[str, list[dict]]:
    """Move the data of a drawing's parts to one place: who shares it only names it."""
    datasets = {}
    for data in (part["data"] for part in parts if "data" in part):
        datasets.setdefault(data["name"], data.pop("values"))
    return datasets


def _rounded(value: object) -> object:
    """Floats to four significant digits, keys in order, numpy scalars as Python's."""
    if isinstance(value, dict):
        return {key: _rounded(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        value = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
        return int(value) if value.is_integer() else value
    return value


def _embedded(spec: dict, class_: str) -> str:
    """JSON inside a script element; the escapes keep it from ending that element."""
    text = json.dumps(spec, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'<script type="application/json" class="{class_}">{text}</script>\n'
