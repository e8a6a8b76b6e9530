"""Biologically effective dose of external beams and of implants, by the linear-quadratic model."""

from analysis_lib.dose.biological_dose import (
    BiologicalDose,
    fractionated,
    permanent_implant,
    temporary_implant,
)
from analysis_lib.dose.isotopes import ISOTOPES, Isotope
from analysis_lib.dose.ranges import (
    LARGEST_FRACTION_IN_RANGE_GY,
    RANGES,
    Range,
)

__all__ = [
    "ISOTOPES",
    "LARGEST_FRACTION_IN_RANGE_GY",
    "RANGES",
    "BiologicalDose",
    "Isotope",
    "Range",
    "fractionated",
    "permanent_implant",
    "temporary_implant",
]
