"""Summary survival curves against R: metaSurvival, an independent version, and metafor."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.meta_analysis import (
    pool,
    summary_curve,
    summary_of_medians,
    survival_table,
)
from analysis_lib.survival import Z_95

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "summary_curve.json").read_text(encoding="utf-8")
)
NAMES = sorted(REFERENCE["sets"])


def as_table(stored):
    frame = pd.DataFrame(stored)
    names = {"study": "study_id", "time": "time_months", "n": "number_at_risk"}
    return frame.rename(columns=names)


def table(*studies):
    """Rows (study, months, survival, number at risk)."""
    columns = ["study_id", "time_months", "survival", "number_at_risk"]
    return pd.DataFrame(studies, columns=columns)


THREE = table(
    ("a", 6, 0.7, 40), ("a", 12, 0.4, 28),
    ("b", 6, 0.8, 30), ("b", 12, 0.6, 24),
    ("c", 6, 0.5, 22), ("c", 12, 0.2, 11),
)  # fmt: skip


def test_the_grid_of_references_is_complete():
    assert len(NAMES) == 6
    assert len(REFERENCE["singles"]) == 6
    assert (REFERENCE["metafor"], REFERENCE["metasurvival"]) == ("3.8.1", "0.1.0")


@pytest.mark.parametrize("name", NAMES)
def test_published_method_against_independent_r(name):
    """Curves, covariance, Q, area and errors; missing intervals left out in both."""
    case = REFERENCE["sets"][name]
    expected, rows = case["direct"], as_table(case["table"])
    found = summary_curve(rows, structure="unstructured", interval="wald", scale="log")
    np.testing.assert_allclose(found.curve["survival"], expected["random"]["survival"], atol=1e-12)
    np.testing.assert_allclose(found.common["survival"], expected["common"]["survival"], atol=1e-12)
    np.testing.assert_allclose(found.between_covariance, expected["between"], atol=1e-12)
    for frame, of in ((found.curve, "random"), (found.common, "common")):
        error = np.log(frame["survival"] / frame["low"]) / Z_95
        np.testing.assert_allclose(error, expected[of]["se_log"], rtol=1e-9)
    assert found.q == pytest.approx(expected["q"], rel=1e-10)
    assert found.q_df == expected["q_df"]
    area = found.restricted_mean(rows["time_months"].max())
    assert area.value == pytest.approx(expected["random"]["area"], rel=1e-10)
    assert area.standard_error == pytest.approx(expected["random"]["area_se"], rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_published_method_against_metasurvival(name):
    """metaSurvival: 1.96 in limits, which may exceed 1, and stand-ins for missing values."""
    case = REFERENCE["sets"][name]
    theirs, rows = case["metasurvival"], as_table(case["table"])
    found = summary_curve(rows, structure="unstructured", interval="wald", scale="log")
    for frame, columns in ((found.curve, theirs["random"]), (found.common, theirs["fixed"])):
        survival, low, high = np.array(columns).T
        np.testing.assert_allclose(frame["survival"], survival, atol=1e-8)
        np.testing.assert_allclose(frame["low"], low, atol=1e-5)
        np.testing.assert_allclose(frame["high"], np.minimum(high, 1), atol=1e-5)
    assert found.median.value == pytest.approx(theirs["median_random"], abs=1e-6)
    last = rows["time_months"].max()
    assert found.restricted_mean(last).value == pytest.approx(theirs["mean_random"], abs=1e-6)
    assert found.q == pytest.approx(theirs["q"], rel=1e-9)
    # metaSurvival divides Q by known values less studies; its expectation is values less times.
    k, times = rows["study_id"].nunique(), rows["time_months"].nunique()
    assert found.h2 * (len(rows) - times) == pytest.approx(theirs["h2"] * (len(rows) - k))


@pytest.mark.parametrize(
    "case", REFERENCE["singles"], ids=lambda case: str(len(case["table"]["n"]))
)
def test_a_single_time_is_metafors_pool(case):
    """rma(measure PAS, DerSimonian-Laird) with Wald, Knapp-Hartung and modified errors."""
    rows = as_table(case["table"])
    slope = 2 * np.sin(case["angle"]) * np.cos(case["angle"])
    intervals = ("wald", "knapp_hartung", "modified_knapp_hartung")
    for interval, error in zip(intervals, case["se"], strict=True):
        found = summary_curve(rows, interval=interval)
        at = found.at(12)
        assert at.value == pytest.approx(np.sin(case["angle"]) ** 2, abs=1e-11)
        assert at.standard_error == pytest.approx(slope * error, rel=1e-9)
        assert found.between_covariance[0, 0] == pytest.approx(case["tau2"], abs=1e-11)
        assert found.q == pytest.approx(case["q"], rel=1e-10, abs=1e-12)
    common = np.sin(case["common_angle"]) ** 2
    assert found.common["survival"].iloc[0] == pytest.approx(common, abs=1e-11)


def test_q_has_its_degrees_of_freedom_as_expectation():
    """Six alike synthetic studies, two times: Q averages 12 - 2, not metaSurvival's 12 - 6."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        first = rng.binomial(200, 0.7, 6)
        second = rng.binomial(first, 0.6)
        rows = [(i, 6, a / 200, 200) for i, a in enumerate(first)]
        rows += [(i, 12, b / 200, a) for i, (a, b) in enumerate(zip(first, second, strict=True))]
        found.append(summary_curve(table(*rows)).q)
    assert np.mean(found) == pytest.approx(10, abs=3 * np.sqrt(20 / 300))


