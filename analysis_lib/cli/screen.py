"""``lsr screen``: judge candidates one key each, see where readers stand, settle disputes."""

from __future__ import annotations

import argparse
import sys

from analysis_lib.cli.exits import USAGE

_EPILOG = """examples:
  lsr screen --reader a                        judge what you have not judged
  lsr screen --status                          who judged what, kappa, disagreements
  lsr screen --settle --reader c               settle disagreements
  lsr screen --report pmid:12345678 --study doe-2026
  lsr screen --report pmid:12345678 --not-retrieved
  lsr screen --report pmid:12345678 --excluded no_outcome

Every key is kept at once; stop whenever you like and go on later.
"""


def add_screen_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    command = commands.add_parser(
        "screen",
        help="judge candidates, settle disagreements",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--reader", metavar="NAME", help="who judges; one file per reader")
    command.add_argument("--status", action="store_true", help="where readers stand, and kappa")
    command.add_argument("--settle", action="store_true", help="settle disagreements")
    command.add_argument("--report", metavar="CANDIDATE", help="what became of an included one")
    command.add_argument("--study", metavar="ID", help="with --report: its study record")
    command.add_argument(
        "--not-retrieved", action="store_true", help="with --report: not to be had"
    )
    command.add_argument("--excluded", metavar="REASON", help="with --report: read and excluded")
    command.set_defaults(run=_screen)


def _screen(arguments: argparse.Namespace) -> int:
    from analysis_lib.cli.screening import report, screen, settle, status

    if arguments.status:
        return status()
    if arguments.report:
        return report(
            arguments.report,
            study=arguments.study,
            not_retrieved=arguments.not_retrieved,
            excluded=arguments.excluded,
        )
    if not arguments.reader:
        rule = "who reads? --reader NAME (or --status, --report); see lsr screen --help"
        print(f"lsr screen: {rule}", file=sys.stderr)
        return USAGE
    return (settle if arguments.settle else screen)(arguments.reader)
