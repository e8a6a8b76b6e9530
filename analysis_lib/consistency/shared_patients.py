"""Studies of one hospital in the same years: their patients may be the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analysis_lib.study_records.model import StudyRecord

#: Words that many hospitals share and that tell none from another.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "university hospital hospitals medical center centre centers centres clinic clinics "
        "school of medicine the and for at department institute cancer college health national "
        "general",
    )
)


@dataclass(frozen=True)
class SharedCentre:
    """Another study that names the same hospital; ``years`` says how enrolment compares."""

    study_id: str
    centre: str
    years: str


def may_share_patients(
    record: StudyRecord, records: Iterable[StudyRecord]
) -> tuple[SharedCentre, ...]:
    """Studies with a hospital in common whose years of enrolment do not rule it out.

    A hospital is recognised by the words before its first comma without those that many
    hospitals have; a study that prints no years is not ruled out. This finds what to
    look at, not what is so.
    """
    return tuple(found for other in records for found in _shared(record, other))


def _shared(record: StudyRecord, other: StudyRecord) -> Iterator[SharedCentre]:
    if other.id == record.id:
        return
    years = _years(record.enrolment, other.enrolment)
    own = {_name(centre): centre for centre in record.centres}
    names = [name for name in (_name(centre) for centre in other.centres) if name and name in own]
    if names and years:
        yield SharedCentre(other.id, own[names[0]].split(",")[0], years)


def _name(centre: str) -> frozenset[str]:
    words = re.findall(r"[^\W\d_]+", centre.split(",")[0].casefold())
    return frozenset(words) - _COMMON


def _years(one: dict | None, other: dict | None) -> str:
    """How two enrolments compare; empty when they are years apart."""
    limits = [(years or {}).get(end) for years in (one, other) for end in ("start", "end")]
    if any(year is None for year in limits):
        return "years not stated in both"
    start, end, other_start, other_end = limits
    if start > other_end or other_start > end:
        return ""
    return f"both enrolled in {max(start, other_start)} to {min(end, other_end)}"
