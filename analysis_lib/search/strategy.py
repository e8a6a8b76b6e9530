"""What is searched where, and whose address a search gives."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import DATA
from analysis_lib.study_records.search_files import SearchFiles

#: Name of the git-ignored file beside ``data/``, and of the environment variable.
CONTACT_FILE, CONTACT_VARIABLE = ".lsr.toml", "LSR_EMAIL"

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True)
class Database:
    """A database, the service that answers for it, and the query in its own syntax."""

    id: str
    label: str
    service: str
    query: str


@dataclass(frozen=True)
class Strategy:
    """``data/searches/strategy.yaml`` as far as searching and screening use it.

    Attributes
    ----------
    reasons, report_reasons : mapping of str to str
        Code and label, in order of precedence.
    """

    databases: tuple[Database, ...]
    first_search_from: date
    overlap_days: int
    readers: int
    reasons: Mapping[str, str]
    report_reasons: Mapping[str, str]

    def label(self, database: str) -> str:
        """A database's name for readers; its code where the strategy does not know it."""
        return next((known.label for known in self.databases if known.id == database), database)


def strategy_of(files: SearchFiles) -> Strategy:
    """The strategy of checked search files."""
    raw = files.strategy
    names = ("id", "label", "service", "query")
    return Strategy(
        databases=tuple(Database(*(db[name] for name in names)) for db in raw["databases"]),
        first_search_from=date.fromisoformat(raw["first_search_from"]),
        overlap_days=raw["overlap_days"],
        readers=raw["readers"],
        reasons={code: entry[0] for code, entry in raw["exclusion_reasons"].items()},
        report_reasons={code: entry[0] for code, entry in raw["report_exclusion_reasons"].items()},
    )


def search_from(files: SearchFiles, database: str) -> date:
    """First day that the next search of a database asks for.

    The last search's end less the overlap: databases add records late, and what comes
    twice is recognised. Imports do not count, because their range may not be known.
    """
    strategy = strategy_of(files)
    ends = [
        date.fromisoformat(asked["to"])
        for search in files.searches.values()
        if search["kind"] == "run"
        for asked in search["asked"]
        if asked["database"] == database and asked["to"]
    ]
    if not ends:
        return strategy.first_search_from
    return max(strategy.first_search_from, max(ends) - timedelta(days=strategy.overlap_days))


def contact_email(
    *, environment: Mapping[str, str] = os.environ, folder: Path = DATA.parent
) -> str:
    """The address that a search tells the databases, so that they can write before they block.

    Raises
    ------
    InvalidInputError
        It is set nowhere, or is no address.
    """
    path = folder / CONTACT_FILE
    said, where = environment.get(CONTACT_VARIABLE, "").strip(), CONTACT_VARIABLE
    if not said and path.exists():
        said, where = _email_in(path), CONTACT_FILE
    if not said:
        raise InvalidInputError(
            f"no e-mail address for the databases: set {CONTACT_VARIABLE}, or write "
            f'email = "you@example.org" into {CONTACT_FILE} beside data/ (git ignores it)'
        )
    if not _EMAIL.fullmatch(said):
        raise InvalidInputError(f"{where}: must be an e-mail address, was {said[:60]!r}")
    return said


def _email_in(path: Path) -> str:
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8")).get("email", "")).strip()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        rule = 'must hold one line such as email = "you@example.org"'
        raise InvalidInputError(f"{path.name}: {rule}: {error}") from error
