"""What the consistency check finds by itself in the records of this review.

The expectations are contradictions that readers of the papers had written down
before the check existed; no rule knows a study by its name.
"""

from collections import Counter
from pathlib import Path

import pytest

import analysis_lib.consistency as consistency
from analysis_lib.consistency import audit_records
from analysis_lib.study_records import load_records


@pytest.fixture(scope="module")
def findings():
    return audit_records(load_records())


def values(findings, study_id, rule):
    """Severity and numbers of every finding of one rule on one study."""
    return [
        (finding.severity, tuple(number for _, number in finding.values))
        for finding in findings
        if finding.study_id == study_id and finding.rule == rule
    ]


def test_bhatia_medians_contradict_its_landmarks(findings):
    assert values(findings, "bhatia-2024", "median-against-landmarks") == [
        ("error", (15.2, 24, 0.52)),
        ("error", (18.3, 24, 0.573)),
    ]


def test_bhatia_percentages_are_not_their_counts(findings):
    assert values(findings, "bhatia-2024", "percentage-against-count") == [
        ("error", (2, 12, 25.0)),
        ("error", (12, 27, 40.0)),
    ]


def test_bhatia_prints_one_interval_for_43_and_12_lesions(findings):
    shared = values(findings, "bhatia-2024", "interval-of-another-arm")
    assert shared == [("error", (43, 12))]
    ((severity, (n, implied, _)),) = values(findings, "bhatia-2024", "interval-implies-more-than-n")
    assert (severity, n, round(implied)) == ("error", 12, 34)


def test_bhatia_arms_hold_more_patients_than_the_study(findings):
    assert values(findings, "bhatia-2024", "arms-above-study") == [("explain", (78, 76))]


@pytest.mark.parametrize(
    ("study_id", "other"),
    [("bhatia-2024", "balermpas-2018"), ("balermpas-2018", "bhatia-2024")],
)
def test_bhatia_and_balermpas_print_the_same_figures(findings, study_id, other):
    rule = "same-figures-as-another-study"
    assert values(findings, study_id, rule) == [("explain", (0.795, 0.617))]
    (finding,) = [f for f in findings if f.study_id == study_id and f.rule == rule]
    assert other in finding.message


def test_hong_progression_free_survival_lies_above_survival(findings):
    assert values(findings, "hong-2019", "progression-free-above-survival") == [
        ("error", (24, 0.611, 24, 0.495)),
        ("error", (24, 0.6, 24, 0.566)),
    ]


def test_wilcox_intervals_imply_more_lesions_than_there_are(findings):
    implied = values(findings, "wilcox-2021", "interval-implies-more-than-n")
    assert [(severity, n, round(count)) for severity, (n, count, _) in implied] == [
        ("explain", 116, 130),
        ("explain", 39, 47),
    ]


def test_kurtz_intervals_imply_more_patients_than_there_are(findings):
    implied = values(findings, "kurtz-2014", "median-interval-too-narrow")
    assert [(severity, n, round(count)) for severity, (n, count, _) in implied] == [
        ("explain", 106, 166),
        ("explain", 106, 143),
    ]


def test_basaran_progression_free_survival_outlasts_survival(findings):
    beyond = values(findings, "basaran-2025", "progression-free-beyond-study-survival")
    assert beyond == [("explain", (43.23, 23.97)), ("explain", (29.92, 23.97))]
    above = values(findings, "basaran-2025", "progression-free-above-survival")
    assert above == [("explain", (15.79, 0.5, 10.97, 0.5))]


def test_every_interval_of_basaran_is_symmetric(findings):
    symmetric = values(findings, "basaran-2025", "symmetric-median-interval")
    assert {severity for severity, _ in symmetric} == {"explain"}
    assert [numbers[0] for _, numbers in symmetric] == [14.74, 10.34, 14.74, 10.97, 23.97, 7.06]


@pytest.mark.parametrize(
    ("study_id", "rule"),
    [
        ("almeida-2025", "parent-outside-parts"),
        ("mitsuya-2020", "percentage-against-count"),
        ("moreau-2018", "percentage-fits-no-denominator"),
        ("pena-pino-sno", "median-equals-followup"),
        ("pmc3693888", "interval-implies-more-than-n"),
        ("rao-2014", "percentage-against-count"),
        ("telera-2013", "percentage-against-count"),
    ],
)
def test_contradictions_noted_by_readers_are_found(findings, study_id, rule):
    assert values(findings, study_id, rule)


def test_findings_do_not_flood(findings):
    """More than one finding per record on average would be read by nobody."""
    assert len(findings) < len(load_records())
    per_study = Counter(finding.study_id for finding in findings)
    assert max(per_study.values()) < 15


def test_no_rule_knows_a_study_by_name():
    source = "".join(
        path.read_text(encoding="utf-8") for path in Path(consistency.__file__).parent.glob("*.py")
    )
    assert [record.id for record in load_records() if record.id in source] == []
