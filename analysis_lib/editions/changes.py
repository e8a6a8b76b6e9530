"""How far a figure moved between two states: the classes of METHODS section 7, in order.

The protocol names five classes. Five more keep them from being stretched: a figure that
appeared or disappeared is never "no change", one that left its old interval without passing
a threshold did not move within it, and a study that was read without moving any figure
is told from one that was never there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from analysis_lib.comparison.declarations import ChangeThresholds


class Change(Enum):
    """Classes of change, the weakest first; the value is what a reader is told."""

    NO_CHANGE = "no change"
    NO_EFFECT = "no effect: studies or readings differ, no figure moved"
    BESIDE = "only figures beside the answers moved"
    MOVED = "moved; there was no interval to hold it against"
    MORE_PRECISE = "more precise"
    WITHIN = "moved within the old interval"
    BEYOND = "moved beyond the old interval"
    DISAPPEARED = "an estimate disappeared"
    APPEARED = "an estimate appeared"
    CROSSES = "crosses a declared threshold"
    DIRECTION = "direction changed"

    @property
    def rank(self) -> int:
        """Position in the order above."""
        return list(Change).index(self)

    @property
    def moved(self) -> bool:
        """True when a figure is not what it was."""
        return self.rank > Change.NO_EFFECT.rank


def strongest(changes: list[Change]) -> Change:
    """The last of some classes in their order; none is no change."""
    return max(changes, key=lambda change: change.rank, default=Change.NO_CHANGE)


#: Scales of a figure, and whether 0 or 1 is where its direction turns.
RATIO, SHARE, SHARE_AT_12, DIFFERENCE_AT_12 = (
    "ratio",
    "share",
    "share at 12 months",
    "difference at 12 months",
)
MONTHS, RATE, COUNT = "months", "events a month", "count"


@dataclass(frozen=True)
class Quantity:
    """One figure of a comparison in one state.

    Attributes
    ----------
    key : tuple of str
        What it is, the same in every state: outcome, answer, class, sides.
    scale : str
        One of the names of this module.
    leads : bool
        Whether it is one of the comparison's answers; other figures stand beside.
    k, n : tuple of int or None
        Studies, and patients or lesions, of each side; one number where sides do not apply.
    estimate, low, high, tau2, i2 : float or None
        On the scale that readers see; None where there is none.
    inputs : dict
        What it is made of, by study; equal inputs compare equal.
    """

    key: tuple[str, ...]
    scale: str
    leads: bool
    k: tuple[int | None, ...]
    n: tuple[int | None, ...]
    estimate: float | None
    low: float | None
    high: float | None
    tau2: float | None
    i2: float | None
    inputs: dict[str, object]

    @property
    def figures(self) -> tuple[float | None, ...]:
        """The numbers whose move is classified."""
        return self.estimate, self.low, self.high, self.tau2, self.i2


def classify(
    before: Quantity | None, after: Quantity | None, thresholds: ChangeThresholds
) -> Change:
    """The class of one figure's change; None stands for a figure that a state does not hold.

    Direction before threshold before interval: the strongest that applies. A ratio of exactly 1
    and a difference of exactly 0 have no direction. A value at a threshold has not passed it.
    """
    had = before is not None and before.estimate is not None
    has = after is not None and after.estimate is not None
    if not had and not has:
        return Change.NO_CHANGE if _same_readings(before, after) else Change.NO_EFFECT
    if not had:
        return Change.APPEARED
    if not has:
        return Change.DISAPPEARED
    if before.figures == after.figures:
        return Change.NO_CHANGE if _same_readings(before, after) else Change.NO_EFFECT
    if _direction(before) * _direction(after) < 0:
        return Change.DIRECTION
    if _crosses(before, after, thresholds):
        return Change.CROSSES
    return _against_interval(before, after)


def _same_readings(before: Quantity | None, after: Quantity | None) -> bool:
    if before is None or after is None:
        return before is after
    return (before.k, before.n, before.inputs) == (after.k, after.n, after.inputs)


def _direction(one: Quantity) -> int:
    turning = {RATIO: 1.0, DIFFERENCE_AT_12: 0.0}.get(one.scale)
    if turning is None:
        return 0
    return (one.estimate > turning) - (one.estimate < turning)


def _crosses(before: Quantity, after: Quantity, thresholds: ChangeThresholds) -> bool:
    if after.scale == SHARE_AT_12:
        # Rounded figures: 0.52 - 0.42 must count as a tenth.
        return round(abs(after.estimate - before.estimate), 9) >= thresholds.share_at_12_months
    limits = {
        RATIO: thresholds.hazard_ratio,
        DIFFERENCE_AT_12: (-thresholds.share_at_12_months, thresholds.share_at_12_months),
    }.get(after.scale)
    if limits is None:
        return False
    zones = [(one.estimate > limits[1]) - (one.estimate < limits[0]) for one in (before, after)]
    return zones[0] != zones[1]


def _against_interval(before: Quantity, after: Quantity) -> Change:
    if before.low is None or before.high is None:
        return Change.MOVED
    if not before.low <= after.estimate <= before.high:
        return Change.BEYOND
    known = after.low is not None and after.high is not None
    inside = known and before.low <= after.low and after.high <= before.high
    narrower = (before.low, before.high) != (after.low, after.high)
    return Change.MORE_PRECISE if inside and narrower else Change.WITHIN
