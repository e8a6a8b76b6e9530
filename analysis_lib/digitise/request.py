"""What a caller asks for, checked before any pixel is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from analysis_lib.digitise.figure import PlotArea
from analysis_lib.exceptions import InvalidInputError

#: More arms than this in one panel cannot be told apart by eye either.
MOST_CURVES = 8
DIRECTIONS = ("falling", "rising")


@dataclass(frozen=True)
class Request:
    """Checked arguments of ``digitise_figure``; ``colours`` as red, green, blue."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    n_curves: int
    plot_area: PlotArea | None
    colours: tuple[NDArray, ...] | None
    rising: bool


def checked_request(
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    n_curves: int,
    plot_area: PlotArea | tuple[float, float, float, float] | None,
    colours: Sequence[str] | None,
    direction: str,
) -> Request:
    """Arguments that can be met, or an error that says which rule is broken.

    Raises
    ------
    InvalidInputError
        Naming the argument, the rule and the value.
    """
    x_range, y_range = _pair("x_range", x_range), _pair("y_range", y_range)
    if x_range[0] < 0:
        raise InvalidInputError(f"x_range: time starts at 0 months or later, was {x_range}")
    if y_range[0] < 0 or y_range[1] > 1:
        raise InvalidInputError(
            f"y_range: give probabilities from 0 to 1, also where the axis prints percent, "
            f"was {y_range}"
        )
    whole = isinstance(n_curves, int | np.integer) and not isinstance(n_curves, bool)
    if not whole or not 1 <= n_curves <= MOST_CURVES:
        raise InvalidInputError(f"n_curves: give a whole number from 1 to {MOST_CURVES}")
    if direction not in DIRECTIONS:
        raise InvalidInputError(f"direction: must be one of {DIRECTIONS}, was {direction!r}")
    return Request(
        x_range,
        y_range,
        int(n_curves),
        None if plot_area is None else _area(plot_area),
        None if colours is None else _colours(colours, int(n_curves)),
        direction == "rising",
    )


def _pair(name: str, values: Sequence[float]) -> tuple[float, float]:
    try:
        first, last = (float(value) for value in values)
    except (TypeError, ValueError):
        raise InvalidInputError(
            f"{name}: give the values of the first and last labelled tick, was {values!r}"
        ) from None
    if not (math.isfinite(first) and math.isfinite(last)) or first >= last:
        raise InvalidInputError(
            f"{name}: the first labelled tick must lie below the last, was {values!r}"
        )
    return first, last


def _area(area: PlotArea | Sequence[float]) -> PlotArea:
    if not isinstance(area, PlotArea):
        try:
            area = PlotArea(*(float(edge) for edge in area))
        except (TypeError, ValueError):
            raise InvalidInputError(
                f"plot_area: give left, top, right, bottom in pixels, was {area!r}"
            ) from None
    if area.left < 0 or area.top < 0 or area.width < 50 or area.height < 50:
        raise InvalidInputError(
            f"plot_area: left < right and top < bottom, at least 50 pixels apart, was {area}"
        )
    return area


def _colours(colours: Sequence[str], n_curves: int) -> tuple[NDArray, ...]:
    if isinstance(colours, str) or len(colours) != n_curves:
        raise InvalidInputError(
            "colours: give one colour for each curve, the same one twice for two line styles"
        )
    try:
        return tuple(np.array(ImageColor.getrgb(colour)[:3], dtype=float) for colour in colours)
    except (ValueError, TypeError, AttributeError):
        raise InvalidInputError(
            f"colours: write them as '#1f77b4' or by name, was {list(colours)!r}"
        ) from None
