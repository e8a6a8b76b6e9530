"""A search from question to file: duplicates, what is written, and when nothing is."""

import shutil
import urllib.error
from datetime import date
from functools import partial

import pytest
import yaml
from search_files import decide, evidence, found, paper, write_search
from unit.test_search_services import HTML, Service, esearch, europe

from analysis_lib.cli import FOUND, USAGE, main
from analysis_lib.cli.search import issue_text
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError
from analysis_lib.search import (
    SearchServiceError,
    Transport,
    contact_email,
    import_search,
    run_search,
)
from analysis_lib.search.candidates import candidate
from analysis_lib.search.duplicates import Seen, seen_before, separate
from analysis_lib.search.strategy import search_from
from analysis_lib.study_records import DATA, load_reading, load_records, load_search_files
from analysis_lib.study_records.search_files import read_search_files, search_statement

TODAY = date(2026, 12, 1)


def services(pubmed, europepmc):
    """A transport for each service by its label."""
    made = {"PubMed": Service(*pubmed), "Europe PMC": Service(*europepmc)}
    return made, lambda label: made[label].transport


# --- duplicates ---------------------------------------------------------------------


def test_same_doi_in_another_case_is_a_duplicate():
    new, again = separate(found(paper(1), paper(2, doi="https://doi.org/10.9999/SYNTH.1")), Seen())
    assert [c.pmid for c in new] == ["91000001"]
    assert [(d.of, d.by) for d in again] == [("pmid:91000001", "doi")]


def test_pmid_then_title_decide():
    seen = Seen()
    separate(found(paper(1, doi=None)), seen)
    _, again = separate(found(paper(1, title="Other", doi="10.1000/x")), seen)
    assert again[0].by == "pmid"
    title = paper(1)["title"].upper() + "."
    _, again = separate(found(paper(9, title=title, doi=None, pmid=None, year=2025)), seen)
    assert again[0].by == "title"


@pytest.mark.parametrize(
    "other",
    [
        {"doi": "10.9999/erratum"},  # an erratum, a preprint: another paper of that title
        {"doi": None, "pmid": "92000000"},
        {"doi": None, "pmid": None, "year": 2020},
    ],
)
def test_a_title_does_not_decide_against_identifier_or_year(other):
    seen = Seen()
    separate(found(paper(1, doi="10.9999/a")), seen)
    new, again = separate(found(paper(1, **({"pmid": None} | other))), seen)
    assert len(new) == 1
    assert not again


def test_short_titles_name_many_papers():
    new, _ = separate(found(*(paper(n, title="Reply", doi=None) for n in (1, 2))), Seen())
    assert len(new) == 2
    bare = {"title": "Reply", "year": 2026}
    new, again = separate(found(bare, bare), Seen())
    assert (len(new), len(again)) == (1, 1), "two records without any difference are one"


def test_an_identifier_learned_from_a_duplicate_counts(tmp_path):
    data = evidence(tmp_path)
    again = {"database": "pubmed", "of": "pmid:91000001", "by": "title", "title": "x", "year": None}
    first = paper(1, doi=None)
    write_search(data, "2026-12-01", [first], [again | {"doi": "10.1000/late", "pmid": None}])
    seen = seen_before(load_search_files(data), ())
    assert seen.find(candidate("pubmed", {"title": "y", "doi": "10.1000/LATE"}))


def test_studies_of_the_review_are_known():
    records = load_records()
    study = next(r for r in records if r.id == "bhatia-2024")
    seen = seen_before(load_search_files(), records)
    cited = {"title": "x", "doi": study.citation.doi.upper()}
    assert seen.find(candidate("pubmed", cited)) == ("study:bhatia-2024", "doi")
    cited = {"title": study.citation.title, "year": "2024"}
    assert seen.find(candidate("pubmed", cited)) == ("study:bhatia-2024", "title")


# --- a run --------------------------------------------------------------------------


