"""From studies' survival at times to angles of survival in the intervals of a common grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.meta_analysis.multivariate import StudyOutcomes
from analysis_lib.survival import check_survival_data, kaplan_meier, survival_at

_COLUMNS = ("study_id", "time_months", "survival", "number_at_risk")


def interval_outcomes(
    table: pd.DataFrame, times: Sequence[float] | None
) -> tuple[StudyOutcomes, NDArray]:
    """Arcsine-transformed survival of each study in each interval of the grid.

    ``asin(sqrt((n S + 0.25) / (n + 0.5)))`` with variance ``1 / (4 (n + 0.5))``, S
    the survival in the interval given survival to its start and n the number at risk
    there. Where a study has times between those of the grid, n is the number at the
    first of them. The grid ends where no study knows the next interval.

    Parameters
    ----------
    table, times
        As for ``summary_curve``.

    Returns
    -------
    outcomes : StudyOutcomes
        Studies that know an interval, in their order in the table.
    grid : ndarray, shape (times,)
        The ends of the intervals, months.

    Raises
    ------
    InvalidInputError
        As ``summary_curve``.
    """
    studies = _checked_studies(table)
    grid = studies.common_times if times is None else _checked_grid(times)
    ends, number = studies.on(grid)
    starts = np.hstack([np.ones((len(ends), 1)), ends[:, :-1]])
    known = np.isfinite(ends) & (starts > 0)
    number = np.where(known, number, 1.0)
    share = np.where(known, ends, 0.5) / np.where(known, starts, 1.0)
    angles = np.arcsin(np.sqrt((number * share + 0.25) / (number + 0.5)))
    reached = np.cumprod(known.any(axis=0)).astype(bool)
    if not reached.any():
        raise InvalidInputError("no study knows survival at the first time of the grid")
    kept = np.ix_(known[:, reached].any(axis=1), reached)
    return StudyOutcomes(angles[kept], 1 / (4 * (number[kept] + 0.5)), known[kept]), grid[reached]


def survival_table(
    study_id: str, time: ArrayLike, event: ArrayLike, times: Sequence[float]
) -> pd.DataFrame:
    """A study's rows for :func:`summary_curve` from its patients.

    Parameters
    ----------
    study_id : str
    time, event : array_like, shape (n,)
        Months and 0/1.
    times : sequence of float
        Times of the grid, above 0; those beyond the study's last follow-up are left out,
        unless its curve has fallen to 0 by then.

    Returns
    -------
    DataFrame
        ``study_id, time_months, survival, number_at_risk``.
    """
    followed, events = check_survival_data(time, event)
    grid = np.sort(np.asarray(times, dtype=float))
    curve = kaplan_meier(followed, events)
    survival = survival_at(curve, grid)
    starts = np.append(0.0, grid[:-1])
    after = followed.size - np.searchsorted(np.sort(followed), starts, "right")
    after[:1] = followed.size
    known = ((grid <= followed.max()) | (survival == 0)) & (after > 0)
    columns = (study_id, grid, survival, after)
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))[known]


@dataclass(frozen=True)
class _StudyCurves:
    """Survival and numbers at risk, a row per study and a column per time; NaN unknown."""

    times: NDArray
    survival: NDArray
    number_at_risk: NDArray

    @property
    def common_times(self) -> NDArray:
        """Every time that all studies which are followed to it know."""
        known = np.isfinite(self.survival)
        followed = np.cumsum(known[:, ::-1], axis=1)[:, ::-1] > 0
        return self.times[known.sum(axis=0) == followed.sum(axis=0)]

    def on(self, grid: NDArray) -> tuple[NDArray, NDArray]:
        """Survival at the times of a grid, and the number at risk when each interval starts.

        A study's number for its next time is that at risk now.
        """
        column = np.minimum(np.searchsorted(self.times, grid), self.times.size - 1)
        survival = np.where(self.times[column] == grid, self.survival[:, column], np.nan)
        next_number = self.number_at_risk.copy()
        for j in range(self.times.size - 2, -1, -1):
            unknown = np.isnan(next_number[:, j])
            next_number[unknown, j] = next_number[unknown, j + 1]
        after = np.searchsorted(self.times, np.append(0.0, grid[:-1]), "right")
        return survival, next_number[:, np.minimum(after, self.times.size - 1)]


def _checked_studies(table: pd.DataFrame) -> _StudyCurves:
    """The table's studies, without rows at 0 or after a study's extinction."""
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise InvalidInputError(f"the table lacks the columns {', '.join(missing)}")
    study, names = pd.factorize(table["study_id"])
    time, survival, number = (table[name].to_numpy(dtype=float) for name in _COLUMNS[1:])
    numbers = np.concatenate([time, survival, number])
    if np.any(study < 0):
        raise InvalidInputError("every row needs a study_id")
    if not np.all(np.isfinite(numbers)) or np.any(numbers < 0) or np.any(survival > 1):
        raise InvalidInputError(
            "times and numbers at risk must be finite and not negative, survival in 0..1"
        )
    order = np.lexsort((time, study))
    order = order[time[order] > 0]
    study, time, survival, number = study[order], time[order], survival[order], number[order]
    same_study = np.append(False, study[1:] == study[:-1])
    previous = np.where(same_study, np.append(1.0, survival[:-1])[: survival.size], 1.0)
    twice = same_study & np.append(False, time[1:] == time[:-1])
    for broken, rule in (
        (twice, "is given twice"),
        (survival > previous + 1e-12, "has a higher survival than the time before"),
        (
            (number <= 0) & (previous > 0),
            "has nobody at risk although some had survived to its interval",
        ),
    ):
        if broken.any():
            first = np.argmax(broken)
            raise InvalidInputError(f"study {names[study[first]]}: {time[first]:g} months {rule}")
    alive = previous > 0
    if not alive.any():
        raise InvalidInputError("no study has survival at a time above 0")
    times, column = np.unique(time[alive], return_inverse=True)
    heights, at_risk = (np.full((names.size, times.size), np.nan) for _ in range(2))
    heights[study[alive], column] = survival[alive]
    at_risk[study[alive], column] = number[alive]
    return _StudyCurves(times, heights, at_risk)


def _checked_grid(times: Sequence[float]) -> NDArray:
    grid = np.unique(np.asarray(times, dtype=float))
    if grid.size == 0 or not np.all(np.isfinite(grid)) or grid[0] <= 0:
        raise InvalidInputError("times must be positive numbers of months")
    return grid
