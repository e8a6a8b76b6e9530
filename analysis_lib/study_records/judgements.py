"""Judgements as data: JBI items of cohorts, ROBINS-I of contrasts, GRADE of comparisons.

Each judgement has a reason in one sentence, its readers, and the fields of the study's
record that it rests on. They stand in ``data/judgements/``, one file per tool. The
tools are the JBI checklist for case series (Munn et al., JBI Evid Synth
2020;18:2127-2133), ROBINS-I (Sterne et al., BMJ 2016;355:i4919) and GRADE started high
because risk of bias is judged with ROBINS-I (Schünemann et al., J Clin Epidemiol
2019;111:105-114).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.study_records.judgement_rules import RULES, check_rules
from analysis_lib.study_records.loader import DATA, records_and_problems
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.schema import check_schema
from analysis_lib.study_records.yaml_reader import read_yaml

#: Said of a study that no pool and no contrast between treatments makes use of.
NOT_JUDGED = "not judged: in no pool"


@dataclass(frozen=True)
class Judgement:
    """One item or domain of a tool.

    Attributes
    ----------
    item : str
        Code of the item (list ``jbi_item``, ``robins_domain`` or ``grade_domain``).
    answer : str
        Code of the answer, the risk of bias or the concern.
    reason : str
        One sentence without figures.
    rests_on : tuple of str
        Fields of the study's record, ``arms[0].outcomes[1].time_zero``.
    """

    item: str
    answer: str
    reason: str
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseSeriesAppraisal:
    """The ten JBI items of one study, in the checklist's order."""

    study_id: str
    items: tuple[Judgement, ...]
    read_in: tuple[str, ...]
    readers: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """How many items have each answer."""
        return dict(Counter(item.answer for item in self.items))


@dataclass(frozen=True)
class ContrastAppraisal:
    """ROBINS-I of one contrast that a study prints.

    ``contrast`` is its place in the record, ``comparisons`` are those that show it.
    """

    study_id: str
    contrast: str
    outcome: str
    comparisons: tuple[str, ...]
    domains: tuple[Judgement, ...]
    overall: Judgement
    read_in: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True)
class Grade:
    """Certainty of one kind of evidence; without domains when there is no evidence."""

    certainty: str
    reason: str
    domains: tuple[Judgement, ...]
    readers: tuple[str, ...]
    studies: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The certainty in running text: ``very low``, ``no evidence``."""
        return self.certainty.replace("_", " ")


@dataclass(frozen=True)
class GradeJudgements:
    """Certainty of one outcome of one comparison, within studies and between them."""

    comparison: str
    outcome: str
    direct: Grade
    between: Grade


@dataclass(frozen=True)
class Judgements:
    """Everything that ``data/judgements/`` holds."""

    case_series: tuple[CaseSeriesAppraisal, ...]
    contrasts: tuple[ContrastAppraisal, ...]
    grades: tuple[GradeJudgements, ...]

    def appraisal(self, study_id: str) -> CaseSeriesAppraisal | None:
        """The JBI items of a study; None when it was not judged by them."""
        return next((found for found in self.case_series if found.study_id == study_id), None)

    def contrasts_of(self, study_id: str) -> tuple[ContrastAppraisal, ...]:
        """ROBINS-I of each judged contrast of a study."""
        return tuple(found for found in self.contrasts if found.study_id == study_id)


def load_judgements(data: Path = DATA) -> Judgements:
    """The judgements of ``data/judgements/``, held against the study records.

    Raises
    ------
    InvalidRecordsError
        A file breaks its schema or a rule, or rests on a field that no record has.
    """
    return _load(data, _stamp(data))


def grade(comparison_id: str, outcome: str, data: Path = DATA) -> GradeJudgements:
    """The certainty of one outcome of a comparison.

    Raises
    ------
    KeyError
        Nobody has judged this outcome of this comparison.
    """
    for found in load_judgements(data).grades:
        if (found.comparison, found.outcome) == (comparison_id, outcome):
            return found
    raise KeyError(f"data/judgements/grade.yaml judges no {outcome} of {comparison_id}")


def risk_of_bias(study_id: str, data: Path = DATA) -> str:
    """A study's judgements in a few words: ``JBI 4 yes, 1 no, 5 unclear; ROBINS-I serious``."""
    judgements, parts = load_judgements(data), []
    appraisal = judgements.appraisal(study_id)
    if appraisal:
        counted = appraisal.counts()
        answers = ("yes", "no", "unclear", "not_applicable")
        told = [f"{counted[a]} {a.replace('_', ' ')}" for a in answers if a in counted]
        parts.append(f"JBI {', '.join(told)}")
    found = judgements.contrasts_of(study_id)
    if found:
        overall = [contrast.overall.answer.replace("_", " ") for contrast in found]
        parts.append(f"ROBINS-I {' and '.join(dict.fromkeys(overall))}")
    return "; ".join(parts) or NOT_JUDGED


