"""What moved between two states, and which studies did it.

A figure's movers are the studies whose figures differ among those it is made of: entered,
left or changed. That names everything that can have moved it directly, costs nothing to
compute, and is exact when one study changed; where several did, their shares are not told
apart. A figure whose own studies stand as before moves through what all share: a changed
overlap rule, shapes of survival curves borrowed from a changed study, the method or the
versions. Then that is named instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis_lib.comparison.declarations import ChangeThresholds, load_thresholds
from analysis_lib.comparison.kept import SHARED_DATA
from analysis_lib.editions.changes import Change, Quantity, classify, strongest
from analysis_lib.editions.quantities import LEAVE_ONE_OUT, quantities_of
from analysis_lib.editions.state import State

#: What happened to a study, a study's figures in a pool, or a file.
ADDED, CORRECTED, REMOVED = "added", "corrected", "removed"
ENTERED, ALTERED, LEFT = "entered", "changed figures", "left"


@dataclass(frozen=True)
class Mover:
    """A study, a file or a method, and what it did."""

    name: str
    did: str


@dataclass(frozen=True)
class FigureChange:
    """One figure before and after, its class, and what moved it; None where it did not exist."""

    key: tuple[str, ...]
    change: Change
    before: Quantity | None
    after: Quantity | None
    movers: tuple[Mover, ...]

    @property
    def leads(self) -> bool:
        """Whether it is an answer in either state."""
        return any(one is not None and one.leads for one in (self.before, self.after))


@dataclass(frozen=True)
class ComparisonImpact:
    """One comparison: its class, the studies that concern it and changed, every changed figure.

    ``labels`` are those of its sides, by id.
    """

    id: str
    change: Change
    studies: tuple[Mover, ...]
    figures: tuple[FigureChange, ...]
    labels: Mapping[str, str]

    @property
    def answers(self) -> tuple[FigureChange, ...]:
        """Answers that changed, in the order of the page."""
        return tuple(one for one in self.figures if one.leads)

    @property
    def beside(self) -> tuple[FigureChange, ...]:
        """Other figures that changed."""
        return tuple(one for one in self.figures if not one.leads)

    @property
    def movers(self) -> tuple[Mover, ...]:
        """What moved any of its figures, each once.

        A study that is seen in a pool is not named again as one that was added or corrected.
        """
        moved = [mover for one in self.figures if one.change.moved for mover in one.movers]
        seen = {mover.name for mover in moved if mover.did in (ENTERED, ALTERED, LEFT)}
        return tuple(
            mover
            for mover in dict.fromkeys(moved)
            if mover.name not in seen or mover.did in (ENTERED, ALTERED, LEFT)
        )


@dataclass(frozen=True)
class Impact:
    """The difference of two states: studies, other evidence files, method, comparisons."""

    studies: tuple[Mover, ...]
    files: tuple[Mover, ...]
    method: tuple[Mover, ...]
    comparisons: tuple[ComparisonImpact, ...]

    @property
    def nothing(self) -> bool:
        """True when neither evidence nor method nor any number differs."""
        unmoved = all(one.change is Change.NO_CHANGE for one in self.comparisons)
        return not (self.studies or self.files or self.method) and unmoved


def impact(before: State, after: State, *, thresholds: ChangeThresholds | None = None) -> Impact:
    """What moved from one state to another.

    Parameters
    ----------
    before, after : State
        ``after`` may have been computed without leave-one-out runs: they are not compared.
    thresholds : ChangeThresholds, optional
        Those of ``chapters/comparisons.yaml`` by default.
    """
    declared = load_thresholds() if thresholds is None else thresholds
    studies = _differing(before.study_hashes, after.study_hashes)
    files = _differing(before.file_hashes, after.file_hashes)
    method = _method(before, after)
    # Judgements, searches and forms of second readings make no number.
    read = tuple(mover for mover in files if mover.name in SHARED_DATA)
    comparisons = []
    for one in dict.fromkeys((*after.numbers, *before.numbers)):
        pair = before.numbers.get(one), after.numbers.get(one)
        concerned = _concerned(pair)
        inside = tuple(mover for mover in studies if mover.name in concerned)
        shared = (*inside, *read, *method)
        comparisons.append(_comparison(one, pair, inside, shared, declared))
    return Impact(studies, files, method, tuple(comparisons))


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Mover, ...]:
    found = []
    for name in sorted({*before, *after}):
        if name not in before:
            found.append(Mover(name, ADDED))
        elif name not in after:
            found.append(Mover(name, REMOVED))
        elif before[name] != after[name]:
            found.append(Mover(name, CORRECTED))
    return tuple(found)


def _method(before: State, after: State) -> tuple[Mover, ...]:
    found = []
    if before.method_hash != after.method_hash:
        found.append(Mover("method", "changed: the code or the declared comparisons"))
    for name in sorted({*before.software, *after.software}, key=str.casefold):
        versions = before.software.get(name), after.software.get(name)
        if before.software and versions[0] != versions[1]:
            found.append(Mover(name, " to ".join(one or "none" for one in versions)))
    return tuple(found)


def _concerned(pair: tuple[dict[str, Any] | None, ...]) -> set[str]:
    found: set[str] = set()
    for frozen in pair:
        if frozen is not None:
            found |= {*frozen.get("studies_concerned", ()), *frozen["headline"]["studies_read"]}
    return found


def _comparison(
    comparison_id: str,
    pair: tuple[dict[str, Any] | None, dict[str, Any] | None],
    studies: tuple[Mover, ...],
    shared: tuple[Mover, ...],
    thresholds: ChangeThresholds,
) -> ComparisonImpact:
    before, after = ({} if one is None else quantities_of(one) for one in pair)
    figures = []
    for key in dict.fromkeys((*after, *before)):
        old, new = before.get(key), after.get(key)
        change = classify(old, new, thresholds)
        if change is not Change.NO_CHANGE:
            figures.append(FigureChange(key, change, old, new, _movers(old, new, shared)))
    labels = (pair[1] or pair[0] or {}).get("labels", {})
    change = _class(figures, pair, studies)
    return ComparisonImpact(comparison_id, change, studies, tuple(figures), labels)


def _class(
    figures: list[FigureChange],
    pair: tuple[dict[str, Any] | None, dict[str, Any] | None],
    studies: tuple[Mover, ...],
) -> Change:
    """The strongest change of an answer; "no change" only where nothing at all differs."""
    answers = strongest([one.change for one in figures if one.leads])
    if answers.moved:
        return answers
    if any(one.change.moved for one in figures):
        return Change.BESIDE
    same = _comparable(pair[0]) == _comparable(pair[1])
    return Change.NO_CHANGE if same and not figures and not studies else Change.NO_EFFECT


def _comparable(frozen: dict[str, Any] | None) -> Any:
    """The headline numbers without runs that leave one study out."""
    if frozen is None:
        return None
    headline = frozen["headline"]
    outcomes = {
        name: found
        | {
            "scenarios": {
                scenario: numbers
                for scenario, numbers in found["scenarios"].items()
                if not scenario.startswith(LEAVE_ONE_OUT)
            }
        }
        for name, found in headline["outcomes"].items()
    }
    return headline | {"outcomes": outcomes}


def _movers(
    before: Quantity | None, after: Quantity | None, shared: tuple[Mover, ...]
) -> tuple[Mover, ...]:
    """Studies whose figures differ; what all share where none does, or beside them."""
    if before is None or after is None:
        # What the missing one was made of is not known: only changed studies can be named.
        inputs = (before or after).inputs
        return tuple(mover for mover in shared if mover.name in inputs) or shared
    old, new = before.inputs, after.inputs
    found = []
    for study in sorted({*old, *new}):
        if study not in old:
            found.append(Mover(study, ENTERED))
        elif study not in new:
            found.append(Mover(study, LEFT))
        elif old[study] != new[study]:
            found.append(Mover(study, ALTERED))
    if not found:
        return shared
    # A study that did not change itself came or went by a rule or a method.
    changed = {mover.name for mover in shared}
    by_rule = any(mover.name not in changed for mover in found)
    named = {mover.name for mover in found}
    rules = tuple(m for m in shared if m.did in (ADDED, CORRECTED, REMOVED) and m.name not in named)
    return (*found, *(r for r in rules if by_rule))
