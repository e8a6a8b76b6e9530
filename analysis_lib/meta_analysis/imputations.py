"""One estimate from several imputations: Rubin's rules.

References
----------
Rubin DB. Multiple imputation for nonresponse in surveys. Wiley 1987, section 3.3.
Barnard J, Rubin DB. Biometrika 1999;86:948-955, equation 3 (degrees of freedom).
van Buuren S. Flexible imputation of missing data, 2nd ed., section 2.3 (fraction missing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError

#: Below two degrees of freedom t has no variance: such an interval says next to nothing.
_FEW_DF = 2


@dataclass(frozen=True)
class CombinedEstimate:
    """An estimate over m imputations; floats, or arrays of one shape for a curve.

    Attributes
    ----------
    estimate, standard_error, low, high : float or ndarray
        Mean of the imputations, root of their total variance, t interval.
    within, between : float or ndarray
        Mean variance of an imputation, and variance of the estimates over imputations.
    fraction_missing : float or ndarray
        Share of the information on the estimate that the imputed data lack, 0..1.
    degrees_of_freedom : float or ndarray
        Of the t interval; may be infinite.
    m : int or ndarray
        Imputations used.
    n_failed : int or ndarray
        Imputations left out because estimate or variance was not finite.
    note : str
        What limits the result; empty when nothing does.
    """

    estimate: float | NDArray
    standard_error: float | NDArray
    within: float | NDArray
    between: float | NDArray
    fraction_missing: float | NDArray
    degrees_of_freedom: float | NDArray
    low: float | NDArray
    high: float | NDArray
    m: int | NDArray
    n_failed: int | NDArray
    note: str = ""


def combine(
    estimates: ArrayLike,
    variances: ArrayLike,
    *,
    complete_df: float | None = None,
    level: float = 0.95,
) -> CombinedEstimate:
    """Combine the estimates of m imputed data sets.

    Total variance ``W + (1 + 1/m) B``, within ``W`` and between ``B``. With one imputation ``B``
    cannot be known: it is taken as 0, and the note says so.

    Parameters
    ----------
    estimates, variances : array_like, shape (m,) or (m, ...)
        Estimates of the m imputations along the first axis, on a scale where they are about
        normal (log hazard ratio, log(-log S)), and their variances (squared standard errors).
        Entries of which either is not finite are left out and counted, each entry by itself.
    complete_df : float, optional
        Degrees of freedom the interval would have without imputation; None for infinite.
    level : float
        Confidence of the interval.

    Raises
    ------
    InvalidInputError
        Different shapes, no imputation, a negative variance, ``complete_df`` not above 0 or a
        level outside 0..1.
    NotIdentifiedError
        An entry that failed in every imputation.
    """
    q, u, nu = _checked(estimates, variances, complete_df, level)
    usable = np.isfinite(q) & np.isfinite(u)
    m = usable.sum(axis=0)
    if np.any(m == 0):
        raise NotIdentifiedError(
            f"no imputation gives a finite estimate and variance for {int(np.sum(m == 0))} of "
            f"{m.size} entries: leave them out"
        )
    mean = np.where(usable, q, 0).sum(axis=0) / m
    within = np.where(usable, u, 0).sum(axis=0) / m
    between = np.where(usable, (np.where(usable, q, 0) - mean) ** 2, 0).sum(axis=0)
    between = between / np.maximum(m - 1, 1)
    extra = (1 + 1 / m) * between
    total = within + extra
    df = _degrees_of_freedom(m, _share(extra, total), nu)
    half = t.isf((1 - level) / 2, df) * np.sqrt(total)
    parts = (mean, np.sqrt(total), within, between, _fraction_missing(extra, within, df))
    numbers = [_plain(value) for value in (*parts, df, mean - half, mean + half)]
    failed = q.shape[0] - m
    return CombinedEstimate(*numbers, _whole(m), _whole(failed), _note(m, failed, df))


def _degrees_of_freedom(m: NDArray, share: NDArray, nu: float) -> NDArray:
    """Barnard-Rubin degrees of freedom; ``share`` of the total variance that is between."""
    with np.errstate(divide="ignore", over="ignore"):
        old = np.where(share > 0, np.maximum(m - 1, 1) / share**2, np.inf)
        if np.isinf(nu):
            return old
        # Without variance within, the complete data say nothing on their degrees of freedom.
        observed = np.where(share < 1, (nu + 1) / (nu + 3) * nu * (1 - share), np.inf)
        return 1 / (1 / old + 1 / observed)


def _fraction_missing(extra: NDArray, within: NDArray, df: NDArray) -> NDArray:
    """``(r + 2 / (df + 3)) / (r + 1)`` with ``r = extra / within``; 0 where nothing varies."""
    total = extra + within
    share = _share(extra, total)
    return np.where(extra > 0, share + (1 - share) * 2 / (df + 3), 0.0)


def _share(part: NDArray, whole: NDArray) -> NDArray:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _note(m: NDArray, failed: NDArray, df: NDArray) -> str:
    notes = []
    if np.any(m == 1):
        notes.append("one imputation: its uncertainty is not in the interval")
    if np.any(df < _FEW_DF):
        notes.append("hardly any degrees of freedom: the imputations differ more than they know")
    if np.any(failed > 0):
        notes.append(f"up to {int(np.max(failed))} imputations gave no finite estimate")
    return "; ".join(notes)


def _plain(value: NDArray) -> float | NDArray:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _whole(value: NDArray) -> int | NDArray:
    return int(value) if np.ndim(value) == 0 else np.asarray(value)


def _checked(
    estimates: ArrayLike, variances: ArrayLike, complete_df: float | None, level: float
) -> tuple[NDArray, NDArray, float]:
    q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if q.shape != u.shape or q.ndim == 0 or q.shape[0] == 0:
        raise InvalidInputError("estimates and variances must be equally long and not empty")
    if np.any(u < 0):
        raise InvalidInputError(f"a variance must not be negative, was {np.nanmin(u):g}")
    nu = np.inf if complete_df is None else float(complete_df)
    if not nu > 0:
        raise InvalidInputError(f"complete_df must be above 0, was {complete_df}")
    if not 0 < level < 1:
        raise InvalidInputError(f"level must be between 0 and 1, was {level}")
    return q, u, nu
