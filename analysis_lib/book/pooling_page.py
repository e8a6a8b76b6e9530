"""How studies are put together, which interval is shown, and how often it holds the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from analysis_lib.book.markdown import Heading, html_block
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import ROOT
from analysis_lib.tables import Html, count, html_table, paragraph, percent, ratio

#: Written by the benchmark scripts of the same names.
RESULTS = ROOT / "benchmarks" / "results"

# Radicals stand on one line: a tall one needs a font that not every reader has, and without it
# seems to cover the numerator alone.
_TEXT = r"""# How studies are put together

Four questions are answered by four methods. This page says what each method does, and how often
its interval held the truth when the truth was known. All data on this page are simulated.

## Within studies

A study that holds both groups gives a log hazard ratio $y_i$ with its variance $v_i$: printed
with an interval, or computed from a p-value or from the figures of its groups. From three studies
on they are pooled with random effects,

$$
\hat\mu = \frac{\sum_i w_i y_i}{\sum_i w_i} , \qquad w_i = \frac{1}{v_i + \tau^2} ,
$$

with $\tau^2$ by restricted maximum likelihood. The interval is the modified one of Knapp and
Hartung:

$$
\hat\mu \pm t_{k-1} \sqrt{\max(1, q) / \sum_i w_i} , \qquad
q = \frac{1}{k-1} \sum_i w_i (y_i - \hat\mu)^2 .
$$

The interval of $\tau^2$ is Cochran's Q turned round (Q-profile). From four studies on, a
prediction interval says where a new study would be expected. It is short of its promise with few
studies: see the table.

## Between cohorts

Where no study holds both groups, cohorts of one treatment stand beside cohorts of another. Deaths
$d_{ij}$ of cohort $i$ in the interval $j$ of follow-up, over $T_{ij}$ months, are taken as

$$
d_{ij} \sim \operatorname{Poisson}\left(T_{ij} \, u_i \exp(\alpha_j + \beta x_i)\right) , \qquad
u_i \sim \operatorname{Gamma}(1/\theta, 1/\theta) ,
$$

with $x_i = 1$ for the first group, so that $\exp \beta$ is the hazard ratio and $\theta$ the
variance of the cohorts' own effects $u_i$. The interval takes $t$ with the number of cohorts less
two degrees of freedom; $\theta$ is estimated as restricted maximum likelihood does; and the
standard error is widened where cohorts spread more than $\theta$ explains. Fewer than four
cohorts on a side give no ratio. The model is fitted to every set of pseudo-patients and combined
by Rubin's rules with the degrees of freedom of Barnard and Rubin. Cox's model with a shared gamma
frailty is its cross-check.

The model cannot tell a treatment from the patients who were given it. That all cohorts are
exchangeable across treatments is its assumption, and it is not believed: see the certainty on
each page.

## Absolute figures

Survival of one side is pooled on the arcsine scale (Combescure, Foucher and Jackson 2014),

$$
z_i = \arcsin \sqrt{(n_i S_i + 1/4) / (n_i + 1/2)} , \qquad
\operatorname{var}(z_i) = \frac{1}{4 (n_i + 1/2)} ,
$$

with random effects; $n_i$ is the number at risk, or less where the printed interval or the
pseudo-patients know the figure less well. The limits are the modified Knapp-Hartung ones, carried
over to log(-log) of survival, because the published normal limits are too narrow with few studies.
Figures are given at times that three
studies of a side know, and only there.

## Shares of a whole

<div class="lsr-anchor" id="how-shares"></div>

How many had a harm, or how many lesions were necrosis only: one count has the exact interval of
Clopper and Pearson (1934). Several are pooled only within one name, one definition and one unit,
over three studies or more, by the binomial-normal model with random effects (Stijnen, Hamza and
Oezdemir 2010): the events of study $i$ are binomial with log odds $\mu + \tau z_i$, $z_i$ standard
normal. The figure shown is the share in the median study; its limits use the t distribution with
one degree of freedom less than studies. Otherwise every count is listed by itself.

## Counts of one study

<div class="lsr-anchor" id="how-counts"></div>

Two counts of one study are compared by Fisher's exact test, two-sided; their odds ratio is the
conditional one with its exact limits. A difference of two printed shares takes its limits from the
limits printed for each (Newcombe 1998; Zou and Donner 2008):

$$
p - q - \sqrt{(p - l_p)^2 + (u_q - q)^2} \quad \text{to} \quad
p - q + \sqrt{(u_p - p)^2 + (q - l_q)^2} .
$$

