"""What a check reports: a finding, its severity, and the closed list of rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from analysis_lib.exceptions import InvalidInputError

#: Most serious first. error: the figures cannot both be true as printed. explain:
#: they need an explanation before they are used. note: worth knowing.
SEVERITIES = ("error", "explain", "note")

#: Every rule by its code, with what it looks for.
RULES = MappingProxyType(
    {
        "median-against-landmarks": "a median that the printed landmark survival does not allow",
        "survival-rises": "a later landmark above an earlier one",
        "progression-free-above-survival": (
            "progression-free survival longer than overall survival in the same arm"
        ),
        "progression-free-beyond-study-survival": (
            "a median of progression-free survival longer than every median survival of the study"
        ),
        "control-outlasts-survival": "a median of local control longer than the median survival",
        "parent-outside-parts": "a figure of the whole outside the range of its parts",
        "followup-median-above-maximum": "a median follow-up longer than the longest",
        "median-beyond-followup": "a median later than the longest follow-up",
        "landmark-beyond-followup": "a landmark later than the longest follow-up",
        "far-beyond-median-followup": "an estimate at a time that few patients can have reached",
        "median-equals-followup": "a median survival equal to the median follow-up",
        "events-above-n": "more events than patients or lesions",
        "analysed-above-arm": "more analysed than the arm holds",
        "arm-above-study": "an arm larger than its study",
        "subsets-above-parent": "parts of an arm that add up to more than the arm",
        "arms-above-study": "arms that add up to more than the study",
        "histology-above-n": "histologies that add up to more than patients and lesions",
        "percentage-against-count": "a printed percentage that is not its printed count",
        "percentage-fits-no-denominator": "a printed percentage that no known number gives",
        "interval-excludes-estimate": "an interval that does not hold its own estimate",
        "interval-implies-more-than-n": "a landmark's interval narrower than its number allows",
        "median-interval-too-narrow": "a median's interval narrower than its number allows",
        "interval-of-another-arm": "one interval printed for arms of different size",
        "symmetric-median-interval": "a median's interval symmetric in time",
        "hazard-ratio-against-survival": "a hazard ratio that the arms' survival contradicts",
        "same-figures-as-another-study": "two or more landmarks equal to those of another study",
        "not-read-again": "values that a second reader could not find, or did not look for",
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing in a record that cannot be, needs explaining or is worth knowing.

    Attributes
    ----------
    study_id : str
        The record.
    field : str
        Dotted path in the record, ``arms[1].outcomes[0].median``.
    severity : {'error', 'explain', 'note'}
        See :data:`SEVERITIES`.
    rule : str
        A code of :data:`RULES`.
    message : str
        What is printed and what it should be, in plain words with units.
    values : tuple of (str, float)
        The named numbers that the finding rests on.

    Raises
    ------
    InvalidInputError
        Severity or rule is not in its closed list.
    """

    study_id: str
    field: str
    severity: str
    rule: str
    message: str
    values: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise InvalidInputError(f"severity must be one of {SEVERITIES}, was {self.severity!r}")
        if self.rule not in RULES:
            raise InvalidInputError(f"rule must be a code of RULES, was {self.rule!r}")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings without repeats, by study, then the most serious first, then by place."""
    return tuple(sorted(set(findings), key=_rank))


def _rank(finding: Finding) -> tuple:
    return (
        finding.study_id,
        SEVERITIES.index(finding.severity),
        finding.field,
        finding.rule,
        finding.message,
    )
