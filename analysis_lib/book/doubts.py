"""What the audit finds in the figures that a comparison pools."""

from __future__ import annotations

import pandas as pd

from analysis_lib.book.places import block_anchor, study_link, study_page
from analysis_lib.comparison.result import ComparisonResult
from analysis_lib.consistency import Finding, audit_records
from analysis_lib.study_records import declared_same_series, load_records
from analysis_lib.tables import Cell, Html, html_table, paragraph

#: Severities that a reader of a pooled figure should know, in plain words.
_SHOWN = {"error": "cannot both be true", "explain": "needs an explanation"}


def doubts(result: ComparisonResult) -> Html:
    """Contradictions and unexplained figures in the arms of the primary analyses."""
    pooled = {
        (arm.study_id, arm.field.split(".")[0]): arm.study_label
        for outcome in result.outcomes
        for side in outcome.sides
        for arm in side.arms
    }
    findings = audit_records(load_records(), same_series=declared_same_series())
    rows = [
        {
            "Study": study_link(found.study_id, pooled[key]),
            "What": Cell(_SHOWN[found.severity], href=_place(found)),
            "In the pooled arms": found.message,
        }
        for found in findings
        if (key := (found.study_id, found.field.split(".")[0])) in pooled
        and found.severity in _SHOWN
    ]
    if not rows:
        return paragraph("The audit finds nothing to explain in the arms of the primary analyses.")
    return html_table(pd.DataFrame(rows), caption="Doubts about figures that are pooled")


def _place(finding: Finding) -> str:
    return f"{study_page(finding.study_id)}#{block_anchor(finding.field)}"
