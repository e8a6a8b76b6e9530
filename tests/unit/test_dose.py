"""BED and EQD2 against printed values, closed-form limits, and the integral they stand for."""

import math

import numpy as np
import pytest
from scipy.integrate import dblquad

from analysis_lib.dose import (
    ISOTOPES,
    RANGES,
    fractionated,
    permanent_implant,
    temporary_implant,
)
from analysis_lib.exceptions import InvalidInputError

LOG_2 = math.log(2)


def bed_of_rate(rate, *, hours, repair_half_time, alpha_beta):
    """BED of any dose rate by integrating Lea and Catcheside's factor as it is defined.

    Effect of pairs of lesions: twice the integral over t and over s < t of the rates at both
    times and what repair has left between them.
    """
    mu = LOG_2 / repair_half_time
    pairs, _ = dblquad(
        lambda s, t: rate(s) * rate(t) * math.exp(-mu * (t - s)),
        0, hours, 0, lambda t: t, epsabs=1e-11, epsrel=1e-11,
    )  # fmt: skip
    dose, _ = dblquad(lambda s, t: rate(t), 0, hours, 0, 1, epsabs=1e-11, epsrel=1e-11)
    return dose + 2 * pairs / alpha_beta


# --- printed values -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "fractions", "bed", "eqd2"),
    [
        # Worked values of the review's methods, alpha/beta 10, to the printed digit.
        (18, 1, "50.4", "42"),
        (8, 3, "43.2", "36"),
        (5, 5, "37.5", "31.25"),
        (4, 5, "28", "23.3"),
        # The reference schedule is its own equivalent: 30 fractions of 2 Gy.
        (2, 30, "72", "60"),
    ],
)
def test_worked_values_of_fractions(dose, fractions, bed, eqd2):
    found = fractionated(dose_per_fraction_gy=dose, fractions=fractions, alpha_beta_gy=10)
    for value, printed in ((found.bed_gy, bed), (found.eqd2_gy, eqd2)):
        decimals = len(printed.partition(".")[2])
        assert f"{value:.{decimals}f}" == printed
    assert found.total_dose_gy == dose * fractions


@pytest.mark.parametrize(
    ("repair_hours", "printed"), [(0.5, ("60.8", "65.9")), (1.5, ("62.3", "67.7"))]
)
def test_worked_values_of_caesium_seeds(repair_hours, printed):
    """60 and 65 Gy of Cs-131, BED10 as the review's methods state it."""
    for total, expected in zip((60, 65), printed, strict=True):
        found = permanent_implant(
            total_dose_gy=total,
            half_life_days=ISOTOPES["cs131"].half_life_days,
            repair_half_time_hours=repair_hours,
            alpha_beta_gy=10,
        )
        assert f"{found.bed_gy:.1f}" == expected
        # A dose rate this low differs little from fractions without any size.
        assert total < found.bed_gy < total * 1.05


def test_the_wrong_reading_of_lambda_is_not_ours():
    """A printed source calls lambda a half-life; with half-lives in place the BED is another."""
    t, repair = ISOTOPES["cs131"].half_life_days * 24, 0.5
    wrong = 60 * (1 + t / (t + repair) * 60 / 10)
    right = permanent_implant(
        total_dose_gy=60, half_life_days=9.69, repair_half_time_hours=repair, alpha_beta_gy=10
    )
    assert wrong > 6 * right.bed_gy


def test_half_lives_are_those_of_icrp_107():
    """Read from ICRP 107's data as the package radioactivedecay 0.6 ships it, days."""
    icrp = {"cs131": 9.689, "i125": 59.4, "pd103": 16.991, "ir192": 73.827}
    assert ISOTOPES.keys() == icrp.keys()
    for name, days in icrp.items():
        assert ISOTOPES[name].half_life_days == pytest.approx(days, rel=4e-4)
        # What the digits left out move.
        beds = [
            permanent_implant(
                total_dose_gy=80, half_life_days=t, repair_half_time_hours=1.5, alpha_beta_gy=10
            ).bed_gy
            for t in (days, ISOTOPES[name].half_life_days)
        ]
        assert beds[0] == pytest.approx(beds[1], abs=0.01)


