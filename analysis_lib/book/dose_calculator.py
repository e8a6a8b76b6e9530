"""The calculator of the page on dose: a form that ``book/_static/dose-calculator.js`` brings alive.

Names, units, limits and half-lives come from :mod:`analysis_lib.dose`, so that the page accepts
what the library accepts. Without the script a sentence says so and the worked table stands.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape

from analysis_lib.book.dose_links import FRACTIONS, IMPLANT, OUTSIDE, PURPOSE, SEEDS
from analysis_lib.book.dose_tables import RATIOS
from analysis_lib.dose import ISOTOPES, LARGEST_FRACTION_IN_RANGE_GY, RANGES
from analysis_lib.tables import Html

_WITHOUT_SCRIPT = (
    "The calculator needs JavaScript, which is off or did not load. The formulas and the worked "
    "values below say the same."
)

_COMMA = "A comma before one or two digits is a decimal sign (1,5 is 1.5)."


@dataclass(frozen=True)
class _Field:
    """One input: its key in the library's ranges, its label and what to know."""

    name: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class _Kind:
    """One way of giving a dose: its code, label, inputs and the section of its formula."""

    code: str
    label: str
    fields: tuple[str, ...]
    formula: str


_FIELDS = (
    _Field("dose_per_fraction_gy", "Dose per fraction, Gy", "In radiosurgery, the single dose."),
    _Field("fractions", "Number of fractions", "A whole number."),
    _Field(
        "total_dose_gy", "Total dose, Gy", "After complete decay, at the point of prescription."
    ),
    _Field("initial_dose_rate_gy_per_hour", "Dose rate at the start, Gy/h"),
    _Field(
        "duration_hours",
        "Time in place, hours",
        "An implant given in minutes is entered as fractions.",
    ),
    _Field(
        "repair_half_time_hours",
        "Repair half-time, hours",
        "Of sublethal damage. Not prefilled: published values differ and move the result.",
    ),
    _Field(
        "alpha_beta_gy",
        "Another α/β, Gy (may stay empty)",
        "Results for 10, 3 and 2 Gy are always shown.",
    ),
)

_KINDS = (
    _Kind("radiosurgery", "Radiosurgery, one fraction", ("dose_per_fraction_gy",), FRACTIONS),
    _Kind("fractionated", "In fractions", ("dose_per_fraction_gy", "fractions"), FRACTIONS),
    _Kind(
        "permanent",
        "Permanent seeds",
        ("isotope", "total_dose_gy", "repair_half_time_hours"),
        SEEDS,
    ),
    _Kind(
        "temporary",
        "Temporary implant",
        ("source", "initial_dose_rate_gy_per_hour", "duration_hours", "repair_half_time_hours"),
        IMPLANT,
    ),
)


class Calculator(Html):
    """The form with its data; a script shows it and computes."""

    def to_html(self) -> str:
        kinds = "".join(_kind(kind, checked=not index) for index, kind in enumerate(_KINDS))
        fields = "\n".join(_field(field) for field in _FIELDS)
        return (
            '<div class="lsr-dose-calculator">\n'
            f'<p class="lsr-dose-purpose">Calculator: {PURPOSE}.</p>\n'
            f'<p class="lsr-dose-without">{escape(_WITHOUT_SCRIPT)}</p>\n'
            '<form id="dose-form" novalidate hidden aria-label="Calculator of BED and EQD2, '
            f'{PURPOSE}">\n'
            f"<fieldset><legend>How the dose is given</legend>{kinds}</fieldset>\n"
            f'<p class="lsr-dose-comma">{escape(_COMMA)}</p>\n'
            f'<div class="lsr-dose-fields">\n{_isotopes()}\n{fields}\n</div>\n'
            '<button type="submit">Compute</button>\n'
            "</form>\n"
            '<div id="dose-result" role="status" hidden></div>\n'
            f'<script type="application/json" id="dose-data">{_data()}</script>\n'
            "</div>"
        )

    def to_text(self) -> str:
        return f"Calculator of BED and EQD2, {PURPOSE}. {_WITHOUT_SCRIPT}"


def _kind(kind: _Kind, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return (
        f'<label><input type="radio" name="kind" value="{kind.code}"{mark}> '
        f"{escape(kind.label)}</label>"
    )


def _field(field: _Field) -> str:
    name = field.name
    limits = RANGES[name]
    unit = f" {limits.unit}" if limits.unit else ""
    about = f"{field.hint} {limits.low:g} to {limits.high:g}{unit}.".strip()
    return (
        f'<div class="lsr-dose-field" data-field="{name}">'
        f'<label for="dose-{name}">{escape(field.label)}</label>'
        f'<input type="text" inputmode="decimal" autocomplete="off" id="dose-{name}" '
        f'name="{name}" aria-describedby="about-{name} wrong-{name}">'
        f'<p class="lsr-dose-about" id="about-{name}">{escape(about)}</p>'
        f'<p class="lsr-dose-wrong" id="wrong-{name}"></p></div>'
    )


def _isotopes() -> str:
    """Two lists: seeds need an isotope, an implant may be taken as constant."""
    options = "".join(
        f'<option value="{code}">{isotope.name}, half-life {isotope.half_life_days:g} days</option>'
        for code, isotope in ISOTOPES.items()
    )
    choose = '<option value="">Choose</option>'
    constant = '<option value="">Constant rate, no decay while in place</option>'
    return "\n".join(
        f'<div class="lsr-dose-field" data-field="{name}">'
        f'<label for="dose-{name}">{label}</label>'
        f'<select id="dose-{name}" name="{name}" aria-describedby="wrong-{name}">'
        f"{first}{options}</select>"
        f'<p class="lsr-dose-wrong" id="wrong-{name}"></p></div>'
        for name, label, first in (
            ("isotope", "Isotope", choose),
            ("source", "Source", constant),
        )
    )


def _data() -> str:
    """What the script needs to know, from the library."""
    data = {
        "ranges": {name: asdict(limits) for name, limits in RANGES.items()},
        "isotopes": {code: isotope.half_life_days for code, isotope in ISOTOPES.items()},
        "ratios": [{"value": value, "what": what} for value, what in RATIOS.items()],
        "kinds": {kind.code: {"fields": kind.fields, "formula": kind.formula} for kind in _KINDS},
        "largestFractionInRange": LARGEST_FRACTION_IN_RANGE_GY,
        "outside": OUTSIDE,
        "purpose": PURPOSE,
    }
    return json.dumps(data, sort_keys=True, ensure_ascii=False).replace("<", "\\u003c")
