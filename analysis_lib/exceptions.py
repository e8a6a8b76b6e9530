"""Errors that a person can act on: where, what rule, what value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ReviewError(Exception):
    """Base of every error this library raises on purpose."""


class InvalidInputError(ReviewError, ValueError):
    """An argument of a function breaks its stated rule."""


class NotIdentifiedError(ReviewError):
    """The data cannot answer the question that was asked of them."""


@dataclass(frozen=True, order=True)
class RecordProblem:
    """One broken rule in one evidence file.

    Attributes
    ----------
    path : str
        The file, relative to the project's root.
    line : int
        Line in the file, counted from 1; 0 when the whole file is meant.
    field : str
        Dotted name of the field, ``arms[0].outcomes[1].landmarks[0].value``.
    rule : str
        What must hold and, where it helps, what to do.
    value : str
        The offending value as text, at most 60 characters; empty when there is none.
    """

    path: str
    line: int
    field: str
    rule: str
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        field = f" {self.field}:" if self.field else ""
        was = f", was {self.value}" if self.value else ""
        text = f"{place}:{field} {self.rule}{was}"
        # A key typed into a file may hold control characters: a terminal must not obey them.
        return "".join(c if c.isprintable() else "?" for c in text)


class InvalidRecordsError(ReviewError):
    """Evidence files break rules; every problem of every file is listed."""

    def __init__(self, problems: Sequence[RecordProblem]):
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
