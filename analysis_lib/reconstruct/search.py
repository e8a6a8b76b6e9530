"""Search for the reconstructions that a reading and the printed facts can bear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.reconstruct.censoring import CensoringPatterns, usual_patterns
from analysis_lib.reconstruct.dynamic_programme import LARGE_ARM, Lattice
from analysis_lib.reconstruct.facts import PrintedFacts
from analysis_lib.reconstruct.patients import emit_patients
from analysis_lib.reconstruct.schedule import (
    end_by_table,
    plan_schedule,
    split_at_table,
    ticks_after,
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
# An event total that needs a wider reading error than this contradicts the curve.
MOST_WIDENING = 4.0
DRAWS = 200
# Tilts of the event total tried, batches drawn under the last, and matching paths that suffice.
MOST_TILTS = 8
MOST_BATCHES = 10
ENOUGH = 25


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
    """

    central: pd.DataFrame
    imputations: tuple[pd.DataFrame, ...]
    reading_sd: float


@dataclass(frozen=True)
class _Problem:
    """One arm: the folded reading, the order of steps, the facts, and the prior of censoring."""

    stairs: Staircase
    schedule: tuple
    facts: PrintedFacts
    patterns: CensoringPatterns

    def lattice(self, relaxation, tilt=0.0) -> Lattice:
        """Forward pass under one of ``RELAXATIONS``."""
        factor, soft, certain = relaxation
        return Lattice(
            widened(self.stairs, factor, certain=certain),
            self.schedule,
            self.facts.n,
            self.patterns,
            tilt=tilt,
            soft=soft,
            ticks_left=ticks_after(self.schedule, self.facts),
        )

    def patients(self, path, lanes, generator=None):
        """Patients of one path."""
        return emit_patients(
            path, self.stairs, self.schedule, self.patterns, lanes, self.facts, generator=generator
        )


def draw_reconstructions(times, survival, facts, *, reading_sd, n_imputations, generator) -> Search:
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
    problem = _stated(times, survival, facts, reading_sd)
    paths = _posterior(problem, max(ENOUGH, 3 * n_imputations), generator)
    central = problem.patients(_central(paths), paths.pattern)
    picks = generator.integers(paths.left.size, size=n_imputations)
    imputations = tuple(
        problem.patients(_several(paths, [i]), paths.pattern[[i]], generator) for i in picks
    )
    return Search(central, imputations, problem.stairs.reading_sd)


def _stated(times, survival, facts, reading_sd):
    stairs = fold_reading(times, survival, reading_sd=reading_sd)
    stairs = split_at_table(end_by_table(stairs, facts), facts)
    patterns = usual_patterns(
        _horizon(stairs), facts.n * _lowest(stairs), coarse=facts.n > LARGE_ARM
    )
    return _Problem(stairs, plan_schedule(stairs, facts), facts, patterns)


def _lowest(stairs):
    """Lowest survival that is not zero within reading error."""
    alive = stairs.level[stairs.level > 2.0 * stairs.reading_sd]
    return float(alive.min())


def _horizon(stairs):
    """End of follow-up; later than the curve's end when the curve ends with a drop."""
    last = stairs.latest[-1] if stairs.latest.size else 0.0
    return stairs.end if stairs.end - last > 0.01 * stairs.end else 1.1 * stairs.end


def _posterior(problem, enough, generator):
    """Paths under the first relaxation that lets facts and curve stand together."""
    nearest = None
    for relaxation in RELAXATIONS:
        lattice = problem.lattice(relaxation)
        if not lattice.possible:
            continue
        paths = lattice.draw(DRAWS, generator)
        if problem.facts.n_events is None:
            return paths
        paths, exact = _with_events(problem, relaxation, lattice, paths, enough, generator)
        if exact:
            return paths
        nearest = nearest or paths
        if relaxation[0] >= MOST_WIDENING:
            break
    return nearest


def _with_events(problem, relaxation, lattice, paths, enough, generator):
    """Paths with the printed total of events, or the nearest there are."""
    target, tilt, trail = problem.facts.n_events, 0.0, []
    for _ in range(MOST_TILTS):
        total = paths.deaths.sum(axis=1)
        if abs(total.mean() - target) <= max(1.5 * total.std(), 0.7):
            break
        trail.append((tilt, total.mean()))
        tilt = _next_tilt(trail, target, total)
        tilted = problem.lattice(relaxation, tilt)
        if not tilted.possible:
            break
        lattice, paths = tilted, tilted.draw(DRAWS, generator)
    return _drawn_until(lattice, paths, target, enough, generator)


def _drawn_until(lattice, paths, target, enough, generator):
    """Draw on until enough paths have the total; the nearest ones when none has."""
    kept, nearest = [], None
    for _ in range(MOST_BATCHES):
        away = np.abs(paths.deaths.sum(axis=1) - target)
        kept.append(_several(paths, np.flatnonzero(away == 0)))
        if nearest is None or away.min() < nearest[0]:
            nearest = (away.min(), _several(paths, np.flatnonzero(away == away.min())))
        if sum(part.left.size for part in kept) >= enough:
            break
        paths = lattice.draw(2 * DRAWS, generator)
    found = _joined(kept)
    return (found, True) if found.left.size else (nearest[1], False)


def _next_tilt(trail, target, total):
    """Newton's step on the expected number of events; bisection between known ends."""
    tilt, mean = trail[-1]
    step = (target - mean) / max(total.var(), 0.25)
    guess = tilt + float(np.clip(step, -2.0, 2.0))
    low = max((t for t, m in trail if m < target), default=-np.inf)
    high = min((t for t, m in trail if m > target), default=np.inf)
    if not low < guess < high and np.isfinite(low) and np.isfinite(high):
        guess = (low + high) / 2
    return guess


def _several(paths, index):
    return Paths(**{name: value[index] for name, value in vars(paths).items()})


def _joined(parts):
    names = vars(parts[0])
    return Paths(**{name: np.concatenate([vars(p)[name] for p in parts]) for name in names})


def _central(paths):
    """The draw nearest to the mean of all in what a hazard ratio rests on."""
    log_risk = np.log(np.maximum(paths.at_risk, 1))
    share = paths.deaths.mean(axis=0)
    total = paths.deaths.sum(axis=1)
    away = ((log_risk - log_risk.mean(axis=0)) ** 2 * share).sum(axis=1) / max(share.sum(), 1e-9)
    away = away + (np.log(np.maximum(total, 0.5)) - np.log(max(total.mean(), 0.5))) ** 2
    return _several(paths, [int(np.argmin(away))])
