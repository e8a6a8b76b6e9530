"""What the cohorts of one side say together: absolute figures with a random effect of the study.

A figure is given at a time only when three studies of the side know survival
then; elsewhere it is counted how many do. Studies known from printed figures
know survival at their printed times and nowhere between.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.draws import drawn, inflation, n_draws
from analysis_lib.meta_analysis import (
    PooledEstimate,
    SummaryCurve,
    pool,
    summary_curve,
)
from analysis_lib.survival import Z_95
from analysis_lib.vocabulary import CURVE_LEVELS

#: Studies that must know a figure before it is given for the whole side.
MINIMUM_STUDIES = 3

#: Times at which papers print survival; absolute figures are given at these only.
LANDMARKS_MONTHS = (6.0, 12.0, 24.0)

#: Step of the summary curve's grid, and its end.
_STEP_MONTHS, _LAST_MONTHS = 3.0, 60.0


@dataclass(frozen=True)
class AbsoluteFigure:
    """Share free of the event at a time, over the studies of a side that know it.

    ``value`` and its limits are None where fewer than three of ``of`` studies do;
    ``i2`` (0..1) is of the same pool. ``studies`` are the ids of the ``k``, ``treatments`` the
    codes of their arms.
    """

    months: float
    k: int
    of: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    i2: float | None = None
    treatments: tuple[str, ...] = ()
    studies: tuple[str, ...] = ()


@dataclass(frozen=True)
class SideSummary:
    """One side of a pool.

    ``curve`` is the summary survival curve, from three studies that know two times
    or more in common. ``restricted_mean`` (months up to ``horizon_months``) needs
    three studies with a digitised curve. ``medians`` (log months) is the medians-only
    fallback, ``rates`` (log events a month, as if the rate were constant) the only
    pool that every cohort enters: it shows how far cohorts differ.
    """

    side: str
    k: int
    landmarks: tuple[AbsoluteFigure, ...]
    curve: SummaryCurve | None = field(compare=False)
    restricted_mean: tuple[float, float, float] | None
    horizon_months: float | None
    medians: PooledEstimate | None
    rates: PooledEstimate | None

    def at(self, months: float) -> AbsoluteFigure:
        """The absolute figure at one of :data:`LANDMARKS_MONTHS`."""
        return next(figure for figure in self.landmarks if figure.months == months)


def side_summary(
    side: str, arms: Sequence[ArmEvidence], *, limit: int, design_effect: float = 1.0
) -> SideSummary:
    """Summary of the arms of one side; arms of one study count as one.

    Parameters
    ----------
    side : str
        The side's label.
    arms : sequence of ArmEvidence
        Arms of one pool.
    limit : int
        Sets of pseudo-patients used.
    design_effect : float
        Divides the information of lesions and cavities.
    """
    studies = [_Study(tuple(arms), limit, design_effect) for arms in _by_study(arms)]
    curve = _curve(studies)
    horizon, mean = _restricted_mean(studies, curve)
    return SideSummary(
        side,
        len(studies),
        tuple(_figure(studies, months) for months in LANDMARKS_MONTHS),
        curve,
        mean,
        horizon,
        _medians(arms),
        _rates(studies),
    )


class _Study:
    """The arms of one study on one side, and what they know together."""

    def __init__(self, arms: tuple[ArmEvidence, ...], limit: int, design_effect: float):
        self.arms = arms
        self.id = arms[0].study_id
        self.design_effect = inflation(arms, design_effect)
        numbers: Iterable[int | None] = range(n_draws(arms, limit)) or (None,)
        self.sets = [np.concatenate([drawn(arm, number) for arm in arms]) for number in numbers]

    @property
    def from_curve(self) -> bool:
        return all(arm.level in CURVE_LEVELS for arm in self.arms)

    def knows(self, months: float) -> bool:
        """Does every arm know survival at this time?"""
        return all(
            months <= arm.known_until_months
            if arm.level in CURVE_LEVELS
            else arm.at(months) is not None
            for arm in self.arms
        )

    def steps(self, times: Sequence[float]) -> list[tuple[str, float, float, float]]:
        """Study, time, survival at it, and the number whose binomial error the step would have.

        The number never exceeds those at risk when the step begins; the
        variance between sets of pseudo-patients lowers it.
        """
        rows, survival = [], 1.0
        for start, end in pairwise((0.0, *times)):
            share, number = self._kept_step(start, end)
            survival *= share
            rows.append((self.id, end, survival, number / self.design_effect))
        return rows

    def _kept_step(self, start: float, end: float) -> tuple[float, float]:
        """One step's share and number; the arms keep it for the next scenario they stand in."""
        kept = self.arms[0].steps
        key = (tuple(arm.field for arm in self.arms), len(self.sets), start, end)
        if key not in kept:
            kept[key] = self._step(start, end)
        return kept[key]

    def _step(self, start: float, end: float) -> tuple[float, float]:
        found = np.array([_step(patients, start, end) for patients in self.sets])
        share, within, at_risk = found.mean(axis=0)
        between = np.var(found[:, 0], ddof=1) * (1 + 1 / len(found)) if len(found) > 1 else 0.0
        total = within + between
        number = share * (1 - share) / total if total > 0 else at_risk
        return float(share), float(min(number, at_risk))


