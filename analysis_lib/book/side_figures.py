"""Absolute figures of each side: of 100 patients, how many at which time, over its studies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.answers import STATES, outcome_label
from analysis_lib.book.blocks import Stack
from analysis_lib.book.comparison_tables import pool_label
from analysis_lib.book.sources import method_link, pooled_link
from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.between import BetweenContrast
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.side_summary import (
    MINIMUM_STUDIES,
    AbsoluteFigure,
    SideSummary,
    arms_with_limits,
)
from analysis_lib.comparison.sides import Range, SideResult
from analysis_lib.meta_analysis import PooledEstimate
from analysis_lib.study_records import load_vocabulary
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
    mid_sentence,
    months,
    paragraph,
    percent,
    ratio,
)
from analysis_lib.vocabulary import CURVE_LEVELS

NOTE = (
    "Of 100, with 95% interval: random-effects summary of the studies of a side that know the "
    f"time; given from {MINIMUM_STUDIES} studies on. Restricted mean: only where "
    f"{MINIMUM_STUDIES} studies have a digitised curve."
)


def absolute_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Each side's figures at the times papers print, pooled medians, and how cohorts differ."""
    label = outcome_label(outcome.outcome).lower()
    if not any(side.arms for side in outcome.sides):
        return callout("missing", f"No absolute figure for {label}: no side has a usable cohort.")
    tables = [_table(outcome, pool) for pool in outcome.pools if _sides(outcome, pool)]
    return Stack(*tables, paragraph(PROPORTIONAL_HAZARDS))


def between_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """What stands behind each ratio between cohorts: model, spread, cross-check, evidence."""
    rows = [
        _between_row(found)
        for pool in outcome.pools
        for found in pool.between
        if found.theta is not None
    ]
    if not rows:
        return paragraph("No ratio between cohorts: there is no model to look behind.")
    label = outcome_label(outcome.outcome).lower()
    frame = pd.DataFrame(rows).set_index("Contrast").T.reset_index(names="Behind the ratio")
    align = dict.fromkeys(map(str, frame.columns), "left")
    return html_table(frame, caption=f"Behind the ratio between cohorts: {label}", align=align)


def _between_row(found: BetweenContrast) -> dict[str, str | Cell]:
    contrast = f"{found.first} against {mid_sentence(found.second)}"
    told = _behind(found)
    return {"Contrast": contrast} | {name: method_link(t, "between") for name, t in told.items()}


def _behind(found: BetweenContrast) -> dict[str, str]:
    limits = interval(found.hazard_ratio, found.low, found.high, number=ratio)
    check = found.frailty
    return {
        "Hazard ratio (95% interval)": limits,
        "Cohorts": f"{count(found.cohorts[0])} and {count(found.cohorts[1])}",
        "Evidence": level_counts(found),
        "Variance of the cohorts' own effects": f"{found.theta:.2f}",
        "Degrees of freedom": f"{found.degrees_of_freedom:.1f}",
        "Sets of patients": f"{count(found.n_draws)}"
        + (f", {count(found.n_failed)} without an estimate" if found.n_failed else ""),
        "Variance from not knowing the patients": percent(found.between_draws, decimals=1),
        "Cross-check, Cox model with shared frailty": "not made"
        if check is None
        else interval(check.hazard_ratio, check.low, check.high, number=ratio)
        + "; its interval is too narrow with few cohorts",
    }


def level_counts(found: BetweenContrast) -> str:
    """What the arms are known from: ``11 from printed summary``."""
    words = load_vocabulary()["level"]
    return ", ".join(
        f"{count(k)} from {mid_sentence(words[level].label)}" for level, k in found.levels
    )


#: Said wherever ratios and restricted means could be asked for.
PROPORTIONAL_HAZARDS = (
    "Whether hazards are proportional is tested only on digitised curves: on printed figures the "
    "test would be about our own interpolation."
)


