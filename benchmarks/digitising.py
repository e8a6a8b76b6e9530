"""Figures to curves and to patients, on figures with known truth.

Every figure of ``data/figures`` is read by ``digitise_figure`` with the axis ranges and the number
of curves, and nothing else. A figure succeeds when every curve is found with an error below 0.05.

- error: mean absolute difference between drawn and read survival up to the last follow-up;
- ticks: one read tick for one drawn tick within 1 % of the axis. Recall and precision take drawn
  ticks nearer than 0.4 % (a stroke's width) as one, so that two of them read as two count one
  false; ``tick_real`` is the share of read ticks that are, one for one, any drawn tick;
- arms: a curve changed places where it runs on another arm's drawn curve, not on its own, for a
  tenth of its length, or where its colour is that of another arm; a sign is reversed where the
  true log HR is at least 0.05 and the estimate has the other sign (``sign_differs``: at any size);
- end to end: |log HR (Cox, Efron) of the reconstructed patients - log HR of the true patients|,
  and the relative error of the median, with the at-risk table and with n alone.

``--styles N`` measures N figures of each style of ``figure_styles.py`` instead: the styles the
reader was developed on.

Run: python benchmarks/digitising.py [--json FILE] [--styles 2 [--seed 1] [--named ticks_]]
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from figure_styles import write_figures
from PIL import ImageColor
from reconstruction import log_hazard_ratio
from result_files import rounded

from analysis_lib.digitise import DigitisedCurve, digitise_figure
from analysis_lib.exceptions import ReviewError
from analysis_lib.reconstruct import reconstruct_ipd

DATA = Path(__file__).resolve().parent / "data" / "figures"
#: Styles of ``data/figures`` that draw ticks, and the one figure of another style that does.
TICKED = {"color", "ticks_table", "annot", "gray_dash", "ggsurv", "ggsurv_ci", "base_lty"}
TICKED_FIGURE = "fig_011_base_col.png"
SUCCESS = 0.05
TICK_TOLERANCE = 0.01
ONE_STROKE = 0.004
#: Log hazard ratios nearer to zero than this change sign with one patient, not with the arms.
NO_SIDE = 0.05
#: A curve this much nearer to another arm's than to its own, for this share of it, is that arm's.
NEARER, OF_LENGTH = 0.02, 0.1

Row = dict[str, Any]


def survival_at(times: np.ndarray, survival: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Step curve at given times."""
    index = np.searchsorted(times, at, side="right") - 1
    return survival[np.clip(index, 0, len(survival) - 1)]


def differences(curve: DigitisedCurve, truth: Row) -> np.ndarray:
    """Read minus drawn survival at 2000 even times up to the last follow-up."""
    at = (np.arange(2000) + 0.5) / 2000 * truth["last_follow_up_months"]
    drawn = survival_at(np.array(truth["km"]["time_months"]), np.array(truth["km"]["survival"]), at)
    points = curve.points
    read = survival_at(points["time_months"].to_numpy(), points["survival"].to_numpy(), at)
    return read - drawn


def match_ticks(read: Sequence[float], drawn: Sequence[float], axis: float) -> Row:
    """Ticks found, drawn and read; and how many of those read are drawn, each once."""
    distinct: list[float] = []
    for tick in sorted(set(drawn)):
        if not distinct or tick - distinct[-1] > ONE_STROKE * axis:
            distinct.append(tick)
    left, found = list(read), 0
    for tick in distinct:
        near = [other for other in left if abs(other - tick) <= TICK_TOLERANCE * axis]
        if near:
            left.remove(min(near, key=lambda other: abs(other - tick)))
            found += 1
    real = pairs_within(read, list(set(drawn)), TICK_TOLERANCE * axis)
    return {"found": found, "drawn": len(distinct), "read": len(read), "real": real}


def pairs_within(first: Sequence[float], second: Sequence[float], tolerance: float) -> int:
    """Most pairs of one of each, no farther apart than the tolerance."""
    a, b, pairs = sorted(first), sorted(second), 0
    while a and b:
        if abs(a[-1] - b[-1]) <= tolerance:
            a.pop()
            b.pop()
            pairs += 1
        else:
            (a if a[-1] > b[-1] else b).pop()
    return pairs


