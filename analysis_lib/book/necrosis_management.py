"""What followed when tissue decided: survival, local control and toxicity of one series."""

from __future__ import annotations

import math

import pandas as pd

from analysis_lib.book.markdown import Items
from analysis_lib.book.places import field_link, record_link, source_hint, study_link
from analysis_lib.book.sources import method_link
from analysis_lib.book.study_figures import units
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.harm_rows import HarmRow
from analysis_lib.consistency.verdicts import DIFFERS
from analysis_lib.effect_sizes import FisherTest
from analysis_lib.questions.management import (
    GroupOutcome,
    Management,
    Share,
    TimedDifference,
    ToxicityRow,
)
from analysis_lib.study_records import load_vocabulary
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    html_table,
    interval,
    mid_sentence,
    paragraph,
    percent,
)

#: p-values below this are told as such.
_SMALLEST_P = 0.001


def outcome_blocks(found: Management) -> list[Html]:
    """Survival and local control of each group, with intervals, and what they are not."""
    notes = [_counted_from(found)]
    if any(not share.usable for group in found.groups for share in group.shares):
        notes.append(
            "One interval of local control is printed alike for groups of different size: it "
            "can belong to one of them at most and is used for none."
        )
    return [
        _outcome_table(found),
        paragraph(" ".join(notes)),
        callout(
            "caution",
            "Tumour and necrosis are two diseases: their rows stand one below the other and are "
            "not compared. Patients who died or left before the second irradiation are in no row "
            "of tumour.",
        ),
    ]


def _outcome_table(found: Management) -> Html:
    columns = dict.fromkeys(
        (share.outcome, share.months) for group in found.groups for share in group.shares
    )
    order = sorted(columns, key=lambda key: (key[0] != "os", key[1] or math.inf))
    rows = [
        {"Group": record_link(found.record.id, group.field, group.name, group.label)}
        | {_column(*key): _share_cell(found, group.at(*key)) for key in order}
        for group in found.groups
    ]
    return html_table(
        pd.DataFrame(rows),
        caption=f"{study_label(found.record)}: survival and local control by what was found",
        note="In brackets the 95% interval: as printed, or the exact one where the paper prints a "
        "crude share of a known number.",
    )


def _column(outcome: str, months: float | None) -> str:
    label = load_vocabulary()["outcome"][outcome].label
    return f"{label}, no time stated" if months is None else f"{label} at {months:g} months"


def _share_cell(found: Management, share: Share | None) -> Cell | str:
    if share is None:
        return "not printed"
    return share_link(found, share)


def share_link(found: Management, share: Share) -> Cell:
    """A share with its interval and number, leading to its place in the record."""
    limits = (share.low, share.high) if share.usable else (None, None)
    text = f"{interval(share.value, *limits, number=percent)}; {units(share.n, share.unit)}"
    text += ", number derived" if share.derivation else ""
    if not share.usable:
        text += ", interval not used"
    hint = source_hint(found.record.id, share.source)
    return field_link(found.record.id, share.field, text, hint)


def _counted_from(found: Management) -> str:
    """The day from which each group's survival is counted, in the record's words."""
    told = [
        f"{zero or 'not stated'} ({mid_sentence(group.name)})"
        for group in found.groups
        for zero in dict.fromkeys(s.time_zero for s in group.shares if s.outcome == "os")
    ]
    return f"Survival is counted from: {'; '.join(told)}."


def parts_blocks(found: Management) -> list[Html]:
    """The two kinds of re-irradiation side by side: differences, and what the paper claims."""
    first, second = (found.group(arm_id) for arm_id in found.leading.parts)
    items = tuple(_difference(found, difference) for difference in found.differences)
    if not items:
        return [callout("missing", "No time is printed for both with intervals of their own.")]
    test = "" if found.parts_tested else ", and the record holds no test of one against the other"
    return [
        paragraph(
            f"{first.name} against {mid_sentence(second.name)}. Who got which was not decided by "
            f"chance{test}. Differences in survival, from the printed shares and limits (",
            method_link("how", "counts"),
            "):",
        ),
        Items(items),
        *_derived(found),
    ]


