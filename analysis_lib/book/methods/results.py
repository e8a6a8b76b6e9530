"""Ideas 7 to 10: within studies, between cohorts, the naive pool, absolute figures."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.methods.idea import Idea, Material
from analysis_lib.book.places import arm_link
from analysis_lib.book.reconstruction_pages import PAIRS
from analysis_lib.book.side_figures import figure_words
from analysis_lib.book.sources import pooled_link
from analysis_lib.comparison.result import OutcomeResult
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES
from analysis_lib.comparison.sides import LANDMARK_MONTHS, SideResult
from analysis_lib.meta_analysis import PooledEstimate, pool
from analysis_lib.survival import HazardRatio, cox_two_arm
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
    paragraph,
    percent,
    ratio,
)

#: Three small samples of one public trial, as if they were three studies.
SAMPLES = ("colon-os_Obs-Lev+5F_n15_0", "colon-os_Obs-Lev+5F_n30_0", "colon-os_Obs-Lev+5F_n60_0")

#: Two groups of two public trials that were given nothing new: pair and arm.
UNTREATED = (("colon-os_Obs-Lev_full", "Obs"), ("pbc_1-2_full", "2"))


def sample_ratios() -> tuple[HazardRatio, ...]:
    """Cox's ratio, treated against observed, of each sample."""
    pairs = {pair["id"]: pair for pair in json.loads(PAIRS.read_text("utf-8"))}
    return tuple(_ratio(pairs[name]["arms"]) for name in SAMPLES)


def pooled_ratio() -> PooledEstimate:
    """The samples pooled as studies are."""
    found = sample_ratios()
    return pool([f.log_hazard_ratio for f in found], [f.standard_error for f in found])


def untreated_ratio() -> HazardRatio:
    """The second untreated group against the first, as if they came from one study."""
    pairs = {pair["id"]: pair for pair in json.loads(PAIRS.read_text("utf-8"))}
    arms = [
        next(arm for arm in pairs[name]["arms"] if arm["name"] == wanted)
        for name, wanted in UNTREATED
    ]
    return _ratio(arms)


def _ratio(arms: Sequence[dict]) -> HazardRatio:
    both = pd.concat(
        [pd.DataFrame(arm["truth"]).assign(group=number) for number, arm in enumerate(arms)]
    )
    return cox_two_arm(both["time_months"], both["event"], both["group"])


def _words(found: HazardRatio) -> str:
    return interval(found.hazard_ratio, *found.interval, number=ratio)


def _within(material: Material) -> Sequence[Html]:
    found, pooled = sample_ratios(), pooled_ratio()
    rows = [
        {
            "Sample": f"Sample {number}",
            "Patients": one.n,
            "Deaths": one.n_events,
            "Hazard ratio": _words(one),
            "Weight": percent(weight),
        }
        for number, (one, weight) in enumerate(zip(found, pooled.weights, strict=True), start=1)
    ]
    values = (math.exp(x) for x in (pooled.estimate, pooled.low, pooled.high))
    rows.append(
        {
            "Sample": "Pooled",
            "Patients": sum(one.n for one in found),
            "Deaths": sum(one.n_events for one in found),
            "Hazard ratio": interval(*values, number=ratio),
            "Weight": "",
        }
    )
    return (
        paragraph(
            "Three random samples of one public trial of colon cancer, as if they were three small "
            "studies. Each is compared within itself; only then are the ratios averaged, the "
            "surer ones with more weight."
        ),
        html_table(pd.DataFrame(rows), caption="Treated against observed, deaths"),
        paragraph(
            f"I² is {percent(pooled.i2)}, with an interval of "
            f"{percent(pooled.i2_low)} to {percent(pooled.i2_high)}: three studies can hardly say "
            "how far studies differ."
        ),
    )


def _between(material: Material) -> Sequence[Html]:
    result, outcome = material.first, material.first.leading
    contrast = next(c for p in outcome.pools for c in p.between if c.hazard_ratio is not None)
    limits = interval(contrast.hazard_ratio, contrast.low, contrast.high, number=ratio)
    names = [arm.study_label for side in outcome.sides for arm in side.arms]
    place = f"{result.declaration.id}.html"
    link = pooled_link(limits, outcome.outcome, "between", names, page=place)
    spread = f"{math.sqrt(contrast.theta or 0):.2f}"
    return (
        paragraph(
            f"{contrast.first} ({count(contrast.cohorts[0])} cohorts) beside "
            f"{contrast.second[0].lower()}{contrast.second[1:]} ({count(contrast.cohorts[1])} "
            "cohorts), deaths: ratio ",
            link,
            ". The cohorts' own effects spread with a standard deviation of ",
            pooled_link(spread, outcome.outcome, "between", names, page=place),
            " around their side: hospitals and patients differ for reasons that have nothing to "
            "do with the treatment, and the interval carries that.",
        ),
        callout("caution", "Different patients in different hospitals; no effect of treatment."),
    )