def test_a_run_writes_one_sound_file(tmp_path):
    data = evidence(tmp_path)
    made, transport = services([esearch(1), one_article(7)], [europe(2, None, [7, 8])])
    report = run_search(today=TODAY, email="a@example.org", data=data, transport=transport)
    assert report.path == data / "searches" / "2026-12-01.yaml"
    assert [c.id for c in report.new] == ["pmid:7", "pmid:8"]
    assert [(d.of, d.by) for d in report.duplicates] == [("pmid:7", "pmid")]
    files, problems = read_search_files(data)
    assert problems == ()
    search = files.searches["2026-12-01"]
    assert [a["hits"] for a in search["asked"]] == [1, 2]
    assert search["asked"][0]["from"] == "1990-01-01"
    assert "a@example.org" not in report.path.read_text()
    assert made["PubMed"].asked[0][1]["email"] == "a@example.org"
    statement = "Searched: Europe PMC (until 2026-12-01), PubMed (until 2026-12-01)."
    assert search_statement(files) == statement


def one_article(n):
    return (
        f'<?xml version="1.0" ?><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>{n}</PMID>'
        "<Article><ArticleTitle>S</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
        "</PubmedArticleSet>"
    ).encode()


def test_the_next_run_begins_before_the_last_one_ended(tmp_path):
    data = evidence(tmp_path)
    write_search(data, "2026-12-01", [paper(1)])
    files = load_search_files(data)
    assert search_from(files, "pubmed") == date(2026, 11, 1)
    assert search_from(files, "europepmc") == date(1990, 1, 1)
    _, transport = services([esearch(0)], [europe(0, None, [])])
    report = run_search(
        today=date(2027, 1, 1), email="a@b.org", since=date(2026, 6, 1), data=data,
        transport=transport,
    )  # fmt: skip
    assert {a["from"] for a in report.asked} == {"2026-06-01"}
    assert read_search_files(data)[1] == ()
    with pytest.raises(InvalidInputError, match="after today"):
        run_search(today=TODAY, email="a@b.org", since=date(2027, 1, 1), data=data)


def test_a_second_search_of_a_day_overwrites_nothing(tmp_path):
    data = evidence(tmp_path)
    for name in ("2026-12-01.yaml", "2026-12-01-2.yaml", "2026-12-01-3.yaml"):
        _, transport = services([esearch(0)], [europe(0, None, [])])
        report = run_search(today=TODAY, email="a@b.org", data=data, transport=transport)
        assert report.path.name == name
    assert list(load_search_files(data).searches) == ["2026-12-01", "2026-12-01-2", "2026-12-01-3"]


@pytest.mark.parametrize("fault", [OSError("no network"), HTML, europe(3, None, [1])])
def test_one_database_that_fails_leaves_everything_as_it_was(tmp_path, fault):
    data = evidence(tmp_path)
    before = sorted((data / "searches").iterdir())
    _, transport = services([esearch(1), one_article(1)], [fault])
    with pytest.raises(SearchServiceError):
        run_search(today=TODAY, email="a@b.org", data=data, transport=transport)
    assert sorted((data / "searches").iterdir()) == before


def test_what_was_excluded_and_comes_back_is_no_candidate(tmp_path):
    data = evidence(tmp_path)
    write_search(data, "2026-11-01", [paper(1)])
    for reader in "ab":
        decide(data, reader, {"pmid:91000001": "other_disease"})
    export = tmp_path / "again.csv"
    export.write_text("Title,DOI\nWhatever,10.9999/SYNTH.1\n")
    report = import_search(export, today=TODAY, data=data)
    assert report.new == ()
    assert [(d.of, d.by) for d in report.duplicates] == [("pmid:91000001", "doi")]


# --- imports ------------------------------------------------------------------------


def test_an_import_is_a_search_and_is_not_taken_twice(tmp_path):
    data = evidence(tmp_path)
    export = tmp_path / "a.csv"
    export.write_text("Title,DOI\nA title that is long enough to count,10.1000/A\n,10.1000/a\n")
    report = import_search(export, today=TODAY, database="scopus", query="q", data=data)
    assert (len(report.new), len(report.duplicates)) == (1, 1)
    asked = load_search_files(data).searches["2026-12-01"]["asked"][0]
    assert (asked["database"], asked["query"], asked["file"]) == ("scopus", "q", "a.csv")
    with pytest.raises(InvalidInputError, match="imported before"):
        import_search(export, today=TODAY, data=data)


