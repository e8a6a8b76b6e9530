"""Decisions on candidates, kept so that nothing entered is lost.

One file per reader, ``data/searches/screening/<reader>.yaml``, to which each key appends one
line that is a whole YAML list entry. Why this form:

- *kill -9*: a line is one ``write`` to a file opened for appending, on disk (``fsync``) before
  the next candidate is shown. Nothing that stood there is touched, so a process that dies can
  at worst leave out its last line. Only a power cut can leave half a line; the next session
  removes it, says so, and asks again.
- *two people at once*: two readers have two files. The same reader in two terminals is refused
  (``flock``).
- *git*: branches that both screened append to the same file, and ``.gitattributes`` keeps the
  lines of both (``merge=union``). Order carries no meaning: of one candidate the line with the
  latest time counts.
- *people*: it is YAML, checked and reported like any other evidence file.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidInputError, ReviewError
from analysis_lib.study_records import DATA
from analysis_lib.study_records.search_files import SETTLED, decision_file

_READER = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def reader_name(text: str) -> str:
    """A reader's name as a file name: ``A`` is ``a``.

    Raises
    ------
    InvalidInputError
        Other characters, or the name of the settlements.
    """
    name = text.strip().lower()
    if not _READER.fullmatch(name) or name == SETTLED:
        rule = f"letters, digits and hyphens, and not {SETTLED!r}"
        raise InvalidInputError(f"a reader's name must be {rule}, was {text[:40]!r}")
    return name


def moment_now() -> str:
    """This second in universal time, as decisions are dated."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class AppendedFile:
    """A file that only grows by whole lines, held by one process.

    Parameters
    ----------
    path : Path
        Made when it is missing, on the first line.

    Attributes
    ----------
    torn : str
        Half a line that an earlier power cut left and that was removed; else empty.

    Raises
    ------
    ReviewError
        Another process holds the file.
    """

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._handle = _held(path)
        self.torn = self._mend()

    def _mend(self) -> str:
        """Remove what stands after the last line's end: it was never said to be kept."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(self._handle, whole)
        return content[whole:].decode("utf-8", errors="replace")

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one entry; on disk when this returns."""
        line = f"- {json.dumps(entry, ensure_ascii=True)}\n".encode()
        if os.write(self._handle, line) != len(line):
            self._mend()
            raise ReviewError(f"{self.path.name}: the disk is full; the last key was not kept")
        os.fsync(self._handle)

    def close(self) -> None:
        """Let go of the file; one that holds nothing is removed."""
        if self.path.exists() and self.path.stat().st_size == 0:
            self.path.unlink()
        os.close(self._handle)

    def __enter__(self) -> AppendedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _held(path: Path) -> int:
    """A handle on the file of that name, locked; never on one that was removed meanwhile."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            who = f"{path.stem} is open in another terminal"
            raise ReviewError(f"{who}: finish there, or screen as another reader") from error
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            return handle
        os.close(handle)


def latest(entries: Iterable[Mapping[str, Any]], *, until: str | None = None) -> dict[str, Mapping]:
    """The entry that counts for each candidate: the latest, not after the day ``until``.

    Of entries of one second the later line counts: going back and deciding anew can be quick.
    """
    chosen: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if until is not None and entry["at"][:10] > until:
            continue
        before = chosen.get(entry["candidate"])
        if before is None or entry["at"] >= before["at"]:
            chosen[entry["candidate"]] = entry
    return chosen


def open_decisions(
    reader: str, *, data: Path = DATA, opener: Callable[[Path], AppendedFile] = AppendedFile
) -> AppendedFile:
    """The reader's file, held for this session."""
    return opener(decision_file(reader_name(reader), data))
