"""The command line ``lsr``: check the evidence, build the book, look at a study.

Exit codes: 0 good, 1 something was found, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from analysis_lib.cli.building import add_build_commands
from analysis_lib.cli.centre import add_centre_command
from analysis_lib.cli.digitise import add_digitise_command
from analysis_lib.cli.edition import add_edition_command
from analysis_lib.cli.evidence import add_validate_command
from analysis_lib.cli.exits import FOUND, GOOD, USAGE, print_problems
from analysis_lib.cli.impact import add_impact_command
from analysis_lib.cli.pdf import add_pdf_command
from analysis_lib.cli.reconstruct import add_reconstruct_command
from analysis_lib.cli.screen import add_screen_command
from analysis_lib.cli.search import add_search_command
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
  lsr digitise fig.png --study doe-2026 --arm re_srs --outcome os --x-range 0 60
                                  a published figure as a curve of a study
  lsr reconstruct os.csv --n 30   a digitised curve as patients
  lsr impact                      what this evidence does to each conclusion
  lsr edition cut                 freeze, commit and tag the next edition
  lsr edition verify 2026.1       rebuild an edition from its tag, compare every number
  lsr centre check FILE.csv       what is wrong in a centre's own file
  lsr pdf --summary               each comparison on one page, as PDF
  lsr serve                       show the built site on this machine
  lsr search run                  ask PubMed and Europe PMC for what is new
  lsr screen --reader a           judge the candidates, one key each
"""


#: In the order of an updater's work.
_COMMANDS = (
    add_search_command,
    add_screen_command,
    add_validate_command,
    add_study_command,
    add_digitise_command,
    add_reconstruct_command,
    add_centre_command,
    add_build_commands,
    add_site_command,
    add_impact_command,
    add_edition_command,
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
