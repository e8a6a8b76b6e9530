"""Patient-level data from what a publication prints: a digitised curve, or a summary."""

from analysis_lib.reconstruct.curves import CurveFit, CurveReconstruction, reconstruct_ipd
from analysis_lib.reconstruct.summaries import (
    LandmarkSummary,
    MedianSummary,
    SummaryReconstruction,
    reconstruct_from_summary,
)

__all__ = [
    "CurveFit",
    "CurveReconstruction",
    "LandmarkSummary",
    "MedianSummary",
    "SummaryReconstruction",
    "reconstruct_from_summary",
    "reconstruct_ipd",
]
