"""A monotone survival curve through printed points, and whole patients along it.

The curve is log-linear in survival between its knots. The patients' Kaplan-Meier
curve is a staircase whose steps straddle it: each death falls where the curve
passes the middle of its step, so that the staircase is nowhere biased and meets
every knot within half a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.reconstruct.information import TransformMatch, greenwood_limits

#: Rounding of products of (1 - 1/at risk), far below 1/n.
_EPSILON = 1e-10

#: Numbers of losses tried first, evenly spread; then all between the best one's neighbours.
#: One more loss moves the staircase and its variance together, in jumps: with few deaths
#: there is no order to bisect.
_LOSSES_TRIED = 64

#: Steps of a gap for its person-time; the integrand is smooth between knots.
_PERSON_TIME_STEPS = 64


@dataclass(frozen=True)
class MonotoneCurve:
    """Survival through knots, constant hazard between them.

    Attributes
    ----------
    times, survival : ndarray, shape (knots,)
        Begin at (0, 1); times rise, survival never does. A gap that ends at 0,
        where no constant hazard leads, is straight in survival.
    """

    times: NDArray
    survival: NDArray

    @classmethod
    def through(cls, points: Iterable[tuple[float, float]]) -> MonotoneCurve:
        """The curve through (0, 1) and the points, the lower of two at one time.

        A point that stands above an earlier one is taken at the earlier one's height.
        """
        ordered = sorted(points)
        lowest = dict(reversed(ordered))
        times = np.array([0.0, *sorted(lowest)])
        survival = np.array([1.0, *(lowest[months] for months in sorted(lowest))])
        return cls(times, np.minimum.accumulate(survival))

    @property
    def end(self) -> float:
        """The last time known."""
        return float(self.times[-1])

    def survival_at(self, times: NDArray) -> NDArray:
        """Survival at times between 0 and the end."""
        gap = np.clip(np.searchsorted(self.times, times, "left") - 1, 0, self.times.size - 2)
        begin, end = self.times[gap], self.times[gap + 1]
        high, low = self.survival[gap], self.survival[gap + 1]
        done = (np.asarray(times) - begin) / (end - begin)
        safe_low, safe_high = np.where(low > 0, low, 1.0), np.where(high > 0, high, 1.0)
        return np.where(low > 0, high * (safe_low / safe_high) ** done, high + (low - high) * done)

    def time_at(self, levels: NDArray, shape: float | NDArray = 1.0) -> NDArray:
        """First time at which survival is at or below each level (not below the last knot's).

        Parameters
        ----------
        levels : array_like of float
            Between the survival of the last knot and 1.
        shape : float or ndarray
            Weibull shape of the course within each gap, broadcast with ``levels``; 1 is a
            constant hazard.
            In a gap from a to b the cumulative hazard grows with
            ``(t^k - a^k) / (b^k - a^k)``; the knots stay.
        """
        levels = np.asarray(levels, dtype=float)
        gap = np.searchsorted(-self.survival[1:], -(levels + _EPSILON), "left")
        gap = np.minimum(gap, self.times.size - 2)
        high, low = self.survival[gap], self.survival[gap + 1]
        hazard = np.log(np.where(low > 0, high, 1.0)) - np.log(np.where(low > 0, low, 0.5))
        with np.errstate(divide="ignore", invalid="ignore"):
            curved = np.log(high / levels) / hazard
            straight = (high - levels) / (high - low)
        done = np.clip(np.where(low > 0, curved, straight), 0.0, 1.0)
        # Times relative to the end: powers neither overflow nor depend on the unit.
        begin, end = self.times[gap] / self.end, self.times[gap + 1] / self.end
        powered = begin**shape + done * (end**shape - begin**shape)
        return self.end * powered ** (1 / shape)

    def evenly_lost(self, begin: float, end: float, count: int) -> NDArray:
        """``count`` times between begin and end, spread evenly over the curve's person-time."""
        if count == 0:
            return np.empty(0)
        inside = self.times[(self.times > begin) & (self.times < end)]
        knots = np.concatenate([[begin], inside, [end]])
        gaps = [np.linspace(a, b, _PERSON_TIME_STEPS + 1) for a, b in pairwise(knots)]
        grid = np.unique(np.concatenate(gaps))
        alive = self.survival_at(grid)
        lived = np.concatenate([[0.0], np.cumsum(np.diff(grid) * (alive[1:] + alive[:-1]) / 2)])
        return np.interp((np.arange(count) + 0.5) / count * lived[-1], lived, grid)


@dataclass(frozen=True)
class Target:
    """A landmark whose printed limits decide how many are lost before it.

    ``implied_n`` patients, all followed to the time, would give such limits.
    """

    months: float
    value: float
    low: float
    high: float
    implied_n: float
    match: TransformMatch

    def limits(self, value: float, variance: float) -> tuple[float, float]:
        """Limits on this scale of a survival and its Greenwood sum, ``var(log S)``."""
        error = value * math.sqrt(variance)
        match = self.match
        return greenwood_limits(value, error, match.transform, incidence=match.incidence)


@dataclass(frozen=True)
class PseudoPatients:
    """n patients: sorted times of death and of loss; the others are alive at ``end``."""

    n: int
    deaths: NDArray
    losses: NDArray
    end: float

    def frame(self) -> pd.DataFrame:
        """``time_months`` and ``event`` of the n patients, by time, deaths first at ties."""
        time = self.unsorted_times()
        event = np.repeat([1, 0], [self.deaths.size, self.n - self.deaths.size])
        order = np.lexsort((-event, time))
        return pd.DataFrame({"time_months": time[order], "event": event[order]})

    def unsorted_times(self) -> NDArray:
        """Times of the n patients: deaths, losses, then those alive at the end."""
        alive = self.n - self.deaths.size - self.losses.size
        return np.concatenate([self.deaths, self.losses, np.full(alive, self.end)])

    def kaplan_meier(self) -> tuple[NDArray, NDArray]:
        """Survival after each death and Greenwood's sum up to it; infinite at survival 0."""
        before = np.arange(self.deaths.size) + np.searchsorted(self.losses, self.deaths, "left")
        at_risk = self.n - before
        with np.errstate(divide="ignore"):
            return np.cumprod(1 - 1 / at_risk), np.cumsum(1 / (at_risk * (at_risk - 1.0)))

    def at(self, months: float) -> tuple[float, float]:
        """Kaplan-Meier survival and Greenwood's sum at a time."""
        position = np.searchsorted(self.deaths, months, "right") - 1
        if position < 0:
            return 1.0, 0.0
        survival, variance = self.kaplan_meier()
        return float(survival[position]), float(variance[position])

    def median(self) -> float | None:
        """First time at which survival is at or below one half; None when it never is."""
        reached = self.deaths[self.kaplan_meier()[0] <= 0.5 + _EPSILON]
        return float(reached[0]) if reached.size else None


def place_patients(
    curve: MonotoneCurve, n: int, median: float | None, targets: tuple[Target, ...]
) -> PseudoPatients:
    """n patients along the curve, with the losses that the targets' limits imply.

    Parameters
    ----------
    curve : MonotoneCurve
    n : int
    median : float or None
        A time that the curve passes at one half; the death that brings the
        staircase to one half is put there.
    targets : tuple of Target
        By time. Losses before the first decide its variance, losses between
        two that of the second.
    """
    losses = np.empty(0)
    begin = 0.0
    for target in targets:
        if target.implied_n >= n:
            continue  # Losses would widen limits that are too narrow without them.
        more = _losses_before(curve, n, median, target, begin, losses)
        losses = np.concatenate([losses, more])
        begin = target.months
    return _walk(curve, n, median, losses)


def redraw(
    curve: MonotoneCurve,
    patients: PseudoPatients,
    *,
    keep: float | None,
    shapes: NDArray,
    rng: np.random.Generator,
) -> NDArray:
    """As many deaths in each gap at other times, as curves of other shapes have them.

    Within a gap of d deaths their places in survival are those of d patients
    drawn at random. Losses stay: nothing ties them to the shape. So without
    losses the Kaplan-Meier curve at every knot stays as it is, with losses it
    moves by a fraction of a step. ``keep`` is a time (the median) whose death stays.

    Returns
    -------
    ndarray, shape (shapes, n, 2)
        Months and event (0/1) of each set, by time, deaths first at ties.
    """
    free = patients.deaths != keep
    deaths = patients.deaths[free]
    gap = np.clip(np.searchsorted(curve.times, deaths, "left") - 1, 0, curve.times.size - 2)
    high, low = curve.survival[gap], curve.survival[gap + 1]
    levels = high + rng.random((shapes.size, deaths.size)) * (low - high)
    time = np.tile(patients.unsorted_times(), (shapes.size, 1))
    # Gaps follow one another, so sorting the draws sorts them within each gap.
    time[:, np.flatnonzero(free)] = np.sort(curve.time_at(levels, shapes[:, None]), axis=1)
    # Stable: deaths stand before all others.
    order = np.argsort(time, axis=1, kind="stable")
    event = (order < patients.deaths.size).astype(float)
    return np.stack([np.take_along_axis(time, order, axis=1), event], axis=2)


def _losses_before(
    curve: MonotoneCurve,
    n: int,
    median: float | None,
    target: Target,
    begin: float,
    earlier: NDArray,
) -> NDArray:
    """Losses between ``begin`` and the target that bring its limits nearest to print."""

    def patients(count: int) -> PseudoPatients:
        more = curve.evenly_lost(begin, target.months, count)
        return _walk(curve, n, median, np.concatenate([earlier, more]))

    def miss(count: int) -> float:
        value, variance = patients(count).at(target.months)
        low, high = target.limits(value, variance)
        return abs(value - target.value) + abs(low - target.low) + abs(high - target.high)

    most = max(n - earlier.size - 1, 0)
    stride = most // _LOSSES_TRIED + 1
    coarse = min(range(0, most + 1, stride), key=miss)
    fine = range(max(coarse - stride + 1, 0), min(coarse + stride, most + 1))
    best = coarse if stride == 1 else min(fine, key=miss)
    return curve.evenly_lost(begin, target.months, best)


def _walk(curve: MonotoneCurve, n: int, median: float | None, losses: NDArray) -> PseudoPatients:
    """Deaths where the curve passes the middle of each step of the Kaplan-Meier curve."""
    lost_at = curve.survival_at(losses) if losses.size else losses
    last = float(curve.survival[-1])
    levels = []
    at_risk, survival, n_lost = n, 1.0, 0
    while at_risk > 0:
        middle = survival * (1 - 0.5 / at_risk)
        if n_lost < losses.size and lost_at[n_lost] > middle + _EPSILON:
            n_lost += 1
        elif middle < last - _EPSILON:
            break
        else:
            levels.append(middle)
            survival *= 1 - 1 / at_risk
        at_risk -= 1
    # Losses after the last death have no step to wait for; there are never more than alive.
    deaths = curve.time_at(np.array(levels))
    patients = PseudoPatients(n, deaths, losses[: n - deaths.size], curve.end)
    return patients if median is None else _meet_median(curve, patients, median)


def _meet_median(curve: MonotoneCurve, patients: PseudoPatients, median: float) -> PseudoPatients:
    """Put the death that brings survival to one half at the median, where no knot is between.

    With an even n two deaths stand half a step to either side of it; with losses
    the step over one half may still be to come when the curve ends there.
    """
    deaths = patients.deaths
    reached = np.flatnonzero(patients.kaplan_meier()[0] <= 0.5 + _EPSILON)
    if not reached.size:
        alive = deaths.size + patients.losses.size < patients.n
        if alive and median == curve.end:
            return PseudoPatients(
                patients.n, np.append(deaths, median), patients.losses, patients.end
            )
        return patients
    crossing = int(reached[0])
    before, after = sorted((deaths[crossing], median))
    knots_between = (curve.times >= before) & (curve.times <= after) & (curve.times != median)
    follows = deaths[crossing + 1] if crossing + 1 < deaths.size else math.inf
    previous = deaths[crossing - 1] if crossing else 0.0
    if knots_between.any() or not previous <= median <= follows:
        return patients
    moved = deaths.copy()
    moved[crossing] = median
    return PseudoPatients(patients.n, moved, patients.losses, patients.end)
