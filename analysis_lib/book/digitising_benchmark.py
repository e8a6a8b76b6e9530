"""The benchmark of reading figures, as the book shows it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis_lib.study_records import ROOT
from analysis_lib.tables import Html, count, html_table, paragraph, percent

#: Written by ``benchmarks/digitising.py --json``.
MEASURED = ROOT / "benchmarks" / "results" / "digitising.json"

_STYLES = {
    "color": "two colours",
    "ci": "interval bands",
    "ticks_table": "censor ticks, numbers at risk",
    "grid": "grid",
    "percent": "axis in percent",
    "jpeg": "JPEG",
    "lowres": "72 dots an inch",
    "annot": "arrows and text in the plot",
    "gray_dash": "grey and dashes",
    "ggsurv": "R, survminer",
    "ggsurv_ci": "R, survminer, interval bands",
    "base_col": "R, colours",
    "base_lty": "R, dashes in black",
}
_INFORMATION = {"at_risk": "n and number-at-risk table", "n_only": "n only"}


def benchmark_blocks(measured: dict[str, Any]) -> list[Html]:
    """What was measured on figures whose curves are known: by style, and end to end."""
    whole = measured["all"]
    return [
        paragraph(
            f"{count(whole['figures'])} figures in {count(len(measured['styles']))} styles of "
            "journals, drawn by other programs from trials of other diseases whose patients are "
            "known. Each was read by the program alone; a person told it the labelled ticks and "
            f"the number of curves. {count(whole['succeeded'])} were read in full, each curve with "
            f"an error below 5%. The error of half the curves is below "
            f"{_short(whole['error_median'])}, that of 19 in 20 below {_short(whole['error_p95'])}."
        ),
        _by_style(measured["styles"]),
        _end_to_end(whole),
        *_failures(measured["failures"]),
    ]


def _by_style(styles: list[dict[str, Any]]) -> Html:
    rows = [
        {
            "Style": _STYLES.get(row["style"], row["style"].replace("_", " ")),
            "Read": f"{count(row['succeeded'])} of {count(row['figures'])}",
            "Error": _short(row["error_median"]),
            "Largest error": _short(row["error_largest"]),
            "Ticks found": _share(row, "tick_recall"),
            "Of these, real": _share(row, "tick_real"),
        }
        for row in styles
    ]
    note = (
        "Error: mean absolute difference between drawn and read survival up to the last "
        "follow-up; the middle one and the largest of the style's curves. Ticks: of the censor "
        "ticks drawn, how many were found (two nearer than a stroke's width are one); of those "
        "found, how many are drawn, one for one."
    )
    caption = "Curves as read from images, against the curves that were drawn"
    right = dict.fromkeys(("Read", "Ticks found", "Of these, real"), "right")
    return html_table(pd.DataFrame(rows), caption=caption, note=note, align=right)


def _end_to_end(whole: dict[str, Any]) -> Html:
    rows = [
        {
            "Known beside the figure": words,
            "Log hazard ratio off by": f"{whole[f'log_hr_error_median_{kind}']:.3f}",
            "Nine in ten below": f"{whole[f'log_hr_error_p90_{kind}']:.3f}",
            "Median off by": percent(whole[f"median_error_{kind}"], decimals=1),
            "Other arm favoured": count(whole[f"reversed_{kind}"]),
        }
        for kind, words in _INFORMATION.items()
    ]
    note = (
        "The middle of all figures with two arms. Other arm favoured: figures whose true log "
        "hazard ratio is at least 0.05 and whose reading has the other sign. Figures in which a "
        f"curve was taken for that of another arm: {count(whole['changed_places'])}."
    )
    caption = "From figure to patients, against the true patients"
    return html_table(pd.DataFrame(rows), caption=caption, note=note)


def _failures(failures: list[str]) -> list[Html]:
    if not failures:
        return []
    return [paragraph(f"Not read, or wrongly: {'; '.join(failures)}.")]


def _share(row: dict[str, Any], key: str) -> str:
    return percent(row[key]) if key in row else "none drawn"


def _short(error: float) -> str:
    return percent(error, decimals=2)
