"""A figure of a record in the words a table has room for, as printed."""

from __future__ import annotations

from analysis_lib.book.study_figures import as_number, as_percentage, units
from analysis_lib.meta_analysis import exact_interval
from analysis_lib.study_records.model import Contrast, Harm, Outcome
from analysis_lib.tables import NOT_REPORTED, count, interval, percent


def printed_words(outcome: Outcome) -> str:
    """``median 8.5 (6.1 to 9.0) months; 72% at 6 months`` as printed, or that there is none."""
    parts = []
    median = outcome.median
    if median is not None and median.value is not None:
        limits = ""
        if median.low is not None:
            high = as_number(median.high) if median.high is not None else "not reached"
            limits = f" ({as_number(median.low)} to {high})"
        unusable = "" if median.usable is not False else " (not a usable survival median)"
        parts.append(f"median {as_number(median.value)}{limits} months{unusable}")
    parts += [
        f"{as_percentage(mark.value)} at {as_number(mark.months)} months"
        for mark in outcome.landmarks
        if mark.value is not None
    ]
    return "; ".join(parts) or "neither a median nor a share at a time"


def contrast_words(contrast: Contrast) -> str:
    """Ratio and p-value as printed, or that neither is.

    A p-value alone does not say which group did longer: what the readers noted stands with it.
    """
    parts = []
    if contrast.hr is not None:
        limits = ""
        if contrast.low is not None and contrast.high is not None:
            limits = f" ({as_number(contrast.low)} to {as_number(contrast.high)})"
        parts.append(f"ratio {as_number(contrast.hr)}{limits}")
    if contrast.p is not None:
        sign = "" if str(contrast.p).startswith("<") else "= "
        parts.append(f"p {sign}{contrast.p}")
    words = ", ".join(parts) or "neither ratio nor p-value printed"
    if contrast.hr is None and contrast.note:
        return f"{words} (note of the readers: {contrast.note})"
    return words


def harm_words(harm: Harm) -> str:
    """``5 of 41 patients``, or the printed share where no count is printed."""
    if harm.n_events is not None:
        return f"{count(harm.n_events)} of {units(harm.n_at_risk, harm.unit)}"
    share = NOT_REPORTED if harm.rate is None else as_percentage(harm.rate)
    return f"{share} of {units(harm.n_at_risk, harm.unit)}"


def share_words(part: int, whole: int, unit: str) -> str:
    """``24 of 35 lesions, 69% (51% to 83%)``: a part of a whole with its exact interval."""
    low, high = exact_interval(part, whole)
    limits = interval(part / whole, low, high, number=percent)
    return f"{count(part)} of {units(whole, unit)}, {limits}"
