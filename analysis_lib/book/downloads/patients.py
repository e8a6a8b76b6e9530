"""The pseudo-patients behind the primary analyses, every set of them.

They are made from printed medians, probabilities and curves. Nobody of them ever lived:
no row is a patient of any study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.book.downloads.tables import Column, DataTable, Value
from analysis_lib.book.study_uses import Results
from analysis_lib.comparison.arms import ArmEvidence

#: Set number of the one set that curves and the naive pool are drawn from.
SINGLE_SET = 0

_COLUMNS = (
    Column("study_id", "string", "Id of the study, as in studies.csv", required=True),
    Column("arm_id", "string", "Id of the arm, as in arms.csv", required=True),
    Column("outcome", "string", "Outcome, as in arms.csv", required=True),
    Column("comparisons", "string", "Comparisons that use this set, parted by a space", True),
    Column("imputation", "integer", "0: the set curves are drawn from; 1 and on: draws", True),
    Column("time_months", "number", "Time to event or to the end of what is known, months", True),
    Column("event", "integer", "1 event, 0 censored", required=True),
    Column("level", "string", "Level of evidence the set is made from", required=True),
)


@dataclass(frozen=True)
class PatientSets:
    """The sets of one arm and outcome, and the comparisons whose primary analyses use them.

    ``sets`` are arrays of shape (n, 2), months and 0/1; the first is the single set.
    """

    arm: ArmEvidence
    comparisons: tuple[str, ...]
    sets: tuple[NDArray, ...]


def patient_sets(results: Results) -> tuple[PatientSets, ...]:
    """The sets of the primary analyses; equal ones of several comparisons stand once.

    An arm of which one point is printed is drawn with the shapes of the arms beside it, so
    its sets may differ between comparisons.
    """
    found: dict[tuple[str, str], list[PatientSets]] = {}
    for comparison, result in results.items():
        for outcome in result.outcomes:
            for side in outcome.sides:
                for arm in side.arms:
                    _add(found.setdefault((arm.study_id, arm.field), []), arm, comparison)
    return tuple(one for place in sorted(found) for one in found[place])


def patients_table(results: Results) -> DataTable:
    """All sets as rows; times to six significant digits."""
    return DataTable(
        "pseudo-patients",
        "Pseudo-patients of the primary analyses",
        "Reconstructed from printed figures: no row is a real patient. A set is one way in which "
        "the printed figures could have come about; analyses use all sets of an arm together.",
        _COLUMNS,
        tuple(row for found in patient_sets(results) for row in _rows(found)),
        refers=(("study_id", "studies"),),
    )


def _add(known: list[PatientSets], arm: ArmEvidence, comparison: str) -> None:
    sets = (arm.ipd[["time_months", "event"]].to_numpy(float), *arm.imputations)
    for position, one in enumerate(known):
        if _equal(one.sets, sets):
            names = tuple(dict.fromkeys((*one.comparisons, comparison)))
            known[position] = PatientSets(one.arm, names, one.sets)
            return
    known.append(PatientSets(arm, (comparison,), sets))


def _equal(first: tuple[NDArray, ...], second: tuple[NDArray, ...]) -> bool:
    same = len(first) == len(second)
    return same and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def _rows(found: PatientSets) -> Iterator[tuple[Value, ...]]:
    arm, names = found.arm, " ".join(found.comparisons)
    lead = (arm.study_id, arm.arm_id, arm.outcome, names)
    for number, patients in enumerate(found.sets, start=SINGLE_SET):
        for time, event in patients.tolist():
            yield (*lead, number, float(f"{time:.6g}"), int(event), arm.level)
