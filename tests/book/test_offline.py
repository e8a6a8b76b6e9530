"""A built book asks no other origin for anything, and its charts find their scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_lib.book.offline import foreign_references
from analysis_lib.book.scripts import write_scripts
from analysis_lib.charts import reading_figure

ROOT = Path(__file__).parents[2]

PAGE = """# Formulas

Within text $a < b$, and on its own line, see {eq}`km`:

$$
S(t) = \\prod_{t_k \\le t} \\left(1 - \\frac{d_k}{n_k}\\right)
$$ (km)
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("static")
    write_scripts(folder)
    return folder


@pytest.fixture(scope="module")
def book(tmp_path_factory, scripts) -> Path:
    """A book of two pages under the project's own configuration, built with ``-W``."""
    root = tmp_path_factory.mktemp("site")
    source = root / "book"
    shutil.copytree(scripts, source / "_static")
    for name in ("charts.js", "lsr.css"):
        shutil.copy(ROOT / "book/_static" / name, source / "_static")
    shutil.copy(ROOT / "_config.yml", root)
    (source / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chart\n")
    (source / "index.md").write_text(PAGE)
    chart = reading_figure("reading", 9, 1, 0).to_html()
    (source / "chart.md").write_text(f"# A chart\n\n```{{raw}} html\n{chart}\n```\n")
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        "book",
        "-W",
        "-n",
    ]
    result = subprocess.run(
        [*command, "--config", "_config.yml"], cwd=root, capture_output=True, text=True, timeout=180
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return root / "_build/html"


def test_no_page_or_sheet_loads_from_another_origin(book):
    pages = [*book.rglob("*.html"), *book.rglob("*.css")]
    assert len(pages) > 5
    assert {page.name: foreign_references(page.read_text("utf-8")) for page in pages} == {
        page.name: [] for page in pages
    }


def test_no_page_names_what_the_theme_would_load(book):
    for page in book.glob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r"unpkg|jsdelivr|cdnjs|polyfill|thebe|MathJax\b", text), page.name


def test_every_script_and_sheet_of_a_page_is_in_the_book(book):
    for page in book.glob("*.html"):
        text = page.read_text("utf-8")
        named = re.findall(r'<script[^>]*\ssrc="([^"?]+)', text)
        named += re.findall(r'<link[^>]*\shref="([^"?]+\.css)', text)
        assert named
        assert [name for name in named if not (book / name).exists()] == []


def test_drawing_script_stands_on_chart_pages_only(book):
    assert "generated/vega.js" in (book / "chart.html").read_text("utf-8")
    assert "generated/vega.js" not in (book / "index.html").read_text("utf-8")
    assert (book / "_static/generated/LICENSES.txt").exists()


def test_formulas_are_mathml(book):
    text = (book / "index.html").read_text("utf-8")
    assert text.count("<math ") == 2
    assert 'display="block"' in text
    assert "<mo>∏</mo>" in text


def test_foot_of_every_page(book):
    for name in ("index.html", "chart.html"):
        text = (book / name).read_text("utf-8")
        assert "Summarises studies; not advice for one patient." in text


def test_scripts_are_written_once(scripts):
    first = {path: path.stat().st_mtime_ns for path in write_scripts(scripts)}
    assert {path: path.stat().st_mtime_ns for path in write_scripts(scripts)} == first
    assert not list(scripts.rglob(".*"))


def test_an_older_script_is_replaced(scripts, tmp_path):
    shutil.copytree(scripts, tmp_path / "static")
    script, _ = write_scripts(tmp_path / "static")
    script.write_text("/* Vega 0.0.0 */\n")
    write_scripts(tmp_path / "static")
    assert script.read_bytes() == (scripts / "generated/vega.js").read_bytes()


def test_licences_name_every_part(scripts):
    text = (scripts / "generated/LICENSES.txt").read_text("utf-8")
    for part in ("vega-lite", "vega-embed", "University of Washington", "Mike Bostock"):
        assert part in text


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<script async src="//cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        '<link href="https://fonts.example" rel="preconnect">',
        "<img alt='' src='http://cdn.example/x.png'>",
        "@import 'https://cdn.example/x.css';",
        "@font-face { src: url(https://cdn.example/x.woff2) }",
        '<div style="background: url(//cdn.example/x.png)"></div>',
    ],
)
def test_a_load_from_elsewhere_is_found(html):
    assert len(foreign_references(html)) == 1


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://doi.org/10.1000/x">paper</a>',
        '<link rel="canonical" href="https://example.org/">',
        '<script src="_static/x.js"></script>',
        '<script>var schema = "https://vega.github.io/schema";</script>',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "<p>see https://example.org</p>",
    ],
)
def test_what_loads_nothing_is_no_finding(html):
    assert foreign_references(html) == []