def test_a_database_code_that_is_none_is_refused_before_writing(tmp_path):
    data = evidence(tmp_path)
    export = tmp_path / "a.csv"
    export.write_text("Title,DOI\nA,10.1000/A\n")
    with pytest.raises(InvalidInputError, match="database"):
        import_search(export, today=TODAY, database="../x", data=data)
    assert not load_search_files(data).searches


# --- the address --------------------------------------------------------------------


def test_the_address_comes_from_outside_the_repository(tmp_path):
    with pytest.raises(InvalidInputError, match=r"set LSR_EMAIL.*\.lsr\.toml"):
        contact_email(environment={}, folder=tmp_path)
    (tmp_path / ".lsr.toml").write_text('email = "file@example.org"\n')
    assert contact_email(environment={}, folder=tmp_path) == "file@example.org"
    said = {"LSR_EMAIL": "me@example.org"}
    assert contact_email(environment=said, folder=tmp_path) == "me@example.org"
    for wrong in ("me", "a@b", "a@b.org\nBcc: c@d.org"):
        with pytest.raises(InvalidInputError, match="must be an e-mail address"):
            contact_email(environment={"LSR_EMAIL": wrong}, folder=tmp_path)
    (tmp_path / ".lsr.toml").write_text("email: no toml")
    with pytest.raises(InvalidInputError, match=r"\.lsr\.toml"):
        contact_email(environment={}, folder=tmp_path)


# --- nonsense in files ----------------------------------------------------------------


def first(entry, **change):
    """Change the first of a search's candidates, or what was asked first."""
    return lambda search: search[entry][0].update(change)


NONSENSE = {
    "hits": (first("asked", hits=7), "asked[0].hits", "must equal"),
    "date": (lambda s: s.update(date="2026-13-41"), "date", "must be"),
    "span": (first("asked", **{"from": "2027-01-01"}), "asked[0].from", "not be after"),
    "unknown key": (lambda s: s.update(checked=True), "checked", "unknown key"),
    "id": (first("candidates", id="pmid:1"), "candidates[0].id", "must be its pmid"),
    "id form": (first("candidates", id="x"), "candidates[0].id", "must match"),
    "twice": (
        lambda s: s["candidates"].__setitem__(1, dict(s["candidates"][0])),
        "candidates[1].id",
        "must be new",
    ),
    "doi": (first("candidates", doi="10.1/AB"), "candidates[0].doi", "lower case"),
    "year": (first("candidates", year="soon"), "candidates[0].year", "must be"),
    "database": (first("candidates", database="embase"), "candidates[0].database", "was asked"),
    "list": (lambda s: s.update(candidates="none"), "candidates", "must be a list"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_a_search_file_edited_into_nonsense_is_named(tmp_path, case):
    change, field, rule = NONSENSE[case]
    data = evidence(tmp_path)
    write_search(data, "2026-12-01", [paper(1), paper(2)])
    path = data / "searches" / "2026-12-01.yaml"
    raw = yaml.safe_load(path.read_text())
    change(raw)
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    problems = read_search_files(data)[1]
    assert any(p.field == field and rule in p.rule for p in problems), problems
    assert all(p.path == "data/searches/2026-12-01.yaml" and p.line for p in problems)
    with pytest.raises(InvalidRecordsError):
        load_search_files(data)


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("2026-12-01.yaml", "a: [1", "not valid YAML"),
        ("2026-12-01.yaml", "", "is empty"),
        ("2026-12-01.yaml", "&x [1, *x]", "anchors"),
        ("screening/a.yaml", '- {"candidate": "pmid:1"}\n', "required key"),
        ("screening/a.yaml", "just text\n", "must be a list"),
        ("screening/a.yaml", '- {"candidate": "pm', "cut off"),
    ],
)
def test_files_that_are_no_files_are_named(tmp_path, name, text, rule):
    data = evidence(tmp_path)
    path = data / "searches" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    problems = read_search_files(data)[1]
    assert any(rule in p.rule for p in problems), problems
    assert {p.path for p in problems} == {f"data/searches/{name}"}


