"""The command line: what it prints and its exit codes."""

import subprocess
import sys

import pytest

from analysis_lib.cli import FOUND, GOOD, USAGE, main


def test_help_has_examples(capsys):
    assert main(["--help"]) == GOOD
    assert "lsr study new doe-2026" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [[], ["fly"], ["build", "--only"], ["study"], ["study", "new"], ["serve", "--port", "x"]],
)
def test_wrong_usage_is_two(argv, capsys):
    assert main(argv) == USAGE
    assert "usage:" in capsys.readouterr().err


def test_validate_says_one_line(capsys):
    assert main(["validate"]) == GOOD
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_validate_lists_what_papers_contradict(capsys):
    assert main(["validate", "--findings"]) == GOOD
    out = capsys.readouterr().out
    assert any(line.startswith("bhatia-2024: error:") for line in out.splitlines())


def test_unknown_comparison_is_wrong_usage(capsys):
    assert main(["build", "--only", "nothing"]) == USAGE
    assert "known are resection-vs-nonsurgical" in capsys.readouterr().err


def test_study_show(capsys):
    assert main(["study", "show", "bhatia-2024"]) == GOOD
    out = capsys.readouterr().out
    assert "median 15.2 (7.9 to 26.8) (not usable)" in out
    assert main(["study", "show", "bhatia-2099"]) == USAGE
    assert "did you mean bhatia-2024" in capsys.readouterr().err


def test_study_new_refuses_a_bad_id_and_an_existing_study(capsys):
    assert main(["study", "new", "../escape"]) == USAGE
    assert main(["study", "new", "bhatia-2024"]) == USAGE
    assert "exists already" in capsys.readouterr().err


def test_a_broken_record_stops_everything(capsys, monkeypatch, tmp_path):
    from analysis_lib.exceptions import RecordProblem

    problem = RecordProblem("data/studies/x/study.yaml", 3, "n", "must be a number", "x")
    monkeypatch.setattr("analysis_lib.study_records.validate_data", lambda: (problem,))
    assert main(["build"]) == FOUND
    err = capsys.readouterr().err
    assert "data/studies/x/study.yaml:3: n: must be a number, was x" in err
    assert "1 problem; nothing was run" in err


def test_module_is_the_command():
    found = subprocess.run(
        [sys.executable, "-m", "analysis_lib", "validate"], capture_output=True, text=True
    )
    assert found.returncode == GOOD
    assert "are sound" in found.stdout
