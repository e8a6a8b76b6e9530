"""E-value: how strong a confounder would have to be to explain a hazard ratio away.

References
----------
VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-274 (the E-value; Table 2: hazard ratios).
VanderWeele TJ. Biometrics 2020;76:746-752 (hazard ratios as risk ratios, common outcome).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis_lib.exceptions import InvalidInputError


@dataclass(frozen=True)
class EValue:
    """E-values of an estimate and of the limit of its interval nearest to no difference.

    Attributes
    ----------
    estimate : float
        Smallest risk ratio (>= 1) that an unmeasured confounder would need with both the
        treatment and the outcome to move the estimate to 1.
    limit : float or None
        The same for the nearest limit; 1 when the interval includes 1, None without an interval.
    risk_ratio : float
        The estimate on the risk-ratio scale.
    """

    estimate: float
    limit: float | None
    risk_ratio: float


def e_value(
    hazard_ratio: float,
    low: float | None = None,
    high: float | None = None,
    *,
    rare_outcome: bool = False,
) -> EValue:
    """E-value of a hazard ratio and of its interval.

    ``RR = (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR))`` where the outcome is common (more than
    15 % by the end of follow-up), ``RR = HR`` where it is rare; then, with RR on the side above 1,
    ``E = RR + sqrt(RR (RR - 1))``.

    Parameters
    ----------
    hazard_ratio : float
        Above 0.
    low, high : float, optional
        Limits of its interval, ``0 < low <= hazard_ratio <= high``; both or neither. ``high`` may
        be infinite.
    rare_outcome : bool
        Take the hazard ratio as a risk ratio. Death in these cohorts is not rare.

    Raises
    ------
    InvalidInputError
        Outside these ranges.
    """
    _check(hazard_ratio, low, high)
    ratio = _risk_ratio(hazard_ratio, rare_outcome)
    limit = None
    if low is not None and high is not None:
        nearest = high if hazard_ratio < 1 else low
        crosses = low <= 1 <= high
        limit = 1.0 if crosses else _strength(_risk_ratio(nearest, rare_outcome))
    return EValue(_strength(ratio), limit, ratio)


def _risk_ratio(hazard_ratio: float, rare_outcome: bool) -> float:
    if rare_outcome:
        return hazard_ratio
    root = math.sqrt(hazard_ratio)
    # expm1 keeps the digits where a power of one half is next to 1.
    return math.expm1(-math.log(2) * root) / math.expm1(-math.log(2) / root)


def _strength(risk_ratio: float) -> float:
    above = max(risk_ratio, 1 / risk_ratio)
    return above + math.sqrt(above * (above - 1))


def _check(hazard_ratio: float, low: float | None, high: float | None) -> None:
    if not (math.isfinite(hazard_ratio) and hazard_ratio > 0):
        raise InvalidInputError(f"a hazard ratio must be above 0 and finite, was {hazard_ratio}")
    if (low is None) != (high is None):
        raise InvalidInputError("give both limits of the interval or neither")
    if low is not None and high is not None and not 0 <= low <= hazard_ratio <= high:
        raise InvalidInputError(f"limits must hold the hazard ratio {hazard_ratio}: {low}, {high}")
