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
from scipy import sparse
from scipy.special import gammaln

from analysis_lib.reconstruct.censoring import CensoringPatterns
from analysis_lib.reconstruct.staircase import Staircase
from analysis_lib.reconstruct.steps import Paths

# Weight of "any number may be censored here", so that a printed table can demand a lump that
# no pattern expects.
LUMP_WEIGHT = 1e-4
# Weight of a reading beyond its error: pixels are misjudged and fingers slip.
OUTLIER_WEIGHT = 1e-3
# Above this many patients fewer bins keep the time within bounds.
LARGE_ARM = 150
# States below this share of all weight are dropped on the way.
NEGLIGIBLE = 1e-7


@dataclass
class _Layer:
    """Weights before a step: rows are numbers at risk from ``low``, then bins, then patterns."""

    low: int
    weight: np.ndarray
    survival: np.ndarray
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
    """

    def __init__(
        self, staircase, schedule, n, patterns, *, tilt=0.0, bins=None, soft=False, ticks_left=None
    ):
        self.staircase: Staircase = staircase
        self.schedule = tuple(schedule)
        self.n = n
        self.patterns: CensoringPatterns = patterns
        self.tilt = tilt
        self.bins = bins = bins or (15 if n <= LARGE_ARM else 9)
        self.soft = soft
        self.ticks_left = ticks_left
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
        self.possible = self._forward()

    # -- forward ---------------------------------------------------------------------------

    def _forward(self) -> bool:
        patterns = self.patterns.probability.size
        weight = np.zeros((1, self.bins, patterns), dtype=np.float32)
        weight[0, self.bins // 2] = self.patterns.probability
        layer = _Layer(self.n, weight, np.ones((1, self.bins)))
        for step, floor in zip(self.schedule, self.floors, strict=True):
            self.layers.append(layer)
            layer = getattr(self, "_" + step.kind)(layer, step)
            total = layer.weight.sum()
            if not total > 0:
                return False
            layer = _trimmed(layer, total, floor)
        layer = _Layer(layer.low, layer.weight * self._ending(layer), layer.survival)
        self.layers.append(layer)
        return bool(layer.weight.sum() > 0)

    def _floors(self):
        """Fewest at risk after each step that still let the next printed number be met."""
        floors, floor = [], 0
        for step in reversed(self.schedule):
            floors.append(floor)
            if step.kind in ("pin", "open") and not self.soft:
                floor = step.count
        return floors[::-1]

    def _ending(self, layer):
        """Weight of the number left after the last step: one patient a remaining tick."""
        rows = layer.low + np.arange(layer.weight.shape[0])
        if self.ticks_left is None:
            return np.ones((rows.size, 1, 1), dtype=np.float32)
        weight = 0.1 ** np.minimum(np.abs(rows - self.ticks_left), 30.0)
        return np.where(rows < self.ticks_left, 1e-3 * weight, weight)[:, None, None]

    def _open(self, layer, step):
        weight = np.concatenate([layer.weight, np.zeros_like(layer.weight)], axis=2)
        return _Layer(layer.low, weight, layer.survival)

    def _pin_weight(self, layer, step):
        rows = layer.low + np.arange(layer.weight.shape[0])
        away = np.abs(rows - step.count)
        weight = np.exp(-3.0 * away) if self.soft else away == 0
        return weight.astype(np.float32)

    def _pin(self, layer, step):
        weight = layer.weight * self._pin_weight(layer, step)[:, None, None]
        return _Layer(layer.low, weight, layer.survival)

    def _cross(self, layer, step):
        weight = layer.weight.copy()
        half = weight.shape[2] // 2
        weight[:, :, half:] += weight[:, :, :half] * self._pin_weight(layer, step)[:, None, None]
        return _Layer(layer.low, weight, layer.survival)

    def _close(self, layer, step):
        half = layer.weight.shape[2] // 2
        return _Layer(layer.low, layer.weight[:, :, half:], layer.survival)

    def _censor(self, layer, step):
        rows, bins, lanes = layer.weight.shape
        source = layer.low + np.arange(rows)
        kernel = self._kernel(step, source, lanes)
        before = self._switched(layer.weight, step)
        layer.extra.update(kernel=kernel, switched=before)
        fewest = 1 if self.lump_weight else layer.low - kernel.shape[0] + 1
        low = max(fewest, 1) if layer.low > 0 else 0
        size = source[-1] - low + 1
        weight = np.zeros((size, bins, lanes), dtype=before.dtype)
        total = before.sum(axis=2)
        both = total * layer.survival
        by_row = before.sum(axis=1)
        share = by_row / np.maximum(by_row.sum(axis=1, keepdims=True), 1e-30)
        usual = (kernel * share).sum(axis=2)
        self._convolve(kernel, before, weight, layer.low - low)
        offset = source[None, :] - low - np.arange(size)[:, None]
        inside = (offset >= 0) & (offset < kernel.shape[0])
        passes = np.where(
            inside, usual[np.clip(offset, 0, kernel.shape[0] - 1), np.arange(rows)], 0.0
        )
        if low == 0:
            # Nobody is left only once the last have died: censoring never empties the arm.
            weight[0] = kernel[0, 0] * before[0]
            passes[0, 1:] = 0.0
        moment, mass = passes @ both, passes @ total
        self._lump(layer, step, weight, moment, mass, low)
        return _Layer(low, weight, moment / np.where(mass > 0, mass, 1.0))

    def _convolve(self, kernel, before, weight, shift):
        """Add what each number of leavers passes on; patterns with few leavers end early."""
        rows = before.shape[0]
        reach = (kernel > 1e-9).any(axis=1)
        most = kernel.shape[0] - np.argmax(reach[::-1], axis=0)
        lanes = np.flatnonzero(most > most.max() / 3)
        light = int(most[most <= most.max() / 3].max(initial=0))
        narrow = (kernel[:, :, lanes], before[:, :, lanes]) if light else None
        far = np.zeros((*weight.shape[:2], lanes.size), dtype=weight.dtype) if light else None
        for c in range(kernel.shape[0]):
            first = max(0, c - shift)
            if first >= rows:
                break
            into = slice(first - c + shift, rows - c + shift)
            if light and c >= light:
                far[into] += narrow[0][c, first:, None, :] * narrow[1][first:]
            else:
                weight[into] += kernel[c, first:, None, :] * before[first:]
        if light:
            weight[:, :, lanes] += far

    def _lump(self, layer, step, weight, moment, mass, low):
        """Add the small weight of any number censored."""
        if not self.lump_weight or step.stop <= step.start or step.least >= 0:
            return
        rows = layer.weight.shape[0]
        share = layer.extra["switched"] * (self.lump_weight / (self.n + 1.0))
        above = np.cumsum(share[::-1], axis=0)[::-1]
        above_moment = np.cumsum((share.sum(axis=2) * layer.survival)[::-1], axis=0)[::-1]
        index = np.maximum(low + np.arange(weight.shape[0]) - layer.low, 0)
        keep = (low + np.arange(weight.shape[0])) >= 1
        weight[keep] += above[index[keep]]
        moment[keep] += above_moment[index[keep]]
        mass[keep] += above[index[keep]].sum(axis=2)
        if layer.low == 0 and rows:
            weight[0] += share[0]
            moment[0] += share[0].sum(axis=1) * layer.survival[0]
            mass[0] += share[0].sum(axis=1)

    def _switched(self, weight, step):
        """Let the pattern of censoring change along the way."""
        switch = self.patterns.switch(step.start, step.stop)
        split = weight.reshape(*weight.shape[:2], -1, self.patterns.probability.size)
        mixed = split.sum(axis=3, keepdims=True) * self.patterns.probability
        mixed = ((1.0 - switch) * split + switch * mixed).astype(np.float32)
        return mixed.reshape(weight.shape)

    def _kernel(self, step, source, lanes):
        """Probability of c censored out of each number at risk: (c, rows, lanes)."""
        stay = self.patterns.stay(step.start, step.stop)
        stay = np.tile(stay, lanes // stay.size)
        if step.least >= 0:
            return self._ticked_kernel(step.least, source, lanes)
        if step.stop <= step.start:
            return np.ones((1, source.size, lanes), dtype=np.float32)
        leave = 1.0 - stay
        mean = source[-1] * leave
        most = np.minimum(source[-1], np.ceil(mean + 4.0 * np.sqrt(mean) + 3)).astype(int)
        kernel = np.zeros((most.max() + 1, source.size, lanes), dtype=np.float32)
        heavy = most > most.max() / 3
        for group in (heavy, ~heavy):
            if group.any():
                c = np.arange(most[group].max() + 1)
                kernel[: c.size, :, group] = self._binomial(c, source, leave[group], stay[group])
        return kernel

    def _binomial(self, c, n, leave, stay):
        """Probability of c leavers out of n: (c, n, patterns)."""
        rest = np.maximum(n - c[:, None], 0)
        ways = self.log_factorial[n] - self.log_factorial[c][:, None] - self.log_factorial[rest]
        ways = np.where(n >= c[:, None], ways, -np.inf).astype(np.float32)
        gone = c[:, None] * np.log(np.maximum(leave, 1e-12)).astype(np.float32)
        kept = np.log(stay).astype(np.float32)
        return np.exp(
            ways[..., None] + gone[:, None, :] + rest[..., None].astype(np.float32) * kept
        )

    def _ticked_kernel(self, least, source, lanes):
        """Censorings under printed ticks: one patient a tick, rarely more."""
        spare = 1 + 2 * least
        c = np.arange(least + spare)[:, None, None]
        weight = np.where(c >= least, 0.1 ** np.maximum(c - least, 0.0), 0.0)
        fits = c <= source[None, :, None]
        whole = np.broadcast_to(weight * fits, (c.shape[0], source.size, lanes))
        return whole.astype(np.float32)

    def _death_moves(self, layer, step):
        """All moves of a drop: source row, source bin, deaths, target bin, survival after."""
        k = step.index + 1
        stairs = self.staircase
        mass = layer.weight.sum(axis=2)
        row, column = np.nonzero(mass > NEGLIGIBLE * mass.max())
        at_risk = layer.low + row
        survival = layer.survival[row, column]
        low = np.maximum(stairs.level[k] - self.reach[k] - self.width[k] / 2, -1e-9)
        high = stairs.level[k] + self.reach[k] + self.width[k] / 2
        least = np.ceil(at_risk * (1.0 - high / np.maximum(survival, 1e-12)) - 1e-9)
        most = np.floor(at_risk * (1.0 - low / np.maximum(survival, 1e-12)) + 1e-9)
        floor = 1 if stairs.certain[step.index] else 0
        least = np.maximum(least, floor).astype(int)
        most = np.minimum(most, at_risk).astype(int)
        number = np.maximum(most - least + 1, 0)
        source = np.repeat(np.arange(row.size), number)
        deaths = np.arange(source.size) - np.repeat(np.cumsum(number) - number, number)
        deaths += least[source]
        n = at_risk[source]
        after = survival[source] * (1.0 - deaths / np.maximum(n, 1))
        bin_ = np.rint((after - stairs.level[k]) / self.width[k]).astype(int) + self.bins // 2
        bin_ = np.clip(bin_, 0, self.bins - 1)
        return row[source], column[source], n, deaths, bin_, after

    def _death_prior(self, deaths, n, index):
        """Prior of d deaths at a drop, given that they were sought there.

        Geometric with the mean that the curve's local hazard predicts for the width of the drop
        (a Poisson number whose rate is unknown), further deaths at least as likely as ties are.
        """
        mean = n * self.expected[index]
        more = np.clip(mean / (1.0 + mean) + self.ties, 0.0, 0.98)
        log = np.log1p(-more) + (deaths - 1) * np.log(more)
        first = 1.0 if self.staircase.certain[index] else np.maximum(mean / (1.0 + mean), 0.5)
        chance = np.where(deaths > 0, first * np.exp(log), 1.0 - first)
        return chance * np.exp(self.tilt * deaths)

    def _death(self, layer, step):
        k = step.index + 1
        row, column, n, deaths, bin_, after = self._death_moves(layer, step)
        bins, lanes = self.bins, layer.weight.shape[2]
        if row.size == 0:
            return _Layer(0, np.zeros((1, bins, lanes)), np.zeros((1, bins)))
        rest = n - deaths
        low, high = rest.min(), rest.max()
        size = (high - low + 1) * bins
        target = (rest - low) * bins + bin_
        prior = self._death_prior(deaths, n, step.index)
        flat = layer.weight.reshape(-1, lanes)
        source = row * bins + column
        moves = sparse.csr_matrix(
            (prior.astype(np.float32), (target, source)), shape=(size, flat.shape[0])
        )
        weight = moves @ flat
        mass = flat.sum(axis=1)[source] * prior
        total = np.bincount(target, weights=mass, minlength=size)
        moment = np.bincount(target, weights=mass * after, minlength=size)
        survival = moment / np.where(total > 0, total, 1.0)
        weight = weight * self._likelihood(survival, k)[:, None].astype(np.float32)
        order = np.argsort(target, kind="stable")
        start = np.searchsorted(target[order], np.arange(size + 1))
        layer.extra["moves"] = (low, order, start, source, n, deaths, column, prior)
        shape = (high - low + 1, bins)
        return _Layer(int(low), weight.reshape(*shape, lanes), survival.reshape(shape))

    def _likelihood(self, survival, k):
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

    def draw(self, size: int, generator: np.random.Generator) -> Paths:
        """Draw whole paths from the posterior distribution."""
        state = _State.start(self.layers[-1], size, generator)
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
        return Paths(deaths, at_risk, steps, crossed, left, pattern)

    def _undo_death(self, layer, state, generator):
        low, order, start, source, n, deaths, column, prior = layer.extra["moves"]
        target = (state.at_risk - low) * self.bins + state.bin
        first, count = start[target], start[target + 1] - start[target]
        offset = np.arange(count.max())
        index = order[np.minimum(first[:, None] + offset, order.size - 1)]
        lanes = layer.weight.shape[2]
        weight = prior[index] * layer.weight.reshape(-1, lanes)[source[index], state.lane[:, None]]
        weight = np.where(offset < count[:, None], weight, 0.0)
        chosen = index[np.arange(index.shape[0]), _choose(weight, generator)]
        state.at_risk, state.bin = n[chosen], column[chosen]
        return deaths[chosen]

    def _undo_censor(self, layer, step, state, generator):
        kernel = layer.extra["kernel"]
        if kernel.shape[0] == 1 and (step.stop <= step.start or step.least >= 0):
            return 0
        rows = layer.weight.shape[0]
        lumps = self.lump_weight > 0 and step.least < 0
        most = rows - 1 + layer.low - state.at_risk.min() if lumps else kernel.shape[0] - 1
        c = np.arange(max(most, 0) + 1)
        source = state.at_risk[:, None] + c - layer.low
        inside = (source >= 0) & (source < rows)
        source = np.clip(source, 0, rows - 1)
        before = layer.extra["switched"][source, state.bin[:, None], state.lane[:, None]]
        chance = np.zeros(source.shape)
        known = min(kernel.shape[0], c.size)
        chance[:, :known] = kernel[c[:known], source[:, :known], state.lane[:, None]]
        if lumps:
            chance += self.lump_weight / (self.n + 1.0)
        inside &= (state.at_risk[:, None] > 0) | (c == 0)
        gone = _choose(np.where(inside, before * chance, 0.0), generator)
        state.at_risk = state.at_risk + gone
        return gone

    def _undo_switch(self, layer, step, state, generator):
        size = self.patterns.probability.size
        switch = self.patterns.switch(step.start, step.stop)
        cell = layer.weight[state.at_risk - layer.low, state.bin]
        half = state.lane // size * size
        block = np.take_along_axis(cell, half[:, None] + np.arange(size), axis=1)
        lane = state.lane - half
        kept = (1.0 - switch) * block[np.arange(lane.size), lane]
        changed = switch * self.patterns.probability[lane] * block.sum(axis=1)
        changes = generator.random(lane.size) * (kept + changed) >= kept
        state.lane = np.where(changes, half + _choose(block, generator), state.lane)

    def _undo_cross(self, layer, step, state, generator):
        half = layer.weight.shape[2] // 2
        row = state.at_risk - layer.low
        lane = np.where(state.lane >= half, state.lane - half, state.lane)
        here = layer.weight[row, state.bin, lane] * self._pin_weight(layer, step)[row]
        before = layer.weight[row, state.bin, lane + half]
        total = np.where(here + before > 0, here + before, 1.0)
        crosses = (state.lane >= half) & (generator.random(row.size) < here / total)
        state.lane = np.where(crosses, lane, state.lane)
        return crosses.astype(int)


@dataclass
class _State:
    """Where each draw stands on its way back."""

    at_risk: np.ndarray
    bin: np.ndarray
    lane: np.ndarray

    @classmethod
    def start(cls, layer, size, generator):
        weight = layer.weight.reshape(-1)
        edges = np.cumsum(weight)
        index = np.searchsorted(edges, generator.random(size) * edges[-1], side="right")
        row, column, lane = np.unravel_index(np.minimum(index, weight.size - 1), layer.weight.shape)
        return cls(layer.low + row, column, lane)


def _trimmed(layer, total, floor):
    """Scale the weights and cut off numbers at risk without weight or below the floor."""
    rows = layer.weight.sum(axis=(1, 2))
    used = np.flatnonzero(rows > NEGLIGIBLE * total)
    first, last = max(int(used[0]), min(floor - layer.low, int(used[-1]))), used[-1] + 1
    return _Layer(
        layer.low + int(first), layer.weight[first:last] / total, layer.survival[first:last]
    )


def _choose(weight, generator):
    """One index per row, with probability proportional to the weights."""
    edges = np.cumsum(weight, axis=1)
    mark = generator.random(weight.shape[0]) * edges[:, -1]
    return np.minimum((edges <= mark[:, None]).sum(axis=1), weight.shape[1] - 1)
