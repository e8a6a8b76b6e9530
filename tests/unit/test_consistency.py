"""Every rule of the consistency check, on synthetic records: one that fires, one that does not."""

import dataclasses

import pytest

from analysis_lib.consistency import RULES, SEVERITIES, Finding, audit_record, audit_records
from analysis_lib.exceptions import InvalidInputError
from analysis_lib.study_records.model import (
    Arm,
    Citation,
    Contrast,
    Count,
    Eligibility,
    Harm,
    Landmark,
    Median,
    Outcome,
    SecondReading,
    Source,
    StudyRecord,
)


def quotation(seen="synthetic"):
    return Source(url="https://example.org/", locator="synthetic", seen=seen)


def outcome(name="os", *, n=40, unit="patient", median=None, marks=(), seen="synthetic", **more):
    """A synthetic outcome; ``median`` and ``marks`` as plain tuples (value, low, high)."""
    if median is not None and not isinstance(median, Median):
        median = Median(*median) if isinstance(median, tuple) else Median(median)
    settings = {
        "role": "sensitivity",
        "time_zero_kind": "start_of_salvage",
        "estimator": "kaplan_meier",
        "n_analysed": Count(n, unit),
        "landmarks": tuple(Landmark(*mark) for mark in marks),
        "source": quotation(seen),
        "median": median,
    }
    return Outcome(outcome=name, **{**settings, **more})


def arm(name="a", *outcomes, harms=(), **more):
    settings = {"label": name, "treatment": "re_srs", "pathology": "tumour", **more}
    return Arm(id=name, outcomes=tuple(outcomes), harms=tuple(harms), **settings)


def harm(events, at_risk, seen):
    source = quotation(seen)
    return Harm("radionecrosis", "harm_after", source, n_events=events, n_at_risk=at_risk)


def contrast(hr, **more):
    settings = {
        "kind": "arms", "estimator": "cox", "event_direction": "failure", "source": quotation(),
    }  # fmt: skip
    return Contrast(outcome="os", arm="a", versus="b", hr=hr, **{**settings, **more})


def study(*arms, study_id="synthetic-2000", reading=(5, 0, 0), **more):
    settings = {
        "schema_version": 1,
        "citation": Citation(),
        "design": "synthetic",
        "population": "synthetic",
        "recurrence": "local",
        "contrasts": (),
        "eligibility": Eligibility("include", "synthetic"),
        "second_reading": SecondReading(*reading),
    }
    return StudyRecord(id=study_id, arms=tuple(arms), **{**settings, **more})


def one(*args, **more):
    """A synthetic study of one arm with one outcome."""
    return study(arm("a", outcome(*args, **more)))


def two(first, second, **more):
    """A synthetic study of two arms with one outcome each."""
    return study(arm("a", first), arm("b", second), **more)


def both(first, second, **more):
    """A synthetic study of one arm with two outcomes."""
    return study(arm("a", first, second), **more)


def parts(whole, *of_parts, **more):
    """A synthetic arm and its parts, one outcome each."""
    subsets = (arm(f"p{i}", o, subset_of="all") for i, o in enumerate(of_parts))
    return study(arm("all", whole, **more), *subsets)


def harmed(events, at_risk, seen, **more):
    return study(arm("a", harms=[harm(events, at_risk, seen)], **more))


def found(record, rule):
    return [finding for finding in audit_record(record) if finding.rule == rule]


