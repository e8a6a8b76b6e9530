"""``lsr centre check``: a centre's own file, before it is used on the centre's machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_lib.cli.exits import FOUND, GOOD, print_problems

if TYPE_CHECKING:
    from analysis_lib.study_records.centre_record import Centre

_EPILOG = """examples:
  lsr centre check data/institutional/patients.csv
  lsr build --with-centre    a local book with these patients in its comparisons

The file and centre.yaml beside it are read; nothing is written and nothing leaves this
machine. The page "A centre's own patients" of the book says what both hold.
"""


def add_centre_command(commands: argparse._SubParsersAction) -> None:
    """Add the command and its action to the command line's subcommands."""
    centre = commands.add_parser("centre", help="check a centre's own patients")
    actions = centre.add_subparsers(required=True, metavar="action")
    check = actions.add_parser(
        "check",
        help="what is wrong, and what would identify a patient",
        description="What is wrong in a file, and what in it would identify a patient.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("file", type=Path, metavar="FILE", help="CSV with one line per outcome")
    check.set_defaults(run=lambda arguments: check_file(arguments.file))


def check_file(path: Path) -> int:
    """List what is wrong and what would identify a patient; returns the exit code."""
    from analysis_lib.study_records.centre_record import centre_of, check_centre_file

    checked = check_centre_file(path)
    if checked.identifying:
        print("would identify a patient:", file=sys.stderr)
        for found in checked.identifying:
            print(f"  {found}", file=sys.stderr)
    if checked.problems:
        print_problems(checked.problems, then="the file is not used")
        return FOUND
    _tell_small(centre_of(checked.patients, checked.declaration))
    patients = _counted(len({row.id for row in checked.patients}), "patient")
    lines = _counted(len(checked.patients), "line")
    print(f"{path.name}: no rule is broken by {patients}, {lines}")
    return FOUND if checked.identifying else GOOD


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _tell_small(centre: Centre) -> None:
    from analysis_lib.study_records import load_vocabulary
    from analysis_lib.study_records.centre_words import SMALLEST_ARM

    words = load_vocabulary()
    told = {
        f"fewer than {SMALLEST_ARM} patients, will be shown nowhere": centre.withheld,
        "extents of resection will not be shown apart": centre.extents_withheld,
    }
    for what, groups in told.items():
        for treatment, outcome in groups:
            label = words["treatment"][treatment].label
            print(f"{label}, {words['outcome'][outcome].label.lower()}: {what}")
