"""How the evidence was chosen and read: boxes from records to use, and the second reading."""

from __future__ import annotations

import textwrap

import altair as alt
import pandas as pd

from analysis_lib.charts.chart import Chart, require_columns, values, vega_lite
from analysis_lib.charts.theme import LINE, PART_COLOURS
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.tables import count, percent

BOX_COLUMNS = ("step", "lane", "label", "n")

_WIDE_FLOW = 520  # pixels that boxes with long lines need
_BOX_LINE = 19  # pixels from line to line in a box
_BOX_GAP = 34  # pixels between steps: room for an arrow
_MAIN, _ASIDE = (0.0, 0.46), (0.54, 1.0)  # left and right ends as shares of the width

#: What a box beside the path does, in words; the main boxes are the path.
_PATHS = {"main": "main", "aside": "left aside", "joins": "joins from the side"}


def flow_chart(
    id: str,
    boxes: pd.DataFrame,
    *,
    title: str = "From records read to records used",
    description: str | None = None,
) -> Chart:
    """Boxes from top to bottom, with what left or joined the path beside it.

    Parameters
    ----------
    id : str
        Name of the chart within its page.
    boxes : DataFrame
        Columns ``step`` (0, 1, 2 ... from the top), ``lane`` (``main``, ``aside`` for what
        leaves, ``joins`` for what comes in), ``label`` and ``n``. One main box per step; any
        number beside it, in order.
    title, description : str, optional
        Name and text alternative.

    Raises
    ------
    InvalidInputError
        On a missing column, another lane, or a step without exactly one main box.
    """
    require_columns(boxes, BOX_COLUMNS, "boxes")
    if not set(boxes["lane"]) <= set(_PATHS):
        raise InvalidInputError(f"boxes: lane must be one of {', '.join(_PATHS)}")
    if sorted(boxes.loc[boxes["lane"] == "main", "step"]) != sorted(set(boxes["step"])):
        raise InvalidInputError("boxes: each step needs exactly one main box")
    told = [
        f"{box['label']}: {count(box['n'])}"
        + ("" if box["lane"] == "main" else f" ({_PATHS[box['lane']]})")
        for box in boxes.to_dict("records")
    ]
    return Chart(
        id=id,
        spec=_flow_drawing(boxes, characters=38),
        narrow_spec=_flow_drawing(boxes, characters=20),
        narrow_below=_WIDE_FLOW,
        title=title,
        description=description or "From top to bottom. " + "; ".join(told) + ".",
        table=_flow_table(boxes),
    )


def _flow_table(boxes: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "What": boxes["label"].astype(str),
            "Path": [_PATHS[lane] for lane in boxes["lane"]],
            "Step": [int(step) + 1 for step in boxes["step"]],
            "Records": [int(n) for n in boxes["n"]],
        }
    )


def _flow_drawing(boxes: pd.DataFrame, *, characters: int) -> dict:
    placed, arrows, height = _place_boxes(boxes, characters)
    drawing = alt.layer(*_arrow_layers(arrows, height), *_box_layers(placed, height)).properties(
        width="container", height=height
    )
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))


def _place_boxes(boxes: pd.DataFrame, characters: int) -> tuple[list[dict], list[dict], int]:
    """Boxes with their corners (x as share of the width, y in pixels), and the arrows."""
    placed, arrows, top = [], [], 0
    for step, rows in boxes.sort_values("step", kind="stable").groupby("step", sort=True):
        main = rows[rows["lane"] == "main"].iloc[0]
        aside_top = top
        if step != boxes["step"].min():
            arrows.append(_arrow((_MAIN[1] / 2, top - _BOX_GAP), (_MAIN[1] / 2, top), "down"))
        box = _box(main, _MAIN, top, characters)
        placed.append(box)
        for _, row in rows[rows["lane"] != "main"].iterrows():
            aside = _box(row, _ASIDE, aside_top, characters)
            middle = min((aside["y"] + aside["y2"]) / 2, aside["y"] + _BOX_LINE)
            ends = (_MAIN[1], middle), (_ASIDE[0], middle)
            joins = row["lane"] == "joins"
            arrows.append(
                _arrow(*(reversed(ends) if joins else ends), "left" if joins else "right")
            )
            placed.append(aside)
            aside_top = aside["y2"] + 10
        box["y2"] = max(box["y2"], aside_top - 10)
        top = box["y2"] + _BOX_GAP
    return placed, arrows, top - _BOX_GAP + 2


def _arrow(start: tuple[float, float], end: tuple[float, float], way: str) -> dict:
    return {"x": start[0], "y": start[1], "x2": end[0], "y2": end[1], "way": way}


