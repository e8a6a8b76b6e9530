"""Reporting checklists: what each item asks for, whether it is met, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.checked_file import check_file
from analysis_lib.study_records.loader import DATA

FOLDER = "checklists"

#: Every item of each checklist, in its order: PRISMA 2020 (Page et al., BMJ 2021;372:n71),
#: PRISMA-IPD (Stewart et al., JAMA 2015;313:1657), PRISMA-LSR (Akl et al., BMJ 2024;387:e079183;
#: what is added to PRISMA 2020, as far as it is known to us).
_ITEMS = {
    "prisma-2020": "1 2 3 4 5 6 7 8 9 10a 10b 11 12 13a 13b 13c 13d 13e 13f 14 15 16a 16b 17 18 "
    "19 20a 20b 20c 20d 21 22 23a 23b 23c 23d 24a 24b 24c 25 26 27",
    "prisma-ipd": "1 2 3 4 5 6 7 8 9 10 11 A1 12 13 14 A2 15 16 17 18 A3 19 20 21 22 23 24 25 26 "
    "A4 27",
    "prisma-lsr": "1.1 1.2 2.1 3.1 3.2 4.1 L1.1 L1.2 L1.3 9 11 13 L2 16 L3 23 L4",
}
ITEMS = {name: items.split() for name, items in _ITEMS.items()}


@dataclass(frozen=True)
class ChecklistItem:
    """One item; ``link`` is ``page.html#anchor``, ``verified`` whether its original was seen."""

    item: str
    section: str
    topic: str
    asks: str
    status: str
    why: str
    link: str | None
    verified: bool = True


@dataclass(frozen=True)
class Checklist:
    """A checklist as ``data/checklists/`` holds it."""

    id: str
    title: str
    short_name: str
    reference: str
    doi: str
    known_from: str
    items: tuple[ChecklistItem, ...]


def load_checklists(data: Path = DATA) -> tuple[Checklist, ...]:
    """Every checklist, in the order of :data:`ITEMS`.

    Raises
    ------
    InvalidRecordsError
        A file breaks its schema, or an item is missing, twice or without a place.
    """
    paths = [data / FOLDER / f"{name}.yaml" for name in ITEMS]
    return _load(data, tuple(path.stat().st_mtime_ns for path in paths))


def check_checklists(data: Path = DATA) -> tuple[RecordProblem, ...]:
    """Every problem of the files in ``data/checklists/``."""
    return tuple(problem for name in ITEMS for problem in _read(name, data)[1])


@lru_cache(maxsize=2)
def _load(data: Path, stamp: tuple) -> tuple[Checklist, ...]:
    problems = check_checklists(data)
    if problems:
        raise InvalidRecordsError(problems)
    return tuple(_checklist(_read(name, data)[0]) for name in ITEMS)


def _checklist(raw: dict[str, Any]) -> Checklist:
    items = tuple(ChecklistItem(**row) for row in raw["items"])
    plain = {key: value for key, value in raw.items() if key not in ("schema_version", "items")}
    return Checklist(**plain, items=items)


def _read(name: str, data: Path) -> tuple[Any, tuple[RecordProblem, ...]]:
    path = data / FOLDER / f"{name}.yaml"
    raw, _, problems = check_file(
        path,
        schema=DATA / FOLDER / "checklist.schema.json",
        rules=lambda found: _broken(found, name),
        name=f"{data.name}/{FOLDER}/{path.name}",
    )
    return raw, problems


def _broken(raw: dict[str, Any], name: str) -> Iterator[tuple[str, str, Any]]:
    if raw["id"] != name:
        yield "id", f"must equal the file's name, {name}", raw["id"]
        return
    given = [row["item"] for row in raw["items"]]
    missing = [item for item in ITEMS[name] if item not in given]
    if missing:
        yield "items", f"item {', '.join(missing)} of {raw['short_name']} is missing", None
    for index, row in enumerate(raw["items"]):
        place = f"items[{index}]"
        if row["item"] not in ITEMS[name]:
            yield f"{place}.item", f"must be an item of {raw['short_name']}", row["item"]
        if given.index(row["item"]) != index:
            yield f"{place}.item", "must not stand twice", row["item"]
        if row["status"] in ("met", "partly") and row["link"] is None:
            yield f"{place}.link", "must say where the item is met", None
    if not missing and len(given) == len(ITEMS[name]) and given != ITEMS[name]:
        yield "items", "must stand in the checklist's order", None
