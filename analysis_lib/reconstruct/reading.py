"""Rules that a digitised reading of a curve must keep."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct.facts import numbers
from analysis_lib.reconstruct.staircase import estimate_reading_sd

# A reading that errs by more says nothing of a curve.
LARGEST_SD = 0.2
# Rises up to this, or between times closer than this share of the axis, are reading error.
LARGEST_RISE = 0.1
TIME_JITTER = 0.05


def checked_reading(
    curve: pd.DataFrame, *, reading_sd: float | None = None
) -> tuple[NDArray, NDArray]:
    """Times and survival of a reading, sorted by time.

    Raises
    ------
    InvalidInputError
        Missing columns, fewer than two distinct points, NaN, negative times, survival outside
        0..1 (percent), or survival that rises beyond reading error.
    """
    missing = {"time_months", "survival"} - set(getattr(curve, "columns", ()))
    if missing:
        raise InvalidInputError(f"curve: needs columns time_months and survival, lacks {missing}")
    times = numbers("curve.time_months", curve["time_months"])
    survival = numbers("curve.survival", curve["survival"])
    if np.unique(times).size < 2:
        raise InvalidInputError("curve: needs points at two different times at least")
    if reading_sd is not None and not 0 < numbers("reading_sd", reading_sd) <= LARGEST_SD:
        raise InvalidInputError(f"reading_sd: must lie in 0..{LARGEST_SD}, was {reading_sd}")
    if times.min() < 0:
        raise InvalidInputError(f"curve.time_months: must not be negative, was {times.min():g}")
    if survival.max() > 2.0:
        raise InvalidInputError(
            f"curve.survival: must be a probability in 0..1, was {survival.max():g}; "
            "divide percent by 100"
        )
    if survival.min() < 0.0 or survival.max() > 1.0:
        worst = survival.max() if survival.max() > 1.0 else survival.min()
        raise InvalidInputError(f"curve.survival: must lie in 0..1, was {worst:g}")
    order = np.lexsort((-survival, times))
    times, survival = times[order], survival[order]
    _refuse_rising(times, survival, reading_sd)
    return times, survival


def _refuse_rising(times: NDArray, survival: NDArray, reading_sd: float | None) -> None:
    """A survival curve cannot rise; a reading may, by its error in survival or in time."""
    sd = reading_sd if reading_sd is not None else estimate_reading_sd(survival)
    limit = max(LARGEST_RISE, 8.0 * sd)
    lowest = np.minimum.accumulate(survival)
    before = np.searchsorted(times, times - TIME_JITTER * times[-1], side="left") - 1
    rise = np.where(before >= 0, survival - lowest[before], 0.0)
    worst = int(np.argmax(rise))
    if rise[worst] > limit:
        raise InvalidInputError(
            f"curve.survival: must not rise beyond reading error ({limit:.3f}), but rises by "
            f"{rise[worst]:.3f} up to {times[worst]:g} months"
        )
