"""Deaths and censorings that a Kaplan-Meier staircase can bear, by dynamic programming.

The state is the number at risk and the survival of the reconstruction itself (in narrow bins
around the reading, each remembering its mean). Steps in time order: some patients are censored,
the number at risk is checked where it is printed, some die. Because a drop's relative height is
deaths / number at risk, both become known together where the reading is fine enough; where it
is not, the censoring patterns decide. The forward pass sums over all paths, the backward pass
draws whole paths from the posterior distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from analysis_lib.reconstruct.censoring import CensoringPatterns
from analysis_lib.reconstruct.departures import (
    Departures,
    binomial_departures,
    ticked_departures,
)
from analysis_lib.reconstruct.drawing import DrawState, choose_one
from analysis_lib.reconstruct.drop_moves import DropPrior, moves_of_drop
from analysis_lib.reconstruct.staircase import Staircase
from analysis_lib.reconstruct.steps import Paths, Schedule, Step

# Weight of "any number may be censored here", so that a printed table can demand a lump that
# no pattern expects.
LUMP_WEIGHT = 1e-4
# Weight of a reading beyond its error: pixels are misjudged and fingers slip.
OUTLIER_WEIGHT = 1e-3
# Above this many patients fewer bins keep the time within bounds.
LARGE_ARM = 150
# Bins of survival of small and large arms, where the reading is exact and where it is not.
BINS = {True: (15, 9), False: (13, 9)}
# States below this share of all weight are dropped on the way.
NEGLIGIBLE = 1e-7


@dataclass
class _Layer:
    """Weights before a step: rows are numbers at risk from ``low``, then bins, then patterns.

    ``means`` holds, per row and bin, the mean survival of the paths there and, where a total is
    to be met, the first two moments of their deaths so far.
    """

    low: int
    weight: np.ndarray
    means: np.ndarray
    extra: dict = field(default_factory=dict)


class Lattice:
    """Forward pass over a schedule; then draws by :meth:`draw`.

    Parameters
    ----------
    staircase : Staircase
        Levels and drops.
    schedule : sequence of Step
        Steps in time order.
    n : int
        Patients.
    patterns : CensoringPatterns
        Prior of censoring.
    tilt : float
        Log weight of each death; moves the expected number of deaths.
    bins : int
        Bins of survival around each level.
    soft : bool
        Whether printed numbers at risk are wishes instead of demands.
    ticks_left : int, optional
        Censor ticks after the last step, where ticks are printed.
    sure_ticks : bool
        Whether every tick is a patient.
    counted : bool
        Whether draws will be asked to have a given total of deaths.
    """

    def __init__(
        self,
        staircase: Staircase,
        schedule: Schedule,
        n: int,
        patterns: CensoringPatterns,
        *,
        tilt: float = 0.0,
        bins: int | None = None,
        soft: bool = False,
        ticks_left: int | None = None,
        sure_ticks: bool = True,
        counted: bool = False,
    ) -> None:
        self.staircase: Staircase = staircase
        self.schedule = tuple(schedule)
        self.n = n
        self.patterns: CensoringPatterns = patterns
        self.tilt = tilt
        self.bins = bins = bins or BINS[staircase.exact][n > LARGE_ARM]
        self.soft = soft
        self.ticks_left, self.sure_ticks = ticks_left, sure_ticks
        self.moments = 3 if counted else 1
        pinned = any(step.kind in ("pin", "cross") for step in self.schedule)
        self.lump_weight = LUMP_WEIGHT if pinned else 0.0
        reach = 2.0 * np.sqrt(12.0) / 2 if staircase.exact else 3.5
        self.reach = reach * staircase.level_sd
        self.width = 2.0 * self.reach / (bins - 1)
        self.log_factorial = gammaln(np.arange(n + 2) + 1.0)
        self.expected = staircase.expected_deaths()
        self.ties = staircase.tied_share(n)
        self.floors = self._floors()
        self.layers: list[_Layer] = []
        self.log_weight = 0.0
        self.possible = self._forward()

    # -- forward ---------------------------------------------------------------------------

    def _forward(self) -> bool:
        patterns = self.patterns.probability.size
        weight = np.zeros((1, self.bins, patterns), dtype=float)
        weight[0, self.bins // 2] = self.patterns.probability
        means = np.zeros((1, self.bins, self.moments))
        means[..., 0] = 1.0
        layer = _Layer(self.n, weight, means)
        for step, floor in zip(self.schedule, self.floors, strict=True):
            self.layers.append(layer)
            layer = getattr(self, "_" + step.kind)(layer, step, floor)
            total = layer.weight.sum()
            if not total > 0:
                return False
            self.log_weight += float(np.log(total))
            layer = _trimmed(layer, total, floor)
        layer = _Layer(layer.low, layer.weight * self._ending(layer), layer.means)
        self.layers.append(layer)
        total = layer.weight.sum()
        if not total > 0:
            return False
        self.log_weight += float(np.log(total))
        return True

    def _floors(self) -> list[int]:
        """Fewest at risk after each step that still let the next printed number be met."""
        floors, floor = [], 0
        for step in reversed(self.schedule):
            floors.append(floor)
            if step.kind in ("pin", "open") and not self.soft:
                floor = step.count
        return floors[::-1]

    def _ending(self, layer: _Layer) -> NDArray:
        """Weight of the number left after the last step: one patient a remaining tick."""
        rows = layer.low + np.arange(layer.weight.shape[0])
        if self.ticks_left is None:
            return np.ones((rows.size, 1, 1), dtype=float)
        weight = 0.1 ** np.minimum(np.abs(rows - self.ticks_left), 30.0)
        return np.where(rows < self.ticks_left, 1e-3 * weight, weight)[:, None, None]

    def _open(self, layer: _Layer, step: Step, floor: int) -> _Layer:
        weight = np.concatenate([layer.weight, np.zeros_like(layer.weight)], axis=2)
        return _Layer(layer.low, weight, layer.means)

    def _pin_weight(self, layer: _Layer, step: Step) -> NDArray:
        rows = layer.low + np.arange(layer.weight.shape[0])
        away = np.abs(rows - step.count)
        return np.exp(-3.0 * away) if self.soft else (away == 0).astype(float)

    def _pin(self, layer: _Layer, step: Step, floor: int) -> _Layer:
        weight = layer.weight * self._pin_weight(layer, step)[:, None, None]
        return _Layer(layer.low, weight, layer.means)

    def _cross(self, layer: _Layer, step: Step, floor: int) -> _Layer:
        weight = layer.weight.copy()
        half = weight.shape[2] // 2
        weight[:, :, half:] += weight[:, :, :half] * self._pin_weight(layer, step)[:, None, None]
        return _Layer(layer.low, weight, layer.means)

    def _close(self, layer: _Layer, step: Step, floor: int) -> _Layer:
        half = layer.weight.shape[2] // 2
        return _Layer(layer.low, layer.weight[:, :, half:], layer.means)

    def _censor(self, layer: _Layer, step: Step, floor: int) -> _Layer:
        rows, bins, lanes = layer.weight.shape
        before = self._switched(layer.weight, step)
        leaving = self._departures(step, layer.low + rows - 1)
        layer.extra.update(leaving=leaving, switched=before)
        # Nobody is left only once the last have died: censoring never empties the arm.
        empty = int(layer.low == 0)
        start = layer.low + empty
        lumps = self.lump_weight > 0 and step.stop > step.start and step.least < 0
        low = min(max(0 if lumps else start - leaving.most, floor, 1), start)
        passed = np.zeros((layer.low + rows - low, (1 + self.moments) * bins, lanes))
        if rows > empty:
            body, means = before[empty:], layer.means[empty:, :, None]
            parts = [body] + [body * means[..., m] for m in range(self.moments)]
            parts = np.concatenate(parts, axis=1)
            self._carry(leaving, start, parts, passed, low)
            if lumps:
                _add_lumps(passed, parts * (self.lump_weight / (self.n + 1.0)), start - low)
        weight, moment = passed[:, :bins], passed[:, bins:].sum(axis=2)
        mass = weight.sum(axis=2)[..., None]
        moment = moment.reshape(-1, self.moments, bins).transpose(0, 2, 1)
        means = moment / np.where(mass > 0, mass, 1.0)
        if empty:
            weight = np.concatenate([before[:1], weight])
            means = np.concatenate([layer.means[:1], means])
        return _Layer(low - empty, weight, means)

    def _carry(
        self, leaving: Departures, start: float, both: NDArray, passed: NDArray, low: int
    ) -> None:
        """Write what each pattern passes on into the rows it can reach."""
        size = self.patterns.probability.size
        columns = both.reshape(both.shape[0], -1, size).transpose(2, 0, 1)
        lowest = max(start - leaving.most, low)
        after = leaving.carry(start, np.ascontiguousarray(columns), lowest)
        passed[lowest - low :] = after.transpose(1, 2, 0).reshape(-1, *passed.shape[1:])

    def _switched(self, weight: NDArray, step: Step) -> NDArray:
        """Let the pattern of censoring change along the way."""
        switch = self.patterns.switch(step.start, step.stop)
        split = weight.reshape(*weight.shape[:2], -1, self.patterns.probability.size)
        mixed = split.sum(axis=3, keepdims=True) * self.patterns.probability
        mixed = (1.0 - switch) * split + switch * mixed
        return mixed.reshape(weight.shape)

    def _departures(self, step: Step, largest: int) -> Departures:
        if step.least >= 0:
            return ticked_departures(step.least, self.log_factorial, sure=self.sure_ticks)
        stay = self.patterns.stay(step.start, step.stop)
        return binomial_departures(stay, largest, self.log_factorial)

    def _death(self, layer: _Layer, step: Step, floor: int) -> _Layer:
        stairs, k = self.staircase, step.index + 1
        lanes = layer.weight.shape[2]
        prior = DropPrior(
            self.expected[step.index],
            self.ties,
            int(stairs.parts[step.index]),
            bool(stairs.certain[step.index]),
            self.tilt,
        )
        moves = moves_of_drop(
            layer.low,
            layer.weight.sum(axis=2),
            layer.means[..., 0],
            stairs.level[k],
            self.reach[k],
            self.width[k],
            prior,
            NEGLIGIBLE,
        )
        if moves is None:
            nothing = np.zeros((1, self.bins, lanes))
            return _Layer(0, nothing, nothing[..., :1])
        layer.extra["moves"] = moves
        weight, means = moves.carry(
            layer.weight.reshape(-1, lanes), layer.means.reshape(-1, self.moments)
        )
        weight *= self._likelihood(means[:, 0], k)[:, None]
        shape = (moves.size, self.bins, -1)
        return _Layer(moves.low, weight.reshape(shape), means.reshape(shape))

    def _likelihood(self, survival: NDArray, k: int) -> NDArray:
        """Likelihood of the reading of level k given the true survival."""
        sd = self.staircase.level_sd[k]
        away = np.abs(survival - self.staircase.level[k]) / sd
        if self.staircase.exact:
            # Half a pixel is sqrt(3) standard deviations of a uniform reading.
            fits = np.exp(-((away / (1.15 * np.sqrt(3.0))) ** 8))
        else:
            fits = np.exp(-0.5 * away**2)
        return fits + OUTLIER_WEIGHT

    # -- backward --------------------------------------------------------------------------

    def total_deaths(self) -> tuple[float, float]:
        """Mean and standard deviation of all deaths, where they are counted."""
        layer = self.layers[-1]
        share = layer.weight.sum(axis=2) / layer.weight.sum()
        mean, square = (float((share * layer.means[..., m]).sum()) for m in (1, 2))
        return mean, float(np.sqrt(max(square - mean**2, 0.0)))

    def draw(self, size: int, generator: np.random.Generator, total: int | None = None) -> Paths:
        """Draw whole paths from the posterior distribution.

        Parameters
        ----------
        size : int
            Number of paths.
        generator : numpy.random.Generator
            Source of randomness.
        total : int, optional
            Deaths wanted: at each step back, states whose deaths so far fit what is missing are
            preferred (a twisted proposal), and ``log_weight`` says how much too often.

        Returns
        -------
        Paths
        """
        last = self.layers[-1]
        state = DrawState.start(last.low, last.weight, last.means, size, generator, total)
        steps = np.zeros((size, len(self.schedule)), dtype=int)
        crossed = np.zeros((size, len(self.schedule)), dtype=int)
        drops = self.staircase.level.size - 1
        deaths = np.zeros((size, drops), dtype=int)
        at_risk = np.zeros((size, drops), dtype=int)
        left = state.at_risk.copy()
        pattern = np.repeat(state.lane[:, None], len(self.schedule) + 1, axis=1)
        for s in range(len(self.schedule) - 1, -1, -1):
            step, layer = self.schedule[s], self.layers[s]
            if step.kind == "death":
                deaths[:, step.index] = self._undo_death(layer, state, generator)
                at_risk[:, step.index] = state.at_risk
                steps[:, s] = deaths[:, step.index]
            elif step.kind == "censor":
                steps[:, s] = self._undo_censor(layer, step, state, generator)
                pattern[:, s] = state.lane % self.patterns.probability.size
                self._undo_switch(layer, step, state, generator)
            elif step.kind == "cross":
                crossed[:, s] = self._undo_cross(layer, step, state, generator)
            elif step.kind == "close":
                state.lane = state.lane + layer.weight.shape[2] // 2
            if total is not None and state.worn():
                again = state.renew(generator)
                steps, crossed, deaths = steps[again], crossed[again], deaths[again]
                at_risk, left, pattern = at_risk[again], left[again], pattern[again]
        return Paths(deaths, at_risk, steps, crossed, left, pattern, state.log_weight)

    def _undo_death(
        self, layer: _Layer, state: DrawState, generator: np.random.Generator
    ) -> NDArray:
        moves = layer.extra["moves"]
        target = (state.at_risk - moves.low) * self.bins + state.bin
        first, stop = moves.first[target], moves.first[target + 1]
        offset = np.arange((stop - first).max())
        index = np.minimum(first[:, None] + offset, stop[:, None] - 1)
        flat = layer.weight.reshape(-1, layer.weight.shape[2])
        weight = moves.chance[index] * flat[moves.source[index], state.lane[:, None]]
        weight = np.where(offset < (stop - first)[:, None], weight, 0.0)
        means = layer.means.reshape(-1, self.moments)[moves.source[index]]
        pick = state.choose(weight, means, moves.deaths[index], generator)
        chosen = index[np.arange(index.shape[0]), pick]
        state.at_risk, state.bin = moves.at_risk[chosen], moves.source[chosen] % self.bins
        if state.missing is not None:
            state.missing = state.missing - moves.deaths[chosen]
        return moves.deaths[chosen]

    def _undo_censor(
        self, layer: _Layer, step: Step, state: DrawState, generator: np.random.Generator
    ) -> NDArray | int:
        leaving = layer.extra["leaving"]
        if leaving.most == 0:
            return 0
        rows = layer.weight.shape[0]
        lumps = self.lump_weight > 0 and step.least < 0
        most = rows - 1 + layer.low - state.at_risk.min()
        most = most if lumps else min(most, leaving.most)
        gone = np.arange(max(most, 0) + 1)[None, :]
        before = state.at_risk[:, None] + gone
        source = before - layer.low
        inside = (source >= 0) & (source < rows) & ((state.at_risk[:, None] > 0) | (gone == 0))
        source = np.clip(source, 0, rows - 1)
        weight = layer.extra["switched"][source, state.bin[:, None], state.lane[:, None]]
        pattern = state.lane[:, None] % self.patterns.probability.size
        chance = leaving.chance(gone, source + layer.low, pattern)
        if lumps:
            chance = chance + self.lump_weight / (self.n + 1.0)
        weight = np.where(inside, weight * chance, 0.0)
        left = state.choose(weight, layer.means[source, state.bin[:, None]], 0, generator)
        state.at_risk = state.at_risk + left
        return left

    def _undo_switch(
        self, layer: _Layer, step: Step, state: DrawState, generator: np.random.Generator
    ) -> None:
        size = self.patterns.probability.size
        switch = self.patterns.switch(step.start, step.stop)
        cell = layer.weight[state.at_risk - layer.low, state.bin]
        half = state.lane // size * size
        block = np.take_along_axis(cell, half[:, None] + np.arange(size), axis=1)
        lane = state.lane - half
        kept = (1.0 - switch) * block[np.arange(lane.size), lane]
        changed = switch * self.patterns.probability[lane] * block.sum(axis=1)
        changes = generator.random(lane.size) * (kept + changed) >= kept
        state.lane = np.where(changes, half + choose_one(block, generator), state.lane)

    def _undo_cross(
        self, layer: _Layer, step: Step, state: DrawState, generator: np.random.Generator
    ) -> NDArray:
        half = layer.weight.shape[2] // 2
        row = state.at_risk - layer.low
        lane = np.where(state.lane >= half, state.lane - half, state.lane)
        here = layer.weight[row, state.bin, lane] * self._pin_weight(layer, step)[row]
        before = layer.weight[row, state.bin, lane + half]
        total = np.where(here + before > 0, here + before, 1.0)
        crosses = (state.lane >= half) & (generator.random(row.size) < here / total)
        state.lane = np.where(crosses, lane, state.lane)
        return crosses.astype(int)


def _add_lumps(passed: NDArray, share: NDArray, shift: int) -> None:
    """Add the small weight of any number censored."""
    above = np.cumsum(share[::-1], axis=0)[::-1]
    passed[shift:] += above
    passed[:shift] += above[0]


def _trimmed(layer: _Layer, total: float, floor: int) -> _Layer:
    """Scale the weights and cut off numbers at risk without weight or below the floor."""
    rows = layer.weight.sum(axis=(1, 2))
    used = np.flatnonzero(rows > NEGLIGIBLE * total)
    first, last = max(int(used[0]), min(floor - layer.low, int(used[-1]))), used[-1] + 1
    return _Layer(layer.low + int(first), layer.weight[first:last] / total, layer.means[first:last])
