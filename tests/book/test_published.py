"""What is published: editions from archives or tags, in a real repository of git."""

import json
import os
import re
import subprocess
import zipfile

import pytest
import yaml

from analysis_lib.book.offline import foreign_references
from analysis_lib.book.published import (
    Edition,
    assemble,
    build_from_tag,
    editions_of,
    fetch_archive,
    store_site,
    unpack_site,
)
from analysis_lib.exceptions import InvalidInputError, ReviewError
from analysis_lib.study_records import ROOT

MAKEFILE = "book:\n\t@mkdir -p _build/html/studies && cp page _build/html/index.html && \\\n"
MAKEFILE += "\tcp page _build/html/studies/doe.html && cp page _build/html/whats-new.html\n"


def git(folder, *command):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "tag.gpgsign=false"]
    subprocess.run(["git", *identity, *command], cwd=folder, check=True, capture_output=True)


def page(text):
    return f'<html><body class="x">\n<p>{text}</p></body></html>'


@pytest.fixture
def repository(tmp_path):
    """Three editions, a tag that is none, and a draft; each edition says its number."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "Makefile").write_text(MAKEFILE)
    for number in ("2026.9", "2026.10", "2026.2"):
        (folder / "page").write_text(page(number))
        git(folder, "add", ".")
        git(folder, "commit", "-qm", number)
        git(folder, "tag", f"edition-{number}")
    git(folder, "tag", "edition-draft")
    return folder


def put_together(repository, tmp_path, editions=None):
    built = []

    def build(edition):
        built.append(edition.number)
        return build_from_tag(edition, repository, tmp_path / "work")

    def draft():
        folder = tmp_path / "draft"
        folder.mkdir(exist_ok=True)
        (folder / "index.html").write_text(page("draft"))
        return folder

    chosen = editions_of(repository) if editions is None else editions
    out = assemble(
        tmp_path / "out", chosen, archives=tmp_path / "archives", build=build, draft=draft
    )
    return out, built


def test_editions_are_numbers_not_words(repository):
    assert [e.number for e in editions_of(repository)] == ["2026.10", "2026.9", "2026.2"]


def test_no_repository_is_told(tmp_path):
    with pytest.raises(ReviewError, match="git tag --list failed"):
        editions_of(tmp_path)


def test_the_newest_is_the_root_and_each_has_its_address(repository, tmp_path):
    out, built = put_together(repository, tmp_path)
    assert built == ["2026.10", "2026.9", "2026.2"]
    assert (out / "index.html").read_text() == page("2026.10")
    for number in built:
        for name in ("index.html", "studies/doe.html"):
            assert f"<p>{number}</p>" in (out / "editions" / number / name).read_text()
    held = json.loads((out / "editions" / "editions.json").read_text())
    assert held == {"editions": built}
    assert 'href="2026.9/index.html"' in (out / "editions" / "index.html").read_text()


def test_a_past_edition_says_so_and_leads_to_the_newest(repository, tmp_path):
    out, _ = put_together(repository, tmp_path)
    past = out / "editions" / "2026.9"
    for name, up in (("index.html", "../../"), ("studies/doe.html", "../../../")):
        text = (past / name).read_text()
        assert text.startswith('<html><body class="x"><aside')
        assert f'<a href="{up}index.html">' in text
        assert ((past / name).parent / up / "index.html").resolve() == out / "index.html"
        assert foreign_references(text) == []
    assert "<aside" not in (out / "editions" / "2026.10" / "index.html").read_text()
    assert "<aside" not in (out / "index.html").read_text()


def test_every_edition_is_reached_from_the_newest(repository, tmp_path):
    """By links, not only by who knows the address."""
    out, _ = put_together(repository, tmp_path)
    (there,) = re.findall(r'href="([^"]+)"', (out / "whats-new.html").read_text())
    listed = (out / there).resolve()
    numbers = re.findall(r'href="([0-9]{4}[.][0-9]+)/index.html"', listed.read_text())
    assert numbers == ["2026.10", "2026.9", "2026.2"]
    assert all((listed.parent / number / "index.html").is_file() for number in numbers)
    for name in ("index.html", "studies/doe.html"):
        path = out / "editions" / "2026.9" / name
        newest, every = re.findall(r'href="([^"]+)"', path.read_text())
        assert (path.parent / newest).resolve() == (out / "index.html").resolve()
        assert (path.parent / every).resolve() == listed


def test_a_second_time_nothing_is_built_and_nothing_changes(repository, tmp_path):
    out, _ = put_together(repository, tmp_path)
    first = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    out, built = put_together(repository, tmp_path)
    assert built == []
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == first


def test_an_edition_is_built_from_its_tag_again(repository, tmp_path):
    edition = editions_of(repository)[-1]
    for _ in range(2):
        site = build_from_tag(edition, repository, tmp_path / "work")
        assert "2026.2" in (site / "index.html").read_text()


def test_before_a_first_edition_the_draft_is_published(repository, tmp_path):
    out, built = put_together(repository, tmp_path, editions=())
    assert built == []
    assert (out / "index.html").read_text() == page("draft")
    assert "No edition was cut yet" in (out / "editions" / "index.html").read_text()


def test_a_failed_build_leaves_what_was_there(repository, tmp_path):
    out, _ = put_together(repository, tmp_path)
    before = (out / "index.html").read_bytes()
    (repository / "Makefile").write_text("book:\n\t@echo no room; exit 1\n")
    git(repository, "commit", "-qam", "broken")
    git(repository, "tag", "edition-2027.1")
    with pytest.raises(ReviewError, match="no room"):
        put_together(repository, tmp_path)
    assert (out / "index.html").read_bytes() == before


def test_a_site_without_a_first_page_is_refused(repository, tmp_path):
    (repository / "Makefile").write_text("book:\n\t@mkdir -p _build/html\n")
    git(repository, "commit", "-qam", "empty")
    git(repository, "tag", "edition-2027.1")
    with pytest.raises(ReviewError, match="edition 2027\\.1 has no first page"):
        put_together(repository, tmp_path)
    assert not (tmp_path / "archives" / "site-2027.1.zip").exists()


def test_a_folder_of_somebody_else_is_not_replaced(repository, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(InvalidInputError, match="holds something else"):
        put_together(repository, tmp_path)
    assert (tmp_path / "out" / "mine.txt").exists()


# --- archives -------------------------------------------------------------------------


def test_one_site_gives_one_archive(tmp_path):
    site = tmp_path / "site"
    (site / "studies").mkdir(parents=True)
    (site / "index.html").write_text("ü")
    (site / "studies" / "a.html").write_text("a")
    store_site(site, tmp_path / "one.zip")
    os.utime(site / "index.html", (1, 1_000_000_000))
    store_site(site, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    unpack_site(tmp_path / "one.zip", tmp_path / "back")
    assert (tmp_path / "back" / "index.html").read_text() == "ü"


@pytest.mark.parametrize("name", ["../escape.html", "/escape.html", "a\\..\\b"])
def test_an_archive_that_reaches_outside_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as stored:
        entry = zipfile.ZipInfo()
        entry.filename = name
        stored.writestr(entry, "x")
    with pytest.raises(ReviewError, match="names a place outside"):
        unpack_site(tmp_path / "site.zip", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_damaged_archive_is_named(tmp_path):
    (tmp_path / "site.zip").write_bytes(b"PK nothing")
    with pytest.raises(ReviewError, match=r"site\.zip is damaged"):
        unpack_site(tmp_path / "site.zip", tmp_path / "back")


def test_stored_sites_are_fetched_with_gh(tmp_path, monkeypatch):
    """A stand-in for gh that has the site of one edition only."""
    script = '#!/bin/sh\n[ "$3" = edition-2026.1 ] || exit 1\necho stored > "$7/$5"\n'
    tool = tmp_path / "bin" / "gh"
    tool.parent.mkdir()
    tool.write_text(script)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    archives = tmp_path / "archives"
    assert fetch_archive(Edition("2026.1", "edition-2026.1"), tmp_path, archives)
    assert (archives / "site-2026.1.zip").read_text() == "stored\n"
    assert not fetch_archive(Edition("2026.2", "edition-2026.2"), tmp_path, archives)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not fetch_archive(Edition("2026.1", "edition-2026.1"), tmp_path, archives)


# --- the workflow ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())


def test_the_workflow_publishes_what_was_put_together(workflow):
    steps = workflow["jobs"]["site"]["steps"]
    assert {"run": "make site"}.items() <= next(s for s in steps if "make site" in str(s)).items()
    uploaded = next(s for s in steps if "upload-pages-artifact" in s.get("uses", ""))
    assert uploaded["with"]["path"] == "_build/published"
    assert steps[0]["with"]["fetch-depth"] == 0
    assert workflow["jobs"]["deploy"]["needs"] == "site"
    assert workflow["jobs"]["site"]["needs"] == ["test", "build"]


def test_a_proposal_is_never_published(workflow):
    told = workflow["jobs"]["site"]["if"]
    assert "github.event_name != 'pull_request'" in told
    assert "permissions" not in workflow["jobs"]["site"]
    assert workflow["permissions"] == {"contents": "read"}
    kept = [
        s for s in workflow["jobs"]["build"]["steps"] if s.get("with", {}).get("name") == "book"
    ]
    assert kept[0]["with"]["path"] == "_build/html"


def test_every_action_is_pinned_to_a_commit(workflow):
    used = [s["uses"] for job in workflow["jobs"].values() for s in job["steps"] if "uses" in s]
    assert all(len(name.split("@")[1]) == 40 for name in used)
