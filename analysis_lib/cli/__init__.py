"""The command line ``lsr``: check the evidence, build the book, look at a study.

Exit codes: 0 good, 1 something was found, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from analysis_lib.cli.building import add_build_commands
from analysis_lib.cli.evidence import add_validate_command
from analysis_lib.cli.exits import FOUND, GOOD, USAGE, print_problems
from analysis_lib.cli.pdf import add_pdf_command
from analysis_lib.cli.reconstruct import add_reconstruct_command
from analysis_lib.cli.site import add_site_command
from analysis_lib.cli.study import add_study_command
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, ReviewError

_EPILOG = """examples:
  lsr validate                    check every evidence file, list every problem at once
  lsr validate --findings         and what papers contradict in themselves
  lsr build                       run what changed, build the site
  lsr build --only progression    run one comparison
  lsr study new doe-2026          scaffold data/studies/doe-2026/study.yaml
  lsr study check doe-2026        what is wrong, doubtful or left to do; a preview page
  lsr study second doe-2026       an independent second reading: open, compare
  lsr study show bhatia-2024      a record as text, with its findings
  lsr reconstruct os.csv --n 30   a digitised curve as patients
  lsr pdf --summary               each comparison on one page, as PDF
  lsr serve                       show the built site on this machine
"""


#: In the order of an updater's work.
_COMMANDS = (
    add_validate_command,
    add_study_command,
    add_reconstruct_command,
    add_build_commands,
    add_site_command,
    add_pdf_command,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return USAGE if stop.code else GOOD
    try:
        return arguments.run(arguments)
    except InvalidRecordsError as error:
        print_problems(error.problems)
        return FOUND
    except InvalidInputError as error:
        print(f"lsr: {error}", file=sys.stderr)
        return USAGE
    except ReviewError as error:
        print(f"lsr: {error}", file=sys.stderr)
        return FOUND
    except KeyboardInterrupt:
        print("lsr: interrupted; nothing half-written is left", file=sys.stderr)
        return FOUND


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lsr",
        description="A living systematic review: evidence in, readable book out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for add_command in _COMMANDS:
        add_command(commands)
    return parser
