"""Cutting an edition: checked, frozen, committed and tagged, whatever interrupts it.

Until the tests have passed nothing is written. Then a journal in ``_build`` holds every
file as it was and as it will be; after that each step may be done twice. A run that
finds a journal finishes that edition first; it never writes over a file that is neither
what it was nor what it will be.
"""

from __future__ import annotations

import datetime
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.comparison import load_declarations
from analysis_lib.editions.edition_file import (
    Edition,
    check_editions,
    edition_text,
    evidence_of,
    load_editions,
    next_number,
    number_parts,
)
from analysis_lib.editions.impact import impact
from analysis_lib.editions.release_notes import cited, released, unsaid, zenodo
from analysis_lib.editions.repository import Repository, tag_of
from analysis_lib.editions.state import State, current_state
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, ReviewError
from analysis_lib.files import remove_unfinished, write_text

CHANGELOG, CITATION, ZENODO = "CHANGELOG.md", "CITATION.cff", ".zenodo.json"

#: Runs every test in a folder; True when they pass.
TestRunner = Callable[[Path], bool]


class EditionRefusedError(ReviewError):
    """An edition cannot be cut; the message lists why and what to do."""


@dataclass(frozen=True)
class Cut:
    """What a cut made: the edition's number, its tag, and whether an earlier run had begun it."""

    number: str
    tag: str
    resumed: bool


def run_tests(root: Path) -> bool:
    """``make test``, its output shown as it comes."""
    return subprocess.run(["make", "test"], cwd=root, check=False).returncode == 0


def cut_edition(
    *,
    date: str,
    number: str | None = None,
    repository: Repository | None = None,
    tests: TestRunner = run_tests,
    state: Callable[[], State] = current_state,
) -> Cut:
    """Cut the next edition, or finish the one that an interrupted run began.

    Parameters
    ----------
    date : str
        Day of cutting, ``yyyy-mm-dd``.
    number : str, optional
        ``yyyy.n``; the one that follows by default.
    repository : Repository, optional
        The project's own by default.
    tests : callable
        Runs every test.
    state : callable
        Computes what is frozen.

    Raises
    ------
    EditionRefusedError
        The tree is not clean, a test fails, the changelog does not say what moved, or an
        interrupted cut met a file that somebody changed since.
    InvalidInputError
        The number is malformed, taken or of another year; the day is none, or before the last
        edition or the last reading.
    """
    place = Repository() if repository is None else repository
    journal = place.root / "_build" / "edition-cut.json"
    if journal.is_file():
        return _finish(place, journal, resumed=True)
    _require_clean(place)
    editions = _sound_editions(place.root)
    _require_day(place, date, editions)
    chosen = number or next_number(editions, year=int(date[:4]))
    _require_free(place, chosen, editions)
    if number_parts(chosen)[0] != int(date[:4]):
        raise InvalidInputError(f"edition {chosen} must be of the year of its day, {date}")
    frozen = state()
    _require_said(place.root, editions, frozen)
    if not tests(place.root):
        raise EditionRefusedError("a test fails: mend it, then cut again; nothing was written")
    _require_clean(place)
    base = place.head()
    edition = Edition(chosen, date, *evidence_of(place.root / "data"), base, frozen)
    _begin(place.root, journal, edition)
    return _finish(place, journal, resumed=False)


def _sound_editions(root: Path) -> tuple[Edition, ...]:
    folder = root / "data" / "editions"
    problems = check_editions(folder)
    if problems:
        raise InvalidRecordsError(problems)
    return load_editions(folder)


def _require_clean(place: Repository) -> None:
    changed = place.changed()
    if changed:
        shown = "\n".join(f"  {line}" for line in changed[:20])
        raise EditionRefusedError(
            f"the working tree is not clean: commit or restore first\n{shown}"
        )


def _require_day(place: Repository, date: str, editions: tuple[Edition, ...]) -> None:
    """A day as an edition's file holds it, not before what the edition is made of."""
    try:
        sound = datetime.date.fromisoformat(date).isoformat() == date
    except ValueError:
        sound = False
    if not sound:
        raise InvalidInputError(f"an edition's day must be such as 2026-11-22; was {date!r}")
    read, _ = evidence_of(place.root / "data")
    told = [(read, "the last reading or search")]
    told += [(one.date, f"edition {one.number}") for one in editions[-1:]]
    for day, what in told:
        if date < day:
            raise InvalidInputError(f"an edition of {date} must not be before {what}, {day}")


