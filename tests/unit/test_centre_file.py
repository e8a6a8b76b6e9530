"""A centre's own file: every bad input by its own message, and what would identify a patient.

All patients are synthetic.
"""

import json

import pytest
from centre import DECLARATION, HEADER, rows, write_centre

from analysis_lib.cli import FOUND, GOOD, USAGE, main
from analysis_lib.study_records import DATA, load_vocabulary
from analysis_lib.study_records.centre_record import check_centre_file
from analysis_lib.study_records.centre_words import (
    AFTER_RESECTION,
    EXTENTS,
    OUTCOMES,
    RESECTION,
    TREATMENTS,
)

GOOD_ROW = "P001,re_resection,gtr,none,os,12.5,1"


def check(folder, *lines, **options):
    return check_centre_file(write_centre(folder, list(lines), **options))


def only_problem(folder, *lines, **options):
    problems = check(folder, *lines, **options).problems
    assert len(problems) == 1, problems
    return problems[0]


def with_cell(column, value):
    cells = GOOD_ROW.split(",")
    cells[HEADER.split(",").index(column)] = value
    return ",".join(cells)


def test_a_sound_file_has_no_problem(tmp_path):
    checked = check_centre_file(write_centre(tmp_path))
    assert checked.problems == ()
    assert len(checked.patients) == len(rows())


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("id", "", "must not be empty"),
        ("id", "1956-03-12", "looks like a date"),
        ("id", "12.03.1956", "looks like a date"),
        ("id", "12mar1956", "looks like a date"),
        ("id", "AB1956", "looks like a year of birth"),
        ("id", "A.B.56", "looks like a year of birth"),
        ("id", "1956", "looks like a year of birth"),
        ("id", "4711223", "looks like a record number"),
        ("id", "MRN-4711223", "looks like a record number"),
        ("id", "Müller", "looks like a name or initials"),
        ("id", "AB", "looks like a name or initials"),
        ("id", "Müller 1", "at most one letter and four digits"),
        ("treatment", "operated again", "no names and no free text"),
        ("treatment", "surgery", "must be one of re_resection, re_srs"),
        ("treatment", "not_stated", "must be one of re_resection, re_srs"),
        ("treatment", "re_resection_alone", "write re_resection, and what followed under adjuvant"),
        ("treatment", "", "must be one of re_resection"),
        ("extent", "complete", "must be one of gtr, str, near_total, unknown"),
        ("adjuvant", "yes, 12 Gy", "must be one of none, re_srs"),
        ("outcome", "death", "must be one of os, pfs"),
        ("outcome", "2020-01-31", "no dates: delete it"),
        ("time_months", "", "must not be empty"),
        ("time_months", "-3.0", "must not be negative"),
        ("time_months", "31.01.2020", "no date: compute the difference"),
        ("time_months", "2020-01-31", "no date: compute the difference"),
        ("time_months", "43861", "at most 360 months: days, or a date of a sheet?"),
        ("time_months", "12 months", "a plain number of months"),
        ("time_months", "nan", "a plain number of months"),
        ("time_months", "1e2", "a plain number of months"),
        ("event", "2", "1 it happened, 0 free of it"),
        ("event", "dead", "1 it happened, 0 free of it"),
        ("event", "", "must be one of 0, 1"),
    ],
)
def test_a_bad_cell_is_named_with_its_place(tmp_path, column, value, rule):
    quoted = f'"{value}"' if "," in value else value
    found = only_problem(tmp_path, with_cell(column, quoted))
    assert (found.path, found.line, found.field) == ("patients.csv", 2, column)
    assert rule in found.rule
    assert found.value == value


def test_a_decimal_comma_is_told_how_to_write_it(tmp_path):
    found = only_problem(tmp_path, with_cell("time_months", '"12,5"'))
    assert "decimal point: 12.5" in found.rule
    found = only_problem(tmp_path, with_cell("time_months", "12,5"))
    assert "must have 7 columns (a decimal comma? write 12.5)" in found.rule
    assert found.line == 2