def test_one_study_is_that_study_after_the_transform():
    found = summary_curve(THREE[THREE["study_id"] == "a"])
    share = np.array([(40 * 0.7 + 0.25) / 40.5, (28 * 0.4 / 0.7 + 0.25) / 28.5])
    np.testing.assert_allclose(found.curve["survival"], share.cumprod(), rtol=1e-12)
    assert (found.structure, found.interval_method) == ("none", "wald")
    assert (found.q_p, found.h2, found.i2) == (None, None, None)
    assert "one study" in found.note
    # Binomial variance on the log scale, as Greenwood's with n + 1/2.
    log_error = np.sqrt(np.cumsum((1 - share) / (share * np.array([40.5, 28.5]))))
    assert found.at(12).standard_error / found.at(12).value == pytest.approx(log_error[1])


def test_two_studies_say_that_they_are_two():
    found = summary_curve(THREE[THREE["study_id"] != "c"])
    assert "two studies" in found.note
    assert found.curve["n_studies"].tolist() == [2, 2]
    assert ((found.curve["low"] > 0) & (found.curve["high"] < 1)).all()


def test_the_structure_is_chosen_and_said():
    times = [3, 6, 9, 12]
    wide = pd.concat(
        [
            pd.DataFrame(
                {
                    "study_id": name,
                    "time_months": times,
                    "survival": np.exp(-rate * np.array(times)),
                    "number_at_risk": 40 * np.exp(-rate * np.array([0, 3, 6, 9])),
                }
            )
            for name, rate in (("a", 0.05), ("b", 0.08), ("c", 0.12))
        ]
    )
    found = summary_curve(wide)
    assert found.structure == "compound symmetry"
    assert "compound symmetry" in found.note
    off = found.between_covariance[~np.eye(4, dtype=bool)]
    np.testing.assert_allclose(off, off[0])
    np.testing.assert_allclose(np.diag(found.between_covariance), found.between_covariance[0, 0])
    assert summary_curve(wide, times=[6, 12]).structure == "unstructured"
    diagonal = summary_curve(wide, structure="diagonal")
    assert diagonal.between_covariance[0, 1] == 0
    assert diagonal.note is None


def test_intervals_are_ordered():
    widths = {}
    for interval in ("modified_knapp_hartung", "knapp_hartung", "t", "wald"):
        curve = summary_curve(THREE, interval=interval).curve
        widths[interval] = (curve["high"] - curve["low"]).to_numpy()
    assert (widths["modified_knapp_hartung"] >= widths["t"] - 1e-12).all()
    assert (widths["modified_knapp_hartung"] >= widths["knapp_hartung"] - 1e-12).all()
    assert (widths["t"] > widths["wald"]).all()


def test_between_times_the_curve_is_straight():
    found = summary_curve(THREE)
    six, twelve = found.curve["survival"]
    assert found.at(9).value == pytest.approx((six + twelve) / 2)
    assert found.at(3).value == pytest.approx((1 + six) / 2)
    assert found.at(12).low == pytest.approx(found.curve["low"].iloc[1])
    area = found.restricted_mean(9).value
    assert area == pytest.approx(6 * (1 + six) / 2 + 3 * (six + found.at(9).value) / 2)
    assert found.restricted_mean(4).value == pytest.approx(4 * (1 + found.at(4).value) / 2)


def test_the_median_is_where_the_curve_falls_to_one_half():
    found = summary_curve(THREE)
    assert found.at(found.median.value).value == pytest.approx(0.5)
    assert found.median.low < found.median.value
    assert found.median.standard_error is None
    high = table(("a", 6, 0.9, 40), ("b", 6, 0.95, 40))
    unknown = summary_curve(high).median
    assert (unknown.value, unknown.high, unknown.n_studies) == (None, None, 2)


@pytest.mark.parametrize("months", [0, -1, 12.01, np.nan])
def test_beyond_the_grid_nothing_is_known(months):
    found = summary_curve(THREE)
    for question in (found.at, found.restricted_mean):
        with pytest.raises(InvalidInputError, match="known from 0 to 12 months"):
            question(months)


def test_a_study_that_leaves_is_used_as_long_as_it_stays():
    shorter = THREE.drop(index=5)
    found = summary_curve(shorter)
    assert found.curve["n_studies"].tolist() == [3, 2]
    assert found.n_studies == 3


def test_where_one_study_is_left_the_note_says_so():
    longer = pd.concat([THREE, table(("a", 18, 0.3, 16))])
    found = summary_curve(longer)
    assert found.curve["n_studies"].tolist() == [3, 3, 1]
    assert "one study only at 18 months" in found.note
    assert np.isfinite(found.curve.to_numpy()).all()
    with pytest.raises(NotIdentifiedError, match="two studies"):
        summary_curve(longer, structure="unstructured")


