"""The working tree against an edition, or against the numbers of the last commit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from analysis_lib.comparison import load_declarations
from analysis_lib.editions.edition_file import latest_edition, load_edition
from analysis_lib.editions.impact import Impact, impact
from analysis_lib.editions.repository import Repository
from analysis_lib.editions.state import State, current_state
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT

#: Asks for the golden files of the last commit instead of an edition.
GOLDEN = "golden"


def _computed() -> State:
    return current_state(leave_one_out=False)


def impact_against(
    against: str | None = None, *, state: Callable[[], State] = _computed
) -> tuple[Impact, str]:
    """What moved, and a name of what it is held against.

    Parameters
    ----------
    against : str, optional
        An edition's number or :data:`GOLDEN`; by default the last edition, and the golden
        files before the first.
    state : callable
        Computes the state of the working tree.

    Raises
    ------
    InvalidInputError
        No such edition.
    InvalidRecordsError
        The evidence files or the edition's file break rules.
    """
    if against is None:
        edition = latest_edition()
    else:
        edition = None if against == GOLDEN else load_edition(against)
    now = state()
    if edition is not None:
        return impact(edition.state, now), f"edition {edition.number}"
    kept = golden_state(now)
    return impact(kept, _as_golden(now)), "the golden files of the last commit"


def golden_state(now: State) -> State:
    """The golden files of the last commit as a state; evidence and method count as unchanged.

    They hold headline numbers alone: who stands in which class of pool is not known.

    Raises
    ------
    ReviewError
        A declared comparison has no golden file.
    """
    place = Repository()
    numbers = {}
    for declared in load_declarations():
        name = f"tests/golden/{declared.id}.json"
        text = place.text("HEAD", name)
        if text is None and (ROOT / name).is_file():
            text = (ROOT / name).read_text(encoding="utf-8")
        if text is None:
            raise ReviewError(f"{name}: no golden file of this comparison yet; run lsr build")
        labels = {side.id: side.label for side in declared.sides}
        numbers[declared.id] = {"headline": json.loads(text), "labels": labels}
    return replace(now, numbers=numbers)


def _as_golden(now: State) -> State:
    kept = {
        name: {key: frozen[key] for key in ("headline", "labels")}
        for name, frozen in now.numbers.items()
    }
    return replace(now, numbers=kept)
