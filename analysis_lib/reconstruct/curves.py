"""From a Kaplan-Meier curve to patient-level data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.reconstruct.facts import (
    checked_facts,
    compare_with_facts,
    survival_at,
    whole_number,
)
from analysis_lib.reconstruct.reading import checked_reading
from analysis_lib.reconstruct.search import draw_reconstructions

#: Error of one reading in time, as a share of the axis: a drop may be met that much beside.
TIME_ERROR = 0.005
#: A curve within this distance on average is followed, whatever its reading error is.
LARGEST_RMSE = 0.03


@dataclass(frozen=True)
class CurveFit:
    """How closely the reconstructed curve follows the reading.

    Attributes
    ----------
    rmse : float
        Root mean squared difference in survival over the points of the reading.
    max_abs_difference : float
        Largest absolute difference; signed differences would cancel.
    """

    rmse: float
    max_abs_difference: float


@dataclass(frozen=True)
class CurveReconstruction:
    """Patient-level data that a published curve can bear.

    Attributes
    ----------
    ipd : pandas.DataFrame
        ``time_months`` and ``event`` (1 death, 0 censored), one row per patient.
    level : str
        ``curve_at_risk`` when a number-at-risk table was used, else ``curve_n``.
    constraints : pandas.DataFrame
        One row per given fact: ``fact``, ``given``, ``reconstructed``, ``residual``, ``met``.
    fit : CurveFit
        Distance of the reconstructed curve from the reading.
    reading_sd : float
        Standard deviation of one reading of survival, given or estimated.
    imputations : tuple of pandas.DataFrame
        Further draws, each like ``ipd``; empty unless asked for.
    """

    ipd: pd.DataFrame
    level: str
    constraints: pd.DataFrame
    fit: CurveFit
    reading_sd: float
    imputations: tuple[pd.DataFrame, ...] = ()


def reconstruct_ipd(
    curve: pd.DataFrame,
    *,
    n: int,
    number_at_risk: pd.DataFrame | None = None,
    n_events: int | None = None,
    censor_times_months: ArrayLike | None = None,
    median: float | None = None,
    landmarks: pd.DataFrame | None = None,
    reading_sd: float | None = None,
    n_imputations: int = 0,
    seed: int = 0,
) -> CurveReconstruction:
    """Patient-level data from a digitised Kaplan-Meier curve.

    Finds deaths and censorings whose Kaplan-Meier curve passes through the reading within its
    error and that meet what else is printed. Where censoring is not identified it follows a
    prior (:mod:`analysis_lib.reconstruct.censoring`), and ``imputations`` show how much that
    leaves open. At risk at t are the patients with time >= t, before the events at t; at ties
    deaths precede censorings.

    Parameters
    ----------
    curve : pandas.DataFrame
        ``time_months`` and ``survival`` (0..1), in any order; may be noisy.
    n : int
        Patients of the arm.
    number_at_risk : pandas.DataFrame, optional
        ``time_months`` and ``number_at_risk``, as printed.
    n_events : int, optional
        Total events of the arm.
    censor_times_months : array_like, optional
        Printed censor ticks, each standing for one patient or more.
    median : float, optional
        Printed median, in months; compared with the reconstruction.
    landmarks : pandas.DataFrame, optional
        ``time_months`` and ``survival`` as printed; compared with the reconstruction.
    reading_sd : float, optional
        Standard deviation of one reading of survival; estimated from the reading by default.
    n_imputations : int
        Draws returned beside the central reconstruction.
    seed : int
        Seed of the random numbers; the same seed gives the same answer.

    Returns
    -------
    CurveReconstruction

    Raises
    ------
    InvalidInputError
        The reading or a fact breaks its own rule. Facts that contradict each other or the
        curve are not errors: the nearest reconstruction is returned and names them.

    Notes
    -----
    Guyot et al. (2012, BMC Medical Research Methodology 12:9) set the problem. Here a drop's
    relative height, deaths / number at risk, is used as well, and all facts act on the whole
    curve.
    """
    times, survival = checked_reading(curve, reading_sd=reading_sd)
    n_imputations = whole_number("n_imputations", n_imputations, least=0)
    seed = whole_number("seed", seed, least=0)
    facts = checked_facts(
        times,
        n=n,
        number_at_risk=number_at_risk,
        n_events=n_events,
        censor_times_months=censor_times_months,
        median=median,
        landmarks=landmarks,
    )
    search = draw_reconstructions(
        times,
        survival,
        facts,
        reading_sd=reading_sd,
        n_imputations=n_imputations,
        generator=np.random.default_rng(seed),
    )
    ipd = search.central
    fit = _fit(ipd, times, survival)
    curve_rows = _curve_rows(fit, search.reading_sd, survival, facts.n)
    return CurveReconstruction(
        ipd=ipd,
        level="curve_at_risk" if facts.table_times.size else "curve_n",
        constraints=compare_with_facts(ipd, facts, curve_rows, time_unit=search.time_unit),
        fit=fit,
        reading_sd=search.reading_sd,
        imputations=search.imputations,
    )


def _fit(ipd: pd.DataFrame, times: NDArray, survival: NDArray) -> CurveFit:
    """Distance of each point from the drawn staircase, vertical strokes included.

    A point within :data:`TIME_ERROR` of a drop may stand anywhere on its stroke.
    """
    slack = TIME_ERROR * times[-1]
    after = survival_at(ipd, times + slack)
    before = survival_at(ipd, times - slack, left=True)
    away = survival - np.clip(survival, after, before)
    return CurveFit(float(np.sqrt(np.mean(away**2))), float(np.max(np.abs(away))))


def _curve_rows(
    fit: CurveFit, reading_sd: float, survival: NDArray, n: int
) -> list[tuple[str, float, float, float]]:
    """The curve itself as a fact: other facts, or its own start, may contradict it.

    Rows as those of :func:`compare_with_facts`: fact, given, reconstructed, tolerance.
    """
    tolerance = max(4 * reading_sd, LARGEST_RMSE)
    rows = [("curve (root mean square distance)", 0.0, fit.rmse, tolerance)]
    start = float(survival.max())
    if start < 1 - max(4 * reading_sd, 0.5 / n, LARGEST_RMSE):
        # The missing part can only be deaths at time 0: that is said, not done in silence.
        rows.append(("survival at time 0", 1.0, start, 0.0))
    return rows
