"""``lsr pdf``: the book and a summary of each comparison, printed from the built site."""

from __future__ import annotations

import argparse

from analysis_lib.cli.exits import GOOD


def add_pdf_command(commands: argparse._SubParsersAction) -> None:
    """Add the command to the command line's subcommands."""
    pdf = commands.add_parser("pdf", help="print the built site: summaries of one page, the book")
    pdf.add_argument(
        "--only", action="append", default=[], metavar="ID", help="one comparison; repeatable"
    )
    pdf.add_argument("--summary", action="store_true", help="summaries of one page only")
    pdf.set_defaults(run=_pdf)


def _pdf(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from analysis_lib.book.pdf import FOLDER, write_pdfs
    from analysis_lib.book.site import BUILD, SITE
    from analysis_lib.book.site_address import site_address
    from analysis_lib.comparison import load_declarations

    with tqdm(desc="pages", unit="page") as bar:

        def told(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        report = write_pdfs(
            SITE,
            BUILD / FOLDER,
            [declared.id for declared in load_declarations()],
            only=arguments.only,
            summaries_only=arguments.summary,
            address=site_address(),
            told=told,
        )
    for path in (*report.summaries, *([report.book] if report.book else [])):
        print(f"open {path.as_uri()}")
    return GOOD
