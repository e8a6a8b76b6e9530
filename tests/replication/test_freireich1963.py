"""Freireich EJ et al. Blood 1963;21:699-716: 6-mercaptopurine after remission of acute leukaemia.

The log-rank test as worked out in Kleinbaum DG, Klein M. Survival Analysis: A
Self-Learning Text, Springer, chapter 2 ("The log-rank test for two groups"): 19.26 and
10.74 expected relapses against 9 and 21 observed, variance 6.2685, statistic 16.793.
The data are MASS's gehan, stored in tests/reference/cox.json.
"""

import json
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import chi2

from analysis_lib.survival import cox_two_arm, log_rank

GEHAN = pd.DataFrame(
    json.loads((Path(__file__).parents[1] / "reference" / "cox.json").read_text(encoding="utf-8"))[
        "data"
    ]["gehan"]
)


def test_chapter_2_log_rank_statistic():
    p = log_rank(GEHAN["time"], GEHAN["event"], GEHAN["control"])
    assert chi2.isf(p, 1) == pytest.approx(16.793, abs=5e-4)


def test_chapter_2_observed_and_expected():
    """A relapse is expected on placebo with the share of placebo among those at risk.

    10.7495 unrounded; the book adds up columns of two digits.
    """
    assert GEHAN.groupby("control")["event"].sum().tolist() == [9, 21]
    relapses = GEHAN.loc[GEHAN["event"] == 1, "time"]
    share = [GEHAN.loc[GEHAN["time"] >= time, "control"].mean() for time in relapses]
    assert sum(share) == pytest.approx(10.74, abs=0.015)


def test_the_direction_is_that_of_the_paper():
    """Remissions lasted longer on 6-mercaptopurine: relapses are more frequent on placebo."""
    assert cox_two_arm(GEHAN["time"], GEHAN["event"], GEHAN["control"]).interval[0] > 1
