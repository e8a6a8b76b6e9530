"""A figure or a digitising tool's file as curves: the right reader by what the file holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis_lib import __version__
from analysis_lib.digitise import (
    Calibration,
    DigitisedCurve,
    DigitisedFigure,
    Finding,
    NotAFigureError,
    UnreadableFigureError,
    digitise_figure,
)
from analysis_lib.digitise.vector import digitise_vector, is_pdf, is_svg
from analysis_lib.digitise.vector.pen_style import colour_of
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.readings.tool_curves import NamedCurve
from analysis_lib.readings.tools import read_tool_file

#: Larger files are no figure; images are bounded once more by their pixels.
MAX_FIGURE_BYTES = 50_000_000

_CENSORED = " censored"
_TAR_MARK = b"ustar"
_CONTROL = frozenset(range(32)) - frozenset(b"\t\r\n\f")


@dataclass(frozen=True)
class FigureOptions:
    """What a person says of a figure; months and probabilities.

    Attributes
    ----------
    x_range, y_range : tuple of float or None
        Values of the first and the last labelled tick; a tool's file needs none.
    n_curves : int
        Curves of the figure; not used for a tool's file.
    page, plot_area, colours
        As ``digitise_vector`` and ``digitise_figure`` take them.
    direction : str
        ``falling`` or ``rising``.
    percent, time_unit
        Of a tool's file, see :func:`read_tool_file`.
    """

    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] = (0.0, 1.0)
    n_curves: int = 1
    page: int | None = None
    plot_area: tuple[float, float, float, float] | None = None
    colours: tuple[str, ...] | None = None
    direction: str = "falling"
    percent: bool = False
    time_unit: str = "months"


@dataclass(frozen=True)
class FigureReading:
    """What was read.

    Attributes
    ----------
    kind : str
        ``raster``, ``vector`` or ``tool_file``.
    tool : str
        What read it, with its version.
    sha256 : str
        Of the file that was read.
    curves : tuple of DigitisedCurve
        A tool's file tells no colour: it is empty there.
    names : tuple of str or None
        Names of the curves in a tool's file.
    calibration : Calibration or None
        None for a tool's file.
    findings : tuple of Finding
        What the reader said.
    """

    kind: str
    tool: str
    sha256: str
    curves: tuple[DigitisedCurve, ...]
    names: tuple[str | None, ...]
    calibration: Calibration | None
    findings: tuple[Finding, ...] = ()

    @property
    def figure(self) -> DigitisedFigure | None:
        """The reading as the readers of figures return it; None for a tool's file."""
        if self.calibration is None:
            return None
        return DigitisedFigure(self.curves, self.calibration, self.findings)


def read_figure(path: Path, options: FigureOptions) -> FigureReading:
    """Read an image, a PDF or SVG figure, or a digitising tool's file.

    Raises
    ------
    InvalidInputError
        The file cannot be read or an option cannot be; with what to do.
    UnreadableFigureError
        The figure cannot be read without guessing.
    """
    data = _bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    kind = kind_of(data)
    if kind == "tool_file":
        return _from_tool(path, sha256, options)
    if options.x_range is None:
        raise InvalidInputError(
            "--x-range is needed: the values of the first and the last labelled tick of the axis"
        )
    settings = {
        "x_range": options.x_range,
        "y_range": options.y_range,
        "n_curves": options.n_curves,
        "plot_area": options.plot_area,
        "colours": options.colours,
        "direction": options.direction,
    }
    try:
        if kind == "vector":
            figure = digitise_vector(data, page=options.page, **settings)
        else:
            figure = digitise_figure(path, **settings)
    except NotAFigureError as error:
        raise NotAFigureError(_of_file(path, error)) from error
    except UnreadableFigureError as error:
        # What to give stands in the message already.
        refused = UnreadableFigureError(_of_file(path, error))
        refused.give = error.give
        raise refused from error
    names = (None,) * len(figure.curves)
    tool = f"lsr {__version__}, {kind}"
    return FigureReading(
        kind, tool, sha256, figure.curves, names, figure.calibration, figure.findings
    )


