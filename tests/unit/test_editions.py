"""Editions: kept as they were cut, cut only when all is said, finished after any interruption."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from analysis_lib.editions.changes import Change
from analysis_lib.editions.cutting import EditionRefusedError, cut_edition
from analysis_lib.editions.edition_file import (
    Edition,
    check_editions,
    edition_text,
    load_edition,
    load_editions,
    next_number,
    number_parts,
)
from analysis_lib.editions.headline import headline_numbers
from analysis_lib.editions.impact import ComparisonImpact, Impact, impact
from analysis_lib.editions.naming import NOT_CUT, edition_name
from analysis_lib.editions.release_notes import cited, released, section_of, unsaid, zenodo
from analysis_lib.editions.repository import Repository
from analysis_lib.editions.state import State, evidence_hashes
from analysis_lib.editions.verifying import leaves, verify_edition
from analysis_lib.exceptions import InvalidInputError, InvalidRecordsError
from analysis_lib.files import write_text
from analysis_lib.study_records import DATA, ROOT, load_records

DAY = "2026-11-22"
HASH = "0" * 64


def golden(comparison_id):
    return json.loads((ROOT / "tests" / "golden" / f"{comparison_id}.json").read_text("utf-8"))


def frozen(comparison_id="gross-vs-subtotal"):
    headline = golden(comparison_id)
    return {
        "headline": headline,
        "studies_concerned": headline["studies_read"],
        "labels": {"gtr": "Gross total", "str": "Subtotal"},
        "pools": {},
        "harm_pools": [{} for _ in headline["harms"]],
    }


STATE = State(
    HASH, {"doe-2020": HASH}, {}, HASH, {"python": "3.11.2"}, {"gross-vs-subtotal": frozen()}
)


def edition(number="2026.1", state=STATE):
    return Edition(number, DAY, DAY, "Last reading: synthetic.", None, state)


def write_edition(edition, folder):
    path = folder / f"{edition.number}.json"
    write_text(path, edition_text(edition))
    return path


# --- the file ---------------------------------------------------------------------------


def test_an_edition_is_read_as_it_was_written(tmp_path):
    write_edition(edition(), folder=tmp_path)
    assert check_editions(tmp_path) == ()
    kept = load_edition("2026.1", folder=tmp_path)
    assert kept == edition()
    assert impact(kept.state, STATE).nothing


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda d: d.pop("date"), "required key date"),
        (lambda d: d.update(extra=1), "unknown key extra"),
        (lambda d: d["state"]["study_hashes"].update(x="abc"), "must match"),
        (lambda d: d["state"]["numbers"]["gross-vs-subtotal"]["headline"].pop("harms"), "harms"),
    ],
)
def test_a_damaged_file_is_named_with_its_rule(tmp_path, damage, rule):
    path = write_edition(edition(), folder=tmp_path)
    document = json.loads(path.read_text("utf-8"))
    damage(document)
    path.write_text(json.dumps(document), "utf-8")
    (problem, *_) = check_editions(tmp_path)
    assert problem.path == "data/editions/2026.1.json"
    assert rule in problem.rule
    with pytest.raises(InvalidRecordsError):
        load_edition("2026.1", folder=tmp_path)


def test_a_file_under_another_number_and_one_that_is_no_json(tmp_path):
    write_edition(edition(), folder=tmp_path).rename(tmp_path / "2026.2.json")
    (tmp_path / "2026.3.json").write_text("{", "utf-8")
    rules = [problem.rule for problem in check_editions(tmp_path)]
    assert "must equal the file's name" in rules[0]
    assert "git checkout" in rules[1]


def test_only_the_evidence_of_an_edition_carries_its_name(tmp_path):
    data, folder = tmp_path / "data", tmp_path / "editions"
    record = data / "studies" / "doe-2020" / "study.yaml"
    record.parent.mkdir(parents=True)
    record.write_text("schema_version: 1\n", "utf-8")
    folder.mkdir()
    assert edition_name(data=data, folder=folder) == NOT_CUT
    write_edition(edition(state=replace(STATE, data_hash=evidence_hashes(data)[0])), folder=folder)
    assert edition_name(data=data, folder=folder) == "Edition 2026.1"
    record.write_text("schema_version: 2\n", "utf-8")
    assert edition_name(data=data, folder=folder) == "Evidence changed since edition 2026.1"


def test_numbers_follow_each_other():
    assert number_parts("2026.10") > number_parts("2026.9")
    assert next_number((), year=2026) == "2026.1"
    assert next_number((edition("2026.1"), edition("2026.2")), year=2026) == "2026.3"
    assert next_number((edition("2026.1"),), year=2027) == "2027.1"
    for wrong in ("2026", "2026.0", "2026.01", "x", "../2026.1"):
        with pytest.raises(InvalidInputError):
            number_parts(wrong)


def test_editions_of_the_review_are_sound():
    assert check_editions() == ()
    for one in load_editions():
        assert one.state.numbers.keys() == {p.stem for p in (ROOT / "tests" / "golden").glob("*")}


def test_leaves_name_every_number():
    found = dict(leaves({"a": [1, {"b": None}], "c": []}, ""))
    assert found == {"a[0]": 1, "a[1].b": None, "c": []}


def test_headline_numbers_are_those_of_the_golden_files():
    from analysis_lib.comparison import compare

    made = json.loads(json.dumps(headline_numbers(compare("gross-vs-subtotal", load_records()))))
    assert made == golden("gross-vs-subtotal")


# --- what must be said, and what an edition changes in other files -------------------------

LOG = "# Changelog\n\n## Unreleased\n\n### Evidence\n\n- {}\n\n### Software\n\n- Faster.\n"


def moved(change):
    return Impact((), (), (), (ComparisonImpact("progression", change, (), (), {}),))


def test_the_changelog_must_name_what_moved():
    titles = {"progression": "Progression after each treatment"}
    missing = unsaid(LOG.format("Doe 2020 added."), moved(Change.WITHIN), titles)
    assert len(missing) == 1
    assert "progression" in missing[0]
    assert "moved within the old interval" in missing[0]
    said = LOG.format("Progression after\n  each treatment: 0.8 to 0.7.")
    assert unsaid(said, moved(Change.WITHIN), titles) == ()
    assert unsaid(LOG.format("`progression`: 0.8 to 0.7."), moved(Change.WITHIN), titles) == ()
    # An ordinary word of the field is no comparison's name.
    assert unsaid(LOG.format("Doe 2020: progression-free survival."), moved(Change.WITHIN), titles)
    assert unsaid(LOG.format("Doe 2020: progression."), moved(Change.WITHIN), titles)
    assert unsaid(LOG.format("x"), moved(Change.NO_CHANGE), titles) == ()
    assert unsaid("# C\n\n## Unreleased\n\n### Evidence\n", moved(Change.WITHIN), titles)


def test_the_first_edition_must_be_said_to_be_the_first():
    assert unsaid(LOG.format("Records."), None, {})
    assert unsaid(LOG.format("The first edition: records."), None, {}) == ()


def test_unreleased_moves_under_the_editions_heading():
    log = released(LOG.format("Doe."), "2026.1", DAY)
    assert log.index("## Unreleased") < log.index("## 2026.1 (2026-11-22)") < log.index("- Doe.")
    assert "- Doe." in section_of(log, "2026.1")
    assert section_of(log, "2026.10") == ""


def test_citation_and_zenodo_name_the_edition():
    text = cited((ROOT / "CITATION.cff").read_text("utf-8"), "2026.10", DAY)
    import yaml

    about = yaml.safe_load(text)
    assert (about["version"], about["date-released"]) == ("2026.10", DAY)
    assert cited(text, "2026.10", DAY) == text
    deposit = json.loads(zenodo(text, "2026.10", DAY))
    assert deposit["version"] == "2026.10"
    assert deposit["creators"] == [{"name": author["name"]} for author in about["authors"]]


# --- cutting ----------------------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    """A repository with the few files that cutting reads."""
    found = Repository(tmp_path / "review")
    (found.root / "data").mkdir(parents=True)
    reading = (DATA / "reading.yaml").read_text("utf-8")
    reading = re.sub(r"(?m)^last_reading: .*$", 'last_reading: "2026-11-20"', reading)
    (found.root / "data" / "reading.yaml").write_text(reading, "utf-8")
    (found.root / "CHANGELOG.md").write_text(LOG.format("The first edition."), "utf-8")
    (found.root / "CITATION.cff").write_bytes((ROOT / "CITATION.cff").read_bytes())
    (found.root / ".gitignore").write_text("_build/\n", "utf-8")
    found.git("init", "--quiet", "--initial-branch=main")
    found.git("config", "user.name", "Synthetic")
    found.git("config", "user.email", "synthetic@example.org")
    found.git("add", "-A")
    found.git("commit", "--quiet", "-m", "Begin")
    return found


def cut(place, **options):
    given = {"date": DAY, "tests": lambda root: True, "state": lambda: STATE} | options
    return cut_edition(repository=place, **given)


def require_whole(place, base):
    """The edition stands: one commit on the base, its tag, every file, a clean tree."""
    assert place.changed() == ()
    assert place.commit_of("edition-2026.1") == place.head()
    assert place.commit_of("HEAD~1") == base
    assert place.git("cat-file", "-t", "edition-2026.1").strip() == "tag"
    kept = load_edition("2026.1", folder=place.root / "data" / "editions")
    assert kept.cut_from == base
    assert "## 2026.1 (2026-11-22)" in (place.root / "CHANGELOG.md").read_text("utf-8")
    assert 'version: "2026.1"' in (place.root / "CITATION.cff").read_text("utf-8")
    assert json.loads((place.root / ".zenodo.json").read_text("utf-8"))["version"] == "2026.1"
    assert not (place.root / "_build" / "edition-cut.json").exists()


def test_an_edition_is_committed_and_tagged(place):
    base = place.head()
    made = cut(place)
    assert (made.number, made.tag, made.resumed) == ("2026.1", "edition-2026.1", False)
    require_whole(place, base)


def test_a_second_edition_follows_and_the_first_is_kept(place):
    cut(place)
    with pytest.raises(EditionRefusedError, match="nothing stands under Unreleased"):
        cut(place)
    (place.root / "CHANGELOG.md").write_text(
        (place.root / "CHANGELOG.md")
        .read_text("utf-8")
        .replace("### Evidence\n", "### Evidence\n\n- A look again.\n", 1),
        "utf-8",
    )
    place.git("commit", "-qam", "Say")
    with pytest.raises(InvalidInputError, match=r"must not be before edition 2026\.1"):
        cut(place, date="2026-11-21")
    assert cut(place).number == "2026.2"
    assert [e.number for e in load_editions(place.root / "data" / "editions")] == [
        "2026.1",
        "2026.2",
    ]


def test_a_number_that_was_cut_is_not_cut_again(place):
    cut(place)
    with pytest.raises(InvalidInputError, match=r"must follow 2026\.1"):
        cut(place, number="2026.1")
    place.git("tag", "edition-2026.2")
    with pytest.raises(InvalidInputError, match="never changed"):
        cut(place, number="2026.2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tests": lambda root: False}, "a test fails"),
        ({"number": "2026"}, "year and a count"),
        ({"number": "2027.1"}, "must be of the year of its day"),
        ({"date": "20261122"}, "such as 2026-11-22"),
        ({"date": "2026-W47-7"}, "such as 2026-11-22"),
        ({"date": "2026-02-30"}, "such as 2026-11-22"),
        ({"date": "2026-11-19"}, "must not be before the last reading"),
    ],
)
def test_refused_without_a_trace(place, options, message):
    base = place.head()
    with pytest.raises((EditionRefusedError, InvalidInputError), match=message):
        cut(place, **options)
    assert place.head() == base
    assert place.changed() == ()
    assert not (place.root / "_build").exists()


def test_refused_on_a_tree_that_is_not_clean(place):
    (place.root / "left.txt").write_text("x", "utf-8")
    with pytest.raises(EditionRefusedError, match=r"not clean(.|\n)*left\.txt"):
        cut(place)


def test_refused_when_the_tests_themselves_change_the_tree(place):
    def tests(root):
        (root / "CITATION.cff").write_text("changed", "utf-8")
        return True

    with pytest.raises(EditionRefusedError, match="not clean"):
        cut(place, tests=tests)


def test_refused_until_the_changelog_says_what_moved(place):
    cut(place)
    numbers = json.loads(json.dumps(STATE.numbers))
    local = numbers["gross-vs-subtotal"]["headline"]["outcomes"]["local_control"]
    local["within_studies"][0]["studies"]["mdacc-gammatile-2025"] = [0.9, 0.4, 2.0]
    (place.root / "CHANGELOG.md").write_text(LOG.format("Something."), "utf-8")
    place.git("commit", "-qam", "Say something else")
    with pytest.raises(EditionRefusedError, match="gross-vs-subtotal"):
        cut(place, state=lambda: replace(STATE, numbers=numbers))


# --- interrupted ------------------------------------------------------------------------------

_CUT = """
import json, sys
from pathlib import Path
from test_editions import STATE, cut
from analysis_lib.editions.repository import Repository
cut(Repository(Path(sys.argv[1])))
"""


def start(place):
    return subprocess.Popen(
        [sys.executable, "-c", _CUT, str(place.root)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(Path(__file__).parent)))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for(condition, process):
    while process.poll() is None and not condition():
        time.sleep(0.0005)


def wait_for_children(process):
    """Until nothing of the process's group runs: its git may still be at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("a git that the cut had started did not end")


