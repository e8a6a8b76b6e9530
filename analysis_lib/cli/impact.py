"""``lsr impact``: what the working tree does to each conclusion of the last edition."""

from __future__ import annotations

import argparse

from analysis_lib.cli.exits import GOOD


def add_impact_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    command = commands.add_parser(
        "impact", help="what this evidence does to each conclusion of the last edition"
    )
    command.add_argument(
        "--against",
        metavar="EDITION",
        help="an edition, 2026.1, or golden: the numbers of the last commit (default: the last "
        "edition; golden before the first)",
    )
    command.add_argument("--markdown", action="store_true", help="as Markdown, for a summary")
    command.set_defaults(run=_impact)


def _impact(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.impact_words import impact_markdown, impact_text
    from analysis_lib.editions.against import impact_against

    found, against = impact_against(arguments.against)
    write = impact_markdown if arguments.markdown else impact_text
    print(write(found, against))
    return GOOD
