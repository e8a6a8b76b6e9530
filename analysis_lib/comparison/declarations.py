"""The comparisons as declared in ``chapters/comparisons.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.study_records.checked_file import load_file
from analysis_lib.study_records.evidence_files import load_vocabulary
from analysis_lib.study_records.loader import ROOT

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
class Keep:
    """Which of the selected outcomes a scenario keeps; empty or None keeps all.

    ``enrolled_from`` keeps cohorts whose enrolment began in this year or later,
    ``enrolled_until`` those whose enrolment ended in this year or earlier; a cohort
    that does not say is left out of both. ``without`` names studies left out.
    """

    levels: tuple[str, ...] = ()
    recurrence: tuple[str, ...] = ()
    secondary_sources: bool | None = None
    enrolled_from: int | None = None
    enrolled_until: int | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A declared variation of the primary analysis.

    ``add`` adds selectors to sides, ``also_time_zero`` kinds of time zero to every
    selector, ``keep`` takes outcomes away; ``population`` "indirect" replaces the
    review's population by the indirect one, never mixing the two. ``comparator``
    marks those that change who is compared with whom, ``closest_to_benchmark`` the
    one nearest to the benchmark review's groups. ``design_effect`` divides the
    information of lesions. ``kind`` is ``declared``, ``leave_one_out`` or ``overlap``.
    """

    id: str
    label: str
    why: str
    add: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    comparator: bool = False
    closest_to_benchmark: bool = False
    also_time_zero: tuple[str, ...] = ()
    keep: Keep = Keep()
    population: str = "include"
    design_effect: float = 1.0
    kind: str = "declared"


@dataclass(frozen=True)
class Declaration:
    """One comparison of the protocol."""

    id: str
    number: int
    title: str
    question: str
    cannot_answer: str
    confounded_by: str
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
        also = () if scenario is None else scenario.also_time_zero
        found = (self._selector(raw, outcome, also) for raw in (*side.select, *added))
        if scenario is None or scenario.population != "indirect":
            return tuple(found)
        # No figure of the indirect population is primary.
        return tuple(replace(selector, roles=("sensitivity",)) for selector in found)

    def _selector(
        self, raw: dict[str, Any], outcome: DeclaredOutcome, also: tuple[str, ...]
    ) -> Selector:
        treatments: list[str] = []
        for name in raw["treatments"]:
            treatments.extend(self.groups.get(name, (name,)))
        return Selector(
            tuple(dict.fromkeys(treatments)),
            tuple(raw.get("roles", ("primary",))),
            tuple(dict.fromkeys((*raw.get("time_zero", outcome.time_zero), *also))),
            tuple(raw.get("extent", ())),
        )


@dataclass(frozen=True)
class ChangeThresholds:
    """What an answer must pass between two editions for its change to be named so.

    ``hazard_ratio`` are a lower and an upper threshold, ``share_at_12_months`` (0..1) is one
    for the move of a side and for the difference between two.
    """

    hazard_ratio: tuple[float, float]
    share_at_12_months: float


def load_thresholds(path: Path = DECLARATIONS) -> ChangeThresholds:
    """The declared thresholds of change.

    Raises
    ------
    InvalidRecordsError
        The file breaks its schema, or names an unknown treatment or side.
    """
    declared = _read(path, path.stat().st_mtime_ns)["change_thresholds"]
    return ChangeThresholds(tuple(declared["hazard_ratio"]), declared["share_at_12_months"])


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
    raw = _read(path, stamp)
    groups = {key: tuple(codes) for key, codes in raw["groups"].items()}
    common = raw.get("common_scenarios", [])
    return tuple(_declaration(entry, common, groups) for entry in raw["comparisons"])


@lru_cache(maxsize=4)
def _read(path: Path, stamp: int) -> dict[str, Any]:
    """The file as checked data."""
    schema = DECLARATIONS.with_suffix(".schema.json")
    return load_file(path, schema=schema, rules=_unknown_names)[0]


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
            for side in sorted(set(scenario.get("add", {})) - sides):
                yield field, f"must name sides of the comparison ({', '.join(sorted(sides))})", side
            selectors += [s for added in scenario.get("add", {}).values() for s in added]
        own = {scenario["id"] for scenario in entry["scenarios"]}
        for number, row in enumerate(raw.get("common_scenarios", [])):
            if row.get("like", row["id"]) not in own | {row["id"]}:
                yield (
                    f"common_scenarios[{number}].like",
                    f"must be a scenario of every comparison; {entry['id']} has none such",
                    row["like"],
                )
        for selector in selectors:
            for name in sorted(set(selector["treatments"]) - known):
                yield f"comparisons[{index}]", "must name treatments or groups", name


def _declaration(
    entry: dict, common: list[dict], groups: dict[str, tuple[str, ...]]
) -> Declaration:
    own = {row["id"]: _scenario(row) for row in entry["scenarios"]}
    return Declaration(
        **{key: entry[key] for key in _PLAIN},
        concerns=tuple(entry["concerns"]),
        sides=tuple(Side(**{**side, "select": tuple(side["select"])}) for side in entry["sides"]),
        outcomes=tuple(
            DeclaredOutcome(row["outcome"], tuple(row["time_zero"])) for row in entry["outcomes"]
        ),
        scenarios=(*own.values(), *(_common(row, own) for row in common)),
        groups=groups,
    )


def _scenario(row: dict) -> Scenario:
    """One scenario as it stands in the file, lists as tuples."""
    keep = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in row.get("keep", {}).items()
    }
    plain = {key: value for key, value in row.items() if key not in ("add", "keep", "like")}
    plain["also_time_zero"] = tuple(row.get("also_time_zero", ()))
    add = {key: tuple(value) for key, value in row.get("add", {}).items()}
    return Scenario(**plain, add=add, keep=Keep(**keep))


def _common(row: dict, own: dict[str, Scenario]) -> Scenario:
    """A scenario of every comparison; one ``like`` another begins with that one's selectors."""
    scenario = _scenario(row)
    return replace(scenario, add=own[row["like"]].add) if "like" in row else scenario


_PLAIN = ("id", "number", "title", "question", "cannot_answer", "confounded_by")
