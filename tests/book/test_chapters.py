"""Chapters are pages, not programs; notebooks are the same everywhere; nbval notices a change."""

import ast
import json
import os
import re
import subprocess
import sys

import jupytext
import nbformat
import pytest

from analysis_lib.book.chapters import chapter_key, notebook_path, render_template, serialise
from analysis_lib.comparison import load_declarations
from analysis_lib.study_records import ROOT, load_records

CHAPTERS = sorted((ROOT / "chapters").glob("*.py"))
IDS = [declared.id for declared in load_declarations()]
HEADINGS = ["Question", "Evidence", "Result", "How sure", "Sensitivity", "Provenance"]


def code_of(path):
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_chapter_is_thin(path):
    code = "\n".join(code_of(path))
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 60
    programs = (
        ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.BinOp, ast.AugAssign,
        ast.Lambda, ast.ListComp, ast.DictComp, ast.GeneratorExp,
    )  # fmt: skip
    found = [type(node).__name__ for node in ast.walk(ast.parse(code))]
    assert not {kind.__name__ for kind in programs} & set(found)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_no_result_is_typed_in_prose(path):
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    prose = " ".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert not re.findall(r"\d", prose)


def test_the_template_has_the_fixed_order_of_headings():
    notebook = jupytext.reads((ROOT / "chapters" / "comparison.py").read_text(), fmt="py:percent")
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert re.findall(r"^## (.+)$", prose, re.MULTILINE) == HEADINGS


FORBIDDEN = re.compile(r"\b(significan\w*|superior\w*|improve[sd]?|reduce[sd]?|benefit\w*)\b", re.I)


@pytest.mark.parametrize("comparison_id", IDS)
def test_pages_claim_no_cause(comparison_id):
    """Words that a comparison of different patients cannot carry; quotations of papers may."""
    notebook = nbformat.read(notebook_path(comparison_id), as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = re.sub(r'title="[^"]*"', "", output["data"].get("text/html", ""))
            assert not FORBIDDEN.search(text), FORBIDDEN.search(text)


@pytest.mark.parametrize("comparison_id", IDS)
def test_committed_notebooks_hold_nothing_of_one_machine(comparison_id):
    text = notebook_path(comparison_id).read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    assert notebook.metadata.language_info == {"name": "python"}
    assert "papermill" not in notebook.metadata
    for cell in notebook.cells:
        assert "execution" not in cell.metadata
        assert "papermill" not in cell.metadata
    for trace in (str(ROOT), "/home/", "at 0x", 'Z\\"'):
        assert trace not in text


def test_serialising_twice_changes_nothing():
    text = notebook_path(IDS[0]).read_text(encoding="utf-8")
    assert serialise(nbformat.reads(text, as_version=4)) == text


def test_an_object_shown_by_its_address_is_refused():
    notebook = render_template(load_declarations()[0])
    notebook.cells.append(nbformat.v4.new_code_cell("object()"))
    notebook.cells[-1].outputs = [
        nbformat.v4.new_output("execute_result", {"text/plain": "<object object at 0x7f3a>"})
    ]
    with pytest.raises(ValueError, match="by its address"):
        serialise(notebook)


def test_the_key_of_a_chapter_changes_with_its_records_only(tmp_path):
    declared = {d.id: d for d in load_declarations()}
    records = load_records()
    extent = declared["gross-vs-subtotal"]
    without = tuple(r for r in records if r.id != "olesrud-2022")
    assert chapter_key(extent, records) == chapter_key(extent, records)
    assert chapter_key(extent, without) != chapter_key(extent, records)
    unrelated = tuple(r for r in records if r.id != "guo-rewbrt")
    assert chapter_key(extent, unrelated) == chapter_key(extent, records)


def run_nbval(path, tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider",
               "-p", "no:xdist", "--rootdir", str(tmp_path), str(path)]  # fmt: skip
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )


def test_nbval_sees_one_changed_number(tmp_path):
    """The committed notebook passes; with one digit of one stored output changed it fails."""
    source = notebook_path("gross-vs-subtotal").read_text(encoding="utf-8")
    good = tmp_path / "good.ipynb"
    good.write_text(source, encoding="utf-8")
    found = run_nbval(good, tmp_path)
    assert found.returncode == 0, found.stdout[-2000:]
    changed = source.replace("ratio 6.99", "ratio 6.98")
    assert changed != source
    bad = tmp_path / "bad.ipynb"
    bad.write_text(changed, encoding="utf-8")
    found = run_nbval(bad, tmp_path)
    assert found.returncode == 1, found.stdout[-2000:]
    assert "6.98" in found.stdout


def test_golden_files_belong_to_the_declared_comparisons():
    golden = {path.stem for path in (ROOT / "tests" / "golden").glob("*.json")}
    assert golden == set(IDS)
    for path in (ROOT / "tests" / "golden").glob("*.json"):
        assert json.loads(path.read_text())["comparison"] == path.stem
