"""Patients of two sides, set by set, as the arrays that models take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.comparison.arms import ArmEvidence


@dataclass(frozen=True)
class Patients:
    """Patients of two sides: months, 0/1 event, 1 on the first side, study; shape (n,) each."""

    time: NDArray
    event: NDArray
    group: NDArray
    study: NDArray

    def of(self, chosen: NDArray) -> Patients:
        """The patients marked True."""
        return Patients(
            self.time[chosen], self.event[chosen], self.group[chosen], self.study[chosen]
        )


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
    sides = [[drawn(arm, number) for arm in side] for side in (first, second)]
    values = np.concatenate([*sides[0], *sides[1]])
    group = np.repeat([1.0, 0.0], [sum(map(len, side)) for side in sides])
    sizes = [len(rows) for side in sides for rows in side]
    study = np.repeat([arm.study_id for arm in (*first, *second)], sizes)
    return Patients(values[:, 0], values[:, 1], group, study)