# --- the integral ---------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0.5, 6, 48, 150])
@pytest.mark.parametrize("repair", [0.5, 1.5, 6])
@pytest.mark.parametrize("half_life_days", [None, 9.69, 0.5])
def test_a_temporary_implant_is_the_integral(hours, repair, half_life_days):
    decay = LOG_2 / (24 * half_life_days) if half_life_days else 0.0
    found = temporary_implant(
        initial_dose_rate_gy_per_hour=0.45,
        duration_hours=hours,
        repair_half_time_hours=repair,
        alpha_beta_gy=10,
        half_life_days=half_life_days,
    )
    expected = bed_of_rate(
        lambda t: 0.45 * math.exp(-decay * t), hours=hours, repair_half_time=repair, alpha_beta=10
    )
    assert found.bed_gy == pytest.approx(expected, rel=1e-8)


def test_repair_as_fast_as_decay_is_no_gap():
    """mu = lambda makes the closed form 0/0; values on both sides and at it agree."""
    half_life_hours = 24.0

    def bed(repair):
        return temporary_implant(
            initial_dose_rate_gy_per_hour=0.5,
            duration_hours=40,
            repair_half_time_hours=repair,
            alpha_beta_gy=3,
            half_life_days=half_life_hours / 24,
        ).bed_gy

    at = bed(half_life_hours)
    rate = LOG_2 / half_life_hours
    oracle = bed_of_rate(
        lambda t: 0.5 * math.exp(-rate * t), hours=40, repair_half_time=24, alpha_beta=3
    )
    assert at == pytest.approx(oracle, rel=1e-8)
    near = [bed(half_life_hours * (1 + step)) for step in (-1e-4, -1e-6, 1e-6, 1e-4)]
    assert np.all(np.diff([*near[:2], at, *near[2:]]) > 0)


# --- limits ---------------------------------------------------------------------------


def test_an_implant_given_in_no_time_is_one_fraction():
    one = fractionated(dose_per_fraction_gy=1, fractions=1, alpha_beta_gy=10)
    quick = temporary_implant(
        initial_dose_rate_gy_per_hour=100,
        duration_hours=0.01,
        repair_half_time_hours=100,
        alpha_beta_gy=10,
    )
    assert quick.bed_gy == pytest.approx(one.bed_gy, rel=1e-5)


def test_a_long_implant_reaches_its_plateau():
    """T much longer than repair: 1 + 2R / (mu alpha/beta)."""
    found = temporary_implant(
        initial_dose_rate_gy_per_hour=0.04,
        duration_hours=10_000,
        repair_half_time_hours=0.5,
        alpha_beta_gy=10,
    )
    plateau = 400 * (1 + 2 * 0.04 * 0.5 / LOG_2 / 10)
    assert found.bed_gy == pytest.approx(plateau, rel=1e-5)


@pytest.mark.parametrize("isotope", ISOTOPES)
def test_a_source_left_to_decay_is_a_permanent_one(isotope):
    days = ISOTOPES[isotope].half_life_days
    if days * 24 * 40 > RANGES["duration_hours"].high:
        days = 9.0  # 40 half-lives of the long-lived ones are longer than an implant may last
    rate = 60 * LOG_2 / (24 * days)
    common = {"repair_half_time_hours": 1.5, "alpha_beta_gy": 10, "half_life_days": days}
    left = temporary_implant(
        initial_dose_rate_gy_per_hour=rate, duration_hours=days * 24 * 40, **common
    )
    seeds = permanent_implant(total_dose_gy=60, **common)
    assert left.bed_gy == pytest.approx(seeds.bed_gy, rel=1e-9)


def test_instant_repair_leaves_the_dose_itself():
    """mu to infinity: no two lesions meet, BED is the dose."""
    seeds = permanent_implant(
        total_dose_gy=60, half_life_days=59.4, repair_half_time_hours=0.01, alpha_beta_gy=10
    )
    assert seeds.bed_gy == pytest.approx(60, rel=1e-4)


