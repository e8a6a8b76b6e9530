"""Confounders that a study measured: how strongly they went with the outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis_lib.comparison.arms import study_label
from analysis_lib.meta_analysis import e_value
from analysis_lib.study_records.model import Source, StudyRecord


@dataclass(frozen=True)
class MeasuredConfounder:
    """A printed hazard ratio of a patient's characteristic, from a model that adjusts.

    ``risk_ratio`` is the ratio on the scale of an E-value, turned to be 1 or above;
    ``place`` is the field of the record.
    """

    study_id: str
    study_label: str
    characteristic: str
    versus: str
    hazard_ratio: float
    low: float | None
    high: float | None
    risk_ratio: float
    source: Source
    place: str


def measured_confounders(
    records: Iterable[StudyRecord], outcome: str
) -> tuple[MeasuredConfounder, ...]:
    """Adjusted Cox ratios of patients' characteristics in included studies, strongest first."""
    found = [
        MeasuredConfounder(
            record.id,
            study_label(record),
            contrast.arm,
            contrast.versus,
            contrast.hr,
            contrast.low,
            contrast.high,
            e_value(max(contrast.hr, 1 / contrast.hr)).risk_ratio,
            contrast.source,
            f"contrasts[{index}]",
        )
        for record in records
        if record.eligibility.decision == "include"
        for index, contrast in enumerate(record.contrasts)
        if contrast.kind == "covariate"
        and contrast.outcome == outcome
        and contrast.estimator == "cox"
        and contrast.adjusted
        and contrast.hr
    ]
    return tuple(sorted(found, key=lambda confounder: -confounder.risk_ratio))
