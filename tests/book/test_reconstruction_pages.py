"""The reconstruction chapter: says when there is no curve, shows one when there is."""

import re

import pytest
from synthetic import record_with_curve

from analysis_lib.book.reconstruction_pages import benchmark_page, example_page, quality_page
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
