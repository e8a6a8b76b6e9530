"""A synthetic centre in the comparisons: its arms, what stays unseen, what does not move.

All patients are synthetic.
"""

import copy
import json
import os
import shutil
import subprocess
import sys

import pytest
from centre import DECLARATION, GROUPS, rows, write_centre
from synthetic import GOOD, write

from analysis_lib.comparison import compare
from analysis_lib.comparison.arms import arm_evidence
from analysis_lib.comparison.declarations import load_declaration
from analysis_lib.comparison.harms import harms_of
from analysis_lib.comparison.selection import candidates, level_of
from analysis_lib.exceptions import InvalidRecordsError
from analysis_lib.study_records import (
    DATA,
    ROOT,
    load_centre,
    load_overlaps,
    load_records,
    records_with_centre,
)
from analysis_lib.study_records.centre_record import CENTRE_ID, CENTRE_LABEL, centre_of
from analysis_lib.study_records.centre_record import check_centre_file as check
from analysis_lib.survival import cox_two_arm, kaplan_meier, median_survival


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("centre")


@pytest.fixture(scope="module")
def centre(folder):
    checked = check(write_centre(folder))
    return centre_of(checked.patients, checked.declaration)


@pytest.fixture(scope="module")
def result(centre):
    """The comparison with the fewest studies, with the synthetic centre in it."""
    return compare("gross-vs-subtotal", (*load_records(), centre.record))


def outcome(centre, arm, name):
    found = next(one for one in centre.record.arms if one.id == arm)
    return next((one for one in found.outcomes if one.outcome == name), None)


def test_treatment_and_what_followed_make_the_arms(centre):
    arms = {arm.id: arm for arm in centre.record.arms}
    assert set(arms) == {
        "re_resection_alone",
        "re_resection_alone_gtr",
        "re_resection_alone_str",
        "re_resection_plus_re_srs",
        "re_srs",
    }
    assert arms["re_resection_alone_gtr"].subset_of == "re_resection_alone"
    assert arms["re_resection_plus_re_srs"].adjuvant_rt == "srs"
    assert arms["re_resection_alone"].extent == "mixed"
    assert arms["re_srs"].extent is None


def test_a_small_group_is_in_no_arm_and_its_size_is_nowhere(centre):
    assert centre.withheld == (("re_wbrt", "local_control"), ("re_wbrt", "os"))
    assert "re_wbrt" not in {arm.treatment for arm in centre.record.arms}


def test_one_small_extent_hides_all_extents_of_the_treatment(centre):
    """Whole and gross total would tell how few had a subtotal re-resection."""
    assert ("re_resection_plus_re_srs", "os") in centre.extents_withheld
    assert outcome(centre, "re_resection_plus_re_srs", "os").n_analysed.value == 8


@pytest.mark.parametrize(("n", "shown"), [(4, False), (5, True)])
def test_five_patients_are_the_fewest_that_are_shown(tmp_path, n, shown):
    checked = check(write_centre(tmp_path, rows([("re_srs", "none", "none", n)])))
    made = centre_of(checked.patients, checked.declaration)
    assert bool(made.record.arms) is shown
    assert bool(made.withheld) is not shown


def test_the_patients_are_used_as_they_are(centre):
    """Every set of an arm holds the file's own times: nothing is drawn or reconstructed."""
    found = candidates([centre.record], "os")
    arm = arm_evidence(next(one for one in found if one.arm.id == "re_srs"), n_imputations=3)
    typed = sorted(
        (float(line.split(",")[5]), float(line.split(",")[6]))
        for line in rows()
        if ",re_srs,none,none,os," in line
    )
    assert arm.level == "patient"
    assert len(arm.imputations) == 3
    for one in arm.imputations:
        assert [tuple(patient) for patient in one] == typed
    curve = kaplan_meier([t for t, _ in typed], [e for _, e in typed])
    assert arm.median.value == median_survival(curve)
    assert arm.study_label == CENTRE_LABEL


def test_the_level_is_that_of_patients(centre):
    assert {level_of(one.outcome) for one in candidates([centre.record], "os")} == {"patient"}


def test_the_arms_stand_on_their_sides_and_never_beside_their_parts(result):
    sides = {side.id: side for side in result.leading.sides}
    for side, arm in (("gtr", "re_resection_alone_gtr"), ("str", "re_resection_alone_str")):
        own = [one.arm_id for one in sides[side].arms if one.study_id == CENTRE_ID]
        assert own == [arm]


def test_the_ratio_within_the_centre_is_that_of_its_patients(result):
    found = [
        effect
        for within in result.leading.within
        for effect in within.effects
        if effect.study_id == CENTRE_ID
    ]
    patients = [
        (float(c[5]), float(c[6]), float(c[2] == "gtr"))
        for c in (line.split(",") for line in rows())
        if c[1] == "re_resection" and c[3] == "none" and c[4] == "os"
    ]
    time, event, gross = zip(*sorted(patients), strict=True)
    fit = cox_two_arm(time, event, gross)
    assert len(found) == 1
    assert found[0].log_ratio == pytest.approx(fit.log_hazard_ratio, abs=1e-9)
    assert found[0].standard_error == pytest.approx(fit.standard_error, rel=1e-9)


