"""What a page on one idea is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analysis_lib.book.markdown import Inline
from analysis_lib.comparison.result import ComparisonResult
from analysis_lib.consistency import Finding
from analysis_lib.study_records import StudyRecord
from analysis_lib.tables import Html


@dataclass(frozen=True)
class Material:
    """What examples are computed from: the records, their audit, the computed comparisons."""

    records: Sequence[StudyRecord]
    findings: Sequence[Finding]
    results: Mapping[str, ComparisonResult]

    def record(self, study_id: str) -> StudyRecord:
        """The record with this id."""
        return next(record for record in self.records if record.id == study_id)

    @property
    def first(self) -> ComparisonResult:
        """The first comparison of the protocol: the one that examples follow."""
        return next(iter(self.results.values()))


@dataclass(frozen=True)
class Idea:
    """One step of the method.

    Attributes
    ----------
    slug : str
        Name of the page is ``method-<slug>``.
    title, in_short : str
        Heading, and the idea in one sentence.
    told : tuple of str
        The idea in a few paragraphs.
    example : callable
        Makes the worked example from the material.
    wrong : tuple of str
        How it goes wrong.
    more : tuple of Inline
        Where it stands in full.
    """

    slug: str
    title: str
    in_short: str
    told: tuple[str, ...]
    example: Callable[[Material], Sequence[Html]]
    wrong: tuple[str, ...]
    more: tuple[Inline, ...]

    @property
    def page(self) -> str:
        """Name of the page without its ending."""
        return f"method-{self.slug}"
