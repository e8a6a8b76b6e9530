"""What a comparison's page draws."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.blocks import Stack
from analysis_lib.book.comparison_tables import ONE_CLASS, pool_label
from analysis_lib.book.forest_rows import (
    cohort_rows,
    contrast_rows,
    landmark_summary,
    median_summary,
    median_weights,
    not_pooled,
    side_summaries,
    within_rows,
    within_summary,
)
from analysis_lib.charts import cohort_forest, survival_chart
from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.comparison.pooled_curves import (
    HORIZON_MONTHS,
    continued_curve,
    numbers_at_risk,
    pooled_curve,
)
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.sides import LANDMARK_MONTHS
from analysis_lib.tables import Html, Paragraph, callout, count, paragraph
from analysis_lib.vocabulary import CURVE_LEVELS

#: Times of the table under the curves, months.
_TICKS = (0.0, 6.0, 12.0, 18.0, 24.0)

_COUNTED = {"patient": "patients", "lesion": "lesions", "cavity": "cavities"}

#: What each kind of picture shows and what it does not, for somebody who never read one.
_HOW_TO_READ = {
    "curves": (
        "the line starts with everybody and steps down with each event, so its height at 12 "
        "months is the share still free of the event then. It is solid while every arm of a "
        "side is known. Where an arm ends in print the line breaks off and goes on dotted, at "
        "another height, because other patients are left in it; it ends where of several arms "
        "one is left. The shaded bands treat all patients as if they came from one study and "
        "are too narrow: the intervals of the figures of 100 are the ones to quote. At risk: "
        "followed up to then and free of the event; censored: no longer followed. People were "
        "not assigned to a side by chance, so the gap between two lines is not the effect of a "
        "treatment."
    ),
    "forest": (
        "each line is one cohort. The symbol is what it found, larger with more patients; the "
        "bar is the 95% interval, the range of true values that fit what was seen. A diamond "
        "is the average of its group in a model that lets cohorts differ (random effects), as "
        "wide as its 95% interval; a cohort's weight is its share of that average, and the "
        "dotted line is where a new cohort would be expected (prediction interval). Where fewer "
        "than three studies know a figure, none is combined. Bars that hardly overlap within "
        "one group show how much cohorts differ for reasons other than the treatment."
    ),
    "robustness": (
        "each line repeats the same analysis with one decision taken otherwise: another rule of "
        "who belongs to a side, another time to count from, one study left out. Left of the "
        "dashed line at 1 the first group had fewer events, right of it more. If symbols and "
        "bars stay where they are, the answer does not hang on that decision; where they move, "
        "it does. None of the lines takes away that doctors chose who got which treatment."
    ),
}


def how_to_read(kind: str) -> Html:
    """How to read this picture: one paragraph for ``curves``, ``forest`` or ``robustness``."""
    return Paragraph((f"How to read this picture: {_HOW_TO_READ[kind]}",), "lsr-how-to-read")


def curves(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Curves of each side, a chart for each pool; survival also with every arm continued."""
    label = outcome_label(outcome.outcome)
    pools = [pool for pool in outcome.pools if any(pool.arms(side) for side in outcome.sides)]
    if not pools:
        return callout("missing", f"No curve: no side has a usable figure for {label.lower()}.")
    parts: list[Html] = [_known_chart(outcome, pool, number) for number, pool in enumerate(pools)]
    parts.append(how_to_read("curves"))
    if outcome.outcome != "os":
        return Stack(*parts, paragraph(ONE_CLASS))
    return Stack(*parts, *_continued(outcome, pools[0]))


def _continued(outcome: OutcomeResult, pool: Pool) -> tuple[Html, Html]:
    """Every arm continued to the horizon, and the sentence that says it is an assumption."""
    frames = [
        continued_curve(pool.arms(side)).assign(side=side.label, style=side.colour)
        for side in outcome.sides
    ]
    label, until = outcome_label(outcome.outcome), f"{HORIZON_MONTHS:.0f} months"
    title = f"{label}: every arm continued to {until} (an assumption)"
    return (
        _drawn(outcome, f"continued-{_slug(outcome)}", title, frames, None),
        paragraph(
            "An assumption, not evidence: after its last printed time each arm goes on at its "
            "mean rate so far. No interval, because deaths that nobody saw have none."
        ),
    )


