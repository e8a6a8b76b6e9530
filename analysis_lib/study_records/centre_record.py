"""A centre's own patients as one more study record, for a build on the centre's machine.

``data/institutional/`` is ignored by git. Only :func:`records_with_centre` reads it, and
only ``lsr build --with-centre`` calls that: nothing that is committed or published does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records import model
from analysis_lib.study_records.centre_privacy import identifying, small_extents, small_groups
from analysis_lib.study_records.centre_rules import check_rows
from analysis_lib.study_records.centre_table import read_table
from analysis_lib.study_records.centre_words import (
    ADJUVANT_RT,
    EXTENTS,
    RESECTION,
    SMALLEST_ARM,
    PatientRow,
)
from analysis_lib.study_records.evidence_files import load_vocabulary
from analysis_lib.study_records.loader import DATA, load_records, study_files
from analysis_lib.study_records.schema import check_schema, line_of
from analysis_lib.study_records.yaml_reader import read_yaml

CENTRE_ID = "this-centre"
CENTRE_LABEL = "This centre (unpublished)"

FOLDER = "institutional"
#: Stands beside the CSV: where the recurrences were, from when is counted, who is in the review.
DECLARATION = "centre.yaml"

_NOT_SHOWN = "Patient-level data of this centre, not published and not shown"


@dataclass(frozen=True)
class CentreFile:
    """One checked file of a centre.

    Attributes
    ----------
    patients : tuple of PatientRow
        The rows that keep every rule.
    declaration : dict
        ``centre.yaml`` beside the file; empty when it is missing or wrong.
    problems : tuple of RecordProblem
        What is wrong; such a file is not used.
    identifying : tuple of RecordProblem
        What would identify a patient although the file is sound.
    """

    patients: tuple[PatientRow, ...]
    declaration: dict
    problems: tuple[RecordProblem, ...]
    identifying: tuple[RecordProblem, ...]


@dataclass(frozen=True)
class Centre:
    """A centre's patients as a record, what is withheld, and whose studies hold them too.

    ``withheld`` names treatment and outcome of groups that are shown nowhere because they
    are small; ``extents_withheld`` those whose extents of resection are not shown apart.
    """

    record: model.StudyRecord
    withheld: tuple[tuple[str, str], ...]
    extents_withheld: tuple[tuple[str, str], ...]
    shared_with: tuple[str, ...]


def check_centre_file(path: Path, *, data: Path = DATA) -> CentreFile:
    """Read one file with the declaration beside it and list everything that is wrong."""
    rows, problems = read_table(path)
    patients, broken = check_rows(rows, path.name)
    declared, wrong = _declaration(path.parent / DECLARATION, data)
    return CentreFile(
        patients, declared, (*problems, *broken, *wrong), identifying(patients, path.name)
    )


def load_centre(data: Path = DATA) -> Centre:
    """The patients of ``data/institutional/`` as a study record.

    Raises
    ------
    InvalidRecordsError
        There is not exactly one CSV, or it breaks a rule.
    """
    files = sorted((data / FOLDER).glob("*.csv"))
    if len(files) != 1:
        rule = (
            "must hold one CSV file of the centre's patients (lsr centre check says of which form)"
        )
        place = f"{data.name}/{FOLDER}"
        raise InvalidRecordsError([RecordProblem(place, 0, "", rule, f"{len(files)} files")])
    checked = check_centre_file(files[0], data=data)
    if checked.problems:
        raise InvalidRecordsError(checked.problems)
    return centre_of(checked.patients, checked.declaration)


def records_with_centre(data: Path = DATA) -> tuple[model.StudyRecord, ...]:
    """The study records and the centre's; without those that hold the centre's patients.

    Raises
    ------
    InvalidRecordsError
        The evidence or the centre's file breaks rules.
    """
    centre = load_centre(data)
    kept = (record for record in load_records(data) if record.id not in centre.shared_with)
    return (*kept, centre.record)


def centre_of(patients: Sequence[PatientRow], declared: dict) -> Centre:
    """Sound rows and their declaration as a :class:`Centre`; small groups are left out."""
    arms = tuple(arm for arm in _arms(patients, declared) if arm.outcomes)
    record = model.StudyRecord(
        schema_version=1,
        id=CENTRE_ID,
        citation=model.Citation(),
        design="unpublished series of one centre",
        population="unpublished patients of this centre",
        recurrence=declared["recurrence"],
        arms=arms,
        contrasts=(),
        eligibility=model.Eligibility("include", "the centre's own patients, in this build only"),
        second_reading=model.SecondReading(),
        short_name=CENTRE_LABEL,
        unpublished=True,
        path=f"{DATA.name}/{FOLDER}",
    )
    withheld = small_groups(patients)
    split = tuple(group for group in small_extents(patients) if group not in withheld)
    return Centre(record, withheld, split, tuple(declared["shares_patients_with"]))


def _declaration(path: Path, data: Path) -> tuple[dict, tuple[RecordProblem, ...]]:
    """``centre.yaml`` beside the file, its studies known to the review."""
    if not path.is_file():
        rule = f"must stand beside the file; data/{FOLDER}.schema.json says what it holds"
        return {}, (RecordProblem(path.name, 0, "", rule),)
    raw, lines, problems = read_yaml(path, path.name)
    if not problems:
        schema = DATA / f"{FOLDER}.schema.json"
        problems = check_schema(raw, lines, schema=schema, name=path.name)
    if problems:
        return {}, problems
    known = {file.parent.name for file in study_files(data)}
    unknown = [study for study in raw["shares_patients_with"] if study not in known]
    rule = "must name studies of the review, by the name of their folder in data/studies"
    field = "shares_patients_with"
    wrong = tuple(
        RecordProblem(path.name, line_of(field, lines), field, rule, study) for study in unknown
    )
    return ({} if wrong else raw), wrong


def _arms(patients: Sequence[PatientRow], declared: dict) -> Iterator[model.Arm]:
    """One arm for each treatment, then its extents of resection as parts of it."""
    hidden = set(small_extents(patients))
    for treatment in sorted({row.arm_treatment for row in patients}):
        rows = [row for row in patients if row.arm_treatment == treatment]
        extents = {row.extent for row in rows}
        whole = extents.pop() if len(extents) == 1 else "mixed"
        yield _arm(treatment, whole if rows[0].treatment == RESECTION else None, rows, declared)
        for extent in EXTENTS if whole == "mixed" else ():
            part = [
                row
                for row in rows
                if row.extent == extent and (treatment, row.outcome) not in hidden
            ]
            yield _arm(treatment, extent, part, declared, subset_of=treatment)


def _arm(
    treatment: str,
    extent: str | None,
    rows: Sequence[PatientRow],
    declared: dict,
    *,
    subset_of: str | None = None,
) -> model.Arm:
    words = load_vocabulary()
    label = words["treatment"][treatment].label
    if subset_of is not None:
        label += f", {words['extent'][extent].label.lower()}"
    outcomes = sorted({row.outcome for row in rows})
    found = [_outcome([row for row in rows if row.outcome == name], declared) for name in outcomes]
    return model.Arm(
        id=treatment if subset_of is None else f"{treatment}_{extent}",
        label=label,
        treatment=treatment,
        pathology=declared["pathology"],
        outcomes=tuple(outcome for outcome in found if outcome is not None),
        harms=(),
        subset_of=subset_of,
        extent=None if extent == "unknown" else extent,
        adjuvant_rt=ADJUVANT_RT.get(rows[0].adjuvant) if extent and rows else None,
    )


def _outcome(rows: Sequence[PatientRow], declared: dict) -> model.Outcome | None:
    """One outcome of an arm, its patients by time so that no order of the file is kept."""
    if len(rows) < SMALLEST_ARM:
        return None
    name = rows[0].outcome
    zero = declared["time_zero"]
    reason = _why_not_primary(declared, zero)
    return model.Outcome(
        outcome=name,
        role="primary" if reason is None else "sensitivity",
        role_reason=reason,
        time_zero_kind=zero,
        n_analysed=model.Count(len(rows), "patient", False, "lines of the centre's file"),
        estimator="kaplan_meier",
        landmarks=(),
        source=model.Source(_NOT_SHOWN, "the centre's own file", "unpublished patients"),
        n_events=sum(row.event for row in rows),
        patients=tuple(sorted((row.time_months, row.event) for row in rows)),
    )


def _why_not_primary(declared: dict, zero: str) -> str | None:
    """The protocol's rules for a role, as they hold for every study."""
    reasons = {
        "site of the recurrence mixed or not stated": declared["recurrence"] != "local",
        "tumour and necrosis not separated": declared["pathology"] == "mixed",
        "time zero not known": zero == "unknown",
    }
    return next((reason for reason, holds in reasons.items() if holds), None)
