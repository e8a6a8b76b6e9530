"""Pseudo-patients that carry what a paper printed of one arm, and nothing else.

From n, a median and landmark survival, sometimes with intervals: a monotone
curve through (0, 1) and the printed points, log-linear in survival between
them, and n patients whose Kaplan-Meier curve steps across it. Patients alive at
the last printed time are censored there.

Two things print does not pin are drawn in the imputations: the shape of the
curve between the points (Weibull), and where in a gap its deaths fell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct.information import (
    EffectiveSampleSize,
    check_order,
    check_probability_interval,
    check_sample_size,
    effective_sample_size,
    median_effective_sample_size,
    printed_decimals,
)
from analysis_lib.reconstruct.pseudo_patients import (
    MonotoneCurve,
    PseudoPatients,
    Target,
    place_patients,
    redraw,
)
from analysis_lib.survival import Z_95

#: Standard deviation of the log Weibull shape in the imputations unless shapes are given:
#: 95 % of the shapes lie between 1/2 (survival falls with the square root of time) and 2
#: (the hazard rises in proportion to time), the range that single-hump or single-plateau
#: survival curves cover. Not fitted to any data.
SHAPE_LOG_SD = math.log(2) / Z_95

#: How survival runs where nothing is printed, by code.
ASSUMPTIONS = {
    "exponential_shape": "One point is printed: an exponential curve through it.",
    "log_linear_between_points": "Constant hazard between the printed points.",
}

_INCIDENCE = "one_minus_cumulative_incidence"


@dataclass(frozen=True)
class MedianSummary:
    """A printed Kaplan-Meier median in months, with 95 % limits where printed.

    Raises
    ------
    InvalidInputError
        Not above 0, not finite, limits reversed or not around the value.
    """

    value: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        _check_months("median", self.value)
        for name, limit in (("median low", self.low), ("median high", self.high)):
            if limit is not None:
                _check_months(name, limit, zero_allowed=True)
        check_order(self.value, self.low, self.high, where="median")


@dataclass(frozen=True)
class LandmarkSummary:
    """A printed survival probability (0..1) at a time in months, 95 % limits where printed.

    Raises
    ------
    InvalidInputError
        A time not above 0, a probability outside 0..1, limits reversed or not
        around the value.
    """

    months: float
    value: float
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        _check_months("landmark months", self.months)
        where = f"landmark at {self.months:g} months"
        check_probability_interval(self.value, self.low, self.high, where=where)


@dataclass(frozen=True)
class SummaryFinding:
    """What cannot be met together, by code and in words."""

    code: str
    message: str


@dataclass(frozen=True)
class ReproducedFact:
    """One printed fact beside what the pseudo-patients give.

    ``fact`` is ``median_months``, ``survival``, ``survival_low`` or
    ``survival_high``; ``months`` its time. ``reproduced`` is None when the
    pseudo-patients never reach a median; ``residual`` is reproduced minus given.
    """

    fact: str
    months: float
    given: float
    reproduced: float | None

    @property
    def residual(self) -> float | None:
        """Reproduced minus given; None when there is nothing to compare."""
        return None if self.reproduced is None else self.reproduced - self.given


@dataclass(frozen=True)
class LandmarkInformation:
    """How many patients a landmark speaks for.

    ``transform`` and ``implied_n`` are None when no interval is printed or none
    of the scales fits; ``effective_n`` is never above n.
    """

    months: float
    transform: str | None
    implied_n: float | None
    effective_n: float


@dataclass(frozen=True)
class SummaryReconstruction:
    """Pseudo-patients of one arm and what they rest on.

    Attributes
    ----------
    ipd : DataFrame
        ``time_months`` and ``event`` (0/1), n rows sorted by time.
    level : str
        Always ``summary``.
    known_until_months : float
        The last printed time; everyone still alive is censored there.
    curve : DataFrame
        Knots ``time_months``, ``survival`` of the monotone curve.
    constraints : tuple of ReproducedFact
    findings : tuple of SummaryFinding
    information : tuple of LandmarkInformation
        One per landmark, in order of time.
    assumption : str
        A code of :data:`ASSUMPTIONS`.
    draws : ndarray, shape (imputations, n, 2)
        Months and event; shape and times of death drawn anew, printed points kept.
    """

    ipd: pd.DataFrame
    known_until_months: float
    curve: pd.DataFrame
    constraints: tuple[ReproducedFact, ...]
    findings: tuple[SummaryFinding, ...]
    information: tuple[LandmarkInformation, ...]
    assumption: str
    draws: NDArray
    level: str = field(default="summary", init=False)

    @property
    def imputations(self) -> tuple[pd.DataFrame, ...]:
        """The draws, each as ``ipd``."""
        return tuple(
            pd.DataFrame({"time_months": time, "event": event.astype(int)})
            for time, event in self.draws.transpose(0, 2, 1)
        )


def reconstruct_from_summary(
    *,
    n: int,
    median: MedianSummary | tuple | float | None = None,
    landmarks: Iterable[LandmarkSummary | tuple] = (),
    estimator: str = "kaplan_meier",
    followup_max_months: float | None = None,
    n_imputations: int = 0,
    seed: int = 0,
    shape_log_sd: float = SHAPE_LOG_SD,
    shapes: Sequence[float] = (),
) -> SummaryReconstruction:
    """Pseudo-patients from n, a median and landmarks of one arm.

    Parameters
    ----------
    n : int
        Patients analysed.
    median : MedianSummary, (value, low, high) or value, optional
        Months. Leave out a median that is not a Kaplan-Meier median.
    landmarks : iterable of LandmarkSummary or (months, value, low, high)
        Probabilities 0..1, not rising with time. A printed interval sets how
        many are lost before its time; without one nobody is.
    estimator : str
        ``one_minus_cumulative_incidence`` tries an interval on the scales of the
        incidence first; any other word on those of the survival.
    followup_max_months : float, optional
        Longest follow-up; a printed time beyond it is refused.
    n_imputations : int
        How many shape-varied sets of pseudo-patients to draw.
    seed : int
        Of the draws; the same seed gives the same sets.
    shape_log_sd : float
        Standard deviation of the log Weibull shape around 0 (exponential).
    shapes : sequence of float
        Weibull shapes of similar arms (:func:`weibull_shapes`); when given,
        the imputations draw from them, with replacement, instead.

    Returns
    -------
    SummaryReconstruction

    Raises
    ------
    InvalidInputError
        Nothing printed, n not whole or below 1, two landmarks at one time,
        landmarks that rise, times beyond follow-up, invalid options, and what
        :class:`MedianSummary` and :class:`LandmarkSummary` refuse.

    Notes
    -----
    A median that contradicts a landmark beyond what n and print resolve is left
    out of the curve and named in ``findings``; so is an interval on no known
    scale, or one that implies more than n patients.

    References
    ----------
    Guyot P, Ades AE, Ouwens MJNM, Welton NJ. BMC Med Res Methodol 2012;12:9, for the
    idea of pseudo-patients; Greenwood M. Reports on Public Health and Medical Subjects
    1926;33, for the variance that places the losses.
    """
    size = check_sample_size(n)
    median, marks = _parse(median, landmarks, followup_max_months)
    shape_draws = _check_draws(n_imputations, shape_log_sd, shapes)
    findings = _check_against_each_other(size, median, marks)
    used = median if not any(f.code == "median_contradicts_landmark" for f in findings) else None
    kept = used.value if used else None
    curve = MonotoneCurve.through(_points(used, marks))
    targets, information, more = _read_intervals(size, marks, estimator == _INCIDENCE)
    patients = place_patients(curve, size, kept, targets)
    rng = np.random.default_rng(seed)
    return SummaryReconstruction(
        ipd=patients.frame(),
        known_until_months=curve.end,
        curve=pd.DataFrame({"time_months": curve.times, "survival": curve.survival}),
        constraints=_reproduce(patients, median, marks, targets),
        findings=findings + more,
        information=information,
        assumption="exponential_shape" if curve.times.size == 2 else "log_linear_between_points",
        draws=redraw(
            curve,
            patients,
            keep=kept,
            shapes=_draw_shapes(rng, n_imputations, *shape_draws),
            rng=rng,
        ),
    )


def weibull_shapes(points: ArrayLike) -> NDArray:
    """Shape of the Weibull curve through two printed points, per arm.

    ``S(t) = exp(-(t / scale)^k)``, hence ``k = ln(H2 / H1) / ln(t2 / t1)`` with
    ``H = -ln S``. The shapes carry the sampling error of the points: they
    scatter more than the curves themselves do.

    Parameters
    ----------
    points : array_like, shape (arms, 4)
        Rows ``t1, S1, t2, S2`` with ``0 < t1 < t2`` and ``1 > S1 > S2 > 0``. A
        median is a point with survival 0.5.

    Returns
    -------
    ndarray, shape (arms,)

    Raises
    ------
    InvalidInputError
        Another shape of array, points out of order or at 0 or 1: no Weibull
        curve passes through them.
    """
    rows = np.asarray(points, dtype=float)
    if rows.size == 0:
        return np.empty(0)
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise InvalidInputError(f"points: must be rows of t1, S1, t2, S2, was {rows.shape}")
    t1, s1, t2, s2 = rows.T
    ordered = (t1 > 0) & (t1 < t2) & (s1 < 1) & (s1 > s2) & (s2 > 0) & np.isfinite(t2)
    if not ordered.all():
        wrong = rows[~ordered][0].tolist()
        raise InvalidInputError(f"points: need 0 < t1 < t2 and 1 > S1 > S2 > 0, was {wrong}")
    return np.log(np.log(s2) / np.log(s1)) / np.log(t2 / t1)


# --- what was printed -------------------------------------------------------------


def _check_months(where: str, months: float, *, zero_allowed: bool = False) -> None:
    """Refuse a time that is no finite number above (or at) 0."""
    is_number = isinstance(months, (int, float, np.number)) and not isinstance(months, bool)
    is_time = is_number and math.isfinite(months) and months >= 0
    if not is_time or (months == 0 and not zero_allowed):
        least = "of at least 0" if zero_allowed else "above 0"
        raise InvalidInputError(f"{where}: must be a finite time {least}, was {months!r}")


def _parse(
    median: MedianSummary | tuple | float | None,
    landmarks: Iterable[LandmarkSummary | tuple],
    followup_max_months: float | None,
) -> tuple[MedianSummary | None, tuple[LandmarkSummary, ...]]:
    """The printed facts as dataclasses, landmarks by time, checked together."""
    if median is not None and not isinstance(median, MedianSummary):
        median = MedianSummary(*median) if isinstance(median, tuple) else MedianSummary(median)
    marks = [LandmarkSummary(*mark) if isinstance(mark, tuple) else mark for mark in landmarks]
    marks.sort(key=lambda mark: mark.months)
    if median is None and not marks:
        raise InvalidInputError("a median or a landmark is needed: nothing was printed")
    for before, after in pairwise(marks):
        if before.months == after.months:
            raise InvalidInputError(f"landmarks: two at {after.months:g} months")
        if after.value > before.value:
            raise InvalidInputError(
                f"landmarks: survival must not rise with time, was {before.value} at "
                f"{before.months:g} and {after.value} at {after.months:g} months"
            )
    if followup_max_months is not None:
        _check_months("followup_max_months", followup_max_months)
        last = max([mark.months for mark in marks] + ([median.value] if median else []))
        if last > followup_max_months:
            raise InvalidInputError(
                f"followup_max_months: {last:g} months are printed, "
                f"beyond the longest follow-up of {followup_max_months:g}"
            )
    return median, tuple(marks)


def _check_draws(
    n_imputations: int, shape_log_sd: float, shapes: Sequence[float]
) -> tuple[float, NDArray]:
    """The options of the imputations, checked."""
    whole = isinstance(n_imputations, (int, np.integer)) and not isinstance(n_imputations, bool)
    if not whole or n_imputations < 0:
        raise InvalidInputError(
            f"n_imputations: must be a whole number of at least 0, was {n_imputations!r}"
        )
    if not (math.isfinite(shape_log_sd) and shape_log_sd >= 0):
        raise InvalidInputError(f"shape_log_sd: must be finite and >= 0, was {shape_log_sd}")
    given = np.asarray(shapes, dtype=float)
    if given.ndim != 1 or not np.all(np.isfinite(given) & (given > 0)):
        raise InvalidInputError("shapes: must be finite numbers above 0")
    return shape_log_sd, given


def _check_against_each_other(
    n: int, median: MedianSummary | None, marks: tuple[LandmarkSummary, ...]
) -> tuple[SummaryFinding, ...]:
    """Median against landmarks, and the median's interval against n."""
    if median is None:
        return ()
    findings = [
        SummaryFinding(
            "median_contradicts_landmark",
            f"A median of {median.value:g} months and {mark.value:g} alive at "
            f"{mark.months:g} months cannot both hold for {n} patients; the median is not used.",
        )
        for mark in marks
        if _contradicts(n, median.value, mark)
    ]
    if median.low and median.high and median.low < median.high:
        # The widest interval that rounds to the printed limits: times have a digit at most.
        half = 0.5 * 10.0 ** -printed_decimals(median.low, median.high, fewest=0)
        wide = (max(median.low - half, median.low / 2), median.high + half)
        if median_effective_sample_size(*wide) > n:
            implied = median_effective_sample_size(median.low, median.high)
            findings.append(
                SummaryFinding(
                    "median_interval_implies_more_than_n",
                    f"The interval of the median ({median.low:g} to {median.high:g} months) is as "
                    f"narrow as {implied:.0f} patients would make it under an exponential curve; "
                    f"{n} were analysed.",
                )
            )
    return tuple(findings)


