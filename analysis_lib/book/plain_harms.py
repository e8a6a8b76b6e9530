"""Harms in plain words: what single counts of the records say of 100 people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis_lib.book.harms_page import heading_anchor
from analysis_lib.book.markdown import Heading, Inline, Items
from analysis_lib.book.places import field_link, source_hint
from analysis_lib.comparison.harm_pools import TOO_FEW
from analysis_lib.comparison.harm_rows import HarmRow
from analysis_lib.questions import HarmHeading
from analysis_lib.tables import Cell, Html, count, paragraph

PAGE = "harms.html"

#: Each harm that the chapter asks for, as a patient would name it.
HARMS = {
    "radionecrosis": "Dead tissue from the rays",
    "neurological_deficit": "Harm to how the brain works, such as weakness",
    "leptomeningeal_or_dural_seeding": "Tumour on the lining of the brain",
    "wound_and_infection": "A wound that opened or was infected",
    "death_around_the_treatment": "Death around the operation",
    "re_operation": "One more operation because of a harm",
    "performance_change": "Being less able to do daily things",
}

#: Each group of treatments, after "After".
TREATMENTS = {
    "resection": "a second operation",
    "resection_radiotherapy": "an operation and aimed rays",
    "resection_mixed": "an operation and rays of more than one kind",
    "resection_brachytherapy": "an operation and rays from inside",
    "repeat_radiosurgery": "aimed rays a second time",
    "whole_brain": "rays to the whole brain",
    "laser": "a laser that heats the spot",
    "brachytherapy": "rays from inside, without an operation",
    "systemic": "drugs alone",
    "other": "other care",
}

_UNITS = {"patient": "people", "lesion": "treated spots", "cavity": "treated spots"}


def plain_harms(headings: Sequence[HarmHeading]) -> Iterator[Html | Heading | Items]:
    """Each harm with what was counted after each treatment, and the harms without a number.

    Parameters
    ----------
    headings : sequence of HarmHeading
        Of :func:`analysis_lib.questions.harms_by_treatment`.
    """
    yield Heading("What harm can follow?")
    yield paragraph(
        "A treatment can also do harm. Each number here is of one small group. In brackets you "
        "see how far off it may be. Doctors chose who got which, so do not set one against "
        "another."
    )
    silent = []
    for one in (found for found in headings if found.group.asked):
        lines = tuple(_lines(one))
        if lines:
            yield paragraph(*_told_by(one), ":")
            yield Items(lines)
        else:
            silent.append((*_told_by(one), "."))
    if silent:
        yield paragraph("We found no number that we could use for these:")
        yield Items(tuple(silent))
    yield paragraph(
        "Most studies do not say how often harm came. No number does not mean no harm. How long "
        "people were watched is often not said. ",
        Cell("All numbers on harms", href=PAGE),
        ".",
    )


def _told_by(found: HarmHeading) -> tuple[str | Cell, ...]:
    """A harm, and how many studies of those that could tell of it."""
    counted = f"{count(found.n_reporting)} of {count(found.n_studies)} studies"
    link = Cell(counted, href=f"{PAGE}#{heading_anchor(found)}")
    return f"{HARMS[found.group.id]}, told by ", link


def usable(rows: Sequence[HarmRow]) -> list[HarmRow]:
    """Counts that could stand in a pool, were there three of a kind: whole, defined, first-hand."""
    return [row for row in rows if row.part_of is None and row.not_pooled in (None, TOO_FEW)]


def of_100(share: float | None) -> str:
    """``22``: a share of 0..1 as a number of people in 100."""
    return "not known" if share is None else f"{100 * share:.0f}"


def _lines(found: HarmHeading) -> Iterator[Inline]:
    for one in found.treatments:
        rows = usable(one.harms.rows)
        if not rows:
            continue
        after = f"After {TREATMENTS[one.treatment.id]}: "
        low, high = (pick(rows, key=lambda row: row.proportion) for pick in (min, max))
        if len(rows) == 1:
            yield (after, _figure(low), ".")
            continue
        counts = f"{after}{count(len(rows))} counts, each "
        if _told(low) == _told(high):
            yield (counts, _figure(low), ".")
            continue
        made = f"{counts}made in its own way. The lowest is "
        yield (made, _figure(low), ", the highest ", _figure(high), ".")


def _figure(row: HarmRow) -> Cell:
    """A count leading to its place in the record."""
    hint = source_hint(row.study_id, row.source)
    return field_link(row.study_id, row.field, _told(row), hint)


def _told(row: HarmRow) -> str:
    """``about 16 of 100 people (5 to 34)``."""
    counted = _UNITS[row.unit or ""]
    limits = f"{of_100(row.low)} to {of_100(row.high)}"
    return f"about {of_100(row.proportion)} of 100 {counted} ({limits})"
