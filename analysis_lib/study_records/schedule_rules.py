"""Rules of the doses in a record: every figure stands in words in the same record."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

#: A range and the value it must hold.
_RANGES = {
    "total_dose_range_gy": "total_dose_gy",
    "dose_per_fraction_range_gy": "dose_per_fraction_gy",
    "fractions_range": "fractions",
}
_DOSES = (
    "total_dose_gy",
    "total_dose_range_gy",
    "dose_per_fraction_gy",
    "dose_per_fraction_range_gy",
    "printed_bed_gy",
)
_INDEX = re.compile(r"(\w+)\[(\d+)\](?:\.(\w+))?")


def schedule_problems(record: dict) -> Iterator[tuple[str, str, Any]]:
    """Every broken rule of ``schedules`` as (field, rule, value)."""
    arms = {arm["id"] for arm in record["arms"]}
    for index, schedule in enumerate(record.get("schedules") or ()):
        place = f"schedules[{index}]"
        if schedule["arm"] is not None and schedule["arm"] not in arms:
            rule = f"must name an arm of this study ({', '.join(sorted(arms))}) or be null"
            yield f"{place}.arm", rule, schedule["arm"]
        for name, rule, value in (
            *_words(record, schedule),
            *_figures(schedule),
            *_implant(schedule),
        ):
            yield f"{place}.{name}", rule, value


def _words(record: dict, schedule: dict) -> Iterator[tuple[str, str, Any]]:
    text = _text(record, schedule["stated_in"])
    if text is None:
        yield "stated_in", "must name a text of this record", schedule["stated_in"]
    elif " ".join(schedule["words"].split()) not in " ".join(text.split()):
        rule = f"guard: must stand letter by letter in {schedule['stated_in']}; look again"
        yield "words", rule, schedule["words"]


def _text(record: dict, field: str) -> str | None:
    found = _INDEX.fullmatch(field)
    try:
        text = record[found[1]][int(found[2])] if found else record[field]
        return text[found[3]] if found and found[3] else text
    except (KeyError, IndexError):
        return None


def _figures(schedule: dict) -> Iterator[tuple[str, str, Any]]:
    if all(schedule.get(name) is None for name in _DOSES):
        yield (
            "total_dose_gy",
            "must hold a dose in one of its fields; else leave the entry out",
            None,
        )
    for name, inner in _RANGES.items():
        limits, value = schedule.get(name), schedule.get(inner)
        if limits is None:
            continue
        if limits[0] > limits[1]:
            yield name, "must be lowest and highest, in this order", limits
        elif value is not None and not limits[0] <= value <= limits[1]:
            yield inner, f"must lie in its range ({limits[0]} to {limits[1]})", value
    total, dose, fractions = (
        schedule.get(name) for name in ("total_dose_gy", "dose_per_fraction_gy", "fractions")
    )
    if None not in (total, dose, fractions) and not math.isclose(total, dose * fractions):
        yield "total_dose_gy", f"must be {fractions} times {dose} Gy", total
    bed, ratio = schedule.get("printed_bed_gy"), schedule.get("printed_bed_alpha_beta_gy")
    if (bed is None) != (ratio is None):
        yield "printed_bed_alpha_beta_gy", "must stand with printed_bed_gy, and only then", ratio


def _implant(schedule: dict) -> Iterator[tuple[str, str, Any]]:
    implant, isotope = "implant" in schedule["delivery"], schedule.get("isotope")
    if not implant and isotope is not None:
        yield "isotope", "must be null where no implant is stated", isotope
    if schedule["delivery"] == "permanent_implant" and isotope is None:
        yield "isotope", "must be named: without it the seeds' decay is not known", isotope
    if implant and schedule.get("fractions") is not None:
        yield "fractions", "must be null for an implant", schedule["fractions"]
