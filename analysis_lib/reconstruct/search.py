"""Search for the reconstructions that a reading and the printed facts can bear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.reconstruct.censoring import CensoringPatterns, usual_patterns
from analysis_lib.reconstruct.drawing import NoPathError
from analysis_lib.reconstruct.dynamic_programme import LARGE_ARM, Lattice
from analysis_lib.reconstruct.facts import PrintedFacts
from analysis_lib.reconstruct.merging import merge_drops
from analysis_lib.reconstruct.patients import emit_patients
from analysis_lib.reconstruct.schedule import (
    end_by_table,
    plan_schedule,
    split_at_table,
    ticks_after,
    ticks_to_end,
)
from analysis_lib.reconstruct.staircase import Staircase, fold_reading, widened
from analysis_lib.reconstruct.steps import Paths

# Relaxations tried in turn until printed facts and curve can stand together: factor on the
# reading error, printed numbers at risk as wishes, drops that need not be deaths.
RELAXATIONS = (
    (1.0, False, True),
    (2.0, False, True),
    (4.0, False, True),
    (2.0, True, True),
    (10.0, True, True),
    (50.0, True, False),
    (1e4, True, False),
)
# With censor ticks only these: a tick is a mark of a few pixels, read where lines cross, and gives
# way before the table becomes a wish or the curve is left.
WITH_TICKS = RELAXATIONS[:3]
# An event total that needs a wider reading error than this contradicts the curve.
MOST_WIDENING = 4.0
DRAWS = 150
# Longer staircases, exact and noisy, have neighbouring drops taken as one.
MOST_DROPS = {True: 50, False: 30}
# A quick search for the tilt of a large arm.
COARSE_DROPS, COARSE_BINS = 12, 5
COARSE_NEAR = 3.0
MOST_COARSE_TILTS = 6
# Draws guided to an event total, which may not lie further than this many standard deviations
# from the expected one; tilts of the deaths tried until it does, and the longest step of one.
GUIDED_DRAWS = 150
NEAR = 8.0
MOST_TILTS = 4
LONGEST_STEP = 0.5
# Batches drawn, and matching paths (worth as many of equal weight) that suffice.
MOST_BATCHES = 4
ENOUGH = 25

#: Factor on the reading error, whether the table is a wish, whether drops are surely deaths.
Relaxation = tuple[float, bool, bool]
#: Smallest distance from the printed total so far, and the draws that have it.
Nearest = tuple[int, Paths]
#: Tilts tried, with expected events and log total weight.
Trail = list[tuple[float, float, float]]


@dataclass(frozen=True)
class Search:
    """The central reconstruction and further draws.

    Attributes
    ----------
    central : pandas.DataFrame
        The draw nearest to the mean of all.
    imputations : tuple of pandas.DataFrame
        Draws from the posterior distribution.
    reading_sd : float
        Standard deviation of one reading of survival.
    time_unit : float
        Months within which two times of the reading cannot be told apart.
    """

    central: pd.DataFrame
    imputations: tuple[pd.DataFrame, ...]
    reading_sd: float
    time_unit: float


@dataclass(frozen=True)
class _Problem:
    """One arm: the folded reading, the order of steps, the facts, and the prior of censoring."""

    stairs: Staircase
    schedule: tuple
    facts: PrintedFacts
    patterns: CensoringPatterns

    def lattice(
        self, relaxation: Relaxation, tilt: float = 0.0, bins: int | None = None
    ) -> Lattice:
        """Forward pass under one of ``RELAXATIONS``."""
        factor, soft, certain = relaxation
        return Lattice(
            widened(self.stairs, factor, certain=certain),
            self.schedule,
            self.facts.n,
            self.patterns,
            tilt=tilt,
            bins=bins,
            soft=soft,
            counted=self.facts.n_events is not None,
            ticks_left=ticks_after(self.schedule, self.facts),
            sure_ticks=self.facts.sure_ticks,
        )

    def coarse(self) -> _Problem:
        """The same arm with few drops, to find how to tilt the deaths."""
        stairs = self.stairs.finer or self.stairs
        stairs = merge_drops(stairs, COARSE_DROPS, self.facts.table_times)
        return replace(self, stairs=stairs, schedule=plan_schedule(stairs, self.facts))

    def patients(
        self, path: Paths, lanes: NDArray, generator: np.random.Generator | None = None
    ) -> pd.DataFrame:
        """Patients of one path."""
        return emit_patients(
            path, self.stairs, self.schedule, self.patterns, lanes, self.facts, generator=generator
        )


def draw_reconstructions(
    times: NDArray,
    survival: NDArray,
    facts: PrintedFacts,
    *,
    reading_sd: float | None,
    n_imputations: int,
    generator: np.random.Generator,
) -> Search:
    """The central reconstruction and further draws from the posterior distribution.

    Parameters
    ----------
    times, survival : ndarray, shape (m,)
        The reading, sorted by time.
    facts : PrintedFacts
        What is printed beside it.
    reading_sd : float or None
        Standard deviation of one reading of survival; None has it estimated.
    n_imputations : int
        Further draws.
    generator : numpy.random.Generator
        Source of all randomness.
    """
    problem, paths = _solved(
        times, survival, facts, reading_sd, max(ENOUGH, 10 * n_imputations), generator
    )
    central = problem.patients(_central(paths), paths.pattern)
    picks = generator.integers(paths.left.size, size=n_imputations)
    imputations = tuple(
        problem.patients(_several(paths, [i]), paths.pattern[[i]], generator) for i in picks
    )
    return Search(central, imputations, problem.stairs.reading_sd, problem.stairs.time_unit)


def _solved(
    times: NDArray,
    survival: NDArray,
    facts: PrintedFacts,
    reading_sd: float | None,
    enough: int,
    generator: np.random.Generator,
) -> tuple[_Problem, Paths]:
    """The arm with as many of its facts as can stand together, and its paths.

    Ticks give way first, as few as can, then all, then the total of events, then the table;
    what gave way is named by the comparison with all facts.
    """
    for asked in _with_fewer_facts(facts):
        problem = _stated(times, survival, asked, reading_sd)
        paths = _posterior(problem, enough, generator)
        if paths is not None:
            return problem, paths
    raise InvalidInputError("curve: no patients have such a curve; check n and the reading")


def _with_fewer_facts(facts: PrintedFacts) -> Iterator[PrintedFacts]:
    # More ticks than patients are a misreading, and none of them can be trusted.
    credible = facts.ticks.size <= facts.n
    if credible:
        yield facts
    if facts.has_ticks:
        if credible:
            yield replace(facts, sure_ticks=False)
        facts = replace(facts, ticks=np.zeros(0), has_ticks=False)
        yield facts
    if facts.n_events is not None:
        facts = replace(facts, n_events=None)
        yield facts
    if facts.table_times.size:
        yield replace(facts, table_times=np.zeros(0), table_counts=np.zeros(0, dtype=int))


def _stated(
    times: NDArray, survival: NDArray, facts: PrintedFacts, reading_sd: float | None
) -> _Problem:
    stairs = fold_reading(times, survival, reading_sd=reading_sd)
    ended = end_by_table(stairs, facts)
    facts = ticks_to_end(facts, stairs, ended.end)
    stairs = split_at_table(ended, facts)
    stairs = merge_drops(stairs, MOST_DROPS[stairs.exact], facts.table_times)
    patterns = usual_patterns(
        _horizon(stairs), facts.n * _lowest(stairs), coarse=facts.n > LARGE_ARM
    )
    return _Problem(stairs, plan_schedule(stairs, facts), facts, patterns)


def _lowest(stairs: Staircase) -> float:
    """Lowest survival that is not zero within reading error."""
    alive = stairs.level[stairs.level > 2.0 * stairs.reading_sd]
    return float(alive.min())


def _horizon(stairs: Staircase) -> float:
    """End of follow-up; later than the curve's end when the curve ends with a drop."""
    last = stairs.latest[-1] if stairs.latest.size else 0.0
    return stairs.end if stairs.end - last > 0.01 * stairs.end else 1.1 * stairs.end