#: Something that happens while an edition is cut, in order, and a moment after it.
MOMENTS = [
    (name, wait)
    for name in ("_build/edition-cut.json", "data/editions/2026.1.json", ".zenodo.json", "commit")
    for wait in (0.0, 0.01)
]


@pytest.mark.parametrize(("name", "wait"), MOMENTS)
def test_killed_at_any_moment_the_next_run_finishes(place, name, wait):
    base = place.head()
    happened = {
        "commit": lambda: (place.root / ".git" / "COMMIT_EDITMSG").stat().st_mtime > begun
    }.get(name, (place.root / name).exists)
    begun = (place.root / ".git" / "COMMIT_EDITMSG").stat().st_mtime
    process = start(place)
    wait_for(happened, process)
    time.sleep(wait)
    # The process alone, as the kernel would: a git that it started ends by itself.
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for_children(process)
    if place.commit_of("edition-2026.1") is None or place.changed():
        assert (place.root / "_build" / "edition-cut.json").exists() or place.head() == base
    if (place.root / "_build" / "edition-cut.json").exists() or place.head() == base:
        cut(place)
    require_whole(place, base)


def test_what_a_killed_write_left_is_taken_away(place, monkeypatch):
    from analysis_lib.editions import cutting

    base = place.head()
    monkeypatch.setattr(cutting, "_finish", lambda *a, **k: None)
    cut(place)
    monkeypatch.undo()
    killed = (
        "import os, sys; from pathlib import Path; import analysis_lib.files as files\n"
        "os.replace = lambda *names: os._exit(9)\n"
        "files.write_text(Path(sys.argv[1]), 'half an edition')\n"
    )
    command = [sys.executable, "-c", killed, str(place.root / "CHANGELOG.md")]
    subprocess.run(command, check=False)
    assert len(place.changed()) == 1
    cut(place)
    require_whole(place, base)


