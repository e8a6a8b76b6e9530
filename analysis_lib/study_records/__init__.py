"""Study records: what was read from papers. The only reader of ``data/``."""

from analysis_lib.study_records.curve_traces import CurveTrace, TracedReading, read_trace
from analysis_lib.study_records.curves import read_censor_ticks, read_curve
from analysis_lib.study_records.evidence_files import (
    declared_same_series,
    load_benchmark_review,
    load_guidelines,
    load_overlaps,
    load_reading,
    load_second_readings,
    load_vocabulary,
    validate_data,
)
from analysis_lib.study_records.judgements import grade, load_judgements, risk_of_bias
from analysis_lib.study_records.loader import DATA, ROOT, load_records, read_record, study_files
from analysis_lib.study_records.model import StudyRecord

__all__ = [
    "DATA",
    "ROOT",
    "CurveTrace",
    "StudyRecord",
    "TracedReading",
    "declared_same_series",
    "grade",
    "load_benchmark_review",
    "load_guidelines",
    "load_judgements",
    "load_overlaps",
    "load_reading",
    "load_records",
    "load_second_readings",
    "load_vocabulary",
    "read_censor_ticks",
    "read_curve",
    "read_record",
    "read_trace",
    "risk_of_bias",
    "study_files",
    "validate_data",
]