def test_times_that_not_all_know_are_left_out_unless_asked_for():
    finer = pd.concat([THREE, table(("a", 3, 0.85, 40))])
    assert summary_curve(finer).curve["time_months"].tolist() == [6, 12]
    # The number at risk when a's interval to 6 months starts is that of its first row.
    np.testing.assert_allclose(
        summary_curve(finer).curve["survival"], summary_curve(THREE).curve["survival"]
    )
    asked = summary_curve(finer, times=[3, 6, 12])
    assert asked.curve["n_studies"].tolist() == [1, 1, 3]


def test_extinction_ends_a_study():
    dead = pd.concat([THREE, table(("d", 6, 0.0, 15), ("d", 12, 0.0, 0))])
    found = summary_curve(dead)
    assert found.curve["n_studies"].tolist() == [4, 3]


def test_all_dead_and_all_alive_give_curves():
    dead = summary_curve(table(("a", 6, 0.0, 20), ("b", 6, 0.0, 30)))
    alive = summary_curve(table(("a", 6, 1.0, 20), ("b", 6, 1.0, 30), ("c", 6, 1.0, 1)))
    for found, low, high in ((dead, 0.0, 0.1), (alive, 0.9, 1.0)):
        assert low < found.curve["survival"].iloc[0] < high
        assert np.isfinite(found.curve.to_numpy()).all()
        assert found.i2 == 0


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (THREE.drop(columns="survival"), "lacks the columns survival"),
        (THREE.assign(survival=1.2), "survival in 0..1"),
        (THREE.assign(time_months=np.nan), "finite"),
        (THREE.assign(number_at_risk=-1.0), "not negative"),
        (THREE.assign(number_at_risk=0), "study a: 6 months has nobody at risk"),
        (pd.concat([THREE, THREE.iloc[:1]]), "study a: 6 months is given twice"),
        (pd.concat([THREE, table(("b", 18, 0.7, 9))]), "study b: 18 months has a higher survival"),
        (THREE.iloc[:0], "no study has survival"),
        (table(("a", 0, 1.0, 9)), "no study has survival"),
        (THREE.assign(study_id=None), "needs a study_id"),
    ],
)
def test_bad_input_is_named(broken, rule):
    with pytest.raises(InvalidInputError, match=rule):
        summary_curve(broken)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"interval": "bootstrap"}, "interval must be"),
        ({"scale": "logit"}, "scale one of"),
        ({"structure": "toeplitz"}, "structure must be"),
        ({"times": []}, "times must be positive"),
        ({"times": [0, 6]}, "times must be positive"),
        ({"times": [5]}, "no study knows survival at the first time"),
    ],
)
def test_bad_options_are_named(options, rule):
    with pytest.raises(InvalidInputError, match=rule):
        summary_curve(THREE, **options)


def test_the_order_of_rows_does_not_matter():
    shuffled = THREE.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(summary_curve(shuffled).curve, summary_curve(THREE).curve)


def test_a_study_of_patients_becomes_rows():
    time = np.array([1, 2, 4, 4, 7, 8, 9, 10, 12, 13.0])
    event = np.array([1, 0, 1, 1, 1, 0, 1, 1, 0, 1])
    rows = survival_table("a", time, event, [4, 8, 12, 16])
    assert rows["time_months"].tolist() == [4, 8, 12, 16]
    np.testing.assert_allclose(rows["survival"], [0.9 * 6 / 8, 0.675 * 5 / 6, 0.5625 * 2 / 4, 0])
    # After 4 months six are followed, after 8 four, after 12 one.
    assert rows["number_at_risk"].tolist() == [10, 6, 4, 1]
    censored = survival_table("a", time, np.append(event[:-1], 0), [4, 8, 12, 16])
    assert censored["time_months"].tolist() == [4, 8, 12]


def test_medians_alone_are_pooled_on_the_log_scale():
    medians, errors = np.array([8.0, 12.0, 10.0, 15.0]), np.array([0.2, 0.25, 0.15, 0.3])
    found = summary_of_medians(medians, errors)
    expected = pool(np.log(medians), errors)
    assert found.median == pytest.approx(np.exp(expected.estimate))
    assert (found.low, found.high) == pytest.approx(np.exp([expected.low, expected.high]))
    assert found.prediction_low < found.low < found.median < found.high < found.prediction_high
    assert "log medians" in found.method
    three = summary_of_medians(medians[:3], errors[:3])
    assert (three.prediction_low, three.prediction_high) == (None, None)
    one = summary_of_medians([8.0], [0.2])
    assert (one.k, one.median) == (1, pytest.approx(8.0))


@pytest.mark.parametrize("medians", [[0.0, 5.0], [-3.0, 5.0], [np.nan, 5.0], [[1.0, 2.0]]])
def test_medians_are_positive(medians):
    with pytest.raises(InvalidInputError):
        summary_of_medians(medians, [0.2, 0.2])
