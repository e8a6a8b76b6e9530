"""A printed figure worked out again: what came out and whether the two agree."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.exceptions import InvalidInputError

AGREES, DIFFERS, CANNOT = "agrees", "differs", "cannot"

#: In the order in which they are counted.
VERDICTS = (AGREES, DIFFERS, CANNOT)

#: What kind of number was printed.
KINDS = ("count", "percentage", "probability", "interval", "median", "ratio", "p", "other")


@dataclass(frozen=True)
class Rederived:
    """One printed figure and what the rest of the record says of it.

    Attributes
    ----------
    study_id, field : str
        The record and the dotted path of the figure in it.
    kind : str
        One of :data:`KINDS`.
    subject : str
        What was counted or estimated, in words.
    printed : str
        As printed, with its unit.
    again : str or None
        What comes out; None where nothing can.
    verdict : {'agrees', 'differs', 'cannot'}
        Cannot: not to be had from what is printed.
    how : str
        How it was worked out, or what is missing.

    Raises
    ------
    InvalidInputError
        Kind or verdict is not in its closed list.
    """

    study_id: str
    field: str
    kind: str
    subject: str
    printed: str
    again: str | None
    verdict: str
    how: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInputError(f"kind must be one of {KINDS}, was {self.kind!r}")
        if self.verdict not in VERDICTS:
            raise InvalidInputError(f"verdict must be one of {VERDICTS}, was {self.verdict!r}")
