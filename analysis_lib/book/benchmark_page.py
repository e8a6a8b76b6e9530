"""The benchmark review point by point: what it prints, what contradicts, what was not found."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis_lib.book.markdown import Facts, Heading, Items, Section, page
from analysis_lib.book.places import field_anchor, place_read, study_link
from analysis_lib.book.study_figures import as_number
from analysis_lib.book.study_uses import Results
from analysis_lib.study_records import load_benchmark_review
from analysis_lib.tables import Cell, Html, html_table, paragraph

NOT_PRINTED = "not printed"


def benchmark_page(results: Results) -> str:
    """The Markdown of the page on the benchmark review."""
    review = load_benchmark_review()
    return page(
        "The benchmark review, point by point",
        paragraph(
            "A published pooled analysis of the same questions. Its figures are shown as printed; "
            "they enter no pool of this review."
        ),
        _citation(review),
        Heading("What was read"),
        _sources(review),
        Heading("Methods, as far as seen"),
        Items(tuple(f"{row['text'].strip()} {_read_in(row)}" for row in review["methods"])),
        Heading("Printed results"),
        _results(review),
        Items((*_notes(review), *(text.strip() for text in review["remarks"]))),
        Heading("Contradictions"),
        *(_contradiction(row, review) for row in review["contradictions"]),
        Heading("Not found"),
        Items(tuple(review["not_found"])),
        paragraph(review["looked_for_and_not_found"].strip()),
        Heading("Our pages"),
        _our_pages(review, results),
    )


def _citation(review: dict[str, Any]) -> Html:
    citation = review["citation"]
    link = Cell(f"doi:{citation['doi']}", href=citation["link"]) if citation["link"] else "none"
    return Facts(
        (
            ("Title", citation["title"].strip()),
            ("Authors", citation["authors"].strip()),
            ("Journal", f"{citation['journal']}, {citation['date']}"),
            ("DOI", (link,)),
            ("Our record of it", (study_link(review["study"], review["study"]),)),
        )
    )


def _sources(review: dict[str, Any]) -> Html:
    rows = [
        {"Source": row["id"], "Read at": place_read(row["read_at"]), "Holds": row["what"].strip()}
        for row in review["sources"]
    ]
    return html_table(pd.DataFrame(rows), caption="Texts that were read")


def _results(review: dict[str, Any]) -> Html:
    rows = [_result(row) for row in review["results"]]
    return html_table(
        pd.DataFrame(rows),
        caption="Results the review prints",
        note="As printed, trailing zeros aside; intervals in brackets where one is printed.",
        align={"Hazard ratio": "left"},
    )


def _result(row: dict[str, Any]) -> dict[str, object]:
    first, second = row["arm_a"], row["arm_b"]
    return {
        "Groups": f"{row['row']}. {first['label']} against {second['label']}",
        "Outcome": row["outcome_printed"],
        "Medians, months": _medians(first, second),
        "Hazard ratio": _ratio(row["hr"]),
        "p": row["p"] or NOT_PRINTED,
    }


def _notes(review: dict[str, Any]) -> list[str]:
    """What is said beside each result: patients, doubts, where it was read."""
    notes = []
    for row in review["results"]:
        said = [f"{row['n'].strip()}." if row["n"] else "", (row["note"] or "").strip()]
        told = " ".join(part for part in said if part) or "No number of patients is printed."
        notes.append(f"Result {row['row']}: {told} {_read_in(row)}")
    return notes


def _medians(first: dict[str, Any], second: dict[str, Any]) -> str:
    both = _median(first), _median(second)
    return NOT_PRINTED if both == (NOT_PRINTED, NOT_PRINTED) else " and ".join(both)


def _median(arm: dict[str, Any]) -> str:
    median = arm["median_months"]
    if median["value"] is None:
        return NOT_PRINTED
    text = as_number(median["value"])
    if median["low"] is None:
        return text
    return f"{text} ({as_number(median['low'])} to {as_number(median['high'])})"


def _ratio(hr: dict[str, Any]) -> str:
    if hr["value"] is None:
        return NOT_PRINTED
    limits = "no interval printed"
    if hr["low"] is not None:
        limits = f"{as_number(hr['low'])} to {as_number(hr['high'])}"
    direction = "" if hr["direction"] == "printed" else f", direction {hr['direction']}"
    return f"{as_number(hr['value'])} ({limits}{direction})"


def _read_in(row: dict[str, Any]) -> str:
    return f"[{', '.join(row['sources'])}]"


def _contradiction(row: dict[str, Any], review: dict[str, Any]) -> Html:
    rows = {result["id"]: str(result["row"]) for result in review["results"]}
    facts = Facts(
        (
            ("Printed", row["text"].strip()),
            ("Our reading", row["our_reading"].strip()),
            ("Concerns results no.", ", ".join(rows[result] for result in row["results"])),
        )
    )
    words = row["id"].replace("-", " ").replace("pfs", "PFS")
    return Section(field_anchor(row["id"]), words[0].upper() + words[1:], (facts,), level=3)


def _our_pages(review: dict[str, Any], results: Results) -> Html:
    printed: dict[str, list[str]] = {}
    for row in review["results"]:
        printed.setdefault(row["maps_to"], []).append(str(row["row"]))
    return Items(
        tuple(
            (
                Cell(result.declaration.title, href=f"{comparison}.html"),
                f": result no. {', '.join(printed.get(comparison, ['none']))}",
            )
            for comparison, result in results.items()
        )
    )