def _of_file(path: Path, error: Exception) -> str:
    """A message with the file it is about in front."""
    return f"{path}: {str(error).removeprefix(f'{path.name}: ')}"


def kind_of(data: bytes) -> str:
    """``vector``, ``tool_file`` or ``raster`` by content, whatever the file is called."""
    if is_pdf(data) or is_svg(data):
        return "vector"
    if data[257:262] == _TAR_MARK:
        return "tool_file"
    # An image's first bytes hold control characters; text in another encoding than UTF-8 does
    # not, and is refused as text.
    return "raster" if _CONTROL.intersection(data[:2000]) else "tool_file"


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FIGURE_BYTES:
            rule = f"must be at most {MAX_FIGURE_BYTES:,} bytes"
            raise InvalidInputError(f"{path}: {rule}, was {size:,}")
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    if not data:
        raise InvalidInputError(f"{path}: is empty")
    return data


def _from_tool(path: Path, sha256: str, options: FigureOptions) -> FigureReading:
    found = read_tool_file(path, percent=options.percent, time_unit=options.time_unit)
    ticks = {
        one.name.removesuffix(_CENSORED): one
        for one in found.curves
        if one.name.endswith(_CENSORED)
    }
    names = {one.name for one in found.curves}
    kept = [
        one for one in found.curves
        if not (one.name.endswith(_CENSORED) and one.name.removesuffix(_CENSORED) in names)
    ]  # fmt: skip
    curves = tuple(_curve(one, ticks.get(one.name)) for one in kept)
    tool = found.tool
    return FigureReading("tool_file", tool, sha256, curves, tuple(one.name for one in kept), None)


def _curve(named: NamedCurve, ticks: NamedCurve | None) -> DigitisedCurve:
    times = () if ticks is None else tuple(ticks.points["time_months"].tolist())
    return DigitisedCurve(named.points, times, "", "solid", 1.0)


def chosen_curve(reading: FigureReading, choice: str | None) -> int:
    """Index of the one curve there is, or of the one that is asked for.

    Parameters
    ----------
    reading : FigureReading
    choice : str or None
        A number from 1, a name in a tool's file, or a colour.

    Raises
    ------
    InvalidInputError
        None, or several: the message lists them.
    """
    listed = _listed(reading)
    if choice is None:
        if len(reading.curves) == 1:
            return 0
        raise InvalidInputError(f"--curve is needed, which of: {listed}")
    if choice.isdigit() and 1 <= int(choice) <= len(reading.curves):
        return int(choice) - 1
    matches = [k for k, name in enumerate(reading.names) if name == choice]
    matches = matches or _of_colour(reading.curves, choice)
    if len(matches) != 1:
        how = "no curve" if not matches else f"{len(matches)} curves"
        raise InvalidInputError(f"--curve {choice!r} is {how}; there are: {listed}")
    return matches[0]


def _listed(reading: FigureReading) -> str:
    return ", ".join(
        f"{number} ({name or ' '.join(filter(None, (curve.line_style, curve.colour)))})"
        for number, (curve, name) in enumerate(
            zip(reading.curves, reading.names, strict=True), start=1
        )
    )


def _of_colour(curves: Sequence[DigitisedCurve], choice: str) -> list[int]:
    wanted = colour_of(choice)
    return [k for k, curve in enumerate(curves) if wanted and curve.colour == wanted]


def as_survival(reading: FigureReading, direction: str) -> FigureReading:
    """Rising curves (incidence) turned into what a record keeps: one minus them."""
    if direction == "falling":
        return reading
    turned = tuple(
        replace(curve, points=curve.points.assign(survival=1.0 - curve.points["survival"]))
        for curve in reading.curves
    )
    return replace(reading, curves=turned)
