"""The build runs only what changed and never leaves half a book."""

import json

import pytest

from analysis_lib import files
from analysis_lib.book import build as build_module
from analysis_lib.book import site as site_module
from analysis_lib.book.build import build
from analysis_lib.comparison import load_declarations
from analysis_lib.exceptions import ReviewError
from analysis_lib.study_records import DATA

README = DATA / "README.md"
IDS = [declared.id for declared in load_declarations()]


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """A build whose chapters and site are only counted, with a state of its own."""
    ran, sites = [], []
    monkeypatch.setattr(build_module, "BUILD", tmp_path / "lock")
    monkeypatch.setattr(build_module, "_STATE", tmp_path / "state.json")
    monkeypatch.setattr(build_module, "GOLDEN", tmp_path / "golden")
    monkeypatch.setattr(build_module, "SITE", tmp_path / "html")
    monkeypatch.setattr(build_module, "data_readme", lambda records: README.read_text("utf-8"))
    monkeypatch.setattr(build_module, "recover", lambda: None)
    monkeypatch.setattr(build_module, "generate_pages", lambda results: {})
    monkeypatch.setattr(build_module, "compare", lambda comparison_id: comparison_id)
    monkeypatch.setattr(build_module, "site_files", lambda results: {})
    monkeypatch.setattr(build_module, "headline_numbers", lambda result: {"of": result})

    def run(stale, quiet):
        ran.append([d.id for d in stale])
        return [d.id for d in stale]

    def make_site(pages, files):
        sites.append(pages)
        (tmp_path / "html").mkdir(exist_ok=True)
        (tmp_path / "html" / "index.html").write_text("x")

    monkeypatch.setattr(build_module, "run_chapters", run)
    monkeypatch.setattr(build_module, "build_site", make_site)
    return ran, sites


def test_the_second_build_runs_nothing(workshop):
    ran, sites = workshop
    assert build(quiet=True).ran == tuple(IDS)
    report = build(quiet=True)
    assert ran == [IDS, []]
    assert len(sites) == 1
    assert report.ran == ()
    assert not report.rebuilt


def test_one_changed_record_runs_its_dependants_only(workshop, monkeypatch):
    _, sites = workshop
    build(quiet=True)
    key = build_module.chapter_key
    concerned = {"gross-vs-subtotal", "adjuvant-reirradiation"}
    monkeypatch.setattr(
        build_module, "chapter_key", lambda d, r: key(d, r) + ("'" if d.id in concerned else "")
    )
    monkeypatch.setattr(build_module, "_site_key", lambda: "changed")
    report = build(quiet=True)
    assert set(report.ran) == concerned
    assert set(report.unchanged) == set(IDS) - concerned
    assert len(sites) == 2


def test_a_site_that_lost_a_page_is_built_again(workshop, tmp_path):
    _, sites = workshop
    build(quiet=True)
    (tmp_path / "html" / "index.html").unlink()
    assert build(quiet=True).rebuilt
    (tmp_path / "html" / "index.html").write_text("damaged")
    assert build(quiet=True).rebuilt
    assert not build(quiet=True).rebuilt
    assert len(sites) == 3


def test_two_builds_at_once_are_refused(workshop):
    with build_module.alone(), pytest.raises(ReviewError, match="another build"):
        build(quiet=True)
    assert build(quiet=True).ran


def test_only_and_force(workshop):
    ran, _ = workshop
    build(quiet=True)
    build(only=["progression"], force=True, quiet=True)
    assert ran[-1] == ["progression"]


def test_an_interrupted_run_keeps_what_was_done(workshop, monkeypatch):
    """The site fails after the chapters ran: the next build does not run them again."""
    ran, _ = workshop

    def fail(pages, files):
        raise site_module.SiteBuildError("synthetic")

    monkeypatch.setattr(build_module, "build_site", fail)
    with pytest.raises(site_module.SiteBuildError):
        build(quiet=True)
    with pytest.raises(site_module.SiteBuildError):
        build(quiet=True)
    assert ran == [IDS, []]


def test_a_broken_state_file_only_costs_time(workshop, tmp_path):
    (tmp_path / "state.json").write_text("{half")
    assert build(quiet=True).ran == tuple(IDS)
    (tmp_path / "state.json").write_text(json.dumps({"chapters": 3}))
    assert build(quiet=True).ran == tuple(IDS)


def test_a_failed_swap_leaves_the_last_good_site(tmp_path, monkeypatch):
    site = tmp_path / "html"
    site.mkdir()
    (site / "index.html").write_text("good")

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(site_module.shutil, "copytree", fail)
    with pytest.raises(OSError, match="disk full"):
        site_module._swap(tmp_path / "built", site)
    assert (site / "index.html").read_text() == "good"


def test_an_interruption_between_the_renames_is_mended(tmp_path):
    (tmp_path / "html.old").mkdir()
    (tmp_path / "html.old" / "index.html").write_text("good")
    site_module.recover(tmp_path / "html")
    assert (tmp_path / "html" / "index.html").read_text() == "good"


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "a" / "study.yaml"
    assert files.write_text(path, "first")
    assert not files.write_text(path, "first")

    def fail(*args):
        raise OSError("power cut")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="power cut"):
        files.write_text(path, "second")
    assert path.read_text() == "first"
    assert [p.name for p in path.parent.iterdir()] == ["study.yaml"]
