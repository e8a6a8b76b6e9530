"""The page of measured times, from a synthetic measurement."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from analysis_lib.book.speed_page import LIVING, speed_page
from analysis_lib.charts import growth_chart
from analysis_lib.exceptions import InvalidInputError, ReviewError

SIZES = [
    {"studies": 100, "validate_cpu": 1.0, "impact_cpu": 10.0},
    {"studies": 1000, "validate_cpu": 3.3, "impact_cpu": 40.0},
]
MEASURED = {"limits_seconds_at_1000": {"validate": 5.0, "impact": 60.0}, "sizes": SIZES, "cores": 2}


def test_the_page_shows_what_was_measured(tmp_path):
    file = tmp_path / "living.json"
    file.write_text(json.dumps(MEASURED))
    text = speed_page(file)
    assert "100 to 1,000 synthetic studies" in text
    assert all(shown in text for shown in ("3.3", "40.0", "Dashed: 5 seconds"))


def test_without_a_measurement_the_page_says_what_to_run(tmp_path):
    with pytest.raises(ReviewError, match=r"benchmarks/living\.py --json"):
        speed_page(tmp_path / "living.json")


def test_the_line_of_proportion_begins_at_the_first_size():
    rows = pd.DataFrame({"studies": [100, 300], "seconds": [2.0, 3.0]})
    chart = growth_chart("g", rows, limit_seconds=5, title="t", description="d")
    assert chart.spec["datasets"]["proportion"] == [
        {"seconds": 2, "studies": 100},
        {"seconds": 6, "studies": 300},
    ]
    with pytest.raises(InvalidInputError, match="seconds"):
        growth_chart("g", rows[["studies"]], limit_seconds=5, title="t", description="d")


def test_the_kept_measurement_keeps_the_limits():
    """At 1,000 synthetic studies, and no faster than in proportion."""
    measured = json.loads(LIVING.read_text("utf-8"))
    largest = measured["sizes"][-1]
    assert measured["synthetic"]
    assert largest["studies"] == 1000
    assert all(slope <= 1 for slope in measured["slopes"].values())
    for task, limit in measured["limits_seconds_at_1000"].items():
        assert largest[f"{task}_cpu"] / measured["cores"] <= limit


def test_the_readme_of_the_benchmarks_prints_the_kept_measurement():
    measured = json.loads(LIVING.read_text("utf-8"))
    text = (LIVING.parents[1] / "README.md").read_text("utf-8")
    for row in measured["sizes"]:
        shown = f"| {row['studies']:,} | {row['validate_cpu']:.1f} | {row['impact_cpu']:.1f} |"
        assert shown in text
    assert all(f"{slope:.2f} ({task})" in text for task, slope in measured["slopes"].items())


def test_a_measurement_of_one_size_is_not_kept_and_says_so(tmp_path):
    program, kept = LIVING.parents[1] / "living.py", tmp_path / "one.json"
    command = [sys.executable, str(program), "--studies", "10", "--json", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "needs two sizes" in done.stderr
    assert not kept.exists()
