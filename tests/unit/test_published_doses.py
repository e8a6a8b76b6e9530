"""Doses of records in the model: computed from what was read, and from nothing else."""

import copy
from dataclasses import replace

import pytest
from synthetic import GOOD, write

from analysis_lib.comparison.published_doses import (
    biological_dose,
    control_points,
    dose_contrasts,
    published_schedules,
)
from analysis_lib.dose import fractionated, permanent_implant
from analysis_lib.exceptions import NotIdentifiedError
from analysis_lib.study_records import load_records
from analysis_lib.study_records.model import Schedule

BEAM = Schedule(
    arm="a",
    course="recurrence",
    delivery="external_beam",
    statistic="prescribed",
    stated_in="notes[0]",
    words="x",
)
SEEDS = replace(BEAM, delivery="permanent_implant", isotope="cs131")


def beds(schedule, **given):
    found = biological_dose(schedule, **({"alpha_beta_gy": 10} | given))
    return found.low.bed_gy, found.high.bed_gy


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ({"dose_per_fraction_gy": 8, "fractions": 3}, (43.2, 43.2)),
        ({"total_dose_gy": 24, "fractions": 3}, (43.2, 43.2)),
        ({"total_dose_gy": 24, "dose_per_fraction_gy": 8}, (43.2, 43.2)),
        ({"dose_per_fraction_range_gy": (7, 8), "fractions": 3}, (35.7, 43.2)),
        ({"total_dose_range_gy": (20, 25), "fractions": 5}, (28, 37.5)),
        # A median stands for itself, although the range of the doses was read too.
        ({"total_dose_gy": 18, "total_dose_range_gy": (15, 21), "fractions": 1}, (50.4, 50.4)),
    ],
)
def test_two_of_three_give_the_dose(read, expected):
    assert beds(replace(BEAM, **read)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (replace(BEAM, total_dose_gy=18), "the number of fractions was not read"),
        (replace(BEAM, total_dose_gy=19, fractions_range=(1, 5)), "1 to 5 fractions are mixed"),
        (replace(BEAM, fractions=3), "neither total dose nor dose per fraction"),
        (replace(BEAM, dose_per_fraction_gy=8), "the number of fractions was not read"),
        (replace(BEAM, total_dose_gy=25, dose_per_fraction_gy=8), "no whole number"),
        (replace(BEAM, total_dose_gy=17, fractions=1, statistic="mean"), "a mean dose has no BED"),
        (replace(SEEDS, total_dose_gy=60), "needs a repair half-time"),
        (replace(BEAM, delivery="implant_not_stated", total_dose_gy=60), "stayed or was taken"),
        (replace(BEAM, delivery="temporary_implant", total_dose_gy=60), "the dose rate and"),
        (replace(BEAM, delivery="not_stated", printed_bed_gy=37.5), "prints the BED"),
    ],
)
def test_what_was_not_read_is_never_filled_in(schedule, reason):
    with pytest.raises(NotIdentifiedError, match=reason):
        beds(schedule)


def test_seeds_take_the_half_life_of_their_isotope():
    low, high = beds(replace(SEEDS, total_dose_range_gy=(60, 65)), repair_half_time_hours=0.5)
    given = {"half_life_days": 9.69, "repair_half_time_hours": 0.5, "alpha_beta_gy": 10}
    assert low == permanent_implant(total_dose_gy=60, **given).bed_gy
    assert high == permanent_implant(total_dose_gy=65, **given).bed_gy
    with pytest.raises(NotIdentifiedError, match="total dose was not read"):
        beds(replace(SEEDS, printed_bed_gy=60), repair_half_time_hours=0.5)


# --- control beside dose --------------------------------------------------------------


def control_record(tmp_path, **schedule):
    """A synthetic arm with local control 0.7 at 12 months and one schedule."""
    record = copy.deepcopy(GOOD)
    outcome = record["arms"][0]["outcomes"][0]
    outcome |= {"outcome": "local_control", "median": None}
    outcome["landmarks"] = [{"months": 12, "value": 0.7}]
    record["notes"] = ["synthetic dose"]
    if schedule:
        record["schedules"] = [
            {
                "arm": "a",
                "course": "recurrence",
                "delivery": "external_beam",
                "statistic": "prescribed",
                "stated_in": "notes[0]",
                "words": "dose",
            }
            | schedule
        ]
    write(tmp_path, record)
    return load_records(tmp_path / "data")


def points_of(records):
    return control_points(records, months=12, alpha_beta_gy=10, repair_half_times_hours=(0.5, 1.5))


def test_a_cohort_with_both_is_a_point(tmp_path):
    (point,), without = points_of(control_record(tmp_path, dose_per_fraction_gy=8, fractions=3))
    assert (point.landmark.value, point.printed_bed, without) == (0.7, False, ())
    expected = fractionated(dose_per_fraction_gy=8, fractions=3, alpha_beta_gy=10).bed_gy
    assert (point.bed_low_gy, point.bed_high_gy) == (expected, expected)


def test_seeds_span_the_half_times(tmp_path):
    given = {"delivery": "permanent_implant", "isotope": "cs131", "total_dose_gy": 60}
    (point,), _ = points_of(control_record(tmp_path, **given))
    assert round(point.bed_low_gy, 1) == 60.8
    assert round(point.bed_high_gy, 1) == 62.3


def test_a_printed_bed_counts_only_with_the_same_ratio(tmp_path):
    given = {"delivery": "not_stated", "printed_bed_gy": 37.5}
    (point,), _ = points_of(control_record(tmp_path, **given, printed_bed_alpha_beta_gy=10))
    assert (point.bed_low_gy, point.printed_bed) == (37.5, True)
    points, (left,) = points_of(control_record(tmp_path, **given, printed_bed_alpha_beta_gy=3))
    assert points == ()
    assert "prints the BED" in left.reason


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ({}, "no dose of this arm was read"),
        ({"total_dose_gy": 18}, "the number of fractions was not read"),
        ({"total_dose_gy": 18, "fractions": 1, "course": "earlier"}, "no dose of this arm"),
        ({"total_dose_gy": 18, "fractions": 1, "arm": None}, "no dose of this arm"),
    ],
)
def test_a_cohort_without_a_dose_says_why(tmp_path, schedule, reason):
    points, (left,) = points_of(control_record(tmp_path, **schedule))
    assert points == ()
    assert reason in left.reason


# --- the records of the review --------------------------------------------------------


def test_every_schedule_of_the_records_is_there_once():
    records = load_records()
    found = published_schedules(records)
    assert len(found) == sum(len(record.schedules) for record in records)
    assert {one.study_id for one in found} == {r.id for r in records if r.schedules}


def test_a_printed_bed_is_that_of_one_of_its_own_schedules():
    """Bhatia 2024 prints a median BED10 of 37.5 Gy, which is 5 times 5 Gy of the same note."""
    record = next(one for one in load_records() if one.id == "bhatia-2024")
    printed = next(s.printed_bed_gy for s in record.schedules if s.printed_bed_gy)
    computed = [
        beds(schedule)[0] for schedule in record.schedules if schedule.delivery == "external_beam"
    ]
    assert printed in [pytest.approx(bed) for bed in computed]


def test_contrasts_by_dose_are_found():
    found = dose_contrasts(load_records())
    assert [(record.id, index, contrast.hr) for record, index, contrast in found] == [
        ("bhatia-2024", 0, 0.9),
        ("bhatia-2024", 1, 0.88),
    ]