def _table(rows: Sequence[tuple[str, float, float, float]]) -> pd.DataFrame:
    """Steps of several studies as a summary curve takes them."""
    names = ["study_id", "time_months", "survival", "number_at_risk"]
    return pd.DataFrame(rows, columns=names)


def _step(patients: NDArray, start: float, end: float) -> tuple[float, float, float]:
    """Conditional survival from ``start`` to ``end``, its Greenwood variance, those at risk.

    Made for every set of pseudo-patients, hence without the frame of a whole curve.
    """
    times, events = patients[:, 0], patients[:, 1]
    ordered = np.sort(times)
    inside = (events > 0) & (times > start) & (times <= end)
    at, deaths = np.unique(times[inside], return_counts=True)
    at_risk = ordered.size - np.searchsorted(ordered, at, "left")
    number = ordered.size - int(np.searchsorted(ordered, start, "right" if start > 0 else "left"))
    share = float(np.prod(1 - deaths / at_risk))
    some_left = at_risk > deaths
    n, d = at_risk[some_left], deaths[some_left]
    return share, share**2 * float(np.sum(d / (n * (n - d)))), float(number)


def _by_study(arms: Sequence[ArmEvidence]) -> list[list[ArmEvidence]]:
    found: dict[str, list[ArmEvidence]] = {}
    for arm in arms:
        found.setdefault(arm.study_id, []).append(arm)
    return list(found.values())


def _figure(studies: Sequence[_Study], months: float) -> AbsoluteFigure:
    knowing = [study for study in studies if study.knows(months)]
    treatments = tuple(dict.fromkeys(arm.treatment for study in knowing for arm in study.arms))
    told = {"treatments": treatments, "studies": tuple(study.id for study in knowing)}
    if len(knowing) < MINIMUM_STUDIES:
        return AbsoluteFigure(months, len(knowing), len(studies), **told)
    found = summary_curve(_table([row for study in knowing for row in study.steps([months])]))
    row = found.curve.iloc[-1]
    return AbsoluteFigure(
        months,
        len(knowing),
        len(studies),
        float(row["survival"]),
        float(row["low"]),
        float(row["high"]),
        found.i2,
        **told,
    )


def _curve(studies: Sequence[_Study]) -> SummaryCurve | None:
    """The summary curve on the longest grid that three studies know; None below two times."""
    grid: list[float] = []
    known = list(studies)
    for months in np.arange(_STEP_MONTHS, _LAST_MONTHS + 1, _STEP_MONTHS):
        further = [study for study in known if study.knows(months)]
        if len(further) >= MINIMUM_STUDIES:
            grid.append(float(months))
            known = further
    if len(grid) < 2:
        return None
    rows = []
    for study in studies:
        times = [months for months in grid if study.knows(months)]
        prefix = times == grid[: len(times)]
        if prefix and len(times) > 1:
            rows += study.steps(times)
    return summary_curve(_table(rows))


def _restricted_mean(
    studies: Sequence[_Study], curve: SummaryCurve | None
) -> tuple[float | None, tuple[float, float, float] | None]:
    """Horizon and restricted mean with limits, where three studies have a curve."""
    if curve is None or sum(study.from_curve for study in studies) < MINIMUM_STUDIES:
        return None, None
    horizon = float(curve.curve["time_months"].max())
    found = curve.restricted_mean(horizon)
    return horizon, (found.value, found.low, found.high)


def arms_with_limits(arms: Sequence[ArmEvidence]) -> list[ArmEvidence]:
    """Arms of which the median is known with both limits: those a pool of medians can hold."""
    return [
        arm
        for arm in arms
        if arm.median is not None
        and arm.median.low
        and arm.median.high
        and math.isfinite(arm.median.high)
    ]


def _medians(arms: Sequence[ArmEvidence]) -> PooledEstimate | None:
    """Random-effects pool of the log medians that three arms or more know with limits."""
    known = [arm.median for arm in arms_with_limits(arms)]
    if len(known) < MINIMUM_STUDIES:
        return None
    logs = [math.log(median.value) for median in known]
    errors = [(math.log(m.high) - math.log(m.low)) / (2 * Z_95) for m in known]
    return pool(logs, errors)


def _rates(studies: Sequence[_Study]) -> PooledEstimate | None:
    """Random-effects pool of log events a month, as if each study's rate were constant."""
    logs, errors = [], []
    for study in studies:
        events = np.array([rows[:, 1].sum() for rows in study.sets])
        months = np.array([rows[:, 0].sum() for rows in study.sets])
        if (events <= 0).any():
            continue
        log_rates: NDArray = np.log(events / months)
        spread = np.var(log_rates, ddof=1) * (1 + 1 / len(events)) if len(events) > 1 else 0.0
        logs.append(float(log_rates.mean()))
        errors.append(math.sqrt(study.design_effect * float(np.mean(1 / events)) + spread))
    return pool(logs, errors) if len(logs) >= MINIMUM_STUDIES else None
