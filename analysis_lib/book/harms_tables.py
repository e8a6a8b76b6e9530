"""Harms after treatment and findings at surgery as a page shows them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.blocks import Fold, Stack
from analysis_lib.book.places import field_link, record_link, source_hint, study_link
from analysis_lib.book.study_figures import harm_figure, units
from analysis_lib.comparison.harm_pools import HarmPool
from analysis_lib.comparison.harm_rows import HarmRow
from analysis_lib.comparison.harms import HarmResult, SideHarms
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
    mid_sentence,
    paragraph,
    percent,
)

_CAPTIONS = {
    "harm_after": "Harms after treatment",
    "finding_at_surgery": "Found at surgery (no harm of the treatment)",
}

_LISTED_ONLY = "Counts that mix harm with progression, or were there before the treatment"

_HOW_POOLED = (
    "Pooled only within one definition and one unit, over three studies or more: binomial-normal "
    "random effects, the proportion of the median study. Otherwise the range of the studies. "
    "Several lesions of one patient are counted as independent."
)


def harms_table(harms: Sequence[HarmResult], *, within: str = "this comparison") -> Html:
    """Every harm and finding of a comparison, each kind by itself.

    First one line an event with what each side reports and how many of its studies do not,
    then the pools in words, then (folded) every figure with its definition, leading to its place
    in the record.

    Parameters
    ----------
    harms : sequence of HarmResult
    within : str
        What the studies are of, as the page calls it.
    """
    parts: list[Html] = []
    for kind, caption in _CAPTIONS.items():
        results = [result for result in harms if result.kind == kind]
        parts += _kind(results, caption)
    if not any(result.kind == "harm_after" for result in harms):
        parts.insert(0, callout("missing", "No study of either side reports a harm."))
    rest = [result for result in harms if result.kind not in _CAPTIONS]
    if rest:
        parts.append(Fold(f"{_LISTED_ONLY}: listed, never pooled", _figures(rest, _LISTED_ONLY)))
    parts.append(
        paragraph(
            f"Here stand the studies of {within} only. Over all studies, with shares of "
            "their own: ",
            Cell("harms after treatment", href="harms.html"),
            " and ",
            Cell("tumour or radionecrosis?", href="necrosis.html"),
        )
    )
    return Stack(*parts)


def _kind(results: Sequence[HarmResult], caption: str) -> list[Html]:
    if not results:
        return []
    rows = pd.DataFrame([_summary_row(result) for result in results])
    parts: list[Html] = [html_table(rows, caption=caption, note=_HOW_POOLED)]
    parts += [
        paragraph(
            Cell(
                pool_words(_capital(result.event), side.label, pool),
                href=f"#{_anchor(result.kind, side.id)}",
                class_="lsr-pooled",
            )
        )
        for result in results
        for side in result.sides
        for pool in side.pools
    ]
    n_figures = sum(len(side.rows) for result in results for side in result.sides)
    summary = (
        f"{caption}: 1 figure, its definition and why it is not pooled"
        if n_figures == 1
        else f"{caption}: {count(n_figures)} figures, their definitions and why they are not pooled"
    )
    return [*parts, Fold(summary, _figures(results, caption))]


# --- one line an event ------------------------------------------------------------------


def _summary_row(result: HarmResult) -> dict[str, object]:
    return {"Event": _capital(result.event)} | {
        side.label: summary_cell(side, _anchor(result.kind, side.id)) for side in result.sides
    }


def summary_cell(side: SideHarms, anchor: str) -> Cell | str:
    """What the studies of a side report, in one line, and how many do not.

    A pool where there is one, the one figure, or the range of several; the last leads to
    ``anchor``, the table of every figure.
    """
    missing = f"not reported by {count(side.n_not_reporting)} of {count(side.n_studies)}"
    counted = [row for row in side.rows if row.pathology != "necrosis" and row.part_of is None]
    if not counted:
        return missing
    pools = [pool for pool in side.pools if not pool.second_hand]
    if pools:
        figures = "; ".join(_pool_figure(pool) for pool in pools)
        return f"{figures}; {missing}"
    if len(counted) == 1:
        row = counted[0]
        return _place(row, f"{_single(row)}; {missing}")
    known = [row for row in counted if row.proportion is not None]
    if not known:
        return f"no percentage known; {missing}"
    ends = [pick(known, key=lambda row: row.proportion) for pick in (min, max)]
    spread = " to ".join(dict.fromkeys(_proportion(row) for row in ends))
    studies = len({row.study_id for row in counted})
    whose = f"{count(studies)} studies" if studies > 1 else "one study"
    mixed = mixed_words(known)
    spread += f", {mixed}" if mixed else ""
    words = f"{spread}; {count(len(counted))} figures of {whose}, not pooled; {missing}"
    return Cell(words, href=f"#{anchor}", class_="lsr-pooled")


def mixed_words(rows: Sequence[HarmRow]) -> str | None:
    """What a range over these figures mixes; None where all count one thing in one unit."""
    if alike(rows):
        return None
    defined = {row.harm_class[:2] for row in rows if row.is_defined}
    without = sum(not row.is_defined for row in rows)
    parts = [_plural(len(defined), "definition")] if defined else []
    parts += [f"{_plural(without, 'figure')} without a definition"] if without else []
    named = sorted({row.unit for row in rows if row.unit})
    named += ["a unit not stated"] if any(row.unit is None for row in rows) else []
    uncounted = sum(row.n_events is None or not row.n_at_risk for row in rows)
    bare = f"; {count(uncounted)} printed without counts" if uncounted else ""
    lead = "" if len(defined) == 1 and not without else "mixing "
    return f"{lead}{' and '.join(parts)}, counted by {', '.join(named)}{bare}"


def _plural(number: int, one: str) -> str:
    return f"{count(number)} {one}{'' if number == 1 else 's'}"


def alike(rows: Sequence[HarmRow]) -> bool:
    """Do all figures count one event by one stated definition in one stated unit?"""
    defined = all(row.is_defined and row.unit for row in rows)
    return defined and len({row.harm_class for row in rows}) == 1


def definitions_cell(rows: Sequence[HarmRow], anchor: str) -> Cell:
    """Each definition of these figures with the follow-up of its study, where it is printed."""
    told = dict.fromkeys(
        _capital(row.defined_as) + (f" ({_followed(row)})" if row.median_followup_months else "")
        for row in rows
    )
    return Cell("; ".join(told), href=f"#{anchor}", class_="lsr-pooled")


def _followed(row: HarmRow) -> str:
    months = row.median_followup_months
    return "not printed" if months is None else f"{months:g} months"


def _pool_figure(pool: HarmPool) -> str:
    pooled = pool.pooled
    figure = interval(pooled.proportion, pooled.low, pooled.high, number=percent)
    if pooled.proportion is None:
        return f"no pooled estimate of {count(pooled.k)} studies ({pooled.note})"
    return f"{figure}, {count(pooled.k)} studies"


def pool_words(subject: str, where: str, pool: HarmPool) -> str:
    """A pool in words: of what, where, by which definition, with its method and its checks."""
    pooled = pool.pooled
    whose = "with figures read in another paper's table, " if pool.second_hand else ""
    sentences = [
        f"{subject}, {where}, {whose}defined as {mid_sentence(pool.definition)}: "
        f"{_pool_figure(pool)}, {count(pooled.events)} of {units(pooled.n, pool.unit)}."
    ]
    if pooled.prediction_low is not None and pooled.prediction_high is not None:
        limits = f"{percent(pooled.prediction_low)} to {percent(pooled.prediction_high)}"
        sentences.append(f"A new study would lie between {limits} (prediction interval).")
    if pooled.proportion is not None:
        note = f" ({pooled.note})" if pooled.note else ""
        sentences.append(f"Method: {pooled.method}{note}.")
    for check in pool.checks:
        again = check.pooled
        figure = interval(again.proportion, again.low, again.high, number=percent)
        sentences.append(
            f"Without {', '.join(check.left_out)}, which may share patients: "
            f"{again.note if again.proportion is None else figure}."
        )
    sentences += _leave_one_out_words(pool)
    return " ".join(sentences)


def _leave_one_out_words(pool: HarmPool) -> list[str]:
    """How far the pooled share hangs on one study: its range without each, and which moves it."""
    most, known = pool.moved_most, pool.known_without
    if most is None:
        return []
    ends = [pick(left.pooled.proportion for left in known) for pick in (min, max)]
    again = most.pooled
    figure = interval(again.proportion, again.low, again.high, number=percent)
    return [
        f"Without each study in turn: {percent(ends[0])} to {percent(ends[1])}; {most.label} "
        f"moves it most ({figure} without it)."
    ]


# --- every figure -------------------------------------------------------------------------


def _figures(results: Sequence[HarmResult], caption: str) -> Html:
    """One table a side; sides without a figure are in the lines above."""
    tables: list[Html] = []
    labels = {side.id: side.label for result in results for side in result.sides}
    for side_id, label in labels.items():
        rows = [
            figure_row(row)
            for result in results
            for side in result.sides
            if side.id == side_id
            for row in side.rows
        ]
        if rows:
            anchor = _anchor(results[0].kind, side_id)
            frame = pd.DataFrame(rows)
            tables.append(html_table(frame, caption=f"{label}: {caption.lower()}", id=anchor))
    return Stack(*tables)


def _anchor(kind: str, side_id: str) -> str:
    """Anchor of the table of every figure of one kind on one side."""
    return f"figures-{kind}-{side_id}".replace("_", "-")


def figure_row(row: HarmRow) -> dict[str, object]:
    """One figure as the table of every figure shows it, leading to its place in the record."""
    return {
        "Study": study_link(row.study_id, row.study_label),
        "Arm": field_link(row.study_id, row.field, row.arm_label),
        "Event": _capital(row.event),
        "Printed": _place(row, harm_figure(row)),
        "Exact 95% interval": _place(row, _exact(row)),
        "Definition": _place(row, _definition(row)),
        "Median follow-up": record_link(row.study_id, "median_followup_months", _followed(row)),
        "Why it is not pooled": row.not_pooled or "pooled",
    }


def _place(row: HarmRow, text: str) -> Cell:
    return field_link(row.study_id, row.field, text, source_hint(row.study_id, row.source))


def _definition(row: HarmRow) -> str:
    note = f" (note of the readers: {row.note})" if row.note else ""
    return f"{row.definition or 'not stated'}{note}"


def _proportion(row: HarmRow) -> str:
    if row.proportion is None:
        return harm_figure(row)
    return interval(row.proportion, row.low, row.high, number=percent)


def _single(row: HarmRow) -> str:
    """The only figure of a line: nothing beside it would say how few patients, or whose."""
    if row.n_events is None or row.n_at_risk is None:
        return f"{_proportion(row)} ({row.study_label})"
    return f"{_proportion(row)}, {harm_figure(row)} ({row.study_label})"


def _exact(row: HarmRow) -> str:
    if row.low is None or row.high is None:
        return "not known"
    return f"{percent(row.proportion)} ({percent(row.low)} to {percent(row.high)})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
