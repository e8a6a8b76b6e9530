"""From chosen staircases to curves: corners, censor ticks, colour, style and confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from analysis_lib.digitise.censor_ticks import TickStyle, find_ticks, tick_style
from analysis_lib.digitise.figure import Calibration, DigitisedCurve, Finding
from analysis_lib.digitise.ink import Ink
from analysis_lib.digitise.joined_falls import joined
from analysis_lib.digitise.line_colours import LineColour
from analysis_lib.digitise.pen import pen_offset
from analysis_lib.digitise.separation import (
    LONGEST_GAP,
    Candidate,
    along,
    colour_hex,
    line_style,
)
from analysis_lib.digitise.staircase import Staircase, begun, extended, merged, on_axis, refine
from analysis_lib.digitise.tracking import SEEN, Path

#: A curve that starts this near to its known start (pixels) starts there.
AT_START = 2.5
#: Curves drawn with a pen this much wider than the commonest have their own.
WIDER = 1.4
#: Colours within this many degrees of a curve's may be its ticks.
KIN = 30.0
#: Share of a curve's length that may be hidden without a word.
HIDDEN_WITHOUT_WORD = 0.1
#: Lines thinner than this (pixels) are mostly soft edge.
THIN = 1.6


def read_curves(
    chosen: Sequence[Candidate],
    ink: Ink,
    colours: Sequence[LineColour],
    cover: NDArray,
    calibration: Calibration,
    *,
    rising: bool,
    exact: bool,
) -> tuple[tuple[DigitisedCurve, ...], list[Finding]]:
    """Curves in months and probabilities.

    Parameters
    ----------
    chosen : sequence of Candidate
        One per curve.
    ink : Ink
        The plot area, upside down when ``rising``.
    colours : sequence of LineColour
        Indexed by the candidates.
    cover : ndarray, shape (k, h, w)
        Coverage by each of them.
    calibration : Calibration
        Of the straightened figure.
    rising : bool
        Whether rows are upside down.
    exact : bool
        Whether pixels are the drawing program's own (neither turned nor scaled).
    """
    inks = [_ink_for_ticks(c, chosen, ink, _kin(c, chosen, cover, colours)) for c in chosen]
    amounts = [_amount(ink, colours[c.colour], mine) for c, mine in zip(chosen, inks, strict=True)]
    paths = [candidate.path for candidate in chosen]
    ink = replace(ink, line_width=_pen(paths, amounts, ink.line_width))
    others = _rest(chosen, inks)
    style = tick_style(paths, inks, others, ink.furniture, ink.line_width)
    marks = amounts
    if style is None:  # ticks in a colour of their own
        inks = [_ink_of_no_curve(candidate, chosen) for candidate in chosen]
        others = _rest(chosen, inks)
        style = tick_style(paths, inks, others, ink.furniture, ink.line_width)
        marks = [ink.strength * (mine > 0.3) for mine in inks]
    bounds = _bounds(ink, calibration, rising)
    traced = [
        _stairs(c, amount, ink, style, bounds) for c, amount in zip(chosen, amounts, strict=True)
    ]
    levels = np.concatenate([rows for _, rows in traced])
    offset = _offset(levels, ink, calibration, rising) if exact else 0.0
    curves = []
    for k, (candidate, (steps, _)) in enumerate(zip(chosen, traced, strict=True)):
        ticks = _tick_columns(candidate, inks[k], others[k], marks[k], ink, style)
        curves.append(
            _curve(candidate, steps, ticks, ink, colours, calibration, rising, offset, style)
        )
    notes = []
    if offset:
        text = f"lines lie {abs(offset)} pixel off the axes' grid; readings were moved back"
        notes.append(Finding("note", "pen_offset", text))
    return tuple(curves), notes


def _pen(paths: Sequence[Path], amounts: Sequence[NDArray], commonest: float) -> float:
    """Width of the curves' own lines: a figure's commonest pen may be that of ticks or bounds."""
    widths = []
    reach = int(np.ceil(WIDER * 2 * commonest)) + 2
    for path, amount in zip(paths, amounts, strict=True):
        level = ndimage.maximum_filter1d(path.rows, 7) == ndimage.minimum_filter1d(path.rows, 7)
        columns = path.start + np.flatnonzero(level & (path.own > SEEN))
        rows = path.rows[columns - path.start][:, None] + np.arange(-reach, reach + 1)
        across = amount[np.clip(rows, 0, len(amount) - 1), columns[:, None]]
        widths.append(across.sum(axis=1) / np.maximum(across.max(axis=1, initial=1.0), 1.0))
    every = np.concatenate(widths)
    # Marks only make a column thicker.
    own = float(np.quantile(every, 0.1)) if len(every) else commonest
    return own if own > WIDER * commonest else commonest


def _rest(chosen: Sequence[Candidate], inks: Sequence[NDArray]) -> list[NDArray]:
    """What is drawn beside the ink that may be ticks of each curve."""
    return [np.clip(c.everything - mine, 0, 1) for c, mine in zip(chosen, inks, strict=True)]


def _ink_for_ticks(
    candidate: Candidate, chosen: Sequence[Candidate], ink: Ink, kin: NDArray
) -> NDArray:
    """Ink of a curve's colour and its kin, other curves of that colour taken out."""
    mine = np.maximum(candidate.cover, kin)
    reach = ink.line_width / 2 + 0.5
    here = along(candidate.path, mine.shape, reach)
    for other in chosen:
        if other is not candidate and other.colour == candidate.colour:
            # Falls of two curves side by side look like the stroke of a tick at either.
            mine[along(other.path, mine.shape, reach + ink.line_width) & ~here] = 0.0
    return mine


