"""``lsr search``: ask the databases, read an export, tell what is new."""

from __future__ import annotations

import argparse
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from analysis_lib.cli.exits import GOOD
from analysis_lib.exceptions import InvalidInputError

#: Candidates that an issue lists; its text may have 65,536 characters.
_LISTED = 100

_EPILOG = """examples:
  lsr search run                          what the databases added since the last search
  lsr search run --since 2026-01-01       since a day
  lsr search import export.nbib           PubMed .nbib, XML or CSV; Europe PMC JSON or CSV
  lsr search import scopus.ris --database scopus --query "TITLE-ABS-KEY(...)"
  lsr search issue data/searches/2026-12-01.yaml     its new candidates as an issue's text

The address that a search tells the databases: the variable LSR_EMAIL, or a line
email = "you@example.org" in .lsr.toml beside data/, which git ignores.
"""


def add_search_command(commands: argparse._SubParsersAction) -> None:
    """Add the command and its actions to the command line's subcommands."""
    search = commands.add_parser(
        "search",
        help="ask the databases, or read an export",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = search.add_subparsers(required=True, metavar="action")
    run = actions.add_parser("run", help="ask PubMed and Europe PMC for what is new")
    run.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="instead of the last search")
    run.set_defaults(run=_run)
    imported = actions.add_parser("import", help="take the records of an exported file")
    imported.add_argument("file", type=Path, help="RIS, BibTeX, PubMed or Europe PMC export")
    imported.add_argument("--database", metavar="CODE", help="where it came from: scopus")
    imported.add_argument("--query", help="what was asked there")
    imported.set_defaults(run=_import)
    issue = actions.add_parser("issue", help="new candidates of a search as an issue's text")
    issue.add_argument("file", type=Path, help="a search file")
    issue.set_defaults(run=_issue)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"must be a day such as 2026-12-01, was {text!r}"
        ) from error


def _today() -> date:
    return datetime.now(UTC).date()


def _run(arguments: argparse.Namespace) -> int:
    from analysis_lib.search import contact_email, run_search

    email = contact_email()
    _tell(run_search(today=_today(), email=email, since=arguments.since))
    return GOOD


def _import(arguments: argparse.Namespace) -> int:
    from analysis_lib.search import import_search

    _tell(
        import_search(
            arguments.file, today=_today(), database=arguments.database, query=arguments.query
        )
    )
    return GOOD


def _tell(report) -> None:
    """What was asked, what came back, and what to do next."""
    from analysis_lib.search import printable, standings
    from analysis_lib.search.screening import EXCLUDED
    from analysis_lib.study_records import load_search_files

    for asked in report.asked:
        span = f" {asked['from']} to {asked['to']}" if asked["from"] else ""
        print(f"{asked['database']}{span}: {asked['hits']} records")
        for note in asked["notes"]:
            print(f"  remark on the query: {printable(note)}")
    by = Counter(duplicate.by for duplicate in report.duplicates)
    agreed = ", ".join(f"{by[how]} by {how}" for how in ("doi", "pmid", "title") if by[how])
    in_review = sum(d.of.startswith("study:") for d in report.duplicates)
    out = {s.id for s in standings(load_search_files()) if s.state == EXCLUDED}
    back = sum(duplicate.of in out for duplicate in report.duplicates)
    print(f"seen before: {len(report.duplicates)}" + (f" ({agreed})" if agreed else ""))
    print(f"  in the review already: {in_review}; excluded earlier, not asked again: {back}")
    print(f"new candidates: {len(report.new)}")
    print(f"wrote {report.path}" + ("; next: lsr screen --reader NAME" if report.new else ""))


def _issue(arguments: argparse.Namespace) -> int:
    from analysis_lib.study_records import load_search_files

    searches = load_search_files().searches
    if arguments.file.stem not in searches:
        known = ", ".join(searches) or "none"
        raise InvalidInputError(f"no search {arguments.file.stem[:60]!r}; there are: {known}")
    text = issue_text(searches[arguments.file.stem], arguments.file.stem)
    if text:
        print(text)
    return GOOD


def issue_text(search: dict, stem: str) -> str:
    """The issue of one search; empty when nothing is new.

    Titles stand in an indented block of one line each: nothing in them is markup,
    a link, or a mention of anybody.
    """
    from analysis_lib.search import printable

    found = search["candidates"]
    if not found:
        return ""
    lines = [
        f"The search `{stem}` found {len(found)} records that were not seen before.",
        "",
        *(
            f"- `{asked['database']}`: {asked['hits']} records"
            + (f", {asked['from']} to {asked['to']}" if asked["from"] else "")
            for asked in search["asked"]
        ),
        "",
        "Merge the branch with the search file, then screen: `lsr screen --reader NAME`.",
        "",
        *(f"    {printable(c['id'])}  {printable(c['title'])[:200]}" for c in found[:_LISTED]),
    ]
    if len(found) > _LISTED:
        lines += ["", f"and {len(found) - _LISTED} more, in the search file"]
    return "\n".join(lines)
