"""The file of an edition, ``data/editions/<yyyy.n>.json``: written once, checked whenever read."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis_lib.editions.state import State
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, RecordProblem
from analysis_lib.study_records import DATA, load_reading
from analysis_lib.study_records.schema import check_schema

EDITIONS = DATA / "editions"

_SCHEMA = DATA / "edition.schema.json"

_NUMBER = re.compile(r"^(\d{4})\.([1-9]\d*)$")

_SEARCH_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Edition:
    """One edition.

    Attributes
    ----------
    number : str
        Year and position in it, ``2026.1``.
    date : str
        Day of cutting, ``yyyy-mm-dd``.
    evidence_date : str
        Day of the last reading or search, whichever is later.
    evidence_statement : str
        What was done by that day, in a reader's words.
    cut_from : str or None
        Commit whose tree was frozen; None where there is no repository.
    state : State
        The evidence and its numbers.
    """

    number: str
    date: str
    evidence_date: str
    evidence_statement: str
    cut_from: str | None
    state: State

    @property
    def order(self) -> tuple[int, int]:
        """Position among editions."""
        return number_parts(self.number)


def number_parts(number: str) -> tuple[int, int]:
    """Year and position of an edition's number.

    Raises
    ------
    InvalidInputError
        It is not of the form ``yyyy.n``.
    """
    found = _NUMBER.match(number)
    if not found:
        raise InvalidInputError(
            f"an edition's number is a year and a count, 2026.1; was {number!r}"
        )
    return int(found[1]), int(found[2])


def next_number(editions: tuple[Edition, ...], *, year: int) -> str:
    """The number that follows the editions of a year."""
    return f"{year}.{max((e.order[1] for e in editions if e.order[0] == year), default=0) + 1}"


def evidence_of(data: Path = DATA) -> tuple[str, str]:
    """Day of the last reading or search, and what was done by then."""
    reading = load_reading(data)
    days = [reading["last_reading"]]
    found = [_SEARCH_DAY.match(path.name) for path in (data / "searches").glob("*.yaml")]
    searched = sorted(day[1] for day in found if day)
    read = f"Last reading {reading['last_reading_documented_as']}."
    if searched:
        return max(days[0], searched[-1]), f"{read} Last search {searched[-1]}."
    return days[0], f"{read} {reading['database_search']['statement']}"


def edition_text(edition: Edition) -> str:
    """The file's text, one number a line, so that a difference can be read.

    Keys stand as they were made: the order of a comparison's sides is the declared one.
    """
    document = {"schema_version": 1} | asdict(edition)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_edition(text: str, name: str) -> Edition:
    """An edition from its file's text.

    Raises
    ------
    InvalidRecordsError
        The text is no JSON, or breaks ``data/edition.schema.json``.
    """
    raw, problems = _checked(text, name)
    if problems:
        raise InvalidRecordsError(problems)
    return Edition(
        **{key: raw[key] for key in raw if key not in ("schema_version", "state")},
        state=State(**raw["state"]),
    )


def load_edition(number: str, *, folder: Path = EDITIONS) -> Edition:
    """The edition of this number.

    Raises
    ------
    InvalidInputError
        There is none.
    InvalidRecordsError
        Its file breaks the schema.
    """
    number_parts(number)
    path = folder / f"{number}.json"
    if not path.is_file():
        known = ", ".join(edition.number for edition in load_editions(folder)) or "none"
        raise InvalidInputError(f"no edition {number}; known: {known}")
    return read_edition(path.read_text(encoding="utf-8"), f"data/editions/{path.name}")


def load_editions(folder: Path = EDITIONS) -> tuple[Edition, ...]:
    """Every edition, the oldest first."""
    numbers = [p.stem for p in folder.glob("*.json") if _NUMBER.match(p.stem)]
    return tuple(load_edition(one, folder=folder) for one in sorted(numbers, key=number_parts))


def latest_edition(folder: Path = EDITIONS) -> Edition | None:
    """The newest edition; None before the first."""
    editions = load_editions(folder)
    return editions[-1] if editions else None


def check_editions(folder: Path = EDITIONS) -> tuple[RecordProblem, ...]:
    """Every problem of the folder's files."""
    problems: list[RecordProblem] = []
    for path in sorted(folder.glob("*.json")):
        name = f"data/editions/{path.name}"
        raw, found = _checked(path.read_text(encoding="utf-8"), name)
        problems += found
        if not found and raw["number"] != path.stem:
            rule = f"must equal the file's name, {path.stem}"
            problems.append(RecordProblem(name, 0, "number", rule, str(raw["number"])))
    return tuple(problems)


def _checked(text: str, name: str) -> tuple[Any, tuple[RecordProblem, ...]]:
    try:
        raw = json.loads(text)
    except ValueError as error:
        rule = f"is not valid JSON ({error}): restore it, git checkout -- {name}"
        return None, (RecordProblem(name, 0, "", rule),)
    return raw, check_schema(raw, {}, schema=_SCHEMA, name=name)