def _posterior(problem: _Problem, enough: int, generator: np.random.Generator) -> Paths | None:
    """Paths under the first relaxation that lets facts and curve stand together, or None."""
    nearest = None
    for relaxation in WITH_TICKS if problem.facts.has_ticks else RELAXATIONS:
        try:
            found = _under(problem, relaxation, enough, generator)
        except NoPathError:
            found = None
        if found is None:
            continue
        paths, exact = found
        if exact:
            return paths
        nearest = nearest or paths
        if relaxation[0] >= MOST_WIDENING:
            break
    return nearest


def _under(
    problem: _Problem, relaxation: Relaxation, enough: int, generator: np.random.Generator
) -> tuple[Paths, bool] | None:
    """Paths under one relaxation, and whether they have the printed total of events."""
    if problem.facts.n_events is not None:
        return _with_events(problem, relaxation, enough, generator)
    lattice = problem.lattice(relaxation)
    return (lattice.draw(DRAWS, generator), True) if lattice.possible else None


def _with_events(
    problem: _Problem, relaxation: Relaxation, enough: int, generator: np.random.Generator
) -> tuple[Paths, bool] | None:
    """Paths with the printed total of events, or the nearest there are; None without any."""
    target, trail = problem.facts.n_events, []
    tilt, nearest = _starting_tilt(problem, relaxation), None
    for _ in range(MOST_TILTS):
        lattice = problem.lattice(relaxation, tilt)
        if not lattice.possible:
            break
        mean, sd = lattice.total_deaths()
        if abs(mean - target) <= max(NEAR * sd, 1.5) or len(trail) == MOST_TILTS - 1:
            found, nearest = _drawn(lattice, target, enough, generator, nearest)
            if found is not None:
                return found, True
        trail.append((tilt, mean, lattice.log_weight))
        tilt = _next_tilt(trail, target, sd)
    return nearest and (nearest[1], False)


