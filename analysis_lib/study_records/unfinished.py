"""A record that is still being filled in, as far as it goes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.corrections import field_holder
from analysis_lib.study_records.loader import DATA, check_record, record_name
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.yaml_reader import read_yaml

#: Stands for text that is required and not there.
NOT_YET = "(not filled in yet)"

#: What a study-level field holds until it is filled in; every other one is null.
_EMPTY: dict[str, Any] = {
    "schema_version": 1,
    "design": NOT_YET,
    "population": NOT_YET,
    "recurrence": "unknown",
    "secondary_source": False,
    "citation": dict.fromkeys(("authors", "title", "journal", "year", "doi", "pmid", "pmcid")),
    "eligibility": {"decision": "exclude", "reason": NOT_YET},
    "second_reading": {"agreed": 0, "corrected": 0, "not_found_again": 0},
    "centres": [],
    "prior_treatment": [],
    "arms": [],
    "contrasts": [],
    "discrepancies": [],
    "notes": [],
    "corrections": [],
}
#: More repairs than a record has fields: something repairs in a circle.
_MOST_REPAIRS = 1000


def read_unfinished(
    path: Path, *, data: Path = DATA
) -> tuple[StudyRecord | None, tuple[RecordProblem, ...]]:
    """A record without the parts that break rules, and everything that is wrong with it.

    An entry of a list that breaks a rule (a landmark, an outcome, an arm) is left out
    whole; a study-level field becomes unknown. A sound record comes back as it is.

    Returns
    -------
    record : StudyRecord or None
        None when the file is no YAML, or no group of fields.
    problems : tuple of RecordProblem
        Of the file as it stands.
    """
    raw, lines, problems = read_yaml(path, record_name(path, data))
    if problems or not isinstance(raw, dict):
        return None, problems or check_record(raw, lines, path=path, data=data)[1]
    record, problems = check_record(raw, lines, path=path, data=data)
    kept, left = copy.deepcopy(raw), problems
    for _ in range(_MOST_REPAIRS):
        if record is not None:
            break
        _leave_out(kept, left[0], folder=path.parent.name)
        record, left = check_record(kept, lines, path=path, data=data)
    return record, problems


def _leave_out(raw: dict[str, Any], problem: RecordProblem, *, folder: str) -> None:
    """Take the part with this problem out of the mapping."""
    if "[" in problem.field:
        item = problem.field[: problem.field.rindex("]") + 1]
        holder, key = field_holder(raw, item)
        if holder is not None:
            del holder[key]
            return
    empty = copy.deepcopy(_EMPTY) | {"id": folder}
    holder, key = field_holder(raw, problem.field)
    group = problem.field.split(".")[0]
    if not problem.field:
        missing = [name for name in empty if name not in raw]
        raw.update({name: empty[name] for name in missing})
        raw.update({} if missing else {"n_patients": None})
    elif holder is not None and problem.rule.startswith("unknown key"):
        del holder[key]
    elif holder is not None and holder is not raw:
        default = empty.get(group)
        fallback = default.get(key) if isinstance(default, dict) else None
        if holder[key] == fallback:
            raw[group] = default
        else:
            holder[key] = fallback
    else:
        raw[group] = empty.get(group)
