"""A printed hazard ratio against the printed survival of its two arms."""

from __future__ import annotations

import math
from collections.abc import Iterator

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import Place, outcome_places
from analysis_lib.consistency.printed import months, percent
from analysis_lib.study_records.model import Contrast, StudyRecord

#: A hazard ratio this many times off the ratio of the medians is worth a word: under
#: proportional hazards and an exponential curve the two are equal, and adjustment or
#: another shape seldom moves it further.
STRONGLY_DIFFERENT = 1.5


def hazard_ratio_against_survival(record: StudyRecord) -> Iterator[Finding]:
    """The hazard ratio that medians, or else a shared landmark, lead to expect.

    Medians: ``median(versus) / median(arm)``, exact for exponential curves.
    A landmark: ``log S(arm) / log S(versus)``, exact under proportional hazards.
    Read only where the contrast says that the hazard is that of the failure.
    """
    for index, contrast in enumerate(record.contrasts):
        readable = contrast.kind == "arms" and contrast.event_direction == "failure"
        if not readable or not contrast.hr:
            continue
        arm = _place(record, contrast.arm, contrast.outcome)
        versus = _place(record, contrast.versus, contrast.outcome)
        expected = _expected(arm, versus) if arm and versus else None
        if expected is not None:
            field = f"contrasts[{index}].hr"
            yield from _compare(record, field, contrast, contrast.hr, *expected)


def _place(record: StudyRecord, arm_id: str, outcome: str) -> Place | None:
    found = (
        place
        for place in outcome_places(record)
        if place.arm.id == arm_id and place.outcome.outcome == outcome
    )
    return next(found, None)


def _expected(arm: Place, versus: Place) -> tuple[float, str] | None:
    """Expected hazard ratio and what it follows from."""
    if arm.median and versus.median:
        told = f"the medians are {months(arm.median)} and {months(versus.median)}"
        return versus.median / arm.median, told
    at = {mark.months: mark.value for mark in versus.landmarks}
    for mark in arm.landmarks:
        other = at.get(mark.months, 0.0)
        if 0 < mark.value < 1 and 0 < other < 1:
            told = f"{percent(mark.value)} and {percent(other)} are left at {months(mark.months)}"
            return math.log(mark.value) / math.log(other), told
    return None


def _compare(
    record: StudyRecord,
    field: str,
    contrast: Contrast,
    hazard_ratio: float,
    expected: float,
    told: str,
) -> Iterator[Finding]:
    if math.log(hazard_ratio) * math.log(expected) < 0:
        severity, verdict = "explain", "points the other way"
    elif abs(math.log(hazard_ratio / expected)) > math.log(STRONGLY_DIFFERENT):
        severity, verdict = "note", "differs strongly"
    else:
        return
    message = (
        f"The hazard ratio of {contrast.arm} against {contrast.versus} is printed as"
        f" {hazard_ratio:g}, but {told}: about {expected:.2f} would be expected. It {verdict}."
    )
    values = (("hazard_ratio", hazard_ratio), ("expected", expected))
    rule = "hazard-ratio-against-survival"
    yield Finding(record.id, field, severity, rule, message, values)
