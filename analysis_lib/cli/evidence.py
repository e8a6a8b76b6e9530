"""``lsr validate``: every evidence file checked, every problem listed at once."""

from __future__ import annotations

import argparse
from collections import Counter

from analysis_lib.cli.exits import FOUND, GOOD, print_problems


def add_validate_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    command = commands.add_parser("validate", help="check every evidence file")
    command.add_argument(
        "--findings", action="store_true", help="list what papers contradict in themselves"
    )
    command.set_defaults(run=lambda arguments: validate(findings=arguments.findings))


def validate(*, findings: bool = False) -> int:
    """Check every evidence file; returns the exit code."""
    from analysis_lib.comparison import load_declarations
    from analysis_lib.consistency import audit_records
    from analysis_lib.editions import check_editions
    from analysis_lib.study_records import declared_same_series, load_records, validate_data

    problems = validate_data() + check_editions()
    if problems:
        print_problems(problems)
        return FOUND
    declarations = load_declarations()
    records = load_records()
    found = audit_records(records, same_series=declared_same_series())
    if findings:
        for finding in found:
            print(f"{finding.study_id}: {finding.severity}: {finding.field}: {finding.message}")
    counted = Counter(finding.severity for finding in found)
    print(
        f"{len(records)} records and {len(declarations)} comparisons are sound; papers contradict "
        f"themselves in {counted['error']} places, {counted['explain']} need an explanation, "
        f"{counted['note']} are worth knowing" + ("" if findings else " (--findings lists them)")
    )
    return GOOD
