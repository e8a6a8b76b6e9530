"""Who was studied on each side of a comparison, and what is not reported by how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.blocks import Fold, Stack
from analysis_lib.book.explorer_arms import (
    enrolment_words,
    histology_words,
    study_fact,
    tumour_words,
)
from analysis_lib.book.places import arm_link, field_anchor, study_link
from analysis_lib.book.study_figures import as_number, units
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.sides import SideResult
from analysis_lib.study_records import StudyRecord, load_vocabulary
from analysis_lib.tables import Cell, Html, callout, count, html_table

#: What a tumour board asks for and a record has no field for: papers print it, if at all,
#: in forms that cannot be set beside each other, and it stays in the notes of a record.
WITHOUT_FIELD = (
    "Performance status",
    "Number of metastases",
    "Control outside the brain",
    "Dose of the earlier irradiation",
    "Interval since the earlier treatment",
    "Volume of the recurrence",
    "Symptoms",
)

_PRIOR = {
    "srs": "radiosurgery",
    "wbrt": "whole-brain radiotherapy",
    "surgery": "surgery",
    "systemic": "drugs",
    "mixed": "mixed",
}

NOTE = (
    "Age, years, primary tumours, earlier treatment, centres and follow-up are of the whole study, "
    "of which an arm may be a part. Ranges run over the studies that report the item. From "
    "performance status on, the records hold nothing in a form that can be compared; what a paper "
    "says of it in words stands in the notes on its study's page and does not count as reported."
)


@dataclass(frozen=True)
class _Item:
    """One thing known of a study: its name, its words, and how a side is summed up."""

    name: str
    words: Callable[[StudyRecord], str | None]
    over_all: Callable[[Sequence[StudyRecord]], str]


def who_table(result: ComparisonResult, outcome: OutcomeResult) -> Html:
    """Who was studied, side by side, and below it study by study.

    Parameters
    ----------
    result : ComparisonResult
        The comparison; its id keeps the tables' anchors apart.
    outcome : OutcomeResult
        The outcome whose arms are described.

    Returns
    -------
    Html
        A summary with one column a side, how many studies do not report each item, and a
        folded table a side in which each fact leads to its study's page. A box that says
        so when no side has an arm.
    """
    label = outcome_label(outcome.outcome).lower()
    held = [(side, _records(side)) for side in outcome.sides if side.arms]
    if not held:
        return callout("missing", f"Nobody was studied on {label}: no side has a usable cohort.")
    empty = [side.label for side in outcome.sides if not side.arms]
    return Stack(
        _summary(result, outcome, held),
        *(callout("missing", f"{name}: no cohort with a usable figure.") for name in empty),
        *(_study_by_study(result, outcome, side, records) for side, records in held),
    )


def _records(side: SideResult) -> tuple[StudyRecord, ...]:
    """The records of a side's arms, once each, in the order of the arms."""
    known = {found.record.id: found.record for found in side.candidates}
    return tuple(known[study_id] for study_id in side.study_ids)


def _summary(
    result: ComparisonResult,
    outcome: OutcomeResult,
    held: Sequence[tuple[SideResult, tuple[StudyRecord, ...]]],
) -> Html:
    rows: list[dict[str, str | Cell]] = [{"Item": "Studies"}, {"Item": "Analysed"}]
    rows += [{"Item": name} for name in (*(item.name for item in _ITEMS), *WITHOUT_FIELD)]
    for side, records in held:
        place = f"#{_table_id(result, outcome, side)}"
        said = [count(len(records)), _analysed(side)]
        said += [_reported(item, records) for item in _ITEMS]
        said += [_missing(len(records), len(records))] * len(WITHOUT_FIELD)
        for row, text in zip(rows, said, strict=True):
            row[side.label] = Cell(text, href=place)
    frame = pd.DataFrame(rows)
    label = outcome_label(outcome.outcome).lower()
    return html_table(
        frame,
        caption=f"Who was studied: {label}",
        note=NOTE,
        align=dict.fromkeys(map(str, frame.columns), "left"),
    )


def _reported(item: _Item, records: Sequence[StudyRecord]) -> str:
    known = [record for record in records if item.words(record) is not None]
    missing = _missing(len(records) - len(known), len(records))
    if not known:
        return missing
    return item.over_all(known) + (f"; {missing}" if len(known) < len(records) else "")


def _missing(k: int, of: int) -> str:
    return f"not reported by {count(k)} of {count(of)}"


