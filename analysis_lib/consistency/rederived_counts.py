"""Counts and percentages of a record, from the other counts of the record."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from analysis_lib.consistency.percentages import (
    STATEMENTS,
    agrees_with_count,
    harm_places,
    percentages_of,
)
from analysis_lib.consistency.places import arm_size, largest_known_size, outcome_places
from analysis_lib.consistency.verdicts import AGREES, CANNOT, DIFFERS, Rederived
from analysis_lib.study_records.model import Harm, StudyRecord

_UNITS = (("patient", "n_patients"), ("lesion", "n_lesions"))

#: The figures at the end of a table's row; what stands before them names the row.
_FIGURES_OF_A_ROW = re.compile(r"[\d.,%\s]+$")

_ALONE = "no other number of the record gives it"


@dataclass(frozen=True)
class _Sum:
    """Parts that should add up to a whole, each a field with its number."""

    whole: tuple[str, int]
    parts: tuple[tuple[str, int], ...]
    words: str

    @property
    def total(self) -> int:
        return sum(n for _, n in self.parts)

    @property
    def shown(self) -> str:
        return f"{self.words}: {' + '.join(str(n) for _, n in self.parts)} = {self.total}"


def counts_again(record: StudyRecord) -> Iterator[Rederived]:
    """Patients, lesions, histologies, analysed and events, from sums and parts."""
    sums = list(_sums(record))
    for field, subject, number in _counts(record):
        yield _count(record, field, subject, number, sums)
    for path, arm, harm in harm_places(record):
        if harm.n_events is not None or harm.n_at_risk is not None:
            yield _events(record, path, f"{arm.label}: {harm.event}", harm, sums)


def percentages_again(record: StudyRecord) -> Iterator[Rederived]:
    """The percentage quoted for each harm or finding, from its count."""
    for path, arm, harm in harm_places(record):
        subject = f"{arm.label}: {harm.event}"
        for percent, count, total in _quoted(harm):
            yield percentage_again(record, path, subject, percent, count, total)
        if harm.rate is not None and not harm.n_events:
            yield Rederived(
                *(record.id, path, "percentage", subject, f"{100 * harm.rate:g}%", None),
                *(CANNOT, "the number of events is not printed"),
            )


def percentage_again(
    record: StudyRecord, field: str, subject: str, percent: str, count: int, total: int
) -> Rederived:
    """One printed percentage (text, as printed) of ``count`` of ``total``."""
    quotient = 100 * count / total
    digits = len(percent.partition(".")[2])
    how = f"{count} of {total}"
    verdict = AGREES if agrees_with_count(percent, count, total) else DIFFERS
    if verdict == AGREES and abs(float(percent) - quotient) > 0.5 * 10.0**-digits + 1e-9:
        how += "; cut off, not rounded"
    again = f"{quotient:.{max(digits, 1)}f}%"
    return Rederived(record.id, field, "percentage", subject, f"{percent}%", again, verdict, how)


def _quoted(harm: Harm) -> list[tuple[str, int, int]]:
    """Percentage, count and total that the quotation of a harm puts together."""
    stated = [
        (match["percent"], int(match["count"]), int(match["total"]))
        for pattern in STATEMENTS
        for match in pattern.finditer(harm.source.seen)
        if 0 < int(match["total"]) >= int(match["count"])
    ]
    if stated or harm.n_events is None or not harm.n_at_risk:
        return list(dict.fromkeys(stated))
    found = percentages_of(harm.n_events, harm.source.seen, may_be_alone=True)
    return [(percent, harm.n_events, harm.n_at_risk) for percent in dict.fromkeys(found)]


def row_of_table(harm: Harm) -> str | None:
    """The name of the table's row that a quotation shows; None where it shows none."""
    seen = harm.source.seen
    name = _FIGURES_OF_A_ROW.sub("", seen)
    return name if name and name != seen else None


# --- counts -------------------------------------------------------------------------


def _counts(record: StudyRecord) -> Iterator[tuple[str, str, int]]:
    """Field, words and number of every count that the paper prints."""
    for _, total in _UNITS:
        if getattr(record, total) is not None:
            yield total, total.removeprefix("n_").capitalize(), getattr(record, total)
    for name, number in (record.histology or {}).items():
        if isinstance(number, int):
            yield f"histology.{name}", f"Histology: {name.replace('_', ' ')}", number
    for index, arm in enumerate(record.arms):
        for unit, total in _UNITS:
            size = getattr(arm, total)
            if size is not None:
                yield f"arms[{index}].{total}", f"{arm.label}: {unit}s", size
    for place in outcome_places(record):
        analysed = place.outcome.n_analysed
        if analysed.value is not None and analysed.printed is not False:
            subject = f"{place.arm.label}: analysed for {place.words}"
            yield f"{place.path}.n_analysed", subject, analysed.value
        if place.outcome.n_events is not None:
            subject = f"{place.arm.label}: events of {place.words}"
            yield f"{place.path}.n_events", subject, place.outcome.n_events


