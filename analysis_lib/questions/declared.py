"""What ``chapters/harms.yaml`` and ``chapters/necrosis.yaml`` declare, held against records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.comparison.harm_definitions import (
    HARMS,
    load_harm_definitions,
    normal,
    read_harms,
)
from analysis_lib.consistency.rederived_texts import NUMBER, TextFigure, check_still_there
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, RecordProblem
from analysis_lib.questions.fields import value_at
from analysis_lib.study_records import ROOT, load_records, load_vocabulary
from analysis_lib.study_records.checked_file import Breach, breaches, load_file
from analysis_lib.study_records.model import StudyRecord

NECROSIS = ROOT / "chapters" / "necrosis.yaml"


@dataclass(frozen=True)
class HarmGroup:
    """A heading and the names of harms that stand under it; ``reason`` says why together.

    ``asked`` is True for what is asked of every treatment, False for what papers report besides.
    """

    id: str
    label: str
    asked: bool
    reason: str
    names: tuple[str, ...]


#: The last heading of the page, once a record brings a name that no heading has taken.
NOT_PLACED = {
    "id": "not_placed",
    "label": "Not placed under a heading yet",
    "asked": False,
    "reason": "new names; chapters/harms.yaml says under which heading a name stands",
}


@dataclass(frozen=True)
class TreatmentGroup:
    """Treatments whose harms stand together."""

    id: str
    label: str
    short: str
    colour: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """A definition of "necrosis only" and the records' own words for it."""

    id: str
    label: str
    tissue: str
    recorded_as: tuple[str, ...]


@dataclass(frozen=True)
class NumberOf:
    """A number of a record: a field, or a number within the words of a field."""

    field: str
    words: str | None = None
    number: int | None = None


@dataclass(frozen=True)
class DeclaredFinding:
    """Lesions or patients examined, and those with necrosis only, in one record.

    ``note`` says what to know of the count and stands beside it.
    """

    study: str
    place: str
    definition: str
    unit: str
    necrosis: NumberOf
    examined: NumberOf
    note: str | None = None


@dataclass(frozen=True)
class NotCounted:
    """A record whose share of necrosis is not counted, and why."""

    study: str
    reason: str


@dataclass(frozen=True)
class Said:
    """Words of a record, and what they tell without a figure."""

    study: str
    field: str
    tells: str
    words: str


@dataclass(frozen=True)
class Leading:
    """The study whose printed figures are worked out again, and its arms with short names."""

    study: str
    tumour: str
    parts: tuple[str, str]
    necrosis: str
    names: dict[str, str]


@dataclass(frozen=True)
class HarmSaid(Said):
    """Words of a record on the harm of a heading that no treatment by itself can be given."""

    group: str


@dataclass(frozen=True)
class HarmDeclaration:
    """The headings and the groups of treatments, in the order of the page."""

    groups: tuple[HarmGroup, ...]
    treatments: tuple[TreatmentGroup, ...]
    elsewhere: tuple[HarmSaid, ...] = ()


@dataclass(frozen=True)
class NecrosisDeclaration:
    """Everything of ``chapters/necrosis.yaml``."""

    definitions: tuple[Definition, ...]
    findings: tuple[DeclaredFinding, ...]
    not_counted: tuple[NotCounted, ...]
    imaging: tuple[Said, ...]
    leading: Leading
    in_words: tuple[TextFigure, ...]


def load_harm_declaration(path: Path = HARMS) -> HarmDeclaration:
    """The headings of harms; :class:`InvalidRecordsError` where the file breaks its schema."""
    raw, _ = read_harms(path)
    return HarmDeclaration(
        tuple(HarmGroup(**{**row, "names": tuple(row["names"])}) for row in raw["groups"]),
        tuple(TreatmentGroup(**{**row, "codes": tuple(row["codes"])}) for row in raw["treatments"]),
        tuple(HarmSaid(**row) for row in raw.get("elsewhere", ())),
    )


