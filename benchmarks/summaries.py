"""How near printed summaries come to the true hazard ratio, on 119 pairs of arms.

Run ``python benchmarks/summaries.py [--json FILE] [--pairs N]``. None of the data
concern brain metastases.

From each arm's true patients the summaries are made as a paper prints them: n,
the Kaplan-Meier median to a tenth of a month, survival to a tenth of a percent,
limits on the scale of common software. The method sees nothing else.
Landmarks stand at fixed fractions of the shorter arm's follow-up (one: a half;
two: a third and two thirds), chosen before any result was seen; the same at 12
and 24 months, as papers choose them, is reported beside it. A scenario is
defined for a pair when both arms reach their median (where one is given) and
both are followed to the landmarks.

Per scenario, over the defined pairs:

- ``rmse``, ``p90``: of the log hazard ratio of the pseudo-patients less that of
  the true patients over their whole follow-up (Cox, Efron ties);
- ``failures``: pairs without a finite log hazard ratio on either side; they are
  counted here and cannot enter the others;
- ``se_ratio``: median of the pseudo-patients' standard error over the true one,
  ``se_ratio_total`` with the variance between imputations added (Rubin);
- ``coverage``: share of pairs whose total interval (Rubin: within plus
  ``1 + 1/m`` times between, about the mean of the imputations) holds the true
  patients' log hazard ratio. It is the interval that every published number
  carries. The true patients' estimate shares most of its sampling error with
  the pseudo-patients', so an honest method lies above 95 % here;
- ``coverage_between``: the same with the variance between imputations alone: what
  shape and order add. It cannot know what happened after the last printed
  time, so its fair target is
- ``coverage_between_window``: the log hazard ratio of the true patients cut off
  where each arm's print ends;
- ``between``, ``rmse_window``: root mean square of the standard error between
  imputations, and of the error it should equal: mean of the imputations less the
  true patients' log hazard ratio in that window.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from analysis_lib.reconstruct.information import greenwood_limits
from analysis_lib.reconstruct.summaries import (
    LandmarkSummary,
    SummaryReconstruction,
    reconstruct_from_summary,
)
from analysis_lib.survival import HazardRatio, cox_two_arm, kaplan_meier, median_survival

PAIRS = Path(__file__).parent / "data" / "ipd" / "pairs.json"

#: Imputations per arm: the interval's t quantile is then within 3 % of its limit.
N_IMPUTATIONS = 40

#: Scales of printed limits, by turns over the pairs: R; Stata, SAS, lifelines; MATLAB.
PRINTED_SCALES = ("log", "log-log", "plain")


@dataclass(frozen=True)
class Scenario:
    """What a paper prints: a median or not, landmarks, their limits or not.

    ``fractions`` are of the shorter arm's follow-up; ``months`` are absolute.
    """

    name: str
    median: bool
    fractions: tuple[float, ...] = ()
    months: tuple[float, ...] = ()
    intervals: bool = False


ONE, TWO, CALENDAR = (1 / 2,), (1 / 3, 2 / 3), (12.0, 24.0)

SCENARIOS = (
    Scenario("median", True),
    Scenario("median, one landmark", True, ONE),
    Scenario("median, two landmarks", True, TWO),
    Scenario("two landmarks", False, TWO),
    Scenario("median, one landmark, intervals", True, ONE, intervals=True),
    Scenario("median, two landmarks, intervals", True, TWO, intervals=True),
    Scenario("two landmarks, intervals", False, TWO, intervals=True),
    Scenario("median, 12 and 24 months", True, months=CALENDAR),
    Scenario("12 and 24 months", False, months=CALENDAR),
    Scenario("12 and 24 months, intervals", False, months=CALENDAR, intervals=True),
)


@dataclass(frozen=True)
class PairResult:
    """One pair under one scenario: log hazard ratios and standard errors."""

    true: HazardRatio
    window: HazardRatio
    printed: HazardRatio
    imputed: tuple[HazardRatio, ...]

    @property
    def failed(self) -> bool:
        """Is an estimate infinite?"""
        estimates = (self.true, self.window, self.printed, *self.imputed)
        return any(estimate.monotone for estimate in estimates)


@dataclass(frozen=True)
class ScenarioResult:
    """A row of the table; see the module's docstring."""

    scenario: str
    defined: int
    failures: int
    rmse: float
    p90: float
    median_error: float
    se_ratio: float
    se_ratio_total: float
    coverage: float
    coverage_between: float
    coverage_between_window: float
    between: float
    rmse_window: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every scenario and print the table."""
    parser = argparse.ArgumentParser(description="Summaries against known truth, 119 pairs.")
    parser.add_argument("--json", type=Path, help="write the table to this file as well")
    parser.add_argument("--pairs", type=int, help="only the first so many pairs")
    options = parser.parse_args(arguments)
    pairs = json.loads(PAIRS.read_text(encoding="utf-8"))[: options.pairs]
    rows = [measure(scenario, pairs) for scenario in SCENARIOS]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    if options.json:
        options.json.write_text(as_json(len(pairs), rows), encoding="utf-8")


def as_json(n_pairs: int, rows: Sequence[ScenarioResult]) -> str:
    """The table with four significant digits, and what it was measured on."""
    content = {
        "pairs": n_pairs,
        "imputations": N_IMPUTATIONS,
        "rows": [{key: _four_digits(value) for key, value in asdict(row).items()} for row in rows],
    }
    return json.dumps(content, indent=1) + "\n"


def measure(scenario: Scenario, pairs: Sequence[dict]) -> ScenarioResult:
    """One row of the table."""
    found = [result for result in _results(scenario, pairs) if result is not None]
    good = [result for result in found if not result.failed]
    errors = np.abs([r.printed.log_hazard_ratio - r.true.log_hazard_ratio for r in good])
    total = [_rubin(r.imputed) for r in good]
    between = [_rubin(r.imputed, within=False) for r in good]
    return ScenarioResult(
        scenario=scenario.name,
        defined=len(found),
        failures=len(found) - len(good),
        rmse=_root_mean_square(errors),
        p90=float(np.quantile(errors, 0.9)),
        median_error=float(np.median(errors)),
        se_ratio=_median_ratio([r.printed.standard_error for r in good], good),
        se_ratio_total=_median_ratio([error for _, error, _ in total], good),
        coverage=_coverage(total, [r.true for r in good]),
        coverage_between=_coverage(between, [r.true for r in good]),
        coverage_between_window=_coverage(between, [r.window for r in good]),
        between=_root_mean_square([error for _, error, _ in between]),
        rmse_window=_root_mean_square(
            [
                mean - r.window.log_hazard_ratio
                for (mean, _, _), r in zip(between, good, strict=True)
            ]
        ),
    )


def _results(scenario: Scenario, pairs: Sequence[dict]) -> Iterator[PairResult | None]:
    for index, pair in enumerate(pairs):
        arms = [pd.DataFrame(arm["truth"]) for arm in pair["arms"]]
        scale = PRINTED_SCALES[index % len(PRINTED_SCALES)]
        shorter = min(arm["time_months"].max() for arm in arms)
        months = scenario.months or tuple(round(f * shorter, 1) for f in scenario.fractions)
        printed = [
            _reconstruct(arm, scenario, months, scale, seed=2 * index + side)
            for side, arm in enumerate(arms)
        ]
        defined = all(printed) and all(month <= shorter for month in months)
        yield _compare(arms, printed) if defined else None


def _reconstruct(
    truth: pd.DataFrame, scenario: Scenario, months: tuple[float, ...], scale: str, seed: int
) -> SummaryReconstruction | None:
    """Print one arm's summaries and reconstruct from them; None without a median."""
    curve = kaplan_meier(truth["time_months"], truth["event"])
    median = median_survival(curve) if scenario.median else None
    if scenario.median and median is None:
        return None
    return reconstruct_from_summary(
        n=len(truth),
        # A median in the first days would round to zero.
        median=None if median is None else max(round(median, 1), 0.1),
        landmarks=[_print_landmark(curve, month, scale, scenario.intervals) for month in months],
        n_imputations=N_IMPUTATIONS,
        seed=seed,
    )