def test_a_file_that_somebody_changed_since_is_never_written_over(place, monkeypatch):
    from analysis_lib.editions import cutting

    monkeypatch.setattr(cutting, "_finish", lambda *a, **k: None)
    cut(place)
    monkeypatch.undo()
    (place.root / "CHANGELOG.md").write_text("my own words", "utf-8")
    with pytest.raises(EditionRefusedError, match=r"somebody changed CHANGELOG\.md"):
        cut(place)
    assert (place.root / "CHANGELOG.md").read_text("utf-8") == "my own words"
    place.git("checkout", "--", "CHANGELOG.md")
    assert cut(place).resumed


def test_a_cut_begun_on_another_commit_is_not_finished_here(place, monkeypatch):
    from analysis_lib.editions import cutting

    monkeypatch.setattr(cutting, "_finish", lambda *a, **k: None)
    cut(place)
    monkeypatch.undo()
    place.git("commit", "-q", "--allow-empty", "-m", "Meanwhile")
    with pytest.raises(EditionRefusedError, match="HEAD has moved since"):
        cut(place)
    assert place.commit_of("edition-2026.1") is None


# --- verifying --------------------------------------------------------------------------

#: Stands for the edition's own code: prints the state that its tree says.
PRINTS = """import pathlib
print(pathlib.Path("state.json").read_text())
"""


