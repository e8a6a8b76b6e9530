"""``lsr digitise``: from a figure to a study's curve; synthetic figures and a synthetic study."""

import copy
import io
import json
import subprocess
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from synthetic import GOOD as RECORD
from synthetic import write
from vector_figures import arm, draw_arm, new_axes, saved

from analysis_lib import __version__
from analysis_lib.charts.overlay import overlay_png
from analysis_lib.cli import FOUND, GOOD, USAGE, main
from analysis_lib.comparison.arms import reconstruct_outcome
from analysis_lib.digitise import Calibration, PlotArea, Tick
from analysis_lib.digitise.reading_error import reading_error
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records import ROOT, load_records, read_trace
from analysis_lib.study_records.loader import read_records

ARGUMENTS = ("--study", "doe-2020", "--arm", "a", "--outcome", "os", "--reader", "A. Reader")
AXES = ("--x-range", "0", "60", "--n-curves", "2")
DAY = ("--date", "2026-05-03")


@cache
def drawn(kind="svg"):
    figure, axes = new_axes()
    for number, one in enumerate((arm(1), arm(2))):
        draw_arm(axes, one, color=f"C{number}")
    axes.set(xlim=(0, 60), ylim=(0, 1.02), xticks=range(0, 61, 12))
    return saved(figure, kind)