def _derived(found: Management) -> list[Html]:
    """Numbers of patients that the paper does not print, with the arithmetic of the record."""
    shares = [share for timed in found.differences for share in (timed.first, timed.second)]
    told = {share.field: share for share in shares if share.derivation}
    if not told:
        return []
    notes = tuple(
        (
            field_link(
                found.record.id,
                share.field,
                f"{units(share.n, share.unit)}: {share.derivation}",
                source_hint(found.record.id, share.source),
            ),
        )
        for share in told.values()
    )
    return [
        paragraph(
            "Derived: the paper does not print how many were counted; worked out in the record. "
            "The differences rest on the printed shares and limits, not on these numbers."
        ),
        Items(notes),
    ]


def _difference(found: Management, timed: TimedDifference) -> tuple[str | Cell, ...]:
    difference = timed.difference
    return (
        f"At {timed.months:g} months: ",
        share_link(found, timed.first),
        " against ",
        share_link(found, timed.second),
        ", difference ",
        method_link(
            f"{_points(difference.value)} points ({_points(difference.low)} to "
            f"{_points(difference.high)})",
            "counts",
        ),
        ".",
    )


def _points(difference: float) -> str:
    """Percentage points, with a true minus sign."""
    rounded = round(100 * difference)
    return f"\u2212{-rounded}" if rounded < 0 else f"{rounded}"


def toxicity_blocks(found: Management) -> list[Html]:
    """The printed table of toxicity, worked out again, with Fisher's exact test of each row."""
    groups = [found.group(arm) for arm in (found.leading.tumour, *found.leading.parts)]
    misprinted = {
        figure.field: figure.printed
        for figure in found.rederivation.of(DIFFERS)
        if figure.kind == "percentage"
    }
    rows = [_toxicity_row(row, groups, misprinted) for row in found.toxicity]
    smallest = min(found.toxicity, key=lambda row: row.test.p)
    return [
        html_table(
            pd.DataFrame(rows),
            caption="Toxicity after re-irradiation, worked out again from the printed counts",
            note="In brackets the exact 95% interval. Odds ratio: first kind of re-irradiation "
            "against the second, conditional, with its exact interval. The record holds no "
            "p-value of the paper for this table; all of them are computed here.",
        ),
        paragraph(
            "The smallest of the p-values is ",
            _test_link(smallest, _p(smallest.test.p)),
            f", of {_named(smallest)}; with so few lesions even a large difference could be "
            "missed. Table of ",
            study_link(found.record.id, study_label(found.record)),
            ".",
        ),
    ]


def _toxicity_row(
    row: ToxicityRow, groups: list[GroupOutcome], misprinted: dict[str, str]
) -> dict[str, object]:
    test = row.test
    cells = {
        group.name: _count_cell(cell, misprinted.get(cell.field))
        for group, cell in zip(groups, (row.whole, *row.parts), strict=True)
    }
    return {
        "Row": _capital(_named(row)),
        **cells,
        "Fisher's exact p": _test_link(row, _p(test.p)),
        "Odds ratio": _test_link(row, _odds_ratio(test)),
    }


def _named(row: ToxicityRow) -> str:
    """The event, and what kind of count it is where it is no harm."""
    mixed = "" if row.whole.kind == "harm_after" else " (no harm by itself)"
    return f"{row.whole.event}{mixed}"


def _count_cell(row: HarmRow, misprinted: str | None) -> Cell:
    share = interval(row.proportion, row.low, row.high, number=percent)
    text = f"{row.n_events} of {row.n_at_risk}: {share}"
    text += f"; printed {misprinted}" if misprinted else ""
    return field_link(row.study_id, row.field, text, source_hint(row.study_id, row.source))


def _test_link(row: ToxicityRow, text: str) -> Cell:
    first, second = row.parts
    counts = [f"{part.n_events} of {part.n_at_risk}" for part in (first, second)]
    title = f"Fisher's exact test of {counts[0]} against {counts[1]}, computed by this review."
    return Cell(text, href=method_link("", "counts").href, title=title, class_="lsr-pooled")


def _p(p: float) -> str:
    return "below 0.001" if p < _SMALLEST_P else f"{p:.2f}" if p >= 0.01 else f"{p:.3f}"


def _odds_ratio(test: FisherTest) -> str:
    """``3.08 (0.65 to 20.1)``; a group without an event leaves one end open."""
    if math.isnan(test.odds_ratio):
        return "none"
    if math.isinf(test.odds_ratio):
        return f"no upper end ({_ratio(test.low)} or more)"
    return f"{_ratio(test.odds_ratio)} ({_ratio(test.low)} to {_ratio(test.high)})"


def _ratio(value: float) -> str:
    """Two decimals, fewer from 10 on: the third digit of such a ratio says nothing."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
