"""Figures that stand in the readers' notes of a record, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis_lib.consistency.percentages import STATEMENTS, harm_places
from analysis_lib.consistency.places import outcome_places
from analysis_lib.consistency.rederived_counts import percentage_again
from analysis_lib.consistency.verdicts import AGREES, DIFFERS, Rederived
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records.model import StudyRecord

#: A number in words of the record, as written.
NUMBER = re.compile(r"(?<![\d.])\d+(?:\.\d+)?")


@dataclass(frozen=True)
class TextFigure:
    """Numbers that a note of a record puts together, and what is to be made of them.

    One of: ``events`` of ``total`` with the ``percent`` printed for them; ``parts`` that add up
    to ``whole``; a ``verdict`` of people with its ``reason``.

    Attributes
    ----------
    field : str
        Of the text: ``notes[4]``, ``discrepancies[10]``, ``arms[0].outcomes[1]`` (its note).
    printed : str
        The words that hold the figure, exactly as they stand in the text.
    """

    field: str
    printed: str
    events: int | None = None
    total: int | None = None
    percent: str | None = None
    parts: tuple[int, ...] = ()
    whole: int | None = None
    verdict: str | None = None
    reason: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number of the arithmetic, as text."""
        found = (self.events, self.total, self.percent, *self.parts, self.whole)
        return tuple(str(number) for number in found if number is not None)


def note_texts(record: StudyRecord) -> dict[str, str]:
    """Every note of a record by its field; a harm's definition with its note."""
    found = {f"notes[{index}]": text for index, text in enumerate(record.notes)}
    found |= {place.path: place.outcome.note or "" for place in outcome_places(record)}
    for path, _, harm in harm_places(record):
        found[path] = " ".join(filter(None, (harm.definition, harm.note)))
    return {field: text for field, text in found.items() if text}


def texts_again(record: StudyRecord, texts: Sequence[TextFigure]) -> Iterator[Rederived]:
    """Fractions with their percentage in the notes, then the declared figures."""
    # Notes under an outcome or a harm are the readers' own arithmetic: those of the record are not.
    for index, text in enumerate(record.notes):
        for match in (m for pattern in STATEMENTS for m in pattern.finditer(text)):
            events, total = int(match["count"]), int(match["total"])
            if 0 < total >= events:
                subject = f"Noted: {events} of {total}"
                percent = match["percent"]
                yield percentage_again(record, f"notes[{index}]", subject, percent, events, total)
    for figure in texts:
        yield _declared(record, figure)


def _declared(record: StudyRecord, figure: TextFigure) -> Rederived:
    check_still_there(record, figure)
    subject = "In words of the record"
    if figure.verdict is not None:
        return Rederived(
            *(record.id, figure.field, "other", subject, figure.printed, None),
            *(figure.verdict, figure.reason or ""),
        )
    if figure.percent is not None:
        return percentage_again(
            record, figure.field, subject, figure.percent, figure.events, figure.total
        )
    added = sum(figure.parts)
    how = f"{' + '.join(map(str, figure.parts))} = {added}, the whole is {figure.whole}"
    return Rederived(
        *(record.id, figure.field, "count", subject, figure.printed, str(added)),
        *(AGREES if added == figure.whole else DIFFERS, how),
    )


def check_still_there(record: StudyRecord, figure: TextFigure) -> None:
    """Refuse a declaration whose words or numbers no longer stand in the record."""
    texts = note_texts(record)
    texts |= {f"discrepancies[{i}]": text for i, text in enumerate(record.discrepancies)}
    text = texts.get(figure.field, "")
    where = f"{record.path or record.id}: {figure.field}"
    if figure.printed not in text:
        raise InvalidInputError(
            f"{where}: must hold the words of a declared figure, {figure.printed!r}: read the "
            f"record again, then change or remove the declaration; was {text[:60]!r}"
        )
    known = set(NUMBER.findall(text)) | _sizes(record)
    for number in figure.numbers:
        if number not in known:
            raise InvalidInputError(
                f"{where}: must hold the number {number} of a declared figure ({figure.printed!r})"
            )


def _sizes(record: StudyRecord) -> set[str]:
    holders = (record, *record.arms)
    sizes = [getattr(one, name) for one in holders for name in ("n_patients", "n_lesions")]
    return {str(size) for size in sizes if size is not None}
