"""What papers print, as tables: studies, arms with their outcomes, harms, contrasts.

One row is one printed figure. ``record_field`` is its place in the study's record, where
the paper's own words stand; the quotations themselves are not repeated here, because they
are not under the licence of the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis_lib.book.downloads.tables import Column, DataTable, Value
from analysis_lib.book.evidence_page import DECISIONS
from analysis_lib.book.places import place_read
from analysis_lib.book.study_figures import outcome_level, record_level
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord
from analysis_lib.study_records.model import Arm, Outcome, Source

_STUDY = Column("study_id", "string", "Id of the study, as in studies.csv", required=True)
_NAME = Column("study", "string", "Name of the study on the pages", required=True)
_ARM = Column("arm_id", "string", "Id of the arm within its study")
_LABEL = Column("arm", "string", "Who the arm is, in words")
_NOTE = Column("note", "string", "What a reader of the record should know")

_SOURCE = (
    Column("read_at", "string", "Where the text was read", required=True),
    Column("place", "string", "Place in the text", required=True),
    Column("record_field", "string", "Place in data/studies/<study_id>/study.yaml", required=True),
    Column("correction", "string", "Printed and used value with the reason, where they differ"),
)

_STUDIES = (
    _STUDY,
    _NAME,
    Column("decision", "string", "included, indirect (other patients) or not used", required=True),
    Column("reason", "string", "Why", required=True),
    Column("authors", "string", "As printed in the text read"),
    Column("title", "string", "As printed"),
    Column("journal", "string", "As printed, with volume and pages where these are printed"),
    Column("year", "integer", "Year of publication"),
    Column("doi", "string", "Digital object identifier"),
    Column("pmid", "string", "PubMed id"),
    Column("pmcid", "string", "PubMed Central id"),
    Column("citation_lacks", "string", "Parts of the citation that were not printed"),
    Column("design", "string", "Study design", required=True),
    Column("population", "string", "Who was studied", required=True),
    Column("recurrence", "string", "Site of the recurrence", required=True),
    Column("n_patients", "integer", "Patients"),
    Column("n_lesions", "integer", "Lesions"),
    Column("median_age", "number", "Median age, years"),
    Column("median_followup_months", "number", "Median follow-up, months"),
    Column("enrolment_start", "integer", "First year of enrolment"),
    Column("enrolment_end", "integer", "Last year of enrolment"),
    Column("level", "string", "Best level of evidence among its figures", required=True),
    Column("secondary_source", "boolean", "True when read in another paper", required=True),
)

_ARMS = (
    _STUDY,
    _NAME,
    Column("decision", "string", "included, indirect or not used", required=True),
    Column("arm_id", "string", "Id of the arm within its study", required=True),
    Column("arm", "string", "Who the arm is, in words", required=True),
    Column("treatment", "string", "Code of data/vocabulary.yaml", required=True),
    Column("extent", "string", "Extent of resection"),
    Column("adjuvant_rt", "string", "Radiotherapy with it"),
    Column("pathology", "string", "What was treated: tumour, necrosis, mixed", required=True),
    Column("subset_of", "string", "Arm whose patients include these"),
    Column("n_patients", "integer", "Patients of the arm"),
    Column("n_lesions", "integer", "Lesions of the arm"),
    Column("outcome", "string", "os, local_control, local_pfs, pfs or intracranial_pfs"),
    Column("role", "string", "May stand in a pool: primary, sensitivity or none"),
    Column("time_zero", "string", "What time is counted from"),
    Column("estimator", "string", "How the paper estimated it"),
    Column("n_analysed", "integer", "Units behind the figure"),
    Column("unit", "string", "patient, lesion or cavity"),
    Column("figure", "string", "median (months) or probability (0..1); empty when none is printed"),
    Column("months", "number", "Time of a probability, months"),
    Column("value", "number", "The figure"),
    Column("low", "number", "Lower limit of its interval"),
    Column("high", "number", "Upper limit"),
    Column("usable", "boolean", "False when a median is no survival median of this outcome"),
    Column("n_events", "integer", "Events"),
    Column("followup_max_months", "number", "Longest follow-up, months"),
    Column("level", "string", "Level of evidence of the outcome's figures"),
    _NOTE,
    *(Column(c.name, c.type, c.about) for c in _SOURCE),
)

_HARMS = (
    _STUDY,
    _NAME,
    _ARM,
    _LABEL,
    Column("event", "string", "The harm, or what was found at surgery", required=True),
    Column("kind", "string", "harm_after, finding_at_surgery, composite, before_treatment"),
    Column("n_events", "integer", "Units with the event"),
    Column("n_at_risk", "integer", "Units at risk"),
    Column("rate", "number", "Printed proportion, 0..1"),
    Column("unit", "string", "What is counted"),
    Column("definition", "string", "The paper's definition"),
    _NOTE,
    *_SOURCE,
)

_CONTRASTS = (
    _STUDY,
    _NAME,
    Column("outcome", "string", "Outcome compared", required=True),
    Column("kind", "string", "What kind of comparison", required=True),
    Column("arm", "string", "First group", required=True),
    Column("versus", "string", "Second group", required=True),
    Column("hr", "number", "Printed ratio of the first group to the second"),
    Column("low", "number", "Lower limit of its interval"),
    Column("high", "number", "Upper limit"),
    Column("p", "string", "p-value as printed"),
    Column("adjusted", "boolean", "Whether the model adjusts"),
    Column("model", "string", "Model or test"),
    Column("estimator", "string", "How it was estimated", required=True),
    Column("event_direction", "string", "What the event of the ratio is", required=True),
    _NOTE,
    *_SOURCE,
)

_REFERS = (("study_id", "studies"),)


def studies_table(records: Sequence[StudyRecord]) -> DataTable:
    """Every record: how the review uses it and why, its citation, who was studied."""
    return DataTable(
        "studies",
        "Studies included, indirect and not used",
        "One row a study that was read: the decision and its reason, the citation as far as it "
        "was printed and what it lacks, who was studied.",
        _STUDIES,
        tuple(_study_row(record) for record in records),
        key=("study_id",),
    )


def arms_table(records: Sequence[StudyRecord]) -> DataTable:
    """Every arm and each printed figure of its outcomes; one row for an arm without any."""
    return DataTable(
        "arms",
        "Arms and outcomes as printed",
        "One row a printed median or probability at a time; an outcome without figure, and an "
        "arm without outcome, have one row each.",
        _ARMS,
        tuple(row for record in records for row in _arm_rows(record)),
        refers=_REFERS,
    )


def harms_table(records: Sequence[StudyRecord]) -> DataTable:
    """Every printed harm, and every finding at surgery."""
    return DataTable(
        "harms",
        "Harms and findings at surgery as printed",
        "One row a harm of an arm. Harms after treatment and findings at surgery are told apart "
        "by kind and must not be added up.",
        _HARMS,
        tuple(row for record in records for row in _harm_rows(record)),
        refers=_REFERS,
    )


def contrasts_table(records: Sequence[StudyRecord]) -> DataTable:
    """Every comparison that a paper prints between its own groups."""
    return DataTable(
        "contrasts",
        "Comparisons within studies as printed",
        "One row a comparison of two groups of one study. The design in studies.csv says whether "
        "the groups were assigned by chance.",
        _CONTRASTS,
        tuple(row for record in records for row in _contrast_rows(record)),
        refers=_REFERS,
    )


def _study_row(record: StudyRecord) -> tuple[Value, ...]:
    cited, years = record.citation, record.enrolment or {}
    return (
        *(record.id, study_label(record)),
        *(DECISIONS[record.eligibility.decision], record.eligibility.reason),
        *(cited.authors, cited.title, cited.journal, cited.year),
        *(cited.doi, cited.pmid, cited.pmcid, "; ".join(cited.missing) or None),
        *(record.design, record.population, record.recurrence),
        *(record.n_patients, record.n_lesions, record.median_age),
        *(record.median_followup_months, years.get("start"), years.get("end")),
        *(record_level(record), record.secondary_source),
    )


def _arm_rows(record: StudyRecord) -> Iterator[tuple[Value, ...]]:
    for index, arm in enumerate(record.arms):
        lead = (
            *(record.id, study_label(record), DECISIONS[record.eligibility.decision]),
            *(arm.id, arm.label, arm.treatment, arm.extent, arm.adjuvant_rt),
            *(arm.pathology, arm.subset_of, arm.n_patients, arm.n_lesions),
        )
        if not arm.outcomes:
            yield lead + (None,) * (len(_ARMS) - len(lead))
        for position, outcome in enumerate(arm.outcomes):
            field = f"arms[{index}].outcomes[{position}]"
            tail = (
                *(outcome.n_events, outcome.followup_max_months, outcome_level(outcome)),
                *(outcome.note, *_source(record, outcome.source, field)),
            )
            for figure in _figures(outcome):
                yield lead + _counted(outcome) + figure + tail


def _counted(outcome: Outcome) -> tuple[Value, ...]:
    zero = outcome.time_zero or outcome.time_zero_kind
    counted = outcome.n_analysed
    return (
        *(outcome.outcome, outcome.role, zero),
        *(outcome.estimator, counted.value, counted.unit),
    )


def _figures(outcome: Outcome) -> list[tuple[Value, ...]]:
    """Kind, months, value, low, high, usable of each printed figure; one empty row of none."""
    found: list[tuple[Value, ...]] = []
    median = outcome.median
    if median is not None and median.value is not None:
        usable = median.usable is not False
        found.append(("median", None, median.value, median.low, median.high, usable))
    found += [
        ("probability", mark.months, mark.value, mark.low, mark.high, True)
        for mark in outcome.landmarks
        if mark.value is not None
    ]
    return found or [(None,) * 6]


def _harm_rows(record: StudyRecord) -> Iterator[tuple[Value, ...]]:
    for index, arm in enumerate(record.arms):
        for position, harm in enumerate(arm.harms):
            field = f"arms[{index}].harms[{position}]"
            yield (
                *(record.id, study_label(record), arm.id, arm.label),
                *(harm.event, harm.kind, harm.n_events, harm.n_at_risk, harm.rate),
                *(harm.unit, harm.definition, harm.note),
                *_source(record, harm.source, field),
            )


def _contrast_rows(record: StudyRecord) -> Iterator[tuple[Value, ...]]:
    labels: dict[str, Arm] = {arm.id: arm for arm in record.arms}
    for index, found in enumerate(record.contrasts):
        first, second = (
            labels[name].label if name in labels else name for name in (found.arm, found.versus)
        )
        yield (
            *(record.id, study_label(record), found.outcome, found.kind, first, second),
            *(found.hr, found.low, found.high, None if found.p is None else str(found.p)),
            *(found.adjusted, found.model, found.estimator, found.event_direction, found.note),
            *_source(record, found.source, f"contrasts[{index}]"),
        )


def _source(record: StudyRecord, source: Source, field: str) -> tuple[Value, ...]:
    corrected = [
        f"{fix.field}: printed {fix.printed}, used {fix.used}: {fix.reason}"
        for fix in record.corrections
        if fix.field.startswith(f"{field}.")
    ]
    return place_read(source.url).text, source.locator, field, "; ".join(corrected) or None
