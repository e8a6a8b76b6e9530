"""A field of a record by its dotted name."""

from __future__ import annotations

import re
from typing import Any

from analysis_lib.study_records.model import StudyRecord

_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]")


def value_at(record: StudyRecord, field: str) -> Any:
    """What stands at ``arms[3].n_lesions``; None where the record has no such field."""
    found: Any = record
    for name, index in _STEP.findall(field):
        try:
            found = getattr(found, name) if name else found[int(index)]
        except (AttributeError, IndexError, TypeError):
            return None
    return found