def load_necrosis_declaration(path: Path = NECROSIS) -> NecrosisDeclaration:
    """What the chapter rests on; :class:`InvalidRecordsError` where the file breaks its schema."""
    raw, _ = _read(path, NECROSIS)
    leading = raw["leading"]
    return NecrosisDeclaration(
        tuple(
            Definition(**{**row, "recorded_as": tuple(row["recorded_as"])})
            for row in raw["definitions"]
        ),
        tuple(_finding(row) for row in raw["findings"]),
        tuple(NotCounted(**row) for row in raw["not_counted"]),
        tuple(Said(**row) for row in raw["imaging"]),
        Leading(**{**leading, "parts": tuple(leading["parts"])}),
        tuple(
            TextFigure(**{**row, "parts": tuple(row.get("parts", ()))}) for row in raw["in_words"]
        ),
    )


def check_questions(
    records: Sequence[StudyRecord] | None = None, *, harms: Path = HARMS, necrosis: Path = NECROSIS
) -> None:
    """Hold both files against the records.

    Raises
    ------
    InvalidRecordsError
        A schema is broken; a harm with two headings; a treatment without a group or with two;
        a study, field or words that no record holds.
    """
    known = load_records() if records is None else records
    problems = [
        *_problems(harms, HARMS, _wrong_harms(load_harm_declaration(harms), known)),
        *_problems(harms, HARMS, _wrong_definitions(harms, known)),
        *_problems(necrosis, NECROSIS, _wrong_sources(load_necrosis_declaration(necrosis), known)),
    ]
    if problems:
        raise InvalidRecordsError(problems)


# --- reading ----------------------------------------------------------------------------


def _finding(row: dict[str, Any]) -> DeclaredFinding:
    numbers = {name: NumberOf(**row[name]) for name in ("necrosis", "examined")}
    return DeclaredFinding(**{**row, **numbers})


