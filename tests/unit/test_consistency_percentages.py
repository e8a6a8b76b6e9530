"""How percentages are read from the text of (synthetic) quotations."""

import pytest

from analysis_lib.consistency import audit_record
from analysis_lib.study_records.model import (
    Arm,
    Citation,
    Count,
    Eligibility,
    Harm,
    Outcome,
    SecondReading,
    Source,
    StudyRecord,
)


def record(*, harm=None, outcome=None, notes=()):
    arm = Arm(
        "a", "a", "re_srs", "tumour",
        outcomes=(outcome,) if outcome else (), harms=(harm,) if harm else (),
    )  # fmt: skip
    return StudyRecord(
        1, "synthetic-2000", Citation(), "synthetic", "synthetic", "local", (arm,), (),
        Eligibility("include", "synthetic"), SecondReading(1), notes=notes,
    )  # fmt: skip


def of_harm(seen, events, at_risk):
    source = Source("https://example.org/", "synthetic", seen)
    return record(harm=Harm("radionecrosis", "harm_after", source, events, at_risk))


def of_outcome(seen, events, n):
    source = Source("https://example.org/", "synthetic", seen)
    outcome = Outcome(
        "local_control", "none", "start_of_salvage", Count(n, "lesion"), "crude", (), source,
        n_events=events,
    )  # fmt: skip
    return record(outcome=outcome)


def wrong(of_record):
    """Count, total and percentage of every percentage that is not its count."""
    return [
        tuple(number for _, number in finding.values)
        for finding in audit_record(of_record)
        if finding.rule == "percentage-against-count"
    ]


@pytest.mark.parametrize(
    ("seen", "events", "at_risk", "expected"),
    [
        ("after retreatment 2 25.0%", 2, 12, (2, 12, 25.0)),
        ("12/27 lesions (40.0%) required steroids", 12, 27, (12, 27, 40.0)),
        ("seen in 9 (29 %) out of 47 lesions", 9, 47, (9, 47, 29)),
        ("Four (16%) patients had asymptomatic radionecrosis", 4, 69, (4, 69, 16)),
        ("The overall rate was 26.1%", 5, 31, (5, 31, 26.1)),
        ("7/16 (50)19.00/16 (0)NR0.0", 7, 15, (7, 16, 50)),
        ("control was 75.8% (13 of 15 lesions)", None, None, (13, 15, 75.8)),
        ("after salvage therapies (6/28, 31.42%)", None, None, (6, 28, 31.42)),
        ("13 of the 54 lesions (44%)", None, None, (13, 54, 44)),
    ],
)
def test_wrong_percentages_are_read(seen, events, at_risk, expected):
    assert wrong(of_harm(seen, events, at_risk)) == [expected]


@pytest.mark.parametrize(
    ("seen", "events", "at_risk"),
    [
        ("after retreatment 2 16.7%", 2, 12),
        # cut off instead of rounded: 4/55 is 7.27 %, 25/55 is 45.45 %
        ("Pathological evidence of radiation necrosis 4 7.2%", 4, 55),
        ("Use of steroids within 3 months of reirradiation 25 45.4%", 25, 55),
        ("Evidence of grade 3 or 4 neurotoxicity as per chart review 11 25.6%", 11, 43),
        # rounded up from a half: 9/40 is 22.5 %
        ("symptomatic necrosis 9 of 40 (23%)", 9, 40),
        # the only percentage is another event's: the count itself is written as a word
        ("The complication rate was 26.2% and two patients died", 2, 107),
        # a time is not a count; 6 of 38 is 15.8 %
        ("LF developed in 6 of 38 cavities (16%); 7.9% at 6 months and 13% at 1 year", 6, 38),
        # two percentages, neither beside the count
        ("diarrhoea (24%), pulmonary embolism (8%)", 20, 50),
        # columns of a table run together: no count of 618 in 58
        ("SRS15.5 cc0 (0)7.618/ 58 (31)NR1.7", 0, 58),
        ("no percentage at all in 3 patients", 3, 50),
    ],
)
def test_right_or_unreadable_percentages_are_left_alone(seen, events, at_risk):
    assert wrong(of_harm(seen, events, at_risk)) == []


def test_percentage_of_another_quotient_is_not_held_against_the_next_one():
    assert wrong(record(notes=("95/114 = 83.3% (95/119 = 79.8%)",))) == []


def test_percentage_in_the_notes_of_a_record_is_read():
    assert wrong(record(notes=("control rate 53.5% (58 of the 108)",))) == [(58, 108, 53.5)]


def test_events_of_an_outcome_are_held_against_the_percentage_beside_them():
    assert wrong(of_outcome("9 of the treated lesions progressed (45%)", 9, 26)) == [(9, 26, 45)]


def test_a_kaplan_meier_percentage_is_not_held_against_the_events_of_an_outcome():
    assert wrong(of_outcome("the 1-year local control rate was 79.5%", 9, 26)) == []


def test_one_contradiction_is_told_once():
    seen = "12/27 lesions (40.0%)"
    source = Source("https://example.org/", "synthetic", seen)
    harm = Harm("radionecrosis", "harm_after", source, 12, 27)
    assert wrong(record(harm=harm, notes=(f"The table prints {seen}",))) == [(12, 27, 40.0)]
