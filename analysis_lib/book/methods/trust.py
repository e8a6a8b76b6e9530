"""Ideas 11 and 12: harms, and how certain an answer is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.book.methods.idea import Idea, Material
from analysis_lib.book.places import field_link, source_hint, study_link
from analysis_lib.book.printed_figures import share_words
from analysis_lib.comparison.harms import HarmRow
from analysis_lib.meta_analysis.proportions import MIN_POOLED
from analysis_lib.study_records import grade, load_vocabulary
from analysis_lib.study_records.judgements import Judgement
from analysis_lib.tables import Cell, Html, callout, count, html_table, paragraph


def harm_example(material: Material) -> tuple[str, tuple[HarmRow, ...]]:
    """The harm after treatment with most counted figures on one side of the first comparison."""
    best = max(
        (
            (len(rows), result.event, rows)
            for result in material.first.harms
            if result.kind == "harm_after"
            for side in result.sides
            if (rows := tuple(row for row in side.rows if row.low is not None))
        ),
        key=lambda found: (found[0], found[1]),
    )
    return best[1], best[2]


def _harms(material: Material) -> Sequence[Html]:
    event, rows = harm_example(material)
    table = [
        {
            "Study": study_link(row.study_id, row.study_label),
            "Exact": field_link(
                row.study_id,
                row.field,
                share_words(row.n_events or 0, row.n_at_risk or 0, row.unit or ""),
                source_hint(row.study_id, row.source),
            ),
            "Definition": field_link(row.study_id, row.field, row.definition or "not stated"),
            "Pooled": row.not_pooled or "yes",
        }
        for row in rows
    ]
    classes = {row.harm_class for row in rows}
    return (
        html_table(
            pd.DataFrame(table),
            caption=f"{event[:1].upper()}{event[1:]}: {count(len(rows))} figures with counts",
        ),
        paragraph(
            f"{count(len(classes))} pairs of definition and unit stand in this table. Figures meet "
            f"in a pool only within one of them, from {count(MIN_POOLED)} studies on."
        ),
    )


def _certainty(material: Material) -> Sequence[Html]:
    declared, outcome = material.first.declaration, material.first.leading
    judged = grade(declared.id, outcome.outcome).between
    rows = [_domain(domain) for domain in judged.domains]
    words = load_vocabulary()["certainty"][judged.certainty]
    return (
        html_table(
            pd.DataFrame(rows), caption=f"{declared.title}: cohorts beside cohorts, survival"
        ),
        paragraph(
            f"Rated down in {count(sum(d.answer != 'not_serious' for d in judged.domains))} of "
            f"{count(len(judged.domains))} domains."
        ),
        callout("answer", f"Certainty: {words.label.lower()}. {words.description}."),
        paragraph(Cell("On its page", href=f"{declared.id}.html#how-sure"), "."),
    )


def _domain(domain: Judgement) -> dict[str, object]:
    words = load_vocabulary()
    return {
        "Domain": words["grade_domain"][domain.item].label,
        "Concern": words["grade_concern"][domain.answer].label,
        "Reason": domain.reason,
    }


TRUST = (
    Idea(
        "harms",
        "Harms",
        "A count is pooled only with counts of the same thing; all others are listed.",
        (
            "What is called radiation necrosis is seen on a scan in one paper and under the "
            "microscope in the next, counted per patient here and per lesion there. Averaging "
            "these gives a number of nothing.",
            "So each count stands with its exact interval, its definition and its unit. What most "
            "studies do not report is said too: silence is not safety.",
        ),
        _harms,
        (
            "None seen is read as none possible: an exact interval shows how many would fit.",
            "What was found at the operation is counted as a harm of it.",
        ),
        ((Cell("Harms of a comparison", href="resection-vs-nonsurgical.html#result"),),),
    ),
    Idea(
        "certainty",
        "Certainty",
        "How far a figure can be trusted to say what a treatment did, judged in the open.",
        (
            "An interval speaks of chance alone. Bias, other patients, contradicting studies and "
            "unpublished ones are outside it. GRADE asks for each whether it gives cause, and "
            "rates the evidence down where it does.",
            "Every judgement has a reason, stands in a file, and says who made it. One reader "
            "has judged so far.",
        ),
        _certainty,
        (
            "A narrow interval is taken for certainty.",
            "Very low certainty is read as no difference. It means that nobody knows.",
        ),
        ((Cell("What certainty means", href="index.html#certainty"),),),
    ),
)
