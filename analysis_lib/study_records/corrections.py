"""Corrections: the printed value stays in the record, another one is used.

A correction is guarded by the printed value it was written for. When the record
changes under it, loading fails until somebody has looked again.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.schema import line_of, shown

_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]")
_WHOLE = re.compile(r"[A-Za-z_]\w*(\[\d+\]|\.[A-Za-z_]\w*)*")


def apply_corrections(
    record: dict, lines: dict[str, int], *, name: str
) -> tuple[dict, tuple[RecordProblem, ...]]:
    """The record with the used values, and the corrections whose guard fails.

    A copy where something is corrected, the record itself where nothing is.
    """
    if not record.get("corrections"):
        return record, ()
    problems = []
    used = copy.deepcopy(record)
    for index, correction in enumerate(record["corrections"]):
        place = f"corrections[{index}]"
        holder, key = field_holder(used, correction["field"])
        if holder is None:
            rule = "must name a field of this record, by position (arms[0].n_patients)"
            field, value = f"{place}.field", correction["field"]
        elif holder[key] != correction["printed"]:
            rule = (
                f"guard: {correction['field']} is no longer what this correction was written for;"
                f" it now reads {shown(holder[key])}: look again, then change or remove it"
            )
            field, value = f"{place}.printed", correction["printed"]
        else:
            holder[key] = correction["used"]
            continue
        problems.append(RecordProblem(name, line_of(field, lines), field, rule, shown(value)))
    return used, tuple(problems)


def field_holder(record: dict, field: str) -> tuple[Any, Any]:
    """The container and key of a dotted field; (None, None) when there is none."""
    if not _WHOLE.fullmatch(field):
        return None, None
    steps = [a if a else int(b) for a, b in _STEP.findall(field)]
    holder: Any = record
    try:
        for step in steps[:-1]:
            holder = holder[step]
        holder[steps[-1]]
    except (KeyError, IndexError, TypeError):
        return None, None
    return holder, steps[-1]