def _contradicts(n: int, median: float, mark: LandmarkSummary) -> bool:
    """Is survival on the wrong side of one half for this median, beyond n and print?

    Half a step of n patients' curve and half a unit of the last printed digit
    are not a contradiction.
    """
    resolution = 0.5 / n + 0.5 * 10.0 ** -printed_decimals(mark.value) + 1e-9
    if mark.months < median:
        return mark.value < 0.5 - resolution
    return mark.value > 0.5 + resolution


def _read_intervals(
    n: int, marks: tuple[LandmarkSummary, ...], incidence_first: bool
) -> tuple[tuple[Target, ...], tuple[LandmarkInformation, ...], tuple[SummaryFinding, ...]]:
    """Which intervals set losses, what each landmark is worth, and what does not fit."""
    targets, information, findings = [], [], []
    for mark in marks:
        size = None
        if mark.low is not None and mark.high is not None:
            numbers = (mark.value, mark.low, mark.high)
            size = effective_sample_size(*numbers, incidence_first=incidence_first)
        if size is None:
            information.append(LandmarkInformation(mark.months, None, None, n))
        else:
            targets.append(Target(mark.months, *numbers, size.n, size.match))
            information.append(
                LandmarkInformation(mark.months, size.match.transform, size.n, min(size.n, n))
            )
        findings.extend(_judge_interval(n, mark, size))
    return tuple(targets), tuple(information), tuple(findings)


