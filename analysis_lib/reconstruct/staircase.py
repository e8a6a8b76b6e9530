"""Fold the reading of a Kaplan-Meier curve into a staircase of levels and drops.

A reading is exact (corners of a vector figure or of a lattice of pixels: it never rises) or
noisy (clicks by hand). Both become the same thing: levels, each with a standard deviation, and
between two levels the stretch of time in which the curve came down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# A person reads a plot to about this share of its height; used as the prior mean of the
# reading error, worth as many readings as the degrees of freedom beside it.
TYPICAL_READING_SD = 0.004
PRIOR_DEGREES_OF_FREEDOM = 4.0
# Plots are wider than high, so the same hand is finer in time: 800 by 600 pixels.
TIME_SD_PER_SURVIVAL_SD = 0.75
FINEST_READING_SD = 1e-4
LONGEST_SEGMENTED_READING = 1200
# Share of follow-up on either side over which a local hazard is read.
LOCAL_SHARE = 0.15
# Share of deaths that fall together with another's, where the reading cannot tell.
TYPICAL_TIES = 0.05
PIXELS = (300, 2000)
LAST_DIGIT = 6e-6
HALF_PIXEL_OF_TIME = 0.5 / 700


@dataclass(frozen=True)
class Staircase:
    """Levels of a survival curve and the drops between them.

    Attributes
    ----------
    level : ndarray, shape (k + 1,)
        Survival on each level; the first is 1.
    level_sd : ndarray, shape (k + 1,)
        Standard deviation of each level.
    earliest, latest : ndarray, shape (k,)
        The stretch of time, in months, in which each drop happened.
    certain : ndarray of bool, shape (k,)
        Whether a drop surely happened there; otherwise it may be reading noise.
    end : float
        End of the reading.
    exact : bool
        Whether the reading is free of noise beyond its last digit or pixel.
    reading_sd : float
        Standard deviation of one reading of survival.
    time_unit : float
        Reading error of a time, in months.
    parts : ndarray of int, shape (k,)
        Drops of the reading that each drop here is made of.
    finer : Staircase, optional
        The staircase before neighbouring drops were taken as one.
    """

    level: np.ndarray
    level_sd: np.ndarray
    earliest: np.ndarray
    latest: np.ndarray
    certain: np.ndarray
    end: float
    exact: bool
    reading_sd: float
    time_unit: float
    parts: np.ndarray
    finer: Staircase | None = None

    @property
    def drop_time(self) -> np.ndarray:
        """Middle of each drop's stretch, in months."""
        return (self.earliest + self.latest) / 2

    def expected_deaths(self) -> np.ndarray:
        """Deaths per patient at risk that the local hazard predicts for each drop's stretch."""
        if self.finer is not None:
            return np.add.reduceat(self.finer.expected_deaths(), np.cumsum(self.parts) - self.parts)
        drops = self.drop_time
        hazard = -np.log(np.maximum(self.level, 0.5 * self.level[self.level > 0].min()))
        reach = LOCAL_SHARE * self.end
        low, high = np.maximum(drops - reach, 0.0), np.minimum(drops + reach, self.end)
        at_low = hazard[np.searchsorted(drops, low, side="left")]
        at_high = hazard[np.searchsorted(drops, high, side="right")]
        rate = (at_high - at_low) / (high - low)
        return rate * np.maximum(self.latest - self.earliest, self.time_unit)

    def tied_share(self, n: int) -> float:
        """Share of deaths that share another's drop, from drops before much censoring."""
        if self.finer is not None:
            return self.finer.tied_share(n)
        early = self.level[:-1] >= 0.6
        deaths = np.round((self.level[:-1] - self.level[1:])[early] * n)
        clear = self.level_sd[1:].max(initial=0.0) * n * np.sqrt(2.0) < 0.35
        if not clear:
            return TYPICAL_TIES
        tied = np.maximum(deaths - 1, 0).sum() + 20.0 * TYPICAL_TIES
        return float(tied / (deaths.sum() + 20.0))


def fold_reading(
    times: NDArray, survival: NDArray, *, reading_sd: float | None = None
) -> Staircase:
    """Fold a reading into a staircase.

    Parameters
    ----------
    times, survival : ndarray, shape (m,)
        The reading, sorted by time; survival in 0..1.
    reading_sd : float, optional
        Standard deviation of one reading of survival; estimated when not given.
    """
    top, bottom, at = _corners(times, survival)
    monotone = np.all(top[1:] <= bottom[:-1] + 1e-9)
    if monotone and reading_sd is None and _draws_stairs(top, bottom, at):
        return _fold_exact(top, bottom, at)
    return _fold_noisy(times, survival, reading_sd)