def test_decisions_on_nothing_and_reasons_of_no_list_are_named(tmp_path):
    data = evidence(tmp_path)
    write_search(data, "2026-12-01", [paper(1)])
    decide(data, "a", {"pmid:5": "include", "pmid:91000001": "too_boring"})
    rules = [p.rule for p in read_search_files(data)[1]]
    assert rules[0] == "must be a candidate of a search file"
    assert rules[1].startswith("must be one of not_human_or_no_patients, other_disease")


def test_a_search_that_names_its_file_wrongly(tmp_path):
    data = evidence(tmp_path)
    write_search(data, "2026-12-01", [paper(1)])
    folder = data / "searches"
    (folder / "2026-12-01.yaml").rename(folder / "december.yaml")
    assert "must be a date" in read_search_files(data)[1][0].rule


# --- today, and the command line --------------------------------------------------------


def test_pages_say_whether_a_database_was_searched(tmp_path):
    """Holds before and after the first search: nothing but its file is needed."""
    searched = search_statement(load_search_files())
    told = load_reading()["database_search"]
    assert told["statement"] == (searched or "No database search has been run.")
    assert told["run"] == bool(load_search_files().searches)
    data = evidence(tmp_path)
    shutil.copy(DATA / "reading.yaml", data)
    assert load_reading(data)["database_search"]["run"] is False
    write_search(data, "2026-12-01", [paper(1)])
    statement = "Searched: PubMed (until 2026-12-01)."
    assert load_reading(data)["database_search"] == {"run": True, "statement": statement}


def test_the_strategy_says_that_it_was_written_before_it_was_run():
    history = load_search_files().strategy["history"]
    assert "Not run against any database" in history[0]["event"]
    assert "@" not in (DATA / "searches" / "strategy.yaml").read_text()


def test_commands_say_what_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LSR_EMAIL", raising=False)
    monkeypatch.setattr(
        "analysis_lib.search.contact_email", lambda: contact_email(environment={}, folder=tmp_path)
    )
    assert main(["search", "run"]) == USAGE
    assert "set LSR_EMAIL" in capsys.readouterr().err
    assert main(["search", "run", "--since", "yesterday"]) == USAGE
    assert "must be a day such as" in capsys.readouterr().err
    assert main(["search", "import", str(tmp_path / "none.ris")]) == USAGE
    assert main(["search", "issue", "2020-01-01"]) == USAGE


def test_no_network_is_one_clear_line(capsys, monkeypatch):
    def gone(*_, **__):
        raise urllib.error.URLError("no network")

    def patient(label):
        return Transport(label, sleep=lambda seconds: None)

    monkeypatch.setenv("LSR_EMAIL", "a@example.org")
    monkeypatch.setattr("urllib.request.urlopen", gone)
    monkeypatch.setattr("analysis_lib.search.run_search", partial(run_search, transport=patient))
    assert main(["search", "run"]) == FOUND
    said = "PubMed cannot be reached (no network), 5 times; nothing was written: try again later"
    assert capsys.readouterr().err == f"lsr: {said}\n"


def test_an_issue_holds_titles_as_text_only(tmp_path):
    data = evidence(tmp_path)
    evil = "@everyone ```` [x](http://e.vil) $(rm -rf ~) <script>`\u202e\x1b[2J title of evil"
    write_search(data, "2026-12-01", [paper(1, title=evil), *(paper(n) for n in range(2, 130))])
    text = issue_text(load_search_files(data).searches["2026-12-01"], "2026-12-01")
    titles = [line for line in text.splitlines() if "pmid:" in line]
    assert len(titles) == 100
    assert all(line.startswith("    pmid:") for line in titles)
    assert "and 29 more" in text
    assert "\x1b" not in text
    assert len(text) < 65_536
    empty = {"candidates": [], "asked": []}
    assert issue_text(empty, "2026-12-01") == ""
