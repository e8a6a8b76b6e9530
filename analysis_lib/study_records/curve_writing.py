"""A reading put into a study's folder: curve, censor ticks, table and trace; nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis_lib.digitise.reading_error import reading_error
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.files import write_text
from analysis_lib.study_records.curve_traces import load_trace, sha256_of
from analysis_lib.study_records.model import StudyRecord

_HEADER = "# Written by lsr digitise: how this curve came from its figure. Do not edit.\n"

#: People reading by hand err by 0.01 to 0.02; readings further apart are of different things.
_LARGEST_SD = 0.05


@dataclass(frozen=True)
class NewReading:
    """A reading about to be written.

    Attributes
    ----------
    points : pandas.DataFrame
        ``time_months``, ``survival``.
    censor_times_months : sequence of float
        Censor ticks; empty when none were read.
    told : dict
        The entry of the trace but for its files: reader, date, tool, figure, calibration,
        curve, resolution, findings.
    """

    points: pd.DataFrame
    censor_times_months: Sequence[float]
    told: dict[str, Any]


@dataclass(frozen=True)
class WrittenCurve:
    """What was written: files relative to the study's folder, and the line for the record.

    ``unused_ticks`` names censor ticks that were read but are not taken for facts.
    """

    files: tuple[str, ...]
    reading_sd: float | None
    curve: dict[str, Any]
    unused_ticks: str | None = None

    @property
    def record_line(self) -> str:
        """The outcome's ``curve`` as it stands in ``study.yaml``."""
        keys = ", ".join(
            f"{key}: {'null' if value is None else value}" for key, value in self.curve.items()
        )
        return f"curve: {{{keys}}}"


def write_reading(
    record: StudyRecord,
    arm: str,
    outcome: str,
    reading: NewReading,
    *,
    at_risk: pd.DataFrame | None = None,
    second: bool = False,
    overwrite: bool = False,
) -> WrittenCurve:
    """Write a reading beside the record.

    The trace goes last: after an interruption it vouches for no file that is not there.

    Parameters
    ----------
    record : StudyRecord
        Its folder takes the files, in ``curves/``.
    arm, outcome : str
        Id and code; they name the files.
    reading : NewReading
    at_risk : pandas.DataFrame, optional
        ``time_months``, ``number_at_risk``.
    second : bool
        The reading is a second one of the same curve: its difference from the first gives the
        reading error.
    overwrite : bool
        Replace a reading that is there.

    Raises
    ------
    InvalidInputError
        A reading is there, or a first one is not; the second one is the first again.
    """
    folder, stem = Path(record.folder), f"curves/{outcome}-{arm}"
    trace_name = f"{stem}-trace.yaml"
    trace = _trace(record, folder, trace_name)
    own = f"{stem}-second" if second else stem
    texts = {f"{own}.csv": _csv(reading.points)}
    if reading.censor_times_months:
        ticks = pd.DataFrame({"time_months": list(reading.censor_times_months)})
        texts[f"{own}-ticks.csv"] = _csv(ticks)
    if at_risk is not None:
        texts[f"{stem}-at-risk.csv"] = _csv(at_risk)
    _refuse_overwriting(folder, texts, overwrite)
    entry = {
        "file": f"{own}.csv",
        "file_sha256": sha256_of(texts[f"{own}.csv"].encode()),
        "censor_ticks_file": next((name for name in texts if name.endswith("-ticks.csv")), None),
        **reading.told,
    }
    trace = _with_entry(trace, entry, record.id, arm, outcome, second=second)
    trace["reading_sd"] = _error(folder, trace, own, reading.points)
    for name, text in texts.items():
        write_text(folder / name, text)
    text = yaml.safe_dump(
        trace, sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )
    write_text(folder / trace_name, _HEADER + text)
    _remove_stale_ticks(folder, own, texts)
    first = trace["readings"][0]
    table = f"{stem}-at-risk.csv"
    # Ticks found in an image are not certain enough to be facts: a person decides.
    in_image = first["figure"]["kind"] == "raster"
    curve = {
        "file": first["file"],
        "number_at_risk_file": table if (folder / table).is_file() else None,
        "censor_ticks_file": None if in_image else first["censor_ticks_file"],
        "trace_file": trace_name,
        "reading_sd": trace["reading_sd"],
    }
    unused = first["censor_ticks_file"] if in_image else None
    return WrittenCurve((*texts, trace_name), trace["reading_sd"], curve, unused)


def _trace(record: StudyRecord, folder: Path, name: str) -> dict[str, Any] | None:
    if not (folder / name).is_file():
        return None
    return load_trace(folder / name, f"{Path(record.path).parent.as_posix()}/{name}")


def _with_entry(
    trace: dict[str, Any] | None,
    entry: dict[str, Any],
    study: str,
    arm: str,
    outcome: str,
    *,
    second: bool,
) -> dict[str, Any]:
    """The trace with a reading put in its place; the other reading stays."""
    before = [] if trace is None else trace["readings"]
    if second and not before:
        raise InvalidInputError(f"a second reading needs a first one of {outcome} of {arm}")
    readings = [before[0], entry] if second else [entry, *before[1:]]
    return {
        "schema_version": 1,
        "study": study,
        "arm": arm,
        "outcome": outcome,
        "readings": readings,
        "reading_sd": None,
    }


def _error(folder: Path, trace: dict[str, Any], own: str, points: pd.DataFrame) -> float | None:
    """The error of one reading: from two, else what the image lets be told; to three figures."""
    resolution = trace["readings"][0]["resolution"]
    if len(trace["readings"]) < 2:
        return resolution
    curves = [
        points if reading["file"] == f"{own}.csv" else pd.read_csv(folder / reading["file"])
        for reading in trace["readings"]
    ]
    error = reading_error(*curves)
    if error > _LARGEST_SD:
        raise InvalidInputError(
            f"the two readings err by {error:.2f} of survival: they are of different curves, or "
            "one has wrong ranges"
        )
    return float(f"{max(error, resolution or 0.0):.3g}")


def _refuse_overwriting(folder: Path, texts: dict[str, str], overwrite: bool) -> None:
    there = [name for name in texts if (folder / name).is_file()]
    changed = [name for name in there if (folder / name).read_text("utf-8") != texts[name]]
    if changed and not overwrite:
        raise InvalidInputError(
            f"{folder.name}/{changed[0]} is there: a reading is not overwritten without --replace"
        )


def _remove_stale_ticks(folder: Path, own: str, texts: dict[str, str]) -> None:
    """Censor ticks of a reading that was replaced by one without any."""
    name = f"{own}-ticks.csv"
    if name not in texts:
        (folder / name).unlink(missing_ok=True)


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, float_format="%.8g", lineterminator="\n")
