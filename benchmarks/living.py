"""How long checking the evidence and seeing an update's effect take as studies grow.

Run ``python benchmarks/living.py [--json FILE] [--studies N ...]``. For each size a
copy of the evidence folder gets so many synthetic studies beside the review's own (seeded;
evidence of nothing, in the mix of treatments, outcomes and roles that the review's own
records have, each about as long as one of them). Measured, each in a process of its own:

- ``validate``: every record read and every rule checked, as ``lsr validate`` does;
- ``impact``: the state of the folder computed and held against that of the review's own
  evidence, as ``lsr impact`` does (that state is read, not computed: an edition keeps it), so
  that every synthetic study is new.

Times are wall-clock on the machine that ran it, with ``cpu`` beside, which other work on
the machine does not stretch. ``slope`` is that of log time on log studies over all sizes:
at most 1 is no faster than linear.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from analysis_lib.study_records import DATA, ROOT

SIZES = (125, 250, 500, 1000)

#: Seconds at 1,000 studies.
LIMITS = {"validate": 5.0, "impact": 60.0}

#: How often each stands in the review's records.
TREATMENTS = {
    "re_resection": 26, "re_srs": 21, "litt": 19, "systemic_only": 18, "re_wbrt": 8,
    "re_resection_plus_brachytherapy": 14, "non_surgical": 8, "re_resection_alone": 6,
    "re_resection_plus_re_srs": 5, "re_hypofractionated_srt": 3,
}  # fmt: skip
ROLES = {"primary": 28, "sensitivity": 66, "none": 98}
DECISIONS = {"include": 59, "indirect": 8, "exclude": 39}
OUTCOMES = {"os": 60, "local_control": 30, "local_pfs": 4, "pfs": 6}

#: Measured in a process of its own: prints wall-clock and processor seconds.
_PROGRAM = """
import os, pickle, sys, time
from pathlib import Path
from analysis_lib.study_records import validate_data
from analysis_lib.consistency import audit_records
from analysis_lib.study_records import load_records
from analysis_lib.editions import current_state, impact
task, data, kept = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
def seconds():
    return time.perf_counter(), sum(os.times()[:4])
if __name__ == "__main__":
    start = seconds()
    if task == "validate":
        problems = validate_data(data)
        assert not problems, problems[:3]
        audit_records(load_records(data))  # Read above; kept by their files' times.
    else:
        state = current_state(data=data, leave_one_out=False)
        if kept.exists():
            found = impact(pickle.loads(kept.read_bytes()), state)
            assert len(found.studies) == int(sys.argv[4]), found.studies
        else:
            kept.write_bytes(pickle.dumps(state))
    print(*(after - before for before, after in zip(start, seconds())))
