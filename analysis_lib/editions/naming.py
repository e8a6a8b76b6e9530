"""What a page is called: an edition, what came after it, or what comes before the first."""

from __future__ import annotations

from pathlib import Path

from analysis_lib.editions.edition_file import EDITIONS, latest_edition
from analysis_lib.editions.state import evidence_hashes
from analysis_lib.study_records import DATA

NOT_CUT = "First edition not cut yet"


def edition_name(*, data: Path = DATA, folder: Path = EDITIONS) -> str:
    """The newest edition's name, if the evidence is still its evidence.

    A page built from other evidence must not carry an edition's name: it says what it follows.
    """
    newest = latest_edition(folder)
    if newest is None:
        return NOT_CUT
    if evidence_hashes(data)[0] == newest.state.data_hash:
        return f"Edition {newest.number}"
    return f"Evidence changed since edition {newest.number}"
