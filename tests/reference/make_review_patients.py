"""Writes the patients behind the review's own primary pools, for R to analyse.

Run from the project's root: python tests/reference/make_review_patients.py, then
Rscript tests/reference/make_review.R
"""

import json
from pathlib import Path

from analysis_lib.comparison import compare, load_declarations

OUT = Path(__file__).with_name("review_patients.json")


def review_pools() -> list[dict]:
    """Every primary pool with its sides and their patients (the arms' single sets)."""
    return [
        {
            "comparison": declaration.id,
            "outcome": outcome.outcome,
            "class": list(pool.pool_class) if pool.pool_class else [],
            "sides": [
                {"side": side.label, "patients": _patients(pool.arms(side))}
                for side in outcome.sides
            ],
        }
        for declaration in load_declarations()
        for outcome in compare(declaration.id).outcomes
        for pool in outcome.pools
    ]


def _patients(arms) -> dict[str, list]:
    rows = [
        (arm.study_id, time, event)
        for arm in arms
        for time, event in arm.ipd[["time_months", "event"]].itertuples(index=False)
    ]
    return {
        "study": [study for study, _, _ in rows],
        "time": [round(float(time), 10) for _, time, _ in rows],
        "event": [int(event) for _, _, event in rows],
    }


if __name__ == "__main__":
    OUT.write_text(json.dumps({"pools": review_pools()}, indent=0) + "\n", encoding="utf-8")
