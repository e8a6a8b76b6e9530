"""The PRISMA 2020 flow: every count is a number of entries, and none is made up."""

import json
import re
from dataclasses import replace

import pytest
from search_files import decide, evidence, paper, write_search

from analysis_lib.book import flow_page
from analysis_lib.editions import load_editions
from analysis_lib.search import prisma_flow
from analysis_lib.study_records import load_records, load_search_files

RECORDS = load_records()
STUDY = next(r for r in RECORDS if r.id == "bhatia-2024")


def line(data, name, outcome, *, study=None, reason=None, at="2026-12-20"):
    """A line of ``reports.yaml``."""
    entry = {"candidate": name, "outcome": outcome, "study": study, "reason": reason}
    with (data / "searches" / "reports.yaml").open("a") as file:
        file.write(f"- {json.dumps(entry | {'at': f'{at}T10:00:00Z'})}\n")


@pytest.fixture
def data(tmp_path):
    """Ten hits: one twice, one in the review, eight candidates in every state; synthetic."""
    folder = evidence(tmp_path)
    again = {"database": "pubmed", "by": "doi", "title": "x", "year": 2026, "pmid": None}
    known = {"of": "study:bhatia-2024", "doi": STUDY.citation.doi}
    twice = {"of": "pmid:91000001", "doi": "10.9999/synth.1"}
    papers = [paper(n) for n in range(1, 8)]
    # A study record that came from the search: the last candidate has its title.
    papers.append({"title": RECORDS[0].citation.title, "pmid": "91000008"})
    names = write_search(folder, "2026-12-01", papers, [again | known, again | twice])
    both = dict(zip(names, ["include", "include", "include", "other_disease", "no_outcome"],
                    strict=False))  # fmt: skip
    both[names[7]] = "include"
    decide(folder, "a", both | {names[5]: "include"})
    decide(folder, "b", both | {names[5]: "unsure"}, at="2026-12-10")
    line(folder, names[0], "not_retrieved")
    line(folder, names[1], "excluded", reason="no_outcome")
    return folder


def test_every_step_is_counted(data):
    assert RECORDS[0].citation.title, "the fixture needs a record with a title"
    flow = prisma_flow(load_search_files(data), RECORDS)
    found = flow.databases
    assert found.identified == (("PubMed", 10),)
    assert (found.duplicates, found.in_review) == (1, 1)
    assert (found.screened, found.waiting, found.disputed) == (7, 1, 1)
    assert found.excluded == (("Other disease", 1), ("No usable outcome", 1))
    assert (found.sought, found.not_retrieved, found.awaited, found.assessed) == (4, 1, 1, 2)
    assert found.reports_excluded == (("No usable outcome", 1),)
    assert found.study_ids == (RECORDS[0].id,)
    assert set(flow.other_ids) == {r.id for r in RECORDS} - {RECORDS[0].id}


def test_the_steps_add_up(data):
    found = prisma_flow(load_search_files(data), RECORDS).databases
    hits = sum(n for _, n in found.identified)
    assert hits == found.duplicates + found.in_review + found.waiting + found.screened
    excluded = sum(n for _, n in found.excluded)
    assert found.screened == excluded + found.disputed + found.sought
    assert found.sought == found.not_retrieved + found.awaited + found.assessed
    refused = sum(n for _, n in found.reports_excluded)
    assert found.assessed == refused + len(found.study_ids)


def test_two_reports_of_one_study_are_counted_apart(data, monkeypatch):
    """Else two reports would be assessed, none excluded, and one study read."""
    for name in ("pmid:91000003", "pmid:91000008"):
        line(data, name, "study", study=RECORDS[1].id)
    found = prisma_flow(load_search_files(data), RECORDS).databases
    refused = sum(n for _, n in found.reports_excluded)
    assert found.study_ids == (RECORDS[1].id,)
    assert found.further_reports == 1
    assert found.assessed == refused + found.further_reports + len(found.study_ids)
    monkeypatch.setattr(flow_page, "load_search_files", lambda: load_search_files(data))
    page = flow_page.flow_page(RECORDS, {}, {})
    assert "Further reports of a study counted already: 1 (left aside)" in page