def figure_words(figure: AbsoluteFigure) -> str:
    """``52 of 100 (35 to 68), 3 of 5 studies``, or why there is none."""
    studies = f"{count(figure.k)} of {count(figure.of)} studies"
    if figure.value is None:
        return f"not known ({studies} report it; {count(MINIMUM_STUDIES)} are needed)"
    limits = " to ".join(_of_100(share) for share in (figure.low, figure.high))
    return f"{_of_100(figure.value)} of 100 ({limits}), {studies}"


def spread_words(found: Range | None) -> str:
    """The range of cohorts' medians, months: ``8.3 to 22.0``."""
    if found is None:
        return "not reported"
    if found.low == found.high:
        return months(found.low)
    return f"{months(found.low)} to {months(found.high)}"


def _i2(figure: AbsoluteFigure) -> str:
    return "" if figure.i2 is None else f", I² {100 * figure.i2:.0f}%"


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}"


def _sides(outcome: OutcomeResult, pool: Pool) -> list[SideResult]:
    return [side for side in outcome.sides if pool.arms(side)]


def _table(outcome: OutcomeResult, pool: Pool) -> Html:
    """One pool: a figure a row, a side a column, so that the sides are read across."""
    within = f" ({pool_label(pool)})" if pool.pool_class is not None else ""
    state = STATES[outcome.outcome]
    columns = [
        (side, _column(pool.summary(side), pool.arms(side), state))
        for side in _sides(outcome, pool)
    ]
    rows = [
        {"Figure": name}
        | {
            side.label: pooled_link(
                column[name][0],
                outcome.outcome,
                "absolute",
                (arm.study_label for arm in column[name][1]),
            )
            for side, column in columns
        }
        for name in columns[0][1]
    ]
    caption = f"Each side as a whole: {outcome_label(outcome.outcome).lower()}{within}"
    align = dict.fromkeys((side.label for side, _ in columns), "left")
    return html_table(pd.DataFrame(rows), caption=caption, note=NOTE, align=align)


def _column(
    found: SideSummary, arms: Sequence[ArmEvidence], state: str
) -> dict[str, tuple[str, Sequence[ArmEvidence]]]:
    """Each figure of a side in words, and the arms that it rests on."""
    figures = {
        f"Of 100, {state} at {figure.months:g} months": (
            figure_words(figure) + _i2(figure),
            [arm for arm in arms if arm.study_id in figure.studies],
        )
        for figure in found.landmarks
    }
    mean = "not known"
    if found.restricted_mean is not None:
        limits = interval(*found.restricted_mean, number=months)
        mean = f"{limits} of {found.horizon_months:g} months"
    return figures | {
        "Pooled median, months": (pooled_median_words(found.medians), arms_with_limits(arms)),
        "Restricted mean, months": (mean, [arm for arm in arms if arm.level in CURVE_LEVELS]),
        "How far cohorts differ (log event rate)": (_spread(found.rates), arms),
    }


def pooled_median_words(pooled: PooledEstimate | None) -> str:
    """Pool of printed medians, named as such, with what a new cohort would show."""
    if pooled is None:
        return f"not pooled (fewer than {MINIMUM_STUDIES} with an interval)"
    limits = interval(*(math.exp(x) for x in (pooled.estimate, pooled.low, pooled.high)))
    text = f"{limits}, from {count(pooled.k)} medians alone"
    if pooled.prediction_low is not None:
        text += (
            f"; a new cohort {months(math.exp(pooled.prediction_low))} to "
            f"{months(math.exp(pooled.prediction_high))}"
        )
    return text


def _spread(rates: PooledEstimate | None) -> str:
    """Heterogeneity of event rates: the only figure to which every cohort contributes."""
    if rates is None:
        return f"not known (fewer than {MINIMUM_STUDIES} studies)"
    text = f"I² {100 * rates.i2:.0f}%, tau² {rates.tau2:.2f}"
    if rates.tau2_low is not None:
        text += f" ({rates.tau2_low:.2f} to {rates.tau2_high:.2f})"
    return f"{text}, {count(rates.k)} studies"
