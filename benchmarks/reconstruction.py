"""Curves to patients on trials with known truth, side by side with IPDfromKM.

Every arm's curve, as traced, read and clicked, is reconstructed with three kinds
of information: n and the number-at-risk table, n and the total of events, n alone.
A pair's error is the difference of the log hazard ratio (Cox, Efron ties) of the
reconstructed patients from that of the true ones. Every case counts; a failure
is a failure. IPDfromKM's results on the same input are stored beside the data.

Run: python benchmarks/reconstruction.py [--json FILE] [--further 300 --imputations 20]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from readings import further_pairs
from result_files import rounded
from scipy.stats import t as student

from analysis_lib.reconstruct import reconstruct_ipd
from analysis_lib.survival import cox_two_arm

DATA = Path(__file__).resolve().parent / "data" / "ipd"
READINGS = ("traced", "read", "clicked")
KINDS = ("at_risk", "n_events", "n_only")

#: Arm sizes of the chart: label and largest number of patients (of the smaller arm).
SIZES = (("to 20", 20), ("21 to 40", 40), ("41 to 100", 100), ("above 100", 10**9))

Row = dict[str, Any]


def facts_of(arm: Row, kind: str) -> Row:
    """Arguments of ``reconstruct_ipd`` for one kind of information."""
    facts = {"n": arm["n"]}
    if kind == "at_risk":
        table = arm["number_at_risk"]
        facts["number_at_risk"] = pd.DataFrame(
            {"time_months": table["time_months"], "number_at_risk": table["n"]}
        )
    if kind == "n_events":
        facts["n_events"] = arm["events"]
    return facts


def log_hazard_ratio(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Log hazard ratio of the second arm against the first."""
    both = pd.concat([first.assign(group=0), second.assign(group=1)])
    return cox_two_arm(both["time_months"], both["event"], both["group"]).log_hazard_ratio


def run_case(case: tuple[Row, str, str, int]) -> Row:
    """Reconstruct both arms of a pair; an exception is a result of the benchmark."""
    pair, reading, kind, n_imputations = case
    row: Row = {"id": pair["id"], "reading": reading, "information": kind, "ok": True}
    row["log_hr_true"] = log_hazard_ratio(*(pd.DataFrame(arm["truth"]) for arm in pair["arms"]))
    row["events_true"] = [arm["events"] for arm in pair["arms"]]
    row["n"] = [arm["n"] for arm in pair["arms"]]
    started = time.perf_counter()
    try:
        made = [
            reconstruct_ipd(
                pd.DataFrame(arm["curves"][reading]),
                **facts_of(arm, kind),
                n_imputations=n_imputations,
            )
            for arm in pair["arms"]
        ]
    except Exception as error:
        return row | {"ok": False, "error": repr(error)}
    row["seconds"] = (time.perf_counter() - started) / 2
    row["log_hr"] = log_hazard_ratio(*(result.ipd for result in made))
    row["events"] = [int(result.ipd["event"].sum()) for result in made]
    row["unmet"] = int(sum((~result.constraints["met"]).sum() for result in made))
    if n_imputations:
        sets = zip(*(result.imputations for result in made), strict=True)
        row["draws"] = [log_hazard_ratio(*arms) for arms in sets]
    return row


def cell(ours: Sequence[Row], theirs: Sequence[Row | None]) -> Row:
    """One reading and kind of information: our figures and IPDfromKM's."""
    figures = {"cases": len(ours), **_figures(ours, ours)}
    figures["unmet"] = sum(row.get("unmet", 0) for row in ours)
    seconds = [row["seconds"] for row in ours if row["ok"]]
    figures |= {"seconds": float(np.mean(seconds)), "seconds_largest": float(np.max(seconds))}
    if any(theirs):
        stored = [
            {"ok": False} if t is None else t | {"events": [t.get("events1"), t.get("events2")]}
            for t in theirs
        ]
        figures |= {f"ipdfromkm_{key}": v for key, v in _figures(stored, ours).items()}
    return figures


def _figures(rows: Sequence[Row], truth: Sequence[Row]) -> Row:
    """Failures, and median, RMSE, P90 of the error and mean event error of the rest."""
    good = [(row, true) for row, true in zip(rows, truth, strict=True) if row["ok"]]
    error = np.array([abs(row["log_hr"] - true["log_hr_true"]) for row, true in good])
    events = [
        abs(a - b) / b
        for row, true in good
        for a, b in zip(row["events"], true["events_true"], strict=True)
    ]
    return {
        "failed": len(rows) - len(good),
        "median": float(np.median(error)),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "p90": float(np.quantile(error, 0.9)),
        "events": float(np.mean(events)),
    }


