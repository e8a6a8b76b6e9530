"""What in a sound file of a centre could tell who a patient is, and what stays unseen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.centre_words import SMALLEST_ARM, PatientRow

#: A follow-up stands out when it is longer than two years and half as long again as the next.
_LONG_MONTHS, _LONGER = 24.0, 1.5


def identifying(patients: Sequence[PatientRow], name: str) -> tuple[RecordProblem, ...]:
    """What would identify a patient, by line and column, with what to do about it."""
    found = (*_alone(patients), *_standing_out(patients), *_too_fine(patients))
    return tuple(RecordProblem(name, *problem) for problem in sorted(found))


def small_groups(patients: Sequence[PatientRow]) -> tuple[tuple[str, str], ...]:
    """Treatment and outcome of groups too small to be shown; never how small they are."""
    counted = Counter((row.arm_treatment, row.outcome) for row in patients)
    return tuple(sorted(group for group, n in counted.items() if n < SMALLEST_ARM))


def small_extents(patients: Sequence[PatientRow]) -> tuple[tuple[str, str], ...]:
    """Treatment and outcome whose extents of resection are not shown apart.

    One small extent hides them all: whoever knows the whole and the others knows it too.
    """
    counted: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for row in patients:
        counted[row.arm_treatment, row.outcome][row.extent] += 1
    return tuple(
        sorted(
            group
            for group, extents in counted.items()
            if len(extents) > 1 and min(extents.values()) < SMALLEST_ARM
        )
    )


def _alone(patients: Sequence[PatientRow]) -> Iterator[tuple[int, str, str, str]]:
    counted = Counter(row.group for row in patients)
    for row in patients:
        if counted[row.group] == 1:
            what = ", ".join(part for part in row.group if part not in ("none", "unknown"))
            rule = (
                "the only patient of this combination: whoever knows the patient can read the "
                "follow-up; leave the line out, or write unknown where the list allows"
            )
            yield row.line, "treatment", rule, what


def _standing_out(patients: Sequence[PatientRow]) -> Iterator[tuple[int, str, str, str]]:
    groups: dict[tuple[str, str], list[PatientRow]] = defaultdict(list)
    for row in patients:
        groups[row.arm_treatment, row.outcome].append(row)
    for rows in groups.values():
        ranked = sorted(rows, key=lambda row: row.time_months, reverse=True)
        if len(ranked) < 2:
            continue
        longest, second = ranked[0], ranked[1].time_months
        if longest.time_months > max(_LONG_MONTHS, _LONGER * second):
            rule = (
                f"so much longer than the next ({second:g}) that it tells who it is; end the "
                f"follow-up of all at a common time, such as {max(_LONG_MONTHS, second):g} "
                "months, with event 0"
            )
            yield longest.line, "time_months", rule, longest.time_text


def _too_fine(patients: Sequence[PatientRow]) -> Iterator[tuple[int, str, str, str]]:
    fine = [row for row in patients if len(row.time_text.partition(".")[2]) > 1]
    if fine:
        many, tell = (
            ("1 time is", "tells") if len(fine) == 1 else (f"{len(fine)} times are", "tell")
        )
        rule = f"{many} finer than 0.1 month and {tell} the day; round to one decimal"
        yield fine[0].line, "time_months", rule, fine[0].time_text
