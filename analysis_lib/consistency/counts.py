"""Events, analysed, arms, parts and histologies against the numbers that hold them."""

from __future__ import annotations

from collections.abc import Iterator

from analysis_lib.consistency.findings import Finding
from analysis_lib.consistency.places import arm_size, largest_known_size, outcome_places
from analysis_lib.study_records.model import Arm, StudyRecord

#: Units that are added up over arms, with the field that holds their total.
_TOTALS = (("patient", "n_patients"), ("lesion", "n_lesions"))


def events_above_n(record: StudyRecord) -> Iterator[Finding]:
    """No more events than patients or lesions they can happen to."""
    for place in outcome_places(record):
        n, events = place.n, place.outcome.n_events
        if n is not None and events is not None and events > n:
            message = f"{events} events of {place.words} are printed for {n} {place.units}."
            field = f"{place.path}.n_events"
            yield _too_many(record, field, "events-above-n", message, events, n)
    for arm_index, arm in enumerate(record.arms):
        for index, harm in enumerate(arm.harms):
            n, events = harm.n_at_risk, harm.n_events
            if n is not None and events is not None and events > n:
                message = f"{events} cases of {harm.event} are printed for {n} at risk."
                field = f"arms[{arm_index}].harms[{index}].n_events"
                yield _too_many(record, field, "events-above-n", message, events, n)


def analysed_above_arm(record: StudyRecord) -> Iterator[Finding]:
    """No more analysed than the arm holds, in the same unit."""
    for place in outcome_places(record):
        analysed = place.outcome.n_analysed.value
        held = arm_size(place.arm, place.outcome.n_analysed.unit)
        if analysed is not None and held is not None and analysed > held:
            message = (
                f"{analysed} {place.units} are analysed for {place.words}, but the arm"
                f" {place.arm.id} holds {held}."
            )
            field = f"{place.path}.n_analysed"
            yield _too_many(record, field, "analysed-above-arm", message, analysed, held)


def arm_above_study(record: StudyRecord) -> Iterator[Finding]:
    """No arm larger than its study. Lesions can be counted again after another recurrence."""
    for index, arm in enumerate(record.arms):
        for unit, total in _TOTALS:
            whole, part = getattr(record, total), arm_size(arm, unit)
            if whole is not None and part is not None and part > whole:
                message = f"The arm {arm.id} holds {part} {unit}s, the study {whole}."
                severity = "error" if unit == "patient" else "explain"
                field = f"arms[{index}].{total}"
                yield _too_many(record, field, "arm-above-study", message, part, whole, severity)


def subsets_above_parent(record: StudyRecord) -> Iterator[Finding]:
    """Parts of an arm against the arm: each alone, then all together."""
    for index, parent in enumerate(record.arms):
        parts = [arm for arm in record.arms if arm.subset_of == parent.id]
        for unit, total in _TOTALS:
            whole, sizes = largest_known_size(parent, unit), _sizes(parts, unit)
            field = f"arms[{index}].{total}"
            if whole is None or not sizes or sum(sizes.values()) <= whole:
                continue
            message = (
                f"The parts of arm {parent.id} hold {_sum(sizes)} {unit}s, the arm itself {whole}."
            )
            # A single part cannot exceed the whole; several may share patients.
            severity = "error" if max(sizes.values()) > whole else "explain"
            rule, held = "subsets-above-parent", sum(sizes.values())
            yield _too_many(record, field, rule, message, held, whole, severity)


def arms_above_study(record: StudyRecord) -> Iterator[Finding]:
    """Arms that are nobody's part, added up, against the study.

    A patient with two lesions may stand in two arms; a lesion may not.
    """
    whole_arms = [arm for arm in record.arms if arm.subset_of is None]
    for unit, total in _TOTALS:
        whole, sizes = getattr(record, total), _sizes(whole_arms, unit)
        held = sum(sizes.values())
        if whole is None or len(sizes) < 2 or held <= whole:
            continue
        message = (
            f"The arms hold {_sum(sizes)} {unit}s, the study {whole}:"
            f" {held - whole} stand in two arms, or another unit was counted."
        )
        severity = "explain" if unit == "patient" else "error"
        yield _too_many(record, total, "arms-above-study", message, held, whole, severity)


def histology_above_n(record: StudyRecord) -> Iterator[Finding]:
    """Histologies, counted by patient or by lesion, against the larger of the two numbers."""
    known = [n for n in (record.n_patients, record.n_lesions) if n is not None]
    counts = [n for n in (record.histology or {}).values() if isinstance(n, int)]
    if known and sum(counts) > max(known):
        message = (
            f"The histologies add up to {sum(counts)}; the study holds {record.n_patients} patients"
            f" and {'an unknown number of' if record.n_lesions is None else record.n_lesions}"
            " lesions."
        )
        rule, held = "histology-above-n", sum(counts)
        yield _too_many(record, "histology", rule, message, held, max(known), "explain")


def not_read_again(record: StudyRecord) -> Iterator[Finding]:
    """Values a second reader did not find, and used records nobody read a second time."""
    reading = record.second_reading
    used = any(p.outcome.role in ("primary", "sensitivity") for p in outcome_places(record))
    if reading.not_found_again > 0:
        message = (
            f"{reading.not_found_again} of {reading.compared} values could not be found again"
            " by a second reader."
        )
    elif used and reading.compared == 0:
        message = "Figures of this record may be pooled, but no value was read a second time."
    else:
        return
    values = (("not_found_again", reading.not_found_again), ("compared", reading.compared))
    yield Finding(record.id, "second_reading", "note", "not-read-again", message, values)


def _sizes(arms: list[Arm], unit: str) -> dict[str, int]:
    sizes = {arm.id: largest_known_size(arm, unit) for arm in arms}
    return {name: size for name, size in sizes.items() if size is not None}


def _sum(sizes: dict[str, int]) -> str:
    listed = " + ".join(f"{size} ({name})" for name, size in sizes.items())
    return f"{listed} = {sum(sizes.values())}" if len(sizes) > 1 else listed


def _too_many(
    record: StudyRecord,
    field: str,
    rule: str,
    message: str,
    count: int,
    limit: int,
    severity: str = "error",
) -> Finding:
    return Finding(record.id, field, severity, rule, message, (("count", count), ("limit", limit)))
