"""One survival curve for several single-arm studies, without a distribution.

Survival is pooled interval by interval, given survival to the interval's start, on
the arcsine scale with random effects; the curve is the product (Combescure,
Foucher and Jackson 2014). Which interval leads was chosen by coverage:
``benchmarks/summary_curve.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.meta_analysis.curve_estimate import CurveEstimate, CurveValue, half_life
from analysis_lib.meta_analysis.curve_outcomes import interval_outcomes
from analysis_lib.meta_analysis.multivariate import between_covariance, pool_outcomes
from analysis_lib.meta_analysis.pooling import pool

IntervalMethod = Literal["modified_knapp_hartung", "knapp_hartung", "t", "wald"]
Scale = Literal["log-log", "log"]
Structure = Literal["unstructured", "compound symmetry", "diagonal"]

_INTERVALS = ("modified_knapp_hartung", "knapp_hartung", "t", "wald")
_SCALES = ("log-log", "log")


@dataclass(frozen=True)
class SummaryCurve:
    """A summary survival curve (:func:`summary_curve`).

    Attributes
    ----------
    curve, common : DataFrame
        Random effects and common effect, one row per time of the grid:
        ``time_months``, ``survival``, ``low``, ``high`` (0..1), and ``n_studies`` that
        know survival there. Between times it is interpolated linearly, from 1 at 0.
    n_studies : int
        Studies in all.
    between_covariance : ndarray, shape (times, times)
        Between studies, of the arcsine-transformed survival in successive intervals.
    structure : str
        Of that covariance; "none" with one study.
    q, q_df, q_p : float, int, float or None
        Cochran's Q over all intervals, its degrees of freedom (known values less
        times), and its p-value (None without degrees of freedom).
    h2, i2 : float or None
        Q over its degrees of freedom, and ``max(0, 1 - 1 / h2)``, 0 to 1.
    interval_method, scale : str
        How the limits of ``curve`` are made; those of ``common`` are always Wald's.
    note : str or None
        The limits of this result in words.
    """

    curve: pd.DataFrame
    common: pd.DataFrame
    n_studies: int
    between_covariance: NDArray
    structure: str
    q: float
    q_df: int
    q_p: float | None
    h2: float | None
    i2: float | None
    interval_method: str
    scale: str
    note: str | None
    _estimate: CurveEstimate = field(repr=False)

    def at(self, months: float) -> CurveValue:
        """Survival at a time of the grid or between two.

        Raises
        ------
        InvalidInputError
            A time that is not positive or beyond the last of the grid.
        """
        weights, start = self._estimate.height_weights(months)
        read = self._estimate.survival(weights[None, :], np.array([start]))
        value, low, high, error = (float(part[0]) for part in read)
        return CurveValue(value, low, high, error, self._estimate.n_studies_at(months))

    @property
    def median(self) -> CurveValue:
        """Where the curve falls to one half; its limits are where the curve's limits do."""
        names = ("survival", "low", "high")
        value, low, high = (half_life(self.curve, name) for name in names)
        last = self._estimate.grid[-1] if value is None else value
        return CurveValue(value, low, high, None, self._estimate.n_studies_at(last))

    def restricted_mean(self, horizon: float) -> CurveValue:
        """Area under the curve from 0 to a horizon, in months.

        The standard error is the delta method's over all intervals together; the
        limits, symmetric about the value, are cut at 0 and the horizon.

        Raises
        ------
        InvalidInputError
            A horizon that is not positive or beyond the last time of the grid.
        """
        weights, start = self._estimate.area_weights(horizon)
        value, error, quantile = self._estimate.combined(weights[None, :], np.array([start]))
        half = float(quantile[0] * error[0])
        return CurveValue(
            float(value[0]),
            max(0.0, float(value[0]) - half),
            min(float(horizon), float(value[0]) + half),
            float(error[0]),
            self._estimate.n_studies_at(horizon),
        )


@dataclass(frozen=True)
class MedianSummary:
    """Medians alone: a random-effects pool of log medians, in months.

    ``method`` names it, because it is not the median of a summary curve: it pools
    the studies' medians. The prediction interval, where another study's median
    would lie, needs four studies.
    """

    median: float
    low: float
    high: float
    k: int
    tau2: float | None
    i2: float | None
    prediction_low: float | None
    prediction_high: float | None
    note: str | None
    method: str = "random-effects pool of log medians (REML, modified Knapp-Hartung)"


