"""What holds for every schedule in the linear-quadratic model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.dose import fractionated, permanent_implant, temporary_implant

doses = st.floats(0.1, 30)
counts = st.integers(1, 15)
ratios = st.floats(1, 20)
repairs = st.floats(0.05, 20)
half_lives = st.floats(1, 100)
rates = st.floats(0.02, 2)
durations = st.floats(1, 200)


@given(doses, counts, ratios)
def test_bed_is_more_than_the_dose_and_eqd2_gives_it_back(dose, fractions, ratio):
    found = fractionated(dose_per_fraction_gy=dose, fractions=fractions, alpha_beta_gy=ratio)
    assert found.bed_gy > found.total_dose_gy
    # EQD2 as so many fractions of 2 Gy has the same BED: the definition of it.
    assert found.eqd2_gy * (1 + 2 / ratio) == pytest.approx(found.bed_gy, rel=1e-12)
    assert (found.eqd2_gy > found.total_dose_gy) == (dose > 2) or dose == pytest.approx(2)


@given(doses, counts, ratios)
def test_fractions_add_up(dose, fractions, ratio):
    one = fractionated(dose_per_fraction_gy=dose, fractions=1, alpha_beta_gy=ratio)
    all_ = fractionated(dose_per_fraction_gy=dose, fractions=fractions, alpha_beta_gy=ratio)
    assert all_.bed_gy == pytest.approx(fractions * one.bed_gy, rel=1e-12)


@given(doses, counts, ratios)
def test_one_large_fraction_has_more_bed_than_the_same_dose_split(dose, fractions, ratio):
    split = fractionated(
        dose_per_fraction_gy=dose / fractions, fractions=fractions, alpha_beta_gy=ratio
    )
    whole = fractionated(dose_per_fraction_gy=dose, fractions=1, alpha_beta_gy=ratio)
    assert whole.bed_gy >= split.bed_gy * (1 - 1e-12)


@given(st.floats(10, 100), half_lives, repairs, ratios)
def test_seeds_lie_between_the_dose_and_one_fraction(total, days, repair, ratio):
    seeds = permanent_implant(
        total_dose_gy=total, half_life_days=days, repair_half_time_hours=repair, alpha_beta_gy=ratio
    )
    assert total < seeds.bed_gy < total * (1 + total / ratio)
    slower = permanent_implant(
        total_dose_gy=total,
        half_life_days=days,
        repair_half_time_hours=repair * 1.1,
        alpha_beta_gy=ratio,
    )
    assert slower.bed_gy > seeds.bed_gy


@given(rates, durations, repairs, ratios, st.none() | half_lives)
def test_an_implant_lies_between_the_dose_and_one_fraction(rate, hours, repair, ratio, days):
    found = temporary_implant(
        initial_dose_rate_gy_per_hour=rate,
        duration_hours=hours,
        repair_half_time_hours=repair,
        alpha_beta_gy=ratio,
        half_life_days=days,
    )
    total = found.total_dose_gy
    assert total <= rate * hours * (1 + 1e-12)
    assert total < found.bed_gy < total * (1 + total / ratio) * (1 + 1e-9)


@given(rates, durations, repairs, ratios, half_lives)
def test_taking_a_source_out_later_never_lowers_the_bed(rate, hours, repair, ratio, days):
    beds = [
        temporary_implant(
            initial_dose_rate_gy_per_hour=rate,
            duration_hours=duration,
            repair_half_time_hours=repair,
            alpha_beta_gy=ratio,
            half_life_days=days,
        ).bed_gy
        for duration in (hours, hours * 1.01)
    ]
    assert beds[1] > beds[0]
