"""The precision with which a figure was printed, and figures as text."""

from __future__ import annotations

from decimal import Decimal


def half_step(number: float) -> float:
    """Half a unit of the last digit of a time or a ratio, in its own unit.

    A record does not keep trailing zeros, so 13 may be anything from 12.5 to
    13.5 although 13.0 was printed: rules built on it stay silent rather than cry.
    """
    exponent = Decimal(f"{number:.10g}").as_tuple().exponent
    return 0.5 * 10.0 ** min(int(exponent), 0)


def half_step_of_probability(probability: float) -> float:
    """Half a unit of the last digit of a probability in 0..1 that was printed per cent."""
    return half_step(100 * probability) / 100


def percent(probability: float) -> str:
    """A probability as per cent, ``61.7 %``."""
    return f"{round(100 * probability, 2):g} %"


def months(time: float) -> str:
    """A time as text, ``15.2 months``."""
    return f"{round(time, 2):g} months"


def limits(low: float, high: float) -> str:
    """Two limits as text, ``8.1 to 13``."""
    return f"{round(low, 3):g} to {round(high, 3):g}"


def limits_percent(low: float, high: float) -> str:
    """Two limits of a probability as text, ``67 to 94.4 %``."""
    return f"{round(100 * low, 2):g} to {percent(high)}"