def test_a_slow_decay_is_a_constant_rate():
    common = {
        "initial_dose_rate_gy_per_hour": 0.4,
        "duration_hours": 100,
        "repair_half_time_hours": 1.5,
        "alpha_beta_gy": 10,
    }
    constant = temporary_implant(**common)
    slow = temporary_implant(**common, half_life_days=20_000)
    assert slow.bed_gy == pytest.approx(constant.bed_gy, rel=2e-4)
    assert slow.bed_gy < constant.bed_gy


def test_the_series_meets_the_closed_form():
    """Where the code changes from one to the other nothing jumps."""
    hours = 0.01 / LOG_2  # mu T = 0.01 at a repair half-time of 1 h

    def bed(duration):
        return temporary_implant(
            initial_dose_rate_gy_per_hour=50,
            duration_hours=duration,
            repair_half_time_hours=1,
            alpha_beta_gy=1,
        )

    below, above = bed(hours * (1 - 1e-9)), bed(hours * (1 + 1e-9))
    assert below.bed_gy == pytest.approx(above.bed_gy, rel=1e-8)
    assert below.bed_gy < above.bed_gy


# --- what a result says, and what is refused ------------------------------------------


@pytest.mark.parametrize(("dose", "outside"), [(10, False), (10.01, True), (24, True), (2, False)])
def test_more_than_10_gy_a_fraction_is_outside_the_model(dose, outside):
    found = fractionated(dose_per_fraction_gy=dose, fractions=1, alpha_beta_gy=10)
    assert found.outside_model_range is outside


def test_no_ratio_and_no_repair_time_is_assumed():
    with pytest.raises(TypeError, match="alpha_beta_gy"):
        fractionated(dose_per_fraction_gy=2, fractions=30)
    with pytest.raises(TypeError, match="repair_half_time_hours"):
        permanent_implant(total_dose_gy=60, half_life_days=9.69, alpha_beta_gy=10)
    with pytest.raises(TypeError, match="repair_half_time_hours"):
        temporary_implant(initial_dose_rate_gy_per_hour=1, duration_hours=1, alpha_beta_gy=10)


GOOD = {
    fractionated: {"dose_per_fraction_gy": 6, "fractions": 5, "alpha_beta_gy": 10},
    permanent_implant: {
        "total_dose_gy": 60,
        "half_life_days": 9.69,
        "repair_half_time_hours": 1,
        "alpha_beta_gy": 10,
    },
    temporary_implant: {
        "initial_dose_rate_gy_per_hour": 0.5,
        "duration_hours": 100,
        "repair_half_time_hours": 1,
        "alpha_beta_gy": 10,
    },
}


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, 1e9, None, "", "18", "1,5", True])
@pytest.mark.parametrize(
    ("function", "name"), [(f, name) for f, given in GOOD.items() for name in given]
)
def test_a_bad_value_is_refused_by_name(function, name, bad):
    with pytest.raises(InvalidInputError, match=RANGES[name].name) as refused:
        function(**GOOD[function] | {name: bad})
    assert repr(bad) in str(refused.value)


def test_half_a_fraction_is_refused():
    with pytest.raises(InvalidInputError, match=r"whole number, was 2\.5"):
        fractionated(dose_per_fraction_gy=2, fractions=2.5, alpha_beta_gy=10)


def test_centigray_and_impossible_totals_are_refused():
    with pytest.raises(InvalidInputError, match=r"0\.01 to 100 Gy, was 1800"):
        fractionated(dose_per_fraction_gy=1800, fractions=1, alpha_beta_gy=10)
    with pytest.raises(InvalidInputError, match="total dose must be"):
        fractionated(dose_per_fraction_gy=60, fractions=60, alpha_beta_gy=10)
    with pytest.raises(InvalidInputError, match="dose rate and time in place together: total dose"):
        temporary_implant(
            initial_dose_rate_gy_per_hour=50,
            duration_hours=5000,
            repair_half_time_hours=1,
            alpha_beta_gy=10,
        )
