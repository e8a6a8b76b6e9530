"""The evidence map: where there are studies, and the index of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis_lib.book.markdown import Heading, page
from analysis_lib.book.places import study_link
from analysis_lib.book.study_figures import level_words, record_level
from analysis_lib.charts import evidence_map
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord, load_vocabulary
from analysis_lib.study_records.model import Arm, Outcome, SecondReading
from analysis_lib.tables import Html, count, html_table, paragraph

#: Outcomes in a narrow column.
_SHORT = {
    "os": "survival",
    "pfs": "progression-free",
    "local_pfs": "local progression-free",
    "local_control": "local control",
    "intracranial_pfs": "intracranial progression-free",
}

#: How the decision on a record is named in a table.
DECISIONS = {"include": "included", "indirect": "indirect", "exclude": "not used"}

_INDIRECT = "Indirect: other patients"


def evidence_page(records: Sequence[StudyRecord]) -> str:
    """The Markdown of the evidence map."""
    included = sum(record.eligibility.decision != "exclude" for record in records)
    return page(
        "Evidence map",
        paragraph(
            f"{count(included)} of {count(len(records))} records are included or indirect; the "
            "drawing counts those that print a time-to-event outcome. Patients: as analysed, "
            "else as in the arm; an arm that counts only lesions adds no patients. An arm and a "
            "part of it count once."
        ),
        evidence_map("evidence-map", map_rows(records)),
        Heading("All studies"),
        study_index(records),
    )


def map_rows(records: Iterable[StudyRecord]) -> pd.DataFrame:
    """Studies and patients by treatment, outcome and role, for :func:`charts.evidence_map`."""
    words = load_vocabulary()
    cells: dict[tuple[str, str, str], dict[str, int]] = {}
    for record in records:
        if record.eligibility.decision == "exclude":
            continue
        for key, patients in _cells(record).items():
            cells.setdefault(key, {})[record.id] = patients
    order = {name: list(words[name]) for name in ("treatment", "outcome")}
    order["role"] = [*words["role"], "indirect"]
    ordered = sorted(
        cells, key=lambda key: [order[n].index(c) for n, c in zip(order, key, strict=True)]
    )
    labels = {code: term.label for code, term in words["role"].items()} | {"indirect": _INDIRECT}
    return pd.DataFrame(
        [
            {
                "treatment": words["treatment"][treatment].label,
                "style": treatment,
                "outcome": words["outcome"][outcome].label,
                "role": labels[role],
                "n_studies": len(cells[treatment, outcome, role]),
                "n_patients": sum(cells[treatment, outcome, role].values()),
            }
            for treatment, outcome, role in ordered
        ]
    ).astype({column: _categories(words, column, labels) for column in ("outcome", "role")})


def study_index(records: Sequence[StudyRecord]) -> Html:
    """Every record with its link: design, arms, patients, outcomes, level, decision, checks."""
    words = load_vocabulary()
    rows = [
        {
            "Study": study_link(record.id, study_label(record)),
            "Decision": DECISIONS[record.eligibility.decision],
            "Design": record.design,
            "Arms": len(record.arms),
            "Patients": count(record.n_patients),
            "Outcomes": outcomes_of(record),
            "Level": level_words(record_level(record), words),
            "Recurrence": words["recurrence"][record.recurrence].label,
            "Second reading": _reading(record.second_reading),
        }
        for record in records
    ]
    note = (
        "Level: of evidence on the time-to-event outcomes. Second reading: values found again "
        "unchanged, of those looked for."
    )
    return html_table(
        pd.DataFrame(rows), caption="All records", note=note, align={"Patients": "right"}
    )


def outcomes_of(record: StudyRecord) -> str:
    """The record's time-to-event outcomes in short words."""
    found = {outcome.outcome for arm in record.arms for outcome in arm.outcomes}
    return ", ".join(short for code, short in _SHORT.items() if code in found) or "none"


def _cells(record: StudyRecord) -> dict[tuple[str, str, str], int]:
    """Patients of one record by treatment, outcome and role."""
    patients: dict[tuple[str, str, str], int] = {}
    counted: dict[tuple[str, str, str], set[str]] = {}
    for arm in record.arms:
        for outcome in arm.outcomes:
            indirect = record.eligibility.decision == "indirect"
            key = (arm.treatment, outcome.outcome, "indirect" if indirect else outcome.role)
            # Records list an arm before its parts: a part adds no patients to its whole.
            inside = arm.subset_of in counted.get(key, set())
            patients[key] = patients.get(key, 0) + (0 if inside else _patients(arm, outcome))
            counted.setdefault(key, set()).add(arm.id)
    return patients


def _patients(arm: Arm, outcome: Outcome) -> int:
    analysed = outcome.n_analysed
    if analysed.unit == "patient" and analysed.value is not None:
        return analysed.value
    return arm.n_patients or 0


def _categories(words: dict, column: str, roles: dict[str, str]) -> pd.CategoricalDtype:
    labels = roles.values() if column == "role" else [t.label for t in words[column].values()]
    return pd.CategoricalDtype(list(labels), ordered=True)


def _reading(reading: SecondReading) -> str:
    if not reading.compared:
        return "not read twice"
    return f"{count(reading.agreed)} of {count(reading.compared)}"