def _kin(
    candidate: Candidate,
    chosen: Sequence[Candidate],
    cover: NDArray,
    colours: Sequence[LineColour],
) -> NDArray:
    """Ink of colours that no curve has and that are nearest to this curve's.

    Ticks over a band, or thinner than the line, may look like a colour of their own.
    """
    taken = sorted({other.colour for other in chosen})
    directions = np.array([colour.direction for colour in colours])
    likeness = directions @ directions[taken].T
    kin = np.zeros(candidate.cover.shape, dtype=np.float32)
    for index in set(range(len(colours))) - set(taken):
        nearest = taken[int(likeness[index].argmax())]
        if nearest == candidate.colour and likeness[index].max() > np.cos(np.deg2rad(KIN)):
            kin = np.maximum(kin, cover[index])
    return kin


def _ink_of_no_curve(candidate: Candidate, chosen: Sequence[Candidate]) -> NDArray:
    """Ink of colours that no curve has."""
    curves = {other.colour: other.cover for other in chosen}
    return np.clip(candidate.everything - np.sum(list(curves.values()), axis=0), 0, 1)


def _amount(ink: Ink, colour: LineColour, mine: NDArray) -> NDArray:
    """How much of a colour is absorbed where its ink is, soft edges included."""
    near = ndimage.maximum_filter(mine, 3) > 0.3
    return np.clip(ink.absorbed @ np.array(colour.direction), 0, None) * near


def _stairs(
    candidate: Candidate,
    amount: NDArray,
    ink: Ink,
    style: TickStyle | None,
    bounds: tuple[float, float],
) -> tuple[Staircase, NDArray]:
    """Corners of one curve, between the rows of the first and last value; its exact levels."""
    begin, end = bounds
    near = ndimage.maximum_filter(candidate.own, 3) > 0.3
    stairs, exact = refine(candidate.path, candidate.own, amount * near, ink.line_width)
    stairs = merged(stairs, ink.line_width)
    shown, known = _line_alone(candidate, amount * near, ink)
    stairs = joined(stairs, shown, known, ink.line_width)
    if _start_hidden(candidate, stairs, (shown > 0.5) & known, ink.line_width):
        stairs = begun(stairs, begin, ink.line_width)
    tick = style.mark.below + 1 if style is not None else 0.0
    stairs = extended(stairs, candidate.own, ink.furniture, ink.line_width, tick)
    return on_axis(stairs, ink.furniture, end, ink.line_width), exact


def _bounds(ink: Ink, calibration: Calibration, rising: bool) -> tuple[float, float]:
    """Rows of the plot area on which every curve begins and below which none can fall."""
    values = np.array([0.0, 1.0] if rising else [1.0, 0.0])
    straight = replace(calibration, rotation_degrees=0.0)
    rows = straight.to_pixels(np.zeros(2), values)[1] - ink.row
    rows = ink.strength.shape[0] - rows if rising else rows
    return float(rows[0]), float(rows[1])


def _start_hidden(
    candidate: Candidate, stairs: Staircase, seen: NDArray, line_width: float
) -> bool:
    """Whether nothing but other ink, or the stroke of the first fall, shows the first level."""
    first = candidate.path.start
    last = stairs.falls[0] - line_width / 2 if len(stairs.falls) else stairs.last
    row = min(int(stairs.levels[0]), seen.shape[0] - 1)
    return not seen[row, first : max(int(np.floor(last)), first)].any()


def _line_alone(candidate: Candidate, amount: NDArray, ink: Ink) -> tuple[NDArray, NDArray]:
    """Coverage by a curve's line, and where no other ink can hide it."""
    path = candidate.path
    crest = amount[path.rows, path.start + np.arange(len(path.rows))][path.own > SEEN]
    full = float(np.median(crest)) if len(crest) else 1.0
    other = ndimage.maximum_filter(candidate.hidden, 3) > 0.3
    return np.clip(amount / max(full, 1e-9), 0.0, 1.0), ~(other | ink.furniture)


def _offset(levels: NDArray, ink: Ink, calibration: Calibration, rising: bool) -> float:
    """Half a pixel between curves and axes, see ``pen``."""
    height = ink.strength.shape[0]
    rows = ink.row + (height - levels if rising else levels)
    ticks = [tick.pixel for tick in (*calibration.x_ticks, *calibration.y_ticks)]
    return pen_offset(rows, ticks)


