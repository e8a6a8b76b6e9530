"""A second reading as text for the terminal: what is open, what differs, what was settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from analysis_lib.book.record_text import printable
from analysis_lib.study_records.reading_form import Form
from analysis_lib.study_records.second_reading import (
    AGREES,
    DIFFERS,
    GONE,
    NOT_FOUND,
    OPEN,
    RECORDED,
    Compared,
    Settlement,
)

_WORDS = {
    OPEN: "not looked for yet",
    AGREES: "read alike",
    NOT_FOUND: "not found",
    DIFFERS: "differ",
    GONE: "no longer in the record",
    RECORDED: "written down already",
}


def comparison_text(form: Form, compared: Sequence[Compared]) -> str:
    """How far a second reading is, and each difference with both values and its place."""
    counted = Counter(c.state for c in compared)
    told = ", ".join(f"{counted[state]} {word}" for state, word in _WORDS.items() if counted[state])
    lines = [f"{form.name}: {len(compared)} figures: {told or 'none asked for'}"]
    lines += [line for c in compared if c.state == DIFFERS for line in _difference(form, c)]
    lines += [f"missed by the first reader: {text}" for text in form.missed]
    for c in compared:
        if c.state == GONE:
            place = f"{form.name}:{form.lines[f'figures[{c.entry.index}]']}"
            lines.append(f"{place}: {_name(c)} is no longer in the record: remove the entry")
    return printable([*lines, _next_step(form, compared)])


def settlement_text(settled: Settlement) -> str:
    """What was written down, and what of the record changed."""
    lines = [
        f"written down: {settled.agreed} agreed, {settled.corrected} corrected, "
        f"{settled.not_found_again} not found again; still open: {settled.left}"
    ]
    for figure in settled.changed:
        lines.append(f"the record now holds the second reader's value: {figure.path}")
    return printable(lines)


def _difference(form: Form, compared: Compared) -> list[str]:
    entry = compared.entry
    line = form.lines[f"figures[{entry.index}].value"]
    settled = f"settled for the {entry.settled} reader" if entry.settled else "to settle"
    return [
        f"{form.name}:{line}: {_name(compared)}: first {compared.figure.value}, "
        f"second {entry.value}; {settled}",
        f"    look at: {entry.place or 'place not noted'}, {entry.url or 'address not noted'}",
    ]


def _name(compared: Compared) -> str:
    return ", ".join(part for part in compared.entry.key if part != "-")


def _next_step(form: Form, compared: Sequence[Compared]) -> str:
    command = f"lsr study second {form.study}"
    if any(c.unsettled for c in compared):
        return (
            "next: open the paper together; for each difference write settled: first or second, "
            f"and a comment; then: {command} --settle"
        )
    if any(c.ready for c in compared):
        return f"next: {command} --settle"
    if any(c.state == OPEN for c in compared):
        return f"next: fill in {form.name}, then: {command}"
    return "nothing is left to do"
