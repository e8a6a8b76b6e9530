"""BED and EQD2 of a schedule; every result carries the alpha/beta it was computed with.

The linear-quadratic model gives an effect proportional to ``D + G D**2 / (alpha/beta)``, where
``G`` (Lea and Catcheside) is 1 for a dose given at once and falls as damage is repaired while
the dose is given. ``BED = D (1 + G D / (alpha/beta))``; the functions here differ in ``G`` only.

References
----------
Fowler JF. Br J Radiol 1989;62:679-694 (BED). Dale RG. Br J Radiol 1985;58:515-528 (implants of
constant and of decaying rate). Lea DE, Catcheside DG. J Genet 1942;44:216-245 (``G``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis_lib.dose.ranges import LARGEST_FRACTION_IN_RANGE_GY, RANGES
from analysis_lib.exceptions import InvalidInputError

_HOURS_PER_DAY = 24.0

#: Dose per fraction of the reference schedule of EQD2, Gy.
_REFERENCE_FRACTION_GY = 2.0

#: Where repair or decay (rate times time) is less than this, a series replaces a difference of
#: nearly equal numbers; the first term left out is under 1e-12 of the result.
_SMALL = 0.01

#: Rates (times time) this near each other count as equal: the error is under 1e-11.
_EQUAL = 1e-5


@dataclass(frozen=True)
class BiologicalDose:
    """What a schedule amounts to in the linear-quadratic model.

    Attributes
    ----------
    total_dose_gy : float
        Physical dose.
    alpha_beta_gy : float
        The ratio both doses below hold for; no figure means anything without it.
    bed_gy : float
        Biologically effective dose.
    eqd2_gy : float
        Total dose in fractions of 2 Gy with the same BED.
    dose_per_fraction_gy : float, optional
        None for an implant.
    repair_half_time_hours : float, optional
        None for fractions, which are taken as repaired in full between each other.
    """

    total_dose_gy: float
    alpha_beta_gy: float
    bed_gy: float
    eqd2_gy: float
    dose_per_fraction_gy: float | None = None
    repair_half_time_hours: float | None = None

    @property
    def outside_model_range(self) -> bool:
        """True above 10 Gy a fraction, where the linear-quadratic model is extrapolated."""
        dose = self.dose_per_fraction_gy
        return dose is not None and dose > LARGEST_FRACTION_IN_RANGE_GY


def fractionated(
    *, dose_per_fraction_gy: float, fractions: int, alpha_beta_gy: float
) -> BiologicalDose:
    """External beam in equal fractions, repaired in full between each other; one is radiosurgery.

    ``BED = D (1 + d / (alpha/beta))`` with ``D = n d``.

    Parameters
    ----------
    dose_per_fraction_gy : float
        ``d``, Gy.
    fractions : int
        ``n``, at least 1.
    alpha_beta_gy : float
        Gy; never assumed.

    Returns
    -------
    BiologicalDose

    Raises
    ------
    InvalidInputError
        A value is no number or outside :data:`~analysis_lib.dose.ranges.RANGES`.
    """
    dose = RANGES["dose_per_fraction_gy"].check(dose_per_fraction_gy)
    total = dose * RANGES["fractions"].check(fractions)
    RANGES["total_dose_gy"].check(total)
    return _biological_dose(total, alpha_beta_gy, effective=dose, dose_per_fraction_gy=dose)


def permanent_implant(
    *,
    total_dose_gy: float,
    half_life_days: float,
    repair_half_time_hours: float,
    alpha_beta_gy: float,
) -> BiologicalDose:
    """Seeds that decay completely where they lie.

    ``BED = D (1 + lambda / (lambda + mu) D / (alpha/beta))`` with the decay constant
    ``lambda = ln 2 / half-life`` and the repair rate ``mu = ln 2 / repair half-time``.

    Parameters
    ----------
    total_dose_gy : float
        ``D`` after complete decay, Gy.
    half_life_days : float
        Of the isotope; see :data:`~analysis_lib.dose.isotopes.ISOTOPES`.
    repair_half_time_hours : float
        Of sublethal damage, one exponential; published values differ, so there is no default.
    alpha_beta_gy : float
        Gy; never assumed.

    Returns
    -------
    BiologicalDose

    Raises
    ------
    InvalidInputError
        A value is no number or outside :data:`~analysis_lib.dose.ranges.RANGES`.

    References
    ----------
    Dale RG. Br J Radiol 1985;58:515-528, for a time of treatment without end.
    """
    total = RANGES["total_dose_gy"].check(total_dose_gy)
    decay = _rate(RANGES["half_life_days"].check(half_life_days) * _HOURS_PER_DAY)
    repair_hours = RANGES["repair_half_time_hours"].check(repair_half_time_hours)
    factor = decay / (decay + _rate(repair_hours))
    return _biological_dose(
        total, alpha_beta_gy, effective=factor * total, repair_half_time_hours=repair_hours
    )


def temporary_implant(
    *,
    initial_dose_rate_gy_per_hour: float,
    duration_hours: float,
    repair_half_time_hours: float,
    alpha_beta_gy: float,
    half_life_days: float | None = None,
) -> BiologicalDose:
    """A source that is taken out again, at constant rate or decaying while it lies.

    At constant rate ``R`` for ``T`` hours
    ``BED = R T (1 + 2 R / (mu alpha/beta) (1 - (1 - exp(-mu T)) / (mu T)))``. A decaying source
    has ``R(t) = R exp(-lambda t)``, ``D = R (1 - exp(-lambda T)) / lambda`` and
    ``G = 2 R**2 / (D**2 (mu - lambda)) (f(2 lambda) - f(mu + lambda))`` with
    ``f(x) = (1 - exp(-x T)) / x``.

    Parameters
    ----------
    initial_dose_rate_gy_per_hour : float
        ``R``, at the start.
    duration_hours : float
        ``T``, from placing to removal.
    repair_half_time_hours : float
        Of sublethal damage, one exponential; published values differ, so there is no default.
    alpha_beta_gy : float
        Gy; never assumed.
    half_life_days : float, optional
        Of the isotope; without it the rate is constant.

    Returns
    -------
    BiologicalDose

    Raises
    ------
    InvalidInputError
        A value is no number or outside :data:`~analysis_lib.dose.ranges.RANGES`, or rate and
        duration give an impossible total dose.

    References
    ----------
    Dale RG. Br J Radiol 1985;58:515-528.
    """
    rate = RANGES["initial_dose_rate_gy_per_hour"].check(initial_dose_rate_gy_per_hour)
    hours = RANGES["duration_hours"].check(duration_hours)
    repair_hours = RANGES["repair_half_time_hours"].check(repair_half_time_hours)
    decay = 0.0
    if half_life_days is not None:
        decay = _rate(RANGES["half_life_days"].check(half_life_days) * _HOURS_PER_DAY)
    total = rate * _decayed_time(decay, hours)
    try:
        RANGES["total_dose_gy"].check(total)
    except InvalidInputError as error:
        raise InvalidInputError(f"dose rate and time in place together: {error}") from error
    factor = _protraction(_rate(repair_hours), decay, hours)
    return _biological_dose(
        total, alpha_beta_gy, effective=factor * total, repair_half_time_hours=repair_hours
    )


def _biological_dose(
    total: float,
    alpha_beta_gy: float,
    *,
    effective: float,
    dose_per_fraction_gy: float | None = None,
    repair_half_time_hours: float | None = None,
) -> BiologicalDose:
    """BED and EQD2 where ``effective`` is ``G D``, the dose that acts as if given at once."""
    ratio = RANGES["alpha_beta_gy"].check(alpha_beta_gy)
    bed = total * (1 + effective / ratio)
    return BiologicalDose(
        total_dose_gy=total,
        alpha_beta_gy=ratio,
        bed_gy=bed,
        eqd2_gy=bed / (1 + _REFERENCE_FRACTION_GY / ratio),
        dose_per_fraction_gy=dose_per_fraction_gy,
        repair_half_time_hours=repair_half_time_hours,
    )


def _rate(half_time: float) -> float:
    """Rate of an exponential process from its half-time."""
    return math.log(2) / half_time


def _decayed_time(rate: float, hours: float) -> float:
    """``f(rate) = (1 - exp(-rate T)) / rate``, the integral of the decay; T without decay."""
    return hours if rate == 0 else -math.expm1(-rate * hours) / rate


def _protraction(repair: float, decay: float, hours: float) -> float:
    """Lea and Catcheside's G of a source in place for ``hours``; 1 for a dose given at once."""
    lost = repair * hours
    if decay == 0 and lost < _SMALL:
        return 1 - lost / 3 + lost**2 / 12 - lost**3 / 60 + lost**4 / 360
    square = 2 * _divided_difference(2 * decay, repair + decay, hours)
    return square / _decayed_time(decay, hours) ** 2


def _divided_difference(first: float, second: float, hours: float) -> float:
    """``(f(first) - f(second)) / (second - first)`` of :func:`_decayed_time`, equal rates too."""
    if abs(second - first) * hours >= _EQUAL:
        difference = _decayed_time(first, hours) - _decayed_time(second, hours)
        return difference / (second - first)
    middle = (first + second) / 2
    lost = middle * hours
    if lost < _SMALL:
        return hours**2 * (1 / 2 - lost / 3 + lost**2 / 8 - lost**3 / 30 + lost**4 / 144)
    return (1 - (1 + lost) * math.exp(-lost)) / middle**2
