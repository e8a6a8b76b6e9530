"""A row of a hundred strokes: one stroke is one of 100 patients or lesions.

Small enough to stand inside a sentence's card. The drawing holds no text; whoever
shows it writes label and figure beside it. The interval is as heavy as the figure
above it, so that a wide one is seen before the difference of two figures is.
"""

from __future__ import annotations

from html import escape

from analysis_lib.exceptions import InvalidInputError

#: Width given to one of the hundred, and the heights of strokes and interval, in user units.
_STEP, _STROKES, _INTERVAL, _HEIGHT = 2.0, 6.0, 17.0, 22.0


def hundred(
    share: float, low: float | None, high: float | None, *, colour: str, description: str
) -> str:
    """The drawing as inline SVG.

    Parameters
    ----------
    share : float
        Probability, 0..1; the strokes up to it are coloured.
    low, high : float or None
        Limits of its interval, 0..1; no interval is drawn where one is unknown.
    colour : str
        CSS colour of the strokes.
    description : str
        Text alternative.

    Raises
    ------
    InvalidInputError
        If a number is outside 0..1.
    """
    for value in (share, low, high):
        if value is not None and not 0 <= value <= 1:
            raise InvalidInputError(f"a probability must be in 0..1, was {value}")
    counted = round(100 * share)
    parts = [_strokes(0, counted, "lsr-hundred-in", f' style="stroke:{escape(colour)}"')]
    parts += [_strokes(counted, 100, "lsr-hundred-out", "")]
    if low is not None and high is not None:
        parts.append(_interval(share, low, high))
    return (
        f'<svg class="lsr-hundred" viewBox="0 0 {100 * _STEP:g} {_HEIGHT:g}" role="img" '
        f'aria-label="{escape(description)}">{"".join(parts)}</svg>'
    )


def _strokes(first: int, last: int, class_: str, style: str) -> str:
    """Strokes number ``first`` to ``last``, as the dashes of one line."""
    if first == last:
        return ""
    line = f"M{first * _STEP:g} {_STROKES:g}H{last * _STEP:g}"
    return f'<path class="{class_}"{style} d="{line}"/>'


def _interval(share: float, low: float, high: float) -> str:
    at = [f"{100 * _STEP * value:.1f}" for value in (low, high, share)]
    caps = "".join(f"M{x} {_INTERVAL - 3:g}v6" for x in at[:2])
    line = f"M{at[0]} {_INTERVAL:g}H{at[1]}{caps}"
    return (
        f'<path class="lsr-hundred-interval" d="{line}"/>'
        f'<circle class="lsr-hundred-point" cx="{at[2]}" cy="{_INTERVAL:g}" r="2.6"/>'
    )
