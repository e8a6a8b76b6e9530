"""Progression-free survival and local control against overall survival."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import Place, outcome_places
from analysis_lib.consistency.printed import half_step, half_step_of_probability, months, percent
from analysis_lib.study_records.model import StudyRecord

#: Outcomes named "progression-free survival": a death is an event by their name.
PROGRESSION_FREE = ("pfs", "local_pfs", "intracranial_pfs")


@dataclass(frozen=True)
class _Point:
    """A known point of a curve: a landmark, or the median at one half."""

    months: float
    value: float
    is_median: bool

    def __str__(self) -> str:
        if self.is_median:
            return f"a median of {months(self.months)}"
        return f"{percent(self.value)} at {months(self.months)}"


def progression_free_above_survival(record: StudyRecord) -> Iterator[Finding]:
    """Whoever is alive without progression is alive: the curve lies under survival.

    Every known point of one curve is held against every earlier or equal one of
    the other, because both curves only fall. It is an error where the same
    number of patients is analysed from the same time zero; otherwise the patients may differ.
    """
    for place in outcome_places(record):
        if place.outcome.outcome not in PROGRESSION_FREE:
            continue
        for survival in _survival_of_same_arm(place):
            clash = _worst_clash(_points(place), _points(survival))
            if clash:
                yield _above(place, survival, *clash)


def _survival_of_same_arm(place: Place) -> list[Place]:
    return [
        other
        for other in outcome_places(place.record)
        if other.arm.id == place.arm.id
        and other.outcome.outcome == "os"
        and other.outcome.time_zero_kind == place.outcome.time_zero_kind
    ]


def _points(place: Place) -> list[_Point]:
    marks = [_Point(mark.months, mark.value, False) for mark in place.landmarks]
    if place.median is not None:
        marks.append(_Point(place.median, 0.5, True))
    return marks


def _worst_clash(free: list[_Point], alive: list[_Point]) -> tuple[_Point, _Point] | None:
    """The pair that contradicts most, in probability first, then in time."""
    pairs = [(f, a) for f in free for a in alive if _contradicts(f, a)]
    return max(pairs, key=_excess, default=None)


def _excess(pair: tuple[_Point, _Point]) -> tuple[float, float]:
    free, alive = pair
    return free.value - alive.value, free.months - alive.months


def _contradicts(free: _Point, alive: _Point) -> bool:
    """Progression-free ``free`` against survival ``alive`` at an earlier or equal time.

    More than half are free of progression before a median, and half or fewer are
    alive from a median on, so that two medians contradict by their order alone.
    """
    slack = sum(half_step(point.months) for point in (free, alive) if point.is_median)
    if free.is_median:
        return free.months - slack > alive.months and alive.value <= 0.5 - _rounding(alive)
    later = free.months - slack >= alive.months
    return later and free.value - alive.value > _rounding(free) + _rounding(alive)


def _rounding(point: _Point) -> float:
    return 0.0 if point.is_median else half_step_of_probability(point.value)


def _above(place: Place, survival: Place, free: _Point, alive: _Point) -> Finding:
    n, n_survival = place.outcome.n_analysed.value, survival.outcome.n_analysed.value
    same_patients = n is not None and n == n_survival
    if same_patients:
        reason = "it may be freedom from progression with deaths censored"
    else:
        reason = f"or the patients differ ({_known(n)} and {_known(n_survival)} analysed)"
    message = (
        f"{place.subject} ({free}) lies above overall survival ({alive}) in arm {place.arm.id}."
        f" It cannot if deaths are events: {reason}."
    )
    severity, rule = "error" if same_patients else "explain", "progression-free-above-survival"
    return Finding(place.record.id, place.path, severity, rule, message, _values(free, alive))


def _known(n: int | None) -> str:
    return "an unknown number" if n is None else str(n)


def _values(free: _Point, alive: _Point) -> tuple[tuple[str, float], ...]:
    return (
        ("progression_free_months", free.months),
        ("progression_free", free.value),
        ("survival_months", alive.months),
        ("survival", alive.value),
    )


def progression_free_beyond_study_survival(record: StudyRecord) -> Iterator[Finding]:
    """In an arm without its own survival: a median longer than all medians of survival.

    Such an arm cannot be checked against itself. That nobody in the study lived
    as long as half of this arm lived without progression needs an explanation.
    """
    survival = [
        (other.arm.id, other.median)
        for other in outcome_places(record)
        if other.outcome.outcome == "os" and other.median is not None
    ]
    for place in outcome_places(record):
        median, has_own = place.median, any(o.outcome == "os" for o in place.arm.outcomes)
        if place.outcome.outcome not in PROGRESSION_FREE or median is None or has_own:
            continue
        if survival and median - half_step(median) > max(time for _, time in survival):
            yield _beyond_study(place, median, survival)


def _beyond_study(place: Place, median: float, survival: list[tuple[str, float]]) -> Finding:
    listed = ", ".join(f"{time:g} ({arm})" for arm, time in survival)
    message = (
        f"The median {place.words} of arm {place.arm.id} is {months(median)}, longer than every"
        f" median overall survival of the study (months: {listed}). Deaths cannot have been"
        " events, or these are other patients."
    )
    values = (("median", median), ("longest_survival", max(time for _, time in survival)))
    field, rule = f"{place.path}.median", "progression-free-beyond-study-survival"
    return Finding(place.record.id, field, "explain", rule, message, values)


def control_outlasts_survival(record: StudyRecord) -> Iterator[Finding]:
    """Half the lesions controlled for longer than half the patients lived.

    Possible, as deaths are censored; but then the median rests on the few who
    lived longer.
    """
    for place in outcome_places(record):
        if place.outcome.outcome != "local_control" or place.median is None:
            continue
        for survival in _survival_of_same_arm(place):
            if survival.median is not None and place.median > survival.median:
                yield _outlasts(place, place.median, survival.median)


def _outlasts(place: Place, control: float, survival: float) -> Finding:
    message = (
        f"The median of local control, {months(control)}, is longer than the median overall"
        f" survival of {months(survival)} in arm {place.arm.id}: deaths are censored, and the"
        " median rests on the few who lived longer."
    )
    values = (("control", control), ("survival", survival))
    field, rule = f"{place.path}.median", "control-outlasts-survival"
    return Finding(place.record.id, field, "note", rule, message, values)
