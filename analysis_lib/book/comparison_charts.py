"""What a comparison's page draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.blocks import Stack
from analysis_lib.book.comparison_tables import ONE_CLASS, pool_label
from analysis_lib.book.places import field_anchor, study_page
from analysis_lib.charts import cohort_forest, survival_chart
from analysis_lib.comparison.arms import ArmEvidence, Estimate
from analysis_lib.comparison.pooled_curves import (
    HORIZON_MONTHS,
    arms_known_at,
    continued_curve,
    pooled_curve,
)
from analysis_lib.comparison.pools import Pool
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.sides import LANDMARK_MONTHS
from analysis_lib.tables import Html, callout, paragraph

#: Times under the axis, months.
_TICKS = (0.0, 6.0, 12.0, 18.0, 24.0)


def curves(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Curves of each side, a chart for each pool; survival also with every arm continued."""
    label = outcome_label(outcome.outcome)
    pools = [pool for pool in outcome.pools if any(pool.arms(side) for side in outcome.sides)]
    if not pools:
        return callout("missing", f"No curve: no side has a usable figure for {label.lower()}.")
    parts: list[Html] = [_known_chart(outcome, pool, number) for number, pool in enumerate(pools)]
    parts.append(
        paragraph(
            "How to read it: solid while every arm of the side is known, dotted once the first "
            "arm runs out of print; beyond that the curve rests on the arms counted under the "
            "axis and may jump where one leaves. Between printed points the shape is assumed. The "
            "bands treat all patients as one study and are too narrow; the intervals of the "
            "figures of 100 above are the honest ones."
        )
    )
    if outcome.outcome != "os":
        return Stack(*parts, paragraph(ONE_CLASS))
    title = f"{label}: every arm continued to {HORIZON_MONTHS:.0f} months (an assumption)"
    frames = [
        continued_curve(pools[0].arms(side)).assign(side=side.label, style=side.colour)
        for side in outcome.sides
    ]
    parts += [
        _drawn(outcome, f"continued-{_slug(outcome)}", title, frames, None),
        paragraph(
            "An assumption, not evidence: after its last printed time each arm goes on at its "
            "mean rate so far. No interval, because deaths that nobody saw have none."
        ),
    ]
    return Stack(*parts)


def _known_chart(outcome: OutcomeResult, pool: Pool, number: int) -> Html:
    frames, under = [], []
    for side in outcome.sides:
        arms = pool.arms(side)
        frames.append(pooled_curve(arms).assign(side=side.label, style=side.colour))
        if arms:
            under += [
                {"side": side.label, "time_months": tick, "text": str(arms_known_at(arms, tick))}
                for tick in _TICKS
            ]
    within = f" ({pool_label(pool)})" if pool.pool_class is not None else ""
    title = f"{outcome_label(outcome.outcome)}: what is known{within}"
    name = f"curves-{_slug(outcome)}" + (f"-{number + 1}" if number else "")
    return _drawn(outcome, name, title, frames, pd.DataFrame(under))


def forest(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """What each cohort says: medians, and the share free of the event at 12 months."""
    label = outcome_label(outcome.outcome)
    parts: list[Html] = []
    medians = _rows(outcome, lambda arm: arm.median)
    if medians["estimate"].notna().any():
        name, title = f"medians-{_slug(outcome)}", f"{label}: median of each cohort"
        parts.append(cohort_forest(name, medians, title=title, x_title="Months", unit="months"))
    landmarks = _rows(outcome, lambda arm: arm.at(LANDMARK_MONTHS))
    if landmarks["estimate"].notna().any():
        name, title = f"landmarks-{_slug(outcome)}", f"{label} at 12 months in each cohort"
        axis = f"{label} at 12 months"
        chart = cohort_forest(
            name, landmarks, title=title, x_title=axis, unit="percent", domain=(0.0, 1.0)
        )
        parts.append(chart)
    contrasts = _contrast_rows(outcome)
    if not contrasts.empty:
        name, title = f"contrasts-{_slug(outcome)}", f"{label}: ratios printed within studies"
        axis = "Ratio, as printed (logarithmic axis)"
        parts.append(
            cohort_forest(
                name, contrasts, title=title, x_title=axis, unit="ratio", scale="log", reference=1.0
            )
        )
    if not parts:
        return callout("missing", f"No cohort prints a median or 12-month figure: {label.lower()}.")
    return Stack(*parts)


def _drawn(
    outcome: OutcomeResult,
    name: str,
    title: str,
    frames: Sequence[pd.DataFrame],
    under_axis: pd.DataFrame | None,
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
        under_axis=under_axis,
    )


def _rows(outcome: OutcomeResult, figure: Callable[[ArmEvidence], Estimate | None]) -> pd.DataFrame:
    rows = []
    for side in outcome.sides:
        for arm in side.arms:
            estimate = figure(arm)
            rows.append(
                {
                    "label": arm.study_label,
                    "group": side.label,
                    "style": side.colour,
                    "estimate": estimate.value if estimate else None,
                    "low": estimate.low if estimate else None,
                    "high": estimate.high if estimate else None,
                    "n": arm.n,
                    "note": None,
                    "interval_kind": estimate.interval_kind if estimate else "none",
                    "href": f"{study_page(arm.study_id)}#{field_anchor(arm.field)}",
                }
            )
    columns = ["label", "group", "style", "estimate", "low", "high", "n", "note", "interval_kind"]
    return pd.DataFrame(rows, columns=[*columns, "href"])


def _contrast_rows(outcome: OutcomeResult) -> pd.DataFrame:
    """Printed ratios of failures; each keeps its paper's direction, which its group names."""
    return pd.DataFrame(
        [
            {
                "label": contrast.study_label,
                "group": f"{contrast.arm} against {contrast.versus}",
                "style": "not_stated",
                "estimate": contrast.hazard_ratio,
                "low": contrast.low,
                "high": contrast.high,
                "n": None,
                "note": None if contrast.direct else "indirect or in part",
                "interval_kind": contrast.interval_kind,
                "href": f"{study_page(contrast.study_id)}#{field_anchor(contrast.field)}",
            }
            for contrast in outcome.contrasts
            if contrast.hazard_ratio is not None
        ]
    )


def _slug(outcome: OutcomeResult) -> str:
    return outcome.outcome.replace("_", "-")
