"""How far two readers agree beyond chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of two readers.

    Attributes
    ----------
    n : int
        Candidates that both judged.
    observed : float
        Share judged alike, 0..1.
    kappa : float
        -1..1; 0 is chance.
    standard_error, low, high : float
        Large-sample standard error and interval, cut at -1 and 1.
    """

    n: int
    observed: float
    kappa: float
    standard_error: float
    low: float
    high: float


def cohen_kappa(table: Sequence[Sequence[int]], *, level: float = 0.95) -> Agreement:
    """Cohen's kappa with the interval of Fleiss, Cohen and Everitt.

    Parameters
    ----------
    table : array-like of int, shape (categories, categories)
        Counts: row is the first reader's judgement, column the second's.
    level : float
        Of the interval.

    Raises
    ------
    InvalidInputError
        Not square, negative, or empty.
    NotIdentifiedError
        Both readers used one category only: agreement by chance is then complete, and kappa
        is 0 / 0.

    Notes
    -----
    Cohen J. Educ Psychol Meas 1960;20:37-46 for kappa; Fleiss JL, Cohen J, Everitt BS.
    Psychol Bull 1969;72:323-327, equation 13, for the standard error.
    """
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise InvalidInputError("a table of agreement must be square, with counts of 0 or more")
    n = counts.sum()
    if n == 0:
        raise InvalidInputError("a table of agreement must not be empty")
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = float(np.trace(p)), float(rows @ columns)
    if chance >= 1 - 1e-12:
        raise NotIdentifiedError("both readers gave one judgement to all: kappa is not defined")
    kappa = (observed - chance) / (1 - chance)
    error = _standard_error(p, rows, columns, kappa, chance, n)
    z = float(norm.ppf(0.5 + level / 2))
    low, high = max(-1.0, kappa - z * error), min(1.0, kappa + z * error)
    return Agreement(int(n), observed, kappa, error, low, high)


def _standard_error(
    p: np.ndarray, rows: np.ndarray, columns: np.ndarray, kappa: float, chance: float, n: float
) -> float:
    """Equation 13 of Fleiss, Cohen and Everitt (1969)."""
    diagonal = float(np.sum(np.diag(p) * (1 - (rows + columns) * (1 - kappa)) ** 2))
    crossed = (columns[:, None] + rows[None, :]) ** 2
    aside = (1 - kappa) ** 2 * float(np.sum((p * crossed)[~np.eye(len(p), dtype=bool)]))
    variance = diagonal + aside - (kappa - chance * (1 - kappa)) ** 2
    return math.sqrt(max(0.0, variance)) / ((1 - chance) * math.sqrt(n))
