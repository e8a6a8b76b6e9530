"""The whole evidence at one moment: what it holds, what made its numbers, the numbers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis_lib.comparison import ComparisonResult, compare, load_declarations
from analysis_lib.comparison.dependencies import studies_concerning
from analysis_lib.comparison.harms import HarmPool, SideHarms
from analysis_lib.comparison.kept import computing_files
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import OutcomeResult
from analysis_lib.editions import headline
from analysis_lib.editions.headline import headline_numbers
from analysis_lib.files import fingerprint
from analysis_lib.study_records import (
    DATA,
    ROOT,
    StudyRecord,
    load_overlaps,
    load_records,
    study_files,
)

REQUIREMENTS = ROOT / "requirements.txt"

#: Folders of ``data/`` that are no evidence of an edition: what is kept of editions, and a
#: centre's own patients, on which no published number depends.
_NO_EVIDENCE = ("editions", "institutional")

#: Made from the records by the build.
_MADE = ("README.md",)


@dataclass(frozen=True)
class State:
    """Evidence and numbers of one moment.

    Attributes
    ----------
    data_hash : str
        Fingerprint of every evidence file.
    study_hashes : dict
        Fingerprint of each study's folder, by study id.
    file_hashes : dict
        Fingerprint of every other evidence file, by path below ``data/``.
    method_hash : str
        Fingerprint of the declared comparisons and of the code that computes.
    software : dict
        Versions: ``python``, and every pinned package by name.
    numbers : dict
        By comparison: :func:`frozen_numbers`.
    """

    data_hash: str
    study_hashes: Mapping[str, str]
    file_hashes: Mapping[str, str]
    method_hash: str
    software: Mapping[str, str]
    numbers: Mapping[str, dict[str, Any]]


def state_of(results: Mapping[str, ComparisonResult], *, data: Path = DATA) -> State:
    """The state whose comparisons have been computed already."""
    records = load_records(data)
    numbers = {name: frozen_numbers(result, records) for name, result in results.items()}
    return _state(numbers, data)


def _state(numbers: Mapping[str, dict[str, Any]], data: Path) -> State:
    """The numbers with the fingerprints of the evidence they were computed from."""
    whole, studies, files = evidence_hashes(data)
    return State(whole, studies, files, method_hash(), software_versions(), numbers)


def evidence_hashes(data: Path = DATA) -> tuple[str, dict[str, str], dict[str, str]]:
    """One hash of all evidence, one of each study's folder, one of each other file."""
    studies = {
        path.parent.name: fingerprint(_evidence(path.parent), root=data)
        for path in study_files(data)
    }
    others = [
        path
        for path in _evidence(data)
        if path.relative_to(data).parts[0] not in ("studies", *_NO_EVIDENCE, *_MADE)
    ]
    files = {path.relative_to(data).as_posix(): fingerprint([path], root=data) for path in others}
    named = [f"{name} {found}" for part in (studies, files) for name, found in part.items()]
    return fingerprint([], root=data, extra=named), studies, files


def current_state(
    *, data: Path = DATA, leave_one_out: bool = True, only: Iterable[str] | None = None
) -> State:
    """The state of an evidence folder, computed; comparisons side by side, one process a core.

    Parameters
    ----------
    data : Path
        The evidence; the project's own by default.
    leave_one_out : bool
        Also the runs without each study in turn, which a difference of two states does not
        need: they follow from the same inputs, and their number grows with the studies.
    only : iterable of str, optional
        Ids of comparisons; all by default.

    Raises
    ------
    InvalidRecordsError
        The evidence files break rules.
    """
    records = load_records(data)
    wanted = [d.id for d in load_declarations() if only is None or d.id in set(only)]
    with ProcessPoolExecutor(
        min(os.cpu_count() or 1, len(wanted)),
        mp_context=get_context("spawn"),
        initializer=_receive,
        initargs=(records, load_overlaps(data)),
    ) as pool:
        jobs = {one: pool.submit(_frozen, one, leave_one_out) for one in wanted}
        return _state({one: job.result() for one, job in jobs.items()}, data)


#: Of a process that computes: the evidence, read and checked once by the process that asks.
_received: dict[str, Any] = {}


def _receive(records: tuple[StudyRecord, ...], overlaps: dict[str, Any]) -> None:
    _received.update(records=records, overlaps=overlaps)


def _frozen(comparison_id: str, leave_one_out: bool) -> dict[str, Any]:
    """The numbers alone go back: a result holds every pseudo-patient."""
    records, overlaps = _received["records"], _received["overlaps"]
    result = compare(comparison_id, records, overlaps=overlaps, leave_one_out=leave_one_out)
    return frozen_numbers(result, records)


def frozen_numbers(result: ComparisonResult, records: Iterable[StudyRecord]) -> dict[str, Any]:
    """Everything an edition keeps of a comparison, as plain JSON data.

    Returns
    -------
    dict
        ``headline`` (:func:`headline_numbers`), ``studies_concerned`` (ids of records that can
        change it), ``labels`` (of sides, by id), ``pools`` (per outcome, the arms of each pool by
        side) and ``harm_pools`` (what each pooled harm is, in the order of the headline).
    """
    return {
        "headline": headline_numbers(result),
        "studies_concerned": list(studies_concerning(result.declaration, records)),
        "labels": {side.id: side.label for side in result.declaration.sides},
        "pools": {o.outcome: [_pool(o, pool) for pool in o.pools] for o in result.outcomes},
        "harm_pools": [
            {side.id: [_harm_pool(side, pool) for pool in side.pools] for side in found.sides}
            for found in result.harms
        ],
    }


def _pool(outcome: OutcomeResult, pool: Pool) -> dict[str, Any]:
    return {
        "class": list(pool.pool_class) if pool.pool_class else None,
        "arms": {
            side.id: [f"{arm.study_id}/{arm.arm_id}" for arm in pool.arms(side)]
            for side in outcome.sides
        },
    }


def _harm_pool(side: SideHarms, pool: HarmPool) -> dict[str, Any]:
    """What a pool of harms is, and the counts of its studies."""
    return {
        "definition": pool.definition,
        "unit": pool.unit,
        "second_hand": pool.second_hand,
        "n": pool.pooled.n,
        "studies": {
            study: [[r.n_events, r.n_at_risk] for r in side.rows if r.study_id == study]
            for study in pool.study_ids
        },
    }


@lru_cache(maxsize=1)
def method_hash() -> str:
    """Fingerprint of the declared comparisons and of the code that computes."""
    return fingerprint([*computing_files(), Path(headline.__file__)], root=ROOT)


@lru_cache(maxsize=1)
def software_versions() -> dict[str, str]:
    """Python's version and those of the pinned packages that are installed."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    names = [found[1] for line in lines if (found := re.match(r"([A-Za-z0-9_.-]+)==", line))]
    versions = {"python": ".".join(str(part) for part in sys.version_info[:3])}
    for name in sorted(names, key=str.casefold):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _evidence(folder: Path) -> list[Path]:
    """Files below a folder; hidden ones are an editor's."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
