"""Patients as events and person-time: the data of a piecewise exponential model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.survival import check_survival_data
from analysis_lib.survival.shared_frailty import cluster_codes

#: Months at which the baseline hazard may change; the last interval is open. Half-years while
#: most patients die, a year after that: finer intervals hold few events of a small cohort.
DEFAULT_CUTS = (0.0, 6.0, 12.0, 24.0)


def person_time(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    cluster: ArrayLike,
    *,
    cuts: Sequence[float] = DEFAULT_CUTS,
) -> pd.DataFrame:
    """Events and person-time by cluster, group and interval of follow-up.

    Parameters
    ----------
    time, event : array_like, shape (n,)
        Months and 0/1 (:func:`analysis_lib.survival.check_survival_data`).
    group : array_like, shape (n,)
        0 or 1.
    cluster : array_like, shape (n,)
        Labels of studies or cohorts; one label may stand in both groups.
    cuts : sequence of float
        Starts of the intervals in months, rising from 0. Interval j holds the
        times above ``cuts[j]`` up to and including ``cuts[j + 1]``; the last is
        open. A death at time 0 belongs to the first.

    Returns
    -------
    DataFrame
        One row per cluster, group and interval in which someone was followed:
        ``cluster``, ``group`` (0/1), ``interval`` (from 0), ``start_months``,
        ``events``, ``person_months``. Ordered by cluster as first met, then
        group, then interval.

    Raises
    ------
    InvalidInputError
        Invalid data, a group other than 0 or 1, a missing cluster label, cuts
        that do not rise from 0.

    References
    ----------
    Holford TR. The analysis of rates and of survivorship using log-linear
    models. Biometrics 1980;36:299-305.
    """
    times, events, in_one, codes, labels = check_clustered_data(time, event, group, cluster)
    starts = _checked_cuts(cuts)
    j = starts.size
    widths = np.diff(np.append(starts, np.inf))
    exposure = np.clip(times[:, None] - starts, 0, widths)
    row = (codes * 2 + in_one) * j
    shape = (labels.size * 2 * j,)
    deaths = np.bincount((row + _interval_of(times, starts))[events], minlength=shape[0])
    followed = np.bincount(
        (row[:, None] + np.arange(j)).ravel(), weights=exposure.ravel(), minlength=shape[0]
    )
    kept = np.flatnonzero((followed > 0) | (deaths > 0))
    return pd.DataFrame(
        {
            "cluster": labels[kept // (2 * j)],
            "group": kept // j % 2,
            "interval": kept % j,
            "start_months": starts[kept % j],
            "events": deaths[kept],
            "person_months": followed[kept],
        }
    )


def cuts_with_events(
    time: ArrayLike, event: ArrayLike, *, cuts: Sequence[float] = DEFAULT_CUTS
) -> tuple[float, ...]:
    """Cuts such that every interval holds an event.

    An interval without an event has a hazard of 0 whatever the other
    parameters, and its person-time would be lost: it is joined to the one
    before, the first to the next. Without any event, one interval is left.

    Parameters
    ----------
    time, event, cuts
        As in :func:`person_time`.
    """
    times, events = check_survival_data(time, event)
    starts = _checked_cuts(cuts)
    deaths = np.bincount(_interval_of(times[events], starts), minlength=starts.size)
    with_events = starts[deaths > 0]
    return (0.0, *with_events[1:].tolist())


def check_clustered_data(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, cluster: ArrayLike
) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Times, events, groups (0/1 integers), cluster codes from 0, and cluster labels.

    Raises
    ------
    InvalidInputError
        As :func:`person_time` says.
    """
    times, events = check_survival_data(time, event)
    groups = np.asarray(group, dtype=float)
    if groups.shape != times.shape or not np.all((groups == 0) | (groups == 1)):
        raise InvalidInputError("group must be 0 or 1 for every patient")
    codes, labels = cluster_codes(cluster, times.size)
    return times, events, groups.astype(int), codes, labels


def _checked_cuts(cuts: Sequence[float]) -> NDArray:
    """The starts of the intervals as an array."""
    starts = np.asarray(cuts, dtype=float)
    rising = starts.ndim == 1 and starts.size > 0 and np.all(np.isfinite(starts))
    if not rising or starts[0] != 0 or np.any(np.diff(starts) <= 0):
        raise InvalidInputError(f"cuts must rise from 0, were {tuple(cuts)}")
    return starts


def _interval_of(times: NDArray, starts: NDArray) -> NDArray:
    """The interval (from 0) in which each time falls."""
    return np.maximum(np.searchsorted(starts, times, "left") - 1, 0)
