"""Management claims against guidelines and evidence: one table, then the reasons of each line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.book.answers import outcome_label
from analysis_lib.book.blocks import Fold, FoldList, Stack
from analysis_lib.book.markdown import Anchor, Inline, Items
from analysis_lib.book.places import WORDS_READ, field_link, source_hint, study_link
from analysis_lib.book.printed_figures import (
    contrast_words,
    harm_words,
    printed_words,
    share_words,
)
from analysis_lib.book.sources import pooled_link
from analysis_lib.comparison import load_declaration
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.claims import JudgedClaim, TestedRatio
from analysis_lib.study_records import (
    StudyRecord,
    grade,
    load_guidelines,
    load_records,
    part_of_record,
)
from analysis_lib.study_records.model import Contrast, Harm, Outcome
from analysis_lib.tables import (
    Cell,
    Html,
    count,
    html_table,
    interval,
    mid_sentence,
    paragraph,
    ratio,
)

_GUIDELINES = {
    "agrees": "agree",
    "partly": "agree in part",
    "conflicts": "conflict",
    "no_recommendation": "make no recommendation",
    "mixed": "differ from each other",
    "not_read": "not read",
    "silent": "no statement seen",
}

_STANCES = {
    "agrees": "agrees",
    "partly": "agrees in part",
    "no_recommendation": "makes no recommendation",
    "conflicts": "conflicts",
}

_EVIDENCE = {
    "agrees": "agrees",
    "partly": "agrees in part",
    "conflicts": "conflicts",
    "open": "open: the interval holds 1",
    "none": "none",
    "described": "described, not compared",
    "indirect": "figures of other patients only",
    "outside": "outside the question",
}

#: What decided, in a word for the table.
_COMPUTED, _JUDGED = "results of this review", "one reader"

#: Kinds of statement that were not seen, in words.
_UNSEEN = {"not_seen": "not seen", "to_verify": "second-hand, to be verified"}


def claims_table(judged: Sequence[JudgedClaim]) -> Html:
    """One line a claim: what guidelines say, what the evidence says, who decided."""
    rows = [
        {
            "Claim": Cell(one.claim["claim"].strip(), href=f"#{claim_anchor(one)}"),
            "Guidelines": _GUIDELINES[one.guidelines.code],
            "Evidence": evidence_words(one),
            "Decided by": _COMPUTED if one.evidence.computed else _JUDGED,
        }
        for one in judged
    ]
    return html_table(pd.DataFrame(rows), caption=f"Claims ({count(len(rows))})", id="claims")


def claim_folds(judged: Sequence[JudgedClaim], pages: Sequence[Mapping[str, Any]]) -> FoldList:
    """For each claim where it stands, the statements, the figures, and the reason."""
    titles = {row["id"]: row["title"].strip() for row in pages}
    records = {record.id: record for record in load_records()}
    guides = {
        row["id"]: guide for guide in load_guidelines()["guidelines"] for row in guide["statements"]
    }
    return FoldList(
        *(
            Fold(
                one.claim["claim"].strip(),
                Stack(
                    # The anchor stands inside, so that following a link opens the fold.
                    Anchor(claim_anchor(one)),
                    paragraph(f"Read at: {titles[one.claim['page']]}"),
                    Items(tuple(_guideline_items(one, guides))),
                    Items(tuple(_evidence_items(one, records))),
                    *_sources(one.claim),
                ),
            )
            for one in judged
        )
    )


def claim_anchor(one: JudgedClaim) -> str:
    """Anchor of a claim's reasons on the page of guidelines."""
    return f"claim-{one.claim['id']}"


def evidence_words(one: JudgedClaim) -> str:
    """The verdict of the evidence: on how many studies, how certain, or what is missing."""
    found = one.evidence
    words = _EVIDENCE[found.code]
    if not found.computed:
        return f"{words}: no figure was read" if found.code == "none" else words
    if not found.ratios:
        told = "no study compares them" if not found.n_direct else "compared without a ratio"
        return f"{words}: {told}"
    studies = len({study for tested in found.ratios for study in tested.study_labels})
    asked = one.claim["comparison"]
    certainty = grade(asked["id"], asked["outcome"]).direct.label.lower()
    return f"{words}; {_studies(studies)}, {certainty} certainty"


def _studies(number: int) -> str:
    return "one study" if number == 1 else f"{count(number)} studies"


def sources_items(claim: Mapping[str, Any]) -> Items:
    """Papers without a record, each with what was read of it."""
    return Items(tuple(_source(row) for row in claim["sources"]))


def _sources(claim: Mapping[str, Any]) -> tuple[Html, ...]:
    if not claim["sources"]:
        return ()
    return (paragraph("Papers without a record:"), sources_items(claim))


