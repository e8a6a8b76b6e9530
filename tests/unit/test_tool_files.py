"""Files of digitising tools: read, refused, and written; every file here is synthetic."""

import io
import json
import tarfile

import numpy as np
import pandas as pd
import pytest

from analysis_lib.digitise import Calibration, DigitisedCurve, DigitisedFigure, PlotArea, Tick
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.readings import read_tool_file, reading_csv, webplotdigitizer_project

TIMES, SURVIVAL = [0.0, 6.0, 12.0], [1.0, 0.75, 0.5]
OTHER = [(0.0, 1.0), (3.0, 0.9)]
FIRST = list(zip(TIMES, SURVIVAL, strict=True))


def written(tmp_path, text, name="reading"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def values(curve):
    return curve.points[["time_months", "survival"]].to_numpy().tolist()


def data_set(name, points, axes="figure"):
    data = [{"x": 1, "y": 2, "value": list(point)} for point in points]
    return {"name": name, "axesName": axes, "metadataKeys": [], "data": data}


def project(*sets, version=(4, 2), kind="XYAxes"):
    axes = {"name": "figure", "type": kind, "calibrationPoints": []}
    return {"version": list(version), "axesColl": [axes], "datasetColl": list(sets)}


def old_project(*sets):
    return {"wpd": {"version": [3, 8], "axesType": "XYAxes", "dataSeries": list(sets)}}


def archive(text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in (("wpd_project/info.json", b"{}"), ("wpd_project/wpd.json", text)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def screen(time, survival):
    """A figure turned by a few degrees: what axis points are for."""
    return 100 + 20 * time + 7 * survival, 500 - 400 * survival + 0.3 * time


def dig_point(time, survival, *, graph=True, attributes=""):
    x, y = screen(time, survival)
    there = f'<PositionGraph X="{time}" Y="{survival}"/>' if graph else ""
    return f'<Point {attributes}><PositionScreen X="{x}" Y="{y}"/>{there}</Point>'


def dig(axes, scale="Linear", curves=(("arm a", FIRST), ("arm b", OTHER), ("empty", []))):
    drawn = "".join(
        f'<Curve CurveName="{name}"><CurvePoints>'
        + "".join(dig_point(*point, graph=False) for point in points)
        + "</CurvePoints></Curve>"
        for name, points in curves
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE engauge>\n'
        '<Document VersionNumber="12.1"><Image><![CDATA[AAAA]]></Image><CoordSystem>'
        f'<Coords TypeString="Cartesian" ScaleXThetaString="{scale}"/>'
        f'<Curve CurveName="Axes"><CurvePoints>{"".join(axes)}</CurvePoints></Curve>'
        f"<CurvesGraphs>{drawn}</CurvesGraphs></CoordSystem></Document>"
    )


THREE = [dig_point(0, 0), dig_point(60, 0), dig_point(0, 1)]
FOUR = [
    dig_point(6, 0.02, attributes='IsXOnly="True"').replace('Y="0.02"/></P', 'Y="-9"/></P'),
    dig_point(60, 0.02, attributes='IsXOnly="True"').replace('Y="0.02"/></P', 'Y="-9"/></P'),
    dig_point(1, 0, attributes='IsXOnly="False"').replace('X="1" Y="0"', 'X="-9" Y="0"'),
    dig_point(1, 1, attributes='IsXOnly="False"').replace('X="1" Y="1"', 'X="-9" Y="1"'),
]

TWO_CURVES = {
    "WebPlotDigitizer 4.2": json.dumps(project(data_set("arm a", FIRST), data_set("arm b", OTHER))),
    "WebPlotDigitizer 3.8": json.dumps(
        old_project(data_set("arm a", FIRST), data_set("arm b", OTHER), data_set("none", []))
    ),
    "WebPlotDigitizer 4.0": archive(
        json.dumps(
            project(data_set("arm a", FIRST), data_set("arm b", OTHER), version=(4, 0))
        ).encode()
    ),
    "Engauge Digitizer 12.1": dig(THREE),
}

TABLES = {
    "pairs under names": "arm a,,arm b,\nX,Y,X,Y\n0,1,0,1\n6,0.75,3,0.9\n12,0.5,,\n",
    "pairs under repeated headers": "x,y,x,y\n0,1,0,1\n6,0.75,3,0.9\n12,0.5\n",
    "one column of times": "x,arm a,arm b\n0,1,1\n3,,0.9\n6,0.75,\n12,0.5,\n",
    "one column of times, semicolon": "x;arm a;arm b\n0;1;1\n3;;0,9\n6;0,75;\n12;0,5;\n",
    "one below the other": "x,arm a\n0,1\n6,0.75\n12,0.5\n\nx,arm b\n0,1\n3,0.9\n",
    "for gnuplot": "#x\tarm a\n0\t1\n6\t0.75\n12\t0.5\n\n\n#x\tarm b\n0\t1\n3\t0.9\n",
    "under words about the file": "# File: fig 2.png\n# Data set: 1\nA title\nx,arm a,arm b\n"
    "0,1,1\n3,,0.9\n6,0.75,\n12,0.5,\n",
    "names in a column": "time,survival,arm\n0,1,arm a\n6,0.75,arm a\n12,0.5,arm a\n"
    "0,1,arm b\n3,0.9,arm b\n",
}


@pytest.mark.parametrize("tool", TWO_CURVES, ids=TWO_CURVES.keys())
def test_projects_hold_their_curves(tmp_path, tool):
    found = read_tool_file(written(tmp_path, TWO_CURVES[tool]))
    assert found.tool == tool
    assert [curve.name for curve in found.curves] == ["arm a", "arm b"]
    assert values(found.curves[0]) == pytest.approx(np.array(FIRST), abs=1e-9)
    assert values(found.curves[1]) == pytest.approx(np.array(OTHER), abs=1e-9)


@pytest.mark.parametrize("layout", TABLES, ids=TABLES.keys())
def test_tables_of_several_curves(tmp_path, layout):
    found = read_tool_file(written(tmp_path, TABLES[layout]))
    assert [values(curve) for curve in found.curves] == [
        [list(point) for point in FIRST],
        [list(point) for point in OTHER],
    ]
    if "repeated" not in layout:
        assert [curve.name for curve in found.curves] == ["arm a", "arm b"]


def test_axis_points_known_in_one_direction_only(tmp_path):
    found = read_tool_file(written(tmp_path, dig(FOUR)))
    assert values(found.curves[0]) == pytest.approx(np.array(FIRST), abs=1e-9)


def test_units_are_declared_and_points_sorted(tmp_path):
    sets = data_set("arm a", [(730.5, 50), (0, 100), (365.25, 80), (365.25, 90)])
    path = written(tmp_path, json.dumps(project(sets)))
    (curve,) = read_tool_file(path, percent=True, time_unit="days").curves
    assert curve.points["time_months"].tolist() == pytest.approx([0, 12, 12, 24])
    assert curve.points["survival"].tolist() == pytest.approx([1, 0.9, 0.8, 0.5])
    with pytest.raises(InvalidInputError, match="--percent"):
        read_tool_file(path)
    with pytest.raises(InvalidInputError, match="time unit must be one of"):
        read_tool_file(path, time_unit="moons")


def test_a_click_beyond_an_axis_is_at_the_axis(tmp_path):
    (curve,) = read_tool_file(written(tmp_path, "-0.02,1.004\n6,0.5\n12,-0.003\n")).curves
    assert values(curve) == [[0.0, 1.0], [6.0, 0.5], [12.0, 0.0]]


ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Document>&b;</Document>'
BAD = {
    "not json": ('{"version": [4,', r"reading:1: is not valid JSON"),
    "json of something else": ('{"a": 1}', "version must be that of a WebPlotDigitizer project"),
    "wpd is no group": ('{"wpd": 3}', "must be a group of keys"),
    "a future version": (json.dumps(project(version=(9, 0))), "was '\\[9, 0\\]'"),
    "no data sets": (json.dumps(project()), "holds no curve with a point"),
    "bar axes": (json.dumps(project(data_set("a", FIRST), kind="BarAxes")), "axes of type XYAxes"),
    "a value that is text": (
        json.dumps(project(data_set("a", [("0", "1")]))),
        r"datasetColl\[0\]\.data\[0\]\.value: must be two numbers.*was",
    ),
    "a value that is not finite": (
        json.dumps(project(data_set("a", [(0, 1)]))).replace("[0, 1]", "[0, 1e999]"),
        "must be two numbers",
    ),
    "data that are no list": (
        json.dumps(project(data_set("a", FIRST) | {"data": "x"})),
        r"datasetColl\[0\]\.data: must be a list",
    ),
    "deep nesting": ("{" + '"a":[' * 100_000, "nested too deeply|not valid JSON"),
    "archive without a project": (archive(b"").replace(b"wpd.json", b"xyz.json"), "no project"),
    "damaged archive": (archive(b"{}")[:700], "damaged archive|without wpd.json"),
    "xml of something else": ("<svg/>", "must be an Engauge document, was <svg>"),
    "broken xml": ("<Document>", "not valid XML"),
    "entities": (ENTITY, "must not declare entities"),
    "two axis points": (dig(THREE[:2]), "needs three axis points.*was 2"),
    "axis points in a line": (
        dig([dig_point(0, 0), dig_point(10, 0), dig_point(20, 0)]),
        "do not stand in a line",
    ),
    "a log axis": (dig(THREE, scale="Log"), "ScaleXThetaString: must be Linear, was 'Log'"),
    "no axes": (dig([]), "needs three axis points"),
    "binary": (b"\x00\x00\x12Engauge" + b"\0" * 900, "version 6"),
    "three columns, no header": ("0,1,1\n6,0.7,0.6\n", r"reading:1: .*header must name"),
    "a word among numbers": ("x,a,b\n0,1,1\n6,many,0.5\n", r"reading:3: must hold numbers, was"),
    "one column": ("0\n1\n", "must hold 2 numbers"),
    "empty": ("", "is empty"),
    "headers only": ("x,y\n", "holds no numbers"),
    "huge": (b"0,1\n" * 6_000_000, "must be at most"),
}


@pytest.mark.parametrize("case", BAD, ids=BAD.keys())
def test_bad_files_are_named(tmp_path, case):
    text, rule = BAD[case]
    with pytest.raises(InvalidInputError, match=rule):
        read_tool_file(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_tool_file(tmp_path / "nothing.json")


@pytest.fixture
def figure():
    points = pd.DataFrame({"time_months": [0.0, 6, 6, 12], "survival": [1.0, 1, 0.75, 0.75]})
    other = pd.DataFrame({"time_months": [0.0, 3, 3], "survival": [1.0, 1, 0.9]})
    calibration = Calibration(
        PlotArea(50, 20, 450, 320),
        tuple(Tick(50 + 5 * month, month) for month in (0.0, 30.0, 60.0)),
        tuple(Tick(320 - 300 * level, level) for level in (0.0, 0.5, 1.0)),
        rotation_degrees=1.0,
        centre=(250.0, 170.0),
    )
    curves = (
        DigitisedCurve(points, (8.0,), "#d55e00", "solid", 1.0),
        DigitisedCurve(other, (), "#0072b2", "dashed", 1.0),
    )
    return DigitisedFigure(curves, calibration)


def test_a_reading_goes_out_as_a_project_and_comes_back(tmp_path, figure):
    text = webplotdigitizer_project(figure)
    found = read_tool_file(written(tmp_path, text))
    assert found.tool == "WebPlotDigitizer 4.2"
    assert [curve.name for curve in found.curves] == ["curve 1", "curve 1 censored", "curve 2"]
    assert values(found.curves[0]) == figure.curves[0].points.to_numpy().tolist()
    assert values(found.curves[1]) == [[8.0, 0.75]]
    assert values(found.curves[2]) == figure.curves[1].points.to_numpy().tolist()


def test_the_tool_finds_the_same_values_by_its_own_calibration(figure):
    """WebPlotDigitizer forgets the values when it opens a project and computes them again.

    It goes from the first two points to time and from the last two to survival, along the
    directions of the two axes.
    """
    opened = json.loads(webplotdigitizer_project(figure))
    (axes,) = opened["axesColl"]
    x1, x2, y1, y2 = axes["calibrationPoints"]
    place = {id(p): np.array([p["px"], p["py"]]) for p in (x1, x2, y1, y2)}
    right, up = place[id(x2)] - place[id(x1)], place[id(y2)] - place[id(y1)]
    turn = np.linalg.inv(np.column_stack([right, up]))
    for data in opened["datasetColl"]:
        assert data["axesName"] == axes["name"]
        for row in data["data"]:
            along = turn @ (np.array([row["x"], row["y"]]) - place[id(x1)])
            time = float(x1["dx"]) + along[0] * (float(x2["dx"]) - float(x1["dx"]))
            level = float(y1["dy"]) + along[1] * (float(y2["dy"]) - float(y1["dy"]))
            assert [time, level] == pytest.approx(row["value"], abs=1e-6)
    assert opened["datasetColl"][0]["colorRGB"] == [0xD5, 0x5E, 0x00, 255]
    assert axes["noRotation"] is False


def test_a_reading_goes_out_as_columns_and_comes_back(tmp_path, figure):
    found = read_tool_file(written(tmp_path, reading_csv(figure)))
    assert [curve.name for curve in found.curves] == ["curve 1", "curve 2"]
    assert values(found.curves[0]) == figure.curves[0].points.to_numpy().tolist()
    assert values(found.curves[1]) == figure.curves[1].points.to_numpy().tolist()
