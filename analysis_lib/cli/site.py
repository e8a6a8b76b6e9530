"""``lsr site``: what is published, put together from the editions."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis_lib.cli.exits import GOOD


def add_site_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    site = commands.add_parser("site", help="put the published site together")
    actions = site.add_subparsers(required=True, metavar="action")
    text = "the newest edition at the root, every edition under editions/"
    assemble = actions.add_parser("assemble", help=text, description=f"Assemble {text}.")
    assemble.add_argument("--out", type=Path, metavar="DIR", help="default _build/published")
    assemble.add_argument(
        "--archives", type=Path, metavar="DIR", help="stored sites; default _build/archives"
    )
    assemble.add_argument(
        "--from-releases", action="store_true", help="fetch stored sites with gh first"
    )
    assemble.set_defaults(run=_assemble)


def _assemble(arguments: argparse.Namespace) -> int:
    from analysis_lib.book import published
    from analysis_lib.book.build import build
    from analysis_lib.book.site import BUILD
    from analysis_lib.study_records import ROOT

    archives = arguments.archives or BUILD / "archives"
    editions = published.editions_of(ROOT)
    for edition in editions:
        if arguments.from_releases and not (archives / edition.archive).is_file():
            published.fetch_archive(edition, ROOT, archives)
    out = published.assemble(
        arguments.out or BUILD / "published",
        editions,
        archives=archives,
        build=lambda edition: published.build_from_tag(edition, ROOT, BUILD / "editions"),
        draft=lambda: build().site.parent,
    )
    told = ", ".join(edition.number for edition in editions) or "none yet: the draft is published"
    print(f"editions: {told}")
    print(f"open {(out / 'index.html').resolve().as_uri()}")
    return GOOD
