"""Study records: what was read from papers. The only reader of ``data/``."""

from analysis_lib.study_records.centre_record import load_centre, records_with_centre
from analysis_lib.study_records.curves import read_curve
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
from analysis_lib.study_records.loader import (
    DATA,
    ROOT,
    load_records,
    read_record,
    sound_records,
    study_files,
)
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.search_files import SearchFiles, load_search_files

__all__ = [
    "DATA",
    "ROOT",
    "SearchFiles",
    "StudyRecord",
    "declared_same_series",
    "grade",
    "load_benchmark_review",
    "load_centre",
    "load_guidelines",
    "load_judgements",
    "load_overlaps",
    "load_reading",
    "load_records",
    "load_search_files",
    "load_second_readings",
    "load_vocabulary",
    "read_curve",
    "read_record",
    "records_with_centre",
    "risk_of_bias",
    "sound_records",
    "study_files",
    "validate_data",
]