def _known_chart(outcome: OutcomeResult, pool: Pool, number: int) -> Html:
    frames, at_risk, arms_drawn = [], [], []
    for side in outcome.sides:
        arms = pool.arms(side)
        arms_drawn += arms
        frames.append(pooled_curve(arms).assign(side=side.label, style=side.colour))
        if arms:
            at_risk.append(numbers_at_risk(arms, _TICKS).assign(side=side.label))
    within = f" ({pool_label(pool)})" if pool.pool_class is not None else ""
    title = f"{outcome_label(outcome.outcome)}: what is known{within}{drawn_from(arms_drawn)}"
    name = f"curves-{_slug(outcome)}" + (f"-{number + 1}" if number else "")
    return _drawn(outcome, name, title, frames, pd.concat(at_risk), _counted(arms_drawn))


def drawn_from(arms: Sequence[ArmEvidence]) -> str:
    """What a curve's title says of where its shape is from; nothing where curves were read."""
    printed = sum(arm.level not in CURVE_LEVELS for arm in arms)
    if not printed:
        return ""
    part = "" if printed == len(arms) else f"{count(printed)} of {count(len(arms))} arms "
    return f", {part}drawn from printed summaries, shape between printed points assumed"


def _counted(arms: Sequence[ArmEvidence]) -> str:
    """Patients or lesions; both where arms differ."""
    return " and ".join(sorted({_COUNTED.get(arm.unit, "units not stated") for arm in arms}))


def forest(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """What each cohort says: medians, and the share free of the event at 12 months."""
    label = outcome_label(outcome.outcome)
    found = (_median_forest(outcome), _landmark_forest(outcome), _contrast_forest(outcome))
    parts = [chart for chart in found if chart is not None]
    if not parts:
        return callout("missing", f"No cohort prints a median or 12-month figure: {label.lower()}.")
    return Stack(*parts, how_to_read("forest"))


def _median_forest(outcome: OutcomeResult) -> Html | None:
    rows = cohort_rows(outcome, lambda arm: arm.median, median_weights(outcome))
    if not rows["estimate"].notna().any():
        return None
    return cohort_forest(
        f"medians-{_slug(outcome)}",
        rows,
        title=f"{outcome_label(outcome.outcome)}: median of each cohort",
        x_title="Months",
        unit="months",
        summaries=side_summaries(outcome, median_summary),
    )


def _landmark_forest(outcome: OutcomeResult) -> Html | None:
    rows = cohort_rows(outcome, lambda arm: arm.at(LANDMARK_MONTHS), {})
    if not rows["estimate"].notna().any():
        return None
    label = outcome_label(outcome.outcome)
    return cohort_forest(
        f"landmarks-{_slug(outcome)}",
        rows,
        title=f"{label} at 12 months in each cohort",
        x_title=f"{label} at 12 months",
        unit="percent",
        domain=(0.0, 1.0),
        summaries=side_summaries(outcome, landmark_summary),
    )


def _contrast_forest(outcome: OutcomeResult) -> Html | None:
    """Ratios as papers print them; below them each pool, from the first side to the second."""
    names = {side.id: side.label for side in outcome.sides}
    pooled = [found for found in outcome.within if found.pooled is not None]
    tables = [contrast_rows(outcome), *(within_rows(found, names) for found in pooled)]
    tables = [table for table in tables if not table.empty]
    if not tables:
        return None
    single = [found for found in outcome.within if found.pooled is None]
    chart = cohort_forest(
        f"contrasts-{_slug(outcome)}",
        pd.concat([table.astype(object) for table in tables], ignore_index=True),
        title=f"{outcome_label(outcome.outcome)}: ratios printed within studies",
        x_title="Ratio (logarithmic axis)",
        unit="ratio",
        scale="log",
        reference=1.0,
        summaries=pd.DataFrame([within_summary(found, names) for found in pooled]),
    )
    return Stack(chart, *(paragraph(not_pooled(found, names)) for found in single))


def _drawn(
    outcome: OutcomeResult,
    name: str,
    title: str,
    frames: Sequence[pd.DataFrame],
    at_risk: pd.DataFrame | None,
    counted: str = "patients",
) -> Html:
    kinds = {arm.time_zero_kind for side in outcome.sides for arm in side.arms}
    zero = "the start of salvage treatment"
    if kinds - {"start_of_salvage"}:
        zero = "time zero (start of salvage treatment, or re-irradiation after surgery)"
    y_title = {"os": "Alive", "local_control": "Locally controlled"}
    return survival_chart(
        name,
        pd.concat([frame for frame in frames if not frame.empty], ignore_index=True),
        title=title,
        max_months=HORIZON_MONTHS,
        x_title=f"Months after {zero}",
        y_title=y_title.get(outcome.outcome, "Free of progression"),
        at_risk=at_risk,
        counted=counted,
    )


def _slug(outcome: OutcomeResult) -> str:
    return outcome.outcome.replace("_", "-")
