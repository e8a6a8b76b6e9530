"""Screening: who decided what, agreement, triage; and that nothing entered is ever lost."""

import json
import math
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from search_files import decide, evidence, paper, write_search

from analysis_lib.cli import FOUND, USAGE, main
from analysis_lib.cli.screening import report, screen, settle, status
from analysis_lib.cli.terminal import candidate_text, shortened
from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError, ReviewError
from analysis_lib.search.agreement import cohen_kappa
from analysis_lib.search.decisions import AppendedFile, latest, reader_name
from analysis_lib.search.screening import agreement_table, agreements, standings, to_screen
from analysis_lib.search.triage import fit_triage, learn, reading_order
from analysis_lib.study_records import load_search_files
from analysis_lib.study_records.search_files import decision_file, read_search_files

REFERENCE = Path(__file__).parents[1] / "reference" / "kappa.json"


def keys(text):
    """A reader who presses these keys, then ends."""
    pressed = iter(text)
    return lambda: next(pressed, "")


@pytest.fixture
def data(tmp_path):
    folder = evidence(tmp_path)
    write_search(folder, "2026-12-01", [paper(n) for n in range(1, 7)])
    return folder


def said(data, reader):
    return {k: v["decision"] for k, v in latest(load_search_files(data).decisions[reader]).items()}


def ids(*numbers):
    return [f"pmid:{91_000_000 + n}" for n in numbers]


# --- keys -----------------------------------------------------------------------------


def test_every_key_does_what_it_says(data, capsys):
    assert screen("A", data=data, read=keys("ie2sub?bq")) == 0
    out = capsys.readouterr().out
    assert said(data, "a") == dict(zip(ids(1, 2, 4), ("include", "exclude", "unsure"), strict=True))
    assert "6 candidates for reader a" in out
    assert "kept: pmid:91000002 exclude (Other disease)" in out
    assert "no such key" in out
    assert "3 candidates judged in this session; 3 left" in out
    screen("a", data=data, read=keys("iiiiii"))
    assert len(said(data, "a")) == 6
    screen("a", data=data, read=keys("i"))
    assert "0 candidates for reader a" in capsys.readouterr().out


def test_going_back_decides_anew_and_keeps_both_lines(data):
    screen("a", data=data, read=keys("ibe1q"))
    lines = load_search_files(data).decisions["a"]
    assert [line["decision"] for line in lines] == ["include", "exclude"]
    assert said(data, "a") == {ids(1)[0]: "exclude"}


def test_a_reason_can_be_left_again(data):
    screen("a", data=data, read=keys("ebiq"))
    assert said(data, "a") == {ids(1)[0]: "include"}


def test_a_reader_does_not_see_the_other(data, capsys):
    screen("a", data=data, read=keys("ie2q"))
    capsys.readouterr()
    screen("b", data=data, read=keys("q"))
    assert "exclude (" not in capsys.readouterr().out


def test_titles_never_command_the_terminal(data, capsys):
    path = data / "searches" / "2026-12-02.yaml"
    write_search(data, "2026-12-02", [paper(9)])
    evil = "evil \x1b]0;x\x07\x1b[2Jtitle\x9b31m \u202egnp.exe"
    raw = yaml.safe_load(path.read_text())
    raw["candidates"][0] |= {"title": evil, "abstract": evil, "authors": evil, "journal": evil}
    path.write_text(yaml.safe_dump(raw))
    screen("a", data=data, read=keys("ssiq"))
    status(data=data)
    out = capsys.readouterr().out
    assert "evil title gnp.exe" in out
    assert all(c == "\n" or c.isprintable() for c in out)
    assert shortened(evil, 8) == "evil ..."