def _starting_tilt(problem: _Problem, relaxation: Relaxation) -> float:
    """Tilt that brings the total of a large arm within reach, found with few drops."""
    tilt, trail = 0.0, []
    if problem.facts.n <= LARGE_ARM:
        return tilt
    coarse, target = problem.coarse(), problem.facts.n_events
    for _ in range(MOST_COARSE_TILTS):
        lattice = coarse.lattice(relaxation, tilt, COARSE_BINS)
        if not lattice.possible:
            return 0.0
        mean, sd = lattice.total_deaths()
        if abs(mean - target) <= max(COARSE_NEAR * sd, 1.5):
            break
        trail.append((tilt, mean, lattice.log_weight))
        tilt = _next_tilt(trail, target, sd)
    return tilt


def _drawn(
    lattice: Lattice,
    target: int,
    enough: int,
    generator: np.random.Generator,
    nearest: Nearest | None,
) -> tuple[Paths | None, Nearest]:
    """Draws that have the total, or None, and the nearest draws so far with their distance."""
    kept = []
    for _ in range(MOST_BATCHES):
        paths = lattice.draw(GUIDED_DRAWS, generator, target)
        away = np.abs(paths.deaths.sum(axis=1) - target)
        if nearest is None or away.min() < nearest[0]:
            nearest = (away.min(), _several(paths, np.flatnonzero(away == away.min())))
        kept.append(_several(paths, np.flatnonzero(away == 0)))
        if _effective(np.concatenate([part.log_weight for part in kept])) >= enough:
            break
        if not kept[-1].left.size:
            break
    found = _joined(kept)
    if not found.left.size:
        return None, nearest
    return _resampled(found, max(DRAWS, enough), generator), nearest


def _effective(log_weight: NDArray) -> float:
    """Number of equally weighted draws that are worth as much."""
    if not log_weight.size:
        return 0.0
    weight = np.exp(log_weight - log_weight.max())
    return float(weight.sum() ** 2 / (weight**2).sum())


def _resampled(paths: Paths, size: int, generator: np.random.Generator) -> Paths:
    """Draws of equal weight (systematic resampling)."""
    weight = np.exp(paths.log_weight - paths.log_weight.max())
    mark = (np.arange(size) + generator.random()) / size
    index = np.searchsorted(np.cumsum(weight) / weight.sum(), mark)
    return _several(paths, np.minimum(index, weight.size - 1))


def _next_tilt(trail: Trail, target: int, sd: float) -> float:
    """Newton's step on the expected number of events.

    Between known ends, where the tangents of the convex log total weight meet instead: with two
    kinds of paths, of few and of many events, that is where they weigh the same.
    """
    tilt, mean, _ = trail[-1]
    step = (target - mean) / max(sd**2, 0.25)
    guess = tilt + float(np.clip(step, -LONGEST_STEP, LONGEST_STEP))
    below = max((end for end in trail if end[1] < target), default=None)
    above = min((end for end in trail if end[1] >= target), default=None)
    if below is None or above is None or below[0] < guess < above[0]:
        return guess
    offset = [log_weight - mean * tilt for tilt, mean, log_weight in (below, above)]
    meet = (offset[0] - offset[1]) / max(above[1] - below[1], 1e-9)
    width = above[0] - below[0]
    return float(np.clip(meet, below[0] + 0.05 * width, above[0] - 0.05 * width))


def _several(paths: Paths, index: ArrayLike) -> Paths:
    return Paths(**{name: value[index] for name, value in vars(paths).items()})


def _joined(parts: list[Paths]) -> Paths:
    names = vars(parts[0])
    return Paths(**{name: np.concatenate([vars(p)[name] for p in parts]) for name in names})


def _central(paths: Paths) -> Paths:
    """The draw nearest to the mean of all in what a hazard ratio rests on."""
    log_risk = np.log(np.maximum(paths.at_risk, 1))
    share = paths.deaths.mean(axis=0)
    total = paths.deaths.sum(axis=1)
    away = ((log_risk - log_risk.mean(axis=0)) ** 2 * share).sum(axis=1) / max(share.sum(), 1e-9)
    away = away + (np.log(np.maximum(total, 0.5)) - np.log(max(total.mean(), 0.5))) ** 2
    return _several(paths, [int(np.argmin(away))])
