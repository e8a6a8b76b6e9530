"""The comparisons as declared in ``chapters/comparisons.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.evidence_files import load_vocabulary
from analysis_lib.study_records.loader import ROOT
from analysis_lib.study_records.schema import check_schema, line_of
from analysis_lib.study_records.yaml_reader import read_yaml

DECLARATIONS = ROOT / "chapters" / "comparisons.yaml"


@dataclass(frozen=True)
class Selector:
    """Which outcomes of which arms a side takes; empty ``extent`` means any."""

    treatments: tuple[str, ...]
    roles: tuple[str, ...]
    time_zero: tuple[str, ...]
    extent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One group of treatments; ``select`` still has the time zero of each outcome to come."""

    id: str
    label: str
    colour: str
    select: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class DeclaredOutcome:
    """An outcome and the kinds of time zero its primary analysis takes."""

    outcome: str
    time_zero: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """A declared variation: selectors added to sides.

    ``comparator`` marks those that change who is compared with whom;
    ``closest_to_benchmark`` the one nearest to the benchmark review's groups.
    """

    id: str
    label: str
    why: str
    add: dict[str, tuple[dict[str, Any], ...]]
    comparator: bool = False
    closest_to_benchmark: bool = False


@dataclass(frozen=True)
class Declaration:
    """One comparison of the protocol."""

    id: str
    number: int
    title: str
    question: str
    cannot_answer: str
    concerns: tuple[str, ...]
    sides: tuple[Side, ...]
    outcomes: tuple[DeclaredOutcome, ...]
    scenarios: tuple[Scenario, ...]
    groups: dict[str, tuple[str, ...]]

    def selectors(
        self, side: Side, outcome: DeclaredOutcome, scenario: Scenario | None = None
    ) -> tuple[Selector, ...]:
        """What ``side`` takes for ``outcome``, in the primary analysis or a scenario."""
        added = () if scenario is None else scenario.add.get(side.id, ())
        return tuple(self._selector(raw, outcome) for raw in (*side.select, *added))

    def _selector(self, raw: dict[str, Any], outcome: DeclaredOutcome) -> Selector:
        treatments: list[str] = []
        for name in raw["treatments"]:
            treatments.extend(self.groups.get(name, (name,)))
        return Selector(
            tuple(dict.fromkeys(treatments)),
            tuple(raw.get("roles", ("primary",))),
            tuple(raw.get("time_zero", outcome.time_zero)),
            tuple(raw.get("extent", ())),
        )


def load_declarations(path: Path = DECLARATIONS) -> tuple[Declaration, ...]:
    """Every declared comparison, in protocol order.

    Raises
    ------
    InvalidRecordsError
        The file breaks its schema, or names an unknown treatment or side.
    """
    return _load(path, path.stat().st_mtime_ns)


def load_declaration(comparison_id: str, path: Path = DECLARATIONS) -> Declaration:
    """The comparison with this id; KeyError with the known ids otherwise."""
    known = {declared.id: declared for declared in load_declarations(path)}
    if comparison_id not in known:
        raise KeyError(f"no comparison {comparison_id!r}; known are {', '.join(known)}")
    return known[comparison_id]


@lru_cache(maxsize=4)
def _load(path: Path, stamp: int) -> tuple[Declaration, ...]:
    name = f"{path.parent.name}/{path.name}"
    raw, lines, problems = read_yaml(path, name)
    if not problems:
        schema = DECLARATIONS.with_suffix(".schema.json")
        problems = check_schema(raw, lines, schema=schema, name=name)
    if not problems:
        problems = tuple(
            RecordProblem(name, line_of(field, lines), field, rule, value)
            for field, rule, value in _unknown_names(raw)
        )
    if problems:
        raise InvalidRecordsError(problems)
    groups = {key: tuple(codes) for key, codes in raw["groups"].items()}
    return tuple(_declaration(entry, groups) for entry in raw["comparisons"])


def _unknown_names(raw: dict) -> Iterator[tuple[str, str, str]]:
    codes = set(load_vocabulary()["treatment"])
    for group, members in raw["groups"].items():
        for code in sorted(set(members) - codes):
            yield f"groups.{group}", "must name treatments of data/vocabulary.yaml", code
    known = codes | set(raw["groups"])
    for index, entry in enumerate(raw["comparisons"]):
        sides = {side["id"] for side in entry["sides"]}
        selectors = [s for side in entry["sides"] for s in side["select"]]
        for number, scenario in enumerate(entry["scenarios"]):
            field = f"comparisons[{index}].scenarios[{number}].add"
            for side in sorted(set(scenario["add"]) - sides):
                yield field, f"must name sides of the comparison ({', '.join(sorted(sides))})", side
            selectors += [s for added in scenario["add"].values() for s in added]
        for selector in selectors:
            for name in sorted(set(selector["treatments"]) - known):
                yield f"comparisons[{index}]", "must name treatments or groups", name


def _declaration(entry: dict, groups: dict[str, tuple[str, ...]]) -> Declaration:
    return Declaration(
        **{key: entry[key] for key in _PLAIN},
        concerns=tuple(entry["concerns"]),
        sides=tuple(Side(**{**side, "select": tuple(side["select"])}) for side in entry["sides"]),
        outcomes=tuple(
            DeclaredOutcome(row["outcome"], tuple(row["time_zero"])) for row in entry["outcomes"]
        ),
        scenarios=tuple(
            Scenario(**{**row, "add": {key: tuple(value) for key, value in row["add"].items()}})
            for row in entry["scenarios"]
        ),
        groups=groups,
    )


_PLAIN = ("id", "number", "title", "question", "cannot_answer")
