"""What a dose, a time or a ratio may be; everything else is a slip and is refused by name.

The limits are no limits of treatment. They are far outside any that was ever given, so that
they catch a value typed in another unit (cGy, minutes, days) and nothing else. The calculator
of the page reads the same table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

from analysis_lib.exceptions import InvalidInputError

#: Above this dose per fraction (Gy) the linear-quadratic model is outside the range in which
#: it was validated (Brenner DJ. Semin Radiat Oncol 2008;18:234-239: "up to about 10 Gy").
LARGEST_FRACTION_IN_RANGE_GY = 10.0


@dataclass(frozen=True)
class Range:
    """Name, unit and limits of one input.

    Attributes
    ----------
    name : str
        As a reader knows it.
    unit : str
        Empty for a number of fractions.
    low, high : float
        Both allowed.
    whole : bool
        Only whole numbers.
    """

    name: str
    unit: str
    low: float
    high: float
    whole: bool = False

    def check(self, value: float) -> float:
        """The value as a float.

        Raises
        ------
        InvalidInputError
            No number, not finite, outside the limits, or not whole where it must be.
        """
        if isinstance(value, bool) or not isinstance(value, Real):
            raise InvalidInputError(f"{self.name} must be a number, was {value!r}")
        number = float(value)
        if not math.isfinite(number):
            raise InvalidInputError(f"{self.name} must be a finite number, was {value!r}")
        if self.whole and number != int(number):
            raise InvalidInputError(f"{self.name} must be a whole number, was {value!r}")
        if not self.low <= number <= self.high:
            raise InvalidInputError(
                f"{self.name} must be {self.low:g} to {self.high:g}{self._unit()}, was {value!r}"
            )
        return number

    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""


#: Every input of the formulas. A dose of 18 Gy typed in cGy is 1800, outside all of them.
RANGES: Mapping[str, Range] = {
    "dose_per_fraction_gy": Range("dose per fraction", "Gy", 0.01, 100),
    "fractions": Range("number of fractions", "", 1, 100, whole=True),
    "total_dose_gy": Range("total dose", "Gy", 0.01, 500),
    "initial_dose_rate_gy_per_hour": Range("dose rate at the start", "Gy/h", 0.001, 100),
    "duration_hours": Range("time in place", "h", 0.01, 10_000),
    "repair_half_time_hours": Range("repair half-time", "h", 0.01, 100),
    "half_life_days": Range("half-life", "days", 0.01, 20_000),
    "alpha_beta_gy": Range("alpha/beta", "Gy", 0.1, 100),
}
