"""Digitised curves that stand in a study's folder, and the traces of how they were read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.curve_traces import check_traces
from analysis_lib.study_records.model import Outcome, StudyRecord
from analysis_lib.study_records.schema import line_of

_COLUMNS = {
    "file": ("time_months", "survival"),
    "number_at_risk_file": ("time_months", "number_at_risk"),
    "censor_ticks_file": ("time_months",),
}


def check_curves(record: StudyRecord, folder: Path) -> tuple[RecordProblem, ...]:
    """Every curve file the record names must exist and hold the columns it should.

    So must every trace in the folder, whether or not the record names it yet.
    """
    problems = list(check_traces(record, folder))
    for arm_index, arm in enumerate(record.arms):
        for index, outcome in enumerate(arm.outcomes):
            if outcome.curve is None:
                continue
            for key, columns in _COLUMNS.items():
                name = getattr(outcome.curve, key)
                rule = None if name is None else _fault(folder / name, columns)
                if rule:
                    field = f"arms[{arm_index}].outcomes[{index}].curve.{key}"
                    line = line_of(field, record.lines)
                    problems.append(RecordProblem(record.path, line, field, rule, name))
    return tuple(problems)


def read_curve(record: StudyRecord, outcome: Outcome) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The reading (``time_months, survival``) and the at-risk table, or None, of an outcome.

    Raises
    ------
    ValueError
        The outcome has no curve.
    """
    if outcome.curve is None:
        raise ValueError("the outcome has no digitised curve")
    folder = Path(record.folder)
    at_risk = outcome.curve.number_at_risk_file
    return (
        pd.read_csv(folder / outcome.curve.file),
        None if at_risk is None else pd.read_csv(folder / at_risk),
    )


def read_censor_ticks(record: StudyRecord, outcome: Outcome) -> list[float] | None:
    """Months of the censor ticks drawn on an outcome's curve; None when none were read."""
    name = outcome.curve.censor_ticks_file if outcome.curve else None
    if name is None:
        return None
    return pd.read_csv(Path(record.folder) / name)["time_months"].tolist()


def _fault(path: Path, columns: tuple[str, ...]) -> str | None:
    if not path.is_file():
        return "must be a file in the study's folder"
    try:
        frame = pd.read_csv(path)
    except (ValueError, UnicodeDecodeError) as error:
        return f"must be a CSV table: {type(error).__name__}"
    if tuple(frame.columns) != columns:
        return f"must have the columns {', '.join(columns)}"
    numeric = frame.apply(pd.to_numeric, errors="coerce")
    if numeric.isna().any(axis=None) or len(frame) < 1:
        return "must hold numbers only, at least one row"
    beyond = "survival" in columns and (numeric["survival"] > 1).any()
    if beyond or (numeric < 0).any(axis=None):
        return "must hold times of at least 0 and probabilities in 0..1"
    return None
