"""The words that the layers share: levels of evidence and terms of the closed lists.

The closed lists themselves (treatments, outcomes, designs ...) stand in
``data/vocabulary.yaml``, where an updater can read them; :mod:`study_records`
loads them. Here stand the names that code refers to.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What an arm's survival information is worth, best first.
LEVELS = ("patient", "curve_at_risk", "curve_n", "summary", "crude")

#: Levels that come from a digitised curve or better: censoring and shape are known.
CURVE_LEVELS = ("patient", "curve_at_risk", "curve_n")


@dataclass(frozen=True)
class Term:
    """One entry of a closed list: its code, its label and what it means."""

    code: str
    label: str
    description: str
