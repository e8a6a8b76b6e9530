"""Two-stage pooling against R's metafor, on the limits, and on bad input."""

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.meta_analysis import (
    cumulative,
    egger_test,
    influence,
    leave_one_out,
    peters_test,
    pool,
)

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "meta_analysis.json").read_text())
SETS = REFERENCE["sets"]
SENSITIVITY = sorted(name for name, values in SETS.items() if "sensitivity" in values)
METHODS = {"REML": "REML", "DL": "DL", "PM": "PM", "common": "EE"}


def near(value):
    return pytest.approx(value, rel=1e-7, abs=1e-9)


def data(name):
    return np.array(SETS[name]["yi"]), np.sqrt(SETS[name]["vi"])


def test_the_grid_of_reference_is_complete():
    assert len(SETS) >= 30
    assert all({"EE", "REML", "DL", "PM"} <= set(values) for values in SETS.values())
    ks = {len(values["yi"]) for values in SETS.values()}
    assert {2, 3, 4} <= ks
    assert max(ks) >= 60
    tau2 = [values["REML"]["tau2"] for values in SETS.values()]
    assert sum(t == 0 for t in tau2) >= 5
    assert len(SENSITIVITY) >= 8
    assert sum("egger" in values for values in SETS.values()) >= 25
    assert REFERENCE["metafor"].startswith("3.8")


@pytest.mark.parametrize("tau2_method", METHODS)
@pytest.mark.parametrize("name", SETS)
def test_estimate_and_heterogeneity_agree_with_metafor(name, tau2_method):
    expected = SETS[name][METHODS[tau2_method]]
    found = pool(*data(name), tau2_method=tau2_method, interval="wald")
    for ours, theirs in (("estimate", "estimate"), ("standard_error", "se"), ("q", "q")):
        assert getattr(found, ours) == near(expected[theirs]), ours
    assert (found.low, found.high) == near((expected["low"], expected["high"]))
    assert found.q_p == near(expected["q_p"])
    assert found.i2 == near(expected["i2"])
    if tau2_method == "common":
        assert found.tau2 == 0
        assert found.prediction_low is None
        return
    assert found.tau2 == near(expected["tau2"])
    assert [found.tau2_low, found.tau2_high] == near(expected["tau2_ci"])
    assert [found.i2_low, found.i2_high] == near(expected["i2_ci"])
    if found.k >= 4:
        assert [found.prediction_low, found.prediction_high] == near(expected["pi"])
    else:
        assert found.prediction_low is None


@pytest.mark.parametrize("tau2_method", ["REML", "DL", "PM"])
@pytest.mark.parametrize("interval", ["knapp_hartung", "modified_knapp_hartung"])
@pytest.mark.parametrize("name", SETS)
def test_knapp_hartung_agrees_with_metafor(name, interval, tau2_method):
    expected = SETS[name][tau2_method][interval]
    found = pool(*data(name), tau2_method=tau2_method, interval=interval)
    assert found.standard_error == near(expected["se"])
    assert [found.low, found.high] == near([expected["low"], expected["high"]])
    assert found.degrees_of_freedom == found.k - 1
    assert found.interval_method == interval
    if found.k >= 4:
        assert [found.prediction_low, found.prediction_high] == near(expected["pi"])


@pytest.mark.parametrize("name", SENSITIVITY)
def test_leave_one_out_and_cumulative_agree_with_metafor(name):
    y, s = data(name)
    expected = SETS[name]["sensitivity"]
    without = leave_one_out(y, s, interval="wald")
    for ours, theirs in (
        ("estimate", "estimate"),
        ("standard_error", "se"),
        ("tau2", "tau2"),
        ("q", "q"),
        ("i2", "i2"),
    ):
        assert [getattr(one, ours) for one in without] == near(expected["leave_one_out"][theirs]), (
            ours
        )
    growing = cumulative(y, s, interval="wald")
    assert [one.estimate for one in growing] == near(expected["cumulative"]["estimate"])
    assert [one.standard_error for one in growing] == near(expected["cumulative"]["se"])
    assert [one.tau2 for one in growing[1:]] == near(expected["cumulative"]["tau2"][1:])
    assert growing[0].tau2 is None


@pytest.mark.parametrize("name", SENSITIVITY)
def test_influence_agrees_with_metafor(name):
    found = influence(*data(name))
    for field, values in SETS[name]["sensitivity"]["influence"].items():
        assert [getattr(one, field) for one in found] == near(values), field


