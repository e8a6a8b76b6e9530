"""What moved, in words: for the terminal, for a pull request's summary, for a page.

Study ids, definitions of harms and labels come from evidence files: they are data in every
one of the three, never markup, and never a terminal's control character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from analysis_lib.book.comparison_tables import estimator_and_unit
from analysis_lib.comparison import load_declarations
from analysis_lib.editions.changes import (
    DIFFERENCE_AT_12,
    MONTHS,
    RATE,
    RATIO,
    SHARE,
    SHARE_AT_12,
    Change,
    Quantity,
)
from analysis_lib.editions.impact import ComparisonImpact, FigureChange, Impact, Mover
from analysis_lib.study_records import load_vocabulary
from analysis_lib.tables import NOT_REPORTED, count, interval, months, percent, ratio

#: Columns of every table of impact.
COLUMNS = ("Figure", "Before", "After", "Class", "Moved by")

#: What the letters of a figure count.
SIZES = (
    "k: studies behind the figure; n: patients or lesions in them; pool n: those of every cohort "
    "of the pool, also of cohorts that do not report that figure."
)

#: Answers that may rest on a part of their pool only.
_OF_A_POOL = ("summary", "difference")

#: More names than this are a list nobody reads.
_MOST_MOVERS = 6

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@:])")


def title_of(comparison_id: str) -> str:
    """Title of a comparison; its id when it is declared no more."""
    titles = {declared.id: declared.title for declared in load_declarations()}
    return titles.get(comparison_id, comparison_id)


def figure_name(key: tuple[str, ...], labels: dict[str, str] | None = None) -> str:
    """A figure as a reader knows it, from its key."""
    named = [_term(part, labels or {}) for part in key if part]
    if key[0] == "harms":
        return f"{named[1]} ({_kind(key[2])}), {', '.join(named[3:])}"
    return f"{named[0]}, {_answer(key)}: {'; '.join(_parts(key, labels or {}))}"


_ANSWERS = {
    "within": "within studies",
    "between": "between cohorts",
    "summary": "summary",
    "difference": "difference at 12 months",
    "naive": "naive pool",
    "printed": "printed contrast",
    "side": "arms",
    "range": "range of cohorts",
    "scenario": "scenario",
}


def _answer(key: tuple[str, ...]) -> str:
    return _ANSWERS.get(key[1], key[1])


def _kind(kind: str) -> str:
    return kind.replace("_", " ")


def _parts(key: tuple[str, ...], labels: dict[str, str]) -> Iterator[str]:
    for part in key[2:]:
        if part:
            yield _class(part) or _term(part, labels)


def _class(part: str) -> str | None:
    estimator, _, unit = part.partition(", ")
    known = unit and estimator in load_vocabulary()["estimator"]
    return estimator_and_unit((estimator, unit)) if known else None


def _term(part: str, labels: dict[str, str]) -> str:
    if part in labels:
        return labels[part]
    words = load_vocabulary()
    for name in ("outcome", "harm"):
        if part in words.get(name, {}):
            return words[name][part].label
    return part


def figure_value(quantity: Quantity | None) -> str:
    """Estimate and interval, studies, patients, heterogeneity of one state."""
    if quantity is None:
        return "did not stand"
    n = "pool n" if quantity.key[1] in _OF_A_POOL else "n"
    parts = [_estimate(quantity), *_size("k", quantity.k), *_size(n, quantity.n)]
    if quantity.tau2 is not None:
        parts.append(f"tau² {quantity.tau2:.3g}")
    if quantity.i2 is not None:
        parts.append(f"I² {percent(quantity.i2)}")
    return "; ".join(part for part in parts if part)


def _estimate(one: Quantity) -> str:
    if one.scale not in _NUMBERS:
        return ""
    if one.estimate is None:
        return "no estimate"
    if one.scale == DIFFERENCE_AT_12:
        return f"{100 * one.estimate:+.1f} of 100"
    text = interval(one.estimate, one.low, one.high, number=_NUMBERS[one.scale])
    return text.replace(NOT_REPORTED, "unknown")


def _rate(value: float | None) -> str:
    return NOT_REPORTED if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return percent(value, decimals=1)


_NUMBERS = {
    RATIO: ratio,
    SHARE: _percent,
    SHARE_AT_12: _percent,
    DIFFERENCE_AT_12: ratio,
    MONTHS: months,
    RATE: _rate,
}


def _size(name: str, sizes: tuple[int | None, ...]) -> list[str]:
    known = [size for size in sizes if size is not None]
    return [f"{name} {' and '.join(count(size) for size in known)}"] if known else []


def movers_text(movers: tuple[Mover, ...]) -> str:
    """Who moved a figure; the first few by name."""
    shown = [f"{mover.name} ({mover.did})" for mover in movers[:_MOST_MOVERS]]
    more = len(movers) - _MOST_MOVERS
    return ", ".join(shown) + (f" and {count(more)} more" if more > 0 else "")


def figure_row(one: FigureChange, impact: ComparisonImpact) -> tuple[str, ...]:
    """The cells of one changed figure, in the order of :data:`COLUMNS`."""
    return (
        figure_name(one.key, dict(impact.labels)),
        figure_value(one.before),
        figure_value(one.after),
        one.change.value,
        movers_text(one.movers),
    )


def evidence_lines(found: Impact) -> Iterator[str]:
    """Studies added, corrected and removed, other files, method: a line each."""
    for did in ("added", "corrected", "removed"):
        names = [mover.name for mover in found.studies if mover.did == did]
        if names:
            yield f"Studies {did}: {count(len(names))} ({', '.join(names)})"
    for mover in found.files:
        yield f"File {did_words(mover)}"
    for mover in found.method:
        yield f"Method or version: {mover.name} ({mover.did})"


def did_words(mover: Mover) -> str:
    """What happened to a file, in words."""
    return f"data/{mover.name}: {'changed' if mover.did == 'corrected' else mover.did}"


def beside_sentence(impact: ComparisonImpact) -> str:
    """How many figures beside the answers moved; empty where none did."""
    moved = [one for one in impact.beside if one.change.moved]
    scenarios = {one.key[2] for one in moved if one.key[1] == "scenario"}
    others = [one for one in moved if one.key[1] != "scenario"]
    if not moved:
        return ""
    return (
        f"Beside the answers: {count(len(others))} figures moved, and figures in "
        f"{count(len(scenarios))} scenarios."
    )


def impact_text(found: Impact, against: str) -> str:
    """The whole difference as plain text for a terminal."""
    lines = [f"Against {against}:"]
    if found.nothing:
        return f"{lines[0]} nothing differs."
    lines += [f"  {line}" for line in evidence_lines(found)]
    for one in found.comparisons:
        lines += ["", f"{title_of(one.id)} [{one.id}]: {one.change.value}"]
        for figure in one.answers:
            name, before, after, change, movers = figure_row(figure, one)
            lines += [f"  {name}", f"    before  {before}", f"    after   {after}"]
            lines += [f"    class   {change}", f"    by      {movers or 'none known'}"]
        beside = beside_sentence(one)
        lines += [f"  {beside}"] if beside else []
    if any(one.answers for one in found.comparisons):
        lines += ["", SIZES]
    return "\n".join(_printable(line) for line in lines)


def impact_markdown(found: Impact, against: str) -> str:
    """The whole difference as GitHub Markdown, every word of it escaped."""
    lines = ["## What this change does to each conclusion", ""]
    if found.nothing:
        return "\n".join([*lines, _markdown(f"Against {against}: nothing differs."), ""])
    lines += [_markdown(f"Against {against}.")]
    lines += ["", *(f"- {_markdown(line)}" for line in evidence_lines(found)), ""]
    lines += ["| Comparison | Class | Studies that did it |", "| --- | --- | --- |"]
    for one in found.comparisons:
        cells = (title_of(one.id), one.change.value, movers_text(one.movers))
        lines.append(_row(cells))
    for one in found.comparisons:
        if one.change is Change.NO_CHANGE:
            continue
        lines += ["", f"### {_markdown(title_of(one.id))}", ""]
        if one.answers:
            lines += [_row(COLUMNS), "|" + " --- |" * len(COLUMNS)]
            lines += [_row(figure_row(figure, one)) for figure in one.answers]
        lines += ["", _markdown(beside_sentence(one) or "No figure beside the answers moved.")]
    if any(one.answers for one in found.comparisons):
        lines += ["", _markdown(SIZES)]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(_markdown(cell) for cell in cells) + " |"


def _markdown(text: str) -> str:
    """Text that neither HTML nor Markdown reads into; one line."""
    return _PUNCTUATION.sub(r"\\\1", escape(_printable(text), quote=False))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