def _source(row: Mapping[str, Any]) -> Inline:
    told = f": {row['says'].strip()}" if row["says"] else ": nothing was read of it"
    return (Cell(f"{row['text']}{told}", href=_address(row)),)


def _address(row: Mapping[str, Any]) -> str | None:
    """DOI or PubMed of a paper; None where only another number was printed."""
    if row["doi"]:
        return f"https://doi.org/{row['doi']}"
    if row["pmid"]:
        return f"https://pubmed.ncbi.nlm.nih.gov/{row['pmid']}/"
    if row["pmcid"]:
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{row['pmcid']}/"
    return None


# --- reasons --------------------------------------------------------------------------


def _guideline_items(one: JudgedClaim, guides: Mapping[str, Mapping[str, Any]]) -> Iterator[Inline]:
    words = f"Guidelines: {_GUIDELINES[one.guidelines.code]}."
    by_id = {guide["id"]: guide for guide in guides.values()}
    asked: list[str | Cell] = []
    for name in one.claim["looked_in"]:
        asked += [" Ascribed to ", Cell(by_id[name]["organisation"], href=f"#{name}")]
        asked += [", where nothing on it was read."]
    yield (words, *asked)
    for statement, row in one.guidelines.rows:
        stance = _STANCES[row["stance"]] if row["stance"] else _UNSEEN[statement["seen"]]
        yield (
            Cell(guides[statement["id"]]["organisation"], href=f"#{statement['id']}"),
            f" {stance} ({statement['level'] or 'no level read'}): ",
            Cell(statement["text"].strip(), class_=WORDS_READ),
            f" {row['reason']}",
        )


def _evidence_items(one: JudgedClaim, records: Mapping[str, StudyRecord]) -> Iterator[Inline]:
    found = one.evidence
    yield (f"Evidence: {evidence_words(one)}. {one.claim['reason'].strip()}",)
    if found.computed:
        yield from _computed_items(one)
    for figure in one.claim["figures"]:
        yield _figure(records[figure["study"]], figure)


def _computed_items(one: JudgedClaim) -> Iterator[Inline]:
    asked = one.claim["comparison"]
    declared = load_declaration(asked["id"])
    link = Cell(declared.title, href=f"{declared.id}.html")
    if not one.evidence.ratios:
        yield ("Tested by the comparison ", link, ": no ratio within a study.")
    side = next(side.label for side in declared.sides if side.id == asked["side"])
    other = next(side.label for side in declared.sides if side.id == asked["versus"])
    for found in one.evidence.ratios:
        text = ratio_words(found)
        number = pooled_link(
            text, asked["outcome"], "within", found.study_labels, page=f"{declared.id}.html"
        )
        yield (
            f"{outcome_label(asked['outcome'])}, {mid_sentence(side)} against "
            f"{mid_sentence(other)}, {_studies(found.n_studies)}: ",
            number,
            f" ({found.scale}; below 1 fewer events). Comparison: ",
            link,
            ".",
        )


def ratio_words(found: TestedRatio) -> str:
    """``0.56 (0.28 to 1.12)``."""
    return interval(found.ratio, found.low, found.high, number=ratio)


def _figure(record: StudyRecord, figure: Mapping[str, Any]) -> Inline:
    what, text, hint = _words(record, figure)
    return (
        study_link(record.id, study_label(record)),
        f", {what}: ",
        field_link(record.id, _shown_at(figure["field"]), text, hint),
        ".",
    )


def _shown_at(field: str) -> str:
    """The block of the study's page that shows a number of an arm: the arm itself."""
    return field.rpartition(".")[0] if field.count(".") == 1 and "[" not in field[-3:] else field


def _words(record: StudyRecord, figure: Mapping[str, Any]) -> tuple[str, str, str | None]:
    found = part_of_record(record, figure["field"])
    if isinstance(found, Outcome):
        arm = part_of_record(record, figure["field"].split(".")[0])
        what = f"{arm.label}, {outcome_label(found.outcome).lower()}"
        return what, printed_words(found), source_hint(record.id, found.source)
    if isinstance(found, Harm):
        return found.event, harm_words(found), source_hint(record.id, found.source)
    if isinstance(found, Contrast):
        first, second = (record.arm(name).label for name in (found.arm, found.versus))
        what = f"{first} against {second}, {outcome_label(found.outcome).lower()}"
        return what, contrast_words(found), source_hint(record.id, found.source)
    whole = sum(part_of_record(record, place) for place in figure["of"])
    arm = part_of_record(record, figure["field"].split(".")[0])
    unit = "lesion" if figure["field"].endswith("n_lesions") else "patient"
    return arm.label, share_words(found, whole, unit), None
