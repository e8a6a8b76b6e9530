"""Synthetic study records for tests: evidence of nothing."""

from __future__ import annotations

import copy
from pathlib import Path

import yaml

from analysis_lib.study_records import load_records

#: A synthetic record, complete enough to break in every way.
GOOD = {
    "schema_version": 1,
    "id": "doe-2020",
    "citation": dict.fromkeys(
        ("authors", "title", "journal", "year", "doi", "pmid", "pmcid"), None
    ),
    "design": "retrospective cohort",
    "population": "synthetic",
    "recurrence": "local",
    "prior_treatment": ["srs"],
    "n_patients": 40,
    "arms": [
        {
            "id": "a",
            "label": "A",
            "treatment": "re_srs",
            "pathology": "tumour",
            "n_patients": 30,
            "outcomes": [
                {
                    "outcome": "os",
                    "role": "primary",
                    "time_zero_kind": "start_of_salvage",
                    "n_analysed": {"value": 30, "unit": "patient", "printed": True},
                    "estimator": "kaplan_meier",
                    "median": {"value": 12, "low": 8, "high": 16, "usable": True},
                    "landmarks": [
                        {"months": 6, "value": 0.7},
                        {"months": 12, "value": 0.5, "low": 0.3, "high": 0.7},
                    ],
                    "n_events": 20,
                    "followup_max_months": 40,
                    "source": {"url": "https://doi.org/10.1/x", "locator": "Table 1", "seen": "x"},
                }
            ],
            "harms": [
                {
                    "event": "radionecrosis",
                    "kind": "harm_after",
                    "n_events": 3,
                    "n_at_risk": 30,
                    "source": {"url": "https://doi.org/10.1/x", "locator": "Table 1", "seen": "x"},
                }
            ],
        },
        {
            "id": "b",
            "label": "B",
            "treatment": "re_resection",
            "pathology": "tumour",
            "subset_of": None,
            "outcomes": [],
            "harms": [],
        },
    ],
    "contrasts": [
        {
            "outcome": "os",
            "kind": "arms",
            "arm": "a",
            "versus": "b",
            "estimator": "cox",
            "event_direction": "failure",
            "hr": 0.8,
            "low": 0.5,
            "high": 1.2,
            "source": {"url": "https://doi.org/10.1/x", "locator": "Table 1", "seen": "x"},
        }
    ],
    "secondary_source": False,
    "eligibility": {"decision": "include", "reason": "synthetic"},
    "second_reading": {"agreed": 0, "corrected": 0, "not_found_again": 0},
}


def write(folder: Path, record, name="doe-2020") -> Path:
    path = folder / "data" / "studies" / name / "study.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = record if isinstance(record, str) else yaml.safe_dump(record, sort_keys=False)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


CURVE = (
    "time_months,survival\n0,1\n2,1\n2,0.9\n5,0.9\n5,0.8\n9,0.8\n9,0.7\n12,0.7\n12,0.6\n"
    "18,0.6\n18,0.45\n25,0.45\n"
)
TABLE = "time_months,number_at_risk\n0,10\n6,8\n12,7\n18,4\n24,2\n"


def record_with_curve(folder, *, with_table):
    record = copy.deepcopy(GOOD)
    outcome = record["arms"][0]["outcomes"][0]
    outcome |= {"n_analysed": {"value": 10, "unit": "patient", "printed": True}, "n_events": None}
    outcome["median"], outcome["landmarks"] = None, []
    outcome["curve"] = {"file": "curves/os-a.csv"}
    if with_table:
        outcome["curve"]["number_at_risk_file"] = "curves/os-a-at-risk.csv"
    path = write(folder, record)
    (path.parent / "curves").mkdir()
    (path.parent / "curves" / "os-a.csv").write_text(CURVE)
    (path.parent / "curves" / "os-a-at-risk.csv").write_text(TABLE)
    return load_records(folder / "data")[0]
