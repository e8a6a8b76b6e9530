"""Survival estimates, their intervals and medians of a record, from each other and from n."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from analysis_lib.consistency.percentages import agrees_with_count
from analysis_lib.consistency.places import Known, Place, outcome_places
from analysis_lib.consistency.printed import half_step_of_probability
from analysis_lib.consistency.verdicts import AGREES, CANNOT, DIFFERS, Rederived
from analysis_lib.reconstruct.information import (
    TransformMatch,
    effective_sample_size,
    greenwood_limits,
)
from analysis_lib.study_records.model import StudyRecord

_TIMES_MISSING = "needs the times of deaths and of losses to follow-up, which are not printed"

#: A percentage that is no level of an interval.
_PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?%(?!\s?(?:CI|confidence|interval))")


def estimates_again(record: StudyRecord) -> Iterator[Rederived]:
    """Every landmark with its interval, every median with its interval, every lone percentage."""
    for place in outcome_places(record):
        for mark in place.landmarks:
            yield _value(place, mark)
            if mark.low is not None and mark.high is not None:
                yield _interval(place, mark)
        if place.median is not None:
            yield _median(place)
        if place.median_limits is not None:
            yield _median_interval(place)
        for percent in _alone(place):
            yield _crude(place, place.path, percent, "quoted without a time")


def _subject(place: Place, mark: Known | None = None) -> str:
    at = f" at {mark.months:g} months" if mark else ""
    return f"{place.arm.label}: {place.words}{at}"


# --- a probability --------------------------------------------------------------------


def _value(place: Place, mark: Known) -> Rederived:
    shown = _digits(mark.value)
    if place.outcome.estimator == "crude":
        return _crude(place, mark.path, shown, f"at {mark.months:g} months")
    events = _whole_number(shown, place.n)
    if events is not None and _nobody_lost(place, mark):
        again = f"{100 * events / place.n:.1f}%"
        how = f"{events} of {place.n} {place.units}, nobody lost before"
        return _of(place, mark.path, "probability", f"{shown}%", again, AGREES, how, mark)
    how = _TIMES_MISSING + _between_parts(place, mark)
    return _of(place, mark.path, "probability", f"{shown}%", None, CANNOT, how, mark)


def _crude(place: Place, field: str, percent: str, words: str) -> Rederived:
    """A proportion of a known number must be that of a whole number of them."""
    if place.n is None:
        why = f"{words}; the number behind it is not printed"
        return _of(place, field, "percentage", f"{percent}%", None, CANNOT, why)
    free = _whole_number(percent, place.n)
    if free is None:
        nearest = f"{100 * round(float(percent) * place.n / 100) / place.n:.1f}%"
        how = f"{words}; no whole number of {place.n} {place.units} gives it"
        return _of(place, field, "percentage", f"{percent}%", nearest, DIFFERS, how)
    how = f"{words}; {free} of {place.n} {place.units}"
    again = f"{100 * free / place.n:.1f}%"
    return _of(place, field, "percentage", f"{percent}%", again, AGREES, how)


def crude_counts(place: Place) -> list[tuple[float | None, int, int]]:
    """Time (None: not stated), free of the event and number of each printed crude proportion.

    A proportion that no whole number of patients or lesions gives is left out.
    """
    if place.outcome.estimator != "crude" or not place.n:
        return []
    printed = [(mark.months, _digits(mark.value)) for mark in place.landmarks]
    printed += [(None, percent) for percent in _alone(place)]
    counted = [(months, _whole_number(percent, place.n)) for months, percent in printed]
    return [(months, free, place.n) for months, free in counted if free is not None]


def _whole_number(percent: str, n: int | None) -> int | None:
    """How many of n the percentage is, when a whole number gives it."""
    if not n:
        return None
    near = round(float(percent) * n / 100)
    return near if 0 <= near <= n and agrees_with_count(percent, near, n) else None


def _nobody_lost(place: Place, mark: Known) -> bool:
    """Does the printed width fit n patients who were all followed to this time?"""
    if place.n is None or mark.low is None or mark.high is None:
        return False
    implied = effective_sample_size(mark.value, mark.low, mark.high)
    return implied is not None and implied.at_least <= place.n <= implied.at_most


def _between_parts(place: Place, mark: Known) -> str:
    """A whole lies between its parts: said where both parts print the same time."""
    children = {arm.id for arm in place.record.arms if arm.subset_of == place.arm.id}
    values = [
        other.value
        for part in outcome_places(place.record)
        if part.arm.id in children and part.outcome.outcome == place.outcome.outcome
        for other in part.landmarks
        if other.months == mark.months
    ]
    if len(values) < 2:
        return ""
    tolerance = half_step_of_probability(mark.value)
    inside = min(values) - tolerance <= mark.value <= max(values) + tolerance
    return "; it lies between its parts" if inside else "; it does not lie between its parts"


def _alone(place: Place) -> list[str]:
    """Percentages quoted for a crude outcome that prints no landmark; no level of an interval."""
    if place.landmarks or place.outcome.estimator != "crude":
        return []
    return list(dict.fromkeys(_PERCENT.findall(place.outcome.source.seen)))


# --- an interval ------------------------------------------------------------------------


def _interval(place: Place, mark: Known) -> Rederived:
    """Limits that one scale gives, no narrower than the number of patients allows."""
    field, printed = f"{mark.path}.low", f"{_digits(mark.low)}% to {_digits(mark.high)}%"
    incidence = place.outcome.estimator == "one_minus_cumulative_incidence"
    implied = effective_sample_size(mark.value, mark.low, mark.high, incidence_first=incidence)
    if implied is None:
        how = "no usual scale (plain, log, log-log, logit) gives both limits"
        return _of(place, field, "interval", printed, None, DIFFERS, how, mark)
    width = f"about {implied.n:.0f} {place.units}"
    if place.n is not None and implied.at_least > place.n:
        again = _limits(mark, implied.match, math.sqrt(mark.value * (1 - mark.value) / place.n))
        how = f"so narrow an interval takes {width}; there are {place.n}, whose limits are these"
        return _of(place, field, "interval", printed, again, DIFFERS, how, mark)
    of_n = "" if place.n is None else f", of {place.n}"
    how = (
        f"both limits from one standard error on the {implied.match.transform} scale; its width "
        f"is that of {width} followed to then{of_n}"
    )
    again = _limits(mark, implied.match, implied.match.standard_error(mark.value))
    return _of(place, field, "interval", printed, again, AGREES, how, mark)


def _limits(mark: Known, match: TransformMatch, standard_error: float) -> str:
    """The limits that a standard error gives on the printed interval's own scale."""
    low, high = greenwood_limits(
        mark.value, standard_error, match.transform, incidence=match.incidence
    )
    return f"{100 * low:.1f}% to {100 * high:.1f}%"


