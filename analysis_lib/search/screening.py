"""Where each candidate stands: not yet read, in dispute, in, or out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.search.agreement import Agreement, cohen_kappa
from analysis_lib.search.decisions import latest
from analysis_lib.search.strategy import Strategy, strategy_of
from analysis_lib.study_records.search_files import SearchFiles

DECISIONS = ("include", "exclude", "unsure")

WAITING, DISPUTED, INCLUDED, EXCLUDED = "waiting", "disputed", "included", "excluded"


@dataclass(frozen=True)
class Standing:
    """One candidate and what was decided on it.

    Attributes
    ----------
    entry : mapping
        The candidate as its search file has it.
    found_on : str
        Date of the search that found it.
    by_reader : mapping of str to mapping
        The decision that counts of each reader.
    state : str
        ``waiting`` (too few readers), ``disputed``, ``included`` or ``excluded``.
    reason : str or None
        Code of the reason; None unless excluded.
    """

    entry: Mapping[str, Any]
    found_on: str
    by_reader: Mapping[str, Mapping[str, Any]]
    state: str
    reason: str | None = None

    @property
    def id(self) -> str:
        """The candidate's id."""
        return self.entry["id"]


def standings(files: SearchFiles, *, until: str | None = None) -> tuple[Standing, ...]:
    """Every candidate in the order found, as of the end of the day ``until`` (default: now).

    A settlement counts before the readers. Without one, as many readers as the strategy
    asks for must agree on including or on excluding; ``unsure`` is never agreement.
    """
    strategy = strategy_of(files)
    readers = {name: latest(lines, until=until) for name, lines in sorted(files.decisions.items())}
    settled = latest(files.settled, until=until)
    found = []
    for search in files.searches.values():
        if until is not None and search["date"] > until:
            continue
        for entry in search["candidates"]:
            own = {name: told[entry["id"]] for name, told in readers.items() if entry["id"] in told}
            state, reason = _state(own, settled.get(entry["id"]), strategy)
            found.append(Standing(entry, search["date"], own, state, reason))
    return tuple(found)


def _state(
    own: Mapping[str, Mapping], settled: Mapping | None, strategy: Strategy
) -> tuple[str, str | None]:
    if settled:
        return (INCLUDED if settled["decision"] == "include" else EXCLUDED), settled["reason"]
    said = {told["decision"] for told in own.values()}
    if len(own) < strategy.readers:
        return WAITING, None
    if said == {"include"}:
        return INCLUDED, None
    if said == {"exclude"}:
        given = {told["reason"] for told in own.values()}
        return EXCLUDED, next(reason for reason in strategy.reasons if reason in given)
    return DISPUTED, None


def to_screen(found: Sequence[Standing], reader: str) -> tuple[Standing, ...]:
    """What this reader has not judged, unless it is settled or decided without them.

    A candidate that two others agreed on is not asked again.
    """
    return tuple(s for s in found if reader not in s.by_reader and s.state == WAITING)


def agreement_table(found: Sequence[Standing], first: str, second: str) -> list[list[int]]:
    """Counts of judgements by both readers, in the order of :data:`DECISIONS`."""
    table = [[0] * len(DECISIONS) for _ in DECISIONS]
    for standing in found:
        told = [standing.by_reader.get(name) for name in (first, second)]
        if all(told):
            row, column = (DECISIONS.index(entry["decision"]) for entry in told)
            table[row][column] += 1
    return table


def agreements(found: Sequence[Standing]) -> tuple[tuple[str, str, Agreement | str], ...]:
    """Kappa of each pair of readers who judged the same candidates, or why there is none."""
    names = sorted({name for standing in found for name in standing.by_reader})
    pairs: list[tuple[str, str, Agreement | str]] = []
    for first, second in combinations(names, 2):
        try:
            result: Agreement | str = cohen_kappa(agreement_table(found, first, second))
        except InvalidInputError:
            continue
        except NotIdentifiedError as error:
            result = str(error)
        pairs.append((first, second, result))
    return tuple(pairs)
