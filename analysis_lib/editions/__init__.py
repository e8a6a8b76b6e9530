"""Editions: the numbers of one day kept, and what has moved since.

``headline`` makes the numbers of a comparison, ``state`` those of the whole evidence,
``edition_file`` keeps them, ``quantities`` and ``changes`` compare two states, ``impact``
says what moved and which studies did it, ``cutting`` and ``verifying`` make an edition
and rebuild one.
"""

from analysis_lib.editions.edition_file import (
    EDITIONS,
    Edition,
    check_editions,
    latest_edition,
    load_edition,
    load_editions,
)
from analysis_lib.editions.headline import headline_numbers, rounded
from analysis_lib.editions.impact import ComparisonImpact, Impact, impact
from analysis_lib.editions.naming import NOT_CUT, edition_name
from analysis_lib.editions.state import State, current_state, state_of

__all__ = [
    "EDITIONS",
    "NOT_CUT",
    "ComparisonImpact",
    "Edition",
    "Impact",
    "State",
    "check_editions",
    "current_state",
    "edition_name",
    "headline_numbers",
    "impact",
    "latest_edition",
    "load_edition",
    "load_editions",
    "rounded",
    "state_of",
]
