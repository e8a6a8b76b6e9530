"""Definitions of harms that say the same in other words, as ``chapters/harms.yaml`` declares them.

Papers, and whoever read them, write counts and methods into a definition ("any; 4 symptomatic").
A pool holds one meaning: words that are declared to say the same stand for one definition, all
other words stand for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.study_records.checked_file import load_file
from analysis_lib.study_records.loader import ROOT

HARMS = ROOT / "chapters" / "harms.yaml"


@dataclass(frozen=True)
class HarmDefinition:
    """One meaning and the records' own words for it.

    ``stated`` is False for words that say how a figure was made and not what was counted.
    """

    id: str
    label: str
    stated: bool
    recorded_as: tuple[str, ...]


def normal(words: str) -> str:
    """Words without what no meaning hangs on: capitals and spaces."""
    return " ".join(words.casefold().split())


def load_harm_definitions(path: Path = HARMS) -> tuple[HarmDefinition, ...]:
    """The declared definitions; :class:`InvalidRecordsError` where the file breaks its schema."""
    return tuple(
        HarmDefinition(**{**row, "recorded_as": tuple(row["recorded_as"])})
        for row in read_harms(path)[0].get("definitions", ())
    )


def declared_definition(words: str | None) -> HarmDefinition | None:
    """The declared definition that these words of a record stand for, if there is one."""
    if words is None:
        return None
    return _by_words(HARMS, HARMS.stat().st_mtime_ns).get(normal(words))


def read_harms(path: Path = HARMS) -> tuple[dict[str, Any], dict[str, int]]:
    """The file as it stands, and the line of each field."""
    return _read_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_once(path: Path, stamp: int) -> tuple[dict[str, Any], dict[str, int]]:
    return load_file(path, schema=HARMS.with_suffix(".schema.json"))


@lru_cache(maxsize=2)
def _by_words(path: Path, stamp: int) -> Mapping[str, HarmDefinition]:
    return {normal(words): one for one in load_harm_definitions(path) for words in one.recorded_as}
