"""Computed comparisons kept by what they depend on, so that one build computes each once.

Only where the environment names a folder, as the build does for its chapters and itself:
everything else, tests above all, computes. A result is kept under the fingerprint of
its evidence, the declared comparisons, the code and the versions; a file that cannot be
read counts as none. The folder is the build's own, never somebody else's: reading a
pickle runs what stands in it.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy
import pandas
import scipy

from analysis_lib.comparison.declarations import DECLARATIONS, Declaration
from analysis_lib.comparison.dependencies import studies_concerning
from analysis_lib.comparison.harm_definitions import HARMS
from analysis_lib.comparison.result import ComparisonResult
from analysis_lib.files import fingerprint, write_bytes
from analysis_lib.study_records import DATA, ROOT, StudyRecord

#: Names the folder of kept results.
FOLDER = "LSR_KEPT_RESULTS"

#: Evidence files that every comparison reads beside its records.
SHARED_DATA = ("vocabulary.yaml", "overlaps.yaml", "benchmark_review.yaml")

#: The library's parts that only show or keep numbers and cannot change one.
_SHOWING = ("book", "charts", "cli", "editions", "tables.py", "__main__.py")


def kept(
    declaration: Declaration,
    records: Sequence[StudyRecord],
    compute: Callable[[], ComparisonResult],
) -> ComparisonResult:
    """The kept result of a comparison of the project's own evidence, computed where there is none.

    Parameters
    ----------
    declaration : Declaration
        The comparison.
    records : sequence of StudyRecord
        The records of ``data/``.
    compute : callable
        Computes it; always called where the environment names no folder.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return compute()
    path = Path(folder) / f"{declaration.id}.{_key(declaration, records)}.pickle"
    try:
        return pickle.loads(path.read_bytes())
    except (OSError, pickle.PickleError, EOFError, AttributeError, ImportError, IndexError):
        result = compute()
    for older in path.parent.glob(f"{declaration.id}.*.pickle"):
        older.unlink(missing_ok=True)
    write_bytes(path, pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL))
    return result


@lru_cache(maxsize=1)
def computing_files() -> tuple[Path, ...]:
    """The sources that can change a number, the declared comparisons and definitions."""
    library = ROOT / "analysis_lib"
    code = [
        path
        for path in sorted(library.rglob("*.py"))
        if path.relative_to(library).parts[0] not in _SHOWING
    ]
    return (*code, DECLARATIONS, HARMS)


def _key(declaration: Declaration, records: Sequence[StudyRecord]) -> str:
    studies = studies_concerning(declaration, records)
    files = [
        path
        for study in studies
        for path in (DATA / "studies" / study).rglob("*.*")
        if path.is_file()
    ]
    files += [DATA / name for name in SHARED_DATA]
    versions = [str(module.__version__) for module in (numpy, pandas, scipy)]
    return fingerprint(
        [*files, *computing_files()], root=ROOT, extra=(sys.version, *versions, *studies)
    )
