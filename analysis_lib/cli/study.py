"""``lsr study``: begin a record, look at a record."""

from __future__ import annotations

import argparse

from analysis_lib.cli.exits import GOOD


def add_study_command(commands: argparse._SubParsersAction) -> None:
    """Add the command and its actions to the command line's subcommands."""
    study = commands.add_parser("study", help="scaffold or show a study record")
    actions = study.add_subparsers(required=True, metavar="action")
    for name, run, text in (
        ("new", _study_new, "scaffold a record"),
        ("show", _study_show, "show a record and its findings"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("id", metavar="ID", help="first author and year: doe-2026")
        action.set_defaults(run=run)


def _study_new(arguments: argparse.Namespace) -> int:
    from analysis_lib.study_records.scaffold import scaffold

    path = scaffold(arguments.id)
    print(f"wrote {path}; fill it in, then run: lsr validate")
    return GOOD


def _study_show(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.record_text import record_text

    print(record_text(arguments.id))
    return GOOD
