"""Do intervals of a two-stage meta-analysis of few small survival studies hold the truth?

Run ``python benchmarks/two_stage.py [--json FILE] [--replicates N] [--jobs N]``. All data are
simulated.

A study has 15 to 60 patients in both arms together, 35 to 65 % of them in the first, a
baseline median about 10 months (log-normal between studies, SD 0.3), exponential or Weibull
survival (shape 1.4), proportional hazards, and censoring uniform on 6 to 48 months. Its true log
hazard ratio is normal about the cell's with variance tau2. Its estimate is Cox's
(``survival.cox_two_arm``); the studies are pooled by REML.

Rule for infinite estimates: a study whose likelihood is monotone (an arm without an event
while both are at risk) is left out of the pool and counted in ``studies_left_out``. With one study
left the pool is that study; with none the replicate counts in ``replicates_without_result``
and in nothing else.

Per cell (studies, tau2, hazard ratio, shape) and interval method:

- ``coverage`` of the mean log hazard ratio; at a hazard ratio of 1 one minus it is the
  ``type_one_error``; ``monte_carlo_error`` is the binomial standard error of both;
- ``width``: mean, on the log scale;
- ``prediction_coverage``: mean probability that a new study's true log hazard ratio lies in
  the prediction interval (known exactly in each replicate), where there is one (k >= 4).
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from analysis_lib.meta_analysis import PooledEstimate, pool
from analysis_lib.survival import cox_two_arm

SEED = 20250301
STUDIES = (3, 5, 8)
TAU2 = (0.0, 0.1, 0.3)
HAZARD_RATIOS = (1.0, 0.65)
SHAPES = (1.0, 1.4)
INTERVALS = ("modified_knapp_hartung", "knapp_hartung", "wald")
LEADING = "modified_knapp_hartung"
FIGURES = {"least_coverage": 0.935, "greatest_type_one_error": 0.06}

Cell = tuple[int, float, float, float]


def main() -> None:
    """Run every cell, print a line for each, and write the results where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--replicates", type=int, default=4000)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    cells = list(itertools.product(STUDIES, TAU2, HAZARD_RATIOS, SHAPES))
    run = partial(run_cell, replicates=options.replicates)
    with ProcessPoolExecutor(options.jobs) as executor:
        results = list(executor.map(run, range(len(cells)), cells))
    for result in results:
        print(json.dumps(result))
    summary = summarise(results)
    print(json.dumps(summary, indent=2))
    if options.json:
        content = {
            "replicates": options.replicates,
            "seed": SEED,
            "summary": summary,
            "cells": results,
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def run_cell(number: int, cell: Cell, *, replicates: int) -> dict:
    """All replicates of one cell; the seed is the cell's own."""
    studies, tau2, hazard_ratio, shape = cell
    generator = np.random.default_rng([SEED, number])
    mean = math.log(hazard_ratio)
    left_out, pools = 0, []
    for _ in range(replicates):
        effects = generator.normal(mean, math.sqrt(tau2), studies)
        fits = [simulate_study(effect, shape, generator) for effect in effects]
        finite = [fit for fit in fits if fit is not None]
        left_out += len(fits) - len(finite)
        if finite:
            estimates, errors = zip(*finite, strict=True)
            pools.append([pool(estimates, errors, interval=method) for method in INTERVALS])
    return {
        "studies": studies,
        "tau2": tau2,
        "hazard_ratio": hazard_ratio,
        "shape": shape,
        "studies_left_out": _digits(left_out / (replicates * studies)),
        "replicates_without_result": replicates - len(pools),
        "intervals": {
            method: measure([found[i] for found in pools], mean, tau2)
            for i, method in enumerate(INTERVALS)
        },
    }


def simulate_study(
    log_hazard_ratio: float, shape: float, generator: np.random.Generator
) -> tuple[float, float] | None:
    """Cox's log hazard ratio and error of one simulated study; None when infinite."""
    n = int(generator.integers(15, 61))
    in_first = round(n * generator.uniform(0.35, 0.65))
    group = np.repeat([1, 0], [in_first, n - in_first])
    median = 10 * math.exp(generator.normal(0, 0.3))
    hazard = np.exp(log_hazard_ratio * group)
    death = median * (generator.exponential(size=n) / (math.log(2) * hazard)) ** (1 / shape)
    censoring = generator.uniform(6, 48, n)
    fit = cox_two_arm(np.minimum(death, censoring), death <= censoring, group)
    return None if fit.monotone else (fit.log_hazard_ratio, fit.standard_error)


def measure(pools: Sequence[PooledEstimate], mean: float, tau2: float) -> dict:
    """Coverage, width and coverage of prediction of one interval method."""
    low, high = (np.array([getattr(found, end) for found in pools]) for end in ("low", "high"))
    coverage = float(np.mean((low <= mean) & (mean <= high)))
    predicted = [_predicted(f, mean, tau2) for f in pools if f.prediction_low is not None]
    return {
        "coverage": _digits(coverage),
        "monte_carlo_error": _digits(math.sqrt(coverage * (1 - coverage) / len(pools))),
        "type_one_error": _digits(1 - coverage) if mean == 0 else None,
        "width": _digits(float(np.mean(high - low))),
        "prediction_coverage": _digits(float(np.mean(predicted))) if predicted else None,
    }


def _predicted(found: PooledEstimate, mean: float, tau2: float) -> float:
    """Probability that a new study's true effect lies in the prediction interval."""
    low, high = found.prediction_low - mean, found.prediction_high - mean
    if tau2 == 0:
        return float(low <= 0 <= high)
    return float(ndtr(high / math.sqrt(tau2)) - ndtr(low / math.sqrt(tau2)))


def summarise(results: Sequence[dict]) -> dict:
    """The worst cell of each interval method, and whether the leading one meets its figures."""
    worst = {}
    for method in INTERVALS:
        found = [result["intervals"][method] for result in results]
        errors = [one["type_one_error"] for one in found if one["type_one_error"] is not None]
        worst[method] = {
            "least_coverage": min(one["coverage"] for one in found),
            "greatest_type_one_error": max(errors),
            "mean_width": _digits(float(np.mean([one["width"] for one in found]))),
        }
    leading = worst[LEADING]
    met = (
        leading["least_coverage"] >= FIGURES["least_coverage"]
        and leading["greatest_type_one_error"] <= FIGURES["greatest_type_one_error"]
    )
    return {"figures": FIGURES, "leading": LEADING, "met": met, "worst": worst}


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main()
