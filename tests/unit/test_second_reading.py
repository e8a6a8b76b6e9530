"""A second reading: blind form, comparison, settlement; nothing is lost and nothing half-done."""

import copy
import json
import re
import shutil

import pytest
import yaml
from synthetic import GOOD, write

from analysis_lib import files
from analysis_lib.book.study_words import reading_words
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError, ReviewError
from analysis_lib.study_records import (
    DATA,
    load_second_readings,
    read_record,
    settlement,
    study_files,
)
from analysis_lib.study_records.evidence_files import validate_data
from analysis_lib.study_records.reading_figures import figures_of
from analysis_lib.study_records.reading_form import form_path, read_form, write_form
from analysis_lib.study_records.reading_table import read_rows
from analysis_lib.study_records.second_reading import compare_readings, settle, unread_figures
from analysis_lib.study_records.yaml_reader import read_yaml

COMMENTED = "# kept\nid: doe-2020  # kept too\n"
COMMENT = "settled by the authors of this synthetic test"


@pytest.fixture
def data(tmp_path):
    """A folder with one synthetic record, whose file has comments, and the real summary."""
    record = copy.deepcopy(GOOD)
    text = yaml.safe_dump(record, sort_keys=False).replace("id: doe-2020\n", COMMENTED, 1)
    write(tmp_path, text)
    folder = tmp_path / "data"
    shutil.copy(DATA / "reading.yaml", folder)
    header = (DATA / "second_reading.csv").read_bytes().split(b"\r\n")[0]
    (folder / "second_reading.csv").write_bytes(header + b"\r\n")
    return folder


def fill(data, values, **more):
    """Fill in the form: values by (arm, outcome, field); the others stay open."""
    path = form_path("doe-2020", data)
    if not path.exists():
        write_form("doe-2020", unread_figures("doe-2020", data), data=data)
    form = yaml.safe_load(path.read_text())
    for row in form["figures"]:
        row |= values.get((row["arm"], row["outcome"], row["field"]), {})
    form |= {"reader": "second", "read_on": "2027-01-31"} | more
    path.write_text(yaml.safe_dump(form, sort_keys=False))


def first_values(data):
    path = data / "studies" / "doe-2020" / "study.yaml"
    return {f.key: f.value for f in figures_of(read_yaml(path, "x")[0])}


def alike(data):
    return {key: {"value": value} for key, value in first_values(data).items()}


@pytest.mark.parametrize("settled", ["first", "second"])
def test_only_a_difference_can_be_settled(data, settled):
    """One line too high in the form, and an agreement was written down as a correction."""
    key, found = next(iter(alike(data).items()))
    fill(data, {key: found | {"settled": settled, "comment": COMMENT}})
    with pytest.raises(InvalidRecordsError, match="both readings are alike") as error:
        settle("doe-2020", data)
    assert error.value.problems[0].field == "figures[0].settled"
    assert not read_rows(data)


# --- what is asked for ----------------------------------------------------------------


def test_the_figures_are_those_that_were_read_a_second_time_before():
    """Rows that no numeric field of a record holds are the only ones not asked for."""
    asked = {
        (path.parent.name, *figure.key)
        for path in study_files()
        for figure in figures_of(read_yaml(path, path.name)[0])
    }
    rows = [row for row in load_second_readings() if row["agree"] == "yes"]
    missing = [r for r in rows if (r["study"], r["arm"], r["outcome"], r["field"]) not in asked]
    assert [r["field"] for r in missing] == ["crude_local_recurrence (in note)"] * 2


def test_a_figure_holds_what_stands_at_its_path(data):
    path = data / "studies" / "doe-2020" / "study.yaml"
    raw = read_yaml(path, "x")[0]
    for figure in figures_of(raw):
        held = raw
        for step in re.findall(r"\w+", figure.path):
            held = held[int(step) if step.isdigit() else step]
        assert held == figure.value
    assert len({figure.key for figure in figures_of(raw)}) == len(figures_of(raw))


def test_two_outcomes_of_one_name_are_two_figures():
    record = copy.deepcopy(GOOD)
    record["arms"][0]["outcomes"].append(copy.deepcopy(record["arms"][0]["outcomes"][0]))
    names = {f.outcome for f in figures_of(record) if f.field == "median"}
    assert names == {"os", "os (2)"}


