"""The chapter on figures: its example is drawn and read here, its benchmark is measured."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from analysis_lib.book.digitising_benchmark import MEASURED, benchmark_blocks
from analysis_lib.book.digitising_example import example
from analysis_lib.book.digitising_page import digitising_page, write_pictures
from analysis_lib.book.markdown import Picture
from analysis_lib.charts.example_figure import figure_png, figure_svg
from analysis_lib.exceptions import ReviewError


def test_the_example_is_read_well_and_its_lines_exactly():
    """What the page says of it holds: an error of a pixel or two, and none where lines are read."""
    made = example()
    pixel = made.figure.calibration.survival_per_pixel
    for arm in made.arms:
        assert arm.error < 2 * pixel
        assert arm.exact_error < 1e-6
        assert abs(arm.read_median - arm.drawn_median) < 0.3
        assert len(arm.exact.censor_times_months) == arm.drawn_ticks
    true, read = made.hazard_ratios
    assert abs(np.log(read / true)) < 0.05


def test_the_pictures_are_the_same_each_time(tmp_path):
    made = example()
    arms = [arm.drawn for arm in made.arms]
    again = [figure_png(arms, months=(0, 6, 12), title="x") for _ in range(2)]
    assert again[0] == again[1]
    lines = [figure_svg(arms, months=(0, 6, 12), title="x") for _ in range(2)]
    assert lines[0] == lines[1]
    write_pictures(tmp_path)
    for name, data in (("figure", made.image), ("overlay", made.overlay)):
        path = tmp_path / f"example-{name}.png"
        assert path.read_bytes() == data
        Image.open(io.BytesIO(data)).verify()


def test_the_page_tells_everything_without_its_pictures():
    text = digitising_page()
    assert text.count("<img ") == 2
    assert "not about brain metastases" in " ".join(text.split())
    for words in ("two falling step curves", "drawn over the printed ones"):
        assert words in " ".join(text.split())
    measured = json.loads(MEASURED.read_text("utf-8"))
    for row in measured["styles"]:
        assert f"{row['succeeded']} of {row['figures']}" in text


def test_the_page_needs_its_benchmark(tmp_path):
    with pytest.raises(ReviewError, match="make bench"):
        digitising_page(tmp_path / "nothing.json")


def test_failures_are_named():
    measured = json.loads(MEASURED.read_text("utf-8")) | {"failures": ["fig_1.png: <refused>"]}
    text = "\n".join(block.to_html() for block in benchmark_blocks(measured))
    assert "fig_1.png: &lt;refused&gt;" in text


def test_a_picture_says_its_size_and_what_is_in_it():
    html = Picture("a.png", 'a "curve"', "Caption <1>", 7, 5).to_html()
    assert 'alt="a &quot;curve&quot;" width="7" height="5"' in html
    assert "Caption &lt;1&gt;" in html