def changed_places(curves: Sequence[DigitisedCurve], figure: Row) -> bool:
    """Whether a curve that was read runs on the drawn curve of another arm, or has its colour."""
    for k, (curve, truth) in enumerate(_pairs(curves, figure)):
        own = np.abs(differences(curve, truth))
        for other in figure["curves"][:k] + figure["curves"][k + 1 :]:
            until = min(truth["last_follow_up_months"], other["last_follow_up_months"])
            at = (np.arange(2000) + 0.5) / 2000 * truth["last_follow_up_months"]
            drawn = np.array(other["km"]["time_months"]), np.array(other["km"]["survival"])
            points = curve.points
            read = survival_at(points["time_months"].values, points["survival"].values, at)
            nearer = np.abs(read - survival_at(*drawn, at)) + NEARER < own
            if np.mean(nearer & (at < until)) > OF_LENGTH:
                return True
    colours = [truth.get("colour") for truth in figure["curves"]]
    if None in colours or len(set(colours)) < len(colours):
        return False
    rgb = np.array([_rgb(colour) for colour in colours])
    return any(
        np.abs(rgb - _rgb(curve.colour)).sum(axis=1).argmin() != k for k, curve in enumerate(curves)
    )


def _rgb(colour: str) -> np.ndarray:
    return np.array(ImageColor.getrgb(colour), dtype=float)


def has_ticks(figure: Row) -> bool:
    """Whether the figure draws ticks."""
    return figure.get("ticks", figure["style"] in TICKED or figure["image"] == TICKED_FIGURE)


def run_figure(figure: Row, folder: Path) -> Row:
    """One figure; what the reader refuses is a failure."""
    row: Row = {"image": figure["image"], "style": figure["style"], "ok": False}
    started = time.process_time()
    try:
        reading = digitise_figure(
            folder / figure["image"],
            x_range=(figure["x_min"], figure["x_max"]),
            y_range=tuple(figure.get("y_range", (0.0, 1.0))),
            n_curves=len(figure["curves"]),
            direction=figure.get("direction", "falling"),
        )
    except ReviewError as error:
        return row | {"refused": str(error), "seconds": time.process_time() - started}
    row["seconds"] = time.process_time() - started
    orders = itertools.permutations(reading.curves)
    curves = min(orders, key=lambda order: sum(_error(c, t) for c, t in _pairs(order, figure)))
    gaps = [differences(curve, truth) for curve, truth in _pairs(curves, figure)]
    row["error"] = [float(np.mean(np.abs(gap))) for gap in gaps]
    row["rmse"] = [float(np.sqrt(np.mean(gap**2))) for gap in gaps]
    row["ok"] = max(row["error"]) < SUCCESS
    row["changed_places"] = changed_places(curves, figure)
    row["confidence"] = [curve.confidence for curve in curves]
    if has_ticks(figure):
        row["ticks"] = [
            match_ticks(curve.censor_times_months, truth["censor_times_months"], figure["x_max"])
            for curve, truth in _pairs(curves, figure)
        ]
    if len(curves) == 2 and figure.get("direction", "falling") == "falling":
        row["end_to_end"] = {
            kind: end_to_end(curves, figure, kind, reading.calibration.reading_sd)
            for kind in ("at_risk", "n_only")
        }
    return row


def _pairs(curves: Sequence[DigitisedCurve], figure: Row) -> zip:
    return zip(curves, figure["curves"], strict=True)


def _error(curve: DigitisedCurve, truth: Row) -> float:
    return float(np.mean(np.abs(differences(curve, truth))))


def end_to_end(curves: Sequence[DigitisedCurve], figure: Row, kind: str, reading_sd: float) -> Row:
    """Patients from what was read, against the true patients."""
    made = []
    for curve, truth in _pairs(curves, figure):
        facts: Row = {"n": truth["n"], "reading_sd": reading_sd}
        if kind == "at_risk":
            table = truth["number_at_risk"]
            facts["number_at_risk"] = pd.DataFrame(
                {"time_months": table["time_months"], "number_at_risk": table["n"]}
            )
        if curve.censor_times_months:
            facts["censor_times_months"] = np.array(curve.censor_times_months)
        made.append(reconstruct_ipd(curve.points, **facts).ipd)
    true = [pd.DataFrame(truth["truth"]) for truth in figure["curves"]]
    estimate, target = log_hazard_ratio(*made), log_hazard_ratio(*true)
    medians = [
        abs(_median(a) - _median(b)) / _median(b)
        for a, b in zip(made, true, strict=True)
        if np.isfinite(_median(b)) and np.isfinite(_median(a))
    ]
    return {
        "log_hr": estimate,
        "log_hr_true": target,
        "error": abs(estimate - target),
        "reversed": bool(abs(target) >= NO_SIDE and estimate * target < 0),
        "sign_differs": bool(estimate * target < 0),
        "median_error": medians,
    }


