"""How the review is cited: ``CITATION.cff``, read once for every page and file that needs it."""

from __future__ import annotations

from typing import Any

from analysis_lib.editions import edition_name
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT
from analysis_lib.study_records.yaml_reader import read_yaml

CITATION = ROOT / "CITATION.cff"


def citation() -> dict[str, Any]:
    """Title, authors, version, licence, abstract and keywords.

    Raises
    ------
    ReviewError
        The file cannot be read.
    """
    raw, _, problems = read_yaml(CITATION, CITATION.name)
    if problems:
        raise ReviewError("; ".join(str(problem) for problem in problems))
    return raw


def version_name() -> str:
    """What a build is called: its edition, and the version of the software that made it."""
    return f"{edition_name()}, version {citation()['version']}"
