"""How far two readings of one curve lie apart: the error of one reading."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.exceptions import InvalidInputError

#: Times at which two readings are compared; more change the fourth figure only.
_TIMES = 2000
#: Readings that agree this well are one reading twice.
_SAME = 1e-6


def reading_error(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Standard deviation of one reading of survival, from two readings of the same curve.

    Dahlberg's error of a single measurement (Dahlberg G, Statistical Methods for Medical and
    Biological Students, 1940): the root of the mean squared difference over two, here over
    even times up to the end of the shorter reading.

    Parameters
    ----------
    first, second : pandas.DataFrame
        ``time_months``, ``survival``: polylines of the curve as read, times not decreasing.

    Returns
    -------
    float
        In units of survival (0..1).

    Raises
    ------
    InvalidInputError
        They do not overlap in time, or are the same reading twice.
    """
    end = min(first["time_months"].max(), second["time_months"].max())
    start = max(first["time_months"].min(), second["time_months"].min())
    if not end > start:
        raise InvalidInputError("two readings of a curve must overlap in time")
    times = start + (end - start) * (np.arange(_TIMES) + 0.5) / _TIMES
    difference = _level(first, times) - _level(second, times)
    error = float(np.sqrt(np.mean(difference**2) / 2.0))
    if error < _SAME:
        raise InvalidInputError(
            "the second reading is the first one again and tells nothing of its error: read "
            "another copy of the figure, or by hand with another tool"
        )
    return error


def _level(reading: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    return np.interp(times, reading["time_months"], reading["survival"])