@pytest.mark.parametrize("name", [n for n, values in SETS.items() if "egger" in values])
def test_egger_agrees_with_metafor(name):
    _assert_regression(egger_test(*data(name)), SETS[name]["egger"])


@pytest.mark.parametrize("name", REFERENCE["peters"])
def test_peters_agrees_with_metafor(name):
    expected = REFERENCE["peters"][name]
    _assert_regression(peters_test(expected["events"], expected["patients"]), expected)


def _assert_regression(found, expected):
    assert found.slope == near(expected["slope"])
    assert found.standard_error == near(expected["se"])
    assert found.t == near(expected["t"])
    assert found.p == near(expected["p"])
    assert found.limit == near(expected["limit"])
    assert found.degrees_of_freedom == expected["df"]


def test_one_study_is_its_own_wald_interval():
    found = pool([0.3], [0.2])
    assert (found.estimate, found.standard_error) == (0.3, 0.2)
    assert found.high == pytest.approx(0.3 + 1.959963984540054 * 0.2)
    assert found.interval_method == "wald"
    assert found.weights == (1.0,)
    assert {found.tau2, found.tau2_low, found.i2, found.q_p, found.prediction_low} == {None}
    assert "One study" in found.note


def test_two_studies_are_pooled_with_a_note():
    found = pool([0.0, 1.0], [0.2, 0.2])
    assert found.degrees_of_freedom == 1
    assert found.tau2 == pytest.approx(0.5 - 0.04)
    assert found.prediction_low is None
    assert "Two studies" in found.note


def test_three_studies_have_no_prediction_interval_and_four_have():
    assert pool([0, 1, 2], [1, 1, 1]).prediction_low is None
    assert "four studies" in pool([0, 1, 2], [1, 1, 1]).note
    found = pool([0, 1, 2, 3], [1, 1, 1, 1])
    assert found.prediction_low < found.low
    assert found.note is None


def test_equal_estimates_leave_unmodified_knapp_hartung_without_width():
    plain = pool([0.5] * 4, [0.1, 0.2, 0.3, 0.4], interval="knapp_hartung")
    assert plain.low == plain.high == pytest.approx(0.5)
    assert "no width" in plain.note
    modified = pool([0.5] * 4, [0.1, 0.2, 0.3, 0.4])
    assert modified.high - modified.low > 0.5
    assert modified.tau2 == 0
    assert (modified.tau2_low, modified.tau2_high, modified.i2_high) == (0, 0, 0)
    assert "more than chance" in modified.note


def test_a_common_effect_has_the_wald_interval_and_says_so():
    found = pool([0, 1, 2, 3], [1, 1, 1, 1], tau2_method="common")
    assert found.interval_method == "wald"
    assert found.degrees_of_freedom is None
    assert "Wald" in found.note
    assert pool([0, 1], [1, 1], tau2_method="common", interval="wald").note.startswith("Two")


@pytest.mark.parametrize(
    ("y", "v", "lower_maximum"),
    [
        (
            [0.28, 0.85, 9.39, 0.44, 0.94, -5.58],
            [0.1266, 0.0039, 7.2422, 0.0404, 0.0152, 2.4434],
            0.0936,
        ),
        (
            [9.83, 0.57, 7.65, 0.4, 0.45, 0.53],
            [6.0198, 1.7774, 8.2799, 0.0062, 0.081, 0.0349],
            10.98,
        ),
    ],
)
def test_reml_takes_the_higher_of_two_maxima(y, v, lower_maximum):
    """Precise studies that agree among wide ones that do not; the second set's higher is at 0."""
    y, v = np.array(y), np.array(v)
    grid = np.append(0, np.geomspace(1e-6, 100, 50_000))
    w = 1 / (v + grid[:, None])
    mean = (w * y).sum(1) / w.sum(1)
    likelihood = np.log(w).sum(1) - np.log(w.sum(1)) - (w * (y - mean[:, None]) ** 2).sum(1)
    padded = np.concatenate([[-np.inf], likelihood, [-np.inf]])
    maxima = grid[(likelihood > padded[:-2]) & (likelihood > padded[2:])]
    assert maxima.size == 2
    assert np.min(np.abs(maxima - lower_maximum)) < 0.05 * lower_maximum
    found = pool(y, np.sqrt(v)).tau2
    assert found == pytest.approx(grid[likelihood.argmax()], rel=1e-3)