def summary_curve(
    table: pd.DataFrame,
    *,
    times: Sequence[float] | None = None,
    structure: Structure | None = None,
    interval: IntervalMethod = "modified_knapp_hartung",
    scale: Scale = "log-log",
) -> SummaryCurve:
    """Summary survival curve of single-arm studies with random effects, distribution-free.

    Parameters
    ----------
    table : DataFrame
        Columns ``study_id``; ``time_months`` (above 0); ``survival`` at that time
        (0..1, not rising within a study); ``number_at_risk``, the patients at risk at
        the start of the interval that ends at the time: the number alive and followed
        just after the study's previous time, or the size of the study for its first
        (metaSurvival's ``n.risk``). It need not be whole. Studies may end at different
        times. :func:`survival_table` makes these rows from patients.
    times : sequence of float, optional
        The grid. By default every time that all studies which are followed to it know.
        A study enters an interval of the grid when it knows survival at both its ends.
    structure : {"unstructured", "compound symmetry", "diagonal"}, optional
        Of the between-study covariance. By default unstructured with as many studies as
        times, each pair of times known in two; else compound symmetry.
    interval : {"modified_knapp_hartung", "knapp_hartung", "t", "wald"}
        Modified Knapp-Hartung: each time's variance is multiplied by the larger of 1 and
        its own Knapp-Hartung factor, and t has the studies that know the time less one
        degrees of freedom. "t" has no factor; "wald" the normal quantile.
    scale : {"log-log", "log"}
        On which the limits of survival are symmetric. "wald" with "log" is the published
        method's interval ("Greenwood" in metaSurvival and RISCA).

    Returns
    -------
    SummaryCurve
        One study: that study after the transform, with the binomial interval and a note.

    Raises
    ------
    InvalidInputError
        A missing column, impossible or contradictory values, no time in common.
    NotIdentifiedError
        "unstructured" where two times are known together in fewer than two studies.

    Notes
    -----
    The transform ``asin(sqrt((n S + 0.25) / (n + 0.5)))`` of survival in an interval has
    variance ``1 / (4 (n + 0.5))``; it draws a survival of 1 or 0 in an interval inwards.
    The curve describes a study of average angles: where cohorts differ it lies slightly
    below the survival of the average cohort (``bias`` in the benchmark).

    References
    ----------
    Combescure C, Foucher Y, Jackson D. Stat Med 2014;33:2521-2537.
    """
    if interval not in _INTERVALS or scale not in _SCALES:
        raise InvalidInputError(
            f"interval must be one of {_INTERVALS} and scale one of {_SCALES}, "
            f"were {interval!r} and {scale!r}"
        )
    outcomes, grid = interval_outcomes(table, times)
    k = outcomes.known.shape[0]
    common = pool_outcomes(outcomes, np.zeros((grid.size, grid.size)))
    chosen = structure or ("unstructured" if outcomes.can_be_unstructured else "compound symmetry")
    between = between_covariance(outcomes, chosen) if k > 1 else common.between
    method = interval if k > 1 else "wald"
    known = outcomes.n_studies
    estimate = CurveEstimate(pool_outcomes(outcomes, between), grid, known, method, scale)
    q = float(np.sum(np.where(outcomes.known, common.residuals**2 / outcomes.variances, 0.0)))
    q_df = int(outcomes.known.sum()) - grid.size
    h2 = q / q_df if q_df > 0 else None
    return SummaryCurve(
        curve=estimate.frame(),
        common=CurveEstimate(common, grid, known, "wald", scale).frame(),
        n_studies=k,
        between_covariance=between,
        structure=chosen if k > 1 else "none",
        q=q,
        q_df=q_df,
        q_p=float(chdtrc(q_df, q)) if q_df > 0 else None,
        h2=h2,
        i2=None if h2 is None else max(0.0, 1 - 1 / h2) if h2 > 0 else 0.0,
        interval_method=method,
        scale=scale,
        note=_note(known, grid, k, None if structure else chosen, interval),
        _estimate=estimate,
    )


def summary_of_medians(medians: ArrayLike, log_standard_errors: ArrayLike) -> MedianSummary:
    """Pool medians where nothing but medians is known.

    Parameters
    ----------
    medians : array_like, shape (k,)
        Months, above 0.
    log_standard_errors : array_like, shape (k,)
        Of the log medians: a median's interval gives it as
        ``MedianSurvival.log_standard_error``.

    Returns
    -------
    MedianSummary

    Raises
    ------
    InvalidInputError
        Medians that are not positive, or standard errors that ``pool`` refuses.
    """
    months = np.asarray(medians, dtype=float)
    if months.ndim != 1 or not np.all(months > 0):
        raise InvalidInputError("medians must be positive numbers of months")
    found = pool(np.log(months), log_standard_errors)
    predicted = (found.prediction_low, found.prediction_high)
    low, high = (None if limit is None else float(np.exp(limit)) for limit in predicted)
    return MedianSummary(
        *(float(np.exp(x)) for x in (found.estimate, found.low, found.high)),
        k=found.k,
        tau2=found.tau2,
        i2=found.i2,
        prediction_low=low,
        prediction_high=high,
        note=found.note,
    )


def _note(
    n_studies: NDArray, grid: NDArray, k: int, structure: str | None, interval: str
) -> str | None:
    """What limits the result; ``structure`` is given where it was not asked for."""
    if k == 1:
        return "one study: no variance between studies; the limits are that study's own"
    notes = []
    if k == 2:
        notes.append("two studies: the variance between them rests on one difference")
    if structure == "compound symmetry" and grid.size > 1:
        notes.append(
            "too few studies for a free covariance of the intervals: one variance and one "
            "covariance (compound symmetry)"
        )
    alone = grid[n_studies < 2]
    if alone.size:
        notes.append(f"one study only at {', '.join(f'{months:g}' for months in alone)} months")
    if interval == "wald" and k < 10:
        notes.append("normal limits are too narrow with few studies that differ")
    return "; ".join(notes) or None
