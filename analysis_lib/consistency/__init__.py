"""A record against itself, and records against each other.

What a paper prints is not corrected here. A finding says what cannot be, what
needs an explanation before it is used, and what is worth knowing; people decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain

from analysis_lib.consistency.across_studies import same_figures
from analysis_lib.consistency.between_outcomes import (
    control_outlasts_survival,
    progression_free_above_survival,
    progression_free_beyond_study_survival,
)
from analysis_lib.consistency.contrasts import hazard_ratio_against_survival
from analysis_lib.consistency.counts import (
    analysed_above_arm,
    arm_above_study,
    arms_above_study,
    events_above_n,
    histology_above_n,
    not_read_again,
    subsets_above_parent,
)
from analysis_lib.consistency.findings import RULES, SEVERITIES, Finding, in_order
from analysis_lib.consistency.intervals import (
    interval_excludes_estimate,
    interval_implies_more_than_n,
    interval_of_another_arm,
    median_interval_too_narrow,
    symmetric_median_interval,
)
from analysis_lib.consistency.percentages import (
    harm_percentage_against_count,
    percentage_against_count,
    percentage_fits_no_denominator,
)
from analysis_lib.consistency.survival_times import (
    against_median_followup,
    median_against_landmarks,
    parent_outside_parts,
    survival_rises,
    within_followup,
)
from analysis_lib.study_records.model import StudyRecord

__all__ = ["RULES", "SEVERITIES", "Finding", "audit_among", "audit_record", "audit_records"]

_CHECKS: tuple[Callable[[StudyRecord], Iterator[Finding]], ...] = (
    median_against_landmarks,
    survival_rises,
    parent_outside_parts,
    within_followup,
    against_median_followup,
    progression_free_above_survival,
    progression_free_beyond_study_survival,
    control_outlasts_survival,
    events_above_n,
    analysed_above_arm,
    arm_above_study,
    subsets_above_parent,
    arms_above_study,
    histology_above_n,
    not_read_again,
    percentage_against_count,
    harm_percentage_against_count,
    percentage_fits_no_denominator,
    interval_excludes_estimate,
    interval_implies_more_than_n,
    interval_of_another_arm,
    median_interval_too_narrow,
    symmetric_median_interval,
    hazard_ratio_against_survival,
)


def audit_record(record: StudyRecord) -> tuple[Finding, ...]:
    """Everything in one record that contradicts itself or needs a word.

    Parameters
    ----------
    record : StudyRecord
        As loaded: where a correction was made, the value that is used.

    Returns
    -------
    tuple of Finding
        The most serious first, then in the order of their fields; never twice the same.
    """
    return in_order(chain.from_iterable(check(record) for check in _CHECKS))


def audit_among(
    record: StudyRecord,
    records: Iterable[StudyRecord],
    *,
    same_series: Iterable[Collection[str]] = (),
) -> tuple[Finding, ...]:
    """What :func:`audit_records` finds of one record among ``records``, which hold it too."""
    shared = same_figures(tuple(records), same_series=same_series)
    own = (found for found in shared if found.study_id == record.id)
    return in_order(chain(audit_record(record), own))


def audit_records(
    records: Iterable[StudyRecord], *, same_series: Iterable[Collection[str]] = ()
) -> tuple[Finding, ...]:
    """:func:`audit_record` of every record, and figures that two studies share.

    Parameters
    ----------
    records : iterable of StudyRecord
    same_series : iterable of collections of study ids, optional
        Studies declared to report the same patients: shared figures are no news there.

    Returns
    -------
    tuple of Finding
        By study, then as in :func:`audit_record`.
    """
    records = tuple(records)
    single = chain.from_iterable(audit_record(record) for record in records)
    return in_order(chain(single, same_figures(records, same_series=same_series)))
