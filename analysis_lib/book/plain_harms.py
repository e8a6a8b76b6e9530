"""What can go wrong, in plain words: who counted it, and from where to where its share runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis_lib.book.harms_page import figures_anchor, heading_anchor
from analysis_lib.book.markdown import Heading, Inline, Items
from analysis_lib.meta_analysis.proportions import MIN_POOLED
from analysis_lib.questions.harm_groups import HarmHeading
from analysis_lib.tables import Cell, Html, count, paragraph

PAGE = "harms.html"

#: A heading of chapters/harms.yaml as a family would say it; its own label where it has none.
_HARMS = {
    "radionecrosis": "Dead tissue left by rays",
    "neurological_deficit": "Weak limbs, lost speech, or the like",
    "leptomeningeal_or_dural_seeding": "Tumour spread over the skin of the brain",
    "wound_and_infection": "A wound that broke open or got infected",
    "death_around_the_treatment": "Death around the time of the operation",
    "re_operation": "One more operation, to mend a harm",
    "performance_change": "Less strength for daily life",
}

#: What a group of treatments is, after "with"; shares of other groups are not told here.
_TREATMENTS = {
    "resection": "a second operation",
    "resection_radiotherapy": "an operation and rays",
    "resection_brachytherapy": "an operation and rays from inside",
    "repeat_radiosurgery": "aimed rays a second time",
}


def plain_harms(headings: Sequence[HarmHeading]) -> list[Html]:
    """The section: one line a harm, and its shares where three studies of a treatment count it.

    Parameters
    ----------
    headings : sequence of HarmHeading
        Of :func:`analysis_lib.questions.harms_by_treatment`.
    """
    asked = [found for found in headings if found.group.asked]
    return [
        Heading("What can go wrong?"),
        paragraph(
            "Few studies tell. If a study is silent, the harm may still have come. So no one can "
            "say from these numbers which way is safer."
        ),
        Items(tuple(line for found in asked for line in _lines(found))),
        paragraph(Cell("See all harms, with the studies", href=PAGE), "."),
    ]


def _lines(found: HarmHeading) -> Iterator[Inline]:
    named = _HARMS.get(found.group.id, found.group.label)
    counted = f"{count(found.n_reporting)} of {count(found.n_studies)} studies"
    yield (f"{named}: told by ", Cell(counted, href=f"{PAGE}#{heading_anchor(found)}"), ".")
    for one in found.treatments:
        shares = [row.proportion for row in one.harms.rows if row.part_of is None]
        known = [share for share in shares if share is not None]
        had = _TREATMENTS.get(one.treatment.id)
        if had and known and one.harms.n_reporting >= MIN_POOLED:
            ends = f"{100 * min(known):.0f} to {100 * max(known):.0f}"
            told = Cell(f"{ends} of 100", href=f"{PAGE}#{figures_anchor(found)}")
            yield (f"{named}, with {had}: in ", told, ". Groups and counts differ.")