@pytest.fixture
def kept(tmp_path):
    """A repository whose code computes what ``state.json`` says, with one edition in it."""

    def make(again, *, tagged=True):
        here = Repository(tmp_path / "kept")
        here.root.joinpath("analysis_lib").mkdir(parents=True)
        (here.root / "analysis_lib" / "__init__.py").write_text("", "utf-8")
        (here.root / "analysis_lib" / "__main__.py").write_text(PRINTS, "utf-8")
        (here.root / "state.json").write_text(json.dumps(again), "utf-8")
        write_edition(edition(), folder=here.root / "data" / "editions")
        here.git("init", "--quiet")
        here.git("add", "--all")
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        here.git(*who, "commit", "--quiet", "--message", "Edition 2026.1")
        if tagged:
            here.git(*who, "tag", "--annotate", "edition-2026.1", "--message", "Edition 2026.1")
        return here

    return make


def as_printed(state):
    return {"numbers": state.numbers, "data_hash": state.data_hash, "software": state.software}


@pytest.mark.parametrize("tagged", [True, False])
def test_an_edition_that_computes_the_same_again_is_identical(kept, tagged):
    place = kept(as_printed(STATE), tagged=tagged)
    found = verify_edition("2026.1", environment="current", repository=place)
    assert found.identical
    assert found.n_numbers > 50
    assert not found.versions
    assert found.revision == ("edition-2026.1" if tagged else place.head())


def test_every_number_that_moved_is_named_and_so_is_an_edited_file(kept):
    moved = json.loads(json.dumps(as_printed(STATE)))
    moved["data_hash"], moved["software"]["python"] = "1" * 64, "3.13.0"
    sides = moved["numbers"]["gross-vs-subtotal"]["headline"]["outcomes"]["os"]["sides"]
    side = next(iter(sides))
    sides[side]["n"] += 1
    place = kept(moved)
    file = place.root / "data" / "editions" / "2026.1.json"
    file.write_text(file.read_text("utf-8").replace(DAY, "2026-11-23"), "utf-8")
    found = verify_edition("2026.1", environment="current", repository=place)
    assert len(found.differences) == 3
    assert any(f"sides.{side}.n: file" in line for line in found.differences)
    assert found.versions == ("python 3.13.0 (edition: 3.11.2)",)


def test_an_edition_that_nobody_cut_is_named(kept):
    with pytest.raises(InvalidInputError, match=r"no tag edition-2027\.1"):
        verify_edition("2027.1", environment="current", repository=kept(as_printed(STATE)))