def _naive(material: Material) -> Sequence[Html]:
    one = untreated_ratio()
    outcome = material.first.leading
    rows = []
    for pooled in outcome.pools:
        for naive in pooled.naive:
            rows.append(_naive_row(material, outcome, "Naive pool", "naive", naive))
        for contrast in pooled.between:
            if contrast.hazard_ratio is not None:
                rows.append(
                    _naive_row(
                        material, outcome, "With an effect of the study", "between", contrast
                    )
                )
    sizes = [count(n) for n in _sizes()]
    return (
        paragraph(
            f"Two groups of two public trials, {sizes[0]} patients with colon cancer and "
            f"{sizes[1]} with a liver disease, neither given anything new. Thrown together as if "
            f"from one study they give a hazard ratio of {_words(one)}, the second group against "
            "the first. No treatment made that: the patients differ. A naive pool calls it an "
            "effect."
        ),
        html_table(
            pd.DataFrame(rows),
            caption=f"{material.first.declaration.title}: the same cohorts in two ways",
        ),
    )


def _sizes() -> list[int]:
    pairs = {pair["id"]: pair for pair in json.loads(PAIRS.read_text("utf-8"))}
    return [
        next(arm["n"] for arm in pairs[name]["arms"] if arm["name"] == wanted)
        for name, wanted in UNTREATED
    ]


def _naive_row(
    material: Material, outcome: OutcomeResult, label: str, method: str, found
) -> dict[str, object]:
    text = interval(found.hazard_ratio, found.low, found.high, number=ratio)
    names = [arm.study_label for side in outcome.sides for arm in side.arms]
    page = f"{material.first.declaration.id}.html"
    return {
        "Method": label,
        "Hazard ratio": pooled_link(text, outcome.outcome, method, names, page=page),
    }


def _absolute(material: Material) -> Sequence[Html]:
    result, outcome = material.first, material.first.leading
    side = next(side for side in outcome.sides if _figure(outcome, side).value is not None)
    figure = _figure(outcome, side)
    rows = [
        {
            "Cohort": arm.study_label,
            "Patients": arm.n,
            f"Alive at {LANDMARK_MONTHS:.0f} months": arm_link(
                arm, interval(found.value, found.low, found.high, number=percent)
            ),
        }
        for arm in side.arms
        if (found := arm.at(LANDMARK_MONTHS)) is not None
    ]
    names = [row["Cohort"] for row in rows]
    link = pooled_link(
        figure_words(figure),
        outcome.outcome,
        "absolute",
        map(str, names),
        page=f"{result.declaration.id}.html",
    )
    return (
        html_table(pd.DataFrame(rows), caption=f"{side.label}: cohorts that know this time"),
        paragraph("Over all, alive: ", link, "."),
        paragraph(
            f"{count(len(side.arms) - len(rows))} of {count(len(side.arms))} cohorts do not print "
            f"this time and stand outside the figure. Below {count(MINIMUM_STUDIES)} the page says "
            "“not known”."
        ),
    )


def _figure(outcome: OutcomeResult, side: SideResult):
    return outcome.pools[0].summary(side).at(LANDMARK_MONTHS)


RESULTS = (
    Idea(
        "within-studies",
        "Within studies",
        "Compare inside each study first, average the comparisons afterwards.",
        (
            "A study that holds both groups treated them in one place, in the same years, with the "
            "same scans. That does not make them alike, but far more alike than patients of two "
            "hospitals. So it leads a page wherever it exists.",
            "One study is shown as one study, two as two. From three on they are pooled with "
            "random effects: the true ratio may differ from study to study.",
        ),
        _within,
        (
            "Ratios of different kinds are averaged: Cox and subdistribution ratios never meet "
            "here.",
            "With few studies the usual interval is too narrow. The one shown was measured.",
        ),
        ((Cell("Formulas and coverage", href="methods-pooling.html#within-studies"),),),
    ),
    Idea(
        "between-cohorts",
        "Between cohorts",
        "Where nobody compared, cohorts stand beside cohorts, and the hospital counts as a unit.",
        (
            "Most studies hold one treatment. Setting such cohorts side by side compares hospitals "
            "as much as treatments. The model gives each cohort an effect of its own, so that a "
            "large cohort cannot speak for all, and its interval is as wide as the cohorts differ.",
            "It cannot tell a treatment from those who were chosen for it. No model can.",
        ),
        _between,
        (
            "The ratio is read as what the treatment does.",
            "With fewer than four cohorts on a side no ratio is given: curves only.",
        ),
        ((Cell("The model", href="methods-pooling.html#between-cohorts"),),),
    ),
    Idea(
        "naive",
        "The naive pool, and why not",
        "All patients in one pot: the studies vanish, and their differences pose as an effect.",
        (
            "The naive way counts every patient as if from one study and draws two curves. It is "
            "simple, its interval is narrow, and it answers another question: who were the "
            "patients?",
            "It is shown on every comparison because published reviews use it, labelled, and it "
            "never leads.",
        ),
        _naive,
        (
            "Its interval is too narrow: cohorts differ by more than chance.",
            "The groups with the shortest print leave the curve first.",
        ),
        ((Cell("The benchmark review, point by point", href="benchmark-review.html"),),),
    ),
    Idea(
        "absolute-figures",
        "Absolute figures",
        "Of 100 patients, how many: given only where three studies know the time.",
        (
            "A ratio has no size of its own. What a patient asks is how many of 100 are alive "
            "after a year. That is summarised over the cohorts of one side, each at times it "
            "printed, and never computed by applying a ratio to somebody else's curve.",
        ),
        _absolute,
        (
            "A figure is carried beyond the last printed time by assuming that things go on as "
            "before.",
            "Which cohorts print a time is no chance: those who lived longer were followed longer.",
        ),
        ((Cell("The summary", href="methods-pooling.html#absolute-figures"),),),
    ),
)
