"""Intervals against their estimate, their number of patients and each other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import Known, Place, outcome_places
from analysis_lib.consistency.printed import half_step, limits, limits_percent, months, percent
from analysis_lib.reconstruct.information import (
    EffectiveSampleSize,
    effective_sample_size,
    exponential_median_interval,
    median_effective_sample_size,
)
from analysis_lib.study_records.model import StudyRecord

#: A median's interval narrows with the steepness of the curve: by the shape of a Weibull
#: curve, so that the implied n grows with its square. Shape 2 is a hazard that rises in
#: proportion to time; beyond it steepness is no longer taken for an explanation.
STEEPEST_SHAPE = 2.0

#: Estimators of a landmark's variance differ by far less than half as many patients again.
FAR_ABOVE_N = 1.5


def interval_excludes_estimate(record: StudyRecord) -> Iterator[Finding]:
    """An estimate lies inside its own interval."""
    for field, value, low, high in _all_intervals(record):
        below = low is not None and value < low
        above = high is not None and value > high
        if below or above:
            shown = " to ".join("?" if limit is None else f"{limit:g}" for limit in (low, high))
            message = f"{value:g} is printed with the interval {shown}, which does not hold it."
            known = (("value", value), ("low", low), ("high", high))
            values = tuple((name, number) for name, number in known if number is not None)
            rule = "interval-excludes-estimate"
            yield Finding(record.id, field, "error", rule, message, values)


def _all_intervals(
    record: StudyRecord,
) -> Iterator[tuple[str, float, float | None, float | None]]:
    """Field, estimate and limits of every median, landmark and hazard ratio."""
    for place in outcome_places(record):
        median = place.outcome.median
        if median is not None and median.value is not None:
            yield f"{place.path}.median", median.value, median.low, median.high
        for mark in place.landmarks:
            yield mark.path, mark.value, mark.low, mark.high
    for index, contrast in enumerate(record.contrasts):
        if contrast.hr is not None:
            yield f"contrasts[{index}].hr", contrast.hr, contrast.low, contrast.high


def interval_implies_more_than_n(record: StudyRecord) -> Iterator[Finding]:
    """A landmark's interval cannot be narrower than with all patients followed to its time.

    Reported only where even the smallest number that the rounding of print
    allows is above n.
    """
    for place in outcome_places(record):
        incidence = place.outcome.estimator == "one_minus_cumulative_incidence"
        for mark in place.landmarks:
            n, low, high = place.n, mark.low, mark.high
            if n is None or low is None or high is None or not low <= mark.value <= high:
                continue
            implied = effective_sample_size(mark.value, low, high, incidence_first=incidence)
            if implied is not None and implied.at_least > n:
                yield _more_than_n(place, mark, limits_percent(low, high), n, implied)


def _more_than_n(
    place: Place, mark: Known, shown: str, n: int, implied: EffectiveSampleSize
) -> Finding:
    message = (
        f"{place.subject} of {percent(mark.value)} at {months(mark.months)} is printed with the"
        f" interval {shown}. With all followed to then this takes about {implied.n:.0f}"
        f" {place.units}; there are {n}."
    )
    severity = "error" if implied.at_least > FAR_ABOVE_N * n else "explain"
    values = (("n", n), ("implied_n", implied.n), ("smallest_implied_n", implied.at_least))
    rule = "interval-implies-more-than-n"
    return Finding(place.record.id, mark.path, severity, rule, message, values)


def median_interval_too_narrow(record: StudyRecord) -> Iterator[Finding]:
    """A median's interval against that of an exponential curve without loss of patients.

    A steep curve may explain a narrower one, hence explain; an error only where
    it would have to be steeper than :data:`STEEPEST_SHAPE`.
    """
    for place in outcome_places(record):
        n, median, printed = place.n, place.median, place.median_limits
        if n is None or not median or printed is None or not 0 < printed[0] < printed[1]:
            continue
        low, high = printed
        # Half a step is at most half of the lower limit, which stays above 0.
        smallest = median_effective_sample_size(low - half_step(low), high + half_step(high))
        if smallest > n:
            yield _too_narrow(place, median, n, printed, smallest)


def _too_narrow(
    place: Place, median: float, n: int, printed: tuple[float, float], smallest: float
) -> Finding:
    implied = median_effective_sample_size(*printed)
    low, high = exponential_median_interval(median, n)
    message = (
        f"The median {place.words} of {months(median)} is printed with the interval"
        f" {limits(*printed)} months. With an exponential curve this takes about {implied:.0f}"
        f" {place.units}; there are {n}, whose interval would be about {low:.1f} to {high:.1f}"
        " months."
    )
    severity = "error" if smallest > STEEPEST_SHAPE**2 * n else "explain"
    values = (("n", n), ("implied_n", implied), ("smallest_implied_n", smallest))
    field, rule = f"{place.path}.median", "median-interval-too-narrow"
    return Finding(place.record.id, field, severity, rule, message, values)


def symmetric_median_interval(record: StudyRecord) -> Iterator[Finding]:
    """Limits equally far from a median in time come from a normal approximation.

    The usual limits of a Kaplan-Meier median (Brookmeyer-Crowley, log-log)
    reach further up than down. Silent where the digits cannot tell the two apart.
    """
    for place in outcome_places(record):
        median, printed = place.median, place.median_limits
        if not median or printed is None or not 0 < printed[0] <= median <= printed[1]:
            continue
        rounding = half_step(median) + max(half_step(limit) for limit in printed)
        off_centre = abs(sum(printed) / 2 - median)
        if off_centre <= rounding + 1e-9 and _skew(*printed, median) > rounding:
            yield _symmetric(place, median, printed)


def _symmetric(place: Place, median: float, printed: tuple[float, float]) -> Finding:
    message = (
        f"The interval of the median {place.words}, {months(median)} ({limits(*printed)}), is"
        " symmetric within its digits: it looks like a normal approximation, not like the usual"
        " interval of a Kaplan-Meier median."
    )
    values = (("median", median), ("low", printed[0]), ("high", printed[1]))
    field, rule = f"{place.path}.median", "symmetric-median-interval"
    return Finding(place.record.id, field, "explain", rule, message, values)


def _skew(low: float, high: float, median: float) -> float:
    """How far the centre would lie above the median were the limits symmetric in log time."""
    return median * (math.cosh(math.log(high / low) / 2) - 1)


def interval_of_another_arm(record: StudyRecord) -> Iterator[Finding]:
    """One interval for one outcome and time in arms that differ in size."""
    groups: dict[tuple, list[tuple[Place, str, str]]] = defaultdict(list)
    for place in outcome_places(record):
        name = place.outcome.outcome
        if place.median_limits is not None:
            shown = f"{limits(*place.median_limits)} months"
            group = groups[name, "median", *place.median_limits]
            group.append((place, f"{place.path}.median", shown))
        for mark in place.landmarks:
            if mark.low is not None and mark.high is not None:
                shown = f"{limits_percent(mark.low, mark.high)} at {months(mark.months)}"
                groups[name, mark.months, mark.low, mark.high].append((place, mark.path, shown))
    for holders in groups.values():
        sizes = {place.arm.id: place.n for place, _, _ in holders}
        if len(sizes) > 1 and (None in sizes.values() or len(set(sizes.values())) > 1):
            yield _shared_interval(*holders[-1], sizes)


def _shared_interval(place: Place, field: str, shown: str, sizes: dict[str, int | None]) -> Finding:
    counted = ", ".join(f"{arm} ({'?' if n is None else n})" for arm, n in sizes.items())
    message = (
        f"One interval of {place.words}, {shown}, is printed for several arms, {place.units}:"
        f" {counted}. Arms that differ in size do not share an interval."
    )
    severity = "explain" if None in sizes.values() else "error"
    values = tuple((f"n_{arm}", n) for arm, n in sizes.items() if n is not None)
    rule = "interval-of-another-arm"
    return Finding(place.record.id, field, severity, rule, message, values)
