"""Steps in the life of an arm, and draws of what happened in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Step:
    """One step of the schedule.

    ``kind`` is ``censor`` (between ``start`` and ``stop`` months, at least ``least`` patients when
    ticks are printed), ``death`` (drop number ``index``), or one of ``pin``, ``open``,
    ``cross``, ``close`` for a printed number at risk ``count``. A pin near a drop may be crossed
    before or after it: ``open`` ... ``cross`` ... ``close``.
    """

    kind: str
    index: int = -1
    start: float = 0.0
    stop: float = 0.0
    count: int = 0
    least: int = -1


#: Steps in time order.
Schedule = tuple[Step, ...]


@dataclass(frozen=True)
class Paths:
    """Draws of deaths and censorings along the schedule.

    Attributes
    ----------
    deaths : ndarray of int, shape (m, k)
        Deaths at each drop.
    at_risk : ndarray of int, shape (m, k)
        Number at risk before each drop.
    steps : ndarray of int, shape (m, s)
        Patients leaving in each step of the schedule.
    crossed_at : ndarray of int, shape (m, s)
        1 in the step where a printed number at risk was passed.
    left : ndarray of int, shape (m,)
        Number at risk after the last step.
    pattern : ndarray of int, shape (m, s + 1)
        Censoring pattern in each step and after the last.
    log_weight : ndarray, shape (m,)
        Log weight of each draw against the posterior distribution.
    """

    deaths: np.ndarray
    at_risk: np.ndarray
    steps: np.ndarray
    crossed_at: np.ndarray
    left: np.ndarray
    pattern: np.ndarray
    log_weight: np.ndarray
