"""Chapters: the notebook template, run once per comparison, and made the same everywhere.

A chapter depends on its records, the declared comparisons, the library, the
template and the pinned versions. What it depends on is hashed; it runs again
only when the hash changes.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

import jupytext
import nbformat
import papermill

from analysis_lib.comparison.declarations import DECLARATIONS, Declaration, load_declaration
from analysis_lib.comparison.dependencies import studies_concerning
from analysis_lib.comparison.harm_definitions import HARMS
from analysis_lib.files import fingerprint, write_text
from analysis_lib.study_records import DATA, ROOT, StudyRecord, load_reading

TEMPLATE = ROOT / "chapters" / "comparison.py"
BOOK = ROOT / "book"

#: Data files that every chapter reads beside its records.
_SHARED_DATA = (
    "vocabulary.yaml",
    "overlaps.yaml",
    "benchmark_review.yaml",
    "reading.yaml",
    "judgements/grade.yaml",
    "judgements/jbi_case_series.yaml",
    "judgements/robins_i.yaml",
)

_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook_path(comparison_id: str) -> Path:
    """Where the executed notebook of a comparison is kept."""
    return BOOK / f"{comparison_id}.ipynb"


def library_files() -> tuple[Path, ...]:
    """The library's sources and the pinned versions."""
    sources = sorted((ROOT / "analysis_lib").rglob("*.py"))
    return (*sources, ROOT / "requirements.txt")


def chapter_key(declaration: Declaration, records: tuple[StudyRecord, ...]) -> str:
    """Hash of everything a chapter's output depends on."""
    studies = studies_concerning(declaration, records)
    files = [path for study in studies for path in (DATA / "studies" / study).rglob("*.*")]
    files += [DATA / name for name in _SHARED_DATA]
    files += [TEMPLATE, DECLARATIONS, HARMS, *library_files()]
    searched = load_reading()["database_search"]["statement"]
    return fingerprint(files, root=ROOT, extra=(declaration.id, searched, *studies))


def run_chapter(comparison_id: str) -> str:
    """Run the template for one comparison and keep the notebook; returns the id.

    Raises
    ------
    papermill.PapermillExecutionError
        A cell failed; the kept notebook is left as it was.
    """
    notebook = execute(render_template(load_declaration(comparison_id)), comparison_id)
    write_text(notebook_path(comparison_id), serialise(notebook))
    return comparison_id


def execute(notebook: nbformat.NotebookNode, comparison_id: str) -> nbformat.NotebookNode:
    """A rendered template run for one comparison.

    Raises
    ------
    papermill.PapermillExecutionError
        A cell failed.
    """
    # Warnings of a kernel would stand in the page; colours would differ by terminal.
    os.environ.update(PYTHONHASHSEED="0", NO_COLOR="1", PYDEVD_DISABLE_FILE_VALIDATION="1")
    logging.getLogger("papermill").setLevel(logging.ERROR)
    return papermill.execute_notebook(
        notebook,
        None,
        parameters={"comparison_id": comparison_id},
        kernel_name=_KERNEL["name"],
        progress_bar=False,
        log_output=False,
        cwd=str(ROOT),
    )


def render_template(declaration: Declaration) -> nbformat.NotebookNode:
    """The template as a notebook, its title filled in, cell ids by position."""
    notebook = jupytext.reads(TEMPLATE.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = nbformat.from_dict({"kernelspec": dict(_KERNEL)})
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("{{title}}", declaration.title)
    return notebook


def serialise(notebook: nbformat.NotebookNode) -> str:
    """The notebook as text without times, paths, random ids or the machine's Python."""
    kept = nbformat.from_dict(notebook)
    kept.metadata = nbformat.from_dict(
        {"kernelspec": dict(_KERNEL), "language_info": {"name": "python"}}
    )
    number = 0
    for index, cell in enumerate(kept.cells):
        cell["id"] = f"cell-{index:02d}"
        tags = cell.metadata.get("tags", [])
        if "injected-parameters" in tags:
            tags = ["injected-parameters", "remove-cell"]
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            number += 1
            cell.execution_count = number
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = number
                if "data" in output:
                    output.data = _without_addresses(output.data)
                output.metadata = nbformat.from_dict({})
    return nbformat.writes(kept, version=4) + "\n"


def _without_addresses(data: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Fail loudly on a default ``repr``: its memory address differs on every run."""
    for text in data.values():
        found = re.search(r"<[^<>]* at 0x[0-9a-f]+>", text if isinstance(text, str) else "")
        if found:
            raise ValueError(f"a cell shows an object by its address: {found[0]}")
    return data
