"""``lsr build`` and ``lsr serve``: from evidence to the book, and the book in a browser."""

from __future__ import annotations

import argparse
import sys

from analysis_lib.cli.evidence import validate
from analysis_lib.cli.exits import GOOD, USAGE


def add_build_commands(commands: argparse._SubParsersAction) -> None:
    """Add both commands to the command line's subcommands."""
    build = commands.add_parser("build", help="run what changed and build the site")
    build.add_argument(
        "--only", action="append", default=[], metavar="ID", help="one comparison; repeatable"
    )
    build.add_argument("--force", action="store_true", help="run even what did not change")
    build.add_argument(
        "--with-centre",
        action="store_true",
        help="a local book with the patients of data/institutional, in _build/with-centre",
    )
    build.set_defaults(run=_build)
    serve = commands.add_parser("serve", help="show the built site on this machine")
    serve.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default 8000)")
    serve.set_defaults(run=_serve)


def _build(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.build import build
    from analysis_lib.comparison import load_declarations

    known = [declaration.id for declaration in load_declarations()]
    unknown = sorted(set(arguments.only) - set(known))
    if unknown:
        known_text = ", ".join(known)
        print(f"lsr: no comparison {', '.join(unknown)}; known are {known_text}", file=sys.stderr)
        return USAGE
    if arguments.with_centre and arguments.only:
        print("lsr: --with-centre builds every comparison; leave --only out", file=sys.stderr)
        return USAGE
    code = validate()
    if code != GOOD:
        return code
    if arguments.with_centre:
        return _build_with_centre(force=arguments.force)
    report = build(only=arguments.only, force=arguments.force)
    ran = ", ".join(report.ran) or "none"
    site = "site rebuilt" if report.rebuilt else "site unchanged"
    print(f"chapters run: {ran}; unchanged: {len(report.unchanged)}; {site}")
    print(f"open {report.site.as_uri()}")
    return GOOD


def _build_with_centre(*, force: bool) -> int:
    from analysis_lib.book.centre_build import build_with_centre

    report = build_with_centre(force=force)
    if report.n_withheld:
        print(f"groups too small to be shown: {report.n_withheld}")
    print(f"chapters run: {', '.join(report.ran) or 'none'}")
    print("includes unpublished data of one centre: for this machine only, not to be published")
    print(f"open {report.site.as_uri()}")
    return GOOD


def _serve(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.serve import serve

    return serve(arguments.port)
