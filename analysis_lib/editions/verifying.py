"""Rebuild an edition from its tag and compare every number with its file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.editions.edition_file import read_edition
from analysis_lib.editions.repository import Repository, tag_of
from analysis_lib.exceptions import InvalidInputError, ReviewError

#: Where the edition's numbers are computed: in a new environment, or in this one.
ENVIRONMENTS = ("clean", "current")

#: Prints the state of the checked-out tree as JSON, by the edition's own code.
_NUMBERS = ("-m", "analysis_lib", "edition", "numbers")


@dataclass(frozen=True)
class Verification:
    """What a rebuild found.

    ``n_numbers`` were compared; ``differences`` names each leaf that differs, with both values;
    ``versions`` are packages whose version is not the edition's.
    """

    number: str
    n_numbers: int
    differences: tuple[str, ...]
    versions: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Every number and the evidence itself are what the file says."""
        return not self.differences


def verify_edition(
    number: str, *, environment: str = "clean", repository: Repository | None = None
) -> Verification:
    """Check an edition out of its tag, compute it again, compare every number with its file.

    Parameters
    ----------
    number : str
        ``yyyy.n``.
    environment : {"clean", "current"}
        A new environment from the edition's own ``requirements.txt`` (minutes, needs the package
        registry), or the one this runs in.
    repository : Repository, optional
        The project's own by default.

    Raises
    ------
    InvalidInputError
        No such tag, or no such environment.
    ReviewError
        The edition's own code failed.
    """
    if environment not in ENVIRONMENTS:
        raise InvalidInputError(f"environment must be one of {', '.join(ENVIRONMENTS)}")
    place = Repository() if repository is None else repository
    tag, name = tag_of(number), f"data/editions/{number}.json"
    kept = place.text(tag, name)
    if kept is None:
        raise InvalidInputError(f"no tag {tag} with a file {name}: git fetch --tags, or cut it")
    with tempfile.TemporaryDirectory(prefix=f"{tag}-") as folder:
        checkout = Path(folder) / "edition"
        place.git("clone", "--quiet", "--shared", "--branch", tag, str(place.root), str(checkout))
        python = _python(checkout, Path(folder) / "environment", environment)
        again = json.loads(_run([python, *_NUMBERS], checkout))
    here = place.root / name
    edited = here.is_file() and here.read_text(encoding="utf-8") != kept
    return _compared(number, read_edition(kept, name).state, again, edited=edited)


def _compared(number: str, state: Any, again: dict, *, edited: bool) -> Verification:
    numbers = dict(leaves(state.numbers, ""))
    found = dict(leaves(again["numbers"], ""))
    differences = [
        f"{leaf}: file {numbers.get(leaf, 'nothing')}, rebuilt {found.get(leaf, 'nothing')}"
        for leaf in dict.fromkeys((*numbers, *found))
        if leaf not in numbers or leaf not in found or numbers[leaf] != found[leaf]
    ]
    if again["data_hash"] != state.data_hash:
        differences.append("data_hash: the tag's evidence is not what was frozen")
    if edited:
        differences.append(f"data/editions/{number}.json: the file here is not the tag's")
    versions = tuple(
        f"{name} {again['software'].get(name, 'none')} (edition: {version})"
        for name, version in state.software.items()
        if again["software"].get(name) != version
    )
    counted = sum(isinstance(v, int | float) and not isinstance(v, bool) for v in numbers.values())
    return Verification(number, counted, tuple(differences), versions)


def leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every number, text and null of nested data, by its dotted place; empty lists too."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{name}[{index}]")
    else:
        yield name, value


def _python(checkout: Path, folder: Path, environment: str) -> str:
    if environment == "current":
        return sys.executable
    _run([sys.executable, "-m", "venv", str(folder)], checkout)
    python = str(folder / "bin" / "python")
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([python, *install, "-r", "requirements.txt"], checkout)
    return python


def _run(command: Sequence[str], folder: Path) -> str:
    """Output of a command in the checked-out edition, which sees its own code first."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise ReviewError(f"{' '.join(command[-3:])} failed in the edition's tree:\n{tail}")
    return done.stdout
