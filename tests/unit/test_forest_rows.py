"""Lines of the forests and titles of the curves; every arm and effect is synthetic."""

import math
from types import SimpleNamespace

import pytest

from analysis_lib.book import comparison_charts
from analysis_lib.book.comparison_charts import drawn_from, how_to_read
from analysis_lib.book.forest_rows import (
    cohort_rows,
    landmark_summary,
    median_summary,
    median_weights,
    not_pooled,
    side_summaries,
    within_rows,
    within_summary,
)
from analysis_lib.comparison.arms import Estimate
from analysis_lib.comparison.side_summary import AbsoluteFigure, _medians
from analysis_lib.comparison.within import WithinEffect, WithinEvidence
from analysis_lib.meta_analysis import pool

NAMES = {"one": "One", "two": "The Other"}


def _arm(number, median=None, *, study=None, level="summary"):
    return SimpleNamespace(
        study_id=study or f"s-{number}",
        study_label=f"Author {study or number}",
        arm_label=f"arm {number}",
        field=f"arms[{number}].outcomes[0]",
        level=level,
        n=20 + number,
        median=median,
    )


def _outcome(arms, figure=None):
    side = SimpleNamespace(id="one", label="One", colour="re_srs", arms=tuple(arms))
    figure = figure or AbsoluteFigure(12.0, 2, 5)
    summary = SimpleNamespace(medians=_medians(arms), at=lambda months: figure)
    one_pool = SimpleNamespace(
        pool_class=None, arms=lambda side: side.arms, summary=lambda side: summary
    )
    return SimpleNamespace(sides=(side,), pools=(one_pool,))


def _known():
    """Three medians with limits among five arms; the second and the last have none."""
    medians = [
        Estimate(10.0, 8.0, 12.5, "printed"),
        Estimate(7.0, None, None, "none"),
        Estimate(5.0, 2.5, 10.0, "computed"),
        Estimate(12.0, 9.0, 16.0, "printed"),
        Estimate(9.0, 4.0, math.inf, "computed"),
    ]
    return [_arm(number, median) for number, median in enumerate(medians)]


def _effect(number, log_ratio, error):
    return WithinEffect(
        study_id=f"s-{number}",
        study_label=f"Author {number}",
        scale="hazard ratio",
        log_ratio=log_ratio,
        standard_error=error,
        degrees_of_freedom=math.inf,
        method="printed" if number else "figures",
        adjusted=None,
        time_zeros=(),
        groups=("a", "b"),
        turned=False,
        place="contrasts[0]",
    )


def _within(k):
    effects = tuple(_effect(n, -0.2 * n, 0.3 + 0.1 * n) for n in range(k))
    pooled = pool([e.log_ratio for e in effects], [e.standard_error for e in effects])
    return WithinEvidence("one", "two", "hazard ratio", effects, pooled if k > 2 else None, None)


def test_weights_go_to_the_arms_that_are_in_the_pool_and_to_no_other():
    outcome = _outcome(_known())
    rows = cohort_rows(outcome, lambda arm: arm.median, median_weights(outcome))
    weights = rows.set_index("label")["weight"]
    assert list(weights.isna()) == [False, True, False, False, True]
    assert weights.sum() == pytest.approx(1)
    # The narrowest interval weighs most, the widest least.
    assert weights["Author 0"] > weights["Author 3"] > weights["Author 2"]


def test_pool_of_medians_is_in_months_and_inside_its_prediction():
    outcome = _outcome([_arm(n, Estimate(8.0 + n, 6.0, 16.0, "printed")) for n in range(4)])
    row = side_summaries(outcome, median_summary).iloc[0]
    assert 8 < row["estimate"] < 11
    assert row["prediction_low"] <= row["low"] < row["estimate"] < row["high"]
    assert (row["label"], row["group"]) == ("Combined, 4 of 4 cohorts", "One")


def test_sides_without_a_pool_say_of_how_many():
    few = _outcome(_known()[:2])
    assert "1 of 2 cohorts" in side_summaries(few, median_summary).iloc[0]["why_not"]
    row = side_summaries(few, landmark_summary).iloc[0]
    assert row["why_not"] == "not combined (2 of 5 studies)"
    given = _outcome(_known(), AbsoluteFigure(12.0, 3, 5, 0.5, 0.3, 0.7))
    row = side_summaries(given, landmark_summary).iloc[0]
    assert (row["estimate"], row["low"], row["high"]) == (0.5, 0.3, 0.7)


def test_two_arms_of_one_study_are_told_apart():
    outcome = _outcome([_arm(0, study="s"), _arm(1, study="s"), _arm(2)])
    rows = cohort_rows(outcome, lambda arm: arm.median, {})
    assert list(rows["label"]) == ["Author s: arm 0", "Author s: arm 1", "Author 2"]


def test_ratios_within_studies_are_pooled_from_three_on():
    found = _within(4)
    rows, row = within_rows(found, NAMES), within_summary(found, NAMES)
    assert rows["weight"].sum() == pytest.approx(1)
    assert list(rows["interval_kind"]) == ["computed", "printed", "printed", "printed"]
    assert set(rows["group"]) == {row["group"]} == {"One against the other, hazard ratio"}
    assert row["estimate"] == pytest.approx(math.exp(found.pooled.estimate))
    assert row["prediction_low"] == pytest.approx(math.exp(found.pooled.prediction_low))
    assert not_pooled(_within(1), NAMES).endswith("not combined (1 study, 3 are needed).")


def test_a_pool_within_studies_stands_in_the_picture():
    found = _within(4)
    sides = (SimpleNamespace(id="one", label="One"), SimpleNamespace(id="two", label="The Other"))
    outcome = SimpleNamespace(outcome="os", sides=sides, within=(found,), contrasts=())
    html = comparison_charts._contrast_forest(outcome).to_html()
    assert '"diamonds"' in html
    assert '"predictions"' in html
    nothing = SimpleNamespace(outcome="os", sides=sides, within=(_within(1),), contrasts=())
    assert comparison_charts._contrast_forest(nothing) is None


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (
            ["summary", "summary"],
            ", drawn from printed summaries, shape between printed points assumed",
        ),
        (
            ["summary", "curve_n"],
            ", 1 of 2 arms drawn from printed summaries, shape between printed points assumed",
        ),
        (["curve_n", "patient"], ""),
    ],
)
def test_a_title_says_what_a_curve_is_drawn_from(levels, expected):
    assert drawn_from([_arm(n, level=level) for n, level in enumerate(levels)]) == expected


@pytest.mark.parametrize("kind", ["curves", "forest", "robustness"])
def test_every_kind_of_picture_is_explained_in_one_short_paragraph(kind):
    text = how_to_read(kind).to_text()
    assert text.startswith("How to read this picture: ")
    assert len(text.split()) <= 160
    assert how_to_read(kind).to_html().count("<p") == 1