def test_text_is_wrapped_to_the_terminal():
    entry = paper(1, abstract="word " * 100, title="t " * 80)
    lines = candidate_text(entry, heading="h", columns=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert "No abstract was delivered." in candidate_text(entry | {"abstract": None}, heading="h")


# --- two readers ----------------------------------------------------------------------


def test_states_follow_two_readers_and_settlements(data):
    first = ["include", "include", "single_cases", "unsure", "include"]
    second = ["include", "no_outcome", "other_disease", "unsure"]
    decide(data, "a", dict(zip(ids(1, 2, 3, 4, 5), first, strict=True)))
    decide(data, "b", dict(zip(ids(1, 2, 3, 4), second, strict=True)))
    found = {s.id: s for s in standings(load_search_files(data))}
    states = [found[name].state for name in ids(1, 2, 3, 4, 5, 6)]
    assert states == ["included", "disputed", "excluded", "disputed", "waiting", "waiting"]
    assert found[ids(3)[0]].reason == "other_disease", "the reason that comes first in the list"
    assert [s.id for s in to_screen(tuple(found.values()), "b")] == ids(5, 6)
    assert not to_screen(tuple(found.values()), "c")[2:], "what two decided is not asked again"
    decide(data, "settled", {ids(2)[0]: "no_outcome", ids(4)[0]: "include"}, at="2026-12-03")
    now = [s.state for s in standings(load_search_files(data))]
    assert now[:4] == ["included", "excluded", "excluded", "included"]
    before = [s.state for s in standings(load_search_files(data), until="2026-12-02")]
    assert before[:4] == ["included", "disputed", "excluded", "disputed"]
    assert standings(load_search_files(data), until="2026-11-30") == ()


def test_disagreements_are_listed_and_settled(data, capsys):
    decide(data, "a", dict.fromkeys(ids(1, 2), "include"))
    decide(data, "b", {ids(1)[0]: "include", ids(2)[0]: "no_outcome"})
    status(data=data)
    out = capsys.readouterr().out
    assert "disagreements (lsr screen --settle --reader NAME): 1" in out
    assert "pmid:91000002  a: include; b: exclude (No usable outcome)" in out
    assert "a and b: 2 judged by both, 50% alike; Cohen's kappa 0.00" in out
    assert settle("c", data=data, read=keys("ui")) == 0
    assert "no such key" in capsys.readouterr().out
    assert load_search_files(data).settled[0]["by"] == "c"
    status(data=data)
    out = capsys.readouterr().out
    assert "0 disputed, 2 included" in out
    assert "reports to be had and read (lsr screen --report CANDIDATE ...): 2" in out


def test_two_people_at_once_never_share_a_file(data):
    with (
        AppendedFile(decision_file("a", data)) as first,
        AppendedFile(decision_file("b", data)) as second,
    ):
        for number in range(1, 7):
            for kept in (first, second):
                entry = {"candidate": ids(number)[0], "decision": "include", "reason": None}
                kept.append(entry | {"at": "2026-12-02T10:00:00Z"})
        with pytest.raises(ReviewError, match="open in another terminal"):
            AppendedFile(decision_file("a", data))
    found = standings(load_search_files(data))
    assert {s.state for s in found} == {"included"}


def test_branches_of_one_reader_join_by_keeping_both_lines(data):
    decide(data, "a", {ids(1)[0]: "include"}, at="2026-12-05")
    decide(data, "a", {ids(1)[0]: "no_outcome", ids(2)[0]: "include"}, at="2026-12-03")
    assert said(data, "a") == dict.fromkeys(ids(1, 2), "include"), "the latest counts, in any order"
    attributes = (Path(__file__).parents[2] / ".gitattributes").read_text()
    assert "data/searches/screening/*.yaml merge=union" in attributes


@pytest.mark.parametrize("name", ["", "../x", "a b", "settled", "x" * 40, "\x1b[2J"])
def test_a_reader_is_a_file_name(name):
    with pytest.raises(InvalidInputError, match="a reader's name must be"):
        reader_name(name)


def test_reports_are_kept_and_checked(data, capsys):
    for reader in "ab":
        decide(data, reader, dict.fromkeys(ids(1, 2), "include"))
    assert report(ids(1)[0], not_retrieved=True, data=data) == 0
    assert report(ids(2)[0], excluded="no_outcome", data=data) == 0
    assert [r["outcome"] for r in load_search_files(data).reports] == ["not_retrieved", "excluded"]
    for wrong, rule in (
        ({"candidate": ids(3)[0], "not_retrieved": True}, "an included candidate"),
        ({"candidate": ids(1)[0], "study": "nobody-1999"}, "the id of a study record"),
        ({"candidate": ids(1)[0], "excluded": "dull"}, "one of not_recurrent"),
        ({"candidate": ids(1)[0]}, "give one of"),
    ):
        with pytest.raises(InvalidInputError, match=rule):
            report(**wrong, data=data)
    assert read_search_files(data)[1] == ()


def test_the_command_line(capsys):
    assert main(["screen"]) == USAGE
    assert "who reads?" in capsys.readouterr().err
    assert main(["screen", "--reader", "../x"]) == USAGE
    assert main(["screen", "--status"]) == 0
    searched = load_search_files().searches
    assert ("no search yet: lsr search run" in capsys.readouterr().out) == (not searched)


# --- power cuts -------------------------------------------------------------------------


def test_half_a_line_is_removed_said_and_asked_again(data, capsys):
    decide(data, "a", {ids(1)[0]: "include"})
    path = decision_file("a", data)
    with path.open("a") as file:
        file.write('- {"candidate": "pmid:91000002", "decis')
    problem = read_search_files(data)[1][0]
    assert str(problem) == (
        "data/searches/screening/a.yaml: its last line was cut off while written; screening again "
        "as its reader mends it"
    )
    screen("a", data=data, read=keys("i"))
    out = capsys.readouterr().out
    assert "the last line of a.yaml was cut off while written" in out
    assert said(data, "a") == dict.fromkeys(ids(1, 2), "include")


def test_a_session_without_a_key_leaves_no_file(data):
    screen("a", data=data, read=keys("q"))
    assert not decision_file("a", data).exists()


_SESSION = """
import sys
from pathlib import Path
from analysis_lib.cli.screening import screen
sys.exit(screen(sys.argv[2], data=Path(sys.argv[1])))
"""


def test_kill_nine_at_any_moment_loses_nothing_that_was_kept(tmp_path):
    data = evidence(tmp_path)
    names = write_search(data, "2026-12-01", [paper(n) for n in range(1, 401)])
    seen, moment = {}, random.Random(6)
    for attempt in range(4):
        log = tmp_path / f"out{attempt}"
        with log.open("w") as out:
            session = subprocess.Popen(
                [sys.executable, "-c", _SESSION, str(data), "a"],
                stdin=subprocess.PIPE, stdout=out, env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
            session.stdin.write(b"ie2u" * 200)
            session.stdin.flush()
            deadline = time.monotonic() + 60
            while log.read_text().count("kept: ") < 3 and time.monotonic() < deadline:
                assert session.poll() is None
                time.sleep(0.005)
            time.sleep(moment.random() * 0.05)
            session.send_signal(signal.SIGKILL)
            session.wait()
            session.stdin.close()
        lines = [line for line in log.read_text().splitlines() if line.startswith("kept: ")]
        assert len(lines) >= 3
        seen |= {line.split()[1]: line.split()[2] for line in lines if len(line.split()) > 2}
        files, problems = read_search_files(data)
        assert problems == (), "the file is whole after every kill"
        kept = {k: v["decision"] for k, v in latest(files.decisions["a"]).items()}
        assert kept.items() >= seen.items()
        assert len(kept) <= len(seen) + attempt + 1, "at most the key of the moment is unsaid"
        assert list(kept) == names[: len(kept)], "nobody is asked twice or left out"


def test_one_key_without_enter_in_a_terminal(data):
    ours, theirs = os.openpty()
    session = subprocess.Popen(
        [sys.executable, "-c", _SESSION, str(data), "a"], stdin=theirs, stdout=subprocess.PIPE
    )
    told = b""

    def press(key, until):
        nonlocal told
        os.write(ours, key)
        while until not in told:
            assert select.select([session.stdout], [], [], 60)[0], told
            chunk = os.read(session.stdout.fileno(), 4096)
            assert chunk, told
            told += chunk

    press(b"", b"[q]uit")
    press(b"\x1b[A", b"no such key")  # an arrow key is no decision
    press(b"i", b"kept: pmid:91000001 include")
    press(b"\x04", b"1 candidates judged in this session; 5 left")
    assert session.wait(timeout=60) == 0
    session.stdout.close()
    os.close(ours)
    os.close(theirs)
    assert said(data, "a") == {ids(1)[0]: "include"}


# --- agreement --------------------------------------------------------------------------


@pytest.mark.parametrize("name", json.loads(REFERENCE.read_text())["sets"])
def test_kappa_is_that_of_r(name):
    stored = json.loads(REFERENCE.read_text())["sets"][name]
    found = cohen_kappa(stored["table"])
    assert found.kappa == pytest.approx(stored["kappa"], abs=1e-9)
    assert found.standard_error == pytest.approx(stored["standard_error"], abs=1e-7)
    half = 1.959963984540054 * found.standard_error
    assert found.low == pytest.approx(max(-1, found.kappa - half))
    assert found.high == pytest.approx(min(1, found.kappa + half))


def test_kappa_of_fleiss_1981():
    assert cohen_kappa([[75, 1, 4], [5, 4, 1], [0, 0, 10]]).kappa == pytest.approx(0.68, abs=0.005)


def test_kappa_without_an_answer():
    with pytest.raises(NotIdentifiedError, match="one judgement"):
        cohen_kappa([[5, 0], [0, 0]])
    for wrong in ([[0, 0], [0, 0]], [[1, 2]], [[1, -1], [0, 2]]):
        with pytest.raises(InvalidInputError):
            cohen_kappa(wrong)
    assert cohen_kappa([[4, 0], [0, 4]]).kappa == 1.0


def test_agreement_is_of_judgements_before_settling(data):
    decide(data, "a", dict(zip(ids(1, 2, 3), ["include", "include", "unsure"], strict=True)))
    decide(data, "b", dict(zip(ids(1, 2, 4), ["include", "no_outcome", "include"], strict=True)))
    decide(data, "settled", {ids(2)[0]: "include"}, at="2026-12-09")
    found = standings(load_search_files(data))
    assert agreement_table(found, "a", "b") == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    ((first, second, result),) = agreements(found)
    assert (first, second, result.n) == ("a", "b", 2)


# --- triage -----------------------------------------------------------------------------


def test_triage_is_the_worked_example_of_the_textbook():
    """Manning, Raghavan and Schütze 2008, example 13.1: 0.0003 against 0.0001."""
    china = ["Chinese Beijing Chinese", "Chinese Chinese Shanghai", "Chinese Macao"]
    model = fit_triage(china, ["Tokyo Japan Chinese"])
    yes, no = 3 / 4 * (3 / 7) ** 3 / 14 / 14, 1 / 4 * (2 / 9) ** 3 * 2 / 9 * 2 / 9
    assert (round(yes, 4), round(no, 4)) == (0.0003, 0.0001)
    text = "Chinese Chinese Chinese Tokyo Japan"
    assert model.score(text) == pytest.approx(math.log(yes / no), abs=1e-12)
    assert model.score(f"{text} Kyoto") == model.score(text), "a word never seen says nothing"


def trained(tmp_path, n):
    data = evidence(tmp_path)
    good = [paper(i, title=f"salvage radiosurgery series {i}", abstract=None) for i in range(n)]
    bad = [paper(100 + i, title=f"mouse model of glioma {i}", abstract=None) for i in range(n)]
    names = write_search(data, "2026-11-01", good + bad)
    for reader in "ab":
        decide(data, reader, dict.fromkeys(names[:n], "include"))
        decide(data, reader, dict.fromkeys(names[n:], "other_disease"))
    new = ["glioma in a mouse", "unrelated words entirely", "salvage radiosurgery again"]
    papers = [paper(200 + i, title=t, abstract=None) for i, t in enumerate(new)]
    return data, write_search(data, "2026-12-01", papers)


def test_triage_orders_and_never_excludes(tmp_path):
    data, names = trained(tmp_path, 10)
    found = standings(load_search_files(data))
    order, told = reading_order(found)
    assert order == (names[2], names[1], names[0])
    assert told.startswith("most like what was included first (learned from 10 included, 10 ")
    assert reading_order(found) == reading_order(tuple(reversed(found))), "deterministic"


def test_without_enough_decisions_the_newest_come_first(tmp_path):
    data, names = trained(tmp_path, 9)
    write_search(data, "2026-12-08", [paper(300)])
    found = standings(load_search_files(data))
    assert learn(found) is None
    order, told = reading_order(found)
    assert order == ("pmid:91000300", *names)
    assert "needs 10 included and 10 excluded, there are 9 and 9" in told


def test_a_problem_in_any_file_stops_screening_before_a_key(data):
    (data / "searches" / "2026-12-01.yaml").write_text("nonsense")
    with pytest.raises(ReviewError, match=r"2026-12-01\.yaml"):
        screen("a", data=data, read=keys("i"))
    assert FOUND == 1
