"""The command line ``lsr``: check the evidence, build the book, look at a study.

Exit codes: 0 good, 1 something was found, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from analysis_lib.cli_reconstruct import add_reconstruct_command
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, ReviewError

GOOD, FOUND, USAGE = 0, 1, 2

_EPILOG = """examples:
  lsr validate                    check every evidence file, list every problem at once
  lsr validate --findings         and what papers contradict in themselves
  lsr build                       run what changed, build the site
  lsr build --only progression    run one comparison
  lsr study new doe-2026          scaffold data/studies/doe-2026/study.yaml
  lsr study show bhatia-2024      a record as text, with its findings
  lsr reconstruct os.csv --n 30   a digitised curve as patients
  lsr serve                       show the built site on this machine
"""


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
        _print_problems(error.problems)
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
    validate = commands.add_parser("validate", help="check every evidence file")
    validate.add_argument(
        "--findings", action="store_true", help="list what papers contradict in themselves"
    )
    validate.set_defaults(run=_validate)
    build = commands.add_parser("build", help="run what changed and build the site")
    build.add_argument(
        "--only", action="append", default=[], metavar="ID", help="one comparison; repeatable"
    )
    build.add_argument("--force", action="store_true", help="run even what did not change")
    build.set_defaults(run=_build)
    serve = commands.add_parser("serve", help="show the built site on this machine")
    serve.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
    serve.set_defaults(run=_serve)
    add_reconstruct_command(commands)
    study = commands.add_parser("study", help="scaffold or show a study record")
    study_commands = study.add_subparsers(required=True, metavar="action")
    for name, run, text in (
        ("new", _study_new, "scaffold a record"),
        ("show", _study_show, "show a record and its findings"),
    ):
        action = study_commands.add_parser(name, help=text)
        action.add_argument("id", metavar="ID", help="first author and year: doe-2026")
        action.set_defaults(run=run)
    return parser


def _validate(arguments: argparse.Namespace) -> int:
    from analysis_lib.comparison import load_declarations
    from analysis_lib.consistency import audit_records
    from analysis_lib.study_records import declared_same_series, load_records, validate_data

    problems = validate_data()
    if problems:
        _print_problems(problems)
        return FOUND
    declarations = load_declarations()
    records = load_records()
    findings = audit_records(records, same_series=declared_same_series())
    if arguments.findings:
        for finding in findings:
            print(f"{finding.study_id}: {finding.severity}: {finding.field}: {finding.message}")
    counted = Counter(finding.severity for finding in findings)
    print(
        f"{len(records)} records and {len(declarations)} comparisons are sound; papers contradict "
        f"themselves in {counted['error']} places, {counted['explain']} need an explanation, "
        f"{counted['note']} are worth knowing"
        + ("" if arguments.findings else " (--findings lists them)")
    )
    return GOOD


def _build(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.build import build
    from analysis_lib.comparison import load_declarations

    known = [declaration.id for declaration in load_declarations()]
    unknown = sorted(set(arguments.only) - set(known))
    if unknown:
        known_text = ", ".join(known)
        print(f"lsr: no comparison {', '.join(unknown)}; known are {known_text}", file=sys.stderr)
        return USAGE
    code = _validate(argparse.Namespace(findings=False))
    if code != GOOD:
        return code
    report = build(only=arguments.only, force=arguments.force)
    ran = ", ".join(report.ran) or "none"
    site = "site rebuilt" if report.rebuilt else "site unchanged"
    print(f"chapters run: {ran}; unchanged: {len(report.unchanged)}; {site}")
    print(f"open {report.site.as_uri()}")
    return GOOD


def _serve(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.serve import serve

    return serve(arguments.port)


def _study_new(arguments: argparse.Namespace) -> int:
    from analysis_lib.study_records.scaffold import scaffold

    path = scaffold(arguments.id)
    print(f"wrote {path}; fill it in, then run: lsr validate")
    return GOOD


def _study_show(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.record_text import record_text

    print(record_text(arguments.id))
    return GOOD


def _print_problems(problems: Sequence[object]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
    noun = "problem" if len(problems) == 1 else "problems"
    print(f"{len(problems)} {noun}; nothing was run", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