Neither was asked for before the figures were seen: they describe one study.
"""

_METHODS = {
    "modified_knapp_hartung": "Modified Knapp-Hartung",
    "knapp_hartung": "Knapp-Hartung, not modified",
    "wald": "Wald (normal)",
    "t": "t, study effect as by restricted likelihood, widened",
    "t_without_widening": "the same, not widened",
    "likelihood_t": "maximum likelihood, t",
    "likelihood_z": "maximum likelihood, normal",
    "profile_t": "profile likelihood, t",
    "profile_chi_square": "profile likelihood, chi-square",
    "shared_frailty_cox": "Cox with gamma frailty, normal",
    "naive_cox": "naive: cohorts ignored",
}


def pooling_page(folder: Path = RESULTS) -> str:
    """The Markdown of the page.

    Raises
    ------
    ReviewError
        A benchmark's result has not been written or lacks a table.
    """
    blocks: list[Html] = [
        Heading("How often the intervals held the truth"),
        *_two_stage(_read(folder, "two_stage", "cells")),
        *_between(_read(folder, "between_studies", "summary")),
        *_absolute(_read(folder, "summary_curve", "rows")),
        paragraph(
            "Least: the worst of all simulated cells. A method marked (shown) is the one on the "
            "pages; the others stand here so that the choice can be judged."
        ),
    ]
    parts = [
        f"## {block.text}" if isinstance(block, Heading) else html_block(block) for block in blocks
    ]
    return "\n\n".join([_TEXT.rstrip(), *parts]) + "\n"


def _read(folder: Path, name: str, key: str) -> dict:
    path = folder / f"{name}.json"
    if not path.exists():
        raise ReviewError(
            f"{folder.name}/{path.name} is missing: write it with "
            f"python benchmarks/{name}.py --json benchmarks/{folder.name}/{path.name}"
        )
    measured = json.loads(path.read_text(encoding="utf-8"))
    if key not in measured:
        raise ReviewError(f"{path.name} lacks {key}: write it anew with benchmarks/{name}.py")
    return measured


def _two_stage(measured: dict) -> list[Html]:
    cells = measured["cells"]
    rows = []
    for method in cells[0]["intervals"]:
        found = [cell["intervals"][method] for cell in cells]
        predicted = [one["prediction_coverage"] for one in found]
        rows.append(
            _row(method, "modified_knapp_hartung", found)
            | {"Prediction, least": percent(_least(predicted), decimals=1)}
        )
    studies = sorted({cell["studies"] for cell in cells})
    return [
        _table(rows, "Within studies: log hazard ratios pooled"),
        paragraph(
            f"{count(len(cells))} cells of {count(measured['replicates'])} comparisons, "
            f"{studies[0]} to {studies[-1]} studies of 15 to 60 patients, hazards proportional, "
            "variance between studies 0 to 0.3. Prediction: a new study's true ratio."
        ),
    ]


def _between(measured: dict) -> list[Html]:
    rows = [
        {
            "Interval": _name(method, measured["summary"]["leading"]),
            "Coverage, least": percent(worst["least_coverage"], decimals=1),
            "Difference found where there is none, most": percent(
                worst["greatest_type_one_error"], decimals=1
            ),
            "Mean width (log)": ratio(worst["mean_width"]),
        }
        for method, worst in measured["summary"]["worst"].items()
    ]
    return [
        _table(rows, "Between cohorts: one ratio from single-arm cohorts"),
        paragraph(
            f"{count(len(measured['cells']))} cells, 4 to 8 cohorts on a side of 15 to 60 "
            "patients, variance of the cohorts' effects 0 to 0.3, half of the cells with effects "
            f"and hazards of another form than the model's; {count(measured['replicates'])} "
            f"comparisons in a cell for the first three, {count(measured['further'])} for the "
            "others."
        ),
    ]


#: The same words mean another interval where one side is summarised.
_T_OF_ONE_SIDE = "t with one degree less than cohorts, no further factor"


def _absolute(measured: dict) -> list[Html]:
    shown = [row for row in measured["rows"] if row["structure"] == "by itself"]
    rows = []
    for method, scale in dict.fromkeys((row["interval"], row["scale"]) for row in shown):
        found = [row for row in shown if (row["interval"], row["scale"]) == (method, scale)]
        leads = "modified_knapp_hartung" if scale == "log-log" else ""
        rows.append(
            {
                "Interval": f"{_T_OF_ONE_SIDE if method == 't' else _name(method, leads)}, {scale}",
                "Coverage, least": percent(_least(row["coverage"] for row in found), decimals=1),
                "Mean width": ratio(sum(row["width"] for row in found) / len(found)),
            }
        )
    return [
        _table(rows, "Absolute figures: survival at 12 months over single-arm cohorts"),
        paragraph(
            f"{count(measured['repeats'])} repeats in each cell: 3 to 8 cohorts of 15 to 60 "
            "patients, variance of their effects 0 to 0.3."
        ),
    ]


def _row(method: str, shown: str, found: list[Mapping]) -> dict[str, object]:
    errors = [one["type_one_error"] for one in found]
    return {
        "Interval": _name(method, shown),
        "Coverage, least": percent(_least(one["coverage"] for one in found), decimals=1),
        "Difference found where there is none, most": percent(
            max(error for error in errors if error is not None), decimals=1
        ),
        "Mean width (log)": ratio(sum(one["width"] for one in found) / len(found)),
    }


def _name(method: str, shown: str) -> str:
    return f"{_METHODS[method]} (shown)" if method == shown else _METHODS[method]


def _least(values: Iterable[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _table(rows: list[dict], caption: str) -> Html:
    return html_table(pd.DataFrame(rows), caption=caption)
