"""The chapter on other options: what is known with numbers, what is opinion, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis_lib.book.blocks import Fold, FoldList
from analysis_lib.book.claims_tables import sources_items
from analysis_lib.book.harms_tables import harms_table
from analysis_lib.book.markdown import Anchor, Heading, Inline, Items, page
from analysis_lib.book.options_tables import (
    contrast_items,
    figures_anchor,
    figures_table,
    known_table,
    necrosis_table,
    not_found_items,
)
from analysis_lib.book.places import WORDS_READ, study_link
from analysis_lib.comparison import load_declaration
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.options import (
    OptionArm,
    OptionContrast,
    OptionEvidence,
    load_options,
    option_evidence,
)
from analysis_lib.study_records import load_claims, load_guidelines, load_records
from analysis_lib.tables import Cell, Html, callout, count, mid_sentence, months, paragraph

#: Claim whose papers have no record: the series on bevacizumab.
_BEVACIZUMAB_CLAIM = "bevacizumab-in-radionecrosis"

_NECROSIS_ANCHOR, _NECROSIS_TITLE = "bevacizumab", "Bevacizumab for radiation necrosis"


def options_page() -> str:
    """The Markdown of the chapter."""
    found = [option_evidence(option) for option in load_options()]
    guidelines = load_guidelines()["guidelines"]
    blocks: list[Html] = [
        paragraph(
            "What else is done when a treated brain metastasis comes back. Each section keeps "
            "three things apart: what studies report, what guidelines say, and what was looked "
            "for and not found. Nothing here compares one option with another."
        ),
        Items((*(_content(evidence) for evidence in found), _necrosis_content(found))),
    ]
    for evidence in found:
        blocks += _section(evidence, guidelines)
    blocks += _necrosis(found)
    return page("Other options", *blocks)


def _content(evidence: OptionEvidence) -> Inline:
    option = evidence.option
    return (Cell(option.title, href=f"#{option.id}"), ": ", *_in_short(evidence))


def _in_short(evidence: OptionEvidence) -> Inline:
    """How many studies, and the range of the median survival where one is known."""
    total = len(evidence.study_ids)
    figures = f"#{figures_anchor(evidence.option.id)}"
    if not total:
        beside = len({found.record.id for found in evidence.elsewhere})
        told = f"no eligible study; {count(beside)} of other patients, shown and not counted"
        return (Cell(told, href=figures), ".")
    leading = evidence.result.outcomes[0]
    spread = leading.sides[0].median_range()
    studies = f"{count(total)} eligible stud{'y' if total == 1 else 'ies'}"
    if spread is None:
        return (Cell(studies, href=figures), ", no median survival to be counted.")
    low, high = (months(value) for value in (spread.low, spread.high))
    ends = low if low == high else f"{low} to {high}"
    cohorts = f"{count(spread.k)} cohort{'' if spread.k == 1 else 's'}"
    text = f"median survival {ends} months in {cohorts}"
    return (Cell(studies, href=figures), ", ", Cell(text, href=figures), ".")


def _necrosis_content(found: Sequence[OptionEvidence]) -> Inline:
    """The last line of the contents: asked for by name, though it treats another disease."""
    studies = len({one.record.id for one in _of_necrosis(found, "systemic")})
    here = f"#{_NECROSIS_ANCHOR}"
    told = Cell(f"{count(studies)} records", href=here)
    return (Cell(_NECROSIS_TITLE, href=here), ": ", told, ", of another disease than recurrence.")


def _section(evidence: OptionEvidence, guidelines: Sequence[Mapping[str, Any]]) -> list[Html]:
    option = evidence.option
    blocks: list[Html] = [
        Heading(option.title),
        Anchor(option.id),
        paragraph(option.what),
        callout("caution", f"Who had it: {option.confounded_by}"),
        Heading("Known", 3),
    ]
    if evidence.study_ids:
        blocks.append(known_table(evidence))
    else:
        blocks.append(
            callout("missing", "No eligible study. What was read of other patients stands below.")
        )
    if evidence.contrasts:
        blocks += [paragraph("Against another treatment, within one study:")]
        blocks += [contrast_items(evidence.contrasts)]
    if evidence.inside:
        blocks += [paragraph("One group against another, both with it, within one study:")]
        blocks += [contrast_items(evidence.inside)]
    folds = []
    if evidence.eligible or evidence.elsewhere:
        folds.append(Fold("Every figure, counted or not", figures_table(evidence)))
    if evidence.result.harms:
        folds.append(
            Fold("Harms after treatment", harms_table(evidence.result.harms, within="this section"))
        )
    blocks += [FoldList(*folds)] if folds else []
    blocks += [Heading("Opinion", 3), *_opinion(evidence, guidelines)]
    blocks += [Heading("Not found", 3), _not_found(evidence), *_compared(evidence)]
    return blocks


def _opinion(evidence: OptionEvidence, guidelines: Sequence[Mapping[str, Any]]) -> list[Html]:
    """Statements of guidelines on the option that were read, each with its level."""
    topics = evidence.option.topics
    found = [
        (guide, row)
        for guide in guidelines
        for row in guide["statements"]
        if row["about"] in topics and row["seen"] == "seen"
    ]
    found.sort(key=lambda pair: not pair[1]["recurrence_specific"])
    unread = sum(guide["asks_about_recurrence"] in _UNREAD for guide in guidelines)
    closing = (
        f"{count(unread)} of {count(len(guidelines))} guidelines were not read on recurrence: "
        "what they say is not known here. "
    )
    rest = paragraph(closing, Cell("All guidelines", href="guidelines.html"), ".")
    if not found:
        return [callout("missing", "No statement of a guideline on it was seen."), rest]
    return [Items(tuple(_statement(guide, row) for guide, row in found)), rest]


#: Guidelines of which nothing on recurrence was read.
_UNREAD = ("not_seen", "heading_only")


def _statement(guide: Mapping[str, Any], row: Mapping[str, Any]) -> Inline:
    level = row["level"] or "no level in what was read"
    whom = "on recurrence" if row["recurrence_specific"] else "not on recurrence"
    source = Cell(guide["organisation"], href=f"guidelines.html#{row['id']}")
    return (source, f" ({level}; {whom}): ", Cell(row["text"].strip(), class_=WORDS_READ))


def _not_found(evidence: OptionEvidence) -> Html:
    if evidence.study_ids:
        return not_found_items(evidence)
    return paragraph(
        f"No eligible study of {mid_sentence(evidence.option.title)} among the "
        f"{count(len(load_records()))} records read. ",
        Cell("Which records", href="flow.html"),
        ".",
    )


def _compared(evidence: OptionEvidence) -> list[Html]:
    """The comparison whose page counts these arms, in its analysis or a scenario."""
    if evidence.option.compared_in is None:
        return []
    declared = load_declaration(evidence.option.compared_in)
    link = Cell(declared.title, href=f"{declared.id}.html#sensitivity")
    return [paragraph("Counted beside other treatments, as one side of a comparison: ", link, ".")]


# --- radiation necrosis ---------------------------------------------------------------


def _necrosis(evidences: Sequence[OptionEvidence]) -> list[Html]:
    """Bevacizumab, and laser ablation, where the lesion was necrosis: another disease."""
    drug, laser = (_of_necrosis(evidences, option) for option in ("systemic", "litt"))
    contrasts = _between_necrosis([*drug, *laser])
    claim = next(row for row in load_claims()["claims"] if row["id"] == _BEVACIZUMAB_CLAIM)
    reviews = len({found.record.id for found in drug if "review" in found.record.design})
    studies = len({found.record.id for found in drug})
    return [
        Heading(_NECROSIS_TITLE),
        Anchor(_NECROSIS_ANCHOR),
        paragraph(
            "Bevacizumab is a drug against the leaking vessels of radiation necrosis. Necrosis "
            "is not a recurrence: none of these figures stands in a pool of this review."
        ),
        Heading("Known", 3),
        paragraph(
            f"{count(studies)} records hold patients treated with it for necrosis, "
            f"{count(reviews)} of them reviews, whose studies may be the same: ",
            *_names(drug),
            ".",
        ),
        necrosis_table(drug),
        *([paragraph("Against laser ablation:"), contrast_items(contrasts)] if contrasts else []),
        FoldList(Fold("Laser ablation for necrosis: every figure", necrosis_table(laser))),
        Heading("Read about, without a record", 3),
        paragraph("Series named on the way, not read in full and in no record:"),
        sources_items(claim),
        Heading("Not found", 3),
        _not_found_for_necrosis(drug),
    ]


def _of_necrosis(found: Sequence[OptionEvidence], option: str) -> Sequence[OptionArm]:
    return next(one.necrosis for one in found if one.option.id == option)


def _not_found_for_necrosis(drug: Sequence[OptionArm]) -> Items:
    designs = {found.record.id: found.record.design for found in drug}
    chance = sum(design.startswith("randomised") for design in designs.values())
    said = [
        row
        for guide in load_guidelines()["guidelines"]
        for row in guide["statements"]
        if row["seen"] == "seen" and "bevacizumab" in row["text"].lower()
    ]
    return Items(
        (
            f"Patients assigned by chance: in {count(chance)} of {count(len(designs))} records. "
            "Trials may exist; no database was searched for them.",
            f"Statements of guidelines on it that were seen: {count(len(said))}.",
        )
    )


def _between_necrosis(arms: Sequence[OptionArm]) -> list[OptionContrast]:
    """Contrasts between two of these arms, whatever the eligibility of the study."""
    ids = {(found.record.id, found.arm.id) for found in arms}
    records = {found.record.id: found.record for found in arms}
    return [
        OptionContrast(record, contrast, f"contrasts[{index}]")
        for record in records.values()
        for index, contrast in enumerate(record.contrasts)
        if contrast.kind == "arms"
        and {(record.id, contrast.arm), (record.id, contrast.versus)} <= ids
    ]


def _names(arms: Sequence[OptionArm]) -> Inline:
    parts: list[str | Cell] = []
    for record in {found.record.id: found.record for found in arms}.values():
        parts += [", "] if parts else []
        parts.append(study_link(record.id, study_label(record)))
    return tuple(parts)