def test_a_centre_is_no_study_that_reports_no_harms(result):
    without = compare_harms("gross-vs-subtotal")
    assert [[side.n_studies for side in harm.sides] for harm in result.harms] == without


def compare_harms(comparison):
    found = harms_of(load_declaration(comparison), load_records(), load_overlaps())
    return [[side.n_studies for side in harm.sides] for harm in found]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("local", "mixed", "site of the recurrence mixed or not stated"),
        ("pathology: unknown", "pathology: mixed", "tumour and necrosis not separated"),
        ("start_of_salvage", "unknown", "time zero not known"),
    ],
)
def test_the_rules_of_a_role_hold_for_a_centre_too(tmp_path, old, new, reason):
    checked = check(write_centre(tmp_path, declaration=DECLARATION.replace(old, new, 1)))
    made = centre_of(checked.patients, checked.declaration)
    found = outcome(made, "re_srs", "os")
    assert (found.role, found.role_reason) == ("sensitivity", reason)


# --- where it is read, and where it is not ---------------------------------------------------


@pytest.fixture
def evidence(tmp_path):
    """A copy of the evidence with a synthetic centre beside it."""
    data = tmp_path / "data"
    shutil.copytree(DATA, data, ignore=shutil.ignore_patterns("institutional"))
    write_centre(data / "institutional")
    return data


def test_a_study_with_the_centres_patients_is_left_out(evidence):
    declared = DECLARATION.replace("[]", "[bhatia-2024]")
    write_centre(evidence / "institutional", declaration=declared)
    ids = [record.id for record in records_with_centre(evidence)]
    assert CENTRE_ID in ids
    assert "bhatia-2024" not in ids
    assert len(ids) == len(load_records(evidence))


def test_a_broken_file_is_not_used(evidence):
    write_centre(evidence / "institutional", ["P001,re_srs,none,none,os,-1.0,1"])
    with pytest.raises(InvalidRecordsError, match="must not be negative"):
        load_centre(evidence)


@pytest.mark.parametrize("n", [0, 2])
def test_there_is_exactly_one_file(evidence, n):
    folder = evidence / "institutional"
    (folder / "patients.csv").unlink()
    for number in range(n):
        (folder / f"{number}.csv").write_text("x")
    with pytest.raises(InvalidRecordsError, match=f"must hold one CSV file.*was {n} files"):
        load_centre(evidence)


def test_no_study_file_can_hold_patients(tmp_path):
    """The field of a centre's patients is none of a record's."""
    record = copy.deepcopy(GOOD)
    record["arms"][0]["outcomes"][0]["patients"] = [[1.0, 1]]
    write(tmp_path, record)
    with pytest.raises(InvalidRecordsError, match="unknown key patients"):
        load_records(tmp_path / "data")


_MEASURE = """
import json
from analysis_lib.book.build import _site_key
from analysis_lib.book.chapters import chapter_key
from analysis_lib.comparison import compare
from analysis_lib.comparison.declarations import load_declaration
from analysis_lib.editions import headline_numbers
from analysis_lib.study_records import load_records, validate_data
comparison = "gross-vs-subtotal"
print(json.dumps([
    headline_numbers(compare(comparison)),
    chapter_key(load_declaration(comparison), load_records()),
    _site_key(),
    [str(problem) for problem in validate_data()],
]))
"""


def test_nothing_of_the_review_depends_on_a_centres_file(tmp_path):
    """Numbers, keys and validation are the same without a centre's file and with one."""
    review = tmp_path / "review"
    leave = shutil.ignore_patterns("institutional", "__pycache__", "_build")
    for name in ("analysis_lib", "chapters", "data", "book"):
        shutil.copytree(ROOT / name, review / name, ignore=leave)
    for name in ("benchmarks/results", "benchmarks/data"):
        shutil.copytree(ROOT / name, review / name)
    for name in ("_config.yml", "CHANGELOG.md", "CITATION.cff", "requirements.txt"):
        shutil.copyfile(ROOT / name, review / name)
    without = _measured(review)
    write_centre(review / "data" / "institutional")
    assert _measured(review) == without
    golden = json.loads((ROOT / "tests" / "golden" / "gross-vs-subtotal.json").read_text("utf-8"))
    assert without[0] == golden


def _measured(review):
    environment = os.environ | {"PYTHONPATH": str(review)}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE],
        cwd=review, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_git_ignores_a_centres_folder():
    lines = (ROOT / ".gitignore").read_text().splitlines()
    assert "data/institutional/" in lines


def test_only_the_centres_own_modules_call_for_its_patients():
    """``records_with_centre`` is named where it is made, offered, and in the centre's build."""
    users = {
        path.name
        for path in (ROOT / "analysis_lib").rglob("*.py")
        if "records_with_centre" in path.read_text("utf-8")
        or "load_centre" in path.read_text("utf-8")
    }
    assert users == {"centre_record.py", "centre_build.py", "__init__.py", "workbench.py"}


def test_the_groups_of_the_synthetic_centre_cover_both_kinds_of_small_group():
    sizes = [n for *_, n in GROUPS]
    assert min(sizes) < 5 <= max(sizes)
