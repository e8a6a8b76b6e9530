"""Printed percentages against printed counts, read from the quotations of a record.

A percentage agrees with a count when it is the quotient rounded or cut off at
its last printed digit: papers do both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import OUTCOME_WORDS
from analysis_lib.study_records.model import Arm, Harm, Outcome, StudyRecord

_NUMBER = r"\d+(?:\.\d+)?"
_COUNT = r"(?<![\d.,])(?P<count>\d+)\s?(?:/|of(?: the)?|out of)\s?(?P<total>\d+)(?![\d/])"
_PERCENT = rf"(?P<percent>{_NUMBER})"

#: How papers print a count, its total and the percentage side by side.
STATEMENTS = tuple(
    re.compile(pattern)
    for pattern in (
        # 12/27 lesions (40.0%); 13 of 54 lesions (24%); 3/40 (8%, 2-22%)
        rf"{_COUNT}[^\d()%.;]{{0,40}}\({_PERCENT}\s?%",
        # a table's cell: 14/54 (25.6)
        rf"{_COUNT}\s?\({_PERCENT}\)",
        # 16/35 is 45.7%; 58/108 = 53.7%
        rf"{_COUNT}\s?(?:=|is)\s?{_PERCENT}\s?%",
        # 75.8% (13 of 15 lesions), but not 83.3% (95/119 = 79.8%), which is about another quotient
        rf"(?<![\d.]){_PERCENT}\s?%\s?\({_COUNT}(?!\s?(?:=|is))",
        # (6/28, 21.42%)
        rf"\({_COUNT},\s?{_PERCENT}\s?%\)",
    )
)

_FRACTION = re.compile(_COUNT)

_ANY_PERCENT = re.compile(rf"(?<![\d.])({_NUMBER})\s?%")

#: "at 6 months": a time is not a count.
_TIME = r"[\s-]*(?:days?|weeks?|wk|months?|mo|years?|yrs?)\b"

_NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip


@dataclass(frozen=True)
class _Text:
    """A text of the record, its path, and where it comes from, in words."""

    text: str
    path: str
    origin: str


def percentage_against_count(record: StudyRecord) -> Iterator[Finding]:
    """Count, total and percentage that stand side by side in a quotation or a note."""
    seen: set[tuple[str, str, str]] = set()
    for text in _texts(record):
        # Every statement holds a fraction: most texts have none and are read once, not five times.
        if not _FRACTION.search(text.text):
            continue
        for match in (m for pattern in STATEMENTS for m in pattern.finditer(text.text)):
            key = match["count"], match["total"], match["percent"]
            count, total = int(match["count"]), int(match["total"])
            # A count above its total is two columns of a table run together.
            if key in seen or not 0 < total >= count:
                continue
            seen.add(key)
            if not agrees_with_count(match["percent"], count, total):
                yield _finding(record, text, match["percent"], count, total)


def harm_percentage_against_count(record: StudyRecord) -> Iterator[Finding]:
    """The percentage quoted for a harm or a crude outcome against its recorded count."""
    for text, count, total, may_be_alone in _counted(record):
        printed = percentages_of(count, text.text, may_be_alone=may_be_alone)
        if printed and not any(agrees_with_count(percent, count, total) for percent in printed):
            yield _finding(record, text, printed[0], count, total)


def percentage_fits_no_denominator(record: StudyRecord) -> Iterator[Finding]:
    """A harm without a recorded denominator: does any number of the record give its percentage?"""
    for path, arm, harm in harm_places(record):
        if harm.n_at_risk is not None or harm.n_events is None:
            continue
        printed = percentages_of(harm.n_events, harm.source.seen, may_be_alone=True)
        numbers = {arm.n_patients, arm.n_lesions, record.n_patients, record.n_lesions}
        totals = sorted(n for n in numbers if n)
        if not printed or not totals:
            continue
        if not any(agrees_with_count(p, harm.n_events, n) for p in printed for n in totals):
            yield _no_denominator(record, path, harm.event, harm.n_events, printed[0], totals)


def _no_denominator(
    record: StudyRecord, path: str, event: str, count: int, percent: str, totals: list[int]
) -> Finding:
    listed = ", ".join(f"{100 * count / n:.1f} % of {n}" for n in totals)
    message = (
        f"In the text quoted for {event}: {count} is printed as {percent} %, but is {listed}."
        " The denominator is another one."
    )
    values = (("count", count), ("printed_percent", float(percent)))
    return Finding(record.id, path, "explain", "percentage-fits-no-denominator", message, values)


def agrees_with_count(percent: str, count: int, total: int) -> bool:
    """Is the printed percentage the quotient, rounded or cut off at its last digit?"""
    step = 10.0 ** -len(percent.partition(".")[2])
    return abs(float(percent) - 100 * count / total) < step - 1e-9


def percentages_of(count: int, text: str, *, may_be_alone: bool) -> list[str]:
    """The percentages that a text gives for a count, as printed.

    Those that follow the count, as numeral or word, without another figure
    between; or the only percentage of the text where no count is written. A
    text with a fraction (6 of 38) has been read by :data:`STATEMENTS`.
    """
    if _FRACTION.search(text):
        return []
    word = _NUMBER_WORDS[count] if count < len(_NUMBER_WORDS) else str(count)
    written = rf"(?:(?<![\d.,/]){count}(?![\d./])(?!{_TIME})|\b(?i:{word})\b)"
    following = re.findall(rf"{written}[^\d%.;]{{0,60}}?[\s(]({_NUMBER})\s?%", text)
    if following or re.search(written, text) or not may_be_alone:
        return following
    alone = _ANY_PERCENT.findall(text)
    return alone if len(alone) == 1 else []


def _finding(record: StudyRecord, text: _Text, percent: str, count: int, total: int) -> Finding:
    message = (
        f"{text.origin}: {count} of {total} is printed as {percent} %,"
        f" but is {100 * count / total:.1f} %."
    )
    values = (("count", count), ("total", total), ("printed_percent", float(percent)))
    return Finding(record.id, text.path, "error", "percentage-against-count", message, values)


def _texts(record: StudyRecord) -> Iterator[_Text]:
    for path, _, harm in harm_places(record):
        yield _quoted(harm.source.seen, path, harm.event)
        yield _Text(harm.note or "", path, f"Noted under {harm.event}")
    for path, outcome in _outcomes(record):
        yield _quoted(outcome.source.seen, path, _words(outcome))
        yield _Text(outcome.note or "", path, f"Noted under {_words(outcome)}")
    for key in ("discrepancies", "notes"):
        for index, text in enumerate(getattr(record, key)):
            yield _Text(text, f"{key}[{index}]", f"Noted under {key} of this record")


def _quoted(text: str, path: str, subject: str) -> _Text:
    return _Text(text, path, f"In the text quoted for {subject}")


def _counted(record: StudyRecord) -> Iterator[tuple[_Text, int, int, bool]]:
    """Quotations with a recorded count and total; is their only percentage about these?

    It is for a harm; an outcome's may be a Kaplan-Meier estimate.
    """
    for path, _, harm in harm_places(record):
        if harm.n_events is not None and harm.n_at_risk:
            text = _quoted(harm.source.seen, path, harm.event)
            yield text, harm.n_events, harm.n_at_risk, True
    for path, outcome in _outcomes(record):
        if outcome.n_events is not None and outcome.n_analysed.value:
            text = _quoted(outcome.source.seen, path, _words(outcome))
            yield text, outcome.n_events, outcome.n_analysed.value, False


def harm_places(record: StudyRecord) -> Iterator[tuple[str, Arm, Harm]]:
    """Every harm and finding with its dotted path and its arm, in the order of the record."""
    for arm_index, arm in enumerate(record.arms):
        for index, harm in enumerate(arm.harms):
            yield f"arms[{arm_index}].harms[{index}]", arm, harm


def _outcomes(record: StudyRecord) -> Iterator[tuple[str, Outcome]]:
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            yield f"arms[{arm_index}].outcomes[{index}]", outcome


def _words(outcome: Outcome) -> str:
    return OUTCOME_WORDS.get(outcome.outcome, outcome.outcome)
