"""A record with a digitised curve is used at its level, before its summary; synthetic record."""

import pytest
from synthetic import CURVE, TABLE, record_with_curve

from analysis_lib.cli import FOUND, USAGE, main
from analysis_lib.cli import GOOD as FINE
from analysis_lib.comparison.arms import arm_evidence, reconstruct_outcome
from analysis_lib.comparison.selection import candidates


@pytest.mark.parametrize(("with_table", "level"), [(True, "curve_at_risk"), (False, "curve_n")])
def test_a_curve_is_used_at_its_level(tmp_path, with_table, level):
    record = record_with_curve(tmp_path, with_table=with_table)
    (candidate,) = candidates([record], "os")
    arm = arm_evidence(candidate, n_imputations=3)
    assert arm.level == level
    assert len(arm.ipd) == 10
    assert len(arm.imputations) == 3
    assert arm.at(12).value == pytest.approx(0.6, abs=0.02)
    assert arm.at(12).interval_kind == "computed"
    assert arm.median.value == pytest.approx(18, abs=0.5)
    assert arm.known_until_months == pytest.approx(25, abs=0.5)


def test_a_curve_goes_before_the_summary(tmp_path):
    """Printed figures that contradict the curve are named, and the curve is used."""
    record = record_with_curve(tmp_path, with_table=True)
    found = record.arms[0].outcomes[0]
    from dataclasses import replace

    from analysis_lib.study_records.model import Landmark

    told = replace(found, landmarks=(Landmark(12.0, 0.2),))
    made = reconstruct_outcome(record, told)
    unmet = made.constraints[~made.constraints["met"]]
    assert len(unmet) == 1
    (candidate,) = candidates([record], "os")
    arm = arm_evidence(replace(candidate, outcome=told), n_imputations=0)
    assert arm.level == "curve_at_risk"
    assert any("0.2" in finding for finding in arm.findings)


def test_the_command_line(tmp_path, capsys):
    curve, table, out = tmp_path / "os.csv", tmp_path / "risk.csv", tmp_path / "ipd.csv"
    curve.write_text(CURVE)
    table.write_text(TABLE)
    assert (
        main(["reconstruct", str(curve), "--n", "10", "--at-risk", str(table), "--out", str(out)])
        == FINE
    )
    printed = capsys.readouterr().out
    assert "level: curve_at_risk" in printed
    assert "every fact is met" in printed
    rows = out.read_text().splitlines()
    assert rows[0] == "time_months,event"
    assert len(rows) == 11
    assert main(["reconstruct", str(curve), "--n", "10", "--landmark", "12=0.1"]) == FOUND
    assert "NO" in capsys.readouterr().out
    for wrong in (["--n", "0"], ["--n", "10", "--landmark", "x"], ["--n", "10", "--events", "11"]):
        assert main(["reconstruct", str(curve), *wrong]) == USAGE
        assert "lsr: " in capsys.readouterr().err


def test_imputations_are_written_with_their_number(tmp_path):
    curve, out = tmp_path / "os.csv", tmp_path / "ipd.csv"
    curve.write_text(CURVE)
    arguments = ["reconstruct", str(curve), "--n", "10", "--imputations", "2", "--out", str(out)]
    assert main(arguments) == FINE
    rows = out.read_text().splitlines()
    assert rows[0] == "time_months,event,imputation"
    assert len(rows) == 31
