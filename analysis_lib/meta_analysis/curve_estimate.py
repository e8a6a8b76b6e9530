"""What is read off a summary curve: heights, areas and medians, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.meta_analysis.multivariate import PooledOutcomes
from analysis_lib.survival import Z_95

#: Pooled angles stay within these, or a weighted mean could leave what a sine can be.
_ANGLES = (1e-3, np.pi / 2 - 1e-3)

#: Half a log-log interval so wide that its limits are 0 and 1 in double precision.
_WIDEST = 100.0


@dataclass(frozen=True)
class CurveValue:
    """A number read off a summary curve, with its 95 % interval.

    ``value`` of a median, ``low`` or ``high`` is None where it lies beyond the times
    that are known. ``standard_error`` (with the interval's factor in it) is None for
    medians, whose interval is read off the limits of the curve. ``n_studies`` know
    survival at the last time that the number needs.
    """

    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    n_studies: int


@dataclass(frozen=True)
class CurveEstimate:
    """Pooled angles of the intervals and all that is read off the curve they make.

    A number read off the curve is a constant plus a weighted sum of its heights at the
    times of the grid, linear between them.
    """

    pooled: PooledOutcomes
    grid: NDArray
    n_studies: NDArray
    interval: str
    scale: str

    @property
    def angles(self) -> NDArray:
        return np.clip(self.pooled.estimate, *_ANGLES)

    @property
    def heights(self) -> NDArray:
        return np.cumprod(np.sin(self.angles) ** 2)

    def frame(self) -> pd.DataFrame:
        """The curve at the times of the grid."""
        size = self.grid.size
        survival, low, high, _ = self.survival(np.eye(size), np.zeros(size))
        columns = {"time_months": self.grid, "survival": survival, "low": low, "high": high}
        return pd.DataFrame({**columns, "n_studies": self.n_studies})

    def combined(self, weights: NDArray, constants: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Values, standard errors and quantiles of weighted sums, weights (m, times)."""
        heights = self.heights
        # d S(t) / d angle j = 2 S(t) cot(angle j) for every interval j up to t.
        gradient = np.cumsum((weights * heights)[:, ::-1], axis=1)[:, ::-1] * 2
        gradient = gradient / np.tan(self.angles)
        variance, factor = self.pooled.variance_of(gradient)
        if self.interval == "modified_knapp_hartung":
            factor = np.maximum(factor, 1.0)
        elif self.interval != "knapp_hartung":
            factor = np.ones_like(factor)
        last = weights.shape[1] - 1 - np.argmax(weights[:, ::-1] != 0, axis=1)
        freedom = np.maximum(self.n_studies[last] - 1, 1)
        t = stdtrit(freedom, 0.975)
        quantile = np.full(last.shape, Z_95) if self.interval == "wald" else t
        return constants + weights @ heights, np.sqrt(variance * factor), quantile

    def survival(self, weights: NDArray, constants: NDArray) -> tuple[NDArray, ...]:
        """Heights of the curve, their limits on the scale chosen, and standard errors."""
        values, errors, quantiles = self.combined(weights, constants)
        log_values = np.log(values)
        half = quantiles * errors / values
        if self.scale == "log":
            low, high = np.exp(log_values - half), np.exp(np.minimum(log_values + half, 0.0))
        else:
            half = np.minimum(half / np.abs(log_values), _WIDEST)
            low, high = (np.exp(log_values * np.exp(sign * half)) for sign in (1, -1))
        return values, low, high, errors

    def height_weights(self, months: float) -> tuple[NDArray, float]:
        """Weights and constant of the height at a time, by linear interpolation."""
        end, fraction = self._place(months)
        weights = np.zeros(self.grid.size)
        weights[end] = fraction
        if end > 0:
            weights[end - 1] = 1 - fraction
        return weights, 0.0 if end > 0 else 1 - fraction

    def area_weights(self, horizon: float) -> tuple[NDArray, float]:
        """Weights and constant of the area to a horizon: trapezoids."""
        end, _ = self._place(horizon)
        at_end, constant_at_end = self.height_weights(horizon)
        corners = np.append(0.0, self.grid[:end])
        widths = np.diff(np.append(corners, horizon))
        # Rows: heights at 0, at each corner, and at the horizon, as constants and weights.
        heights = np.vstack([np.zeros(self.grid.size), np.eye(self.grid.size)[:end], at_end])
        constants = np.concatenate([[1.0], np.zeros(end), [constant_at_end]])
        means = (np.append(widths, 0.0) + np.append(0.0, widths)) / 2
        return means @ heights, float(means @ constants)

    def n_studies_at(self, months: float) -> int:
        """Studies that know survival at the first time of the grid from here on."""
        return int(self.n_studies[self._place(months)[0]])

    def _place(self, months: float) -> tuple[int, float]:
        """Index of the grid's first time at or after this one, and how far towards it."""
        last = self.grid[-1]
        if not 0 < months <= last:
            raise InvalidInputError(
                f"the curve is known from 0 to {last:g} months, {months:g} is outside"
            )
        end = int(np.searchsorted(self.grid, months, "left"))
        start = self.grid[end - 1] if end else 0.0
        return end, float((months - start) / (self.grid[end] - start))


def half_life(curve: pd.DataFrame, column: str) -> float | None:
    """First time at which a column falls to one half, linear between times; None if never."""
    times = np.append(0.0, curve["time_months"].to_numpy())
    heights = np.append(1.0, curve[column].to_numpy())
    below = np.flatnonzero(heights <= 0.5)
    if below.size == 0:
        return None
    end = below[0]
    share = (heights[end - 1] - 0.5) / (heights[end - 1] - heights[end])
    return float(times[end - 1] + share * (times[end] - times[end - 1]))