def _analysed(side: SideResult) -> str:
    found: Counter[str] = Counter()
    for arm in side.arms:
        found[arm.unit] += arm.n
    return ", ".join(units(n, unit) for unit, n in sorted(found.items(), reverse=True))


def _study_by_study(
    result: ComparisonResult,
    outcome: OutcomeResult,
    side: SideResult,
    records: Sequence[StudyRecord],
) -> Html:
    by_study = {record.id: record for record in records}
    rows = []
    for arm in side.arms:
        record = by_study[arm.study_id]
        row: dict[str, str | Cell | None] = {
            "Study": study_link(record.id, study_label(record)),
            "Arm": arm.arm_label,
            "Analysed": arm_link(arm, units(arm.n, arm.unit)),
        }
        row |= {item.name: study_fact(record, item.words(record)) for item in _ITEMS}
        rows.append(row)
    frame = pd.DataFrame(rows)
    label = outcome_label(outcome.outcome).lower()
    table = html_table(
        frame,
        caption=f"{side.label}, study by study: {label}",
        id=_table_id(result, outcome, side),
        align=dict.fromkeys(map(str, frame.columns), "left"),
    )
    arms = "1 arm" if len(rows) == 1 else f"{count(len(rows))} arms"
    return Fold(f"{side.label}, study by study ({arms})", table)


def _table_id(result: ComparisonResult, outcome: OutcomeResult, side: SideResult) -> str:
    return f"who-{field_anchor(f'{result.declaration.id} {outcome.outcome} {side.id}')}"


def _age(record: StudyRecord) -> str | None:
    return None if record.median_age is None else as_number(record.median_age)


def _follow_up(record: StudyRecord) -> str | None:
    found = record.median_followup_months
    return None if found is None else as_number(found)


def _prior(record: StudyRecord) -> str | None:
    if not set(record.prior_treatment) - {"unknown"}:
        return None
    known = [_PRIOR.get(code, code) for code in record.prior_treatment if code != "unknown"]
    more = ["more not stated"] if "unknown" in record.prior_treatment else []
    return ", ".join(known + more)


def _centres(record: StudyRecord) -> str | None:
    if not record.centres:
        return None
    return "one centre" if len(record.centres) == 1 else f"{count(len(record.centres))} centres"


def _site(record: StudyRecord) -> str | None:
    if record.recurrence == "unknown":
        return None
    return load_vocabulary()["recurrence"][record.recurrence].label


def _range(what: Callable[[StudyRecord], float | None]) -> Callable[[Sequence[StudyRecord]], str]:
    """How a side is summed up by the smallest and the largest of its studies."""

    def over_all(records: Sequence[StudyRecord]) -> str:
        values = [what(record) for record in records]
        low, high = as_number(min(values)), as_number(max(values))
        return low if low == high else f"{low} to {high}"

    return over_all


def _years(records: Sequence[StudyRecord]) -> str:
    ends = [year for one in records for year in (one.enrolment or {}).values() if year is not None]
    return f"{min(ends)} to {max(ends)}"


def _counts(words: Callable[[StudyRecord], str | None]) -> Callable[[Sequence[StudyRecord]], str]:
    """How a side is summed up by how many studies say the same."""

    def over_all(records: Sequence[StudyRecord]) -> str:
        found = Counter(words(record) for record in records)
        return "; ".join(f"{said}: {count(k)}" for said, k in found.most_common())

    return over_all


def _tumours(records: Sequence[StudyRecord]) -> str:
    """Patients by primary tumour over the studies that count them."""
    counted: Counter[str] = Counter()
    for record in records:
        counted.update(record.histology or {})
    in_words = sum(not record.histology for record in records)
    said = [f"{tumour_words(name)} {count(n)}" for name, n in counted.most_common()]
    said += [f"in words only: {count(in_words)} of {count(len(records))}"] if in_words else []
    return ", ".join(said)


_ITEMS = (
    _Item("Median age, years", _age, _range(lambda record: record.median_age)),
    _Item("Enrolled", enrolment_words, _years),
    _Item("Primary tumours", histology_words, _tumours),
    _Item("Earlier treatment", _prior, _counts(_prior)),
    _Item("Site of the recurrence", _site, _counts(_site)),
    _Item("Centres", _centres, _counts(_centres)),
    _Item(
        "Median follow-up, months", _follow_up, _range(lambda record: record.median_followup_months)
    ),
)
