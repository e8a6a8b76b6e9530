"""How long a Cox fit takes here, in lifelines and in R, on synthetic patients.

Run ``python benchmarks/cox.py [--json FILE] [--repeats N]``. R is measured where
``Rscript`` with the survival package is on the path, and left out elsewhere.

Patients are synthetic: two arms, exponential survival, hazard ratio 1.5, times
rounded up to whole months so that most deaths are tied, a quarter censored.
Every program fits the same patients with Efron's ties in the same run, and its
median time over the repeats is reported: data frames are made before the clock
starts, and R reads its file before. Times are of the machine that ran it, so that
the ratios are what to compare; ``difference`` is the largest distance between any
two programs' log hazard ratios.

- ``two arms``: one 0/1 covariate (:func:`cox_two_arm`, ``CoxPHFitter``, ``coxph``);
- ``twelve strata``: the same, stratified by study, here and in R with the error
  robust by study (:func:`cox_stratified`);
- ``three covariates``: :func:`cox_model` with the arm, age and a score.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter

from analysis_lib.survival import cox_model, cox_stratified, cox_two_arm

#: lifelines and R on so many patients take seconds: they are measured fewer times.
MANY = 10_000

R_PROGRAM = """
arguments <- commandArgs(TRUE)
suppressMessages(library(survival))
patients <- read.csv(arguments[1])
formula <- as.formula(arguments[2])
cluster <- if (arguments[3] == "") NULL else patients[[arguments[3]]]
once <- function() {
  if (is.null(cluster)) coxph(formula, patients) else coxph(formula, patients, cluster = cluster)
}
fit <- once()
seconds <- sapply(seq_len(as.integer(arguments[4])), function(i) {
  start <- Sys.time(); once(); as.numeric(Sys.time() - start, units = "secs")
})
cat(median(seconds), format(coef(fit)[[1]], digits = 15))
"""


@dataclass(frozen=True)
class Case:
    """One model on so many patients."""

    name: str
    n: int
    columns: tuple[str, ...] = ("arm",)
    stratified: bool = False


CASES = (
    Case("two arms", 200),
    Case("two arms", 800),
    Case("two arms", 100_000),
    Case("twelve strata", 800, stratified=True),
    Case("three covariates", 800, ("arm", "age", "score")),
)


@dataclass(frozen=True)
class CaseResult:
    """A row of the table; times in milliseconds, None where R is not there."""

    case: str
    n: int
    ours_ms: float
    lifelines_ms: float
    r_ms: float | None
    lifelines_ratio: float
    r_ratio: float | None
    difference: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(description="Time of a Cox fit here, in lifelines and in R.")
    parser.add_argument("--json", type=Path, help="write the table to this file as well")
    parser.add_argument("--repeats", type=int, default=21, help="fits per program and case")
    options = parser.parse_args(arguments)
    rows = [measure(case, options.repeats) for case in CASES]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    if options.json:
        options.json.write_text(as_json(rows), encoding="utf-8")


def as_json(rows: Sequence[CaseResult]) -> str:
    """The table with three significant digits."""
    content = [{key: _three_digits(value) for key, value in asdict(row).items()} for row in rows]
    return json.dumps({"rows": content}, indent=1) + "\n"


def measure(case: Case, repeats: int) -> CaseResult:
    """One row of the table."""
    frame = synthetic_patients(case.n)
    slow = 3 if case.n > MANY else repeats
    ours, here = _timed(lambda: _ours(case, frame), repeats)
    lifelines, there = _timed(lambda: _lifelines(case, frame), slow)
    r, in_r = _in_r(case, frame, slow)
    estimates = [e for e in (here, there, in_r) if e is not None]
    return CaseResult(
        case=case.name,
        n=case.n,
        ours_ms=1e3 * ours,
        lifelines_ms=1e3 * lifelines,
        r_ms=None if r is None else 1e3 * r,
        lifelines_ratio=lifelines / ours,
        r_ratio=None if r is None else r / ours,
        difference=max(estimates) - min(estimates),
    )


def synthetic_patients(n: int) -> pd.DataFrame:
    """Patients of two arms in twelve studies; not data of anybody."""
    rng = np.random.default_rng(n)
    arm = rng.integers(0, 2, n)
    death, lost = rng.exponential(12 / 1.5**arm), rng.exponential(36, n)
    return pd.DataFrame(
        {
            "time": np.ceil(np.minimum(death, lost)),
            "event": (death <= lost).astype(int),
            "arm": arm,
            "age": rng.normal(60, 9, n).round(),
            "score": rng.normal(0, 1, n).round(2),
            "study": rng.integers(1, 13, n),
        }
    )


def _timed(fit: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Median seconds, and the log hazard ratio of the arm."""
    estimate = fit()
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        fit()
        seconds.append(perf_counter() - start)
    return median(seconds), estimate


def _ours(case: Case, frame: pd.DataFrame) -> float:
    time, event = frame["time"], frame["event"]
    if case.stratified:
        return cox_stratified(time, event, frame["arm"], frame["study"]).log_hazard_ratio
    if len(case.columns) == 1:
        return cox_two_arm(time, event, frame["arm"]).log_hazard_ratio
    return float(cox_model(time, event, frame[list(case.columns)]).coefficients[0])


def _lifelines(case: Case, frame: pd.DataFrame) -> float:
    used = frame[["time", "event", *case.columns, *(["study"] if case.stratified else [])]]
    strata = ["study"] if case.stratified else None
    fitter = CoxPHFitter().fit(used, "time", "event", strata=strata)
    return float(fitter.params_["arm"])


def _in_r(case: Case, frame: pd.DataFrame, repeats: int) -> tuple[float | None, float | None]:
    """Median seconds and estimate of R's coxph; None without R."""
    program = shutil.which("Rscript")
    if program is None:
        return None, None
    formula = "Surv(time, event) ~ " + " + ".join(case.columns)
    formula += " + strata(study)" if case.stratified else ""
    with tempfile.TemporaryDirectory() as folder:
        script, table = Path(folder) / "cox.R", Path(folder) / "patients.csv"
        script.write_text(R_PROGRAM, encoding="utf-8")
        frame.to_csv(table, index=False)
        cluster = "study" if case.stratified else ""
        command = [program, str(script), str(table), formula, cluster, str(repeats)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        return None, None
    seconds, estimate = run.stdout.split()
    return float(seconds), float(estimate)


def _three_digits(value: str | float | None) -> str | float | None:
    return float(f"{value:.3g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
