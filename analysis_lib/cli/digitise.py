"""``lsr digitise``: a published figure becomes a curve of a study, with its trace."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from analysis_lib.readings import MONTHS_PER

_EPILOG = """examples:
  lsr digitise fig2.png --study doe-2026 --arm re_srs --outcome os --x-range 0 60 \\
      --n-curves 2 --curve 1 --figure-number "Figure 2" --at-risk risk.csv
  lsr digitise paper.pdf --page 4 --study doe-2026 --arm re_srs --outcome os \\
      --x-range 0 5 --time-unit years --n-curves 2 --curve "#d55e00"
  lsr digitise by-hand.json --study doe-2026 --arm re_srs --outcome os --second

FIGURE is an image, a PDF or SVG file, or what a digitising tool wrote: a WebPlotDigitizer
project (.json, .tar), an Engauge document (.dig) or columns of numbers.
"""


def add_digitise_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    command = commands.add_parser(
        "digitise",
        help="a published figure as a curve of a study",
        description="Read a Kaplan-Meier figure into a study's folder, with a trace and an "
        "overlay, and hold it against what the paper prints.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("figure", type=Path, metavar="FIGURE", help="the figure")
    _add_target(command)
    _add_axes(command)
    command.add_argument("--at-risk", type=Path, metavar="FILE", help="number-at-risk table")
    command.add_argument("--reader", metavar="NAME", help="who reads; git's user.name by default")
    command.add_argument(
        "--date", type=_day, metavar="DAY", help="of the reading; today by default"
    )
    command.add_argument(
        "--figure-number", metavar="TEXT", help='in the paper, such as "Figure 2A"'
    )
    command.add_argument(
        "--second", action="store_true", help="a second reading of the same curve: gives its error"
    )
    command.add_argument("--replace", action="store_true", help="overwrite a reading that is there")
    command.set_defaults(run=_digitise)


def _add_target(command: argparse.ArgumentParser) -> None:
    command.add_argument("--study", required=True, metavar="ID")
    command.add_argument("--arm", required=True, metavar="ARM", help="id of the arm")
    command.add_argument("--outcome", required=True, metavar="CODE", help="such as os or lc")
    command.add_argument(
        "--curve", metavar="WHICH", help="number (most area below it is 1), colour or name"
    )


def _add_axes(command: argparse.ArgumentParser) -> None:
    pair = {"nargs": 2, "type": float, "metavar": ("FIRST", "LAST")}
    command.add_argument("--x-range", **pair, help="first and last labelled tick, as printed")
    command.add_argument(
        "--y-range", **pair, default=[0.0, 1.0], help="0 1 by default, also for percent"
    )
    command.add_argument(
        "--time-unit", choices=sorted(MONTHS_PER), default="months", help="unit of every time"
    )
    command.add_argument(
        "--percent", action="store_true", help="survival is 0 to 100 in a tool's file"
    )
    command.add_argument("--n-curves", type=int, default=1, metavar="N", help="in the figure")
    command.add_argument("--colours", nargs="+", metavar="COLOUR", help="of the curves")
    command.add_argument("--page", type=int, help="of a PDF file, from 1")
    command.add_argument(
        "--plot-area",
        nargs=4,
        type=float,
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="where the axes are, in pixels (points of a PDF or SVG file)",
    )
    command.add_argument(
        "--rising", action="store_true", help="incidence: one minus the curve is kept"
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be YYYY-MM-DD, was {text!r}") from error


def _digitise(arguments: argparse.Namespace) -> int:
    # Readers of images and of PDF files take their time to load: only when they are needed.
    from analysis_lib.cli.figure_curve import figure_to_curve

    return figure_to_curve(arguments)
