"""How printed summaries become survival, and how well that was measured to work."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from analysis_lib.book.markdown import Heading, Items, html_block
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT
from analysis_lib.tables import Html, count, html_table, paragraph, percent, ratio

#: Written by ``benchmarks/summaries.py --json``.
SUMMARIES = ROOT / "benchmarks" / "results" / "summaries.json"


def _three_decimals(value: float) -> str:
    return f"{value:.3f}"


#: Key of the measured table -> its heading, what it is, how its number is written.
_COLUMNS = {
    "defined": ("Pairs", "pairs of arms for which a paper could print this", count),
    "failures": (
        "Failed",
        "pairs without a finite hazard ratio, which enter no other column",
        count,
    ),
    "rmse": (
        "RMSE",
        "root mean square difference of the log hazard ratio from that of the true patients",
        _three_decimals,
    ),
    "p90": ("P90", "nine in ten pairs differ by no more than this", _three_decimals),
    "se_ratio": (
        "SE ratio",
        "standard error from the pseudo-patients over the true one, median over pairs",
        ratio,
    ),
    "se_ratio_total": (
        "Total SE",
        "the same with the variance between imputations added: the error that results carry",
        ratio,
    ),
    "coverage": (
        "Coverage",
        "share of pairs whose total 95% interval holds the true patients' estimate; the two share "
        "most of their sampling error, so that an honest method lies above 95%",
        percent,
    ),
    "coverage_between_window": (
        "Window",
        "coverage with the variance between imputations alone, against true patients cut off "
        "where the print ends: what shape and order add",
        percent,
    ),
}

_TEXT = r"""# How printed summaries become survival

Most papers print a number of patients, a median and survival at one or two times, and no
curve that could be digitised. From these the review makes *pseudo-patients*: times of death
and of censoring that give back what was printed. Every curve and every naive hazard ratio of
this edition rests on them.

## The method

The printed figures are points of a survival curve, $(t_0, S_0) = (0, 1)$, a median
$(m, 0.5)$, landmarks $(t_i, S_i)$. Between two points the hazard is taken as constant, so that
survival falls as

$$
S(t) = S_{i-1} \left(\frac{S_i}{S_{i-1}}\right)^{(t - t_{i-1}) / (t_i - t_{i-1})},
\qquad t_{i-1} \le t \le t_i .
$$

Beyond the last printed time nothing is assumed: everyone still alive is censored there. Before
it nobody is lost, unless a printed interval says so. By Greenwood's variance an arm of $n$
patients of whom nobody was lost before $t$ has

$$
\operatorname{var}\{\log S(t)\} = \frac{1 - S(t)}{n \, S(t)} ;
$$

a wider printed interval means that fewer were followed to that time, and pseudo-patients are
censored until their interval is as wide. A median that contradicts the printed landmarks is
left out.

Two things are not known: the shape of the curve between printed points, and where in a gap the
deaths fell. Both are drawn anew, {imputations} times in this measurement, the shape as that of a
Weibull curve around constant hazard. The estimates $\hat\theta_j$ with their variances $v_j$
are joined by Rubin's rules,

$$
\bar\theta = \frac{1}{M} \sum_j \hat\theta_j , \qquad
T = \frac{1}{M} \sum_j v_j + \left(1 + \frac{1}{M}\right)
\frac{1}{M - 1} \sum_j (\hat\theta_j - \bar\theta)^2 .
$$
"""


def methods_page(path: Path = SUMMARIES) -> str:
    """The Markdown of the page on summaries.

    Raises
    ------
    ReviewError
        The measured table has not been written or lacks a column.
    """
    measured = _read(path)
    blocks: list[Html] = [
        Heading("How well it works"),
        paragraph(
            f"Measured on {count(measured['pairs'])} pairs of arms whose patients are known, from "
            "open data sets of other diseases. Of each arm the method saw only what the first "
            "column names; its log hazard ratio was set against that of the true patients."
        ),
        _table(measured),
        Items(tuple(f"{heading}: {meaning}." for heading, meaning, _ in _COLUMNS.values())),
        paragraph(
            "Landmarks stand at fixed fractions of the shorter arm's follow-up unless months are "
            "named. None of the data concern brain metastases."
        ),
    ]
    text = _TEXT.replace("{imputations}", count(measured["imputations"]))
    parts = [
        f"## {block.text}" if isinstance(block, Heading) else html_block(block) for block in blocks
    ]
    return "\n\n".join([text.rstrip(), *parts]) + "\n"


def _read(path: Path) -> dict:
    if not path.exists():
        raise ReviewError(
            f"{path.parent.name}/{path.name} is missing: write it with "
            f"python benchmarks/summaries.py --json benchmarks/{path.parent.name}/{path.name}"
        )
    measured = json.loads(path.read_text(encoding="utf-8"))
    for row in measured["rows"]:
        lacking = sorted({"scenario", *_COLUMNS} - set(row))
        if lacking:
            raise ReviewError(f"{path.name}: a row lacks {', '.join(lacking)}")
    return measured


def _table(measured: dict) -> Html:
    rows = [
        {
            "Printed in the paper": row["scenario"],
            **{head: number(row[key]) for key, (head, _, number) in _COLUMNS.items()},
        }
        for row in measured["rows"]
    ]
    return html_table(pd.DataFrame(rows), caption="The method against known truth")