#: rule, severity, record that breaks it, record that is close to breaking it and does not.
CASES = [
    (
        "median-against-landmarks", "error",
        one(median=15.2, marks=[(24, 0.52)]),
        one(median=15.2, marks=[(12, 0.55), (24, 0.48)]),
    ),
    (
        "median-against-landmarks", "error",
        one(median=15.2, marks=[(12, 0.45)]),
        one(median=15.2, marks=[(15, 0.5), (16, 0.5)]),
    ),
    (
        "survival-rises", "error",
        one(marks=[(12, 0.5), (24, 0.51)]),
        one(marks=[(12, 0.5), (24, 0.5)]),
    ),
    (
        "progression-free-above-survival", "error",
        both(outcome("pfs", marks=[(24, 0.611)]), outcome("os", marks=[(24, 0.495)])),
        both(outcome("pfs", marks=[(12, 0.611)]), outcome("os", marks=[(24, 0.495)])),
    ),
    (
        "progression-free-above-survival", "error",
        both(outcome("local_pfs", median=15.8), outcome("os", median=11.0)),
        both(outcome("local_control", median=10.8), outcome("os", median=11.0)),
    ),
    (
        "progression-free-above-survival", "error",
        both(outcome("pfs", median=14.0), outcome("os", marks=[(12, 0.4)])),
        both(outcome("pfs", median=11.0), outcome("os", marks=[(12, 0.4)])),
    ),
    (
        # 50 % may be 50.4 %, and 60.5 % agrees with 61 %: rounding is not a contradiction.
        "progression-free-above-survival", "error",
        both(outcome("pfs", median=14.0), outcome("os", marks=[(12, 0.49)])),
        both(outcome("pfs", median=14.0), outcome("os", marks=[(12, 0.5)])),
    ),
    (
        "progression-free-above-survival", "error",
        both(outcome("pfs", marks=[(12, 0.61)]), outcome("os", marks=[(12, 0.604)])),
        both(outcome("pfs", marks=[(12, 0.61)]), outcome("os", marks=[(12, 0.605)])),
    ),
    (
        "progression-free-above-survival", "error",
        both(outcome("pfs", marks=[(12, 0.6)]), outcome("os", median=9.1)),
        both(outcome("pfs", marks=[(12, 0.43)]), outcome("os", median=7.3)),
    ),
    (
        "progression-free-above-survival", "explain",
        both(outcome("pfs", n=27, marks=[(6, 0.74)]), outcome("os", n=42, marks=[(6, 0.72)])),
        both(
            outcome("pfs", marks=[(6, 0.74)]),
            outcome("os", marks=[(6, 0.72)], time_zero_kind="diagnosis"),
        ),
    ),
    (
        "progression-free-beyond-study-survival", "explain",
        two(outcome("local_pfs", median=43.2), outcome("os", median=14.7)),
        two(outcome("local_pfs", median=13.2), outcome("os", median=14.7)),
    ),
    (
        "control-outlasts-survival", "note",
        both(outcome("local_control", median=20.5), outcome("os", median=11.5)),
        both(outcome("local_control", median=10.5), outcome("os", median=11.5)),
    ),
    (
        "parent-outside-parts", "error",
        parts(outcome(n=40, median=14.4), outcome(n=30, median=5.9), outcome(n=10, median=12.7)),
        parts(outcome(n=40, median=7.4), outcome(n=30, median=5.9), outcome(n=10, median=12.7)),
    ),
    (
        "parent-outside-parts", "explain",
        parts(outcome(n=40, marks=[(12, 0.6)]), *(outcome(n=9, marks=[(12, 0.5)]),) * 2),
        parts(outcome(n=40, marks=[(12, 0.6)]), outcome(n=9, marks=[(12, 0.5)])),
    ),
    (
        "followup-median-above-maximum", "error",
        one(median_followup_months=20, followup_max_months=12),
        one(median_followup_months=12, followup_max_months=12),
    ),
    (
        "median-beyond-followup", "error",
        one(median=14.0, followup_max_months=12.0),
        one(median=12.0, followup_max_months=12.0),
    ),
    (
        "landmark-beyond-followup", "explain",
        one(marks=[(24, 0.2)], followup_max_months=19.3),
        one(marks=[(24, 0.0)], followup_max_months=19.3),
    ),
    (
        "far-beyond-median-followup", "note",
        one(marks=[(12, 0.8)], median_followup_months=6.1),
        one(marks=[(9, 0.8)], median_followup_months=6.1),
    ),
    (
        "median-equals-followup", "explain",
        one(median=6.1, median_followup_months=6.1),
        one(median=6.2, median_followup_months=6.1),
    ),
    ("events-above-n", "error", one(n=12, n_events=13), one(n=12, n_events=12)),
    ("events-above-n", "error", harmed(13, 12, "synthetic"), harmed(12, 12, "synthetic")),
    (
        "analysed-above-arm", "error",
        study(arm("a", outcome(n=30), n_patients=29)),
        study(arm("a", outcome(n=30, unit="lesion"), n_patients=29)),
    ),
    (
        "arm-above-study", "error",
        study(arm("a", n_patients=31), n_patients=30),
        study(arm("a", n_patients=30), n_patients=30),
    ),
    (
        "arm-above-study", "explain",
        study(arm("a", n_lesions=50), n_lesions=34),
        study(arm("a", n_lesions=50), n_patients=34),
    ),
    (
        "subsets-above-parent", "explain",
        parts(outcome(n=40), outcome(n=30), outcome(n=11)),
        parts(outcome(n=40), outcome(n=30), outcome(n=10)),
    ),
    (
        "subsets-above-parent", "error",
        parts(outcome(n=40), outcome(n=41)),
        parts(outcome(n=40), outcome(n=41, unit="lesion")),
    ),
    (
        "arms-above-study", "explain",
        study(arm("a", n_patients=51), arm("b", outcome(n=27)), n_patients=76),
        study(arm("a", n_patients=49), arm("b", outcome(n=27)), n_patients=76),
    ),
    (
        "arms-above-study", "error",
        study(arm("a", n_lesions=55), arm("b", n_lesions=28), n_lesions=82),
        study(arm("a", n_lesions=55), arm("b", n_lesions=28, subset_of="a"), n_lesions=82),
    ),
    (
        "histology-above-n", "explain",
        study(n_patients=20, histology={"nsclc": 15, "breast": 6}),
        study(n_patients=20, n_lesions=21, histology={"nsclc": 15, "breast": 6}),
    ),
    (
        "percentage-against-count", "error",
        harmed(2, 12, "progression after retreatment 2 25.0%"),
        harmed(2, 12, "progression after retreatment 2 16.7%"),
    ),
    (
        "percentage-fits-no-denominator", "explain",
        harmed(4, None, "radionecrosis in 4 (10.2%)", n_patients=30, n_lesions=36),
        harmed(4, None, "radionecrosis in 4 (11.1%)", n_patients=30, n_lesions=36),
    ),
    (
        "interval-excludes-estimate", "error",
        one(marks=[(12, 0.7, 0.71, 0.8)]),
        one(marks=[(12, 0.71, 0.71, 0.8)]),
    ),
    (
        "interval-excludes-estimate", "error",
        study(contrasts=(contrast(0.9, low=0.3, high=0.8),)),
        study(contrasts=(contrast(0.7, low=0.3),)),
    ),
    (
        # Log limits of 12 patients, all followed: 59.7 to 100 %; the printed ones fit 34.
        "interval-implies-more-than-n", "error",
        one(n=12, marks=[(24, 0.795, 0.67, 0.944)]),
        one(n=43, marks=[(24, 0.795, 0.67, 0.944)]),
    ),
    (
        "interval-implies-more-than-n", "explain",
        one(
            "local_control", n=116, marks=[(12, 0.561, 0.466, 0.638)],
            estimator="one_minus_cumulative_incidence",
        ),
        one(
            "local_control", n=131, marks=[(12, 0.561, 0.466, 0.638)],
            estimator="one_minus_cumulative_incidence",
        ),
    ),
    (
        # Read as limits of an incidence 78 are implied, as limits of a survival 69.
        "interval-implies-more-than-n", "explain",
        one(n=75, marks=[(12, 0.9, 0.83, 0.95)], estimator="one_minus_cumulative_incidence"),
        one(n=75, marks=[(12, 0.9, 0.83, 0.95)]),
    ),
    (
        "interval-of-another-arm", "error",
        two(*(outcome(n=n, marks=[(24, 0.8, 0.67, 0.94)]) for n in (43, 12))),
        two(*(outcome(n=n, marks=[(24, 0.8, 0.67, 0.94)]) for n in (43, 43))),
    ),
    (
        "interval-of-another-arm", "explain",
        two(outcome(n=43, median=(9, 4, 18.5)), outcome(n=None, median=(9, 4, 18.5))),
        two(outcome(n=43, median=(9, 4, 18.5)), outcome(n=None, median=(9, 4, 18.6))),
    ),
    (
        "median-interval-too-narrow", "explain",
        one(n=106, median=(11.7, 8.1, 13.0)),
        one(n=170, median=(11.7, 8.1, 13.0)),
    ),
    (
        "median-interval-too-narrow", "error",
        one(n=20, median=(11.7, 10.1, 13.2)),
        one(n=20, median=(11.7, 5.1, 23.2)),
    ),
    (
        "symmetric-median-interval", "explain",
        one(median=(14.74, 11.68, 17.8)),
        one(median=(14.74, 12.0, 18.11)),
    ),
    (
        # Off the centre by exactly the rounding of its digits, and by one digit more.
        "symmetric-median-interval", "explain",
        one(median=(10.1, 4.3, 16.1)),
        one(median=(10.1, 4.3, 16.2)),
    ),
    (
        "hazard-ratio-against-survival", "explain",
        two(outcome(median=12.4), outcome(median=8.2), contrasts=(contrast(1.4),)),
        two(outcome(median=12.4), outcome(median=8.2), contrasts=(contrast(0.6),)),
    ),
    (
        "hazard-ratio-against-survival", "note",
        two(outcome(marks=[(12, 0.6)]), outcome(marks=[(12, 0.5)]), contrasts=(contrast(0.3),)),
        two(outcome(marks=[(12, 0.6)]), outcome(marks=[(12, 0.5)]), contrasts=(contrast(0.7),)),
    ),
    ("not-read-again", "note", study(reading=(3, 0, 2)), study(reading=(3, 2, 0))),
    (
        "not-read-again", "note",
        study(arm("a", outcome()), reading=(0, 0, 0)),
        study(arm("a", outcome(role="none")), reading=(0, 0, 0)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "record", "silent"), CASES)
def test_rule_fires_on_one_record_and_not_on_its_neighbour(rule, severity, record, silent):
    assert [finding.severity for finding in found(record, rule)] == [severity]
    assert found(silent, rule) == []


def test_every_rule_has_a_case():
    in_cases = {case[0] for case in CASES} | {"same-figures-as-another-study"}
    assert in_cases == set(RULES)


def test_every_rule_says_what_it_looks_for():
    assert all(len(description) > 15 for description in RULES.values())


@pytest.mark.parametrize(("rule", "severity", "record", "silent"), CASES)
def test_finding_names_record_place_and_numbers(rule, severity, record, silent):
    (finding,) = found(record, rule)
    assert finding.study_id == record.id
    assert finding.severity in SEVERITIES
    assert finding.field
    assert finding.values
    assert finding.message.rstrip().endswith((".", ")"))
    assert all(isinstance(number, int | float) for _, number in finding.values)


def test_unusable_median_is_checked_and_its_reason_told():
    median = Median(15.2, usable=False, reason="worded as follow-up to death")
    (finding,) = found(one(median=median, marks=[(24, 0.52)]), "median-against-landmarks")
    assert finding.message == (
        "Overall survival is printed with a median of 15.2 months and with 52 % at 24 months;"
        " after its median it must be at most 50 %. The record marks the median as not usable:"
        " worded as follow-up to death."
    )
    assert finding.field == "arms[0].outcomes[0].median"
    assert finding.values == (("median", 15.2), ("months", 24), ("landmark", 0.52))


def test_survival_in_the_same_arm_of_other_patients_is_no_error():
    record = study(
        arm("a", outcome("pfs", marks=[(24, 0.6)])), arm("b", outcome("os", marks=[(24, 0.5)]))
    )
    assert found(record, "progression-free-above-survival") == []


def test_implied_number_is_told_with_the_number_there_is():
    (finding,) = found(one(n=12, marks=[(24, 0.795, 0.67, 0.944)]), "interval-implies-more-than-n")
    values = dict(finding.values)
    # By hand, on the log scale: se = log(0.944 / 0.67) / (2 * 1.96), n = 0.205 / 0.795 / se^2.
    assert values["n"] == 12
    assert values["implied_n"] == pytest.approx(33.7, abs=0.1)
    assert values["smallest_implied_n"] < values["implied_n"]


def test_implied_number_of_a_median_by_hand():
    record = one(n=106, median=(11.7, 8.1, 13.0))
    (finding,) = found(record, "median-interval-too-narrow")
    # (2 * 1.96 / (ln 2 * ln(13 / 8.1)))^2; with 8.05 and 13.5 for the smallest.
    assert dict(finding.values)["implied_n"] == pytest.approx(142.9, abs=0.1)
    assert dict(finding.values)["smallest_implied_n"] == pytest.approx(119.6, abs=0.2)


def test_limits_at_the_ends_of_their_range_do_not_stop_the_audit():
    record = one(median=(3, 0, 9), marks=[(12, 0.0, 0.0, 0.1), (6, 1.0, 1.0, 1.0)])
    assert found(record, "median-interval-too-narrow") == []
    assert found(record, "interval-implies-more-than-n") == []


def test_hazard_ratio_of_unknown_direction_is_not_read():
    record = two(
        outcome(median=12.4), outcome(median=8.2),
        contrasts=(contrast(1.4, event_direction="unknown"),),
    )  # fmt: skip
    assert found(record, "hazard-ratio-against-survival") == []


def shared(study_id, os=0.617, control=0.795):
    return study(
        arm("a", outcome(marks=[(12, os)]), outcome("local_control", marks=[(12, control)])),
        study_id=study_id,
    )


def test_two_shared_landmarks_are_found_on_both_studies():
    findings = audit_records([shared("one-2001"), shared("two-2002"), shared("three-2003", os=0.5)])
    assert [(f.study_id, f.rule, f.severity) for f in findings] == [
        ("one-2001", "same-figures-as-another-study", "explain"),
        ("two-2002", "same-figures-as-another-study", "explain"),
    ]
    assert "two-2002" in findings[0].message
    assert "61.7 % at 12 months" in findings[0].message


def test_studies_declared_one_series_may_share_figures():
    records = [shared("one-2001"), shared("two-2002")]
    assert audit_records(records, same_series=[("one-2001", "two-2002")]) == ()
    assert len(audit_records(records, same_series=[("one-2001", "three-2003")])) == 2


def test_one_shared_landmark_is_chance():
    assert audit_records([shared("one-2001"), shared("two-2002", control=0.8)]) == ()


def test_findings_come_in_one_order_whatever_the_order_of_records():
    records = [dataclasses.replace(case[2], id=f"synthetic-{i}") for i, case in enumerate(CASES)]
    assert audit_records(records) == audit_records(reversed(records))


def test_serious_findings_come_first():
    record = one(median=(15.2, 12.1, 18.3), marks=[(24, 0.52)], median_followup_months=2)
    severities = [finding.severity for finding in audit_record(record)]
    assert severities == sorted(severities, key=SEVERITIES.index)
    assert set(severities) == set(SEVERITIES)


def test_a_sound_record_has_no_findings():
    record = study(
        arm(
            "a",
            outcome(n=47, median=(14.0, 8.9, 26.0), marks=[(12, 0.55, 0.42, 0.71)]),
            outcome("pfs", n=47, median=(6.0, 4.0, 11.0)),
            harms=[harm(5, 47, "radionecrosis in 5 patients (10.6%)")],
            n_patients=47,
        ),
        n_patients=47,
    )
    assert audit_record(record) == ()


def test_an_empty_record_has_no_findings():
    assert audit_record(study()) == ()


@pytest.mark.parametrize(("severity", "rule"), [("fatal", "events-above-n"), ("error", "other")])
def test_a_finding_outside_the_closed_lists_is_refused(severity, rule):
    with pytest.raises(InvalidInputError, match="must be"):
        Finding("synthetic-2000", "n_patients", severity, rule, "synthetic")


def test_shared_figures_are_found_in_any_order_of_many_studies():
    """The pairs found by figure are those that a look at every pair finds."""
    values = [0.617, 0.5, 0.617, 0.5, 0.617]
    records = [shared(f"s{n}-2001", os=value) for n, value in enumerate(values)]
    found = {(f.study_id, f.message.split(" of ")[1].split(":")[0]) for f in audit_records(records)}
    same = [(0, 2), (0, 4), (2, 4), (1, 3)]
    pairs = {(f"s{a}-2001", f"s{b}-2001") for a, b in same}
    assert found == pairs | {(b, a) for a, b in pairs}


def test_every_statement_of_a_percentage_holds_a_fraction():
    """Texts without one are not searched for statements."""
    from analysis_lib.consistency.percentages import _FRACTION, STATEMENTS

    texts = (
        "12/27 lesions (40.0%)", "13 of 54 lesions (24%)", "3/40 (8%, 2-22%)", "14/54 (25.6)",
        "16/35 is 45.7%", "58/108 = 53.7%", "75.8% (13 of 15 lesions)", "(6/28, 21.42%)",
    )  # fmt: skip
    for text in texts:
        assert any(pattern.search(text) for pattern in STATEMENTS)
        assert _FRACTION.search(text)
