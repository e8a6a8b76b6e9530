"""Doses in a record: figures that their own record's words hold, or a clear error."""

import copy

import pytest
from synthetic import GOOD, write

from analysis_lib.study_records import load_records
from analysis_lib.study_records.loader import read_record
from analysis_lib.study_records.scaffold import scaffold

SCHEDULE = {
    "arm": "a",
    "course": "recurrence",
    "delivery": "external_beam",
    "statistic": "prescribed",
    "total_dose_gy": 24,
    "dose_per_fraction_gy": 8,
    "fractions": 3,
    "stated_in": "notes[1]",
    "words": "8 Gy x3",
}


def record_with(**changes):
    record = copy.deepcopy(GOOD)
    record["notes"] = ["synthetic", "all had 8 Gy x3\n  at the isocentre"]
    record["schedules"] = [SCHEDULE | changes]
    return record


def test_a_schedule_is_read_as_it_stands(tmp_path):
    write(tmp_path, record_with(n=15, total_dose_range_gy=[20, 27]))
    schedule = load_records(tmp_path / "data")[0].schedules[0]
    assert (schedule.arm, schedule.fractions, schedule.n) == ("a", 3, 15)
    assert schedule.total_dose_range_gy == (20, 27)
    assert schedule.isotope is None


def test_a_record_without_doses_has_none(tmp_path):
    write(tmp_path, copy.deepcopy(GOOD))
    assert load_records(tmp_path / "data")[0].schedules == ()


IMPLANT = {
    "delivery": "permanent_implant",
    "isotope": "cs131",
    "total_dose_gy": 60,
    "dose_per_fraction_gy": None,
    "fractions": None,
}
BAD = {
    "arm of nothing": ({"arm": "z"}, "must name an arm of this study (a, b) or be null", ".arm"),
    "other words": ({"words": "8 Gy x 3"}, "guard: must stand letter by letter", ".words"),
    "no such note": ({"stated_in": "notes[7]"}, "must name a text of this record", ".stated_in"),
    "no such arm": ({"stated_in": "arms[7].label"}, "must name a text", ".stated_in"),
    "not a text": ({"stated_in": "n_patients"}, "must match", ".stated_in"),
    "sum wrong": ({"total_dose_gy": 25}, "must be 3 times 8 Gy", ".total_dose_gy"),
    "no dose": (
        {"total_dose_gy": None, "dose_per_fraction_gy": None},
        "must hold a dose",
        ".total_dose_gy",
    ),
    "range turned": ({"fractions_range": [5, 1]}, "lowest and highest", ".fractions_range"),
    "out of range": ({"fractions_range": [4, 5]}, "must lie in its range", ".fractions"),
    "cGy": ({"dose_per_fraction_gy": 800}, "must be at most 100", ".dose_per_fraction_gy"),
    "no fractions": ({"fractions": 0}, "must be at least 1", ".fractions"),
    "negative": ({"total_dose_gy": -24}, "must be above 0", ".total_dose_gy"),
    "half a fraction": ({"fractions": 2.5}, "whole number", ".fractions"),
    "three limits": ({"fractions_range": [1, 2, 3]}, "at most 2", ".fractions_range"),
    "isotope of a beam": ({"isotope": "cs131"}, "must be null where no implant", ".isotope"),
    "seeds of nothing": (IMPLANT | {"isotope": None}, "must be named", ".isotope"),
    "seeds in fractions": (IMPLANT | {"fractions": 3}, "must be null for an implant", ".fractions"),
    "bed alone": ({"printed_bed_gy": 43.2}, "must stand with printed_bed_gy", "alpha_beta_gy"),
    "unknown key": ({"dose": 8}, "unknown key dose", "dose"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_schedule_is_named(tmp_path, case):
    changes, rule, field = BAD[case]
    path = write(tmp_path, record_with(**changes))
    record, problems = read_record(path, data=tmp_path / "data")
    assert record is None
    assert any(
        rule in problem.rule and field in problem.field and problem.line > 1 for problem in problems
    ), problems


def test_words_may_run_over_a_line(tmp_path):
    path = write(tmp_path, record_with(words="8 Gy x3 at the isocentre"))
    assert read_record(path, data=tmp_path / "data")[1] == ()


def test_the_scaffold_shows_how_to_enter_a_dose(tmp_path):
    text = scaffold("roe-2021", data=tmp_path).read_text(encoding="utf-8")
    assert "schedules: []" in text
    assert "#     stated_in: null" in text