# --- a median ------------------------------------------------------------------------------


def _median(place: Place) -> Rederived:
    """A median lies after the last time with half or more left, before the first with less."""
    median, printed = place.median, f"{place.median:g} months"
    after = max((mark.months for mark in place.landmarks if mark.value > 0.5), default=None)
    before = min((mark.months for mark in place.landmarks if mark.value < 0.5), default=None)
    field = f"{place.path}.median"
    if after is None and before is None:
        return _of(place, field, "median", printed, None, CANNOT, _TIMES_MISSING)
    if before is None:
        again = f"later than {after:g} months"
    elif after is None:
        again = f"at or before {before:g} months"
    else:
        again = f"between {after:g} and {before:g} months"
    fits = (after is None or median > after) and (before is None or median <= before)
    shares = ", ".join(f"{_digits(m.value)}% at {m.months:g} months" for m in place.landmarks)
    verdict = AGREES if fits else DIFFERS
    return _of(place, field, "median", printed, again, verdict, f"from {shares}")


def _median_interval(place: Place) -> Rederived:
    low, high = place.median_limits
    how = "its limits are times of single events, which are not printed"
    if place.outcome.median.usable is False:
        how = "what these limits are is not clear: the median itself is no survival median"
    printed = f"{low:g} to {high:g} months"
    return _of(place, f"{place.path}.median.low", "interval", printed, None, CANNOT, how)


def _of(
    place: Place,
    field: str,
    kind: str,
    printed: str,
    again: str | None,
    verdict: str,
    how: str,
    mark: Known | None = None,
) -> Rederived:
    subject = _subject(place, mark)
    return Rederived(place.record.id, field, kind, subject, printed, again, verdict, how)


def _digits(probability: float) -> str:
    """A probability as the percentage that was read, without rounding it."""
    return f"{round(100 * probability, 6):g}"
