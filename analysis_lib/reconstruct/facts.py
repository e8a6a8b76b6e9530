"""What a publication prints beside its curve, and whether a reconstruction has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError


@dataclass(frozen=True)
class PrintedFacts:
    """Printed facts of one arm, checked.

    Attributes
    ----------
    n : int
        Patients.
    table_times, table_counts : ndarray
        Number-at-risk table; empty when none is printed.
    n_events : int or None
        Total events.
    ticks : ndarray
        Times of censor ticks, in months; empty when none are given.
    has_ticks : bool
        Whether ticks were given at all (an empty list says that nobody was censored).
    sure_ticks : bool
        Whether every tick is a patient; otherwise one may be false, and a patient without one.
    median : float or None
        Printed median, in months.
    landmark_times, landmark_survival : ndarray
        Printed survival at fixed times.
    """

    n: int
    table_times: np.ndarray
    table_counts: np.ndarray
    n_events: int | None
    ticks: np.ndarray
    has_ticks: bool
    median: float | None
    landmark_times: np.ndarray
    landmark_survival: np.ndarray
    sure_ticks: bool = True


def checked_facts(
    times: NDArray,
    *,
    n: int,
    number_at_risk: pd.DataFrame | None,
    n_events: int | None,
    censor_times_months: ArrayLike | None,
    median: float | None,
    landmarks: pd.DataFrame | None,
) -> PrintedFacts:
    """Check printed facts against their own rules.

    Raises
    ------
    InvalidInputError
        A fact that breaks its rule, with the rule and the value.
    """
    n = whole_number("n", n, least=1)
    table_times, table_counts = _checked_table(number_at_risk, n)
    if n_events is not None:
        n_events = whole_number("n_events", n_events, least=0)
        if n_events > n:
            raise InvalidInputError(f"n_events: must not exceed n = {n}, was {n_events}")
    ticks = _checked_ticks(censor_times_months, times)
    if median is not None and not numbers("median", median) > 0:
        raise InvalidInputError(f"median: must be a positive number of months, was {median}")
    landmark_times, landmark_survival = _checked_landmarks(landmarks)
    return PrintedFacts(
        n=n,
        table_times=table_times,
        table_counts=table_counts,
        n_events=n_events,
        ticks=ticks,
        has_ticks=censor_times_months is not None,
        median=None if median is None else float(median),
        landmark_times=landmark_times,
        landmark_survival=landmark_survival,
    )


def whole_number(name: str, value: float, *, least: int) -> int:
    """``value`` as an int of at least ``least``; text and truth values are refused.

    Raises
    ------
    InvalidInputError
        Anything else.
    """
    if isinstance(value, str | bool | np.bool_):
        raise InvalidInputError(f"{name}: must be a whole number, was {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidInputError(f"{name}: must be a whole number, was {value!r}") from None
    if not np.isfinite(number) or number != int(number) or number < least:
        raise InvalidInputError(f"{name}: must be a whole number of at least {least}, was {value}")
    return int(number)


def numbers(name: str, values: ArrayLike) -> NDArray:
    """Values as finite floats; :class:`InvalidInputError` for text and missing values."""
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InvalidInputError(f"{name}: every value must be a number") from None
    if not np.isfinite(found).all():
        raise InvalidInputError(f"{name}: every value must be a finite number")
    return found


def _columns(name: str, frame: pd.DataFrame, first: str, second: str) -> tuple[NDArray, NDArray]:
    if not {first, second} <= set(getattr(frame, "columns", ())):
        raise InvalidInputError(f"{name}: needs columns {first} and {second}")
    at, values = (
        numbers(f"{name}.{first}", frame[first]),
        numbers(f"{name}.{second}", frame[second]),
    )
    if at.size and at.min() < 0:
        raise InvalidInputError(f"{name}.{first}: must not be negative, was {at.min():g}")
    order = np.argsort(at, kind="stable")
    at, values = at[order], values[order]
    if np.unique(at).size != at.size:
        raise InvalidInputError(f"{name}.{first}: each time once")
    return at, values


def _checked_table(table: pd.DataFrame | None, n: int) -> tuple[NDArray, NDArray]:
    if table is None:
        return np.zeros(0), np.zeros(0, dtype=int)
    at, counts = _columns("number_at_risk", table, "time_months", "number_at_risk")
    if np.any(counts != np.round(counts)) or np.any(counts < 0):
        raise InvalidInputError("number_at_risk: counts must be whole and not negative")
    if np.any(counts > n):
        raise InvalidInputError(f"number_at_risk: must not exceed n = {n}, was {counts.max():g}")
    if np.any(np.diff(counts) > 0):
        raise InvalidInputError("number_at_risk: must not rise with time")
    return at, counts.astype(int)


def _checked_ticks(ticks: ArrayLike | None, times: NDArray) -> NDArray:
    if ticks is None:
        return np.zeros(0)
    ticks = np.sort(numbers("censor_times_months", ticks).ravel())
    if ticks.size and ticks[0] < 0:
        raise InvalidInputError(f"censor_times_months: must not be negative, was {ticks[0]:g}")
    if ticks.size and ticks[-1] > times[-1] * 1.02:
        raise InvalidInputError(
            f"censor_times_months: the curve ends at {times[-1]:g} months, a tick stands at "
            f"{ticks[-1]:g}"
        )
    return ticks


def _checked_landmarks(landmarks: pd.DataFrame | None) -> tuple[NDArray, NDArray]:
    if landmarks is None:
        return np.zeros(0), np.zeros(0)
    at, values = _columns("landmarks", landmarks, "time_months", "survival")
    if np.any((values < 0) | (values > 1)):
        raise InvalidInputError("landmarks.survival: must lie in 0..1")
    return at, values


def survival_at(ipd: pd.DataFrame, times: NDArray, *, left: bool = False) -> NDArray:
    """Kaplan-Meier estimate at given times, or just before them."""
    at = ipd["time_months"].to_numpy()
    dead = np.sort(at[ipd["event"].to_numpy() == 1])
    drops, deaths = np.unique(dead, return_counts=True)
    ordered = np.sort(at)
    risk = ordered.size - np.searchsorted(ordered, drops, side="left")
    steps = np.r_[1.0, np.cumprod(1.0 - deaths / np.maximum(risk, 1))]
    return steps[np.searchsorted(drops, times, side="left" if left else "right")]


def compare_with_facts(
    ipd: pd.DataFrame,
    facts: PrintedFacts,
    further: Sequence[tuple[str, float, float, float]] = (),
    *,
    time_unit: float = 0.0,
) -> pd.DataFrame:
    """Each printed fact, what the reconstruction has, and the residual.

    ``further`` rows are fact, given, reconstructed, tolerance; times nearer to each other than
    ``time_unit`` months are one.
    """
    at = np.sort(ipd["time_months"].to_numpy())
    rows = [("n", facts.n, at.size, 0.0)]
    for time, count in zip(facts.table_times, facts.table_counts, strict=True):
        have = at.size - np.searchsorted(at, time, side="left")
        rows.append((f"number at risk at {time:g} months", count, have, 0.0))
    if facts.n_events is not None:
        rows.append(("events", facts.n_events, int(ipd["event"].sum()), 0.0))
    if facts.has_ticks:
        rows.append(_tick_row(ipd, facts, time_unit + 1e-9))
    if facts.median is not None:
        rows.append(("median", facts.median, median_of(ipd), 0.02 * at[-1]))
    for time, value in zip(facts.landmark_times, facts.landmark_survival, strict=True):
        have = float(survival_at(ipd, np.array([time]))[0])
        rows.append((f"survival at {time:g} months", value, have, 0.01))
    rows.extend(further)
    table = pd.DataFrame(rows, columns=["fact", "given", "reconstructed", "tolerance"])
    table["residual"] = table["reconstructed"].astype(float) - table["given"].astype(float)
    table["met"] = table["residual"].abs() <= table["tolerance"] + 1e-12
    return table[["fact", "given", "reconstructed", "residual", "met"]]


def _tick_row(ipd: pd.DataFrame, facts: PrintedFacts, near: float) -> tuple[str, int, int, float]:
    """Number of printed ticks, and how many of them carry a censored patient of their own."""
    censored = np.sort(ipd.loc[ipd["event"] == 0, "time_months"].to_numpy())
    carried = patient = 0
    for tick in facts.ticks:
        patient += int(np.sum(censored[patient:] < tick - near))
        if patient < censored.size and censored[patient] <= tick + near:
            carried, patient = carried + 1, patient + 1
    # Where every tick is carried, a patient censored without one contradicts the print as well.
    after = np.searchsorted(facts.ticks, censored - near, side="left")
    before = np.searchsorted(facts.ticks, censored + near, side="right")
    astray = int(np.sum(after == before))
    shown = carried if carried < facts.ticks.size else carried + astray
    return ("censor ticks", facts.ticks.size, shown, 0.0)


def median_of(ipd: pd.DataFrame) -> float:
    """First time at which the Kaplan-Meier estimate is at most one half; NaN if never."""
    dead = np.unique(ipd.loc[ipd["event"] == 1, "time_months"].to_numpy())
    below = survival_at(ipd, dead) <= 0.5 + 1e-12
    return float(dead[below][0]) if below.any() else float("nan")
