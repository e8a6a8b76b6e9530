"""The chapter "Tumour or radionecrosis?": how often, why pictures do not tell, what followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pandas as pd

from analysis_lib.book.blocks import Fold
from analysis_lib.book.harms_tables import pool_words
from analysis_lib.book.markdown import Anchor, Heading, Items, page
from analysis_lib.book.necrosis_management import (
    outcome_blocks,
    parts_blocks,
    toxicity_blocks,
)
from analysis_lib.book.places import record_anchor, record_link, source_hint, study_link, study_page
from analysis_lib.book.rederivation_tables import contradictions, rederivation_blocks
from analysis_lib.book.sources import method_link
from analysis_lib.book.study_figures import as_number, units
from analysis_lib.charts import cohort_forest
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.harm_pools import SHARED, HarmPool
from analysis_lib.questions.declared import Said
from analysis_lib.questions.management import Management, Share
from analysis_lib.questions.necrosis import NecrosisShare, TissueClass, TissueFinding
from analysis_lib.study_records import StudyRecord, load_guidelines
from analysis_lib.tables import (
    Cell,
    Html,
    callout,
    count,
    html_table,
    interval,
    paragraph,
    percent,
)

#: Where every count stands.
_COUNTS = "counts-of-necrosis"

#: Words by which a guideline would speak of telling tumour from necrosis.
_ON_TELLING = re.compile(r"necros|biops|imaging|\bMRI\b|\bPET\b|perfusion|spectroscop", re.I)

#: The time at which the leading series is told in the answer, months.
_TOLD_AT = 24.0


def necrosis_page(
    share: NecrosisShare, management: Management, records: Sequence[StudyRecord]
) -> str:
    """The Markdown of the page.

    Parameters
    ----------
    share : NecrosisShare
        Of :func:`analysis_lib.questions.necrosis_found`.
    management : Management
        Of :func:`analysis_lib.questions.pathology_informed_management`.
    records : sequence of StudyRecord
        All records.
    """
    labels = {record.id: study_label(record) for record in records}
    return page(
        "Tumour or radionecrosis?",
        _answer(share, management),
        paragraph(
            "A treated metastasis that grows on a picture may be tumour that has come back, or "
            "brain and tumour killed by the earlier radiation: radiation necrosis, another "
            "disease, which enters no comparison of this book."
        ),
        _chart(share),
        Heading("How often it was necrosis only"),
        *_counted(share, labels),
        Heading("Why pictures cannot tell for certain"),
        *_imaging(management.imaging, labels),
        Heading("What followed when tissue decided"),
        paragraph(_who(management)),
        *outcome_blocks(management),
        Heading("The two kinds of re-irradiation", 3),
        *parts_blocks(management),
        Heading("Toxicity after re-irradiation", 3),
        *toxicity_blocks(management),
        Heading("Survival by what was found, in other series", 3),
        *_other_series(share, management, records),
        Heading("The paper's figures worked out again"),
        *rederivation_blocks(management.rederivation, _short_names(management)),
        Heading("Where the paper contradicts itself", 3),
        contradictions(management.record, management.findings),
        Heading("What is not known"),
        _unknown(),
        Heading("Where this comes from"),
        *_provenance(management),
    )


# --- the answer -------------------------------------------------------------------------


def _answer(share: NecrosisShare, management: Management) -> Html:
    leading = next(found for found in share.findings if found.row.study_id == management.record.id)
    told = [found for found in share.findings if _says_how_often(found)]
    ends = [pick(told, key=lambda found: found.row.proportion) for pick in (min, max)]
    tumour = management.group(management.leading.tumour).at("os", _TOLD_AT)
    necrosis = management.group(management.leading.necrosis).at("os", _TOLD_AT)
    studies = len({found.row.study_id for found in told})
    found_there = f"{count(leading.row.n_events)} were necrosis only, {_exact(leading)}"
    parts: list[str | Cell] = [
        f"Of {units(leading.row.n_at_risk, leading.row.unit)} that had grown after radiosurgery "
        f"and were all resected ({leading.row.study_label}), ",
        _count_link(leading, found_there),
        f". Over {count(len(told))} counts of {count(studies)} studies the share runs from ",
        _count_link(ends[0], percent(ends[0].row.proportion)),
        " to ",
        _count_link(ends[1], percent(ends[1].row.proportion)),
        ": lesions were chosen and looked at in different ways, and most series are small.",
    ]
    if tumour and necrosis:
        parts += [
            f" At {_TOLD_AT:g} months ",
            _alive(management, tumour),
            " were alive after resection and re-irradiation of tumour, and ",
            _alive(management, necrosis),
            " after resection of necrosis and nothing more, counted from different days: one "
            "hospital, looked at afterwards. The certainty of these figures was not rated.",
        ]
    return callout("answer", *parts)


def _alive(management: Management, share: Share) -> Cell:
    """``52% (39% to 69%) of 47 patients``."""
    text = interval(share.value, share.low, share.high, number=percent)
    hint = source_hint(management.record.id, share.source)
    return record_link(
        management.record.id, share.field, f"{text} of {units(share.n, share.unit)}", hint
    )


def _says_how_often(found: TissueFinding) -> bool:
    """A count of an arm that holds tumour only says nothing of how often necrosis is found."""
    return found.row.pathology != "tumour" and found.row.proportion is not None


def _exact(found: TissueFinding) -> str:
    return interval(found.row.proportion, found.row.low, found.row.high, number=percent)


def _count_link(found: TissueFinding, text: str) -> Cell:
    """A count, leading to its place; the card is the paper's words or the record's counts."""
    row = found.row
    if found.printed_definition is not None:
        hint = source_hint(row.study_id, row.source)
    else:
        said = f"“{found.words}”" if found.words else "numbers of lesions or patients of the arms"
        hint = f"From the record: {said}; {count(row.n_events)} of {count(row.n_at_risk)}."
    return record_link(row.study_id, row.field, text, hint)


# --- how often ----------------------------------------------------------------------------


def _chart(share: NecrosisShare) -> Html:
    rows = [_drawn(found) for found in share.findings]
    pools = [_drawn_pool(one, pool) for one in share.classes for pool in one.pools]
    return cohort_forest(
        "necrosis-share",
        pd.DataFrame(rows),
        title="Share of the lesions or patients examined that were necrosis only",
        x_title="Necrosis only",
        unit="percent",
        domain=(0.0, 1.0),
        summaries=pd.DataFrame(pools) if pools else None,
        description=(
            "One line a count, by definition. The symbol is the share, its area grows with the "
            "number examined; the bar is the exact 95% interval, computed by this review. "
            + (
                "A diamond is a pool of one definition and one unit, as wide as its 95% interval; "
                "the dotted line is where a new study would be expected."
                if pools
                else "Nothing is pooled."
            )
        ),
    )


def _drawn(found: TissueFinding) -> dict[str, object]:
    row = found.row
    notes = [f"counted by {row.unit}"]
    notes += ["read in another paper's table"] if row.secondary_source else []
    notes += ["of an arm of tumour only"] if row.pathology == "tumour" else []
    return {
        "label": row.study_label,
        "group": found.definition.label,
        "style": _STYLES[found.definition.tissue],
        "estimate": row.proportion,
        "low": row.low,
        "high": row.high,
        "n": row.n_at_risk,
        "note": ", ".join(notes),
        "interval_kind": "computed",
        "href": f"{study_page(row.study_id)}#{record_anchor(row.field)}",
    }


#: Colour and symbol by where the tissue came from.
_STYLES = {
    "resection": "re_resection",
    "biopsy": "best_supportive_care",
    "either": "non_surgical",
    "laser": "litt",
}


def _drawn_pool(one: TissueClass, pool: HarmPool) -> dict[str, object]:
    pooled = pool.pooled
    hand = ", with figures of another paper's table" if pool.second_hand else ""
    return {
        "label": f"Pooled by {pool.unit}, {count(pooled.k)} studies{hand}",
        "group": one.definition.label,
        "estimate": pooled.proportion,
        "low": pooled.low,
        "high": pooled.high,
        "prediction_low": pooled.prediction_low,
        "prediction_high": pooled.prediction_high,
        "why_not": pooled.note if pooled.proportion is None else None,
    }


def _counted(share: NecrosisShare, labels: dict[str, str]) -> Iterator[Html]:
    """The pools in words, every count, and the records that are not counted."""
    for one in share.classes:
        for pool in one.pools:
            words = pool_words("Necrosis only", "progressing lesions", pool)
            yield paragraph(Cell(words, href=f"#{_COUNTS}", class_="lsr-pooled"))
            if pool.known_without:
                yield _without_each(pool)
    if not any(not pool.second_hand for pool in share.pools):
        yield callout(
            "caution",
            "First-hand counts alone are too few for a pool: no definition and unit is reported by "
            "three studies that were read themselves.",
        )
    yield Anchor(_COUNTS)
    for one in share.classes:
        yield html_table(
            pd.DataFrame([_count_row(found, one) for found in one.findings]),
            caption=one.definition.label,
        )
    yield paragraph("Pooled only within one definition and one unit, over three studies or more.")
    left = tuple(
        (study_link(entry.study, labels[entry.study]), f": {entry.reason}.")
        for entry in share.not_counted
    )
    yield Fold(f"{count(len(left))} records with a share that is not counted, and why", Items(left))


def _without_each(pool: HarmPool) -> Html:
    """The pool once more without each study: one line a study."""
    rows = [
        {
            "Left out": left.label,
            "Pooled from the others": Cell(
                interval(left.pooled.proportion, left.pooled.low, left.pooled.high, number=percent),
                href=f"#{_COUNTS}",
                class_="lsr-pooled",
            ),
            "Of": units(left.pooled.n, pool.unit),
        }
        for left in pool.known_without
    ]
    return html_table(
        pd.DataFrame(rows),
        caption=f"Pooled by {pool.unit}, without each study in turn",
        note="Each line is the same model on the other studies, with its 95% interval.",
    )


def _count_row(found: TissueFinding, one: TissueClass) -> dict[str, object]:
    row = found.row
    words = found.printed_definition or (f"“{found.words}”" if found.words else "sizes of its arms")
    words += f" (note of the readers: {row.note})" if row.note else ""
    return {
        "Study": study_link(row.study_id, row.study_label),
        "Necrosis only": _count_link(
            found, f"{count(row.n_events)} of {units(row.n_at_risk, row.unit)}"
        ),
        "Exact 95% interval": _count_link(found, _exact(found)),
        "In the record": _count_link(found, words),
        "Pooled": _pooled_or_why(found, one),
    }


def _pooled_or_why(found: TissueFinding, one: TissueClass) -> str | Cell:
    row = found.row
    if row.not_pooled is None:
        return "yes"
    pools = [pool for pool in one.pools if pool.second_hand and pool.unit == row.unit]
    if any(row.study_id in pool.study_ids for pool in pools):
        return "only together with figures read in another paper's table"
    if row.not_pooled.startswith(SHARED):
        return Cell("no: shares patients with another series", href="overlaps.html")
    return f"no: {row.not_pooled}"


# --- why pictures cannot tell for certain -----------------------------------------------


def _imaging(said: Sequence[Said], labels: dict[str, str]) -> Iterator[Html]:
    yield paragraph("What the records hold, in the words of their readers:")
    yield Items(
        tuple(
            (
                f"{one.tells} ",
                record_link(one.study, one.field, f"“{one.words}”"),
                f" ({labels[one.study]})",
            )
            for one in said
        )
    )
    statements = [row for guide in load_guidelines()["guidelines"] for row in guide["statements"]]
    seen = [row for row in statements if row["seen"] == "seen"]
    speaking = [row for row in seen if _ON_TELLING.search(row["text"])]
    guidelines = Cell("guidelines", href="guidelines.html")
    if speaking:
        yield paragraph("Guidelines whose wording was seen (", guidelines, "):")
        yield Items(tuple((row["text"].strip(),) for row in speaking))
        return
    yield callout(
        "missing",
        f"None of the {count(len(seen))} statements of ",
        guidelines,
        " whose wording was seen speaks of telling tumour from necrosis, by picture or by tissue. "
        "No study of perfusion, spectroscopy or of how well any picture agrees with tissue in all "
        "of its patients is among the records: such studies were not looked for.",
    )


# --- what followed ------------------------------------------------------------------------


def _who(management: Management) -> str:
    record = management.record
    population = record.population[:1].upper() + record.population[1:]
    return (
        f"{study_label(record)}: {record.design}, {units(record.n_patients, 'patient')}, "
        f"{units(record.n_lesions, 'lesion')}. {population}."
    )


def _short_names(management: Management) -> dict[str, str]:
    return {group.label: group.name for group in management.groups}


def _other_series(
    share: NecrosisShare, management: Management, records: Sequence[StudyRecord]
) -> Iterator[Html]:
    """Printed medians of arms divided by what was found."""
    asked = {found.row.study_id for found in share.findings}
    asked |= {said.study for said in management.imaging}
    rows = [
        row
        for record in records
        if record.id in asked and record.id != management.record.id
        for row in _medians(record)
    ]
    if not rows:
        yield callout("missing", "No other series prints survival by what was found.")
        return
    yield html_table(
        pd.DataFrame(rows),
        caption="Median survival as printed, by what was found",
        note="Treatment after the diagnosis and the day counted from are not stated in the text "
        "read: these figures enter no pool.",
    )


def _medians(record: StudyRecord) -> Iterator[dict[str, object]]:
    if not any(arm.pathology == "necrosis" for arm in record.arms):
        return
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            if outcome.outcome != "os" or outcome.median is None or outcome.median.value is None:
                continue
            field = f"arms[{arm_index}].outcomes[{index}]"
            text = f"{as_number(outcome.median.value)} months"
            hint = source_hint(record.id, outcome.source)
            yield {
                "Study": study_link(record.id, study_label(record)),
                "Found": arm.label,
                "Lesions": count(arm.n_lesions),
                "Median survival": record_link(record.id, field, text, hint),
            }


# --- what is not known, and where it comes from -----------------------------------------


def _unknown() -> Html:
    return Items(
        (
            "How often a lesion that grows is necrosis only among all lesions that grow: every "
            "count is of lesions that somebody chose to resect, to biopsy or to treat by laser.",
            "Whether patients whose lesion was resected before re-irradiation fare otherwise than "
            "patients irradiated again without tissue: no study compares the two.",
            "How many of those re-irradiated or given drugs without tissue had necrosis.",
            "Lesions that hold both tumour and necrosis: papers call them tumour, and say seldom "
            "how much of each there was.",
        )
    )


def _provenance(management: Management) -> Iterator[Html]:
    again = management.record.second_reading
    yield paragraph(
        "Which counts stand here, and which definitions are taken for the same, was decided by "
        "hand in chapters/necrosis.yaml; the numbers are read from the records. ",
        study_link(management.record.id, study_label(management.record)),
        f" was read a second time: {count(again.agreed)} of {count(again.compared)} values agreed. "
        "How intervals and pools are made: ",
        method_link("shares of a whole", "shares"),
        "; tests and differences: ",
        method_link("counts of one study", "counts"),
        ". Harms of each treatment: ",
        Cell("Harms after treatment", href="harms.html"),
        ".",
    )