def check_judgements(
    data: Path, records: Sequence[StudyRecord] | None
) -> tuple[RecordProblem, ...]:
    """Every problem of the files in ``data/judgements/``.

    Parameters
    ----------
    data : Path
        The folder that holds ``judgements/``.
    records : sequence of StudyRecord or None
        The records they are held against; None when these are themselves unsound,
        and then only the schemas are checked.
    """
    return _read(data, records)[1]


def _read(
    data: Path, records: Sequence[StudyRecord] | None
) -> tuple[dict[str, Any], tuple[RecordProblem, ...]]:
    files, lines, problems = {}, {}, []
    for stem in RULES:
        path = data / "judgements" / f"{stem}.yaml"
        name = _name(data, stem)
        files[stem], lines[stem], found = read_yaml(path, name)
        schema = DATA / "judgements" / f"{stem}.schema.json"
        problems += found or check_schema(files[stem], lines[stem], schema=schema, name=name)
    if not problems and records is not None:
        known = {record.id: record for record in records}
        for stem in RULES:
            problems += check_rules(stem, files, known, lines[stem], name=_name(data, stem))
    return files, tuple(problems)


def _name(data: Path, stem: str) -> str:
    return f"{data.name}/judgements/{stem}.yaml"


def _stamp(data: Path) -> tuple:
    files = [*(data / "judgements").glob("*.yaml"), *(data / "studies").glob("*/study.yaml")]
    return tuple((str(path), path.stat().st_mtime_ns) for path in sorted(files))


@lru_cache(maxsize=4)
def _load(data: Path, stamp: tuple) -> Judgements:
    records, unsound = records_and_problems(data)
    # What an unsound record breaks is said by whoever loads the records; one that is still
    # being filled in must not keep the judgements of the others from being shown.
    files, problems = _read(data, None if unsound else records)
    if problems:
        raise InvalidRecordsError(problems)
    return Judgements(
        tuple(_case_series(entry) for entry in files["jbi_case_series"]["studies"]),
        tuple(_contrast(entry) for entry in files["robins_i"]["contrasts"]),
        tuple(
            _grades(entry, outcome)
            for entry in files["grade"]["comparisons"]
            for outcome in entry["outcomes"]
        ),
    )


def _judgements(items: dict[str, dict], answer: str) -> tuple[Judgement, ...]:
    return tuple(
        Judgement(name, item[answer], item["reason"], tuple(item.get("rests_on", ())))
        for name, item in items.items()
    )


def _case_series(entry: dict) -> CaseSeriesAppraisal:
    return CaseSeriesAppraisal(
        entry["study"],
        _judgements(entry["items"], "answer"),
        tuple(entry["read_in"]),
        tuple(entry["readers"]),
    )


def _contrast(entry: dict) -> ContrastAppraisal:
    (overall,) = _judgements({"overall": entry["overall"]}, "judgement")
    return ContrastAppraisal(
        entry["study"],
        entry["contrast"],
        entry["outcome"],
        tuple(entry["comparisons"]),
        _judgements(entry["domains"], "judgement"),
        overall,
        tuple(entry["read_in"]),
        tuple(entry["readers"]),
    )


def _grades(entry: dict, outcome: dict) -> GradeJudgements:
    readers = tuple(entry["readers"])
    without = outcome.get("no_between")
    between = {"certainty": "no_evidence", "reason": without} if without else entry["between"]
    return GradeJudgements(
        entry["comparison"],
        outcome["outcome"],
        _grade(outcome["direct"], readers),
        _grade(between, readers),
    )


def _grade(entry: dict, readers: tuple[str, ...]) -> Grade:
    return Grade(
        entry["certainty"],
        entry["reason"],
        _judgements(entry.get("domains", {}), "concern"),
        readers,
        tuple(entry.get("studies", ())),
    )
