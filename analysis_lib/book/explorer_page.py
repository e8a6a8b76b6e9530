"""The explorer: every arm as a mark and as a row, chosen and highlighted together.

Nothing here is an answer. The page says so in its title and in a box that stays in
sight, with the answers that were fixed beforehand. Picture, legend and table are
complete without a script; ``book/_static/explorer.js`` adds choosing and linking.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from analysis_lib.book.answers import direct_sentence
from analysis_lib.book.explorer_arms import (
    ERAS,
    PRIMARIES,
    ExplorerArm,
    arms_frame,
    explorer_arms,
    marks_frame,
)
from analysis_lib.book.markdown import Heading, inline, page, plain
from analysis_lib.book.study_figures import Words, level_words
from analysis_lib.book.study_uses import Results
from analysis_lib.charts.chart import Chart
from analysis_lib.charts.explorer import GROUP_STYLES, explorer_chart, still_picture, symbol
from analysis_lib.study_records import StudyRecord, load_vocabulary
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph
from analysis_lib.vocabulary import LEVELS

#: What keeps a pattern from being read as an answer.
WARNING = (
    "Exploratory. Whoever chooses among arms until a pattern shows will find one: arms differ "
    "in patients, years and follow-up. The answers were fixed before looking:"
)

_HOW_TO_READ = (
    "Each mark is a figure as its paper prints it, against the number it rests on. Colour and "
    "shape show the treatment. Filled: overall survival; hollow: local control or freedom from "
    "progression, which are other outcomes and count otherwise. A whisker is a printed 95% "
    "interval; a mark without one is no more certain, its paper prints none. Small cohorts "
    "scatter more."
)

_FIGURES = {
    "median": ("Printed medians", "Median, months", "months"),
    "landmark": ("Free of the event at 12 months", "Share at 12 months", "percent"),
}


@dataclass(frozen=True)
class Answers(Html):
    """The box that stays in sight: what this page is, and the answers fixed beforehand."""

    results: Results

    def to_html(self) -> str:
        items = "\n".join(
            f"<li>{'; '.join(titles)}: {sentence}</li>" for sentence, titles in self._by_sentence()
        )
        return (
            '<aside class="lsr-explorer-answers" aria-label="Exploratory: the pre-specified '
            f'answers">\n<details open><summary>{escape(WARNING)}</summary>\n'
            f"<ul>\n{items}\n</ul>\n</details></aside>"
        )

    def _by_sentence(self) -> list[tuple[str, list[str]]]:
        """Sentences with the comparisons they answer: a box in sight has no room for the
        same sentence twice."""
        found: dict[str, list[str]] = {}
        for name, result in self.results.items():
            title = f"{result.declaration.number}. {result.declaration.title}"
            link = Cell(title, href=f"{name}.html").to_html()
            found.setdefault(inline(direct_sentence(result.leading)), []).append(link)
        return list(found.items())

    def to_text(self) -> str:
        found = self.results.values()
        lines = [f"{one.declaration.title}: {plain(direct_sentence(one.leading))}" for one in found]
        return "\n".join([WARNING, *lines])


@dataclass(frozen=True)
class Choices(Html):
    """The legend of the picture, and what a reader may choose by.

    ``selects`` are names of choices with their title and options; the legend's boxes
    and the selects are of use with a script only, and shown by it.
    """

    groups: Mapping[str, str]
    selects: Mapping[str, tuple[str, Mapping[str, str]]]
    total: int

    def to_html(self) -> str:
        boxes = "\n".join(
            f'<label><input type="checkbox" name="group" value="{escape(code)}" checked hidden> '
            f"{symbol(code)} {escape(label)}</label>"
            for code, label in self.groups.items()
        )
        selects = "\n".join(
            _select(name, title, options) for name, (title, options) in self.selects.items()
        )
        return (
            '<form class="lsr-explorer-form" id="explorer-choices">\n'
            f"<fieldset><legend>Treatment</legend>\n{boxes}\n</fieldset>\n"
            f'<div class="lsr-explorer-selects" hidden>\n{selects}\n'
            '<button type="reset">Show all</button></div>\n'
            f'<p role="status" class="lsr-explorer-status" data-total="{self.total}">'
            f"{count(self.total)} figures of arms.</p>\n</form>"
        )

    def to_text(self) -> str:
        return f"Treatment: {', '.join(self.groups.values())}. {count(self.total)} figures of arms."


@dataclass(frozen=True)
class Pictures(Html):
    """The charts side by side, each with a still picture for a page without scripts."""

    charts: tuple[Chart, ...]

    def to_html(self) -> str:
        parts = "\n".join(
            f'<div class="lsr-explorer-picture">'
            f"{replace(chart, still=still_picture(chart)).to_html()}</div>"
            for chart in self.charts
        )
        return f'<div class="lsr-explorer-pictures">\n{parts}\n</div>'

    def to_text(self) -> str:
        return "\n\n".join(chart.to_text() for chart in self.charts)


@dataclass(frozen=True)
class ArmsTable(Html):
    """The table of all arms with the classes of its rows, in the same order."""

    arms: tuple[ExplorerArm, ...]
    words: Words

    def to_html(self) -> str:
        rows = json.dumps([arm.choices for arm in self.arms], sort_keys=True)
        rows = rows.replace("<", "\\u003c")
        return (
            f'<div class="lsr-explorer-table">{self._table().to_html()}\n'
            f'<script type="application/json" id="explorer-rows">{rows}</script></div>'
        )

    def to_text(self) -> str:
        return self._table().to_text()

    def _table(self) -> Html:
        return html_table(
            arms_frame(self.arms, self.words),
            caption="Figures of arms as printed, each leading to its place",
            note="Enrolled and primary tumours: of the whole study, not of the arm. Other times "
            "than 12 months stand on the study's page.",
        )


def explorer_page(records: Sequence[StudyRecord], results: Results) -> str:
    """The Markdown of the explorer."""
    words, arms = load_vocabulary(), explorer_arms(records)
    title = "Explore all arms (exploratory)"
    if not arms:
        missing = callout("missing", "No arm of an included or indirect study was read.")
        return page(title, Answers(results), missing)
    indirect = sum(arm.record.eligibility.decision == "indirect" for arm in arms)
    return page(
        title,
        Answers(results),
        paragraph(
            f"{count(len(arms))} figures of {count(len({arm.record.id for arm in arms}))} studies. "
            f"{count(indirect)} are of indirect studies (other patients), marked in the table's "
            "last column and in the hint of each mark. Parts of an arm and cohorts that "
            "share patients stand beside each other."
        ),
        Heading("Picture"),
        paragraph(_HOW_TO_READ),
        _choices(arms, words),
        *_pictures(arms, words),
        Heading("Table"),
        ArmsTable(arms, words),
    )


def _choices(arms: Sequence[ExplorerArm], words: Words) -> Choices:
    groups = {code: words["treatment_group"][code].label for code in GROUP_STYLES}
    outcomes = {code: term.label for code, term in words["outcome"].items()}
    levels = {code: level_words(code, words) for code in (*LEVELS, "none")}
    every = {
        "outcome": ("Outcome", outcomes | {"none": "None printed"}),
        "era": ("Enrolment began", ERAS),
        "level": ("Level of evidence", levels),
        "primary": ("Study includes primary", PRIMARIES),
        "decision": ("Patients", {"include": "Of this question", "indirect": "Indirect"}),
    }
    return Choices(
        groups={code: label for code, label in groups.items() if code in _present(arms, "group")},
        selects={
            name: (title, {c: said for c, said in options.items() if c in _present(arms, name)})
            for name, (title, options) in every.items()
        },
        total=len(arms),
    )


def _present(arms: Sequence[ExplorerArm], name: str) -> set[str]:
    found = [arm.choices[name] for arm in arms]
    return {code for one in found for code in ([one] if isinstance(one, str) else one)}


def _select(name: str, title: str, options: Mapping[str, str]) -> str:
    choices = "".join(
        f'<option value="{escape(code)}">{escape(label)}</option>'
        for code, label in options.items()
    )
    return (
        f'<label>{escape(title)} <select name="{escape(name)}">'
        f'<option value="">All</option>{choices}</select></label>'
    )


def _pictures(arms: Sequence[ExplorerArm], words: Words) -> list[Html]:
    charts, missing = [], []
    for figure, (title, y_title, unit) in _FIGURES.items():
        marks = marks_frame(arms, words, figure)
        if marks.empty:
            missing.append(callout("missing", f"{title}: no arm prints the figure and a number."))
            continue
        log = "; months run upwards on another" if unit == "months" else ""
        description = (
            f"{count(len(marks))} of {count(len(arms))} figures print it with a number, and are "
            f"drawn; {count(int(marks['low'].notna().sum()))} have a printed interval. The number "
            f"analysed runs to the right on a log scale{log}."
        )
        labels = {code: words["treatment_group"][code].label for code in GROUP_STYLES}
        charts.append(
            explorer_chart(
                f"explorer-{figure}",
                marks,
                title=title,
                y_title=y_title,
                unit=unit,
                labels=labels,
                description=description,
            )
        )
    return [Pictures(tuple(charts)), *missing] if charts else missing