def _tick_columns(
    candidate: Candidate,
    mine: NDArray,
    other: NDArray,
    amount: NDArray,
    ink: Ink,
    style: TickStyle | None,
) -> NDArray:
    if style is None:
        return np.empty(0)
    return find_ticks(
        candidate.path,
        mine,
        other,
        amount,
        ink.furniture,
        line_width=ink.line_width,
        style=style,
        solid=candidate.solid,
    )


def _curve(
    candidate: Candidate,
    stairs: Staircase,
    ticks: NDArray,
    ink: Ink,
    colours: Sequence[LineColour],
    calibration: Calibration,
    rising: bool,
    offset: float,
    style: TickStyle | None,
) -> DigitisedCurve:
    stairs = _ended(stairs, ticks, candidate, ink, calibration, style)
    columns, rows = stairs.corners()
    height = ink.strength.shape[0]
    rows = height - rows if rising else rows
    straight = replace(calibration, rotation_degrees=0.0)
    months, values = straight.to_data(columns + ink.column - offset, rows + ink.row - offset)
    tick_months, _ = straight.to_data(ticks + ink.column - offset, np.zeros(len(ticks)))
    months, values = _tidied(months, values, calibration, rising)
    confidence, reasons = _confidence(candidate, ink)
    censored = np.clip(tick_months, 0.0, months[-1])
    return DigitisedCurve(
        points=pd.DataFrame({"time_months": months, "survival": values}),
        censor_times_months=tuple(float(t) for t in censored),
        colour=colour_hex(colours[candidate.colour], ink),
        line_style=line_style(candidate, ink.line_width),
        confidence=confidence,
        reasons=reasons,
    )


def _ended(
    stairs: Staircase,
    ticks: NDArray,
    candidate: Candidate,
    ink: Ink,
    calibration: Calibration,
    style: TickStyle | None,
) -> Staircase:
    """The staircase without what pen and last mark add to its end."""
    begin = stairs.falls[-1] if len(stairs.falls) else stairs.first
    end = stairs.last - _cap(candidate, ink, calibration)
    if style is not None and len(ticks):
        # The arm of a plus reaches beyond the line; the last patient is where it stands.
        reach = max(style.mark.above, style.mark.width / 2) + ink.line_width
        if 0 <= stairs.last - ticks[-1] <= reach:
            end = float(ticks[-1])
    return replace(stairs, last=max(end, begin))


def _cap(candidate: Candidate, ink: Ink, calibration: Calibration) -> float:
    """Pixels by which a line is drawn beyond its end: as many as before its start.

    At the edge of the plot the start is not seen; most programs add half the pen's width.
    """
    half = ink.line_width / 2
    left = calibration.plot_area.left - ink.column
    start, row = candidate.path.start, int(candidate.path.rows[0])
    if start - left < ink.line_width + 2:
        return half
    before = candidate.cover[row, max(start - int(half) - 2, 0) : start][::-1]
    paper = np.flatnonzero(before < 0.5)
    seen = int(paper[0]) if len(paper) else len(before)
    return min(float(seen), half)


def _tidied(
    months: NDArray, values: NDArray, calibration: Calibration, rising: bool
) -> tuple[NDArray, NDArray]:
    """Times from zero, probabilities within 0 and 1 that only fall (or only rise)."""
    months = np.maximum.accumulate(np.clip(months, 0.0, None))
    values = np.clip(values, 0.0, 1.0)
    values = np.maximum.accumulate(values) if rising else np.minimum.accumulate(values)
    begin = 0.0 if rising else 1.0
    if months[0] < 3 * calibration.months_per_pixel:
        months[0] = 0.0
    if abs(values[0] - begin) < AT_START * calibration.survival_per_pixel:
        values[:2] = begin
    return months, values


def _confidence(candidate: Candidate, ink: Ink) -> tuple[float, tuple[str, ...]]:
    """Share of the curve that the figure shows, and what it does not show."""
    path = candidate.path
    seen = path.own > SEEN
    if not candidate.solid:
        size = int(LONGEST_GAP * ink.line_width) + 2
        seen = ndimage.binary_closing(np.pad(seen, size), np.ones(size))[size:-size]
    fallen = float(path.rows[-1] - path.rows[0])
    drawn = 1.0 - path.undrawn / max(fallen, 1.0) if candidate.solid else 1.0
    shown = float(np.mean(seen))
    reasons = []
    if shown < 1 - HIDDEN_WITHOUT_WORD:
        reasons.append(f"{100 * (1 - shown):.0f} % of its length is hidden by other lines")
    if drawn < 1 - HIDDEN_WITHOUT_WORD:
        reasons.append("part of its falls is not drawn")
    if ink.line_width < THIN:
        reasons.append("the line is hardly wider than a pixel")
    thin = 0.9 if ink.line_width < THIN else 1.0
    confidence = float(np.clip(shown * max(drawn, 0.0) * thin, 0.0, 1.0))
    return (round(confidence, 3) if reasons else 1.0), tuple(reasons)
