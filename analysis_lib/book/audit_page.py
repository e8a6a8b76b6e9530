"""Everything the consistency audit found, the most serious first."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_lib.book.markdown import Facts, Heading, page
from analysis_lib.book.study_page import SEVERITY_WORDS, findings_table
from analysis_lib.consistency import RULES, SEVERITIES, Finding
from analysis_lib.study_records import StudyRecord
from analysis_lib.tables import Html, count, paragraph


def audit_page(records: Sequence[StudyRecord], findings: Sequence[Finding]) -> str:
    """The Markdown of the audit's page."""
    by_id = {record.id: record for record in records}
    studies = len({found.study_id for found in findings})
    blocks: list[Html] = []
    for severity in SEVERITIES:
        found = [finding for finding in findings if finding.severity == severity]
        blocks.append(Heading(f"{SEVERITY_WORDS[severity].capitalize()} ({count(len(found))})"))
        blocks.append(findings_table(found, by_id) if found else paragraph("None."))
    return page(
        "Contradictions found in papers",
        paragraph(
            f"Each of {count(len(records))} records was checked against itself and against the "
            f"others by {count(len(RULES))} rules: {count(len(findings))} findings in "
            f"{count(studies)} studies. Nothing printed is changed by a finding; people decide."
        ),
        *blocks,
        Heading("The rules"),
        Facts(tuple((code.replace("-", " "), looked_for) for code, looked_for in RULES.items())),
    )
