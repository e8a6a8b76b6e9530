"""Every printed figure of a record worked out again from the other figures of the record.

Where :mod:`analysis_lib.consistency` otherwise reports what is wrong, this reports on all:
what agrees, what differs, and what cannot be worked out from what is printed, each with how.
Figures that stand only in the readers' notes are read there too; where a sum or a fraction is
written in words, a :class:`TextFigure` says which numbers belong together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis_lib.consistency.rederived_counts import counts_again, percentages_again
from analysis_lib.consistency.rederived_estimates import estimates_again
from analysis_lib.consistency.rederived_texts import TextFigure, texts_again
from analysis_lib.consistency.verdicts import CANNOT, VERDICTS, Rederived
from analysis_lib.study_records.model import StudyRecord

__all__ = ["Rederivation", "rederive"]

#: Numbers of a whole group that only the patients' own data give again.
_OF_PATIENTS = (
    ("median_age", "Median age", "years", "needs the age of each patient"),
    ("median_followup_months", "Median follow-up", "months", "needs each patient's follow-up"),
)

_OF_A_MODEL = "needs each patient's data: a model cannot be fitted again to what is printed"


@dataclass(frozen=True)
class Rederivation:
    """All printed figures of a record, in its order, each with a verdict."""

    study_id: str
    figures: tuple[Rederived, ...]

    def of(self, verdict: str) -> tuple[Rederived, ...]:
        """The figures with one of :data:`verdicts.VERDICTS`."""
        return tuple(figure for figure in self.figures if figure.verdict == verdict)

    def counted(self) -> dict[str, int]:
        """How many figures have each verdict."""
        return {verdict: len(self.of(verdict)) for verdict in VERDICTS}


def rederive(record: StudyRecord, texts: Sequence[TextFigure] = ()) -> Rederivation:
    """Work every printed figure of a record out again.

    Counts from sums and parts, percentages from counts, survival estimates from whole numbers
    of patients, intervals from the scale and the width that Greenwood's variance gives, medians
    from the survival printed beside them.

    Parameters
    ----------
    record : StudyRecord
        Counts, probabilities 0..1 and times in months, as loaded.
    texts : sequence of TextFigure
        What is written in words in the record's notes.

    Raises
    ------
    InvalidInputError
        A text figure whose words or numbers no longer stand in the record.
    """
    figures = [
        *counts_again(record),
        *percentages_again(record),
        *estimates_again(record),
        *_of_patients(record),
        *_of_models(record),
        *texts_again(record, texts),
    ]
    return Rederivation(record.id, tuple(figures))


def _of_patients(record: StudyRecord) -> Iterator[Rederived]:
    for field, subject, unit, why in _OF_PATIENTS:
        value = getattr(record, field)
        if value is not None:
            shown = f"{value:g} {unit}"
            yield Rederived(record.id, field, "other", subject, shown, None, CANNOT, why)


def _of_models(record: StudyRecord) -> Iterator[Rederived]:
    for index, contrast in enumerate(record.contrasts):
        subject = f"{contrast.arm} against {contrast.versus}"
        field = f"contrasts[{index}]"
        for kind, value in (("ratio", contrast.hr), ("p", contrast.p)):
            if value is not None:
                yield Rederived(
                    record.id, field, kind, subject, f"{value}", None, CANNOT, _OF_A_MODEL
                )
        if contrast.low is not None or contrast.high is not None:
            shown = f"{contrast.low} to {contrast.high}"
            yield Rederived(record.id, field, "interval", subject, shown, None, CANNOT, _OF_A_MODEL)
