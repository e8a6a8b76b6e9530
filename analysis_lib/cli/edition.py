"""``lsr edition``: cut, verify, list and compare editions."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from dataclasses import asdict

from analysis_lib.cli.exits import FOUND, GOOD

#: More differences than this are a list nobody reads.
_MOST_DIFFERENCES = 40


def add_edition_command(commands: argparse._SubParsersAction) -> None:
    """Add the command and its actions to the command line's subcommands."""
    edition = commands.add_parser("edition", help="cut, verify, list or compare editions")
    actions = edition.add_subparsers(required=True, metavar="action")
    cut = actions.add_parser("cut", help="freeze this evidence and its numbers, commit, tag")
    cut.add_argument("--number", metavar="YYYY.N", help="default: the one that follows")
    cut.add_argument("--date", metavar="DAY", help="day of cutting, yyyy-mm-dd (default: today)")
    cut.set_defaults(run=_cut)
    verify = actions.add_parser("verify", help="rebuild an edition from its tag, compare numbers")
    verify.add_argument("number", metavar="YYYY.N")
    verify.add_argument(
        "--environment",
        choices=("clean", "current"),
        default="clean",
        help="a new one from the edition's requirements.txt (minutes), or this one",
    )
    verify.set_defaults(run=_verify)
    listing = actions.add_parser("list", help="every edition")
    listing.set_defaults(run=_list)
    difference = actions.add_parser("diff", help="what moved from one edition to another")
    difference.add_argument("before", metavar="YYYY.N")
    difference.add_argument("after", metavar="YYYY.N")
    difference.add_argument("--markdown", action="store_true", help="as Markdown")
    difference.set_defaults(run=_diff)
    numbers = actions.add_parser("numbers", help="this tree's state as JSON, as a file freezes it")
    numbers.set_defaults(run=_numbers)


def _cut(arguments: argparse.Namespace) -> int:
    from analysis_lib.editions.cutting import cut_edition

    date = arguments.date or datetime.datetime.now(datetime.UTC).date().isoformat()
    made = cut_edition(date=date, number=arguments.number)
    begun = " (finished: an earlier run had begun it)" if made.resumed else ""
    print(f"edition {made.number} is cut and tagged {made.tag}{begun}")
    print(f"next: lsr edition verify {made.number}; git push --follow-tags")
    return GOOD


def _verify(arguments: argparse.Namespace) -> int:
    from analysis_lib.editions.repository import tag_of
    from analysis_lib.editions.verifying import verify_edition

    found = verify_edition(arguments.number, environment=arguments.environment)
    if found.revision != tag_of(arguments.number):
        print(f"no tag here: rebuilt from {found.revision[:12]}, the commit that wrote the edition")
    if found.versions:
        print(f"other versions than the edition's: {', '.join(found.versions)}")
    if found.identical:
        print(f"edition {found.number}: {found.n_numbers:,} numbers identical")
        return GOOD
    for line in found.differences[:_MOST_DIFFERENCES]:
        print(line, file=sys.stderr)
    n = len(found.differences)
    print(f"edition {found.number}: {n:,} differences in {found.n_numbers:,} numbers")
    return FOUND


def _list(arguments: argparse.Namespace) -> int:
    from analysis_lib.editions import load_editions
    from analysis_lib.editions.repository import Repository, tag_of

    place = Repository()
    editions = load_editions()
    for one in editions:
        studies, tag = len(one.state.study_hashes), tag_of(one.number)
        tagged = tag if place.commit_of(tag) else "not tagged: lsr edition cut finishes it"
        print(f"{one.number}  {one.date}  {studies} studies  {one.evidence_statement}  ({tagged})")
    if not editions:
        print("no edition is cut yet")
    return GOOD


def _diff(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.impact_words import impact_markdown, impact_text
    from analysis_lib.editions import impact, load_edition

    before, after = load_edition(arguments.before), load_edition(arguments.after)
    write = impact_markdown if arguments.markdown else impact_text
    print(write(impact(before.state, after.state), f"edition {before.number}"))
    return GOOD


def _numbers(arguments: argparse.Namespace) -> int:
    from analysis_lib.editions import current_state

    print(json.dumps(asdict(current_state()), indent=1, ensure_ascii=False))
    return GOOD