@pytest.mark.parametrize("column", ["extent", "adjuvant"])
def test_only_a_resection_has_an_extent_and_an_adjuvant(tmp_path, column):
    cells = {"extent": "none", "adjuvant": "none"} | {column: "unknown"}
    line = f"P001,re_srs,{cells['extent']},{cells['adjuvant']},os,5.0,1"
    found = only_problem(tmp_path, line)
    assert found.field == column
    assert "must be none where the treatment is not re_resection" in found.rule


def test_a_patient_stands_once_for_each_outcome(tmp_path):
    found = only_problem(tmp_path, GOOD_ROW, GOOD_ROW)
    assert (found.line, found.field, found.value) == (3, "id", "P001")
    assert "os of this id is on line 2" in found.rule


def test_a_patient_has_one_treatment(tmp_path):
    other = "P001,re_resection,str,none,local_control,5.0,1"
    found = only_problem(tmp_path, GOOD_ROW, other)
    assert (found.line, found.field) == (3, "extent")
    assert "line 2 has gtr" in found.rule


def test_nobody_is_followed_beyond_the_death(tmp_path):
    later = "P001,re_resection,gtr,none,local_control,14.0,0"
    found = only_problem(tmp_path, GOOD_ROW, later)
    assert (found.line, found.field) == (3, "time_months")
    assert "after the death on line 2 (12.5 months)" in found.rule


@pytest.mark.parametrize(
    ("header", "field", "rule"),
    [
        (HEADER + ",name", "name", "no names, dates or free text"),
        (HEADER + ",birth_date", "birth_date", "no names, dates or free text"),
        (HEADER + ",kps", "kps", "unknown column; known are id, treatment"),
        (HEADER + ",event", "event", "must not name a column twice"),
        (HEADER.replace(",event", ""), "", "column missing: event"),
        (HEADER.replace(",", ";"), "", "separated by commas, decimals written with a point"),
        (HEADER.replace(",", "\t"), "", "separated by commas, decimals written with a point"),
    ],
)
def test_a_bad_header_is_named_and_nothing_else(tmp_path, header, field, rule):
    found = only_problem(tmp_path, GOOD_ROW, header=header)
    assert (found.line, found.field) == (1, field)
    assert rule in found.rule


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        (HEADER.encode() + b"\n", "must hold patients below its header"),
        (HEADER.encode() + b"\nP1,re_srs,none,none,os,\xe4,1\n", "must be UTF-8 text"),
        (b"PK\x03\x04sheet", "save the sheet as CSV"),
        (HEADER.encode("utf-16"), "save the sheet as CSV"),
        (HEADER.encode() + b"\n" + b"P1,re_srs,none,none,os,1.0,1\n" * 40_000, "must be at most"),
        (HEADER.encode() + b'\n"P1,re_srs', "is no sound CSV"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, rule):
    path = write_centre(tmp_path)
    path.write_bytes(content)
    checked = check_centre_file(path)
    assert len(checked.problems) == 1
    assert rule in checked.problems[0].rule
    assert checked.patients == ()


def test_a_byte_order_mark_and_quotes_are_no_problem(tmp_path):
    path = write_centre(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"P001", b'"P001"'))
    assert check_centre_file(path).problems == ()


def test_a_missing_file_says_so(tmp_path):
    checked = check_centre_file(tmp_path / "nothing.csv")
    assert "cannot be read: No such file" in checked.problems[0].rule


@pytest.mark.parametrize(
    ("declaration", "rule"),
    [
        (None, "must stand beside the file"),
        (DECLARATION.replace("local", "somewhere"), "must be one of local, distant"),
        (DECLARATION.replace("unknown", "necrosis"), "must be one of tumour, mixed, unknown"),
        (DECLARATION.replace("start_of_salvage", "2020-01-31"), "must be one of start_of_salvage"),
        (DECLARATION + "hospital: St Elsewhere\n", "unknown key hospital"),
        (DECLARATION.replace("[]", "[nobody-1999]"), "must name studies of the review"),
        (DECLARATION.replace("pathology: unknown\n", ""), "required key pathology is missing"),
    ],
)
def test_a_bad_declaration_is_named(tmp_path, declaration, rule):
    checked = check_centre_file(write_centre(tmp_path, declaration=declaration))
    assert [found.path for found in checked.problems] == ["centre.yaml"]
    assert rule in checked.problems[0].rule


# --- what would identify a patient -----------------------------------------------------------


