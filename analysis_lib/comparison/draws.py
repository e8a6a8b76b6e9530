"""Patients of two sides, set by set, as the arrays that models take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.comparison.arms import ArmEvidence


@dataclass(frozen=True)
class Patients:
    """Patients of two sides, arm after arm: months, 0/1 event, shape (n,) each.

    ``cohorts`` are the studies of the arms and ``sizes`` their patients; those of the first
    ``n_first`` are on the first side.
    """

    time: NDArray
    event: NDArray
    n_first: int
    cohorts: tuple[str, ...]
    sizes: tuple[int, ...]

    @property
    def group(self) -> NDArray:
        """1 on the first side, 0 on the second; shape (n,)."""
        return (np.arange(self.time.size) < self.n_first).astype(float)

    @property
    def study(self) -> NDArray:
        """The study of each; shape (n,)."""
        return np.repeat(self.cohorts, self.sizes)

    def labels(self, of_study: Mapping[str, int]) -> NDArray:
        """A number of each patient's study; shape (n,)."""
        return np.repeat([of_study[study] for study in self.cohorts], self.sizes)


def draws(
    first: Sequence[ArmEvidence], second: Sequence[ArmEvidence], limit: int
) -> tuple[Patients, ...]:
    """Up to ``limit`` sets of patients; the arms' own single set when one arm has no draws."""
    numbers: Sequence[int | None] = range(n_draws((*first, *second), limit)) or (None,)
    return tuple(_patients(first, second, number) for number in numbers)


def n_draws(arms: Sequence[ArmEvidence], limit: int) -> int:
    """How many complete sets the arms can give, at most ``limit``."""
    return min(min((len(arm.imputations) for arm in arms), default=0), limit)


def drawn(arm: ArmEvidence, number: int | None) -> NDArray:
    """Times and events of one set of an arm, shape (n, 2); of its own single set when None."""
    if number is not None:
        return arm.imputations[number]
    return arm.ipd[["time_months", "event"]].to_numpy(float)


def inflation(arms: Sequence[ArmEvidence], design_effect: float) -> float:
    """The design effect where lesions or cavities are counted; patients are independent."""
    return design_effect if any(arm.unit != "patient" for arm in arms) else 1.0


def _patients(
    first: Sequence[ArmEvidence], second: Sequence[ArmEvidence], number: int | None
) -> Patients:
    arms = (*first, *second)
    rows = [drawn(arm, number) for arm in arms]
    sizes = tuple(len(found) for found in rows)
    # Models sort and count columns: side by side in memory, which rows of two are not.
    time, event = np.ascontiguousarray(np.concatenate(rows).T)
    n_first = sum(sizes[: len(first)])
    return Patients(time, event, n_first, tuple(arm.study_id for arm in arms), sizes)
