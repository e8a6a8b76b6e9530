"""Records against each other: figures that two papers share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import OUTCOME_WORDS, outcome_places
from analysis_lib.consistency.printed import months, percent
from analysis_lib.study_records.model import StudyRecord

#: One shared landmark happens by chance, at whole per cents often; two seldom.
FEWEST_SHARED_FIGURES = 2

_Figure = tuple[str, float, float]


def same_figures(
    records: Iterable[StudyRecord], *, same_series: Iterable[Collection[str]] = ()
) -> Iterator[Finding]:
    """Two studies that print the same landmarks: outcome, time and value.

    Parameters
    ----------
    records : iterable of StudyRecord
    same_series : iterable of collections of study ids, optional
        Studies declared to report the same patients; they are not reported.

    Yields
    ------
    Finding
        One on each of the two records.
    """
    declared = [frozenset(series) for series in same_series]
    figures = [(record, _figures(record)) for record in records]
    for (one, other), common in _pairs([found for _, found in figures]):
        (first, of_first), (second, of_second) = figures[one], figures[other]
        shared = sorted(common)
        known = any({first.id, second.id} <= series for series in declared)
        if len(shared) >= FEWEST_SHARED_FIGURES and not known:
            yield _finding(first, second, of_first[shared[0]], shared)
            yield _finding(second, first, of_second[shared[0]], shared)


def _pairs(
    figures: Sequence[Mapping[_Figure, str]],
) -> Iterator[tuple[tuple[int, int], list[_Figure]]]:
    """Positions that share a figure, in order, with what they share.

    By figure, not by pair: few studies share any, and pairs grow as the studies squared.
    """
    holders: dict[_Figure, list[int]] = {}
    for position, found in enumerate(figures):
        for figure in found:
            holders.setdefault(figure, []).append(position)
    shared: dict[tuple[int, int], list[_Figure]] = {}
    for figure, positions in holders.items():
        for pair in combinations(positions, 2):
            shared.setdefault(pair, []).append(figure)
    yield from sorted(shared.items())


def _figures(record: StudyRecord) -> dict[_Figure, str]:
    """Every printed landmark, with the path where it stands first. 0 and 1 tell nothing."""
    figures: dict[_Figure, str] = {}
    for place in outcome_places(record):
        for mark in place.landmarks:
            if 0 < mark.value < 1:
                figures.setdefault((place.outcome.outcome, mark.months, mark.value), mark.path)
    return figures


def _finding(record: StudyRecord, other: StudyRecord, field: str, shared: list[_Figure]) -> Finding:
    listed = "; ".join(
        f"{OUTCOME_WORDS.get(outcome, outcome)} {percent(value)} at {months(time)}"
        for outcome, time, value in shared
    )
    message = (
        f"{len(shared)} landmarks are also those of {other.id}: {listed}. The same patients,"
        " a slip in copying, or chance."
    )
    values = tuple((f"{outcome}_{time:g}_months", value) for outcome, time, value in shared)
    rule = "same-figures-as-another-study"
    return Finding(record.id, field, "explain", rule, message, values)
