"""Charts as data: what is drawn, what is said, what never changes. All data is synthetic."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html import unescape
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import vl_convert
import yaml

from analysis_lib.charts import (
    SIDE_STYLES,
    TREATMENT_STYLES,
    Chart,
    cohort_forest,
    evidence_map,
    flow_chart,
    reading_figure,
    risk_table,
    survival_chart,
)
from analysis_lib.charts.theme import NEUTRALS, ORDERED_STYLES, PART_COLOURS, styles_of
from analysis_lib.exceptions import InvalidInputError

ROOT = Path(__file__).parents[2]
HOSTILE = "</script><script>alert(1)</script><!-- & \"quoted\" 'title'"


def _curves(known_until: float = 12, side: str = "Re-resection") -> pd.DataFrame:
    times = [0, 3, 6, 9, 12, 15, 18]
    return pd.DataFrame(
        {
            "side": side,
            "style": "re_resection",
            "time_months": times,
            "survival": [1.0, 0.9, 0.71234567, 0.6, 0.5, 0.4, 0.3],
            "low": [1.0, 0.8, 0.6, 0.5, 0.4, None, None],
            "high": [1.0, 0.95, 0.8, 0.7, 0.6, None, None],
            "known": [time < known_until for time in times],
            "n_arms": [5 if time < known_until else 3 for time in times],
        }
    )


def _at_risk(side: str = "Re-resection") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "side": side,
            "time_months": [0, 6, 12, 18],
            "at_risk": [1200, 60, 20, 0],
            "censored": [0, 7, 8, 0],
            "events": [0, 30, 41, 0],
            "n_arms": [5, 5, 3, 0],
            "of": 5,
        }
    )


def _rows() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("Author 2020", "Re-resection", "re_resection", 11.1, 8.4, 13.6, 31, None, "printed"),
            ("Writer 2018", "Re-resection", "re_resection", 9.0, 6.0, 12.0, 120, "x", "computed"),
            ("Reader 2015", "Repeat SRS", "re_srs", 8.25, None, None, None, None, "none"),
            ("Silent 2012", "Repeat SRS", "re_srs", None, None, None, 12, None, "none"),
        ],
        columns=[
            *("label", "group", "style", "estimate", "low", "high", "n", "note", "interval_kind")
        ],
    )


def _pools() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("Combined, 2 of 2 cohorts", "Re-resection", 10.4, 7.5, 13.1, 4.0, 30.0, None),
            ("Together", "Repeat SRS", *[None] * 5, "not combined (1 of 2 cohorts)"),
        ],
        columns=[
            *("label", "group", "estimate", "low", "high"),
            *("prediction_low", "prediction_high", "why_not"),
        ],
    )


def _map_rows() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("Re-resection", "re_resection", "Overall survival", "Primary", 7, 310),
            ("Re-resection", "re_resection", "Overall survival", "Sensitivity", 2, 40),
            ("Repeat SRS", "re_srs", "Local control", "Primary", 3, 95),
        ],
        columns=["treatment", "style", "outcome", "role", "n_studies", "n_patients"],
    )


def _boxes() -> pd.DataFrame:
    return pd.DataFrame(
        [
            (0, "main", "Records read", 75),
            (0, "aside", "Excluded, each with its reason", 12),
            (1, "main", "Used in a comparison", 63),
        ],
        columns=["step", "lane", "label", "n"],
    )


def _survival() -> Chart:
    curves = pd.concat([_curves(), _curves(18, "Repeat SRS").assign(style="re_srs")])
    at_risk = pd.concat([_at_risk(), _at_risk("Repeat SRS")])
    return survival_chart("os", curves, title="Survival", max_months=18, at_risk=at_risk)


def _charts() -> list[Chart]:
    return [
        _survival(),
        cohort_forest("medians", _rows(), title="Medians", x_title="Months"),
        cohort_forest("pools", _rows(), title="Pools", x_title="Months", summaries=_pools()),
        evidence_map("map", _map_rows()),
        flow_chart("flow", _boxes()),
        reading_figure("reading", 90, 8, 2),
    ]


def _specs(chart: Chart) -> list[dict]:
    return [spec for spec in (chart.spec, chart.narrow_spec) if spec]


def _drawn_text(spec: dict, width: int = 640) -> str:
    """The texts of the drawing, as Vega itself lays it out."""
    svg = vl_convert.vegalite_to_svg(spec | {"width": width}, vl_version="6.4")
    return unescape("\n".join(re.findall(r"<(?:text|tspan)[^>]*>([^<]+)(?=<)", svg)))


# --- every chart --------------------------------------------------------------------


@pytest.mark.parametrize("chart", _charts(), ids=lambda chart: chart.id)
def test_every_chart_draws_and_says_the_same_in_html(chart):
    for spec in _specs(chart):
        assert _drawn_text(spec)
    html = chart.to_html()
    assert f'<div class="lsr-drawing" id="chart-{chart.id}" role="img"' in html
    assert f"<figcaption>{chart.title}</figcaption>" in html
    assert "<details><summary>Numbers behind this chart</summary>" in html
    assert len(chart.table) > 0
    assert len(chart.description) > 40
    assert "\n\n" not in html


@pytest.mark.parametrize("chart", _charts(), ids=lambda chart: chart.id)
def test_no_random_name_no_address_no_long_number(chart):
    for spec in _specs(chart):
        text = json.dumps(spec)
        assert "$schema" not in text
        assert "http" not in text
        assert not re.search(r"data-[0-9a-f]{16,}|view_\d|param_\d", text)
        numbers = re.findall(r"\d+\.\d+", text)
        assert all(len(n.replace(".", "").lstrip("0")) <= 4 for n in numbers)


def test_html_is_the_same_in_another_process():
    code = (
        "import sys; sys.path.insert(0, 'tests/unit'); import test_charts\n"
        "print(''.join(chart.to_html() for chart in test_charts._charts()))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {"".join(chart.to_html() for chart in _charts()) + "\n"}


def test_hostile_text_is_text_in_page_and_drawing():
    rows = _rows().assign(label=HOSTILE)
    chart = cohort_forest("x", rows, title=HOSTILE, x_title="Months")
    html = chart.to_html()
    assert "<script>alert" not in html
    assert html.count("<script") == html.count("</script>") == 2
    spec = re.search(r'class="lsr-spec">(.*?)</script>', html, re.DOTALL).group(1)
    assert json.loads(spec)["datasets"]["estimates"][0]["name"] == HOSTILE
    assert HOSTILE in _drawn_text(chart.narrow_spec).replace("\n", " ")
    assert "<script>" not in risk_table(_at_risk(HOSTILE), caption=HOSTILE).to_html()


def test_a_chart_needs_a_plain_id():
    with pytest.raises(InvalidInputError, match="lower-case"):
        reading_figure('a"b', 1, 0, 0)


# --- survival -----------------------------------------------------------------------


def _parts(curves: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    chart = survival_chart("s", curves, title="S", max_months=18)
    points = pd.DataFrame(chart.spec["datasets"]["curves"])
    return points[points["part"] == "all arms known"], points[points["part"] == "fewer arms known"]


def test_solid_ends_where_an_arm_drops_out():
    solid, dotted = _parts(_curves(known_until=12))
    assert solid["months"].max() == 12
    assert solid.loc[solid["months"].idxmax(), "survival"] == 0.6  # before the drop at 12
    # Other patients from here on: no line joins the two.
    assert (dotted["months"].min(), dotted["survival"].max()) == (12, 0.5)


def test_a_drop_of_the_same_arms_is_drawn():
    _, dotted = _parts(_curves(known_until=12).assign(n_arms=5))
    assert (dotted["months"].min(), dotted["survival"].max()) == (12, 0.6)


def test_legend_says_what_dotted_means():
    chart = survival_chart("s", _curves(known_until=12), title="S", max_months=18)
    assert "fewer arms known" in _drawn_text(chart.spec)


def test_band_only_where_known_and_printed():
    chart = survival_chart("s", _curves(known_until=18), title="S", max_months=18)
    bands = pd.DataFrame(chart.spec["datasets"]["bands"])
    assert bands["months"].max() == 15  # limits end there although the arms are known to 18


def test_a_curve_wholly_known_has_no_legend_of_lines():
    chart = survival_chart("s", _curves(known_until=99), title="S", max_months=18)
    assert "arms known" not in _drawn_text(chart.spec)


def test_curve_is_cut_at_the_end_of_the_axis():
    chart = survival_chart("s", _curves(), title="S", max_months=14)
    assert max(point["months"] for point in chart.spec["datasets"]["curves"]) == 14


def test_where_an_arm_leaves_no_line_rises():
    """The heights of one drawn run never rise: a gap stands where other patients go on."""
    curves = _curves(known_until=12)
    curves.loc[curves["time_months"] >= 12, "survival"] = [0.8, 0.7, 0.65]
    chart = survival_chart("s", curves, title="S", max_months=18)
    runs = pd.DataFrame(chart.spec["datasets"]["curves"]).groupby("run")["survival"]
    assert runs.ngroups == 2
    assert all((np.diff(heights) <= 0).all() for _, heights in runs)


def test_risk_table_stands_under_the_curves_with_every_line_of_each_side():
    html = _survival().to_html()
    assert html.count('scope="rowgroup"') == 2
    for line in ("At risk", "Censored", "Events", "Arms"):
        assert html.count(f'<th scope="row">{line}</th>') == 2
    row = re.search(r'<th scope="row">At risk</th>(.*?)</tr>', html).group(1)
    # 18 months: no arm is known, which is not nobody at risk.
    assert re.findall(r"<td>(.*?)</td>", row) == ["1,200", "60", "20", "–"]
    assert "0 of 5" in html
    assert "At risk\t1,200\t60\t20\t–" in _survival().to_text()


def test_a_time_given_twice_is_refused():
    with pytest.raises(InvalidInputError, match="twice"):
        risk_table(pd.concat([_at_risk(), _at_risk()]), caption="x")


def test_a_long_axis_title_is_in_lines():
    title = "Months after time zero (start of salvage treatment, or re-irradiation after surgery)"
    chart = survival_chart("s", _curves(), title="S", max_months=18, x_title=title)
    lines = _drawn_text(chart.spec, width=320).split("\n")
    assert max(map(len, lines)) <= 40
    assert title in " ".join(lines)


def test_table_reads_the_curve_at_the_ticks():
    table = _survival().table
    row = table[(table["Side"] == "Re-resection") & (table["Months"] == "6")].iloc[0]
    assert (row["Alive"], row["95% interval"], row["Arms known"]) == ("71%", "60% to 80%", 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"survival": [1, 0.9, 0.95, 0.6, 0.5, 0.4, 0.3]}, "rises"),
        ({"survival": [100, 90, 80, 60, 50, 40, 30]}, r"0\.\.1"),
        ({"time_months": [1, 3, 6, 9, 12, 15, 18]}, "first time must be 0"),
    ],
)
def test_impossible_curves_are_refused(change, message):
    with pytest.raises(InvalidInputError, match=message):
        survival_chart("s", _curves().assign(**change), title="S", max_months=18)


def test_missing_columns_are_named():
    with pytest.raises(InvalidInputError, match="known, n_arms"):
        survival_chart("s", _curves().drop(columns=["known", "n_arms"]), title="S", max_months=18)


# --- forest -------------------------------------------------------------------------


def test_forest_writes_each_estimate_beside_its_line():
    chart = cohort_forest("f", _rows(), title="F", x_title="Months")
    for spec in _specs(chart):
        text = _drawn_text(spec)
        for expected in ("11.1 (8.4 to 13.6), n 31", "8.3", "not reported, n 12", "Author 2020"):
            assert expected in text


def test_unknown_estimate_has_no_mark():
    data = cohort_forest("f", _rows(), title="F", x_title="Months").spec["datasets"]["estimates"]
    assert [row["estimate"] for row in data if row["label"] == "Silent 2012"] == [None]


def test_computed_intervals_are_dashed_and_printed_ones_solid():
    layers = cohort_forest("f", _rows(), title="F", x_title="Months").spec["layer"]
    dashes = {
        layer["data"]["name"]: layer["mark"]["strokeDash"]
        for layer in layers
        if layer.get("data", {}).get("name", "").startswith("intervals-")
    }
    assert dashes == {"intervals-printed": [1, 0], "intervals-computed": [4, 3]}


def test_area_grows_with_patients():
    data = cohort_forest("f", _rows(), title="F", x_title="Months").spec["datasets"]["estimates"]
    sizes = {row["label"]: row["size"] for row in data}
    assert sizes["Author 2020"] / sizes["Writer 2018"] == pytest.approx(31 / 120, rel=1e-3)


def test_interval_beyond_the_axis_ends_in_an_arrow():
    rows = _rows().iloc[:1].assign(estimate=0.6, low=0.05, high=9.0)
    chart = cohort_forest(
        "f", rows, title="F", x_title="HR", unit="ratio", scale="log", reference=1, domain=(0.1, 5)
    )
    drawn = chart.spec["datasets"]["intervals-printed"][0]
    assert (drawn["low"], drawn["high"]) == (0.1, 5)
    assert {"beyond-low", "beyond-high"} <= set(chart.spec["datasets"])
    assert "0.60 (0.05 to 9.00)" in _drawn_text(chart.spec)
    assert "arrow" in chart.description


def test_probabilities_are_written_as_percentages():
    rows = _rows().iloc[:1].assign(estimate=0.617, low=0.5, high=0.72)
    chart = cohort_forest("f", rows, title="F", x_title="Alive at 12 months", unit="percent")
    assert "62% (50% to 72%), n 31" in _drawn_text(chart.spec)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"low": 14.0}, {}, "must rise"),
        ({"estimate": None}, {}, "without its estimate"),
        ({"interval_kind": "guessed"}, {}, "interval_kind"),
        ({"low": 0.0}, {"scale": "log"}, "above 0"),
        ({}, {"unit": "years"}, "unit must be"),
        ({}, {"scale": "sqrt"}, "scale must be"),
    ],
)
def test_impossible_rows_are_refused(change, options, message):
    rows = _rows().iloc[:1].assign(**change)
    with pytest.raises(InvalidInputError, match=message):
        cohort_forest("f", rows, title="F", x_title="x", **options)


def test_a_linked_label_leads_somewhere_in_the_table_too():
    chart = cohort_forest("f", _rows().assign(href="s.html#n"), title="F", x_title="x")
    assert '<a href="s.html#n">Author 2020</a>' in chart.to_html()


def _names(spec: dict) -> set[str]:
    return {layer.get("data", {}).get("name", "") for layer in spec["layer"]}


def test_a_pool_is_a_diamond_with_its_interval_and_prediction():
    chart = cohort_forest("f", _rows(), title="F", x_title="Months", summaries=_pools())
    for spec in _specs(chart):
        corners = spec["datasets"]["diamonds"]
        assert [corner["x"] for corner in corners] == [7.5, 10.4, 13.1]
        heights = [corner["to"] - corner["y"] for corner in corners]
        assert heights[0] == heights[2] == 0 < heights[1]
        drawn = spec["datasets"]["predictions"][0]
        # The axis holds what cohorts show; a prediction beyond it ends in an arrow.
        assert (drawn["prediction_low"], drawn["prediction_goes_right"]) == (4, True)
        assert drawn["prediction_high"] < 30
        text = _drawn_text(spec).replace("\n", " ")
        assert "10.4 (7.5 to 13.1), a new cohort 4.0 to 30.0" in text
        assert "not combined (1 of 2 cohorts)" in text
    row = chart.table[chart.table["Study"] == "Combined, 2 of 2 cohorts"].iloc[0]
    assert (row["Estimate"], row["Interval"]) == ("10.4", "pooled")
    assert row["Note"] == "a new cohort 4.0 to 30.0"


def test_without_a_pool_nothing_is_drawn_as_one():
    pools = _pools().iloc[1:]
    chart = cohort_forest("f", _rows(), title="F", x_title="Months", summaries=pools)
    assert not {"diamonds", "predictions"} & _names(chart.spec)
    assert "not combined (1 of 2 cohorts)" in _drawn_text(chart.spec).replace("\n", " ")
    assert "Not combined: too few cohorts" in chart.description
    assert "diamond" not in chart.description


def test_weights_are_written_where_a_row_has_one():
    rows = _rows().assign(weight=[0.237, 0.763, None, None])
    chart = cohort_forest("f", rows, title="F", x_title="Months")
    text = _drawn_text(chart.narrow_spec)
    assert "11.1 (8.4 to 13.6), n 31, weight 24%" in text
    assert text.count("weight") == 2
    assert list(chart.table["Weight"]) == ["24%", "76%", "none", "none"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"group": "Nobody"}, "no group"),
        ({"low": 12.0}, "must rise"),
        ({"low": None}, "must rise"),
        ({"estimate": None, "low": None, "high": None}, "why there is none"),
    ],
)
def test_impossible_pools_are_refused(change, message):
    pools = _pools().iloc[:1].assign(**change)
    with pytest.raises(InvalidInputError, match=message):
        cohort_forest("f", _rows(), title="F", x_title="x", summaries=pools)


def test_long_labels_are_wrapped_and_never_cut():
    """Labels that differ only in their last word stay different, wide and narrow."""
    labels = [
        f"Figures kept for sensitivity, none from another paper's table, without {name} 2006"
        for name in ("Author", "Writer", "Reader", "Silent")
    ]
    chart = cohort_forest("f", _rows().assign(label=labels), title="F", x_title="Months")
    for spec in _specs(chart):
        text = _drawn_text(spec, width=320).replace("\n", " ")
        assert all(label in text for label in labels)
        assert all("limit" not in layer["mark"] for layer in spec["layer"])
    lines = _drawn_text(chart.narrow_spec, width=320).split("\n")
    assert max(map(len, lines)) <= 42


def test_lines_of_text_do_not_run_into_each_other():
    long = "A label of several lines, because a scenario says all it does " * 2
    chart = cohort_forest("f", _rows().assign(label=long), title="F", x_title="Months")
    rows = chart.narrow_spec["datasets"]["estimates"]
    for row, following in pairwise(rows):
        label_end = row["label_y"] + 16 * row["label"].count("\n")
        assert label_end < row["value_y"]
        assert row["value_y"] + 16 * row["text"].count("\n") < row["y"] <= following["label_y"]


def test_what_is_noted_of_every_row_is_said_once():
    chart = cohort_forest("f", _rows().assign(note="one study"), title="F", x_title="Months")
    assert "one study" not in _drawn_text(chart.spec)
    assert "Of every row: one study." in chart.description
    some = cohort_forest("f", _rows(), title="F", x_title="Months")
    assert _drawn_text(some.narrow_spec).count(", x") == 1
    assert "*" not in _drawn_text(some.spec)


def test_forest_of_nothing_but_unknown_rows_draws():
    chart = cohort_forest("f", _rows().iloc[3:], title="F", x_title="Months")
    assert "not reported" in _drawn_text(chart.spec)


# --- evidence, flow, second reading -------------------------------------------------


def test_map_counts_studies_and_keeps_empty_places_empty():
    chart = evidence_map("m", _map_rows())
    assert [row["studies"] for row in chart.spec["datasets"]["map"]] == [7, 2, 3]
    assert list(chart.table["Patients"]) == [310, 40, 95]


def test_map_keeps_the_order_of_categories():
    roles = pd.Categorical(_map_rows()["role"], ["Sensitivity", "Primary"])
    text = _drawn_text(evidence_map("m", _map_rows().assign(role=roles)).spec)
    assert text.index("Sensitivity") < text.index("Primary")


def test_map_refuses_a_cell_given_twice():
    with pytest.raises(InvalidInputError, match="twice"):
        evidence_map("m", pd.concat([_map_rows(), _map_rows().iloc[:1]]))


def test_flow_writes_every_box():
    chart = flow_chart("f", _boxes())
    for spec in _specs(chart):
        text = _drawn_text(spec)
        assert all(number in text for number in ("75", "12", "63"))
    assert "Excluded, each with its reason: 12 (left aside)" in chart.description


def test_flow_needs_one_main_box_per_step():
    with pytest.raises(InvalidInputError, match="exactly one main box"):
        flow_chart("f", _boxes().iloc[1:])


def test_reading_says_counts_and_shares():
    chart = reading_figure("r", 90, 8, 2)
    text = _drawn_text(chart.spec)
    assert all(
        part in text
        for part in ("Agreed: 90 (90%)", "Corrected: 8 (8%)", "Not found again: 2 (2%)")
    )
    with pytest.raises(InvalidInputError, match="not all 0"):
        reading_figure("r", 0, 0, 0)


# --- palette ------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _css_colours(mode: str) -> dict[str, str]:
    css = (ROOT / "book/_static/lsr.css").read_text("utf-8")
    block = re.search(rf'data-theme="{mode}"\] \{{(.*?)\}}', css, re.DOTALL).group(1)
    return dict(re.findall(r"(--lsr-[a-z]+): (#[0-9a-f]{6});", block))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_colour_stands_out_in_light_and_dark(mode):
    page = _css_colours(mode)["--lsr-surface"]
    styles = [*TREATMENT_STYLES.values(), *SIDE_STYLES.values(), *ORDERED_STYLES]
    for colour in [style.colour for style in styles] + list(PART_COLOURS):
        assert _contrast(colour, page) >= 3, colour
    assert _contrast(_css_colours(mode)["--lsr-ink"], page) >= 7
    assert _contrast(_css_colours(mode)["--lsr-quiet"], page) >= 4.5
    assert _contrast(_css_colours(mode)["--lsr-line"], page) >= 3


#: Linear RGB as protanopes, deuteranopes and tritanopes see it (Machado et al. 2009, table 1).
SIGHT = {
    "common": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritanopia": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


def _lab(colour: str, sight: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as a kind of sight has it."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(sight @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _declared_sides() -> list[list[str]]:
    declared = yaml.safe_load((ROOT / "chapters/comparisons.yaml").read_text("utf-8"))
    return [[side["colour"] for side in found["sides"]] for found in declared["comparisons"]]


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("codes", _declared_sides(), ids="-".join)
def test_sides_of_one_comparison_are_told_apart(codes, sight):
    """At least 20 units of CIE L*a*b* apart (2.3 are just noticeable) in any kind of sight."""
    styles = list(styles_of(codes, codes).values())
    for one, other in combinations(styles, 2):
        apart = np.linalg.norm(_lab(one.colour, SIGHT[sight]) - _lab(other.colour, SIGHT[sight]))
        assert apart >= 20
        assert one.shape != other.shape


def test_every_side_has_a_code_of_the_palette():
    for codes in _declared_sides():
        assert set(codes) <= set(TREATMENT_STYLES) | set(SIDE_STYLES)


def test_script_and_sheet_know_the_neutral_colours():
    assert {name: _css_colours("light")[name] for name in NEUTRALS} == NEUTRALS
    script = (ROOT / "book/_static/charts.js").read_text("utf-8")
    known = dict(re.findall(r'"(#[0-9a-f]{6})": "var\((--lsr-[a-z]+)\)"', script))
    assert known == {colour: name for name, colour in NEUTRALS.items()}


def test_no_treatment_looks_like_another():
    looks = [(style.colour, style.shape) for style in TREATMENT_STYLES.values()]
    assert len(set(looks)) == len(looks)
    assert len({style.colour for style in TREATMENT_STYLES.values()}) == len(looks)


def test_every_treatment_of_the_vocabulary_has_its_style():
    text = (ROOT / "data/vocabulary.yaml").read_text("utf-8")
    block = re.search(r"^treatment:\n((?:  .*\n)+)", text, re.MULTILINE).group(1)
    assert set(re.findall(r"^  (\w+):", block, re.MULTILINE)) == set(TREATMENT_STYLES)


def test_a_code_keeps_its_style_and_others_take_the_next():
    styles = styles_of(["A", "Re-resection", "B"], ["A", "re_resection", "B"])
    assert styles["Re-resection"] == TREATMENT_STYLES["re_resection"]
    assert len({style.colour for style in styles.values()}) == 3
    assert len({style.shape for style in styles.values()}) == 3


def test_a_tick_stands_where_somebody_was_lost_from_sight():
    censored = pd.DataFrame({"side": ["Surgery"], "time_months": [4.0], "survival": [0.8]})
    curves = _curves()
    censored["side"] = curves["side"].iloc[0]
    chart = survival_chart("s", curves, title="S", max_months=18, censored=censored)
    drawn = [rows for rows in chart.spec["datasets"].values() if rows and len(rows[0]) == 3]
    assert [{"side": censored["side"][0], "months": 4, "survival": 0.8}] in drawn
    assert any(layer["mark"]["type"] == "tick" for layer in chart.spec["layer"])


def test_ticks_need_a_side_a_time_and_a_height():
    with pytest.raises(InvalidInputError, match="censored"):
        survival_chart(
            "s", _curves(), title="S", max_months=18, censored=pd.DataFrame({"side": ["a"]})
        )
