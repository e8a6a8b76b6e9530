"""Pooling of one estimate per study: common effect or random effects.

Which standard error and which degrees of freedom stand behind each number is said here,
because packages differ and the difference is large with few studies.

- *Interval.* Wald: normal quantile. Knapp-Hartung: the variance times ``q``, the weighted mean
  square of the estimates about the pooled one, and t with k - 1 degrees of freedom. Modified:
  ``max(1, q)`` in place of ``q``, so that it is never shorter than Wald's (metafor's
  ``test = "knha"`` and ``"adhoc"``).
- *Prediction interval.* t with k - 2 degrees of freedom, and the standard error of the interval
  that stands beside it (Higgins 2009 for Wald, Partlett and Riley 2017 for Knapp-Hartung).
  metafor 3.8 uses k - 1 (Knapp-Hartung) or the normal quantile (Wald) unless asked for
  ``pi.type = "riley"``, which is this one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri, stdtrit

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.meta_analysis.heterogeneity import (
    Tau2Method,
    check_estimates,
    cochran_q,
    q_profile_interval,
    tau2_estimate,
    typical_variance,
)

IntervalMethod = Literal["modified_knapp_hartung", "knapp_hartung", "wald"]

#: t with k - 2 degrees of freedom has no variance below 3: limits would span any scale.
FEWEST_FOR_PREDICTION = 4


@dataclass(frozen=True)
class PooledEstimate:
    """A pooled estimate, on the scale of the estimates given (logarithms stay logarithms).

    Attributes
    ----------
    estimate, standard_error, low, high : float
        ``standard_error`` is the one the interval uses, with Knapp-Hartung's factor in it.
    k : int
        Number of studies.
    tau2, tau2_low, tau2_high : float or None
        Variance between studies (0 by definition in the common-effect model) and its Q-profile
        interval, which does not depend on ``tau2_method``. None for one study.
    i2, i2_low, i2_high : float or None
        Share of the total variance that lies between studies, 0 to 1: ``tau2 / (tau2 + typical
        variance)`` with random effects, ``(Q - df) / Q`` with a common effect; its interval
        from that of tau2. None for one study.
    q, q_df, q_p : float, int, float or None
        Cochran's Q, its degrees of freedom, and its p-value (None for one study).
    prediction_low, prediction_high : float or None
        Where the effect in a new study lies; None below four studies and with a common effect.
    degrees_of_freedom : int or None
        Of the interval's t distribution; None for the normal distribution.
    weights : tuple of float, length k
        Share of each study in the estimate; sums to 1.
    tau2_method, interval_method : str
        What was used (which may differ from what was asked for: see ``note``).
    level : float
        Of all intervals.
    note : str or None
        The limits of this result in words.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    k: int
    tau2: float | None
    tau2_low: float | None
    tau2_high: float | None
    i2: float | None
    i2_low: float | None
    i2_high: float | None
    q: float
    q_df: int
    q_p: float | None
    prediction_low: float | None
    prediction_high: float | None
    degrees_of_freedom: int | None
    weights: tuple[float, ...]
    tau2_method: str
    interval_method: str
    level: float
    note: str | None


