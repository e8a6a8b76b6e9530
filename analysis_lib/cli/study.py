"""``lsr study``: begin a record, look at it, see how far it is, have it read again."""

from __future__ import annotations

import argparse

from analysis_lib.cli.exits import FOUND, GOOD, print_problems
from analysis_lib.exceptions import InvalidInputError

#: Options of ``new`` that fill in the citation, with what each takes.
_CITATION = {
    "doi": "DOI, with or without its address",
    "pmid": "PubMed number",
    "pmcid": "PubMed Central number",
    "title": "title as printed",
    "authors": "authors as printed",
    "journal": "journal, volume, pages as printed",
}


def add_study_command(commands: argparse._SubParsersAction) -> None:
    """Add the command and its actions to the command line's subcommands."""
    study = commands.add_parser("study", help="begin, check, read again or show a record")
    actions = study.add_subparsers(required=True, metavar="action")
    new = _action(actions, "new", _new, "begin a record, every field explained")
    for name, text in _CITATION.items():
        new.add_argument(f"--{name}", metavar="TEXT", help=text)
    new.add_argument("--year", type=int, help="year of publication")
    _action(actions, "check", _check, "errors, findings, open steps, uses, and a preview page")
    second = _action(actions, "second", _second, "open or compare an independent second reading")
    second.add_argument("--reader", metavar="NAME", help="who reads again; for a new form")
    second.add_argument(
        "--settle", action="store_true", help="write down what agrees or was settled"
    )
    _action(actions, "show", _show, "show a record and its findings")


def _action(
    actions: argparse._SubParsersAction, name: str, run: object, text: str
) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
    action.add_argument("id", metavar="ID", help="first author and year: doe-2026")
    action.set_defaults(run=run)
    return action


def _new(arguments: argparse.Namespace) -> int:
    from analysis_lib.study_records.model import Citation
    from analysis_lib.study_records.scaffold import scaffold

    given = {name: getattr(arguments, name) for name in (*_CITATION, "year")}
    path = scaffold(arguments.id, citation=Citation(**given))
    print(f"wrote {path}; fill it in, then run: lsr study check {arguments.id}")
    return GOOD


def _check(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.study_check import check_study, check_text

    checked = check_study(arguments.id)
    print(check_text(checked))
    if checked.problems:
        print_problems(checked.problems, then="the preview leaves these parts out")
    return FOUND if checked.problems else GOOD


def _second(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.second_reading_text import comparison_text, settlement_text
    from analysis_lib.study_records import reading_form, second_reading, settlement

    study = arguments.id
    if settlement.finish_settlement():
        print("finished writing down a reading that was cut off")
    if not arguments.settle:
        figures = second_reading.unread_figures(study)
        added = reading_form.write_form(study, figures, reader=arguments.reader)
        if added:
            print(f"wrote {reading_form.form_path(study)}: {added} figures to look for")
        if not reading_form.form_path(study).is_file():
            print(f"{study}: every figure was looked for a second time")
            return GOOD
    elif not reading_form.form_path(study).is_file():
        raise InvalidInputError(f"no form of {study} yet; open one with: lsr study second {study}")
    else:
        settled = second_reading.settle(study)
        print(settlement_text(settled))
    form, compared = second_reading.compare_readings(study)
    print(comparison_text(form, compared))
    return FOUND if any(c.unsettled for c in compared) else GOOD


def _show(arguments: argparse.Namespace) -> int:
    from analysis_lib.book.record_text import record_text

    print(record_text(arguments.id))
    return GOOD
