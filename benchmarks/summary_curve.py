"""How often the summary curve's intervals hold the truth: 3, 5 and 8 synthetic single-arm cohorts.

Run ``python benchmarks/summary_curve.py [--json FILE] [--repeats N]``. All data are
synthetic; none concern brain metastases.

A repeat draws cohorts of 15 to 60 patients. Survival is exponential with a median of
10 months in the average cohort; each cohort's log hazard has a normal effect with
variance 0, 0.1 or 0.3; patients are censored uniformly between 6 and 48 months. The
method sees the Kaplan-Meier curves and numbers at risk at the times of a grid of 3 or
6 months up to 24.

Per number of cohorts, variance, grid and way to an interval, over the repeats in which
two cohorts or more know survival at 12 months:

- ``coverage``: share of the 95 % intervals of survival at 12 months that hold the
  survival of the average cohort;
- ``coverage_mean``: the same for the mean survival over all cohorts there could be, a
  little different where cohorts differ;
- ``coverage_median``: share of the intervals of the median that hold the average
  cohort's (an open limit holds everything on its side);
- ``coverage_restricted_mean``: the same for the mean restricted to 12 months;
- ``width``: mean width of the interval of survival at 12 months;
- ``monte_carlo_error``: standard error of ``coverage``.

``bias`` is that of survival at 12 months against the average cohort.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.meta_analysis import CurveValue, SummaryCurve, summary_curve

COHORTS = (3, 5, 8)
VARIANCES = (0.0, 0.1, 0.3)
STEPS_MONTHS = (3.0, 6.0)
LAST_MONTHS = 24.0
LANDMARK_MONTHS = 12.0
HAZARD = np.log(2) / 10

#: The first leads the pages; the last is the published method.
INTERVALS = (
    ("modified_knapp_hartung", "log-log"),
    ("modified_knapp_hartung", "log"),
    ("knapp_hartung", "log-log"),
    ("t", "log-log"),
    ("wald", "log-log"),
    ("wald", "log"),
)
#: Structures beside the one that is chosen by itself, for the leading interval only.
STRUCTURES = ("compound symmetry", "diagonal")


@dataclass(frozen=True)
class Truth:
    """What the intervals should hold."""

    survival: float
    mean_survival: float
    median: float
    restricted_mean: float


@dataclass(frozen=True)
class Row:
    """A row of the table; see the module's docstring."""

    cohorts: int
    variance: float
    step_months: float
    interval: str
    scale: str
    structure: str
    repeats: int
    coverage: float
    monte_carlo_error: float
    coverage_mean: float
    coverage_median: float
    coverage_restricted_mean: float
    width: float
    bias: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every cell and print the table."""
    parser = argparse.ArgumentParser(description="Coverage of the summary survival curve.")
    parser.add_argument("--json", type=Path, help="write the table to this file as well")
    parser.add_argument("--repeats", type=int, default=2000, help="repeats per cell")
    options = parser.parse_args(arguments)
    rows = [
        row
        for cohorts in COHORTS
        for variance in VARIANCES
        for step in STEPS_MONTHS
        for row in measure(cohorts, variance, step, options.repeats)
    ]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    if options.json:
        content = {"repeats": options.repeats, "rows": [_four_digits(asdict(row)) for row in rows]}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def measure(cohorts: int, variance: float, step: float, repeats: int) -> list[Row]:
    """The rows of one cell: every way to an interval on the same repeats."""
    truth = _truth(variance)
    seed = np.random.SeedSequence([cohorts, int(10 * variance), int(step)])
    rng = np.random.default_rng(seed)
    grid = np.arange(step, LAST_MONTHS + step / 2, step)
    held: dict[tuple[str, str, str], list[tuple[float, ...]]] = {}
    for _ in range(repeats):
        table = pd.concat([_cohort(rng, name, variance, grid) for name in range(cohorts)])
        if (table["time_months"] == LANDMARK_MONTHS).sum() < 2:
            continue
        for way, found in _ways(table):
            held.setdefault(way, []).append(_judge(found, truth))
    return [_row(cohorts, variance, step, way, np.array(results)) for way, results in held.items()]


def _ways(table: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], SummaryCurve]]:
    leading = summary_curve(table)
    for interval, scale in INTERVALS:
        yield (interval, scale, "by itself"), _with_interval(leading, interval, scale)
    for structure in STRUCTURES:
        interval, scale = INTERVALS[0]
        yield (interval, scale, structure), summary_curve(table, structure=structure)


def _with_interval(found: SummaryCurve, interval: str, scale: str) -> SummaryCurve:
    """The same pooled curve with other limits, without pooling again."""
    estimate = replace(found._estimate, interval=interval, scale=scale)
    return replace(found, curve=estimate.frame(), _estimate=estimate)


def _cohort(rng: np.random.Generator, name: int, variance: float, grid: NDArray) -> pd.DataFrame:
    """Rows of one synthetic cohort, counted from its Kaplan-Meier curve (no ties)."""
    n = int(rng.integers(15, 61))
    hazard = HAZARD * np.exp(rng.normal(0.0, np.sqrt(variance)))
    death, censored = rng.exponential(1 / hazard, n), rng.uniform(6, 48, n)
    order = np.argsort(np.minimum(death, censored))
    time = np.minimum(death, censored)[order]
    event = (death <= censored)[order]
    curve = np.append(1.0, np.cumprod(1 - event / np.arange(n, 0, -1)))
    survival = curve[np.searchsorted(time, grid, "right")]
    at_risk = n - np.searchsorted(time, np.append(0.0, grid[:-1]), "right")
    known = (at_risk > 0) & ((grid <= time[-1]) | (survival == 0))
    columns = {"time_months": grid, "survival": survival, "number_at_risk": at_risk}
    return pd.DataFrame({"study_id": name, **columns})[known]


def _truth(variance: float) -> Truth:
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    survival = np.exp(-HAZARD * LANDMARK_MONTHS * np.exp(np.sqrt(variance) * nodes))
    average = float(np.exp(-HAZARD * LANDMARK_MONTHS))
    mean = float(weights @ survival / weights.sum())
    return Truth(average, mean, float(np.log(2) / HAZARD), (1 - average) / HAZARD)


def _judge(found: SummaryCurve, truth: Truth) -> tuple[float, ...]:
    landmark = found.at(LANDMARK_MONTHS)
    return (
        _holds(landmark, truth.survival),
        _holds(landmark, truth.mean_survival),
        _holds(found.median, truth.median),
        _holds(found.restricted_mean(LANDMARK_MONTHS), truth.restricted_mean),
        landmark.high - landmark.low,
        landmark.value - truth.survival,
    )


def _holds(found: CurveValue, truth: float) -> bool:
    above = found.low is None or found.low <= truth
    return above and (found.high is None or truth <= found.high)


def _row(
    cohorts: int, variance: float, step: float, way: tuple[str, str, str], results: NDArray
) -> Row:
    coverage, of_mean, of_median, of_area, width, bias = results.mean(axis=0)
    error = np.sqrt(coverage * (1 - coverage) / len(results))
    measured = (coverage, error, of_mean, of_median, of_area, width, bias)
    return Row(cohorts, variance, step, *way, len(results), *map(float, measured))


def _four_digits(row: dict) -> dict:
    return {
        key: float(f"{value:.4g}") if isinstance(value, float) else value
        for key, value in row.items()
    }


if __name__ == "__main__":
    main()
