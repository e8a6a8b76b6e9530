"""The index of all studies: one table that a reader can sort and filter.

The page is complete as it stands. ``book/_static/sort-filter.js`` adds the buttons in the
column heads and shows the controls, which are hidden without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from analysis_lib.book.evidence_page import DECISIONS, outcomes_of
from analysis_lib.book.glossary_page import term
from analysis_lib.book.markdown import Inline, inline, page, plain
from analysis_lib.book.places import study_link
from analysis_lib.book.study_figures import Words, level_words, record_level
from analysis_lib.book.study_uses import CONTRAST, POOLED, SCENARIO, Results, Use
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord, load_vocabulary, risk_of_bias
from analysis_lib.tables import Cell, Html, count, paragraph

#: Uses in which a figure of the study stands in a result.
_IN_A_RESULT = (POOLED, CONTRAST, SCENARIO)

#: Column heads; the select boxes filter by two of them.
_TREATMENTS, _DECISION = "Treatments", "Decision"


@dataclass(frozen=True)
class SortableTable(Html):
    """A table whose rows are sorted and filtered in the browser.

    Attributes
    ----------
    id : str
        Names the table and its controls within the page.
    caption : str
    rows : tuple of dict
        Column head to inline content; the first column names the row.
    numeric : tuple of str
        Columns of numbers: sorted by size, aligned right.
    selects : dict
        Column head to the values that a select box offers; a cell may hold several,
        parted by semicolons.
    noun : str
        What the rows are, for the count: ``34 of 106 studies``.
    """

    id: str
    caption: str
    rows: tuple[dict[str, Inline], ...]
    numeric: tuple[str, ...] = ()
    selects: Mapping[str, Sequence[str]] | None = None
    noun: str = "rows"

    def to_html(self) -> str:
        # Explicit roles: a table laid out as cards on a phone would lose its own.
        body = "\n".join(self._row(row) for row in self.rows)
        return (
            f'<div class="lsr-sortable" id="{escape(self.id)}" data-noun="{escape(self.noun)}">\n'
            f"{self._controls()}\n"
            f'<div class="lsr-table"><div class="lsr-table-scroll" role="region" tabindex="0" '
            f'aria-label="{escape(self.caption)}">'
            f'<table role="table"><caption>{escape(self.caption)}</caption>'
            f'<thead role="rowgroup"><tr role="row">{self._heads()}</tr></thead>\n'
            f'<tbody role="rowgroup">\n{body}\n</tbody></table></div></div>\n</div>'
        )

    def to_text(self) -> str:
        lines = [self.caption, "\t".join(self._columns())]
        lines += ["\t".join(plain(cell) for cell in row.values()) for row in self.rows]
        return "\n".join(lines)

    def _columns(self) -> tuple[str, ...]:
        return tuple(self.rows[0]) if self.rows else ()

    def _controls(self) -> str:
        fields = [
            f'<label for="{self.id}-text">Search<input type="search" id="{self.id}-text" '
            f'autocomplete="off"></label>'
        ]
        for number, (column, values) in enumerate((self.selects or {}).items()):
            options = "".join(f"<option>{escape(value)}</option>" for value in values)
            name = f"{self.id}-select-{number}"
            fields.append(
                f'<label for="{name}">{escape(column)}<select id="{name}" '
                f'data-column="{escape(column)}"><option value="">all</option>{options}'
                f"</select></label>"
            )
        total = len(self.rows)
        return (
            f'<div class="lsr-controls" role="search" aria-label="Filter the table" hidden>'
            f"{''.join(fields)}"
            f'<button type="reset">Show all</button></div>'
            f'<p class="lsr-shown" role="status">{total} of {total} {escape(self.noun)}</p>'
        )

    def _heads(self) -> str:
        return "".join(
            f'<th role="columnheader" scope="col" class="{self._side(name)}"'
            f"{' data-numeric' if name in self.numeric else ''}>{escape(name)}</th>"
            for name in self._columns()
        )

    def _row(self, row: dict[str, Inline]) -> str:
        cells = []
        for position, (name, content) in enumerate(row.items()):
            tag, role = ("td", "cell") if position else ("th", "rowheader")
            scope = "" if position else ' scope="row"'
            cells.append(
                f'<{tag} role="{role}"{scope} class="{self._side(name)}" '
                f'data-label="{escape(name)}"><span>{inline(content)}</span></{tag}>'
            )
        return f'<tr role="row">{"".join(cells)}</tr>'

    def _side(self, name: str) -> str:
        return "lsr-right" if name in self.numeric else "lsr-left"


def study_index_page(
    records: Sequence[StudyRecord], results: Results, uses: Mapping[str, Sequence[Use]]
) -> str:
    """The Markdown of the index of all studies.

    Parameters
    ----------
    records : sequence of StudyRecord
    results : mapping of comparison id to ComparisonResult
        For the comparisons' numbers and titles.
    uses : mapping of study id to uses
        As of :func:`uses_by_study`.
    """
    included = sum(record.eligibility.decision == "include" for record in records)
    return page(
        "All studies",
        paragraph(
            f"{count(len(records))} records, {count(included)} of them included. A name leads to "
            "what was read, in the paper's own words. ",
            term("Level of evidence"),
            ": what its figures over time rest on. ",
            term("Risk of bias"),
            ": the answers of the ",
            term("JBI"),
            " checklist and the overall judgement of ",
            term("ROBINS-I"),
            ".",
        ),
        study_table(records, results, uses),
        paragraph(*_comparison_key(results)),
    )


def study_table(
    records: Sequence[StudyRecord], results: Results, uses: Mapping[str, Sequence[Use]]
) -> SortableTable:
    """Every record as a row; see :class:`SortableTable`."""
    words = load_vocabulary()
    ordered = sorted(records, key=lambda record: study_label(record).casefold())
    rows = tuple(_row(record, results, uses.get(record.id, ()), words) for record in ordered)
    treatments = {arm.treatment for record in records for arm in record.arms}
    decisions = {record.eligibility.decision for record in records}
    return SortableTable(
        id="studies-read",
        caption="Studies of this review",
        rows=rows,
        numeric=("Year", "Patients"),
        selects={
            _TREATMENTS: [t.label for code, t in words["treatment"].items() if code in treatments],
            _DECISION: [said for code, said in DECISIONS.items() if code in decisions],
        },
        noun="studies",
    )


def _row(
    record: StudyRecord, results: Results, uses: Sequence[Use], words: Words
) -> dict[str, Inline]:
    year = record.citation.year
    treatments = dict.fromkeys(words["treatment"][arm.treatment].label for arm in record.arms)
    return {
        "Study": (study_link(record.id, study_label(record)),),
        "Year": (str(year) if year else "no year",),
        "Design": (record.design,),
        _TREATMENTS: ("; ".join(treatments) or "none entered",),
        "Patients": (count(record.n_patients),),
        "Outcomes": (outcomes_of(record),),
        "Level": (level_words(record_level(record), words).lower(),),
        _DECISION: (DECISIONS[record.eligibility.decision],),
        "Risk of bias": (risk_of_bias(record.id),),
        "Used in": _used_in(results, uses),
    }


def _used_in(results: Results, uses: Sequence[Use]) -> Inline:
    """Numbers of the comparisons in a result of which the study stands, each a link."""
    used = {use.comparison for use in uses if use.how in _IN_A_RESULT}
    parts: list[str | Cell] = []
    for comparison, result in results.items():
        if comparison in used:
            parts += [", "] if parts else []
            title = result.declaration.title
            parts.append(
                Cell(str(result.declaration.number), href=f"{comparison}.html", title=title)
            )
    return tuple(parts) or ("none",)


def _comparison_key(results: Results) -> Inline:
    parts: list[str | Cell] = ["Used in: "]
    for position, (comparison, result) in enumerate(results.items()):
        parts += ["; "] if position else []
        parts += [f"{result.declaration.number} "]
        parts.append(Cell(result.declaration.title, href=f"{comparison}.html"))
    return (*parts, ". A study that was read and left out of every result is used in none.")
