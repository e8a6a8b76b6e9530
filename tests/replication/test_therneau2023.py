"""Therneau TM. A package for survival analysis in R. Vignette of survival 3.5, February 2023.

Values as printed there, page numbers as printed at the foot of the page. The data
sets (lung, veteran, aml) are stored in tests/reference/cox.json.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis_lib.survival import cox_model, log_rank, proportional_hazards_test

DATA = json.loads(
    (Path(__file__).parents[1] / "reference" / "cox.json").read_text(encoding="utf-8")
)["data"]
LUNG = pd.DataFrame(DATA["lung_weight"])
VETERAN = pd.DataFrame(DATA["veteran"])
COLUMNS = ["age", "sex", "weight_loss"]
CELLTYPE = ["small", "adeno", "large"]


def test_page_44_lung_cancer():
    fit = cox_model(LUNG["time"], LUNG["event"], LUNG[COLUMNS])
    assert (fit.n, fit.n_events) == (214, 152)
    np.testing.assert_allclose(fit.coefficients, [0.0200882, -0.5210319, 0.0007596], atol=5e-8)
    np.testing.assert_allclose(fit.standard_errors, [0.0096644, 0.1743541, 0.0061934], atol=5e-8)
    printed = [[1.0011, 1.0398], [0.4220, 0.8359], [0.9887, 1.0130]]
    np.testing.assert_allclose(fit.intervals, printed, atol=5e-5)
    assert fit.log_likelihood_null == pytest.approx(-680.39, abs=0.005)
    assert fit.log_likelihood == pytest.approx(-673.06, abs=0.005)
    likelihood_ratio = 2 * (fit.log_likelihood - fit.log_likelihood_null)
    assert likelihood_ratio == pytest.approx(14.67, abs=0.005)


def test_page_46_lung_cancer_stratified_by_institution():
    fit = cox_model(LUNG["time"], LUNG["event"], LUNG[COLUMNS], strata=LUNG["inst"])
    np.testing.assert_allclose(fit.coefficients, [0.0235, -0.5160, -0.0017], atol=5e-5)


def test_page_47_lung_cancer_proportional_hazards():
    result = proportional_hazards_test(LUNG["time"], LUNG["event"], LUNG[COLUMNS])
    printed = {
        "age": (0.5077, 1, 0.48),
        "sex": (2.5489, 1, 0.11),
        "weight_loss": (0.0144, 1, 0.90),
        "GLOBAL": (3.0051, 3, 0.39),
    }
    compare(result, printed, chisq=5e-5, p=5e-3)


@pytest.mark.parametrize(
    ("transform", "printed", "chisq"),
    [
        (
            "identity",
            {
                "treatment": (0.00493, 1, 0.94402),
                "celltype": (18.41391, 3, 0.00036),
                "karno": (6.05160, 1, 0.01389),
                "GLOBAL": (20.87086, 5, 0.00086),
            },
            5e-6,
        ),
        (
            "log",
            {
                "treatment": (0.215, 1, 0.64298),
                "celltype": (13.586, 3, 0.00353),
                "karno": (10.079, 1, 0.00150),
                "GLOBAL": (21.451, 5, 0.00067),
            },
            5e-4,
        ),
    ],
)
def test_page_71_veterans_proportional_hazards(transform, printed, chisq):
    """Lung cancer trial of Kalbfleisch and Prentice (1980); cell type is one term."""
    result = proportional_hazards_test(
        VETERAN["time"],
        VETERAN["event"],
        VETERAN[["treatment", *CELLTYPE, "karno"]],
        transform=transform,
        terms={"treatment": ["treatment"], "celltype": CELLTYPE, "karno": ["karno"]},
    )
    compare(result, printed, chisq=chisq, p=5e-6)


def test_page_39_leukaemia_maintenance_log_rank():
    """Chisq = 3.4 on 1 degree of freedom, p = 0.07 (acute myelogenous leukaemia, Miller 1981)."""
    aml = pd.DataFrame(DATA["aml"])
    assert len(aml) == 23
    p = log_rank(aml["time"], aml["event"], aml["not_maintained"])
    assert p == pytest.approx(0.07, abs=0.005)


def compare(result, printed, *, chisq, p):
    assert {term.name for term in (*result.terms, result.global_test)} == set(printed)
    for name, (value, df, probability) in printed.items():
        assert result[name].chisq == pytest.approx(value, abs=chisq)
        assert result[name].df == df
        assert result[name].p == pytest.approx(probability, abs=p)
