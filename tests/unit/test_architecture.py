"""The house: layers point down, modules are small, functions short, names say what they are."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "analysis_lib"

#: Lowest first. A module may import its own row, but only names to the left in it, and rows below.
LAYERS = (
    ("exceptions", "vocabulary", "files"),
    ("survival", "effect_sizes", "reconstruct", "meta_analysis", "digitise", "dose", "simulate"),
    ("readings", "study_records", "consistency", "search", "comparison", "questions", "editions"),
    ("tables", "charts", "book", "cli", "__main__"),
)
#: Rows whose modules stand in order: each may import those before it.
ORDERED = {2, 3}
MODULES = sorted(p for p in LIBRARY.rglob("*.py") if p != LIBRARY / "__init__.py")


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def place(name: str) -> tuple[int, int]:
    for row, names in enumerate(LAYERS):
        if name in names:
            return row, names.index(name)
    raise AssertionError(f"{name} has no layer: give it one in LAYERS")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {part(name) for name in found if name.startswith("analysis_lib.")}


def allowed(importer: str, imported: str) -> bool:
    if importer == imported:
        return True
    (row, position), (other_row, other_position) = place(importer), place(imported)
    if row == other_row:
        return row not in ORDERED or other_position < position
    return other_row < row


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(LIBRARY).as_posix())
def test_imports_point_down(path):
    name = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    upward = sorted(other for other in imports(path) if not allowed(name, other))
    assert not upward, f"{path.name} ({name}) must not import {upward}"


def test_the_rule_itself_refuses_an_upward_import():
    assert not allowed("survival", "study_records")
    assert not allowed("study_records", "comparison")
    assert not allowed("comparison", "tables")
    assert allowed("book", "comparison")


def test_no_module_is_long():
    long = {p.name: n for p in MODULES if (n := len(p.read_text().splitlines())) > 500}
    assert not long


def test_no_vague_module_names():
    vague = {"utils", "util", "helpers", "core", "common", "misc"}
    assert not [p for p in MODULES if p.stem in vague or vague & set(p.parts)]


def function_lengths() -> list[int]:
    lengths = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                start = node.body[0].end_lineno if ast.get_docstring(node) else node.lineno
                lengths.append(node.end_lineno - start)
    return lengths


def test_functions_are_short():
    lengths = function_lengths()
    assert statistics.median(lengths) <= 20
    assert sum(length < 50 for length in lengths) >= 0.9 * len(lengths)


def test_public_functions_have_docstrings():
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not bare


def test_yaml_is_only_read_safely():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert "yaml.load(" not in text, path
        assert "unsafe" not in text.lower(), path


def test_nothing_names_a_workplace():
    here = [p for p in ROOT.rglob("*") if p.suffix in {".py", ".md", ".yaml", ".yml", ".toml"}]
    skip = {".venv", "_build", "node_modules", ".git"}
    for path in here:
        parts = path.relative_to(ROOT).parts
        if skip & set(parts) or parts[0].startswith(".venv") or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        assert "../shared" not in text, path
        assert f"{Path.home()}/" not in text, path