def test_the_form_does_not_tell_what_the_first_reader_found(data):
    record = copy.deepcopy(GOOD)
    record["n_patients"] = 987
    record["arms"][0]["outcomes"][0]["median"]["value"] = 15.75
    record["arms"][0]["outcomes"][0]["source"]["seen"] = "the words around 15.75"
    write(data.parent, record)
    count = write_form("doe-2020", unread_figures("doe-2020", data), data=data)
    text = form_path("doe-2020", data).read_text()
    assert count == len(first_values(data)) > 10
    assert "987" not in text
    assert "15.75" not in text
    assert {e.value for e in read_form("doe-2020", data).entries} == {None}


def test_a_form_grows_and_keeps_what_stands_in_it(data):
    figures = unread_figures("doe-2020", data)
    assert write_form("doe-2020", figures[:5], data=data) == 5
    path = form_path("doe-2020", data)
    filled = path.read_text().replace("value: null  # a", "value: 40  # mine, a", 1)
    path.write_text(filled)
    assert write_form("doe-2020", figures, data=data) == len(figures) - 5
    assert path.read_text().startswith(filled)
    assert write_form("doe-2020", figures, data=data) == 0


def test_a_rearranged_form_is_refused_and_kept(data):
    figures = unread_figures("doe-2020", data)
    write_form("doe-2020", figures[:2], data=data)
    path = form_path("doe-2020", data)
    before = path.read_text().replace("missed: []\n", "") + "missed: []\n"
    path.write_text(before)
    with pytest.raises((InvalidInputError, InvalidRecordsError)):
        write_form("doe-2020", figures, data=data)
    assert path.read_text() == before


# --- strict forms ---------------------------------------------------------------------

HR = ("a vs b", "os", "contrast_hr")
MEDIAN, LANDMARK, N = (
    ("a", "os", "median"),
    ("a", "os", "landmark_12"),
    ("(study)", "-", "n_patients"),
)

BAD = [
    ({LANDMARK: {"value": 50}}, r"figures\[\d+\].value: must be in 0..1 .*was 50"),
    ({N: {"value": 40.5}}, "must be a whole number, or not_found"),
    ({N: {"value": "forty"}}, "must be a whole number, or not_found"),
    ({N: {"value": True}}, "must be a number or text or null"),
    ({MEDIAN: {"value": -1}}, "must be a number of months"),
    ({MEDIAN: {"value": "12,5"}}, "must be a number of months"),
    ({HR: {"value": "about one"}}, "must be a number"),
    ({N: {"value": 41, "settled": "first"}}, "must say what the paper prints"),
    ({N: {"value": None, "settled": "second", "comment": "x"}}, "nothing to settle"),
    ({N: {"guess": 1}}, "unknown key guess"),
    ({N: {"settled": "third"}}, "must be one of first, second"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "rule"), BAD)
def test_a_bad_form_is_named_with_file_and_field(data, values, rule):
    fill(data, values)
    with pytest.raises(InvalidRecordsError, match=rule) as caught:
        compare_readings("doe-2020", data)
    assert all(p.path == "data/second_readings/doe-2020.yaml" for p in caught.value.problems)
    assert all(p.line > 0 for p in caught.value.problems)


@pytest.mark.parametrize(
    ("more", "rule"),
    [({"study": "roe-2020"}, "must equal the file's name"), ({"read_on": "31.1.2027"}, "match")],
)
def test_a_form_of_another_study_or_day_is_refused(data, more, rule):
    fill(data, {}, **more)
    with pytest.raises(InvalidRecordsError, match=rule):
        read_form("doe-2020", data)


def test_a_terminal_is_not_steered_by_a_form(data):
    fill(data, {N: {"\x1b[31mred": 1}})
    problems = [p for p in validate_data(data) if "second_readings" in p.path]
    assert problems
    assert all(str(problem).isprintable() for problem in problems)


def test_a_bad_form_stops_validation(data):
    fill(data, {N: {"settled": "third"}})
    assert any("must be one of first" in str(p) for p in validate_data(data))


def test_a_record_with_errors_is_not_read_again(data):
    record = copy.deepcopy(GOOD) | {"n_patients": -1}
    write(data.parent, record)
    with pytest.raises(InvalidRecordsError):
        unread_figures("doe-2020", data)
    with pytest.raises(InvalidInputError, match="lsr study new roe-2020"):
        unread_figures("roe-2020", data)


