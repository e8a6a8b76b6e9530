"""Which study records can change a comparison."""

from __future__ import annotations

from collections.abc import Iterable

from analysis_lib.comparison.declarations import Declaration
from analysis_lib.study_records.model import StudyRecord


def studies_concerning(declaration: Declaration, records: Iterable[StudyRecord]) -> tuple[str, ...]:
    """Ids of the records that a comparison may read, sorted.

    Wider than what it uses: any arm of a declared treatment counts, in the
    primary analysis or a scenario, whatever its role, and any contrast that
    concerns the question. A record outside this list cannot change the page.
    """
    treatments = {
        treatment
        for outcome in declaration.outcomes
        for side in declaration.sides
        for scenario in (None, *declaration.scenarios)
        for selector in declaration.selectors(side, outcome, scenario)
        for treatment in selector.treatments
    }
    return tuple(
        sorted(
            record.id
            for record in records
            if record.eligibility.decision != "exclude"
            and (
                any(arm.treatment in treatments for arm in record.arms)
                or any(c.concerns in declaration.concerns for c in record.contrasts)
            )
        )
    )