def _judge_interval(
    n: int, mark: LandmarkSummary, size: EffectiveSampleSize | None
) -> list[SummaryFinding]:
    """The finding, if any, on one landmark's interval."""
    if mark.low is None and mark.high is None:
        return []
    place = f"The interval at {mark.months:g} months"
    if mark.low is None or mark.high is None:
        code, text = "interval_incomplete", "has one limit only"
    elif size is None:
        code, text = "no_transform_fits", f"({mark.low:g} to {mark.high:g}) fits no known scale"
    elif size.at_least > n:
        code, text = "interval_implies_more_than_n", f"implies {size.n:.0f} patients of {n}"
    else:
        return []
    return [SummaryFinding(code, f"{place} {text}; n is used.")]


# --- what the pseudo-patients give back ---------------------------------------------


def _points(
    median: MedianSummary | None, marks: tuple[LandmarkSummary, ...]
) -> list[tuple[float, float]]:
    """The points the curve goes through."""
    points = [(mark.months, mark.value) for mark in marks]
    return points + ([(median.value, 0.5)] if median else [])


def _reproduce(
    patients: PseudoPatients,
    median: MedianSummary | None,
    marks: tuple[LandmarkSummary, ...],
    targets: tuple[Target, ...],
) -> tuple[ReproducedFact, ...]:
    """Every printed fact beside the pseudo-patients' own."""
    facts = []
    if median is not None:
        value = median.value
        facts.append(ReproducedFact("median_months", value, value, patients.median()))
    by_months = {target.months: target for target in targets}
    for mark in marks:
        survival, variance = patients.at(mark.months)
        facts.append(ReproducedFact("survival", mark.months, mark.value, survival))
        target = by_months.get(mark.months)
        if target is not None:
            low, high = target.limits(survival, variance)
            facts.append(ReproducedFact("survival_low", mark.months, mark.low, low))
            facts.append(ReproducedFact("survival_high", mark.months, mark.high, high))
    return tuple(facts)


def _draw_shapes(
    rng: np.random.Generator, count: int, shape_log_sd: float, shapes: NDArray
) -> NDArray:
    """Weibull shapes of the imputations: from the given ones, or log-normal around 1."""
    if shapes.size:
        return rng.choice(shapes, size=count)
    return np.exp(rng.normal(0.0, shape_log_sd, size=count))