def _print_landmark(
    curve: pd.DataFrame, months: float, scale: str, interval: bool
) -> LandmarkSummary:
    """Survival at a time to a tenth of a percent, with Greenwood limits if asked for."""
    before = curve[curve["time_months"] <= months]
    survival = float(before["survival"].iloc[-1])
    if not interval or not 0 < survival < 1:
        return LandmarkSummary(months, round(survival, 3))
    at_risk, deaths = before["number_at_risk"], before["events"]
    greenwood = float((deaths / (at_risk * (at_risk - deaths))).sum())
    low, high = greenwood_limits(survival, survival * math.sqrt(greenwood), scale)
    return LandmarkSummary(months, round(survival, 3), round(low, 3), round(high, 3))


def _compare(arms: list[pd.DataFrame], printed: list[SummaryReconstruction]) -> PairResult:
    """True, windowed, printed and imputed hazard ratios of one pair."""
    window = [
        arm.assign(
            event=arm["event"].where(arm["time_months"] <= known.known_until_months, 0),
            time_months=arm["time_months"].clip(upper=known.known_until_months),
        )
        for arm, known in zip(arms, printed, strict=True)
    ]
    imputed = zip(*(known.imputations for known in printed), strict=True)
    return PairResult(
        true=_cox(arms),
        window=_cox(window),
        printed=_cox([known.ipd for known in printed]),
        imputed=tuple(_cox(both) for both in imputed),
    )


def _cox(arms: Sequence[pd.DataFrame]) -> HazardRatio:
    time = np.concatenate([arm["time_months"] for arm in arms])
    event = np.concatenate([arm["event"] for arm in arms])
    return cox_two_arm(time, event, np.repeat([0, 1], [len(arm) for arm in arms]))


def _rubin(imputed: Sequence[HazardRatio], *, within: bool = True) -> tuple[float, float, float]:
    """Mean, standard error and t quantile of the imputations by Rubin's rules.

    Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley 1987, chapter 3.
    """
    estimates = np.array([h.log_hazard_ratio for h in imputed])
    inside = np.mean([h.standard_error**2 for h in imputed]) if within else 0.0
    between = (1 + 1 / estimates.size) * estimates.var(ddof=1)
    total = inside + between
    if between == 0:
        return float(estimates.mean()), math.sqrt(total), float(student.ppf(0.975, math.inf))
    freedom = (estimates.size - 1) * (total / between) ** 2
    return float(estimates.mean()), math.sqrt(total), float(student.ppf(0.975, freedom))


def _coverage(intervals: list[tuple[float, float, float]], truth: list[HazardRatio]) -> float:
    """Share of intervals that hold the other estimate."""
    return float(
        np.mean(
            [
                abs(mean - other.log_hazard_ratio) <= quantile * error
                for (mean, error, quantile), other in zip(intervals, truth, strict=True)
            ]
        )
    )


def _root_mean_square(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _median_ratio(errors: list[float], results: list[PairResult]) -> float:
    true = np.array([r.true.standard_error for r in results])
    return float(np.median(np.array(errors) / true))


def _four_digits(value: str | float) -> str | float:
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
