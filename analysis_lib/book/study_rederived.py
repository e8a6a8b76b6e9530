"""What the patients made from a study's figures give back, beside what is printed."""

from __future__ import annotations

import pandas as pd

from analysis_lib.book.curve_trace import trace_facts
from analysis_lib.book.glossary_page import term
from analysis_lib.book.reconstruction_pages import constraints_table, steps
from analysis_lib.book.study_uses import ComputedRatio
from analysis_lib.charts import reading_chart
from analysis_lib.comparison.arms import reconstruct_outcome, usable_landmarks, usable_median
from analysis_lib.comparison.selection import has_figure
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct.summaries import (
    ReproducedFact,
    SummaryReconstruction,
    reconstruct_from_summary,
)
from analysis_lib.study_records import StudyRecord, read_curve
from analysis_lib.study_records.model import Outcome
from analysis_lib.tables import (
    Cell,
    Html,
    count,
    html_table,
    interval,
    months,
    paragraph,
    percent,
    ratio,
)

_FACTS = {
    "survival": "At {months:g} months",
    "survival_low": "Lower limit at {months:g} months",
    "survival_high": "Upper limit at {months:g} months",
}


def rederived(record: StudyRecord, outcome: Outcome, slug: str, label: str) -> list[Html]:
    """Printed against re-derived values of one outcome; the curve where one was digitised.

    Parameters
    ----------
    record : StudyRecord
    outcome : Outcome
    slug : str
        Names the chart within its page.
    label : str
        The outcome in words.
    """
    if not has_figure(outcome):
        return []
    if outcome.curve is not None:
        return _from_curve(record, outcome, slug, label)
    try:
        made = reconstruct_from_summary(
            n=outcome.n_analysed.value,
            median=usable_median(outcome),
            landmarks=usable_landmarks(outcome),
            estimator=outcome.estimator,
            followup_max_months=outcome.followup_max_months,
        )
    except InvalidInputError as problem:
        return [paragraph(f"No patients can be made from these figures: {problem}.")]
    return [_summary_table(made, outcome, label)]


def computed_ratio(found: ComputedRatio) -> Html:
    """A ratio of two groups that the paper does not print: the number and how it came about."""
    effect = found.effect
    groups = f"{effect.groups[0]} against {effect.groups[1]}"
    numbers = interval(*effect.as_printed, number=ratio)
    said: list[str | Cell] = [
        f"{effect.scale[:1].upper()}{effect.scale[1:]} of {found.label}, {groups}: {numbers}; "
        "below 1 means fewer failures in the first group. Computed by this review, not printed "
        "in the paper: from the figures above patients were "
        "made (",
        term("pseudo-patients", up=True),
        ") many times over, with shapes of survival curves from that comparison's studies, a ",
        term("Cox model", up=True),
        " was fitted to each set and the fits were combined by ",
        term("Rubin's rules", up=True),
        ". It is not adjusted",
    ]
    if len(effect.time_zeros) > 1:
        said += [", and the groups are counted from different days"]
    page = f"../{found.comparison}.html"
    return paragraph(*said, ". It stands in ", Cell(found.title, href=page), ".")


def _from_curve(record: StudyRecord, outcome: Outcome, slug: str, label: str) -> list[Html]:
    made = reconstruct_outcome(record, outcome)
    reading, _ = read_curve(record, outcome)
    title = f"{label}: the reading and the curve made from it"
    return [
        reading_chart(f"curve-{slug}", reading, steps("reconstructed", made.ipd), title=title),
        *trace_facts(record, outcome),
        constraints_table(made, f"{label}: printed and re-derived"),
    ]


def _summary_table(made: SummaryReconstruction, outcome: Outcome, label: str) -> Html:
    rows = [_row(fact) for fact in made.constraints]
    if outcome.n_events is not None:
        events = count(int(made.ipd["event"].sum()))
        rows.append({"Figure": "Events", "Printed": count(outcome.n_events), "Re-derived": events})
    note = (
        f"Re-derived: what the {count(len(made.ipd))} pseudo-patients made from the printed "
        f"figures give back. Nothing is known beyond {months(made.known_until_months)} months; "
        "later events are not among them."
    )
    for finding in made.findings:
        note += f" {finding.message.rstrip('.')}."
    return html_table(pd.DataFrame(rows), caption=f"{label}: printed and re-derived", note=note)


def _row(fact: ReproducedFact) -> dict[str, str]:
    if fact.fact == "median_months":
        name, number = "Median, months", months
    else:
        name = _FACTS[fact.fact].format(months=fact.months)

        def number(value: float | None) -> str:
            return percent(value, decimals=1)

    again = "not reached" if fact.reproduced is None else number(fact.reproduced)
    return {"Figure": name, "Printed": number(fact.given), "Re-derived": again}
