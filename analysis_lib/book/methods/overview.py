"""The overview of the method, and the page of each of its ideas."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_lib.book.markdown import Heading, Inline, Items, page
from analysis_lib.book.methods.evidence import EVIDENCE
from analysis_lib.book.methods.idea import Idea, Material
from analysis_lib.book.methods.patients import PATIENTS
from analysis_lib.book.methods.results import RESULTS
from analysis_lib.book.methods.trust import TRUST
from analysis_lib.book.study_uses import Results
from analysis_lib.consistency import Finding
from analysis_lib.study_records import StudyRecord
from analysis_lib.tables import Cell, Html, callout, paragraph

#: Parts of the way from a question to its answer.
PARTS = (
    ("From a question to numbers in a record", EVIDENCE),
    ("From a record to patients", PATIENTS),
    ("From patients to an answer", RESULTS),
    ("How far to trust it", TRUST),
)

IDEAS = tuple(idea for _, ideas in PARTS for idea in ideas)


def method_pages(
    records: Sequence[StudyRecord], findings: Sequence[Finding], results: Results
) -> dict[str, str]:
    """The overview and one page an idea, by path below the book's root."""
    material = Material(records, findings, results)
    pages = {"methods.md": _overview()}
    return pages | {f"{idea.page}.md": _idea_page(idea, material) for idea in IDEAS}


def _overview() -> str:
    blocks: list[Html] = [
        paragraph(
            "How a question becomes an answer with its certainty: one idea a page, each with a "
            "small example computed by the library that computes the review."
        )
    ]
    number = 0
    for title, ideas in PARTS:
        items: list[Inline] = []
        for idea in ideas:
            number += 1
            items.append(
                (Cell(f"{number}. {idea.title}", href=f"{idea.page}.html"), f": {idea.in_short}")
            )
        blocks += [Heading(title), Items(tuple(items))]
    blocks += [
        Heading("The rules behind it"),
        Items(
            (
                (Cell("Protocol", href="protocol.html"), ": what was fixed beforehand"),
                (Cell("Deviations", href="deviations.html"), ": what is done otherwise"),
                (Cell("How studies are put together", href="methods-pooling.html"), ": formulas"),
                (
                    Cell("How printed summaries become survival", href="methods-summaries.html"),
                    ": formulas",
                ),
            )
        ),
    ]
    return page("From question to certainty", *blocks)


def _idea_page(idea: Idea, material: Material) -> str:
    return page(
        idea.title,
        callout("answer", idea.in_short),
        *(paragraph(text) for text in idea.told),
        Heading("Example"),
        *idea.example(material),
        Heading("How it goes wrong"),
        Items(tuple((text,) for text in idea.wrong)),
        Heading("In full"),
        Items((*idea.more, (Cell("All steps", href="methods.html"),))),
    )
