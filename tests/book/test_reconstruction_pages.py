"""The reconstruction chapter: says when there is no curve, shows one when there is."""

import json
import re

import pytest
from synthetic import record_with_curve

from analysis_lib.book.reconstruction_pages import (
    MEASURED,
    benchmark_page,
    example_page,
    quality_page,
)
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import load_records


def test_without_a_curve_the_page_says_so():
    assert not any(o.curve for r in load_records() for a in r.arms for o in a.outcomes)
    assert "No record holds a digitised curve yet" in quality_page(load_records())


def test_with_a_curve_the_page_shows_it(tmp_path):
    """A synthetic record: its reading, its curve and each printed fact with its residual."""
    text = quality_page([record_with_curve(tmp_path, with_table=True)])
    assert "No record holds a digitised curve" not in text
    assert 'class="lsr-chart"' in text
    assert "number at risk at 12 months" in text


def test_the_example_says_what_it_is_not():
    text = example_page()
    assert "not about brain" in text
    ratios = re.findall(r">(\d\.\d\d) \(", text)
    truth, *made = [float(value) for value in ratios]
    assert made == pytest.approx([truth, truth], abs=0.05)


def test_the_benchmark_needs_its_figures(tmp_path):
    with pytest.raises(ReviewError, match="make bench"):
        benchmark_page(tmp_path / "nothing.json")
    assert "IPDfromKM" in benchmark_page()


def test_the_readme_of_the_benchmarks_holds_the_measured_figures():
    """Its table is written by hand; a new measurement must change it too."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    cells = {(row["reading"], row["information"]): row for row in measured["cells"]}
    readme = (MEASURED.parents[1] / "README.md").read_text(encoding="utf-8")
    for reading in ("traced", "read", "clicked"):
        shown = [
            f"{cells[reading, kind]['rmse']:.3f} ({cells[reading, kind]['ipdfromkm_rmse']:.3f})"
            for kind in ("at_risk", "n_events", "n_only")
        ]
        assert f"| {reading} | {' | '.join(shown)} |" in readme


def test_the_readme_of_the_benchmarks_holds_the_simulated_coverage():
    results, readme = MEASURED.parent, (MEASURED.parents[1] / "README.md").read_text("utf-8")

    def percent(share):
        return f"{100 * share:.1f} %"

    def row(label, worst):
        numbers = (percent(worst["least_coverage"]), percent(worst["greatest_type_one_error"]))
        return f"| {label} | {numbers[0]} | {numbers[1]} |"

    within, between = (
        json.loads((results / f"{name}.json").read_text("utf-8"))["summary"]["worst"]
        for name in ("two_stage", "between_studies")
    )
    label = "within studies, modified Knapp-Hartung (shown); 3 to 8 studies"
    assert row(label, within["modified_knapp_hartung"]) in readme
    assert row("within studies, Wald", within["wald"]) in readme
    assert row("between cohorts, t (shown); 4 to 8 cohorts a side", between["t"]) in readme
    label = "between cohorts, profile likelihood with the t quantile"
    assert row(label, between["profile_t"]) in readme
    assert row("between cohorts, naive pooling", between["naive_cox"]) in readme
    rows = json.loads((results / "summary_curve.json").read_text("utf-8"))["rows"]
    for label, interval, scale in (
        ("modified Knapp-Hartung (shown); 3 to 8 cohorts", "modified_knapp_hartung", "log-log"),
        ("as published (normal)", "wald", "log"),
    ):
        least = min(
            one["coverage"]
            for one in rows
            if (one["interval"], one["scale"], one["structure"]) == (interval, scale, "by itself")
        )
        assert f"| survival at 12 months, {label} | {percent(least)} | |" in readme