# --- comparing and settling -----------------------------------------------------------


def test_states_of_a_comparison(data):
    fill(data, {N: {"value": 40}, MEDIAN: {"value": 12.5}, LANDMARK: {"value": "not_found"}})
    _, compared = compare_readings("doe-2020", data)
    states = {c.entry.key: c.state for c in compared}
    assert (states[N], states[MEDIAN], states[LANDMARK]) == ("agrees", "differs", "not_found")
    assert states[HR] == "open"
    assert [c.entry.key for c in compared if c.unsettled] == [MEDIAN]


def test_settling_writes_table_record_and_summary(data):
    """The counts in all three places are those of the form; comments and the rest stay."""
    values = alike(data)
    values[MEDIAN] = {"value": 12.5, "settled": "second", "comment": COMMENT}
    values[LANDMARK] = {"value": 0.55, "settled": "first", "comment": COMMENT}
    values[HR] = {"value": "not_found"}
    fill(data, values)
    path = data / "studies" / "doe-2020" / "study.yaml"
    before, total = path.read_text(), len(values)
    settled = settle("doe-2020", data)
    assert (settled.agreed, settled.corrected, settled.not_found_again) == (total - 2, 1, 1)
    assert settled.left == 0
    record, problems = read_record(path, data=data)
    assert problems == ()
    reading = record.second_reading
    assert (reading.agreed, reading.corrected, reading.not_found_again) == (total - 2, 1, 1)
    assert f"{total - 3} of {total} values read alike by second" in reading.note
    assert record.arms[0].outcomes[0].median.value == 12.5
    assert COMMENTED in path.read_text()
    changed = set(path.read_text().splitlines()) - set(before.splitlines())
    assert len(changed) == 5
    summary = yaml.safe_load((data / "reading.yaml").read_text())
    assert summary["second_reading"] == {
        "file": "second_reading.csv",
        "figures": total,
        "studies": 1,
        "agreed": total - 2,
        "corrected": 1,
        "not_found_again": 1,
    }
    assert summary["last_reading"] == "2027-01-31"
    assert summary["last_reading_documented_as"] == "January 2027"
    rows = {(r["arm"], r["outcome"], r["field"]): r for r in read_rows(data)}
    assert (rows[MEDIAN]["first_value"], rows[MEDIAN]["second_value"]) == ("12", "12.5")
    assert rows[MEDIAN]["agree"] == "no"
    assert rows[LANDMARK]["agree"] == "yes"
    assert "first read as 0.55 by the second reader" in rows[LANDMARK]["comment"]
    assert rows[HR]["second_value"] == ""
    assert unread_figures("doe-2020", data) == ()


def test_what_is_open_or_differs_stays_and_can_follow_later(data):
    fill(data, {N: {"value": 40}, MEDIAN: {"value": 12.5}})
    first = settle("doe-2020", data)
    assert first.agreed == 1
    assert first.left == len(first_values(data)) - 1
    with pytest.raises(InvalidInputError, match="no value is ready"):
        settle("doe-2020", data)
    fill(data, {MEDIAN: {"value": 12.5, "settled": "first", "comment": COMMENT}})
    assert settle("doe-2020", data).agreed == 1
    assert [row["field"] for row in read_rows(data)] == ["n_patients", "median"]


def test_two_outcomes_of_one_name_are_settled_apart(data):
    record = copy.deepcopy(GOOD)
    again = copy.deepcopy(record["arms"][0]["outcomes"][0])
    record["arms"][0]["outcomes"].append(again | {"role": "none", "role_reason": "synthetic"})
    write(data.parent, record)
    fill(data, alike(data))
    settle("doe-2020", data)
    assert unread_figures("doe-2020", data) == ()
    rows = [row for row in read_rows(data) if row["field"] == "median"]
    found = read_record(data / "studies" / "doe-2020" / "study.yaml", data=data)[0]
    words = [reading_words(found, row) for row in rows]
    assert words == ["median, overall survival, A", "median, overall survival (2), A"]


def test_a_settlement_needs_a_reader_and_a_day(data):
    fill(data, {N: {"value": 40}}, reader=None)
    with pytest.raises(InvalidInputError, match="reader must be filled in"):
        settle("doe-2020", data)


