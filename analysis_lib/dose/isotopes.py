"""Isotopes of the seeds and sources that the literature on recurrent metastases uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Isotope:
    """An isotope and its half-life in days.

    Attributes
    ----------
    name : str
        As a reader writes it, ``Cs-131``.
    half_life_days : float
        Physical half-life.
    """

    name: str
    half_life_days: float


#: Half-lives of ICRP Publication 107 (Nuclear decay data for dosimetric calculations, Ann ICRP
#: 2008;38(3)), which prints 9.689, 59.400, 16.991 and 73.827 days; here with the digits that
#: the review's methods state. Those of I-125 and Pd-103 are also AAPM TG-43U1's (Rivard MJ
#: et al. Med Phys 2004;31:633-674). No digit left out moves a BED by 0.01 Gy.
ISOTOPES: Mapping[str, Isotope] = {
    "cs131": Isotope("Cs-131", 9.69),
    "i125": Isotope("I-125", 59.4),
    "pd103": Isotope("Pd-103", 16.99),
    "ir192": Isotope("Ir-192", 73.8),
}
