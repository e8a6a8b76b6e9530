"""Reporting checklists: every item once, in order, in our own words, and honest."""

import copy
import shutil

import pytest
import yaml

from analysis_lib.book.reporting_page import reporting_page
from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.study_records import DATA, load_judgements, load_reading, validate_data
from analysis_lib.study_records.checklists import ITEMS, check_checklists, load_checklists


def items(name):
    checklist = next(found for found in load_checklists() if found.id == name)
    return {item.item: item for item in checklist.items}


def test_every_item_of_prisma_2020_stands_once():
    """27 items; sub-items of 10, 13, 16, 20, 23 and 24 make them 42."""
    found = list(items("prisma-2020"))
    assert len(found) == 42
    assert sorted({int(item.rstrip("abcdef")) for item in found}) == list(range(1, 28))


def test_every_item_of_prisma_ipd_stands_once():
    """The 27 items of PRISMA and four of its own."""
    found = list(items("prisma-ipd"))
    assert len(found) == 31
    assert [item for item in found if item.isdigit()] == [str(n) for n in range(1, 28)]
    assert [item for item in found if item.startswith("A")] == ["A1", "A2", "A3", "A4"]


def test_the_four_new_items_of_prisma_lsr_stand_there():
    found = {item.split(".")[0] for item in items("prisma-lsr") if item.startswith("L")}
    assert found == {"L1", "L2", "L3", "L4"}


def test_what_is_open_is_not_called_met():
    searched = load_reading()["database_search"]["run"]
    for name, item in (("prisma-2020", "7"), ("prisma-ipd", "8")):
        assert (items(name)[item].status == "not_met") == (not searched)
    readers = {reader for found in load_judgements().case_series for reader in found.readers}
    assert items("prisma-2020")["11"].status == ("partly" if readers == {"first"} else "met")
    assert items("prisma-ipd")["5"].status == "partly"
    for item in ("25", "26"):
        assert items("prisma-2020")[item].status == "not_met"


def test_the_page_tells_what_was_not_seen():
    text = reporting_page()
    unseen = [i for c in load_checklists() for i in c.items if not i.verified]
    assert text.count("(not checked against the original)") == len(unseen) > 0
    assert "The original table was not at hand" in text
    for checklist in load_checklists():
        assert f"https://doi.org/{checklist.doi}" in text


BAD = [
    (lambda raw: raw["items"].pop(3), "item 4 of PRISMA 2020 is missing"),
    (lambda raw: raw["items"].append(dict(raw["items"][0])), "must not stand twice"),
    (lambda raw: raw["items"][2].update(item="29"), "must be an item of PRISMA 2020"),
    (lambda raw: raw["items"].reverse(), "must stand in the checklist's order"),
    (lambda raw: raw["items"][4].update(link=None), "must say where the item is met"),
    (lambda raw: raw["items"][4].update(link="https://example.org"), "must match"),
    (lambda raw: raw["items"][4].update(why="one. Two."), "must match"),
    (lambda raw: raw["items"][4].update(status="yes"), "must be one of met, partly"),
    (lambda raw: raw.update(id="prisma-ipd"), "must equal the file's name"),
]


@pytest.mark.parametrize(("change", "rule"), BAD)
def test_a_bad_checklist_is_named(tmp_path, change, rule):
    shutil.copytree(DATA / "checklists", tmp_path / "data" / "checklists")
    path = tmp_path / "data" / "checklists" / "prisma-2020.yaml"
    raw = copy.deepcopy(yaml.safe_load(path.read_text()))
    change(raw)
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    problems = check_checklists(tmp_path / "data")
    assert any(rule in str(problem) for problem in problems)
    assert all(p.path == "data/checklists/prisma-2020.yaml" for p in problems)
    with pytest.raises(InvalidRecordsError):
        load_checklists(tmp_path / "data")


def test_the_real_files_are_sound():
    assert check_checklists() == ()
    assert not [p for p in validate_data() if "checklists" in p.path]
    assert [checklist.id for checklist in load_checklists()] == list(ITEMS)
