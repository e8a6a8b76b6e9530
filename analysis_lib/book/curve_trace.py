"""How a curve on a page came from its figure: who read it, when, from what, with what error."""

from __future__ import annotations

from analysis_lib.book.markdown import Facts
from analysis_lib.study_records import CurveTrace, StudyRecord, TracedReading, read_trace
from analysis_lib.study_records.model import Outcome
from analysis_lib.tables import Html, percent

_KINDS = {
    "raster": "an image",
    "vector": "the lines of a PDF or SVG file",
    "tool_file": "a digitising tool",
}


def trace_facts(record: StudyRecord, outcome: Outcome) -> list[Html]:
    """The trace of an outcome's curve; nothing where the record names none."""
    trace = read_trace(record, outcome)
    if trace is None:
        return []
    first = trace.readings[0]
    return [
        Facts(
            (
                ("Curve read from", _figure(first)),
                ("Read by", f"{first.reader}, {first.date}; {first.tool}"),
                ("Second reading", _second(trace)),
                ("File read (SHA-256)", first.figure_sha256),
                ("Share of the line seen clearly", _confidence(first)),
                ("Said of the reading", " ".join(first.findings) or None),
            )
        )
    ]


def _figure(reading: TracedReading) -> str:
    number = reading.figure_number or "a figure whose number was not noted"
    page = f", page {reading.page} of the file" if reading.page else ""
    return f"{number}{page}, by {_KINDS[reading.kind]}"


def _second(trace: CurveTrace) -> str:
    error = percent(trace.reading_sd, decimals=2)
    if len(trace.readings) < 2 and trace.reading_sd is None:
        return "none; the reading error is estimated from the reading itself"
    if len(trace.readings) < 2:
        return (
            f"none; the reading error is taken as that of rounding to pixels, {error} of survival"
        )
    second = trace.readings[1]
    return (
        f"{second.reader}, {second.date}; {second.tool}. Error of one reading: {error} of survival"
    )


def _confidence(reading: TracedReading) -> str | None:
    if reading.confidence is None:
        return None
    why = f": {'; '.join(reading.reasons)}" if reading.reasons else ""
    return f"{percent(reading.confidence, decimals=0)}{why}"
