"""One side of a comparison: its arms, and who was left out of it and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.selection import Candidate, LeftOut

#: The time at which most cohorts print survival; ranges on pages are of this time.
LANDMARK_MONTHS = 12.0


@dataclass(frozen=True)
class Range:
    """Smallest and largest of what ``k`` cohorts of ``of`` report."""

    low: float
    high: float
    k: int
    of: int


@dataclass(frozen=True)
class SideResult:
    """One side: its arms, and who was left out of it and why."""

    id: str
    label: str
    colour: str
    arms: tuple[ArmEvidence, ...]
    left_out: tuple[LeftOut, ...]
    candidates: tuple[Candidate, ...]

    @property
    def n(self) -> int:
        """Patients (or lesions) of all arms."""
        return sum(arm.n for arm in self.arms)

    @property
    def study_ids(self) -> tuple[str, ...]:
        """Studies with an arm on this side."""
        return tuple(dict.fromkeys(arm.study_id for arm in self.arms))

    def median_range(self) -> Range | None:
        """Range of the printed medians, months."""
        return range_of([arm.median for arm in self.arms])

    def landmark_range(self, months: float = LANDMARK_MONTHS) -> Range | None:
        """Range of the printed probabilities at ``months``."""
        return range_of([arm.at(months) for arm in self.arms])


def range_of(estimates: Sequence[Estimate | None]) -> Range | None:
    """The range of those that are known; None when none is."""
    values = [estimate.value for estimate in estimates if estimate is not None]
    return Range(min(values), max(values), len(values), len(estimates)) if values else None
