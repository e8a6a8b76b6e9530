"""Shapes of survival curves, from the studies that print two points or more.

An arm of which a paper prints one point is drawn with many shapes. How much real
curves bend is read from arms of the same outcome that print two.
"""

from __future__ import annotations

from collections.abc import Iterable

from analysis_lib.comparison.arms import usable_landmarks, usable_median
from analysis_lib.reconstruct.summaries import weibull_shapes
from analysis_lib.study_records.model import Outcome, StudyRecord

#: Fewer shapes than this are not a distribution; then shapes vary around a constant hazard.
MINIMUM_SHAPES = 8


def printed_shapes(records: Iterable[StudyRecord], outcome: str) -> tuple[float, ...]:
    """Weibull shapes through the first and last printed point of each arm; empty when few.

    Arms of radiation necrosis, figures never pooled and excluded studies are left out.
    The shapes carry the sampling error of the points and so scatter more than the curves.
    """
    points = [
        point
        for record in records
        if record.eligibility.decision != "exclude"
        for arm in record.arms
        if arm.pathology != "necrosis"
        for found in arm.outcomes
        if found.outcome == outcome
        and found.role != "none"
        and (point := _first_and_last(found)) is not None
    ]
    if len(points) < MINIMUM_SHAPES:
        return ()
    return tuple(float(shape) for shape in weibull_shapes(points))


def _first_and_last(outcome: Outcome) -> tuple[float, float, float, float] | None:
    """``t1, S1, t2, S2`` of an outcome's printed points, where a Weibull curve passes through."""
    found = {mark.months: mark.value for mark in usable_landmarks(outcome)}
    median = usable_median(outcome)
    if median is not None:
        found[median.value] = 0.5
    known = sorted((t, s) for t, s in found.items() if t > 0 and 0 < s < 1)
    if len(known) < 2 or known[0][1] <= known[-1][1]:
        return None
    return (*known[0], *known[-1])
