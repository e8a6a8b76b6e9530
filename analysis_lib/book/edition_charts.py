"""Answers along the editions, and pooled figures along the years of publication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.comparison_tables import pool_label
from analysis_lib.book.impact_words import SIZES, figure_name, figure_value, title_of
from analysis_lib.charts import estimates_chart
from analysis_lib.comparison import ComparisonResult
from analysis_lib.comparison.cumulative import (
    CumulativeFigure,
    cumulative_ratio,
    cumulative_share,
    pools_with_figures,
)
from analysis_lib.comparison.side_summary import MINIMUM_STUDIES
from analysis_lib.editions import Edition
from analysis_lib.editions.changes import RATIO, SHARE, SHARE_AT_12, Quantity
from analysis_lib.editions.quantities import quantities_of
from analysis_lib.study_records import StudyRecord
from analysis_lib.tables import Cell, Html, count, html_table, interval, percent, ratio

_DRAWN = (RATIO, SHARE_AT_12, SHARE)


def answers_table(edition: Edition) -> Html:
    """Every answer that has an estimate in an edition."""
    rows = [
        (Cell(title_of(one), href=f"{one}.html"), name, Cell(value, href=f"{one}.html#result"))
        for one, frozen in edition.state.numbers.items()
        for name, value in (
            (figure_name(found.key, frozen["labels"]), figure_value(found))
            for found in quantities_of(frozen).values()
            if found.leads and found.estimate is not None
        )
    ]
    frame = pd.DataFrame(rows, columns=["Comparison", "Answer", "Estimate (95% interval)"])
    return html_table(frame, caption=f"Answers of edition {edition.number}", note=SIZES)


def edition_charts(editions: Sequence[Edition]) -> Iterator[Html]:
    """One chart for every answer that two editions or more hold an estimate of."""
    for one in editions[-1].state.numbers:
        held = [
            (e, quantities_of(e.state.numbers[one])) for e in editions if one in e.state.numbers
        ]
        for number, (key, newest) in enumerate(held[-1][1].items()):
            if not newest.leads or newest.scale not in _DRAWN:
                continue
            found = [(e.number, figures[key]) for e, figures in held if key in figures]
            found = [(name, figure) for name, figure in found if figure.estimate is not None]
            if len(found) >= 2:
                labels = editions[-1].state.numbers[one]["labels"]
                yield _edition_chart(f"editions-{one}-{number}", one, key, labels, found)


def _edition_chart(
    id: str,
    comparison_id: str,
    key: tuple[str, ...],
    labels: Mapping[str, str],
    found: Sequence[tuple[str, Quantity]],
) -> Html:
    rows = pd.DataFrame(
        [(n, q.estimate, q.low, q.high, figure_value(q)) for n, q in found],
        columns=["when", "estimate", "low", "high", "told"],
    )
    is_ratio = found[0][1].scale == RATIO
    return estimates_chart(
        id,
        rows,
        title=f"{title_of(comparison_id)}. {figure_name(key, dict(labels))}",
        x_title="Edition",
        y_title="Ratio" if is_ratio else "Share",
        description="One point for each edition, with its 95% interval.",
        reference=1.0 if is_ratio else None,
        logarithmic=is_ratio,
    )


def cumulative_charts(
    results: Mapping[str, ComparisonResult], records: Sequence[StudyRecord]
) -> Iterator[Html]:
    """One chart for every pool within studies and every side's share at 12 months.

    A side that stands in several comparisons with the same arms is drawn once.
    """
    years = {record.id: record.citation.year for record in records}
    drawn: set[tuple] = set()
    for one, result in results.items():
        for outcome in result.outcomes:
            name = outcome_label(outcome.outcome)
            for number, within in enumerate(found for found in outcome.within if found.pooled):
                figures = cumulative_ratio(within, years)
                id = f"cumulative-{one}-{outcome.outcome}-{number}".replace("_", "-")
                title = f"{title_of(one)}. {name}, {within.scale} within studies"
                yield _cumulative_chart(id, title, "Ratio", figures)
            for pool in pools_with_figures(outcome):
                for side in outcome.sides:
                    arms = tuple((arm.study_id, arm.field) for arm in pool.arms(side))
                    figures = cumulative_share(side, pool, years)
                    if arms in drawn or not any(f.value is not None for f in figures):
                        continue
                    drawn.add(arms)
                    id = f"cumulative-{one}-{outcome.outcome}-{side.id}-{len(drawn)}"
                    of_pool = f" ({pool_label(pool)})" if pool.pool_class else ""
                    title = f"{side.label}. {name}{of_pool}: share at 12 months"
                    yield _cumulative_chart(id.replace("_", "-"), title, "Share", figures)


def _cumulative_chart(
    id: str, title: str, y_title: str, figures: Sequence[CumulativeFigure]
) -> Html:
    number = ratio if y_title == "Ratio" else percent
    rows = pd.DataFrame(
        [
            (
                f"{one.year} ({count(one.k)})",
                one.value,
                one.low,
                one.high,
                f"fewer than {MINIMUM_STUDIES} studies"
                if one.value is None
                else interval(one.value, one.low, one.high, number=number),
            )
            for one in figures
        ],
        columns=["when", "estimate", "low", "high", "told"],
    )
    return estimates_chart(
        id,
        rows,
        title=title,
        x_title="Year of publication (studies by then)",
        y_title=y_title,
        description=(
            "Each point holds the studies that had appeared by the year named, in brackets how "
            "many, with today's records and methods and a 95% interval. Fewer than "
            f"{MINIMUM_STUDIES} studies give no point."
        ),
        reference=1.0 if y_title == "Ratio" else None,
        logarithmic=y_title == "Ratio",
    )
