"""What ``lsr digitise`` does: read a figure, write the curve, hold it against the paper."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from analysis_lib.charts.overlay import overlay_png
from analysis_lib.cli.exits import FOUND, GOOD
from analysis_lib.cli.reconstruct import constraints_text
from analysis_lib.comparison.arms import reconstruct_outcome
from analysis_lib.digitise import UnreadableFigureError
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, NotIdentifiedError
from analysis_lib.files import write_bytes, write_text
from analysis_lib.readings import MONTHS_PER, read_at_risk_file, webplotdigitizer_project
from analysis_lib.readings.figures import (
    FigureOptions,
    FigureReading,
    as_survival,
    chosen_curve,
    read_figure,
)
from analysis_lib.study_records import DATA, ROOT, StudyRecord, read_record
from analysis_lib.study_records.curve_writing import NewReading, WrittenCurve, write_reading
from analysis_lib.study_records.model import Curve, Outcome

#: Overlays and projects to look at; the figure belongs to its owner and is not committed.
_WORKSHOP = ROOT / "_build" / "digitise"


def figure_to_curve(arguments: argparse.Namespace) -> int:
    """Carry out the command; returns the exit code.

    Raises
    ------
    InvalidInputError
        The study, the figure or an option cannot be.
    InvalidRecordsError
        The record breaks a rule.
    """
    record, outcome = _target(arguments)
    options = _options(arguments)
    reader = arguments.reader or _git_user()
    at_risk = arguments.at_risk and read_at_risk_file(
        arguments.at_risk, time_unit=arguments.time_unit
    )
    try:
        drawn = read_figure(arguments.figure, options)
    except UnreadableFigureError as refused:
        return _print_refusal(refused)
    number = chosen_curve(drawn, arguments.curve)
    _print_reading(drawn, number)
    kept = as_survival(drawn, options.direction).curves[number]
    new = NewReading(
        kept.points, kept.censor_times_months, _told(arguments, options, drawn, number, reader)
    )
    written = write_reading(
        record,
        arguments.arm,
        arguments.outcome,
        new,
        at_risk=at_risk,
        second=arguments.second,
        overwrite=arguments.replace,
    )
    _write_to_look_at(arguments, drawn, number)
    written = _without_excess_ticks(record, outcome, written)
    _print_written(record, written)
    return _reconstruct(record, outcome, written)


def _target(arguments: argparse.Namespace) -> tuple[StudyRecord, Outcome]:
    """The record and the outcome that the curve belongs to."""
    path = DATA / "studies" / arguments.study / "study.yaml"
    if Path(arguments.study).name != arguments.study or not path.is_file():
        rule = "is no study; begin one with lsr study new"
        raise InvalidInputError(f"--study {arguments.study!r} {rule}")
    # A curve file may be the very thing that is wrong and about to be replaced.
    record, problems = read_record(path, data=DATA, with_curves=False)
    if record is None:
        raise InvalidRecordsError(problems)
    arms = {arm.id: arm for arm in record.arms}
    if arguments.arm not in arms:
        known = ", ".join(arms) or "none"
        raise InvalidInputError(f"--arm {arguments.arm!r}: the record has the arms {known}")
    outcomes = arms[arguments.arm].outcomes
    found = [outcome for outcome in outcomes if outcome.outcome == arguments.outcome]
    if len(found) != 1:
        known = ", ".join(outcome.outcome for outcome in outcomes) or "none"
        rule = "must name one outcome of the arm, which has"
        raise InvalidInputError(f"--outcome {arguments.outcome!r} {rule}: {known}")
    return record, found[0]


def _options(arguments: argparse.Namespace) -> FigureOptions:
    per_unit = MONTHS_PER[arguments.time_unit]
    x_range = arguments.x_range and tuple(value * per_unit for value in arguments.x_range)
    return FigureOptions(
        x_range=x_range,
        y_range=tuple(arguments.y_range),
        n_curves=arguments.n_curves,
        page=arguments.page,
        plot_area=arguments.plot_area and tuple(arguments.plot_area),
        colours=arguments.colours and tuple(arguments.colours),
        direction="rising" if arguments.rising else "falling",
        percent=arguments.percent,
        time_unit=arguments.time_unit,
    )


def _print_refusal(refused: UnreadableFigureError) -> int:
    """Why a figure cannot be read, and the options that would settle it."""
    print(f"lsr: {refused}", file=sys.stderr)
    if refused.give:
        options = ", ".join("--" + name.replace("_", "-") for name in refused.give)
        print(f"the options for it: {options} (lsr digitise --help)", file=sys.stderr)
    return FOUND


def _git_user() -> str:
    try:
        found = subprocess.run(
            ["git", "config", "user.name"], capture_output=True, text=True, check=False, cwd=ROOT
        ).stdout.strip()
    except OSError:
        found = ""
    if not found:
        raise InvalidInputError("--reader is needed: who reads the figure")
    return found[:100]


def _told(
    arguments: argparse.Namespace,
    options: FigureOptions,
    drawn: FigureReading,
    number: int,
    reader: str,
) -> dict[str, object]:
    """The entry of the trace but for its files."""
    curve = drawn.curves[number]
    from_tool = drawn.kind == "tool_file"
    findings = [one.message for one in drawn.findings if one.curve in (None, number)]
    return {
        "reader": reader,
        "date": arguments.date or date.today().isoformat(),
        "tool": drawn.tool,
        "figure": {
            "number": arguments.figure_number,
            "kind": drawn.kind,
            "sha256": drawn.sha256,
            "page": options.page,
        },
        "calibration": _calibration(options, drawn),
        "curve": {
            "number": number + 1,
            "of": len(drawn.curves),
            "direction": options.direction,
            "name": drawn.names[number],
            "colour": curve.colour or None,
            "line_style": None if from_tool else curve.line_style,
            "confidence": None if from_tool else round(float(curve.confidence), 4),
            "reasons": [reason[:400] for reason in curve.reasons],
        },
        "resolution": _resolution(drawn),
        "findings": [message[:400] for message in findings],
    }


def _calibration(options: FigureOptions, drawn: FigureReading) -> dict[str, object] | None:
    scale = drawn.calibration
    if scale is None or options.x_range is None:
        return None
    area = scale.plot_area
    return {
        "x_range_months": [_short(value) for value in options.x_range],
        "y_range": [_short(value) for value in options.y_range],
        "plot_area": [_short(edge) for edge in (area.left, area.top, area.right, area.bottom)],
        "x_ticks": [[_short(tick.pixel), _short(tick.value)] for tick in scale.x_ticks],
        "y_ticks": [[_short(tick.pixel), _short(tick.value)] for tick in scale.y_ticks],
        "rotation_degrees": _short(scale.rotation_degrees),
    }


def _resolution(drawn: FigureReading) -> float | None:
    """What rounding to whole pixels takes from a reading; lines and tools have no pixels.

    Without it a reading is taken for exact stairs, and events are made of its rounding.
    """
    if drawn.kind != "raster" or drawn.calibration is None:
        return None
    return float(f"{drawn.calibration.reading_sd:.3g}")


def _short(value: float) -> float:
    return float(f"{float(value):.8g}") + 0.0


def _print_reading(drawn: FigureReading, number: int) -> None:
    curve = drawn.curves[number]
    look = drawn.names[number] or f"{curve.line_style} {curve.colour}"
    last = curve.points["time_months"].iloc[-1]
    print(f"read by {drawn.tool}: curve {number + 1} of {len(drawn.curves)} ({look})")
    print(
        f"{len(curve.points)} points up to {last:.4g} months, "
        f"{len(curve.censor_times_months)} censor ticks"
    )
    for finding in drawn.findings:
        if finding.curve in (None, number):
            print(f"{finding.severity}: {finding.message}")
    for reason in curve.reasons:
        print(f"look at the overlay: {reason}")


def _write_to_look_at(arguments: argparse.Namespace, drawn: FigureReading, number: int) -> None:
    """Overlay and WebPlotDigitizer project, outside of what git keeps."""
    if drawn.figure is None or drawn.calibration is None:
        return
    name = f"{arguments.outcome}-{arguments.arm}" + ("-second" if arguments.second else "")
    folder = _WORKSHOP / arguments.study
    image = overlay_png(
        arguments.figure,
        drawn.calibration,
        drawn.curves,
        chosen=number,
        vector=drawn.kind == "vector",
        page=arguments.page,
    )
    write_bytes(folder / f"{name}.png", image)
    write_text(folder / f"{name}.wpd.json", webplotdigitizer_project(drawn.figure))
    print(f"overlay: {folder / f'{name}.png'}")
    # WebPlotDigitizer counts in pixels of the image it shows: points of lines do not fit it.
    use = "to correct it by hand" if drawn.kind == "raster" else "in points of the file"
    print(f"project for WebPlotDigitizer, {use}: {folder / f'{name}.wpd.json'}")


def _without_excess_ticks(
    record: StudyRecord, outcome: Outcome, written: WrittenCurve
) -> WrittenCurve:
    """More censor ticks than patients are a misreading: the curve is used without them."""
    name = written.curve["censor_ticks_file"] or written.unused_ticks
    patients = outcome.n_analysed.value
    if name is None or patients is None:
        return written
    ticks = len(pd.read_csv(Path(record.folder) / name))
    if ticks <= patients:
        return written
    print(f"{ticks} censor ticks of {patients:g} patients cannot be right: they are not used")
    curve = {**written.curve, "censor_ticks_file": None}
    return replace(written, curve=curve, unused_ticks=None)


def _print_written(record: StudyRecord, written: WrittenCurve) -> None:
    for name in written.files:
        print(f"wrote {Path(record.path).parent.as_posix()}/{name}")
    if written.reading_sd is not None:
        print(f"reading error: {written.reading_sd:g} of survival (standard deviation)")
    if written.unused_ticks:
        print(
            f"censor ticks of an image are not used; when all are right on the overlay, say "
            f"censor_ticks_file: {written.unused_ticks}"
        )
    print(f"put into the outcome in {record.path}:")
    print(f"  {written.record_line}")


def _reconstruct(record: StudyRecord, outcome: Outcome, written: WrittenCurve) -> int:
    """What the patients made from the curve give back, beside what the paper prints."""
    if outcome.n_analysed.value is None:
        print("no patients are made from it: the record does not know how many there are")
        return GOOD
    try:
        made = reconstruct_outcome(record, replace(outcome, curve=Curve(**written.curve)))
    except (InvalidInputError, NotIdentifiedError) as problem:
        print(f"no patients can be made from it: {problem}")
        return FOUND
    print(constraints_text(made))
    return GOOD if made.constraints["met"].all() else FOUND
