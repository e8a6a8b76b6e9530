"""A stranger adds a synthetic study in a copy of the project: begin, fill in, check, read again."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from synthetic import GOOD

from analysis_lib.study_records import load_records

ROOT = Path(__file__).resolve().parents[2]
STUDY = "zz-synthetic-2099"


class Walk:
    """The command line, run in a copy of the project."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.record = self.data / "studies" / STUDY / "study.yaml"
        self.form = self.data / "second_readings" / f"{STUDY}.yaml"

    def lsr(self, *argv, code=0):
        command = [sys.executable, "-m", "analysis_lib", *argv]
        done = subprocess.run(
            command, cwd=self.folder, env={"PYTHONPATH": str(self.folder)}, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def read_again(self, answers):
        """The second reader's values: those of the record but for ``answers``."""
        form, record = yaml.safe_load(self.form.read_text()), GOOD["arms"][0]["outcomes"][0]
        known = {"median": 12, "median_low": 8, "median_high": 16, "landmark_6": 0.7} | {
            "landmark_12": 0.5, "landmark_12_low": 0.3, "landmark_12_high": 0.7,
            "n_analysed": 30, "followup_max_months": 40, "contrast_hr": 0.8, "contrast_low": 0.5,
            "contrast_high": 1.2, "n_at_risk": 30,
        }  # fmt: skip
        for row in form["figures"]:
            events = 3 if row["outcome"].startswith("tox") else record["n_events"]
            people = 40 if row["arm"] == "(study)" else 30
            row["value"] = known.get(row["field"], events if row["field"] == "n_events" else people)
            row |= answers.get(row["field"], {})
        form |= {"reader": "second", "read_on": "2099-01-02"}
        self.form.write_text(yaml.safe_dump(form, sort_keys=False))


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    for name in ("analysis_lib", "data", "chapters", "book/_static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Walk(folder)


def test_the_way_of_a_new_study(walk):
    told = walk.lsr("study", "new", STUDY, "--doi", "doi:10.5555/Synthetic", "--year", "2099")
    assert "then run: lsr study check" in told
    assert "10.5555/synthetic" in walk.record.read_text()
    told = walk.lsr("study", "new", "zz-other-2099", "--doi", "10.5555/SYNTHETIC", code=2)
    assert f"{STUDY} (same DOI)" in told

    told = walk.lsr("study", "check", STUDY, code=1)
    assert "design: must be text, was null" in told
    page = walk.folder / "_build" / "preview" / "studies" / f"{STUDY}.html"
    assert "Preview of an unfinished record" in page.read_text("utf-8")

    record = GOOD | {"id": STUDY}
    walk.record.write_text(yaml.safe_dump(record, sort_keys=False))
    told = walk.lsr("study", "check", STUDY)
    assert "risk of bias: an entry in data/judgements/jbi_case_series.yaml" in told
    assert "the second reading: 17 figures to look for" in told
    assert "resection-vs-nonsurgical: overall survival, A: in the primary analysis" in told

    told = walk.lsr("study", "second", STUDY, "--reader", "second")
    assert "17 figures to look for" in told
    walk.read_again({"median": {"value": 13}, "landmark_6": {"value": "not_found"}})
    told = walk.lsr("study", "second", STUDY, code=1)
    assert "a, os, median: first 12, second 13; to settle" in told
    assert "look at: Table 1, https://doi.org/10.1/x" in told
    said = {"settled": "second", "comment": "the table prints 13"}
    walk.read_again({"median": {"value": 13, **said}, "landmark_6": {"value": "not_found"}})
    told = walk.lsr("study", "second", STUDY, "--settle")
    assert "written down: 15 agreed, 1 corrected, 1 not found again; still open: 0" in told
    assert "arms[0].outcomes[0].median.value" in told

    assert yaml.safe_load(walk.record.read_text())["second_reading"]["corrected"] == 1
    assert f"{len(load_records()) + 1} records" in walk.lsr("validate")
    assert "the second reading" not in walk.lsr("study", "check", STUDY)