def _require_free(place: Repository, number: str, editions: tuple[Edition, ...]) -> None:
    parts = number_parts(number)
    if editions and parts <= editions[-1].order:
        raise InvalidInputError(f"edition {number} must follow {editions[-1].number}")
    if place.commit_of(tag_of(number)) is not None:
        raise InvalidInputError(f"the tag {tag_of(number)} exists: what was cut is never changed")


def _require_said(root: Path, editions: tuple[Edition, ...], frozen: State) -> None:
    moved = impact(editions[-1].state, frozen) if editions else None
    titles = {declared.id: declared.title for declared in load_declarations()}
    missing = unsaid((root / CHANGELOG).read_text(encoding="utf-8"), moved, titles)
    if missing:
        raise EditionRefusedError("\n".join(missing))


def _begin(root: Path, journal: Path, edition: Edition) -> None:
    """Write down every file as it was and as it will be: from here on the cut can be finished."""
    texts = {name: (root / name).read_text(encoding="utf-8") for name in (CHANGELOG, CITATION)}
    stamp = edition.number, edition.date
    after = {
        f"data/editions/{edition.number}.json": edition_text(edition),
        CHANGELOG: released(texts[CHANGELOG], *stamp),
        CITATION: cited(texts[CITATION], *stamp),
        ZENODO: zenodo(texts[CITATION], *stamp),
    }
    document = {
        "number": edition.number,
        "date": edition.date,
        "base": edition.cut_from,
        "before": {name: _read(root / name) for name in after},
        "after": after,
    }
    write_text(journal, json.dumps(document, indent=1) + "\n")


def _finish(place: Repository, journal: Path, *, resumed: bool) -> Cut:
    """Every step that is not done yet: files, commit, tag; then the journal is taken away."""
    plan = json.loads(journal.read_text(encoding="utf-8"))
    number, tag = plan["number"], tag_of(plan["number"])
    if place.head() == plan["base"]:
        _require_untouched(place.root, plan, journal)
        for name, text in plan["after"].items():
            remove_unfinished(place.root / name)
            write_text(place.root / name, text)
        place.git("add", "--", *plan["after"])
        place.git("commit", "--quiet", "-m", _message(plan), "--", *plan["after"])
    cut = place.commit_of("HEAD")
    if not _holds(place, cut, plan):
        raise EditionRefusedError(
            f"edition {number} was begun on {plan['base'][:12]} and HEAD has moved since: "
            f"git switch back to it and run again, or delete {_shown(place, journal)} to abandon"
        )
    if place.commit_of(tag) is None:
        place.git("tag", "-a", tag, "-m", f"Edition {number} of {plan['date']}", cut)
    journal.unlink()
    return Cut(number, tag, resumed)


def _require_untouched(root: Path, plan: Mapping, journal: Path) -> None:
    """Nobody's work is written over: each file is as it was, or as it will be."""
    touched = [
        name
        for name, text in plan["after"].items()
        if _read(root / name) not in (plan["before"][name], text)
    ]
    if touched:
        raise EditionRefusedError(
            f"a cut of edition {plan['number']} was interrupted, and since then somebody changed "
            f"{', '.join(touched)}: keep your change elsewhere and restore with "
            f"git checkout -- {' '.join(touched)}, then run again; or delete "
            f"{journal.relative_to(root).as_posix()} to abandon the cut"
        )


def _holds(place: Repository, commit: str | None, plan: Mapping) -> bool:
    """Whether a commit is the edition's: its parent is the base and it holds every file."""
    if commit is None or place.commit_of(f"{commit}~1") != plan["base"]:
        return False
    return all(place.text(commit, name) == text for name, text in plan["after"].items())


def _message(plan: Mapping) -> str:
    return (
        f"Cut edition {plan['number']}\n\n"
        "The evidence and every headline number of this day, frozen; what moved since the last "
        "edition stands in the changelog."
    )


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _shown(place: Repository, path: Path) -> str:
    return path.relative_to(place.root).as_posix()