"""


def _drawn(rng: np.random.Generator, counts: dict[str, int]) -> str:
    weights = np.array(list(counts.values()), float)
    return str(rng.choice(list(counts), p=weights / weights.sum()))


def synthetic_record(number: int, rng: np.random.Generator) -> dict:
    """A synthetic study: one or two arms, one or two outcomes each, and a harm."""
    decision = _drawn(rng, DECISIONS)
    n_arms = 1 + int(rng.random() < 0.4)
    sizes = [int(rng.integers(15, 120)) for _ in range(n_arms)]
    return {
        "schema_version": 1,
        "id": f"synthetic{number}-2020",
        "citation": {
            "authors": f"Synthetic{number} A, Another B", "title": "Synthetic: evidence of nothing",
            "journal": None, "year": int(rng.integers(2005, 2026)), "doi": None, "pmid": None,
            "pmcid": None,
        },
        "design": "retrospective cohort",
        "population": "synthetic patients, for measuring time only " * 8,
        "recurrence": str(rng.choice(["local", "mixed"], p=[0.7, 0.3])),
        "prior_treatment": ["srs"],
        "n_patients": sum(sizes),
        "arms": [_arm(chr(97 + i), n, decision, rng) for i, n in enumerate(sizes)],
        "contrasts": [],
        "secondary_source": False,
        "eligibility": {"decision": decision, "reason": "synthetic"},
        "second_reading": {"agreed": 0, "corrected": 0, "not_found_again": 0},
        "notes": [f"synthetic note {i}: " + "words that stand for a reader's remarks " * 4
                  for i in range(24)],
    }  # fmt: skip


def _source(locator: str) -> dict:
    return {"url": "https://doi.org/10.1/synthetic", "locator": locator, "seen": "synthetic"}


def _arm(name: str, n: int, decision: str, rng: np.random.Generator) -> dict:
    outcomes = sorted({_drawn(rng, OUTCOMES) for _ in range(1 + int(rng.random() < 0.5))})
    return {
        "id": name,
        "label": f"Arm {name}",
        "treatment": _drawn(rng, TREATMENTS),
        "pathology": "tumour",
        "n_patients": n,
        "outcomes": [_outcome(outcome, n, decision, rng) for outcome in outcomes],
        "harms": [
            {
                "event": "radionecrosis", "kind": "harm_after", "unit": "patient",
                "definition": "radiographic", "n_events": int(rng.binomial(n, 0.1)),
                "n_at_risk": n, "source": _source("Table 2"),
            }
        ],
    }  # fmt: skip


def _outcome(outcome: str, n: int, decision: str, rng: np.random.Generator) -> dict:
    median = float(np.exp(rng.normal(2.3, 0.35)))
    role = _drawn(rng, ROLES) if decision == "include" else "sensitivity"
    return {
        "outcome": outcome,
        "role": role,
        "role_reason": None if role == "primary" else "synthetic",
        "time_zero_kind": "start_of_salvage",
        "n_analysed": {"value": n, "unit": "patient", "printed": True},
        "estimator": "kaplan_meier",
        "median": {"value": round(median, 1), "low": None, "high": None, "usable": True},
        "landmarks": [
            {"months": months, "value": round(math.exp(-math.log(2) * months / median), 3)}
            for months in (6, 12)
        ],
        "n_events": int(0.8 * n),
        "followup_max_months": 60,
        "source": _source("Table 1"),
    }


def write_evidence(folder: Path, n_studies: int, *, seed: int = 1) -> Path:
    """The review's own evidence and synthetic studies beside it; returns the folder's path."""
    data = folder / "data"
    shutil.copytree(DATA, data, ignore=shutil.ignore_patterns("editions", "institutional"))
    for number in range(n_studies):
        add_study(data, number, seed=seed)
    return data


def add_study(data: Path, number: int, *, seed: int = 1) -> None:
    """One synthetic study more; the same number gives the same study."""
    record = synthetic_record(number, np.random.default_rng([seed, number]))
    path = data / "studies" / record["id"] / "study.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(record, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")


def _measured(task: str, data: Path, kept: Path, n_studies: int = 0) -> tuple[float, float]:
    program = kept.with_name("measured.py")
    program.write_text(_PROGRAM, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(program), task, str(data), str(kept), str(n_studies)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    wall, cpu = (float(word) for word in done.stdout.split())
    return wall, cpu


def measure(n_studies: int, repeats: int, kept: Path) -> dict[str, float]:
    """Median seconds of both tasks at one size; ``kept`` holds the state before."""
    with tempfile.TemporaryDirectory() as name:
        data = write_evidence(Path(name), n_studies)
        row: dict[str, float] = {"studies": n_studies}
        for task in LIMITS:
            times = [_measured(task, data, kept, n_studies) for _ in range(repeats)]
            row[f"{task}_seconds"] = round(statistics.median(wall for wall, _ in times), 2)
            row[f"{task}_cpu"] = round(statistics.median(cpu for _, cpu in times), 2)
    return row


def slope(rows: Sequence[dict[str, float]], column: str) -> float:
    """Exponent of time in the number of studies: 1 is linear."""
    sizes, times = ([math.log(row[name]) for row in rows] for name in ("studies", column))
    return round(float(np.polyfit(sizes, times, 1)[0]), 2)


def main() -> None:
    """Measure every size, print a line each, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="keep rows and slopes; needs two sizes")
    parser.add_argument("--studies", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.json and len(set(arguments.studies)) < 2:
        parser.error("--json keeps how time grows, which needs two sizes: --studies 100 1000")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        kept = Path(name) / "kept.pickle"
        _measured("impact", write_evidence(Path(name), 0), kept)
        for n_studies in arguments.studies:
            rows.append(measure(n_studies, arguments.repeats, kept))
            print(rows[-1], flush=True)
    if len(set(arguments.studies)) < 2:
        return
    found = {
        "synthetic": True,
        "limits_seconds_at_1000": LIMITS,
        "sizes": rows,
        "cores": os.cpu_count(),
        "slopes": {task: slope(rows, f"{task}_cpu") for task in LIMITS},
    }
    print("slopes of processor time:", found["slopes"])
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