def test_the_flow_of_every_edition_stands_beside_the_present_one(data, monkeypatch):
    monkeypatch.setattr(flow_page, "load_search_files", lambda: load_search_files(data))
    (first, *_) = load_editions()
    second = replace(first, number="2026.2", date="2026-12-05")
    page = flow_page.flow_page(RECORDS, {}, {}, editions=[first, second])
    table = page.split("<caption>The flow of each edition")[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.S)[-3:]
    told = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in rows]
    n = str(len(first.state.study_hashes))
    assert told[0][:6] == ["2026.1 (2026-11-22)", *["not searched"] * 4, n]
    assert told[1][:6] == ["2026.2 (2026-12-05)", "10", "0", "0", "0", n]
    assert told[2][:6] == ["Now", "10", "7", "2", "1", str(len(RECORDS))]
    assert told[0][6] == told[1][6] != "0"


def test_an_edition_counts_until_its_last_day(data):
    files = load_search_files(data)
    early = prisma_flow(files, RECORDS, until="2026-12-05").databases
    assert (early.screened, early.waiting, early.sought) == (0, 8, 0)
    later = prisma_flow(files, RECORDS, until="2026-12-15").databases
    assert (later.sought, later.awaited, later.not_retrieved) == (4, 3, 0)
    assert prisma_flow(files, RECORDS, until="2026-11-30").databases is None


def test_a_report_names_its_study_whatever_its_title(data):
    name = "pmid:91000003"
    line(data, name, "study", study=RECORDS[1].id)
    found = prisma_flow(load_search_files(data), RECORDS).databases
    assert found.study_ids == tuple(sorted((RECORDS[0].id, RECORDS[1].id)))
    assert found.awaited == 0


def test_without_a_search_there_is_no_count_of_a_search(tmp_path):
    flow = prisma_flow(load_search_files(evidence(tmp_path)), RECORDS)
    assert flow.databases is None
    assert len(flow.other_ids) == len(RECORDS)


def test_the_page_says_that_none_was_run(tmp_path, monkeypatch):
    none = load_search_files(evidence(tmp_path))
    monkeypatch.setattr(flow_page, "load_search_files", lambda: none)
    told = {"database_search": {"statement": "No database search has been run."}}
    reading = flow_page.load_reading() | told
    monkeypatch.setattr(flow_page, "load_reading", lambda: reading)
    page = flow_page.flow_page(RECORDS, {}, {})
    assert "No database search has been run." in page
    assert f"Records read: {len(RECORDS)}" in page
    assert f"Identified by other methods: {len(RECORDS)} (joins from the side)" in page
    for word in ("Duplicates", "screened:", "retrieval", "PubMed"):
        assert word not in page.split("Used by each comparison")[0], word


def test_the_page_draws_the_diagram_once_a_search_exists(data, monkeypatch):
    monkeypatch.setattr(flow_page, "load_search_files", lambda: load_search_files(data))
    statement = {"statement": "Searched: PubMed (until 2026-12-01)."}
    reading = flow_page.load_reading() | {"database_search": statement}
    monkeypatch.setattr(flow_page, "load_reading", lambda: reading)
    page = flow_page.flow_page(RECORDS, {}, {})
    for told in (
        "Records identified by database search (PubMed 10): 10",
        "Duplicates removed before screening: 1 (left aside)",
        "Already in the review: 1 (left aside)",
        "Records screened: 7",
        "Excluded: Other disease: 1 (left aside)",
        "Readers disagree, not settled: 1",
        "Reports sought for retrieval: 4",
        "Reports not retrieved: 1 (left aside)",
        "Reports assessed for eligibility: 2",
        "Report excluded: No usable outcome: 1 (left aside)",
        f"Identified by other methods: {len(RECORDS) - 1} (joins from the side)",
    ):
        assert told in page, told
    assert "No database search has been run" not in page
    early = flow_page.flow_page(RECORDS, {}, {}, until="2026-11-30")
    assert "Records screened" not in early