def _corners(times: NDArray, survival: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Highest and lowest survival read at each distinct time."""
    at, first = np.unique(times, return_index=True)
    return np.maximum.reduceat(survival, first), np.minimum.reduceat(survival, first), at


def _draws_stairs(top: NDArray, bottom: NDArray, at: NDArray) -> bool:
    """Whether most of the fall happens within a single pixel of time, as in a traced plot."""
    total = 1.0 - bottom[-1]
    vertical = (top - bottom).sum() + (1.0 - top[0])
    gaps = np.diff(at)
    falls = bottom[:-1] - top[1:]
    steep = falls[gaps <= 0.002 * at[-1]].sum() if gaps.size else 0.0
    return vertical + steep >= 0.5 * total


def _fold_exact(top: NDArray, bottom: NDArray, at: NDArray) -> Staircase:
    """Every change of level of a traced staircase is a drop."""
    level, earliest, latest = [1.0], [], []
    before = 1.0
    last = 0.0
    for high, low, time in zip(top, bottom, at, strict=True):
        if high < before - 1e-12:
            _append_drop(level, earliest, latest, high, last, time)
        if low < high - 1e-12:
            _append_drop(level, earliest, latest, low, time, time)
        before, last = low, time
    pixel = _pixel(np.r_[top, bottom])
    level = np.asarray(level)
    sd = max(pixel / np.sqrt(12.0), FINEST_READING_SD)
    return Staircase(
        level=level,
        level_sd=np.full(level.size, sd),
        earliest=np.asarray(earliest, dtype=float),
        latest=np.asarray(latest, dtype=float),
        certain=np.ones(level.size - 1, dtype=bool),
        end=float(at[-1]),
        exact=True,
        reading_sd=float(sd),
        time_unit=float(HALF_PIXEL_OF_TIME * at[-1]),
        parts=np.ones(level.size - 1, dtype=int),
    )


def _append_drop(
    level: list[float],
    earliest: list[float],
    latest: list[float],
    value: float,
    start: float,
    stop: float,
) -> None:
    level.append(float(value))
    earliest.append(float(start))
    latest.append(float(stop))


def _pixel(survival: NDArray) -> float:
    """Height of a pixel if the reading lies on a lattice of pixels, else 0.

    The coarsest lattice of 300 to 2000 pixels on which all values fall but for their last digit.
    """
    heights = np.arange(PIXELS[0], PIXELS[1] + 1)
    places = np.unique(survival)[:, None] * heights
    away = np.abs(places - np.round(places)).max(axis=0) / heights
    fits = np.flatnonzero(away <= LAST_DIGIT)
    return 1.0 / heights[fits[0]] if fits.size else 0.0


def _fold_noisy(times: NDArray, survival: NDArray, reading_sd: float | None) -> Staircase:
    """Change points of a reading with noise."""
    times, survival = _thin(times, survival)
    sd = reading_sd if reading_sd is not None else estimate_reading_sd(survival)
    time_sd = TIME_SD_PER_SURVIVAL_SD * sd * times[-1]
    survival = untangled(times, survival, sd)
    inner = times > 0
    times, survival = np.r_[0.0, times[inner]], np.r_[1.0, survival[inner]]
    starts = _change_points(survival, sd)
    return _levels(times, survival, starts, sd, time_sd)


def _thin(times: NDArray, survival: NDArray) -> tuple[NDArray, NDArray]:
    """Average neighbouring points of a very dense reading."""
    size = -(-times.size // LONGEST_SEGMENTED_READING)
    if size == 1:
        return times, survival
    first = np.arange(0, times.size, size)
    count = np.diff(np.r_[first, times.size])
    return np.add.reduceat(times, first) / count, np.add.reduceat(survival, first) / count


def estimate_reading_sd(survival: NDArray) -> float:
    """Standard deviation of a reading from its own roughness.

    The middle of three consecutive readings departs from the line between its neighbours by
    1.22 times the reading error where no death falls; the median is blind to the few where one
    does. Shrunk towards a typical hand.
    """
    inside = (survival < 1.0) & (survival > 0.0)
    values = survival[inside]
    if values.size < 5:
        return TYPICAL_READING_SD
    middle = values[1:-1] - (values[:-2] + values[2:]) / 2
    rough = np.median(np.abs(middle)) / 0.6745 / np.sqrt(1.5)
    rises = np.maximum(np.diff(values), 0.0)
    # Of differences of pure noise half are rises with mean square 2 sd^2; deaths remove rises.
    weight = middle.size / 4.0
    pooled = PRIOR_DEGREES_OF_FREEDOM * TYPICAL_READING_SD**2 + weight * rough**2
    estimate = np.sqrt(pooled / (PRIOR_DEGREES_OF_FREEDOM + weight))
    return float(max(estimate, FINEST_READING_SD, np.sqrt(np.mean(rises**2)) / 2))


def untangled(times: NDArray, survival: NDArray, sd: float) -> NDArray:
    """Exchange neighbours that jitter in time put in the wrong order across a drop."""
    rise = 3.0 * np.sqrt(2.0) * sd
    window = 6.0 * TIME_SD_PER_SURVIVAL_SD * sd * times[-1]
    values, origin = survival.copy(), times.copy()
    for _ in range(6):
        swapped = False
        for i in np.flatnonzero(np.diff(values) > rise):
            near = max(abs(times[i] - origin[i + 1]), abs(times[i + 1] - origin[i])) <= window
            if near and values[i + 1] - values[i] > rise:
                values[[i, i + 1]] = values[[i + 1, i]]
                origin[[i, i + 1]] = origin[[i + 1, i]]
                swapped = True
        if not swapped:
            break
    return values


def _change_points(survival: NDArray, sd: float, penalty: float = 4.0) -> NDArray:
    """First index of each constant segment (penalised least squares, optimal partition)."""
    m = survival.size
    total = np.r_[0.0, np.cumsum(survival)]
    squares = np.r_[0.0, np.cumsum(survival**2)]
    best = np.full(m + 1, np.inf)
    best[0] = 0.0
    previous = np.zeros(m + 1, dtype=int)
    for stop in range(1, m + 1):
        count = stop - np.arange(stop)
        mean = (total[stop] - total[:stop]) / count
        spread = squares[stop] - squares[:stop] - count * mean**2
        cost = best[:stop] + spread / sd**2 + penalty
        previous[stop] = int(np.argmin(cost))
        best[stop] = cost[previous[stop]]
    starts, stop = [], m
    while stop > 0:
        starts.append(previous[stop])
        stop = previous[stop]
    return np.asarray(starts[::-1])


def _levels(
    times: NDArray, survival: NDArray, starts: NDArray, sd: float, time_sd: float
) -> Staircase:
    """Levels of the segments, merged where they rise, and the drops between them."""
    stops = np.r_[starts[1:], times.size]
    count = (stops - starts).astype(float)
    mean = np.add.reduceat(survival, starts) / count
    mean, count, starts = _pool_rises(mean, count, starts)
    stops = np.r_[starts[1:], times.size]
    mean[0] = 1.0
    count[0] = 1e4
    return Staircase(
        level=np.clip(mean, 0.0, 1.0),
        level_sd=np.maximum(sd / np.sqrt(count), FINEST_READING_SD),
        earliest=times[stops[:-1] - 1],
        latest=times[starts[1:]],
        certain=np.zeros(starts.size - 1, dtype=bool),
        end=float(times[-1]),
        exact=False,
        reading_sd=float(sd),
        time_unit=float(2.0 * time_sd),
        parts=np.ones(starts.size - 1, dtype=int),
    )


def _pool_rises(mean: NDArray, count: NDArray, starts: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Pool adjacent levels that rise (isotonic regression)."""
    pooled = []
    for value, weight, start in zip(mean, count, starts, strict=True):
        pooled.append([value, weight, start])
        while len(pooled) > 2 and pooled[-1][0] >= pooled[-2][0]:
            high, more, _ = pooled.pop()
            low, fewer, first = pooled.pop()
            both = fewer + more
            pooled.append([(low * fewer + high * more) / both, both, first])
    values, weights, first = (np.asarray(column) for column in zip(*pooled, strict=True))
    return values, weights, first.astype(int)


def widened(staircase: Staircase, factor: float, *, certain: bool = True) -> Staircase:
    """The same staircase with a larger reading error."""
    return replace(
        staircase,
        level_sd=np.minimum(staircase.level_sd * factor, 1.0),
        certain=staircase.certain & certain,
        finer=staircase.finer and widened(staircase.finer, factor, certain=certain),
    )
