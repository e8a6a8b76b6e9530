"""One comparison on one sheet of A4: made from the result, read without the book.

The sheet is a page of the site of its own, so that a browser prints it as it is; ``lsr pdf``
prints the same page. Its words are those of the landing page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from string import Template

import pandas as pd

from analysis_lib.book.answers import STATES, comparator_sentence, outcome_label
from analysis_lib.book.citation import citation, version_name
from analysis_lib.book.landing_cards import caveat, outcome_answers
from analysis_lib.book.landing_page import ADVICE, behind, picture_html
from analysis_lib.book.markdown import Inline, inline
from analysis_lib.book.study_figures import units
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.side_summary import AbsoluteFigure
from analysis_lib.comparison.sides import LANDMARK_MONTHS, Range, SideResult
from analysis_lib.editions import edition_name
from analysis_lib.study_records import ROOT, load_reading
from analysis_lib.tables import count, html_table, months
from analysis_lib.vocabulary import CURVE_LEVELS

#: A link within the book, seen from a folder of its own.
_INSIDE = re.compile(r'href="(?!https?:|mailto:|#)')

TEMPLATE = ROOT / "chapters" / "summary.html"

#: A space at which no line breaks.
_TIED = "\u00a0"

_WHEN = f"{LANDMARK_MONTHS:.0f} months"


def summary_sheet(result: ComparisonResult) -> str:
    """The sheet as a page of HTML: question, answer, figures, certainty, what is not known."""
    declared = result.declaration
    answers = outcome_answers(result)
    pictures = [answer.picture for answer in answers if answer.picture]
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        id=escape(declared.id),
        title=escape(declared.title),
        review=escape(citation()["title"]),
        question=escape(declared.question),
        when=_WHEN,
        answers="\n".join(_paragraph((a.opening, *a.further)) for a in answers),
        pictures="\n".join(picture_html(picture) for picture in pictures),
        table=_table(result),
        caveat=escape(caveat(result, answers)),
        certainty="\n".join(f"<li>{inline(line)}</li>" for line in behind(result)),
        unknown="\n".join(f"<li>{inline(line)}</li>" for line in _unknown(result)),
        advice=escape(ADVICE),
        description=escape(" ".join(declared.question.split())),
        version=escape(version_name()),
        edition=escape(_edition()),
    )
    return _INSIDE.sub('href="../', text).replace('href="../../', 'href="../')


def _paragraph(sentences: tuple[Inline, ...]) -> str:
    return f"<p>{' '.join(inline(sentence) for sentence in sentences)}</p>"


def _table(result: ComparisonResult) -> str:
    """Cohorts, units and figures of each side: what was counted, before what came out."""
    rows = [
        _row(outcome, side) for outcome in result.outcomes for side in outcome.sides if side.arms
    ]
    if not rows:
        return "<p>No cohort of either group has a usable figure.</p>"
    caption = "Each group: cohorts, what they count, and what is known of it"
    return html_table(pd.DataFrame(rows), caption=caption).to_html()


def _row(outcome: OutcomeResult, side: SideResult) -> dict[str, object]:
    found = [pool.summary(side).at(LANDMARK_MONTHS) for pool in outcome.pools if pool.arms(side)]
    return {
        "Group": side.label,
        "Who are": STATES[outcome.outcome],
        "Studies": len(side.study_ids),
        "Number": _number(side),
        "Together, of 100": _whole(max(found, key=lambda one: one.k, default=None)),
        "Cohorts, of 100": _share_range(side.landmark_range()),
        "Medians, months": _months_range(side.median_range()),
    }


def _number(side: SideResult) -> str:
    found: dict[str, int] = {}
    for arm in side.arms:
        found[arm.unit] = found.get(arm.unit, 0) + arm.n
    told = (units(n, unit) for unit, n in sorted(found.items(), reverse=True))
    return " + ".join(one.replace(" ", _TIED) for one in told)


def _whole(found: AbsoluteFigure | None) -> str:
    if found is None or found.value is None:
        return "not known"
    value, low, high = (f"{100 * share:.0f}" for share in (found.value, found.low, found.high))
    return f"{value} ({low} to {high}), {found.k}{_TIED}of{_TIED}{found.of} studies"


def _share_range(found: Range | None) -> str:
    if found is None:
        return "not reported"
    low, high = f"{100 * found.low:.0f}", f"{100 * found.high:.0f}"
    return _ends(low, high, found)


def _months_range(found: Range | None) -> str:
    return "not reported" if found is None else _ends(months(found.low), months(found.high), found)


def _ends(low: str, high: str, found: Range) -> str:
    told = low if found.k == 1 else f"{low} to {high}"
    return f"{told} ({found.k}{_TIED}of{_TIED}{found.of})"


def _unknown(result: ComparisonResult) -> Iterator[Inline]:
    """What stops the figures from answering more, from the result."""
    for outcome in result.outcomes:
        label = outcome_label(outcome.outcome).lower()
        empty = [side.label for side in outcome.sides if not side.arms]
        if not outcome.direct:
            yield (f"No study compares these groups directly on {label}, as far as was read.",)
        if len(empty) == len(outcome.sides):
            yield (f"No cohort of any group has a usable figure for {label}.",)
        elif empty:
            yield (f"No usable figure for {label}: {'; '.join(empty)}.",)
    arms = [arm for o in result.outcomes for side in o.sides for arm in side.arms]
    if arms:
        curves = sum(arm.level in CURVE_LEVELS for arm in arms)
        yield (f"{count(curves)} of {count(len(arms))} cohort figures rest on a digitised curve.",)
    yield from comparator_sentence(result)
    yield (" ".join(result.declaration.cannot_answer.split()),)


def _edition() -> str:
    reading = load_reading()
    return (
        f"{edition_name()}. Last reading "
        f"{reading['last_reading']}. {reading['database_search']['statement']}"
    )