def _count(
    record: StudyRecord, field: str, subject: str, number: int, sums: list[_Sum]
) -> Rederived:
    wrong = [found for found in sums if found.whole[0] == field and found.total != number]
    right = [
        found
        for found in sums
        if found.total == found.whole[1]
        and field in (found.whole[0], *(part for part, _ in found.parts))
    ]
    if wrong:
        again, verdict, how = str(wrong[0].total), DIFFERS, wrong[0].shown
    elif right:
        again, verdict, how = str(number), AGREES, right[0].shown
    else:
        again, verdict, how = _same_as_arm(record, field, number)
    return Rederived(record.id, field, "count", subject, str(number), again, verdict, how)


def _same_as_arm(record: StudyRecord, field: str, number: int) -> tuple[str | None, str, str]:
    """A number analysed is that of the arm; every other count stands alone."""
    for place in outcome_places(record):
        size = arm_size(place.arm, place.outcome.n_analysed.unit)
        if field == f"{place.path}.n_analysed" and size == number:
            return str(size), AGREES, f"all {place.units} of the arm"
    return None, CANNOT, _ALONE


def _events(
    record: StudyRecord, path: str, subject: str, harm: Harm, sums: list[_Sum]
) -> Rederived:
    printed = f"{_shown(harm.n_events)} of {_shown(harm.n_at_risk)}"
    involved = [
        found for found in sums if path in (found.whole[0], *(part for part, _ in found.parts))
    ]
    if not involved:
        return Rederived(record.id, path, "count", subject, printed, None, CANNOT, _ALONE)
    found = involved[0]
    verdict = AGREES if found.total == found.whole[1] else DIFFERS
    return Rederived(
        *(record.id, path, "count", subject, printed),
        *(f"{harm.n_events} of {_shown(harm.n_at_risk)}" if verdict == AGREES else found.shown,),
        *(verdict, f"{found.shown}, the whole is {found.whole[1]}"),
    )


def _shown(number: int | None) -> str:
    return "a number not printed" if number is None else str(number)


# --- which numbers add up -----------------------------------------------------------


def _sums(record: StudyRecord) -> Iterator[_Sum]:
    whole_arms = [(i, arm) for i, arm in enumerate(record.arms) if arm.subset_of is None]
    for unit, total in _UNITS:
        sizes = [(f"arms[{i}].{total}", largest_known_size(arm, unit)) for i, arm in whole_arms]
        if getattr(record, total) is not None:
            yield from _known(total, getattr(record, total), sizes, f"arms, {unit}s")
        for index, parent in enumerate(record.arms):
            parts = [
                (f"arms[{i}].{total}", getattr(arm, total))
                for i, arm in enumerate(record.arms)
                if arm.subset_of == parent.id
            ]
            if getattr(parent, total) is not None:
                field = f"arms[{index}].{total}"
                yield from _known(field, getattr(parent, total), parts, f"parts, {unit}s")
    yield from _histologies(record)
    yield from _rows_of_a_table(record)


def _known(
    field: str, whole: int, parts: list[tuple[str, int | None]], words: str
) -> Iterator[_Sum]:
    """A sum of which every part is known."""
    if len(parts) > 1 and all(n is not None for _, n in parts):
        yield _Sum((field, whole), tuple(parts), words)


def _histologies(record: StudyRecord) -> Iterator[_Sum]:
    """Histologies add up to the patients or lesions of the study, or of an arm."""
    parts = tuple(
        (f"histology.{name}", n)
        for name, n in (record.histology or {}).items()
        if isinstance(n, int)
    )
    wholes = [(total, getattr(record, total)) for _, total in _UNITS]
    wholes += [
        (f"arms[{index}].{total}", getattr(arm, total))
        for index, arm in enumerate(record.arms)
        for _, total in _UNITS
    ]
    added = sum(n for _, n in parts)
    whole = next(((field, n) for field, n in wholes if n == added), None)
    if len(parts) > 1 and whole:
        yield _Sum(whole, parts, "histologies")


def _rows_of_a_table(record: StudyRecord) -> Iterator[_Sum]:
    """One row of a printed table: the events of the whole arm and of each of its parts."""
    rows: dict[tuple[str, str], list[tuple[str, str, int]]] = defaultdict(list)
    parents = {arm.id: arm.subset_of for arm in record.arms}
    for path, arm, harm in harm_places(record):
        name = row_of_table(harm)
        if harm.n_events is not None and name is not None:
            rows[harm.source.url, name].append((path, arm.id, harm.n_events))
    for (_, name), cells in rows.items():
        for path, arm_id, events in cells:
            parts = [(where, n) for where, part, n in cells if parents[part] == arm_id]
            yield from _known(path, events, parts, name)