def save_image(path):
    figure, axes = new_axes((7, 5))
    for number, one in enumerate((arm(1), arm(2))):
        draw_arm(axes, one, color=f"C{number}", lw=1.6)
    axes.set(xlim=(0, 60), ylim=(0, 1.04), xticks=range(0, 61, 12))
    figure.savefig(path, dpi=100)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study without a curve, and a workshop of its own."""
    record = copy.deepcopy(RECORD)
    outcome = record["arms"][0]["outcomes"][0]
    outcome |= {"n_events": None, "median": None, "landmarks": [], "followup_max_months": None}
    path = write(tmp_path, record)
    monkeypatch.setattr("analysis_lib.cli.figure_curve.DATA", tmp_path / "data")
    monkeypatch.setattr("analysis_lib.cli.figure_curve._WORKSHOP", tmp_path / "workshop")
    (tmp_path / "figure.svg").write_bytes(drawn())
    (tmp_path / "figure.pdf").write_bytes(drawn("pdf"))
    return path.parent


def run(study, *more, figure="figure.svg", axes=AXES):
    path = study.parents[2] / figure
    return main(["digitise", str(path), *ARGUMENTS, *DAY, *axes, *more])


def named(study, **curve):
    """The record with the curve that the command printed."""
    data = yaml.safe_load((study / "study.yaml").read_text())
    data["arms"][0]["outcomes"][0]["curve"] = curve
    (study / "study.yaml").write_text(yaml.safe_dump(data))
    return read_records(study.parents[1])


def printed_curve(text):
    lines = [line for line in text.splitlines() if line.startswith("  curve: ")]
    return yaml.safe_load(lines[-1])["curve"]


@pytest.mark.parametrize("figure", ["figure.svg", "figure.pdf"])
def test_a_figure_becomes_a_curve_of_the_study(study, capsys, figure):
    risk = study.parents[2] / "risk.csv"
    risk.write_text("time;n\n0;30\n12;18\n")
    more = ("--curve", "1", "--at-risk", str(risk), "--figure-number", "Figure 2A")
    assert run(study, *more, figure=figure) == GOOD
    out = capsys.readouterr().out
    assert "curve 1 of 2 (solid #1f77b4)" in out
    assert "level: curve_at_risk" in out
    assert "every fact is met" in out
    names = sorted(path.name for path in (study / "curves").iterdir())
    assert names == ["os-a-at-risk.csv", "os-a-ticks.csv", "os-a-trace.yaml", "os-a.csv"]
    read = pd.read_csv(study / "curves" / "os-a.csv")
    assert read.columns.tolist() == ["time_months", "survival"]
    falls = np.diff(read["survival"]) < 0
    assert read["time_months"][1:][falls].tolist() == pytest.approx(arm(1).drop_times, abs=1e-4)
    curve = printed_curve(out)
    records, problems = named(study, **curve)
    assert not problems
    (outcome,) = records[0].arms[0].outcomes
    trace = read_trace(records[0], outcome)
    (reading,) = trace.readings
    assert (reading.figure_number, reading.reader) == ("Figure 2A", "A. Reader")
    assert (reading.date, reading.kind, reading.confidence) == ("2026-05-03", "vector", 1.0)
    made = reconstruct_outcome(records[0], outcome)
    facts = made.constraints.set_index("fact")
    assert facts.loc["censor ticks", "given"] == len(arm(1).censored)
    overlay = Image.open(study.parents[2] / "workshop" / "doe-2020" / "os-a.png")
    colours = {colour for _, colour in overlay.convert("RGB").getcolors(100_000)}
    assert {(0xD6, 0, 0x6C), (0x0A, 0x66, 0xC2), (0xC1, 0x57, 0)} <= colours


def test_the_image_stays_outside_and_the_trace_is_the_same_each_time(study):
    assert run(study, "--curve", "#ff7f0e") == GOOD
    trace = (study / "curves" / "os-a-trace.yaml").read_bytes()
    assert b"figure.svg" not in trace
    kinds = {path.suffix for path in study.rglob("*") if path.is_file()}
    assert kinds == {".csv", ".yaml"}
    assert run(study, "--curve", "#ff7f0e", "--replace") == GOOD
    assert (study / "curves" / "os-a-trace.yaml").read_bytes() == trace


def test_an_image_is_right_to_its_pixels_and_its_ticks_are_not_facts(study, capsys):
    save_image(study.parents[2] / "figure.png")
    assert run(study, "--curve", "1", figure="figure.png") == GOOD
    out = capsys.readouterr().out
    assert "read by lsr" in out
    assert "raster" in out
    curve = printed_curve(out)
    pixel = 1.04 / (5 * 100 * 0.77)  # axes are 77 % of the height, matplotlib's default
    assert curve["reading_sd"] == pytest.approx(pixel / np.sqrt(12), rel=0.02)
    assert curve["censor_ticks_file"] is None
    assert "say censor_ticks_file: curves/os-a-ticks.csv" in out
    records, problems = named(study, **curve)
    assert not problems
    (outcome,) = records[0].arms[0].outcomes
    made = reconstruct_outcome(records[0], outcome)
    assert "censor ticks" not in set(made.constraints["fact"])
    assert read_trace(records[0], outcome).reading_sd == curve["reading_sd"]
    read = pd.read_csv(study / "curves" / "os-a.csv")
    for month in range(1, int(arm(1).end)):
        level = read["survival"][read["time_months"] <= month].iloc[-1]
        assert abs(level - arm(1).at(month)) < 0.05
    # a second reading worse than the pixels gives its own error
    name = by_hand(study)
    assert run(study, "--second", figure=name, axes=()) in (GOOD, FOUND)
    assert printed_curve(capsys.readouterr().out)["reading_sd"] > curve["reading_sd"]


@pytest.mark.parametrize("figure", ["figure.svg", "figure.png"])
def test_more_censor_ticks_than_patients_are_left_out(study, capsys, figure):
    """Hatching taken for ticks must not cost the curve."""
    few = len(arm(1).censored) - 3
    data = yaml.safe_load((study / "study.yaml").read_text())
    data["arms"][0]["outcomes"][0]["n_analysed"]["value"] = few
    (study / "study.yaml").write_text(yaml.safe_dump(data))
    save_image(study.parents[2] / "figure.png")
    assert run(study, "--curve", "1", figure=figure) in (GOOD, FOUND)
    out = capsys.readouterr().out
    assert f"censor ticks of {few} patients cannot be right: they are not used" in out
    assert "no patients can be made" not in out
    assert "say censor_ticks_file" not in out
    assert printed_curve(out)["censor_ticks_file"] is None


def test_a_reading_is_not_overwritten(study, capsys):
    assert run(study, "--curve", "1") == GOOD
    before = (study / "curves" / "os-a.csv").read_bytes()
    assert run(study, "--curve", "2") == USAGE
    assert "without --replace" in capsys.readouterr().err
    assert (study / "curves" / "os-a.csv").read_bytes() == before
    assert run(study, "--curve", "2", "--replace") == GOOD
    assert (study / "curves" / "os-a.csv").read_bytes() != before


def by_hand(study, shift=0.004, name="hand.json"):
    """A second reading as WebPlotDigitizer saves it: off by a little."""
    x, y = np.array(arm(1).corners).T
    generator = np.random.default_rng(5)
    rows = [
        {"x": 0, "y": 0, "value": [float(t), float(s + shift * z)]}
        for t, s, z in zip(x, y, generator.standard_normal(len(x)), strict=True)
    ]
    sets = [{"name": "Dataset 1", "axesName": "axes", "data": rows}]
    axes = [{"name": "axes", "type": "XYAxes"}]
    text = json.dumps({"version": [4, 2], "axesColl": axes, "datasetColl": sets})
    (study.parents[2] / name).write_text(text)
    return name


def test_a_second_reading_gives_the_error_that_is_used(study, capsys):
    assert run(study, "--curve", "1") == GOOD
    name = by_hand(study)
    assert run(study, "--second", figure=name, axes=()) in (GOOD, FOUND)
    out = capsys.readouterr().out
    curve = printed_curve(out)
    assert 0.001 < curve["reading_sd"] < 0.006
    assert curve["file"] == "curves/os-a.csv"
    first, second = (pd.read_csv(study / "curves" / f"os-a{k}.csv") for k in ("", "-second"))
    assert curve["reading_sd"] == pytest.approx(reading_error(first, second), rel=0.01)
    records, problems = named(study, **curve)
    assert not problems
    made = reconstruct_outcome(records[0], records[0].arms[0].outcomes[0])
    assert made.reading_sd == pytest.approx(curve["reading_sd"], rel=0.5)
    trace = read_trace(records[0], records[0].arms[0].outcomes[0])
    tools = [reading.tool for reading in trace.readings]
    assert tools == [f"lsr {__version__}, vector", "WebPlotDigitizer 4.2"]
    # reading the first again keeps the second, and the error is counted anew
    assert run(study, "--curve", "1", "--replace", figure="figure.pdf") in (GOOD, FOUND)
    assert printed_curve(capsys.readouterr().out)["reading_sd"] == curve["reading_sd"]


def test_a_second_reading_must_be_one(study, capsys):
    assert run(study, "--second", "--curve", "1") == USAGE
    assert "needs a first one" in capsys.readouterr().err
    assert run(study, "--curve", "1") == GOOD
    assert run(study, "--second", "--curve", "1", figure="figure.pdf") == USAGE
    assert "the first one again" in capsys.readouterr().err
    name = by_hand(study, shift=0.15)
    assert run(study, "--second", figure=name, axes=()) == USAGE
    assert "of different curves" in capsys.readouterr().err
    assert not (study / "curves" / "os-a-second.csv").exists()


def test_errors_of_two_readings_are_dahlbergs():
    """Two readings a constant apart: that constant over the root of two."""
    first = pd.DataFrame({"time_months": [0.0, 10.0], "survival": [1.0, 0.5]})
    second = first.assign(survival=first["survival"] - 0.01)
    assert reading_error(first, second) == pytest.approx(0.01 / np.sqrt(2))
    with pytest.raises(InvalidInputError, match="again"):
        reading_error(first, first)
    with pytest.raises(InvalidInputError, match="overlap"):
        reading_error(first, second.assign(time_months=[20.0, 30.0]))


def test_censor_ticks_that_were_corrected_by_hand_come_back(study, capsys):
    """The project written for WebPlotDigitizer, opened, saved and read again."""
    assert run(study, "--curve", "1") == GOOD
    project = study.parents[2] / "workshop" / "doe-2020" / "os-a.wpd.json"
    sets = json.loads(project.read_text())
    for one in sets["datasetColl"]:
        for row in one["data"]:
            row["value"][0] += 0.01
    (study.parents[2] / "mended.json").write_text(json.dumps(sets))
    before = pd.read_csv(study / "curves" / "os-a-ticks.csv")["time_months"]
    more = ("--curve", "curve 1", "--replace")
    assert run(study, *more, figure="mended.json", axes=()) == GOOD
    after = pd.read_csv(study / "curves" / "os-a-ticks.csv")["time_months"]
    assert (after - before).tolist() == pytest.approx([0.01] * len(before), abs=1e-6)


def test_years_and_incidence_are_declared(study):
    figure, axes = new_axes()
    x, y = np.array(arm(1).corners).T
    axes.plot(x / 12, 1 - y)
    axes.set(xlim=(0, 5), ylim=(0, 1), xticks=range(6))
    (study.parents[2] / "rising.svg").write_bytes(saved(figure, "svg"))
    axes = ("--x-range", "0", "5", "--time-unit", "years", "--rising")
    assert run(study, figure="rising.svg", axes=axes) == GOOD
    read = pd.read_csv(study / "curves" / "os-a.csv")
    assert read["survival"].iloc[0] == 1.0
    assert read["time_months"].iloc[-1] == pytest.approx(arm(1).end, abs=1e-4)
    assert read["survival"].iloc[-1] == pytest.approx(y[-1], abs=1e-6)
    trace = yaml.safe_load((study / "curves" / "os-a-trace.yaml").read_text())
    assert trace["readings"][0]["curve"]["direction"] == "rising"
    assert trace["readings"][0]["calibration"]["x_range_months"] == [0, 60]


WRONG = {
    "no such study": (("--study", "x-2000"), "is no study"),
    "a path for a study": (("--study", "../doe-2020"), "is no study"),
    "no such arm": (("--arm", "z"), "the record has the arms a, b"),
    "no such outcome": (("--outcome", "lc"), "must name one outcome of the arm"),
    "which curve": ((), "--curve is needed, which of: 1 (solid #1f77b4), 2 (solid #ff7f0e)"),
    "no such curve": (("--curve", "7"), "is no curve; there are: 1"),
    "no such colour": (("--curve", "green"), "is no curve"),
    "axes that cannot be": (("--curve", "1", "--x-range", "60", "0"), "two ascending numbers"),
    "a day that is none": (("--curve", "1", "--date", "yesterday"), "must be YYYY-MM-DD"),
}


@pytest.mark.parametrize("case", WRONG, ids=WRONG.keys())
def test_wrong_calls_are_named(study, capsys, case):
    more, message = WRONG[case]
    assert run(study, *more) == USAGE
    assert message in capsys.readouterr().err
    assert not (study / "curves").exists()


def test_what_the_figure_lacks_is_asked_for(study, capsys):
    assert run(study, "--curve", "1", axes=("--x-range", "0", "60")) == FOUND
    err = capsys.readouterr().err
    assert "2 curves were found" in err
    assert "--colours" in err
    assert run(study, axes=()) == USAGE
    assert "--x-range is needed" in capsys.readouterr().err
    assert run(study, figure="nothing.png") == USAGE
    assert "cannot be read" in capsys.readouterr().err
    (study.parents[2] / "zero.png").write_bytes(b"")
    assert run(study, figure="zero.png") == USAGE
    (study.parents[2] / "noise.png").write_bytes(bytes(range(256)) * 20)
    assert run(study, figure="noise.png") == USAGE


def test_without_patients_nothing_is_reconstructed(study, capsys):
    data = yaml.safe_load((study / "study.yaml").read_text())
    data["arms"][0]["outcomes"][0] |= {
        "n_analysed": {"value": None, "unit": None, "printed": False}
    }
    data["arms"][0]["outcomes"][0]["role"] = "none"
    data["arms"][0]["outcomes"][0]["role_reason"] = "synthetic"
    (study / "study.yaml").write_text(yaml.safe_dump(data))
    assert run(study, "--curve", "1") == GOOD
    assert "does not know how many" in capsys.readouterr().out


def break_trace(study, change):
    path = study / "curves" / "os-a-trace.yaml"
    data = yaml.safe_load(path.read_text())
    change(data)
    path.write_text(yaml.safe_dump(data))


TRACES = {
    "another study": (lambda d: d.update(study="roe-1999"), "study: must be doe-2020"),
    "an error of one reading": (
        lambda d: d.update(reading_sd=0.01),
        "must be the resolution, None, while",
    ),
    "a day that is none": (
        lambda d: d["readings"][0].update(date="2026-02-31"),
        "must be a day of the calendar",
    ),
    "a missing curve": (
        lambda d: d["readings"][0].update(file="curves/no.csv"),
        "must be a file in the study's folder",
    ),
    "an unknown key": (lambda d: d.update(remark="x"), "unknown key remark"),
    "a path out of the folder": (
        lambda d: d["readings"][0].update(file="../../secret.csv"),
        "must match",
    ),
}


@pytest.mark.parametrize("case", TRACES, ids=TRACES.keys())
def test_broken_traces_are_problems_of_the_evidence(study, capsys, case):
    change, rule = TRACES[case]
    assert run(study, "--curve", "1") == GOOD
    assert not read_records(study.parents[1])[1]
    break_trace(study, change)
    _, problems = read_records(study.parents[1])
    assert any(rule in str(problem) for problem in problems)
    assert all("os-a-trace.yaml:" in problem.path + ":" for problem in problems)


def test_a_curve_changed_after_its_trace_is_a_problem_until_it_is_read_again(study, capsys):
    assert run(study, "--curve", "1") == GOOD
    curve = printed_curve(capsys.readouterr().out)
    path = study / "curves" / "os-a.csv"
    path.write_text(path.read_text() + "59.9,0.01\n")
    _, problems = named(study, **curve)
    (problem,) = problems
    assert "was changed after it was read: digitise again with --replace" in str(problem)
    assert run(study, "--curve", "1", "--replace") == GOOD
    assert not read_records(study.parents[1])[1]


DISAGREEMENTS = {
    "reading_sd": ({"reading_sd": 0.02}, "must be that of the trace, None"),
    "file": ({"file": "curves/other.csv"}, "must be what the trace read"),
    "trace_file": ({"trace_file": "curves/no-trace.yaml"}, "must be a file"),
}


@pytest.mark.parametrize("key", DISAGREEMENTS, ids=DISAGREEMENTS.keys())
def test_record_and_trace_must_agree(study, capsys, key):
    assert run(study, "--curve", "1") == GOOD
    curve = printed_curve(capsys.readouterr().out)
    (study / "curves" / "other.csv").write_text((study / "curves" / "os-a.csv").read_text())
    change, rule = DISAGREEMENTS[key]
    _, problems = named(study, **(curve | change))
    (problem,) = problems
    assert problem.field == f"arms[0].outcomes[0].curve.{key}"
    assert rule in problem.rule


def test_a_trace_of_another_arm_is_not_this_arms(study, capsys):
    assert run(study, "--curve", "1") == GOOD
    curve = printed_curve(capsys.readouterr().out)
    break_trace(study, lambda data: data.update(arm="b"))
    _, problems = named(study, **curve)
    assert [problem.rule for problem in problems] == ["must be the trace of os of a"]


def test_the_study_page_tells_who_read_it(study, capsys):
    from analysis_lib.book.study_rederived import rederived

    more = ("--curve", "1", "--figure-number", "Figure 2 <b>")
    assert run(study, *more) == GOOD
    named(study, **printed_curve(capsys.readouterr().out))
    (record,) = load_records(study.parents[1])
    blocks = rederived(record, record.arms[0].outcomes[0], "x", "Overall survival")
    html = "\n".join(block.to_html() for block in blocks)
    assert "Figure 2 &lt;b&gt;" in html
    assert f"A. Reader, 2026-05-03; lsr {__version__}, vector" in html
    assert "estimated from the reading itself" in html
    by_hand(study)
    assert run(study, "--second", figure="hand.json", axes=()) in (GOOD, FOUND)
    named(study, **printed_curve(capsys.readouterr().out))
    (record,) = load_records(study.parents[1])
    blocks = rederived(record, record.arms[0].outcomes[0], "x", "Overall survival")
    assert "Error of one reading: 0." in "\n".join(block.to_html() for block in blocks)


def test_a_page_of_any_height_gives_an_overlay_of_bounded_size():
    """A viewBox of two thousand million rows must not ask for memory of that size."""
    figure = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 2000000000"/>'
    area = PlotArea(0, 0, 100, 100)
    ticks = (Tick(0, 0.0), Tick(100, 60.0)), (Tick(100, 0.0), Tick(0, 1.0))
    image = Image.open(io.BytesIO(overlay_png(figure, Calibration(area, *ticks), (), vector=True)))
    assert image.size == (1, 4000)


def test_refusals_name_the_file(study, capsys):
    (study.parents[2] / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    assert run(study, "--curve", "1", figure="broken.pdf") == USAGE
    assert "broken.pdf: the PDF file cannot be taken apart" in capsys.readouterr().err
    assert run(study, axes=("--x-range", "0", "60")) == FOUND
    err = capsys.readouterr().err
    assert "figure.svg: 2 curves were found" in err
    assert "--n-curves, --colours" in err


def test_text_in_another_encoding_is_refused_as_text(study, capsys):
    """A spreadsheet of a German clinic: no image, whatever its header says."""
    (study.parents[2] / "curve.csv").write_bytes("Zeit;Überleben\n0;1\n6;0,8\n".encode("latin1"))
    assert run(study, figure="curve.csv") == USAGE
    assert "curve.csv: must be UTF-8 text" in capsys.readouterr().err


def test_what_a_killed_process_leaves_is_not_committed(tmp_path):
    """Killed between writing a file and giving it its name: git passes over the rest of it."""
    killed = (
        "import os, sys; from pathlib import Path; import analysis_lib.files as files\n"
        "os.replace = lambda *names: os._exit(9)\n"
        "files.write_text(Path(sys.argv[1]) / 'os-a.csv', 'time_months,survival')\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert any(left.match(pattern) for pattern in ignored if pattern.startswith("*."))
