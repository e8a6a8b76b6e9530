"""Claims of management summaries: the rules between ``claims.yaml`` and the other evidence.

A claim names guideline statements, places in records and a comparison. What it names must
exist, nothing may follow from a statement that was not seen, and a verdict that a comparison
computes is never written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.model import Contrast, Harm, Outcome, StudyRecord
from analysis_lib.study_records.schema import line_of, shown

Broken = tuple[str, str, Any]

_STEP = re.compile(r"([a-z][a-z_]*)(?:\[(\d+)\])?")

#: Verdicts that rest on figures of records.
_WITH_FIGURES = ("agrees", "partly", "conflicts", "described")


@dataclass(frozen=True)
class Evidence:
    """The other files that claims refer to."""

    records: Mapping[str, StudyRecord]
    guidelines: Sequence[Mapping[str, Any]]

    @property
    def statements(self) -> dict[str, Mapping[str, Any]]:
        """Every statement of every guideline by its id."""
        return {row["id"]: row for guide in self.guidelines for row in guide["statements"]}


def check_claims(
    data: Mapping[str, Any], lines: dict[str, int], evidence: Evidence, *, name: str
) -> tuple[RecordProblem, ...]:
    """Every broken rule of ``claims.yaml`` against statements and records."""
    broken = [*_ids(data), *_pages(data, evidence)]
    for index, claim in enumerate(data["claims"]):
        place = f"claims[{index}]"
        broken += _statements(claim, place, evidence)
        broken += _figures(claim, place, evidence)
        broken += _verdict(claim, place)
        broken += _other_patients(claim, place, evidence)
    return tuple(
        RecordProblem(name, line_of(field, lines), field, rule, shown(value))
        for field, rule, value in broken
    )


def part_of_record(record: StudyRecord, field: str) -> Any:
    """What stands at a dotted place: ``arms[0].outcomes[1]`` is an :class:`Outcome`.

    Raises
    ------
    LookupError
        The record has no such place.
    """
    found: Any = record
    for step in field.split("."):
        matched = _STEP.fullmatch(step)
        if matched is None or not hasattr(found, matched[1]):
            raise LookupError(f"{record.id} has no {field}")
        found = getattr(found, matched[1])
        if matched[2] is not None:
            found = found[int(matched[2])]
    return found


def _ids(data: Mapping[str, Any]) -> Iterator[Broken]:
    for listed in ("pages", "claims"):
        seen: set[str] = set()
        for index, row in enumerate(data[listed]):
            if row["id"] in seen:
                yield f"{listed}[{index}].id", "must not be given twice", row["id"]
            seen.add(row["id"])


def _pages(data: Mapping[str, Any], evidence: Evidence) -> Iterator[Broken]:
    known = {row["id"] for row in data["pages"]}
    for index, row in enumerate(data["pages"]):
        for study in row["studies"]:
            if study not in evidence.records:
                yield f"pages[{index}].studies", "must name a study record", study
    for index, claim in enumerate(data["claims"]):
        if claim["page"] not in known:
            yield f"claims[{index}].page", "must be an id of pages", claim["page"]


def _statements(claim: Mapping[str, Any], place: str, evidence: Evidence) -> Iterator[Broken]:
    statements = evidence.statements
    for number, row in enumerate(claim["guidelines"]):
        field = f"{place}.guidelines[{number}]"
        statement = statements.get(row["statement"])
        if statement is None:
            rule = "must name a statement of guidelines.yaml"
            yield f"{field}.statement", rule, row["statement"]
        elif (statement["seen"] == "seen") == (row["stance"] is None):
            rule = (
                "must be null for a statement that was not seen, and given for one that was; "
                f"{statement['id']} is {statement['seen']}"
            )
            yield f"{field}.stance", rule, row["stance"]
    guides = {guide["id"] for guide in evidence.guidelines}
    for guide in claim["looked_in"]:
        if guide not in guides:
            yield f"{place}.looked_in", "must name a guideline of guidelines.yaml", guide


def _figures(claim: Mapping[str, Any], place: str, evidence: Evidence) -> Iterator[Broken]:
    for number, figure in enumerate(claim["figures"]):
        field = f"{place}.figures[{number}]"
        record = evidence.records.get(figure["study"])
        if record is None:
            yield f"{field}.study", "must name a study record", figure["study"]
            continue
        for named in (figure["field"], *figure["of"]):
            rule = _broken_place(record, named, whole=bool(figure["of"]))
            if rule:
                yield f"{field}.field", rule, named


def _broken_place(record: StudyRecord, field: str, *, whole: bool) -> str | None:
    try:
        found = part_of_record(record, field)
    except LookupError:
        return "must be a place in the record (arms[0].outcomes[1], contrasts[0])"
    if whole:
        fits = isinstance(found, int) and not isinstance(found, bool)
        return None if fits else "must be a whole number: it is a part of a whole"
    fits = isinstance(found, Outcome | Harm | Contrast)
    return None if fits else "must be an outcome, a harm or a contrast"


def _other_patients(claim: Mapping[str, Any], place: str, evidence: Evidence) -> Iterator[Broken]:
    """Figures of an included study are not figures of other patients."""
    if claim["verdict"] != "indirect":
        return
    for number, figure in enumerate(claim["figures"]):
        record = evidence.records.get(figure["study"])
        if record is not None and record.eligibility.decision == "include":
            rule = "is of an included study: judge `described` where no group stands beside it"
            yield f"{place}.figures[{number}].study", rule, figure["study"]


def _verdict(claim: Mapping[str, Any], place: str) -> Iterator[Broken]:
    verdict, field = claim["verdict"], f"{place}.verdict"
    if (verdict is None) == (claim["comparison"] is None):
        rule = "must be null where a comparison decides, and given where none does"
        yield field, rule, verdict
    if verdict in _WITH_FIGURES and not claim["figures"]:
        yield field, "rests on figures: name at least one, or judge none or indirect", verdict
    if verdict == "indirect" and not (claim["figures"] or claim["sources"]):
        yield field, "names figures of other patients: give one, or a source", verdict
    if verdict == "none" and claim["figures"]:
        yield field, "says that there is no figure: name none", verdict
