"""What every survival estimate needs: checked data and the normal quantile."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError

#: Half-width of a 95 % normal interval in standard errors.
Z_95 = 1.959963984540054


def check_survival_data(time: ArrayLike, event: ArrayLike) -> tuple[NDArray, NDArray]:
    """Times (months, >= 0, finite) and events (0/1) as arrays of equal length.

    Raises
    ------
    InvalidInputError
        Different lengths, no patient, a time that is negative or not finite, an
        event that is neither 0 nor 1.
    """
    times = np.asarray(time, dtype=float)
    events = np.asarray(event, dtype=float)
    if times.ndim != 1 or times.shape != events.shape:
        raise InvalidInputError("time and event must be one-dimensional and equally long")
    if times.size == 0:
        raise InvalidInputError("at least one patient is needed")
    if not np.all(np.isfinite(times)) or np.any(times < 0):
        raise InvalidInputError("times must be finite and not negative")
    if not np.all((events == 0) | (events == 1)):
        raise InvalidInputError("events must be 0 or 1")
    return times, events.astype(bool)
