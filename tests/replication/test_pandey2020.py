"""metaSurvival 0.1.0 (Pandey 2020) on its own example: 27 studies of untreated liver cancer.

Values are those printed in the package's README under "Computation of summary survival with
continuity correction" (common effect: ``$summary.fixed``, ``$median.fixed``, ``$mean.fixed``;
random effects: ``$summary.random``, ``$median.random``, ``$mean.random``). The example's table
of studies is a binary file of the package, of which the README prints the first six rows
(study 1, Lai 1988); what is tested is therefore what the printed results and those rows fix.
"""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.meta_analysis import summary_curve

TIMES = [1, 2, 3, 4, 5, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48]

#: $summary.fixed: survival, lower and upper limit.
COMMON = np.array(
    [
        [0.94497450, 0.93455418, 0.95551100],
        [0.84347436, 0.82683765, 0.86044583],
        [0.73872717, 0.71857893, 0.75944035],
        [0.66245129, 0.64073764, 0.68490079],
        [0.58662304, 0.56399133, 0.61016291],
        [0.52144090, 0.49844475, 0.54549799],
        [0.40882896, 0.38592475, 0.43309252],
        [0.32461488, 0.30222075, 0.34866838],
        [0.26174091, 0.23995379, 0.28550624],
        [0.21983127, 0.19855264, 0.24339029],
        [0.18810271, 0.16733508, 0.21144777],
        [0.16086195, 0.14062988, 0.18400476],
        [0.13906070, 0.11917994, 0.16225783],
        [0.12241028, 0.10252475, 0.14615276],
        [0.09697105, 0.07643349, 0.12302702],
        [0.08104941, 0.06104672, 0.10760623],
        [0.07799121, 0.05761503, 0.10557365],
        [0.06960868, 0.04863084, 0.09963571],
        [0.06635655, 0.04527093, 0.09726311],
        [0.06295069, 0.04180072, 0.09480195],
    ]
)

#: $summary.random: survival.
# fmt: off
RANDOM = np.array(
    [
        0.93524921, 0.82628083, 0.70123428, 0.61766270, 0.53060766, 0.44916320, 0.32921715,
        0.24431166, 0.18160515, 0.14534074, 0.11674507, 0.09822802, 0.08346181, 0.07097460,
        0.05659698, 0.04869511, 0.04682745, 0.03866701, 0.03689963, 0.03516081,
    ]
)
# fmt: on

#: First rows of exampleData: study 1 (Lai 1988), survival and number at risk.
LAI = pd.DataFrame(
    {
        "study_id": "Lai 1988",
        "time_months": [1, 2, 3, 4, 5, 6],
        "survival": [0.8043, 0.4565, 0.2609, 0.1739, 0.1304, 0.0870],
        "number_at_risk": [46, 37, 21, 12, 8, 6],
    }
)


def angles(survival):
    """Angle of survival in each interval, as the method pools it."""
    return np.arcsin(np.sqrt(survival / np.append(1.0, survival[:-1])))


def all_studies_as_one(survival, weights):
    """One study whose corrected share and weight n + 1/2 in each interval are those given."""
    at_risk = weights - 0.5
    share = (weights * np.sin(angles(survival)) ** 2 - 0.25) / at_risk
    return pd.DataFrame(
        {
            "study_id": "all",
            "time_months": TIMES,
            "survival": np.cumprod(share),
            "number_at_risk": at_risk,
        }
    )


def printed_weights():
    """Sum over studies of n + 1/2 in each interval, from the printed limits."""
    survival, low, high = COMMON.T
    log_variance = (np.log(high / low) / (2 * 1.96)) ** 2
    return 1 / np.tan(angles(survival)) ** 2 / np.diff(np.append(0.0, log_variance))


def test_printed_limits_rest_on_numbers_at_risk_to_the_hundredth():
    """With 4 cot^2 / (4 (n + 1/2)) per interval the limits yield n with two decimals.

    Eight printed digits resolve hundredths below a weight of 400: the last twelve times.
    """
    hundredths = 100 * printed_weights()[8:]
    np.testing.assert_allclose(hundredths, np.round(hundredths), atol=0.03)


def test_common_effect_curve_and_limits():
    """The printed limits follow from numbers at risk of two decimals."""
    weights = np.round(printed_weights(), 2)
    found = summary_curve(all_studies_as_one(COMMON[:, 0], weights), interval="wald", scale="log")
    np.testing.assert_allclose(found.common["survival"], COMMON[:, 0], rtol=1e-7)
    # 1.96 in the package for 1.959964 here.
    np.testing.assert_allclose(found.common["low"], COMMON[:, 1], rtol=2e-5)
    np.testing.assert_allclose(found.common["high"], COMMON[:, 2], rtol=2e-5)


@pytest.mark.parametrize(
    ("survival", "median", "mean"),
    [(COMMON[:, 0], 6.571189, 12.06584), (RANDOM, 5.375810, 9.554813)],
    ids=["common effect", "random effects"],
)
def test_median_and_mean_follow_from_the_curve(survival, median, mean):
    found = summary_curve(all_studies_as_one(survival, np.full(20, 500.0)))
    np.testing.assert_allclose(found.curve["survival"], survival, rtol=1e-7)
    assert found.median.value == pytest.approx(median, abs=5e-7)
    assert found.restricted_mean(48).value == pytest.approx(mean, abs=6e-6)


def test_number_at_risk_is_counted_after_the_time_before():
    """37 of Lai's 46 patients are alive after the first month: 0.8043 x 46."""
    alive = LAI["number_at_risk"].iloc[0] * LAI["survival"]
    np.testing.assert_allclose(alive.iloc[:5], LAI["number_at_risk"].iloc[1:], atol=0.1)
    found = summary_curve(LAI)
    share = (np.array([37, 21, 12, 8, 6, 4]) + 0.25) / (LAI["number_at_risk"] + 0.5)
    np.testing.assert_allclose(found.curve["survival"], share.cumprod(), rtol=2e-3)