def coverage(rows: Sequence[Row]) -> Row:
    """Interval mean +- t sqrt((1 + 1/m) B) of the draws against the true-data log HR."""
    drawn = [row for row in rows if "draws" in row]
    m = len(drawn[0]["draws"])
    factor = student.ppf(0.975, m - 1) * np.sqrt(1 + 1 / m)
    half = factor * np.array([np.std(row["draws"], ddof=1) for row in drawn])
    away = np.abs([np.mean(row["draws"]) - row["log_hr_true"] for row in drawn])
    # A case that failed has no interval and covers nothing.
    covered = float(np.sum(away <= half + 1e-12)) / len(rows)
    return {"pairs": len(rows), "coverage": covered, "width": float(2 * np.mean(half))}


def measure(pairs: Sequence[Row], *, n_imputations: int, jobs: int) -> Row:
    """Every case of ``pairs``: one figure per cell, and RMSE by arm size where n is known only."""
    cases = [(p, r, k, n_imputations) for p in pairs for r in READINGS for k in KINDS]
    with get_context("spawn").Pool(jobs) as pool:
        rows = pool.map(run_case, cases, chunksize=4)
    stored = json.loads((DATA / "ipdfromkm.json").read_text(encoding="utf-8"))
    other = {(row["id"], row["reading"], row["information"]): row for row in stored}
    result: Row = {"pairs": len(pairs), "imputations": n_imputations, "cells": []}
    result["failures"] = [f"{row['id']}: {row['error']}" for row in rows if not row["ok"]]
    for reading in READINGS:
        for kind in KINDS:
            ours = [r for r in rows if (r["reading"], r["information"]) == (reading, kind)]
            theirs = [other.get((row["id"], reading, kind)) for row in ours]
            found = {"reading": reading, "information": kind, **cell(ours, theirs)}
            result["cells"].append(found | (coverage(ours) if n_imputations else {}))
    if any(row["id"] in {key[0] for key in other} for row in rows):
        result["by_size"] = by_size(rows, other)
    return rounded(result)


def by_size(rows: Sequence[Row], other: dict[tuple[str, str, str], Row]) -> list[Row]:
    """RMSE by the size of the smaller arm, all readings, n only: where others are weakest."""
    found, above = [], 0
    for label, most in SIZES:
        ours = [
            r
            for r in rows
            if r["information"] == "n_only" and r["ok"] and above < min(r["n"]) <= most
        ]
        theirs = [other[r["id"], r["reading"], "n_only"] for r in ours]
        for tool, results in (("this library", ours), ("IPDfromKM", theirs)):
            pairs = [(t, r) for t, r in zip(results, ours, strict=True) if t["ok"]]
            error = np.array([t["log_hr"] - r["log_hr_true"] for t, r in pairs])
            rmse = float(np.sqrt(np.mean(error**2)))
            found.append({"tool": tool, "arm_size": label, "pairs": len(pairs), "rmse": rmse})
        above = most
    return found


def report(result: Row) -> None:
    """The table, IPDfromKM's figures in brackets."""
    print(f"{result['pairs']} pairs, {len(result['failures'])} failures")
    for row in result["cells"]:
        shown = [f"{row['reading']:8}{row['information']:9}"]
        for key in ("median", "rmse", "p90"):
            other = row.get(f"ipdfromkm_{key}")
            shown.append(f"{key} {row[key]:.4f}" + (f" ({other:.4f})" if other else ""))
        shown.append(f"events {100 * row['events']:.2f} %")
        shown.append(f"unmet {row['unmet']}")
        shown.append(f"s/arm {row['seconds']:.3f}, largest {row['seconds_largest']:.2f}")
        if "coverage" in row:
            shown.append(f"coverage {row['coverage']:.3f}, width {row['width']:.3f}")
        print("  ".join(shown))
    for failure in result["failures"]:
        print("failed:", failure)


def main() -> None:
    """Measure, print, and write the result when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--every", type=int, default=1, help="only every so many pairs")
    parser.add_argument("--imputations", type=int, default=0, help="draws, for coverage")
    parser.add_argument("--further", type=int, default=0, help="this many further pairs instead")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    arguments = parser.parse_args()
    pairs = json.loads((DATA / "pairs.json").read_text(encoding="utf-8"))
    if arguments.further:
        pairs = further_pairs(pairs, arguments.further)
    pairs = pairs[:: arguments.every]
    result = measure(pairs, n_imputations=arguments.imputations, jobs=arguments.jobs)
    report(result)
    if arguments.json:
        # Seconds are of one machine: the file holds what any machine gives.
        for row in result["cells"]:
            del row["seconds"], row["seconds_largest"]
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
