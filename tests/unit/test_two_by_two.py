"""Fisher's exact test and the difference of two proportions, held against R and print."""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from published import printed

from analysis_lib.effect_sizes import difference_from_limits, fisher_test
from analysis_lib.exceptions import InvalidInputError

R = json.loads((Path(__file__).parents[1] / "reference" / "two_by_two.json").read_text())


def number(value):
    return float(value) if isinstance(value, str) else value


def tail(counts, odds_ratio, *, upper):
    """Probability of as many events or more (``upper``) in the first group, written out."""
    a, n, b, m = counts
    ways = {
        x: math.comb(n, x) * math.comb(m, a + b - x) * odds_ratio**x
        for x in range(max(0, a + b - m), min(n, a + b) + 1)
    }
    kept = sum(w for x, w in ways.items() if (x >= a if upper else x <= a))
    return kept / sum(ways.values())


@pytest.mark.parametrize("name", R["fisher"])
def test_fisher_against_r(name):
    expected = R["fisher"][name]
    found = fisher_test(*expected["counts"])
    assert found.p == pytest.approx(expected["p"], rel=1e-9)
    if name in ("none", "all"):
        # R prints 0 and an endless interval where no table but one is possible.
        assert math.isnan(found.odds_ratio)
        return
    for field in ("odds_ratio", "low", "high"):
        ours, theirs = getattr(found, field), number(expected[field])
        assert (ours > 1) == (theirs > 1), field
        # R's uniroot stops within 1.2e-4, above 1 of the reciprocal.
        ours, theirs = (1 / ours, 1 / theirs) if theirs > 1 else (ours, theirs)
        assert ours == pytest.approx(theirs, abs=1.3e-4), field


@pytest.mark.parametrize("name", ["steroids", "neurotoxicity", "imaging", "progression", "tea"])
def test_limits_leave_a_fortieth_in_each_tail(name):
    counts = R["fisher"][name]["counts"]
    found = fisher_test(*counts)
    assert tail(counts, found.low, upper=True) == pytest.approx(0.025, rel=1e-6)
    assert tail(counts, found.high, upper=False) == pytest.approx(0.025, rel=1e-6)


def test_the_lady_tasting_tea():
    # Fisher 1935: three of four right; 34 of 70 ways are no likelier.
    assert fisher_test(3, 4, 1, 4).p == pytest.approx(float(Fraction(34, 70)))


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_order_of_the_groups_turns_the_ratio_over(n, m, data):
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    there, back = fisher_test(a, n, b, m), fisher_test(b, m, a, n)
    assert there.p == pytest.approx(back.p)
    assert 0 <= there.p <= 1 + 1e-12
    if 0 < there.odds_ratio < math.inf:
        assert there.odds_ratio == pytest.approx(1 / back.odds_ratio, rel=1e-4)


@pytest.mark.parametrize(
    "counts", [(-1, 3, 0, 3), (4, 3, 0, 3), (0, 0, 1, 2), (1.5, 3, 0, 3), (True, 3, 0, 3)]
)
def test_counts_that_are_none(counts):
    with pytest.raises(InvalidInputError, match="counts must be whole numbers"):
        fisher_test(*counts)


def test_a_level_outside_its_range():
    with pytest.raises(InvalidInputError, match="level"):
        fisher_test(1, 2, 1, 2, level=95)


def test_newcombe_1998_table_ii_method_10():
    # 56/70 against 48/80: 0.0524 to 0.3339.
    expected = R["difference"][0]
    found = difference_from_limits(tuple(expected["first"]), tuple(expected["second"]))
    assert (found.low, found.high) == printed(0.0524, 0.3339, digits=4)


@pytest.mark.parametrize("expected", R["difference"], ids=lambda row: str(row["counts"]))
def test_differences_against_r(expected):
    found = difference_from_limits(tuple(expected["first"]), tuple(expected["second"]))
    for field in ("value", "low", "high"):
        assert getattr(found, field) == pytest.approx(expected[field], abs=1e-12)


@pytest.mark.parametrize("first", [(0.5, 0.6, 0.7), (1.2, 0.1, 1.3), (0.5, 0.4, 0.45)])
def test_a_difference_of_what_is_no_probability(first):
    with pytest.raises(InvalidInputError, match="estimate and limits"):
        difference_from_limits(first, (0.5, 0.4, 0.6))
