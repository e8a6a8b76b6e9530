"""What digitising tools export, in the dress of many tools; synthetic files."""

import pytest

from analysis_lib.exceptions import InvalidInputError
from analysis_lib.readings import read_at_risk_file, read_curve_file, read_ticks_file

TIMES, SURVIVAL = [0.0, 6.0, 12.0], [1.0, 0.75, 0.5]
DRESSES = {
    "comma with header": "time,survival\n0,1\n6,0.75\n12,0.5\n",
    "comma without header": "0,1\n6,0.75\n12,0.5\n",
    "semicolon, decimal comma": "Zeit;S\n0,0;1,0\n6,0;0,75\n12,0;0,5\n",
    "tab": "x\ty\n0\t1\n6\t0.75\n12\t0.5\n",
    "tab, decimal comma": "0\t1\n6\t0,75\n12\t0,5\n",
    "white space": "0 1\n6   0.75\n12 0.5\n",
    "byte order mark and blank lines": "\ufeff0,1\n\n6,0.75\n12,0.5\n\n",
    "carriage returns": "0,1\r\n6,0.75\r\n12,0.5\r\n",
    "exponents": "0,1e0\n6.0e0,7.5e-1\n1.2e1,5e-1\n",
    "quoted header": '"Time (months)","S"\n0,1\n6,0.75\n12,0.5\n',
    "a third column": "time,survival,curve\n0,1,a\n6,0.75,a\n12,0.5,a\n",
}


def written(tmp_path, text, name="curve.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("dress", DRESSES, ids=DRESSES.keys())
def test_every_dress_is_the_same_curve(tmp_path, dress):
    curve = read_curve_file(written(tmp_path, DRESSES[dress]))
    assert curve["time_months"].tolist() == TIMES
    assert curve["survival"].tolist() == pytest.approx(SURVIVAL)


def test_percent_and_units_are_declared(tmp_path):
    path = written(tmp_path, "0,100\n365.25,75\n730.5,50\n")
    curve = read_curve_file(path, percent=True, time_unit="days")
    assert curve["time_months"].tolist() == pytest.approx([0, 12, 24])
    assert curve["survival"].tolist() == pytest.approx([1, 0.75, 0.5])
    with pytest.raises(InvalidInputError, match="--percent"):
        read_curve_file(path)
    weeks = read_curve_file(written(tmp_path, "0,1\n52.178571,0.5\n"), time_unit="weeks")
    assert weeks["time_months"].iloc[1] == pytest.approx(12, abs=1e-5)
    years = read_curve_file(written(tmp_path, "0,1\n2,0.5\n"), time_unit="years")
    assert years["time_months"].iloc[1] == 24


def test_tables_and_ticks(tmp_path):
    table = read_at_risk_file(written(tmp_path, "time;n\n0;30\n6;21\n"))
    assert table["number_at_risk"].tolist() == [30, 21]
    assert read_ticks_file(written(tmp_path, "3.5\n7\n")) == [3.5, 7]
    with pytest.raises(InvalidInputError, match="must be whole"):
        read_at_risk_file(written(tmp_path, "0,30.5\n"))


BAD = {
    "empty": ("", "is empty"),
    "header only": ("time,survival\n", "no numbers"),
    "a word": ("0,1\nsix,0.7\n", r"curve\.csv:2: must hold 2 numbers, was 'six,0.7'"),
    "one column": ("0\n1\n", "must hold 2 numbers"),
    "nan": ("0,1\n6,nan\n", r"curve\.csv:2"),
    "infinite": ("0,1\ninf,0.5\n", r"curve\.csv:2"),
    "binary": (b"\xff\xfe\x00", "must be UTF-8"),
    "huge": ("0,1\n" * 1_300_000, "must be at most"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD.keys())
def test_bad_files_are_named(tmp_path, case):
    text, rule = BAD[case]
    with pytest.raises(InvalidInputError, match=rule):
        read_curve_file(written(tmp_path, text))


def test_missing_file_and_unknown_unit(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_curve_file(tmp_path / "nothing.csv")
    with pytest.raises(InvalidInputError, match="time unit must be one of"):
        read_curve_file(written(tmp_path, "0,1\n1,0.5\n"), time_unit="fortnights")
