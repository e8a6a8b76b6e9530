"""The test of proportional hazards against R's cox.zph and its definition, and bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis_lib.exceptions import InvalidInputError, NotIdentifiedError
from analysis_lib.survival import proportional_hazards_test
from analysis_lib.survival.proportional_hazards import TRANSFORMS

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "cox.json").read_text(encoding="utf-8")
)
MODELS = REFERENCE["models"]


def test_every_model_stores_every_transform():
    for name, case in MODELS.items():
        assert set(case["zph"]) == set(TRANSFORMS), name
        for table in case["zph"].values():
            assert set(table) == {"chisq", "df", "p"}
            assert len(table["chisq"]) == len(case["terms"]) + 1
    assert any(len(columns) > 1 for case in MODELS.values() for columns in case["terms"].values())


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", sorted(MODELS))
def test_against_r(name, transform):
    """R survival 3.5's cox.zph: chi-square, degrees of freedom and p, 1e-5 relative."""
    case = MODELS[name]
    frame = pd.DataFrame(REFERENCE["data"][case["data"]])
    columns = [column for term in case["terms"].values() for column in term]
    strata = None if case["strata"] is None else frame[case["strata"]]
    result = proportional_hazards_test(
        frame["time"],
        frame["event"],
        frame[columns],
        strata=strata,
        transform=transform,
        terms=case["terms"],
    )
    expected = case["zph"][transform]
    found = (*result.terms, result.global_test)
    assert [term.name for term in found] == [*case["terms"], "GLOBAL"]
    assert [term.df for term in found] == expected["df"]
    np.testing.assert_allclose([term.chisq for term in found], expected["chisq"], rtol=1e-5)
    np.testing.assert_allclose([term.p for term in found], expected["p"], rtol=1e-5)


def test_each_covariate_is_a_term_unless_grouped():
    frame = pd.DataFrame(REFERENCE["data"]["veteran"])
    columns = ["small", "adeno", "large"]
    single = proportional_hazards_test(frame["time"], frame["event"], frame[columns])
    grouped = proportional_hazards_test(
        frame["time"], frame["event"], frame[columns], terms={"celltype": columns}
    )
    assert [term.name for term in single.terms] == columns
    assert grouped["celltype"].chisq == pytest.approx(single.global_test.chisq, rel=1e-12)
    assert grouped["GLOBAL"] == grouped.global_test
    with pytest.raises(KeyError):
        grouped["small"]


def test_the_definition_by_hand():
    """Two deaths that compare, r = sqrt(2) solves the score (test_cox_closed_form).

    Residuals e are 1 - s and 0 - s of the share s of group 1 in the weights at risk,
    2r / (2 + 2r) and r / (2 + r), variances v = s (1 - s); the statistic is
    (sum g e)^2 / (sum g^2 v - (sum g v)^2 / sum v).
    """
    r = np.sqrt(2)
    share = np.array([2 * r / (2 + 2 * r), r / (2 + r)])
    residual, variance = np.array([1, 0]) - share, share * (1 - share)
    assert residual.sum() == pytest.approx(0, abs=1e-12)
    scale = np.array([1, 2])
    score = scale @ residual
    information = scale**2 @ variance - (scale @ variance) ** 2 / variance.sum()
    result = proportional_hazards_test(
        [1, 2, 3, 3], [1, 1, 0, 0], [1, 0, 1, 0], transform="identity"
    )
    assert result["x1"].chisq == pytest.approx(score**2 / information, rel=1e-9)
    assert result["x1"].chisq == pytest.approx(result.global_test.chisq, rel=1e-12)


@pytest.mark.parametrize(
    ("time", "event", "says"),
    [
        ([2, 2, 2, 3], [1, 1, 1, 0], "one time"),
        ([1, 2, 3, 4], [1, 1, 0, 0], "infinite"),
        ([1, 2, 3, 4], [0, 0, 0, 0], "no events"),
    ],
)
def test_what_the_data_cannot_answer_is_refused(time, event, says):
    with pytest.raises(NotIdentifiedError, match=says):
        proportional_hazards_test(time, event, [1, 1, 0, 0])


def test_too_few_comparisons_for_the_covariates_are_named():
    """At the second death two patients are at risk: they differ in one direction only."""
    x = pd.DataFrame({"a": [0.0, 1, 2, 3, 1], "b": [1.0, 0, 1, 0, 0.5]})
    with pytest.raises(NotIdentifiedError, match="for GLOBAL: too few death times"):
        proportional_hazards_test([1, 1, 1, 2, 3], [1, 1, 0, 1, 0], x)


def test_a_death_at_time_zero_has_no_log():
    time, event, x = [0, 1, 2, 3], [1, 1, 1, 0], [1, 0, 1, 0]
    with pytest.raises(InvalidInputError, match="time 0"):
        proportional_hazards_test(time, event, x, transform="log")
    assert proportional_hazards_test(time, event, x).global_test.df == 1
    # A censoring at 0 is in no risk set and changes nothing.
    kept = proportional_hazards_test([1, 2, 3, 3.5], event, x, transform="log")
    more = proportional_hazards_test([1, 2, 3, 3.5, 0], [*event, 0], [*x, 1], transform="log")
    assert more.global_test.chisq == pytest.approx(kept.global_test.chisq, rel=1e-12)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"transform": "sqrt"}, "km, identity, rank, log"),
        ({"terms": {"a": ["x1"]}}, "terms must hold each of x1, x2"),
        ({"terms": {"a": ["x1", "x2"], "b": ["x2"]}}, "terms must hold"),
    ],
)
def test_bad_options_are_refused(options, says):
    with pytest.raises(InvalidInputError, match=says):
        proportional_hazards_test([1, 2, 3], [1, 1, 1], [[0, 1], [1, 0], [1, 1]], **options)