def test_the_level_is_respected():
    narrow, wide = pool([0, 1, 2, 4], [1, 1, 1, 1], level=0.8), pool([0, 1, 2, 4], [1, 1, 1, 1])
    assert narrow.low > wide.low
    assert narrow.tau2_high < wide.tau2_high
    assert narrow.prediction_high < wide.prediction_high


@pytest.mark.parametrize(
    ("estimates", "errors", "said"),
    [
        ([], [], "not empty"),
        ([1.0, 2.0], [1.0], "equally long"),
        ([[1.0]], [[1.0]], "one-dimensional"),
        ([0.1, math.inf], [1.0, 1.0], "study 1"),
        ([0.1, math.nan], [1.0, 1.0], "study 1"),
        ([0.1, 0.2], [1.0, 0.0], "above 0"),
        ([0.1, 0.2], [1.0, math.inf], "finite"),
        ([0.1, 0.2], [math.nan, 1.0], "study 0"),
        ([0.1, 0.2], [-1.0, 1.0], "above 0"),
    ],
)
def test_bad_estimates_are_refused(estimates, errors, said):
    with pytest.raises(InvalidInputError, match=said):
        pool(estimates, errors)


@pytest.mark.parametrize(
    "options",
    [{"tau2_method": "ML"}, {"interval": "hartung"}, {"level": 0}, {"level": 1}, {"level": 95}],
)
def test_bad_options_are_refused(options):
    with pytest.raises(InvalidInputError):
        pool([0.1, 0.2], [1, 1], **options)


def test_too_few_studies_for_deletion_are_refused():
    with pytest.raises(NotIdentifiedError):
        leave_one_out([0.1], [1.0])
    with pytest.raises(NotIdentifiedError):
        influence([0.1, 0.2], [1.0, 1.0])
    assert [one.k for one in leave_one_out([0.1, 0.2], [1.0, 1.0])] == [1, 1]


def test_an_outlier_is_marked():
    found = influence([0.0, 0.1, -0.1, 0.05, -0.05, 2.0], [0.1] * 6, tau2_method="DL")
    assert [one.influential for one in found] == [False] * 5 + [True]


def test_small_study_tests_need_ten_studies_of_different_size():
    with pytest.raises(InvalidInputError, match="at least 10 studies, there are 9"):
        egger_test(np.arange(9.0), np.arange(1.0, 10))
    with pytest.raises(InvalidInputError, match="at least 10"):
        peters_test([1] * 9, range(2, 11))
    with pytest.raises(NotIdentifiedError, match="same in all"):
        egger_test(np.arange(10.0), np.ones(10))
    with pytest.raises(NotIdentifiedError, match="same in all"):
        peters_test(range(10), [20] * 10)
    with pytest.raises(NotIdentifiedError, match="on a line"):
        egger_test(np.arange(1.0, 11), np.arange(1.0, 11))


def test_studies_without_or_with_only_events_enter_peters_test():
    found = peters_test([0, 20, *range(2, 12)], [15, 20, *range(12, 22)])
    assert found.k == 12
    assert all(math.isfinite(v) for v in asdict(found).values() if isinstance(v, float))


@pytest.mark.parametrize(
    ("events", "patients"), [([1, 2], [3]), ([-1], [3]), ([4], [3]), ([0], [0])]
)
def test_bad_counts_are_refused(events, patients):
    with pytest.raises(InvalidInputError):
        peters_test(events, patients)


def test_the_leading_interval_holds_the_truth_in_every_simulated_cell():
    """Stored by ``benchmarks/two_stage.py``; read from the cells, not from its summary."""
    path = Path(__file__).parents[2] / "benchmarks" / "results" / "two_stage.json"
    stored = json.loads(path.read_text())
    cells = stored["cells"]
    assert {(c["studies"], c["tau2"], c["hazard_ratio"]) for c in cells} == {
        (k, tau2, ratio) for k in (3, 5, 8) for tau2 in (0, 0.1, 0.3) for ratio in (1, 0.65)
    }
    assert stored["replicates"] >= 2000
    leading = [c["intervals"]["modified_knapp_hartung"] for c in cells]
    assert min(one["coverage"] for one in leading) >= 0.935
    assert max(one["type_one_error"] or 0 for one in leading) <= 0.06
    assert all(c["studies_left_out"] < 0.02 for c in cells)
