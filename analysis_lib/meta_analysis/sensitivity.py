"""What a pooled estimate owes to each study: leave one out, cumulative, influence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr

from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.meta_analysis.heterogeneity import Tau2Method, check_estimates
from analysis_lib.meta_analysis.pooling import PooledEstimate, pool


@dataclass(frozen=True)
class Influence:
    """What leaving one study out does to the pooled estimate.

    Attributes
    ----------
    studentised_residual : float
        The study's distance from the estimate of the others, over its standard error.
    dffits, dfbetas : float
        Change of the fitted value, and of the estimate, in standard errors.
    cooks_distance : float
        Squared change of the estimate over its variance.
    covariance_ratio : float
        Variance of the estimate without the study over that with it.
    tau2_without, q_without : float
        tau2 and Cochran's Q of the other studies.
    hat : float
        The study's leverage, here its weight (0 to 1).
    influential : bool
        metafor's rule of thumb: ``|dffits| > 3 sqrt(1 / (k - 1))``, or the lower tail of
        chi-squared (1 df) at Cook's distance above 0.5, or ``hat > 3 / k``, or
        ``|dfbetas| > 1``.
    """

    studentised_residual: float
    dffits: float
    dfbetas: float
    cooks_distance: float
    covariance_ratio: float
    tau2_without: float
    q_without: float
    hat: float
    influential: bool


def leave_one_out(
    estimates: ArrayLike, standard_errors: ArrayLike, **options: Any
) -> tuple[PooledEstimate, ...]:
    """Pool k times, each time without one study.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (k,)
        k at least 2.
    **options
        Of :func:`pool`.

    Returns
    -------
    tuple of PooledEstimate, length k
        In the order of the studies left out.

    Raises
    ------
    NotIdentifiedError
        One study: nothing is left.
    """
    y, s = check_estimates(estimates, standard_errors)
    if y.size < 2:
        raise NotIdentifiedError("leaving one study out needs at least two studies, there is one")
    return tuple(pool(np.delete(y, i), np.delete(s, i), **options) for i in range(y.size))


def cumulative(
    estimates: ArrayLike, standard_errors: ArrayLike, **options: Any
) -> tuple[PooledEstimate, ...]:
    """Pool the first study, the first two, and so on, in the order given (say, by year).

    Parameters and errors as :func:`leave_one_out`; one study is allowed.

    Returns
    -------
    tuple of PooledEstimate, length k
    """
    y, s = check_estimates(estimates, standard_errors)
    return tuple(pool(y[: i + 1], s[: i + 1], **options) for i in range(y.size))


def influence(
    estimates: ArrayLike, standard_errors: ArrayLike, *, tau2_method: Tau2Method = "REML"
) -> tuple[Influence, ...]:
    """Deletion diagnostics of each study, on normal theory (metafor's ``influence``).

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (k,)
        k at least 3.
    tau2_method : {"REML", "DL", "PM", "common"}

    Returns
    -------
    tuple of Influence, length k

    Raises
    ------
    NotIdentifiedError
        Fewer than three studies: without one of them tau2 cannot be estimated.

    References
    ----------
    Viechtbauer W, Cheung MWL. Res Synth Methods 2010;1:112-125.
    """
    y, s = check_estimates(estimates, standard_errors)
    if y.size < 3:
        raise NotIdentifiedError(f"influence needs at least three studies, there are {y.size}")
    options = {"tau2_method": tau2_method, "interval": "wald"}
    whole = pool(y, s, **options)
    without = leave_one_out(y, s, **options)
    return tuple(_influence(i, y, s**2, whole, rest) for i, rest in enumerate(without))


def _influence(
    i: int, y: NDArray, v: NDArray, whole: PooledEstimate, rest: PooledEstimate
) -> Influence:
    """Diagnostics of study ``i`` from the pool of all and the pool of the rest."""
    hat, tau2 = whole.weights[i], rest.tau2
    change = whole.estimate - rest.estimate
    dffits = change / math.sqrt(hat * (tau2 + v[i]))
    dfbetas = change * math.sqrt(np.sum(1 / (v + tau2)))
    cook = (change / whole.standard_error) ** 2
    spread = math.sqrt(v[i] + tau2 + rest.standard_error**2)
    return Influence(
        studentised_residual=float((y[i] - rest.estimate) / spread),
        dffits=float(dffits),
        dfbetas=float(dfbetas),
        cooks_distance=cook,
        covariance_ratio=(rest.standard_error / whole.standard_error) ** 2,
        tau2_without=tau2,
        q_without=rest.q,
        hat=hat,
        influential=bool(
            abs(dffits) > 3 / math.sqrt(y.size - 1)
            or chdtr(1, cook) > 0.5
            or hat > 3 / y.size
            or abs(dfbetas) > 1
        ),
    )