def _read(path: Path, standard: Path) -> tuple[dict[str, Any], dict[str, int]]:
    return _read_once(path, standard, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_once(path: Path, standard: Path, stamp: int) -> tuple[dict[str, Any], dict[str, int]]:
    return load_file(path, schema=standard.with_suffix(".schema.json"))


# --- checks -----------------------------------------------------------------------------


def _problems(path: Path, standard: Path, wrong: Iterator[Breach]) -> Iterator[RecordProblem]:
    lines = _read(path, standard)[1]
    return breaches(wrong, lines, name=f"{path.parent.name}/{path.name}")


def harms_without_heading(
    records: Sequence[StudyRecord], declared: HarmDeclaration
) -> dict[str, str]:
    """Names of harms after treatment that stand under no heading, and a record of each.

    No error: whoever adds a study need not touch another file to see its page; the figure
    stands under "not placed" until a heading takes it.
    """
    placed = {name for group in declared.groups for name in group.names}
    return {name: path for name, path in _harms_held(records).items() if name not in placed}


def _harms_held(records: Sequence[StudyRecord]) -> dict[str, str]:
    return {
        harm.event: record.path
        for record in records
        if record.eligibility.decision == "include"
        for arm in record.arms
        for harm in arm.harms
        if harm.kind == "harm_after"
    }


def _wrong_harms(declared: HarmDeclaration, records: Sequence[StudyRecord]) -> Iterator[Breach]:
    yield from _wrong_headings(declared)
    yield from _wrong_treatments(declared)
    headings = {group.id for group in declared.groups}
    for index, row in enumerate(declared.elsewhere):
        if row.group not in headings:
            yield f"elsewhere[{index}].group", "must be the id of a heading", row.group
    yield from _wrong_words("elsewhere", declared.elsewhere, {one.id: one for one in records})


def _wrong_definitions(path: Path, records: Sequence[StudyRecord]) -> Iterator[Breach]:
    """Words under two definitions, or of no harm of any record."""
    held = {
        normal(harm.definition)
        for record in records
        for arm in record.arms
        for harm in arm.harms
        if harm.definition is not None
    }
    seen: set[str] = set()
    for index, one in enumerate(load_harm_definitions(path)):
        for number, words in enumerate(one.recorded_as):
            field = f"definitions[{index}].recorded_as[{number}]"
            if normal(words) not in held:
                yield field, "must be the definition of a harm in a record", words
            if normal(words) in seen:
                yield field, "must stand for one definition only", words
            seen.add(normal(words))


def _wrong_words(
    name: str, said: Sequence[Said], by_id: dict[str, StudyRecord]
) -> Iterator[Breach]:
    """Words that the record they are ascribed to does not hold."""
    for index, row in enumerate(said):
        if row.study not in by_id:
            yield f"{name}[{index}].study", "must name a study record", row.study
        elif row.words not in str(value_at(by_id[row.study], row.field)):
            yield f"{name}[{index}].words", f"must stand in {row.field} of {row.study}", row.words


def _wrong_headings(declared: HarmDeclaration) -> Iterator[Breach]:
    names = [name for group in declared.groups for name in group.names]
    for index, group in enumerate(declared.groups):
        for number, name in enumerate(group.names):
            if names.count(name) > 1:
                yield f"groups[{index}].names[{number}]", "must stand under one heading only", name


def _wrong_treatments(declared: HarmDeclaration) -> Iterator[Breach]:
    known = set(load_vocabulary()["treatment"])
    codes = [code for group in declared.treatments for code in group.codes]
    for index, group in enumerate(declared.treatments):
        for code in group.codes:
            if code not in known:
                rule = "must name treatments of data/vocabulary.yaml"
                yield f"treatments[{index}].codes", rule, code
            if codes.count(code) > 1:
                yield f"treatments[{index}].codes", "must stand in one group only", code
    for code in sorted(known - set(codes)):
        yield "treatments", "must hold every treatment of data/vocabulary.yaml", code


def _wrong_sources(
    declared: NecrosisDeclaration, records: Sequence[StudyRecord]
) -> Iterator[Breach]:
    by_id = {record.id: record for record in records}
    named = [(f"findings[{i}].study", row.study) for i, row in enumerate(declared.findings)]
    named += [(f"not_counted[{i}].study", row.study) for i, row in enumerate(declared.not_counted)]
    named.append(("leading.study", declared.leading.study))
    for field, study in named:
        if study not in by_id:
            yield field, "must name a study record", study
    definitions = {definition.id for definition in declared.definitions}
    for index, row in enumerate(declared.findings):
        if row.definition not in definitions:
            yield f"findings[{index}].definition", "must be the id of a definition", row.definition
        if row.study in by_id:
            for name in ("necrosis", "examined"):
                yield from _wrong_number(
                    by_id[row.study], getattr(row, name), f"findings[{index}].{name}"
                )
    yield from _wrong_words("imaging", declared.imaging, by_id)
    if declared.leading.study in by_id:
        yield from _wrong_leading(declared, by_id[declared.leading.study])


def _wrong_number(record: StudyRecord, number: NumberOf, field: str) -> Iterator[Breach]:
    found = value_at(record, number.field)
    if number.words is None:
        if not isinstance(found, int):
            yield f"{field}.field", f"must be a count of {record.id}", number.field
    elif number.words not in str(found) or str(number.number) not in NUMBER.findall(number.words):
        yield f"{field}.words", f"must stand in {number.field} and hold the number", number.words


def _wrong_leading(declared: NecrosisDeclaration, record: StudyRecord) -> Iterator[Breach]:
    arms = {arm.id for arm in record.arms}
    leading = declared.leading
    for arm in (leading.tumour, *leading.parts, leading.necrosis):
        if arm not in arms:
            yield "leading", f"must name arms of {record.id}", arm
        if arm not in leading.names:
            yield "leading.names", "must give every arm a short name", arm
    for index, figure in enumerate(declared.in_words):
        try:
            check_still_there(record, figure)
        except InvalidInputError as problem:
            yield f"in_words[{index}].printed", str(problem), figure.printed
