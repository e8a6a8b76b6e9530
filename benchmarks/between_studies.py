"""Do intervals of a contrast between single-arm cohorts hold the truth, and what does pooling find?

Run ``python benchmarks/between_studies.py [--json FILE] [--replicates N] [--further N]
[--jobs N]``. All data are simulated.

A comparison has 4 to 8 cohorts on a side, each of one treatment and of 15 to 60 patients. A
cohort's hazard is the treatment's times an effect of its own, and censoring is uniform on 6 to
48 months. Two worlds:

- ``gamma``: effects are gamma with mean 1 and the cell's variance, survival is exponential: the
  model is right;
- ``log-normal``: log effects are normal with the cell's variance, survival is Weibull with shape
  1.4: the model is wrong in both.

The median is 10 months at an effect of 1 without treatment. Every method sees the same data:

- ``naive_cox``: Cox's model on all patients, cohorts ignored;
- ``t``: what leads (``between_studies(interval="t")``);
- ``t_without_widening``, ``likelihood_z``, ``likelihood_t``: what was not chosen: the same
  without the dispersion's factor; Wald intervals at the maximum likelihood estimate, normal and
  t quantile;
- ``profile_t`` (``interval="profile"``) and ``profile_chi_square``: profile likelihood to the
  squared t quantile and to 3.84;
- ``shared_frailty_cox``: Cox with gamma frailty, Wald.

The last five run on the first ``--further`` replicates of a cell only.

Per cell and method: ``coverage`` of the log hazard ratio, at a hazard ratio of 1 one minus it as
``type_one_error`` (how often a difference is found where there is none), ``monte_carlo_error``
(binomial standard error of both), mean ``width`` on the log scale, ``bias``, ``replicates``, and
``failures``: replicates in which the method gave no interval; they enter nothing else.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import chi2
from scipy.stats import t as student

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.meta_analysis.between_studies import between_studies
from analysis_lib.survival import Z_95, cox_two_arm, shared_frailty_cox

SEED = 20250401
SIDES = ((4, 4), (4, 6), (6, 6), (8, 8))
VARIANCES = (0.0, 0.1, 0.3)
HAZARD_RATIOS = (1.0, 0.65)
#: Distribution of the cohorts' effects and Weibull shape.
WORLDS = (("gamma", 1.0), ("log-normal", 1.4))
MEDIAN_MONTHS = 10.0
LEADING = "t"
FIGURES = {"least_coverage": 0.935, "greatest_type_one_error": 0.06}

#: Estimate and limits of the log hazard ratio.
Found = tuple[float, float, float]


@dataclass(frozen=True)
class Cell:
    """Cohorts on either side, variance of their effects, hazard ratio, and the world."""

    sides: tuple[int, int]
    variance: float
    hazard_ratio: float
    effects: str
    shape: float


@dataclass(frozen=True)
class Cohorts:
    """Simulated patients."""

    time: np.ndarray
    event: np.ndarray
    group: np.ndarray
    cluster: np.ndarray


def main() -> None:
    """Run every cell, print the worst of each method, and write the results where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--replicates", type=int, default=5000)
    parser.add_argument("--further", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    cells = [
        Cell(sides, variance, ratio, *world)
        for sides, variance, ratio, world in itertools.product(
            SIDES, VARIANCES, HAZARD_RATIOS, WORLDS
        )
    ]
    run = partial(run_cell, replicates=options.replicates, further=options.further)
    with ProcessPoolExecutor(options.jobs) as executor:
        results = list(executor.map(run, range(len(cells)), cells))
    content = {
        "replicates": options.replicates,
        "further": options.further,
        "seed": SEED,
        "milliseconds_per_fit": time_per_fit(),
        "summary": summarise(results),
        "cells": results,
    }
    print(json.dumps(content["milliseconds_per_fit"]))
    print(json.dumps(content["summary"], indent=2))
    if options.json:
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def run_cell(number: int, cell: Cell, *, replicates: int, further: int) -> dict:
    """All replicates of one cell; the seed is the cell's own."""
    generator = np.random.default_rng([SEED, number])
    found: dict[str, list[Found | None]] = {}
    for replicate in range(replicates):
        cohorts = simulate(cell, generator)
        intervals = {"naive_cox": naive_cox(cohorts)} | leading_and_parts(cohorts)
        if replicate < further:
            intervals |= alternatives(cohorts)
        for method, interval in intervals.items():
            found.setdefault(method, []).append(interval)
    truth = math.log(cell.hazard_ratio)
    return {
        "cohorts": list(cell.sides),
        "variance": cell.variance,
        "hazard_ratio": cell.hazard_ratio,
        "effects": cell.effects,
        "shape": cell.shape,
        "methods": {method: measure(intervals, truth) for method, intervals in found.items()},
    }


def simulate(cell: Cell, generator: np.random.Generator) -> Cohorts:
    """Patients of one comparison."""
    k = sum(cell.sides)
    cluster = np.repeat(np.arange(k), generator.integers(15, 61, k))
    group = (cluster >= cell.sides[0]).astype(int)
    if cell.variance == 0:
        effects = np.ones(k)
    elif cell.effects == "gamma":
        effects = generator.gamma(1 / cell.variance, cell.variance, k)
    else:
        effects = np.exp(generator.normal(0, math.sqrt(cell.variance), k))
    hazard = math.log(2) * effects[cluster] * cell.hazard_ratio**group
    unit = generator.exponential(size=cluster.size) / hazard
    death = MEDIAN_MONTHS * unit ** (1 / cell.shape)
    censoring = generator.uniform(6, 48, cluster.size)
    return Cohorts(np.minimum(death, censoring), death <= censoring, group, cluster)


def naive_cox(cohorts: Cohorts) -> Found | None:
    """Cox's model without the cohorts."""
    fit = cox_two_arm(cohorts.time, cohorts.event, cohorts.group)
    if fit.monotone:
        return None
    return _wald(fit.log_hazard_ratio, fit.standard_error, Z_95)


def leading_and_parts(cohorts: Cohorts) -> dict[str, Found | None]:
    """The leading interval, and the same without the dispersion's factor."""
    try:
        fit = between_studies(cohorts.time, cohorts.event, cohorts.group, cohorts.cluster)
    except NotIdentifiedError:
        return {"t": None, "t_without_widening": None}
    half = (fit.high - fit.low) / 2 / fit.widening
    estimate = fit.log_hazard_ratio
    return {
        "t": (estimate, fit.low, fit.high),
        "t_without_widening": (estimate, estimate - half, estimate + half),
    }


def alternatives(cohorts: Cohorts) -> dict[str, Found | None]:
    """Likelihood intervals and the frailty model."""
    methods = ("likelihood_z", "likelihood_t", "profile_t", "profile_chi_square")
    data = (cohorts.time, cohorts.event, cohorts.group, cohorts.cluster)
    try:
        fit = between_studies(*data, interval="profile")
        by_chi_square = between_studies(*data, interval="profile", cutoff=float(chi2.isf(0.05, 1)))
    except NotIdentifiedError:
        return dict.fromkeys((*methods, "shared_frailty_cox"))
    quantile = float(student.ppf(0.975, fit.degrees_of_freedom))
    frailty = shared_frailty_cox(*data)
    return {
        "likelihood_z": _wald(fit.log_hazard_ratio, fit.standard_error, Z_95),
        "likelihood_t": _wald(fit.log_hazard_ratio, fit.standard_error, quantile),
        "profile_t": (fit.log_hazard_ratio, fit.low, fit.high),
        "profile_chi_square": (fit.log_hazard_ratio, by_chi_square.low, by_chi_square.high),
        "shared_frailty_cox": _wald(
            float(frailty.coefficients[0]), float(frailty.standard_errors[0]), Z_95
        ),
    }


def _wald(estimate: float, error: float, quantile: float) -> Found:
    return estimate, estimate - quantile * error, estimate + quantile * error


def measure(found: Sequence[Found | None], truth: float) -> dict:
    """Coverage, width and bias of one method in one cell."""
    estimate, low, high = np.array([one for one in found if one is not None]).T
    coverage = float(np.mean((low <= truth) & (truth <= high)))
    return {
        "coverage": _digits(coverage),
        "type_one_error": _digits(1 - coverage) if truth == 0 else None,
        "monte_carlo_error": _digits(math.sqrt(coverage * (1 - coverage) / estimate.size)),
        "width": _digits(float(np.mean(high - low))),
        "bias": _digits(float(np.mean(estimate) - truth)),
        "replicates": len(found),
        "failures": len(found) - int(estimate.size),
    }


def summarise(results: Sequence[dict]) -> dict:
    """The worst cell of each method, and whether the leading one meets its figures."""
    worst = {}
    for method in results[0]["methods"]:
        found = [result["methods"][method] for result in results]
        errors = [one["type_one_error"] for one in found if one["type_one_error"] is not None]
        worst[method] = {
            "least_coverage": min(one["coverage"] for one in found),
            "mean_coverage": _digits(float(np.mean([one["coverage"] for one in found]))),
            "greatest_type_one_error": max(errors),
            "mean_type_one_error": _digits(float(np.mean(errors))),
            "mean_width": _digits(float(np.mean([one["width"] for one in found]))),
            "failures": sum(one["failures"] for one in found),
        }
    leading = worst[LEADING]
    met = (
        leading["least_coverage"] >= FIGURES["least_coverage"]
        and leading["greatest_type_one_error"] <= FIGURES["greatest_type_one_error"]
    )
    return {"figures": FIGURES, "leading": LEADING, "met": met, "worst": worst}


def time_per_fit(repeats: int = 20) -> dict[str, float]:
    """Milliseconds of processor time on 12 cohorts, some 450 patients."""
    cohorts = simulate(Cell((6, 6), 0.1, 0.65, "gamma", 1.0), np.random.default_rng(SEED))
    data = (cohorts.time, cohorts.event, cohorts.group, cohorts.cluster)
    fits = {
        "t": partial(between_studies, *data),
        "profile_t": partial(between_studies, *data, interval="profile"),
        "shared_frailty_cox": partial(shared_frailty_cox, *data),
    }
    times = {}
    for name, fit in fits.items():
        fit()
        begin = time.process_time()
        for _ in range(repeats):
            fit()
        times[name] = _digits((time.process_time() - begin) / repeats * 1000)
    return times


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main()