def test_an_earlier_day_does_not_move_the_date_back(data):
    before = yaml.safe_load((data / "reading.yaml").read_text())["last_reading"]
    fill(data, {N: {"value": 40}}, read_on="2020-01-01")
    settle("doe-2020", data)
    assert yaml.safe_load((data / "reading.yaml").read_text())["last_reading"] == before


def test_a_correction_that_breaks_the_record_is_refused_whole(data):
    """The second reader's n is below the events: no file changes."""
    key = ("a", "os", "n_analysed")
    fill(data, {key: {"value": 5, "settled": "second", "comment": COMMENT}})
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    with pytest.raises(InvalidRecordsError, match="must not exceed n_analysed"):
        settle("doe-2020", data)
    assert {p: p.read_bytes() for p in data.rglob("*") if p.is_file()} == before


def test_lines_of_other_studies_stay_to_the_letter(data):
    shutil.copy(DATA / "second_reading.csv", data)
    before = (data / "second_reading.csv").read_bytes()
    fill(data, alike(data))
    settle("doe-2020", data)
    after = (data / "second_reading.csv").read_bytes()
    assert after.startswith(before)
    assert after[len(before) :].count(b"\r\n") == len(first_values(data))


# --- interruptions --------------------------------------------------------------------


@pytest.mark.parametrize("stop_at", range(4))
def test_a_cut_anywhere_leaves_all_old_or_is_finished(data, monkeypatch, stop_at):
    """The n-th rename never happens, as in a power cut; the next one finds or finishes."""
    fill(data, alike(data))
    names = ("second_reading.csv", "studies/doe-2020/study.yaml", "reading.yaml")
    before = [(data / name).read_bytes() for name in names]
    renames, really = [], files.os.replace

    def replace(source, target):
        if len(renames) == stop_at:
            raise KeyboardInterrupt
        renames.append(target)
        really(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            settle("doe-2020", data)
    if stop_at == 0:
        assert [(data / name).read_bytes() for name in names] == before
        assert not settlement.interrupted(data)
    else:
        assert any("was cut off" in str(p) for p in validate_data(data))
        assert settlement.finish_settlement(data)
        assert all((data / n).read_bytes() != b for n, b in zip(names, before, strict=True))
    assert not settlement.finish_settlement(data)
    assert not list(data.rglob(".*"))


def test_a_file_changed_since_the_cut_is_not_overwritten(data, monkeypatch):
    fill(data, alike(data))
    monkeypatch.setattr(settlement, "write_text", _only_the_journal(settlement.write_text))
    with pytest.raises(KeyboardInterrupt):
        settle("doe-2020", data)
    monkeypatch.undo()
    (data / "reading.yaml").write_text("changed")
    with pytest.raises(ReviewError, match=r"data/reading\.yaml was changed"):
        settlement.finish_settlement(data)
    assert (data / "reading.yaml").read_text() == "changed"
    assert len(json.loads((data / settlement.JOURNAL).read_text())) == 3


def _only_the_journal(really):
    def write_text(path, text):
        if path.name != settlement.JOURNAL:
            raise KeyboardInterrupt
        return really(path, text)

    return write_text


# --- table, records and summary tell the same ------------------------------------------


def whole_data(tmp_path):
    shutil.copytree(DATA, tmp_path / "data")
    return tmp_path / "data"


def test_counts_that_disagree_are_named(tmp_path):
    data = whole_data(tmp_path)
    path = data / "second_reading.csv"
    lines = path.read_bytes().split(b"\r\n")
    path.write_bytes(b"\r\n".join([*lines[:1], *lines[2:]]))
    told = [str(problem) for problem in validate_data(data)]
    assert any("abrey-2001/study.yaml" in t and "second_reading.agreed" in t for t in told)
    left = len(read_rows(data))
    assert any(f"data/reading.yaml: second_reading.figures: must be {left}" in t for t in told)


def test_a_row_of_no_study_or_without_an_answer_is_named(tmp_path):
    data = whole_data(tmp_path)
    path = data / "second_reading.csv"
    text = path.read_bytes().replace(b"abrey-2001,(study)", b"nobody-1999,(study)", 1)
    path.write_bytes(text.replace(b"41,41,yes", b"41,41,perhaps", 1))
    told = [str(problem) for problem in validate_data(data)]
    assert any("row 1: study: must name a study record, was nobody-1999" in t for t in told)
    assert any("agree: must be one of yes, no, not_found, was perhaps" in t for t in told)
