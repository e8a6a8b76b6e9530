"""One outcome against itself: median, landmarks, follow-up, whole against parts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import Known, Place, outcome_places
from analysis_lib.consistency.printed import half_step, half_step_of_probability, months, percent
from analysis_lib.study_records.model import StudyRecord

#: Beyond this multiple of the median follow-up about a third or fewer are still observed
#: (exponential follow-up times: 0.5 ** 1.5 = 0.35), and one event moves the curve far.
FAR_BEYOND_MEDIAN_FOLLOWUP = 1.5


def median_against_landmarks(record: StudyRecord) -> Iterator[Finding]:
    """A Kaplan-Meier median is the first time at which half or fewer are left.

    Before it more than half must be left, from it on at most half. Medians
    marked as not usable are held against the landmarks too: it shows why.
    """
    for place in outcome_places(record):
        if place.median is None:
            continue
        clashing = [mark for mark in place.landmarks if _clashes(place.median, mark)]
        if clashing:
            worst = max(clashing, key=lambda mark: abs(mark.value - 0.5))
            yield _median_finding(place, place.median, worst)


def _clashes(median: float, mark: Known) -> bool:
    too_few_before = mark.months < median - half_step(median) and mark.value < 0.5
    too_many_after = mark.months > median + half_step(median) and mark.value > 0.5
    return too_few_before or too_many_after


def _median_finding(place: Place, median: float, mark: Known) -> Finding:
    if mark.months > median:
        must = "after its median it must be at most 50 %"
    else:
        must = "before its median it must be more than 50 %"
    message = (
        f"{place.subject} is printed with a median of {months(median)} and with"
        f" {percent(mark.value)} at {months(mark.months)}; {must}."
    )
    recorded = place.outcome.median
    if recorded is not None and recorded.usable is False:
        message += f" The record marks the median as not usable: {recorded.reason}."
    values = (("median", median), ("months", mark.months), ("landmark", mark.value))
    field, rule = f"{place.path}.median", "median-against-landmarks"
    return Finding(place.record.id, field, "error", rule, message, values)


def survival_rises(record: StudyRecord) -> Iterator[Finding]:
    """Survival and control cannot rise with time."""
    for place in outcome_places(record):
        for early, late in pairwise(place.landmarks):
            if late.value > early.value:
                message = (
                    f"{place.subject} is {percent(early.value)} at {months(early.months)} and"
                    f" {percent(late.value)} at {months(late.months)}; it cannot rise with time."
                )
                values = (("earlier", early.value), ("later", late.value))
                yield Finding(record.id, late.path, "error", "survival-rises", message, values)


def parent_outside_parts(record: StudyRecord) -> Iterator[Finding]:
    """What holds for a whole lies between what holds for its parts.

    Only when two parts or more print the figure. Where they add up to the whole
    the figures cannot be; otherwise patients outside the parts may explain it.
    """
    for place in outcome_places(record):
        parts = [
            part
            for part in outcome_places(record)
            if part.arm.subset_of == place.arm.id and part.outcome.outcome == place.outcome.outcome
        ]
        for label, whole, step, found in _shared_figures(place, parts):
            if len(found) > 1 and not min(found) - step <= whole <= max(found) + step:
                yield _outside(place, _add_up(place, parts), label, whole, found)


def _shared_figures(
    place: Place, parts: list[Place]
) -> Iterator[tuple[str, float, float, list[float]]]:
    """Label, value of the whole, its print step and the values of the parts."""
    if place.median is not None:
        medians = [part.median for part in parts if part.median is not None]
        yield f"median {place.words} (months)", place.median, 2 * half_step(place.median), medians
    for mark in place.landmarks:
        same_time = (m.value for part in parts for m in part.landmarks if m.months == mark.months)
        label = f"{place.words} at {months(mark.months)} (probability)"
        yield label, mark.value, 2 * half_step_of_probability(mark.value), list(same_time)


def _add_up(place: Place, parts: list[Place]) -> bool:
    sizes = [part.n for part in parts if part.n is not None]
    return len(sizes) == len(parts) and sum(sizes) == place.n


def _outside(place: Place, complete: bool, label: str, whole: float, parts: list[float]) -> Finding:
    message = (
        f"The {label} of the whole arm {place.arm.id} is {whole:g}, outside that of its"
        f" {len(parts)} parts, {min(parts):g} to {max(parts):g}."
    )
    severity = "error" if complete else "explain"
    values = (("whole", whole), ("lowest", min(parts)), ("highest", max(parts)))
    rule = "parent-outside-parts"
    return Finding(place.record.id, place.path, severity, rule, message, values)


def within_followup(record: StudyRecord) -> Iterator[Finding]:
    """Median follow-up, medians and landmarks against the longest follow-up."""
    for place in outcome_places(record):
        longest = place.outcome.followup_max_months
        if longest is None:
            continue
        end = longest + half_step(longest)
        follow = place.outcome.median_followup_months
        if follow is not None and follow > end:
            yield _beyond(place, "median_followup_months", "followup-median-above-maximum", follow)
        if place.median is not None and place.median > end:
            yield _beyond(place, "median", "median-beyond-followup", place.median)
        # A curve that has reached 0 stays there: nobody needs to be followed.
        late = [mark.months for mark in place.landmarks if mark.months > end and mark.value > 0]
        if late:
            yield _beyond(place, "landmarks", "landmark-beyond-followup", max(late))


_BEYOND = {
    "followup-median-above-maximum": ("error", "The median follow-up"),
    "median-beyond-followup": ("error", "The median"),
    "landmark-beyond-followup": ("explain", "A landmark"),
}


def _beyond(place: Place, key: str, rule: str, time: float) -> Finding:
    severity, subject = _BEYOND[rule]
    longest = place.outcome.followup_max_months or 0.0
    message = (
        f"{subject} of {place.words} is at {months(time)}, but the longest follow-up is"
        f" {months(longest)}."
    )
    values = (("months", time), ("followup_max_months", longest))
    return Finding(place.record.id, f"{place.path}.{key}", severity, rule, message, values)


def against_median_followup(record: StudyRecord) -> Iterator[Finding]:
    """Estimates that few can have been observed for, and a median that is a follow-up."""
    for place in outcome_places(record):
        own = place.outcome.median_followup_months
        follow = record.median_followup_months if own is None else own
        # Follow-up is counted from the treatment; survival from diagnosis is not.
        if follow is None or place.outcome.time_zero_kind == "diagnosis":
            continue
        if place.median is not None and abs(place.median - follow) < 1e-9:
            yield _equal_to_followup(place, follow)
        times = [mark.months for mark in place.landmarks]
        times += [] if place.median is None else [place.median]
        if times and max(times) > FAR_BEYOND_MEDIAN_FOLLOWUP * follow:
            yield _far_beyond(place, max(times), follow)


def _equal_to_followup(place: Place, follow: float) -> Finding:
    message = (
        f"The median {place.words} and the median follow-up are both {months(follow)}:"
        " the median may be a median time of observation."
    )
    values = (("median", follow), ("median_followup_months", follow))
    field = f"{place.path}.median"
    return Finding(place.record.id, field, "explain", "median-equals-followup", message, values)


def _far_beyond(place: Place, time: float, follow: float) -> Finding:
    message = (
        f"{place.subject} is printed for {months(time)} with a median follow-up of"
        f" {months(follow)}: few can have been observed for so long."
    )
    values = (("months", time), ("median_followup_months", follow))
    rule = "far-beyond-median-followup"
    return Finding(place.record.id, place.path, "note", rule, message, values)
