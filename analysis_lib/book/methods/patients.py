"""Ideas 5 and 6: patients from a figure, and pseudo-patients from a printed summary."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.methods.evidence import READ
from analysis_lib.book.methods.idea import Idea, Material
from analysis_lib.book.places import field_link, study_link
from analysis_lib.book.printed_figures import printed_words
from analysis_lib.book.reconstruction_pages import EXAMPLE, PAIRS, constraints_table
from analysis_lib.book.study_rederived import rederived
from analysis_lib.comparison.arms import study_label, usable_landmarks, usable_median
from analysis_lib.reconstruct import reconstruct_from_summary, reconstruct_ipd
from analysis_lib.survival import median_with_interval
from analysis_lib.tables import Cell, Html, count, html_table, interval, months, paragraph


def _figure(material: Material) -> Sequence[Html]:
    pair = next(p for p in json.loads(PAIRS.read_text("utf-8")) if p["id"] == EXAMPLE)
    arm = pair["arms"][0]
    reading = pd.DataFrame(arm["curves"]["read"])
    table = pd.DataFrame(arm["number_at_risk"]).rename(columns={"n": "number_at_risk"})
    made = reconstruct_ipd(reading, n=arm["n"], number_at_risk=table)
    rows = []
    for label, ipd in (("True patients", pd.DataFrame(arm["truth"])), ("Made", made.ipd)):
        found = median_with_interval(ipd["time_months"], ipd["event"])
        high = float("inf") if found.high is None else found.high
        rows.append(
            {
                "Patients": label,
                "n": len(ipd),
                "Events": int(ipd["event"].sum()),
                "Median, months": interval(found.value, found.low, high),
            }
        )
    return (
        paragraph(
            f"One arm of a public trial, {arm['name'].lower()}: {count(len(reading))} points read "
            f"off its curve, and n = {count(arm['n'])}. Its patients are known, so the result can "
            "be held against them."
        ),
        html_table(pd.DataFrame(rows), caption="Truth, and what the figure gave back"),
        constraints_table(made, "Facts that the patients had to meet"),
    )


def _summary(material: Material) -> Sequence[Html]:
    record = material.record(READ)
    arm, outcome = record.arms[0], record.arms[0].outcomes[0]
    field = "arms[0].outcomes[0]"
    made = reconstruct_from_summary(
        n=outcome.n_analysed.value,
        median=usable_median(outcome),
        landmarks=usable_landmarks(outcome),
        estimator=outcome.estimator,
        followup_max_months=outcome.followup_max_months,
    )
    deaths = int(made.ipd["event"].sum())
    return (
        paragraph(
            study_link(record.id, study_label(record)),
            f" prints of {arm.label.lower()}: ",
            field_link(record.id, field, printed_words(outcome)),
            f", n = {count(outcome.n_analysed.value)}. That becomes {count(len(made.ipd))} "
            f"pseudo-patients with {count(deaths)} deaths; the other "
            f"{count(len(made.ipd) - deaths)} are censored at {months(made.known_until_months)} "
            "months, where the print ends.",
        ),
        *rederived(record, outcome, field, study_label(record)),
    )


PATIENTS = (
    Idea(
        "figure-to-patients",
        "From a figure to patients",
        "A survival curve is a staircase of deaths: read closely, it gives back the patients.",
        (
            "Each step of the curve is a number of deaths over a number still watched. Points read "
            "off the figure, n, and the table under the curve leave few sets of patients that fit. "
            "The library searches the set that fits best and meets every printed fact exactly.",
            "Where no table is printed, who left and when is not known. Then many sets are drawn, "
            "and their differences widen every interval.",
        ),
        _figure,
        (
            "No table under the curve is taken as nobody lost from sight.",
            "A large step of a small group is smoothed away as an error of reading.",
        ),
        (
            (Cell("Worked example", href="worked-example.html"),),
            (Cell("How well it works", href="reconstruction-benchmark.html"),),
        ),
    ),
    Idea(
        "summary-to-patients",
        "From printed summaries to pseudo-patients",
        "Where only a median or a percentage is printed, pseudo-patients carry that and no more.",
        (
            "A curve is laid through the printed points; deaths are placed along it; whoever is "
            "alive at the last printed time is censored there. Pseudo-patients give back what was "
            "printed. They know nothing else.",
            "The shape between the points is a guess. It is drawn anew many times, and the "
            "differences stand in every interval.",
        ),
        _summary,
        (
            "The worst groups are printed for the shortest time. Beyond their last print a pooled "
            "curve is carried by the others: here it is dotted from there on.",
            "A narrow interval is computed from pseudo-patients as if they were real.",
        ),
        ((Cell("The method and its error", href="methods-summaries.html"),),),
    ),
)