def _median(ipd: pd.DataFrame) -> float:
    """Kaplan-Meier median in months; infinite when not reached."""
    survival = 1.0
    ordered = ipd.sort_values("time_months")
    for time_months, rows in ordered.groupby("time_months"):
        at_risk = int((ordered["time_months"] >= time_months).sum())
        survival *= 1 - rows["event"].sum() / at_risk
        if survival <= 0.5 + 1e-9:
            return float(time_months)
    return float("inf")


def summarise(rows: Sequence[Row]) -> Row:
    """Figures of a set of rows; a refused figure has error 1."""
    errors = [e for row in rows for e in row.get("error", [1.0])]
    squares = [e for row in rows for e in row.get("rmse", [1.0])]
    ticks = [tick for row in rows for tick in row.get("ticks", [])]
    found = sum(tick["found"] for tick in ticks)
    summary: Row = {
        "figures": len(rows),
        "succeeded": sum(row["ok"] for row in rows),
        "error_median": float(np.median(errors)),
        "error_p95": float(np.quantile(errors, 0.95)),
        "error_largest": float(np.max(errors)),
        "rmse": float(np.sqrt(np.mean(np.square(squares)))),
        "changed_places": sum(row.get("changed_places", False) for row in rows),
    }
    if ticks:
        summary["tick_recall"] = found / max(sum(tick["drawn"] for tick in ticks), 1)
        read = max(sum(tick["read"] for tick in ticks), 1)
        summary["tick_precision"] = found / read
        summary["tick_real"] = sum(tick["real"] for tick in ticks) / read
    for kind in ("at_risk", "n_only"):
        ends = [row["end_to_end"][kind] for row in rows if "end_to_end" in row]
        if ends:
            medians = [m for end in ends for m in end["median_error"]]
            summary[f"log_hr_error_median_{kind}"] = float(np.median([e["error"] for e in ends]))
            summary[f"log_hr_error_p90_{kind}"] = float(
                np.quantile([e["error"] for e in ends], 0.9)
            )
            summary[f"reversed_{kind}"] = sum(end["reversed"] for end in ends)
            summary[f"sign_differs_{kind}"] = sum(end["sign_differs"] for end in ends)
            summary[f"median_error_{kind}"] = float(np.median(medians)) if medians else None
    return summary


def measure(figures: Sequence[Row], folder: Path) -> Row:
    """Every figure, all together and by style."""
    rows = [run_figure(figure, folder) for figure in figures]
    styles = sorted({row["style"] for row in rows})
    return {
        "all": summarise(rows),
        "styles": [
            {"style": style, **summarise([row for row in rows if row["style"] == style])}
            for style in styles
        ],
        "seconds_mean": float(np.mean([row["seconds"] for row in rows])),
        "seconds_largest": float(np.max([row["seconds"] for row in rows])),
        "failures": [
            f"{row['image']}: {row.get('refused', 'error above 0.05')}"
            for row in rows
            if not row["ok"]
        ],
        "figures": rows,
    }


def report(result: Row) -> None:
    """All figures, then one line for each style."""
    for key, value in result["all"].items():
        print(f"{key:28}{value if isinstance(value, int) else f'{value:.4f}'}")
    print(f"seconds a figure (CPU): {result['seconds_mean']:.2f}, ", end="")
    print(f"largest {result['seconds_largest']:.2f}")
    for row in result["styles"]:
        shown = f"{row['style']:22}{row['succeeded']}/{row['figures']}"
        shown += f"  error {row['error_median']:.4f} (largest {row['error_largest']:.4f})"
        if "tick_recall" in row:
            shown += f"  ticks {row['tick_recall']:.2f} {row['tick_precision']:.2f}"
            shown += f" (real {row['tick_real']:.2f})"
        if "log_hr_error_median_at_risk" in row:
            shown += f"  log HR {row['log_hr_error_median_at_risk']:.4f}"
            shown += f" {row['log_hr_error_median_n_only']:.4f}"
        print(shown)
    for failure in result["failures"]:
        print("failed:", failure)


def main() -> None:
    """Measure, print, and write the result when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--styles", type=int, default=0, help="so many figures of each style")
    parser.add_argument("--named", default="", help="of these, styles with this in their name")
    parser.add_argument("--seed", type=int, default=1, help="seed of those")
    given = parser.parse_args()
    if given.styles:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            figures = write_figures(
                folder, repeats=given.styles, seed=given.seed, named=given.named
            )
            result = measure(figures, folder)
    else:
        figures = json.loads((DATA / "truth.json").read_text(encoding="utf-8"))
        result = measure(figures, DATA)
    report(result)
    if given.json:
        # Seconds are of one machine: the file holds what any machine gives.
        del result["seconds_mean"], result["seconds_largest"]
        for row in result["figures"]:
            del row["seconds"]
        given.json.write_text(json.dumps(rounded(result), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
