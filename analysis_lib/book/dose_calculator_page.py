"""The page of the calculator: the form, the formulas behind it, and worked values."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.book.dose_calculator import Calculator
from analysis_lib.book.dose_links import FRACTIONS, IMPLANT, PURPOSE, SEEDS
from analysis_lib.book.dose_tables import worked_table
from analysis_lib.book.markdown import Heading, Section, page
from analysis_lib.book.mathml import to_mathml
from analysis_lib.dose import ISOTOPES, LARGEST_FRACTION_IN_RANGE_GY
from analysis_lib.tables import Cell, Html, callout, paragraph


@dataclass(frozen=True)
class Formula(Html):
    """A formula on a line of its own, with the same in letters for whoever has no MathML."""

    latex: str

    def to_html(self) -> str:
        return f'<div class="lsr-formula">{to_mathml(self.latex, display=True)}</div>'

    def to_text(self) -> str:
        return self.latex


def dose_calculator_page() -> str:
    """The Markdown of the page of the calculator."""
    return page(
        f"Dose calculator ({PURPOSE})",
        callout(
            "caution",
            "It explains printed numbers: what a schedule amounts to in the linear-quadratic "
            "model. It knows no limit and gives no verdict, adds no two courses up and assumes "
            f"no recovery of the brain. It is {PURPOSE}. ",
            Cell("What was given in the studies", href="dose.html"),
            ".",
        ),
        Calculator(),
        Heading("How a dose becomes a BED"),
        paragraph(
            "The biologically effective dose (BED) and the dose in fractions of 2 Gy with the "
            "same BED (EQD2) depend on α/β, a property of the tissue: no figure means anything "
            f"without it. Above {LARGEST_FRACTION_IN_RANGE_GY:g} Gy a fraction the model is "
            "outside the range it was tested in (Brenner, Semin Radiat Oncol 2008)."
        ),
        *_formulas(),
    )


def _formulas() -> list[Html]:
    half_lives = ", ".join(
        f"{isotope.name} {isotope.half_life_days:g} days" for isotope in ISOTOPES.values()
    )
    return [
        Section(
            FRACTIONS,
            "Fractions, or one",
            (
                Formula(r"\mathrm{BED} = D (1 + d / (\alpha/\beta))"),
                Formula(r"\mathrm{EQD2} = \mathrm{BED} / (1 + 2 / (\alpha/\beta))"),
                paragraph(
                    "D is the total dose and d the dose per fraction. Damage is taken as "
                    "repaired in full between fractions (Fowler, Br J Radiol 1989). Here and "
                    "below, tumour that grows again during treatment is not taken off, and one "
                    "dose stands for the whole target."
                ),
            ),
            level=3,
        ),
        Section(
            SEEDS,
            "Seeds that stay",
            (
                Formula(
                    r"\mathrm{BED} = D (1 + \frac{\lambda}{\lambda + \mu} "
                    r"\frac{D}{\alpha/\beta})"
                ),
                Formula(r"\lambda = \ln 2 / T , \quad \mu = \ln 2 / \tau"),
                paragraph(
                    "D is the dose after complete decay, T the half-life of the isotope and τ the "
                    "half-time of repair (Dale, Br J Radiol 1985). λ is a decay constant; a "
                    "printed source calls it a half-life. Half-lives: "
                    f"{half_lives} (ICRP Publication 107)."
                ),
            ),
            level=3,
        ),
        Section(
            IMPLANT,
            "An implant that is taken out",
            (
                Formula(
                    r"\mathrm{BED} = R T (1 + \frac{2 R}{\mu (\alpha/\beta)} "
                    r"(1 - \frac{1 - e^{-\mu T}}{\mu T}))"
                ),
                paragraph(
                    "R is the dose rate, here constant, and T the hours in place. Where the "
                    "source decays meanwhile, R is the rate at the start and"
                ),
                Formula(r"\mathrm{BED} = D (1 + G \frac{D}{\alpha/\beta})"),
                Formula(r"G = \frac{2 R^2 (f(2 \lambda) - f(\mu + \lambda))}{D^2 (\mu - \lambda)}"),
                Formula(r"f(x) = \frac{1 - e^{-x T}}{x} , \quad D = R f(\lambda)"),
                paragraph("(Dale, Br J Radiol 1985)."),
            ),
            level=3,
        ),
        worked_table(),
    ]
