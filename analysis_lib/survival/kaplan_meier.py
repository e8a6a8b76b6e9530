"""Kaplan-Meier curves and the log-rank test; both are lifelines'."""

from __future__ import annotations

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from numpy.typing import ArrayLike, NDArray

from analysis_lib.survival.data import check_survival_data


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> pd.DataFrame:
    """Kaplan-Meier curve with log-log Greenwood 95 % limits.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Months and 0/1; deaths precede censorings at ties.

    Returns
    -------
    DataFrame
        One row per distinct time, beginning at 0: ``time_months``,
        ``survival``, ``low``, ``high`` (0..1), ``number_at_risk`` (just before
        the time), ``events``, ``censored``.
    """
    times, events = check_survival_data(time, event)
    fitter = KaplanMeierFitter().fit(times, events)
    limits = fitter.confidence_interval_survival_function_
    table = fitter.event_table
    frame = pd.DataFrame(
        {
            "time_months": table.index.to_numpy(float),
            "survival": fitter.survival_function_.iloc[:, 0].to_numpy(),
            "low": limits.iloc[:, 0].to_numpy(),
            "high": limits.iloc[:, 1].to_numpy(),
            "number_at_risk": table["at_risk"].to_numpy(int),
            "events": table["observed"].to_numpy(int),
            "censored": table["censored"].to_numpy(int),
        }
    )
    # Greenwood's variance is undefined at 1 and at 0; there the limits are the estimate's own.
    undefined = frame[["low", "high"]].isna().any(axis=1)
    frame.loc[undefined, "low"] = frame.loc[undefined, "survival"]
    frame.loc[undefined, "high"] = frame.loc[undefined, "survival"]
    return frame


def survival_at(curve: pd.DataFrame, months: ArrayLike) -> NDArray:
    """Survival of a step curve (:func:`kaplan_meier`) at times in months; shape as given."""
    position = np.searchsorted(curve["time_months"].to_numpy(), np.asarray(months), "right") - 1
    return curve["survival"].to_numpy()[np.maximum(position, 0)]


def median_survival(curve: pd.DataFrame) -> float | None:
    """First time at which survival is at or below one half; None when it never is."""
    reached = curve.loc[curve["survival"] <= 0.5 + 1e-12, "time_months"]
    return None if reached.empty else float(reached.iloc[0])


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> float:
    """Two-sided p-value of the log-rank test of two groups (``group`` 0/1)."""
    times, events = check_survival_data(time, event)
    in_one = np.asarray(group, dtype=bool)
    result = logrank_test(times[~in_one], times[in_one], events[~in_one], events[in_one])
    return float(result.p_value)