def pool(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    *,
    tau2_method: Tau2Method = "REML",
    interval: IntervalMethod = "modified_knapp_hartung",
    level: float = 0.95,
) -> PooledEstimate:
    """Pool one estimate per study by inverse variance.

    Parameters
    ----------
    estimates, standard_errors : array_like, shape (k,)
        On a scale where normality holds well: log hazard ratios, log medians, log rates,
        differences.
    tau2_method : {"REML", "DL", "PM", "common"}
        Restricted maximum likelihood, DerSimonian-Laird, Paule-Mandel; "common" is the
        common-effect model, whose interval is always Wald's.
    interval : {"modified_knapp_hartung", "knapp_hartung", "wald"}
        See the module's text.
    level : float
        Between 0 and 1.

    Returns
    -------
    PooledEstimate
        One study: that study with its Wald interval. Two: a result with a note.

    Raises
    ------
    InvalidInputError
        Invalid estimates (:func:`check_estimates`) or options.

    References
    ----------
    Hartung J, Knapp G. Stat Med 2001;20:3875-3889. Roever C, Knapp G, Friede T. BMC Med Res
    Methodol 2015;15:99 (the modification). Higgins JPT, Thompson SG, Spiegelhalter DJ. J R Stat
    Soc A 2009;172:137-159 (prediction). Partlett C, Riley RD. Stat Med 2017;36:301-317.
    """
    y, s = check_estimates(estimates, standard_errors)
    _check_options(interval, level)
    v, k = s**2, y.size
    tau2 = tau2_estimate(y, v, tau2_method)
    w = 1 / (v + tau2)
    mean = float(w @ y / w.sum())
    method = "wald" if tau2_method == "common" or k == 1 else interval
    factor = _knapp_hartung_factor(method, cochran_q(y, v, tau2), k)
    standard_error = math.sqrt(factor / w.sum())
    half = _quantile(None if method == "wald" else k - 1, level) * standard_error
    predicted = tau2_method != "common" and k >= FEWEST_FOR_PREDICTION
    spread = math.hypot(math.sqrt(tau2), standard_error)
    reach = _quantile(k - 2, level) * spread if predicted else None
    heterogeneity, empty = _heterogeneity(y, v, tau2, tau2_method, level)
    return PooledEstimate(
        estimate=mean,
        standard_error=standard_error,
        low=mean - half,
        high=mean + half,
        k=k,
        prediction_low=None if reach is None else mean - reach,
        prediction_high=None if reach is None else mean + reach,
        degrees_of_freedom=None if method == "wald" else k - 1,
        weights=tuple((w / w.sum()).tolist()),
        tau2_method=tau2_method,
        interval_method=method,
        level=level,
        note=_note(k, tau2_method, interval, standard_error, empty),
        **heterogeneity,
    )


def _check_options(interval: str, level: float) -> None:
    if interval not in ("modified_knapp_hartung", "knapp_hartung", "wald"):
        raise InvalidInputError(
            f"interval must be one of modified_knapp_hartung, knapp_hartung, wald, was {interval!r}"
        )
    if not 0 < level < 1:
        raise InvalidInputError(f"level must be between 0 and 1, was {level}")


def _knapp_hartung_factor(method: str, generalised_q: float, k: int) -> float:
    """By what the variance of the pooled estimate is multiplied."""
    if method == "wald":
        return 1.0
    mean_square = generalised_q / (k - 1)
    return max(1.0, mean_square) if method == "modified_knapp_hartung" else mean_square


def _quantile(degrees_of_freedom: int | None, level: float) -> float:
    """Of t, or of the normal distribution when there are no degrees of freedom."""
    upper = (1 + level) / 2
    return float(ndtri(upper) if degrees_of_freedom is None else stdtrit(degrees_of_freedom, upper))


def _heterogeneity(
    y: NDArray, v: NDArray, tau2: float, tau2_method: str, level: float
) -> tuple[dict, bool]:
    """The heterogeneity fields of :class:`PooledEstimate`; whether tau2's interval was empty."""
    names = ("tau2", "tau2_low", "tau2_high", "i2", "i2_low", "i2_high", "q_p")
    if y.size == 1:
        return dict.fromkeys(names) | {"q": 0.0, "q_df": 0}, False
    q, df = cochran_q(y, v), y.size - 1
    low, high, empty = q_profile_interval(y, v, level)
    typical = typical_variance(v)
    if tau2_method == "common":
        i2 = max(0.0, (q - df) / q) if q > 0 else 0.0
    else:
        i2 = tau2 / (tau2 + typical)
    i2_low, i2_high = low / (low + typical), high / (high + typical)
    values = (tau2, low, high, i2, i2_low, i2_high, float(chdtrc(df, q)))
    return dict(zip(names, values, strict=True)) | {"q": q, "q_df": df}, empty


def _note(
    k: int, tau2_method: str, interval: str, standard_error: float, empty: bool
) -> str | None:
    """The limits of the result in words."""
    if k == 1:
        return "One study: its own Wald interval; nothing is known of heterogeneity."
    said = []
    if k == 2:
        said.append("Two studies: heterogeneity can hardly be estimated; read them singly.")
    if tau2_method != "common" and k < FEWEST_FOR_PREDICTION:
        said.append("No prediction interval below four studies.")
    if tau2_method == "common" and interval != "wald":
        said.append("A common effect leaves no variance between studies: Wald interval.")
    if empty:
        said.append(
            "The studies agree more than chance would have them: the interval of tau2 is empty."
        )
    if standard_error == 0:
        said.append("All estimates are equal: the Knapp-Hartung interval has no width.")
    return " ".join(said) or None
