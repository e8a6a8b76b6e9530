"""Curves of a side: pooled over arms, solid only while every arm is known.

Arms known from print end at their last printed time, and the worst arms end
first: a curve that simply censored them would be carried by the best. So the
curve at a time rests on the arms known up to that time and on no others, is
``known`` (drawn solid) only until the first arm runs out, says how many
arms it rests on, and ends where of several arms one is left. It is a naive pool:
it ignores which study a patient is from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis_lib.comparison.arms import ArmEvidence
from analysis_lib.survival import kaplan_meier

#: Horizon of the curves that continue every arm; beyond it hardly an arm is known.
HORIZON_MONTHS = 24.0

#: Arms that a pooled curve of several arms rests on at least: one arm is no pool.
MINIMUM_ARMS = 2

_COLUMNS = ["time_months", "survival", "low", "high", "known", "n_arms"]


def pooled_curve(arms: Sequence[ArmEvidence]) -> pd.DataFrame:
    """Kaplan-Meier curve of a side under the rule above.

    Returns
    -------
    DataFrame
        ``time_months, survival, low, high, known, n_arms``; empty without arms.
        Between two times at which arms run out the curve is the Kaplan-Meier
        estimate of the arms that are still known at the end of that stretch. At
        the time itself the arms that end there are known; the row of the next
        stretch that bears this time holds only after it. Of several arms the curve
        ends where fewer than :data:`MINIMUM_ARMS` are left.
    """
    needed = min(MINIMUM_ARMS, len(arms))
    ends = sorted(
        end
        for end in {arm.known_until_months for arm in arms}
        if arms_known_at(arms, end) >= needed
    )
    pieces, start = [], 0.0
    for end in ends:
        known = [arm for arm in arms if arm.known_until_months >= end]
        piece = _curve_of(known)
        last = end == ends[-1]
        inside = (piece["time_months"] > start) & (piece["time_months"] <= end)
        stretch = _opened(piece, start, end, inside, closed=last)
        pieces.append(stretch.assign(known=end == ends[0], n_arms=len(known)))
        start = end
    if not pieces:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(pieces, ignore_index=True)[_COLUMNS]


def continued_curve(arms: Sequence[ArmEvidence]) -> pd.DataFrame:
    """The side's curve with every arm continued exponentially to 24 months: an assumption.

    Whoever is alive at an arm's last printed time goes on dying at the arm's
    mean rate so far. Columns as :func:`pooled_curve`, ``known`` always False.
    """
    if not arms:
        return pd.DataFrame(columns=_COLUMNS)
    ipd = pd.concat([_continue(arm) for arm in arms], ignore_index=True)
    curve = kaplan_meier(ipd["time_months"], ipd["event"])
    curve = curve[curve["time_months"] <= HORIZON_MONTHS]
    # Limits would count invented deaths as if they had been seen.
    curve = curve.assign(known=False, n_arms=len(arms), low=None, high=None)
    return curve[_COLUMNS].reset_index(drop=True)


def arms_known_at(arms: Sequence[ArmEvidence], months: float) -> int:
    """How many arms are known up to this time."""
    return sum(arm.known_until_months >= months for arm in arms)


def numbers_at_risk(arms: Sequence[ArmEvidence], times: Sequence[float]) -> pd.DataFrame:
    """What stands behind the curve at each time, among the arms known up to it.

    Returns
    -------
    DataFrame
        ``time_months``; ``at_risk`` (followed to the time and free of the event at it),
        ``censored`` (left before it), ``events`` (up to and at it): together the
        patients, or lesions, of the ``n_arms`` arms of ``of`` that are known there.
    """
    return pd.DataFrame([_numbers(arms, float(time)) for time in times])


def _numbers(arms: Sequence[ArmEvidence], months: float) -> dict[str, float]:
    known = [arm.ipd for arm in arms if arm.known_until_months >= months]
    ipd = pd.concat(known) if known else pd.DataFrame({"time_months": [], "event": []})
    event = ipd["event"].to_numpy() == 1
    time = ipd["time_months"].to_numpy(float)
    events = int((event & (time <= months)).sum())
    censored = int((~event & (time < months)).sum())
    return {
        "time_months": months,
        "at_risk": len(ipd) - events - censored,
        "censored": censored,
        "events": events,
        "n_arms": len(known),
        "of": len(arms),
    }


def _curve_of(arms: Sequence[ArmEvidence]) -> pd.DataFrame:
    ipd = pd.concat([arm.ipd for arm in arms], ignore_index=True)
    return kaplan_meier(ipd["time_months"], ipd["event"])


def _opened(
    piece: pd.DataFrame, start: float, end: float, inside: pd.Series, *, closed: bool
) -> pd.DataFrame:
    """The rows of one stretch, with a row at its start and its end so that steps join."""
    rows = piece.loc[inside, ["time_months", "survival", "low", "high"]]
    times = [start]
    times += [end] if closed or rows.empty or rows["time_months"].iloc[-1] < end else []
    position = np.searchsorted(piece["time_months"].to_numpy(), times, "right") - 1
    edges = piece[["survival", "low", "high"]].iloc[position].assign(time_months=times)
    joined = pd.concat([rows, edges], ignore_index=True)
    return joined.drop_duplicates("time_months").sort_values("time_months")


def _continue(arm: ArmEvidence) -> pd.DataFrame:
    """An arm's pseudo-patients, those censored at its end continued to the horizon."""
    ipd, end = arm.ipd, arm.known_until_months
    waiting = (ipd["event"] == 0) & (ipd["time_months"] >= end)
    if end >= HORIZON_MONTHS or not waiting.any():
        return ipd
    survival = kaplan_meier(ipd["time_months"], ipd["event"])["survival"].iloc[-1]
    # A survival of 0 or 1 has no rate to continue with: nobody waits, or nobody died.
    rate = -np.log(survival) / end if 0 < survival < 1 else 0.0
    n = int(waiting.sum())
    left = (np.arange(n) + 0.5) / n
    later = np.full(n, np.inf) if rate == 0 else end - np.log(1 - left) / rate
    continued = ipd.copy()
    continued.loc[waiting, "event"] = (later <= HORIZON_MONTHS).astype(int)
    continued.loc[waiting, "time_months"] = np.minimum(later, HORIZON_MONTHS)
    return continued
