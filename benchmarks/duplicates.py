"""How long taking the duplicates out of 5,000 candidates lasts, and whether all are found.

Run ``python benchmarks/duplicates.py [--json FILE] [--candidates N]``.

Candidates are synthetic. A PubMed export (.nbib, abstracts of some 230 words) is imported into a
folder that holds the review's own studies and as many candidates seen before. Three in five
records of the export are duplicates whose truth is known: the DOI in capitals with its address,
the PMID under another title, or the title alone in capitals with the year one off. ``missed`` and
``wrong`` count against that truth. The time is of the whole import: the export read, the earlier
search read and checked against its schema, every record compared, the dated file written;
``processor_seconds`` is what of it this process worked, the rest was waiting for the machine.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

from analysis_lib.search import import_search
from analysis_lib.study_records import DATA

WORDS = [
    *("brain", "metastases", "salvage", "radiosurgery", "resection", "patients", "survival"),
    *("local", "control", "recurrence", "median", "months", "dose", "lesion", "volume"),
    *("toxicity", "necrosis", "cohort", "progression", "whole", "adjuvant"),
]


def paper(number: int, draw: random.Random) -> dict[str, str | None]:
    """One invented paper, its title unlike that of any other number."""
    title = " ".join(draw.choices(WORDS, k=9))
    return {
        "pmid": str(80_000_000 + number),
        "doi": f"10.9999/bench.{number}",
        "title": f"Synthetic {number}: {title}",
        "year": "2020",
        "abstract": " ".join(draw.choices(WORDS, k=230)),
    }


def again(seen: dict[str, str | None], kind: int, number: int) -> dict[str, str | None]:
    """A paper as another database gives it: recognised by DOI, PMID or title only."""
    if kind == 0:
        doi = f"https://doi.org/{str(seen['doi']).upper()}"
        return seen | {"pmid": None, "doi": doi, "title": f"Other {number} entirely, {number}"}
    if kind == 1:
        return seen | {"doi": None, "title": f"Another {number} title of this, {number}"}
    title = str(seen["title"]).upper()
    return seen | {"pmid": None, "doi": None, "title": title, "year": "2021"}


def medline(papers: list[dict[str, str | None]]) -> str:
    """The papers as PubMed exports them."""
    blocks = []
    for p in papers:
        doi = f"\nLID - {p['doi']} [doi]" if p["doi"] else ""
        blocks.append(
            f"PMID- {p['pmid'] or '0'}\nDP  - {p['year']}\nTI  - {p['title']}{doi}\n"
            f"AB  - {p['abstract']}\nAU  - Doe J\nTA  - J Synth"
        )
    return "\n\n".join(blocks) + "\n"


def measure(n: int) -> dict[str, float | int]:
    """Import ``n`` records after ``n`` others; seconds, and errors against the truth."""
    draw = random.Random(5)
    known = [paper(number, draw) for number in range(n)]
    shared = 3 * n // 5
    fresh = [paper(n + number, draw) for number in range(n - shared)]
    repeated = [again(known[i], i % 3, i) for i in range(shared)]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(DATA / "studies", data / "studies")
        (data / "searches").mkdir()
        shutil.copy(DATA / "searches" / "strategy.yaml", data / "searches")
        for name, papers in (("first", known), ("second", repeated + fresh)):
            (Path(folder) / f"{name}.nbib").write_text(medline(papers), encoding="utf-8")
        import_search(Path(folder) / "first.nbib", today=date(2026, 1, 1), data=data)
        start, worked = perf_counter(), process_time()
        report = import_search(Path(folder) / "second.nbib", today=date(2026, 2, 1), data=data)
        seconds, processor = perf_counter() - start, process_time() - worked
    truth = {str(p["title"]) for p in repeated}
    told = {d.candidate.title for d in report.duplicates}
    return {
        "candidates": n,
        "seen_before": n,
        "duplicates": shared,
        "missed": len(truth - told),
        "wrong": len(told - truth),
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
    }


def main() -> None:
    """Measure, print, and write the result where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where to write the result")
    parser.add_argument("--candidates", type=int, default=5000)
    arguments = parser.parse_args()
    row = measure(arguments.candidates)
    print(", ".join(f"{name} {value}" for name, value in row.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": [row]}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