def _box(row: pd.Series, ends: tuple[float, float], top: int, characters: int) -> dict:
    lines = [*textwrap.wrap(str(row["label"]), characters), count(row["n"])]
    return {
        "x": ends[0],
        "x2": ends[1],
        "y": top,
        "y2": top + _BOX_LINE * len(lines) + 18,
        "lines": lines[:-1],
        "n": lines[-1],
        "lane": row["lane"],
        "text_y": top + 9 + _BOX_LINE / 2,
        "n_y": top + 9 + _BOX_LINE * (len(lines) - 0.5),
    }


def _places(height: int) -> tuple[alt.Scale, alt.Scale]:
    return (
        alt.Scale(domain=[0, 1], nice=False),
        alt.Scale(domain=[0, height], reverse=True, nice=False, zero=False),
    )


def _box_layers(placed: list[dict], height: int) -> list[alt.Chart]:
    x_scale, y_scale = _places(height)
    x = alt.X("x:Q", axis=None, scale=x_scale)
    frames = alt.Chart(values("boxes", placed))
    return [
        frames.mark_rect(filled=False, stroke=LINE, strokeWidth=1.25, cornerRadius=4).encode(
            x=x, x2="x2:Q", y=alt.Y("y:Q", axis=None, scale=y_scale), y2="y2:Q"
        ),
        frames.mark_text(align="left", dx=10, lineHeight=_BOX_LINE).encode(
            x=x, y=alt.Y("text_y:Q", axis=None, scale=y_scale), text="lines:N"
        ),
        frames.mark_text(align="left", dx=10, style="strong").encode(
            x=x, y=alt.Y("n_y:Q", axis=None, scale=y_scale), text="n:N"
        ),
    ]


def _arrow_layers(arrows: list[dict], height: int) -> list[alt.Chart]:
    if not arrows:
        return []
    x_scale, y_scale = _places(height)
    x = alt.X("x:Q", axis=None, scale=x_scale)
    y = alt.Y("y:Q", axis=None, scale=y_scale)
    layers = [
        alt.Chart(values("arrows", arrows))
        .mark_rule(strokeWidth=1.25)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    ]
    heads = (
        ("down", "triangle-down", 0, -5),
        ("right", "triangle-right", -5, 0),
        ("left", "triangle-left", 5, 0),
    )
    for way, shape, dx, dy in heads:
        own = [arrow for arrow in arrows if arrow["way"] == way]
        if own:
            mark = alt.Chart(values(f"heads-{way}", own)).mark_point(
                shape=shape, filled=True, size=60, color=LINE, opacity=1, xOffset=dx, yOffset=dy
            )
            layers.append(
                mark.encode(
                    x=alt.X("x2:Q", axis=None, scale=x_scale),
                    y=alt.Y("y2:Q", axis=None, scale=y_scale),
                )
            )
    return layers


# --- second reading -----------------------------------------------------------------


def reading_figure(
    id: str,
    agreed: int,
    corrected: int,
    not_found: int,
    *,
    title: str = "What the second reading found",
) -> Chart:
    """One bar: figures that a second reading agreed with, corrected or did not find.

    Raises
    ------
    InvalidInputError
        If a count is negative or all are 0.
    """
    parts = {"Agreed": agreed, "Corrected": corrected, "Not found again": not_found}
    total = sum(parts.values())
    if min(parts.values()) < 0 or total == 0:
        raise InvalidInputError(f"counts must be 0 or more and not all 0, were {parts}")
    shares = {name: percent(n / total) for name, n in parts.items()}
    names = [f"{name}: {count(n)} ({shares[name]})" for name, n in parts.items()]
    return Chart(
        id=id,
        spec=_bar(dict(zip(names, parts.values(), strict=True)), total),
        title=title,
        description=f"{count(total)} figures were read a second time. {'; '.join(names)}.",
        table=pd.DataFrame(
            {
                "Second reading": list(parts),
                "Figures": list(parts.values()),
                "Share": list(shares.values()),
            }
        ),
    )


def _bar(parts: dict[str, int], total: int) -> dict:
    records = [
        {"part": name, "figures": n, "order": order}
        for order, (name, n) in enumerate(parts.items())
    ]
    x = alt.X(
        "figures:Q",
        title="Figures read twice",
        axis=alt.Axis(format=",d", grid=False, tickCount=min(total, 4)),
        scale=alt.Scale(domain=[0, total], nice=False),
    )
    colour = alt.Color(
        "part:N",
        scale=alt.Scale(domain=list(parts), range=list(PART_COLOURS)),
        legend=alt.Legend(title=None, orient="top", direction="vertical", symbolType="square"),
    )
    bar = alt.Chart(values("parts", records)).mark_bar(stroke=LINE, strokeWidth=0.5)
    drawing = alt.layer(bar.encode(x=x, order="order:Q", color=colour)).properties(
        width="container", height=28
    )
    return vega_lite(drawing.configure(autosize=alt.AutoSizeParams(type="fit-x")))
