"""A pooled figure as it would have stood after each year of publication.

Not a history of what anybody concluded: today's records, rules and methods, with the
studies that had appeared by then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import OutcomeResult
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES, side_summary
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.comparison.within import WithinEvidence
from analysis_lib.meta_analysis import pool

#: Sets of pseudo-patients: figures along the years are read against each other, not quoted.
_N_DRAWS = 20


@dataclass(frozen=True)
class CumulativeFigure:
    """A pooled figure of the ``k`` studies that had appeared by the end of a year.

    None where fewer than three studies allow it.
    """

    year: int
    k: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def cumulative_share(
    side: SideResult, pool_: Pool, years: Mapping[str, int | None]
) -> tuple[CumulativeFigure, ...]:
    """Share free of the event at 12 months on a side, year by year of a new study that knows it.

    Parameters
    ----------
    side : SideResult
        The side.
    pool_ : Pool
        The class of arms.
    years : mapping of study id to year of publication
        A study without a year is left out.
    """
    arms = [arm for arm in pool_.arms(side) if years.get(arm.study_id) is not None]
    found, last_k = [], 0
    for year in sorted({years[arm.study_id] for arm in arms}):
        there = [arm for arm in arms if years[arm.study_id] <= year]
        figure = side_summary(side.id, there, limit=_N_DRAWS).at(LANDMARK_MONTHS)
        if figure.k > last_k:
            last_k = figure.k
            found.append(CumulativeFigure(year, figure.k, figure.value, figure.low, figure.high))
    return tuple(found)


def cumulative_ratio(
    within: WithinEvidence, years: Mapping[str, int | None]
) -> tuple[CumulativeFigure, ...]:
    """Ratio pooled within studies, year by year; None below three studies."""
    effects = [one for one in within.effects if years.get(one.study_id) is not None]
    found = []
    for year in sorted({years[one.study_id] for one in effects}):
        there = [one for one in effects if years[one.study_id] <= year]
        if len(there) < MINIMUM_STUDIES:
            found.append(CumulativeFigure(year, len(there)))
            continue
        pooled = pool([e.log_ratio for e in there], [e.standard_error for e in there])
        numbers = (math.exp(x) for x in (pooled.estimate, pooled.low, pooled.high))
        found.append(CumulativeFigure(year, len(there), *numbers))
    return tuple(found)


def pools_with_figures(outcome: OutcomeResult) -> Sequence[Pool]:
    """The pools in which a side has a share at 12 months."""
    return [
        one
        for one in outcome.pools
        if any(summary.at(LANDMARK_MONTHS).value is not None for summary in one.summaries)
    ]