def identified(folder, *lines):
    checked = check(folder, *lines)
    assert checked.problems == ()
    return checked.identifying


def same(n, time="5.0"):
    return [f"P{number:03d},re_srs,none,none,os,{time},1" for number in range(1, n + 1)]


def test_a_patient_alone_in_a_combination_is_named(tmp_path):
    alone = "P900,re_resection,near_total,wbrt,os,7.0,1"
    found = identified(tmp_path, *same(6), alone)
    assert [(one.line, one.field) for one in found] == [(8, "treatment")]
    assert found[0].value == "re_resection, near_total, wbrt, os"
    assert "the only patient of this combination" in found[0].rule


def test_a_follow_up_that_stands_out_is_named_with_a_common_end(tmp_path):
    found = identified(tmp_path, *same(6, "20.0"), "P900,re_srs,none,none,os,90.0,0")
    assert [(one.line, one.field, one.value) for one in found] == [(8, "time_months", "90.0")]
    assert "than the next (20)" in found[0].rule
    assert "such as 24 months" in found[0].rule


def test_a_long_follow_up_among_long_ones_is_none(tmp_path):
    assert identified(tmp_path, *same(6, "70.0"), "P900,re_srs,none,none,os,90.0,0") == ()


def test_times_finer_than_a_tenth_of_a_month_are_to_be_rounded(tmp_path):
    found = identified(tmp_path, *same(6), "P900,re_srs,none,none,os,5.13,0")
    assert [(one.line, one.field, one.value) for one in found] == [(8, "time_months", "5.13")]
    assert "round to one decimal" in found[0].rule


# --- the lists are those of the review, and the command -------------------------------------


def test_the_closed_lists_are_the_vocabularys():
    words = load_vocabulary()
    made = {AFTER_RESECTION[a] for a in AFTER_RESECTION} | set(TREATMENTS) - {RESECTION}
    assert made == set(words["treatment"]) - {"not_stated", "non_surgical"}
    assert set(EXTENTS) == set(words["extent"]) - {"mixed"}
    assert set(OUTCOMES) == set(words["outcome"])


def test_the_declarations_lists_are_the_vocabularys():
    fields = json.loads((DATA / "institutional.schema.json").read_text())["properties"]
    words = load_vocabulary()
    assert set(fields["recurrence"]["enum"]) == set(words["recurrence"])
    assert set(fields["time_zero"]["enum"]) == set(words["time_zero"])
    assert set(fields["pathology"]["enum"]) == set(words["pathology"]) - {"necrosis"}


def test_the_command_tells_small_groups_without_their_size(tmp_path, capsys):
    assert main(["centre", "check", str(write_centre(tmp_path))]) == GOOD
    out = capsys.readouterr().out
    assert "Repeat WBRT, overall survival: fewer than 5 patients, will be shown nowhere" in out
    assert "Re-resection + re-SRS, overall survival: extents of resection will not" in out
    assert "no rule is broken by 33 patients, 66 lines" in out


def test_one_patient_and_one_time_are_told_in_the_singular(tmp_path, capsys):
    path = write_centre(tmp_path, ["P001,re_srs,none,none,os,5.0372,1"])
    assert main(["centre", "check", str(path)]) == FOUND
    printed = capsys.readouterr()
    assert "no rule is broken by 1 patient, 1 line\n" in printed.out
    assert "1 time is finer than 0.1 month and tells the day" in printed.err


def test_the_command_exits_with_one_when_something_was_found(tmp_path, capsys):
    path = write_centre(tmp_path, [GOOD_ROW, with_cell("id", "Max\x1bMuster")])
    assert main(["centre", "check", str(path)]) == FOUND
    err = capsys.readouterr().err
    assert "patients.csv:3: id: looks like a name" in err
    assert "the only patient of this combination" in err
    assert "1 problem; the file is not used" in err
    assert "\x1b" not in err


def test_the_command_exits_with_one_when_only_a_patient_stands_out(tmp_path, capsys):
    path = write_centre(tmp_path, [*same(6), GOOD_ROW])
    assert main(["centre", "check", str(path)]) == FOUND
    assert "would identify a patient:" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["centre"], ["centre", "check"]])
def test_wrong_usage(argv, capsys):
    assert main(argv) == USAGE
    capsys.readouterr()
