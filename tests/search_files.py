"""Synthetic searches for tests: candidates of nothing, decisions of nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml

from analysis_lib.search.candidates import candidate
from analysis_lib.study_records import DATA


def evidence(folder: Path, *, studies: bool = False) -> Path:
    """An evidence folder with the real strategy, no search, and no study unless asked for."""
    data = folder / "data"
    (data / "searches").mkdir(parents=True)
    (data / "studies").mkdir()
    shutil.copy(DATA / "searches" / "strategy.yaml", data / "searches")
    if studies:
        shutil.copytree(DATA / "studies", data / "studies", dirs_exist_ok=True)
    return data


def paper(number: int, **more) -> dict:
    """Fields of one invented paper."""
    fields = {
        "title": f"Synthetic paper number {number} on nothing that anybody did",
        "abstract": f"Invented abstract {number}.",
        "authors": f"Doe {number}",
        "year": 2026,
        "journal": "J Synth",
        "doi": f"10.9999/synth.{number}",
        "pmid": str(91_000_000 + number),
    }
    return fields | more


def found(*papers: dict, database: str = "pubmed") -> list:
    """Candidates of invented papers."""
    return [candidate(database, fields) for fields in papers]


def write_search(data: Path, day: str, papers: list[dict], duplicates: list[dict] = (), **more):
    """A search file of one database, written by hand; returns the candidates' ids."""
    candidates = found(*papers)
    raw = {
        "schema_version": 1,
        "date": day,
        "kind": "run",
        "asked": [
            {
                "database": "pubmed",
                "query": "synthetic",
                "from": "2026-01-01",
                "to": day,
                "file": None,
                "sha256": None,
                "hits": len(candidates) + len(duplicates),
                "notes": [],
            }
        ],
        "duplicates": list(duplicates),
        "candidates": [c.as_entry() for c in candidates],
    }
    (data / "searches" / f"{day}.yaml").write_text(yaml.safe_dump(raw | more, sort_keys=False))
    return [c.id for c in candidates]


def decide(data: Path, reader: str, decisions: dict[str, str], at: str = "2026-12-02") -> None:
    """Lines of a reader: candidate id to ``include``, ``unsure`` or the code of a reason."""
    path = data / "searches" / "screening" / f"{reader}.yaml"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        for name, said in decisions.items():
            plain = said in ("include", "unsure")
            entry = {
                "candidate": name,
                "decision": said if plain else "exclude",
                "reason": None if plain else said,
                "at": f"{at}T10:00:00Z",
            }
            if reader == "settled":
                entry["by"] = "c"
            file.write(f"- {json.dumps(entry)}\n")
