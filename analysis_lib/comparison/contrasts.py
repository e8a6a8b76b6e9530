"""Contrasts that papers print between groups of one study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.declarations import Declaration, Selector
from analysis_lib.effect_sizes import interval_from_p
from analysis_lib.study_records.evidence_files import load_vocabulary
from analysis_lib.study_records.model import Arm, Contrast, Source, StudyRecord


@dataclass(frozen=True)
class PrintedContrast:
    """One printed contrast, as it stands in its record.

    ``sides`` names the two sides of the comparison that its groups stand on, in
    the order of ``arm`` and ``versus``; None when it concerns a part of the question.
    ``direct`` is True when there are two, in patients of the review's population;
    otherwise it is indirect (first operations) or partial. ``interval_kind`` is
    ``printed``, ``computed`` (from the printed p-value) or ``none``. ``sizes`` says how
    many stand in each group,
    where both are recorded; ``field`` is its place in the record.
    """

    study_id: str
    study_label: str
    outcome: str
    arm: str
    versus: str
    sizes: str | None
    estimator: str
    event_direction: str
    hazard_ratio: float | None
    low: float | None
    high: float | None
    interval_kind: str
    p: float | str | None
    adjusted: bool | None
    model: str | None
    note: str | None
    direct: bool
    sides: tuple[str, str] | None
    source: Source
    field: str


def printed_contrasts(
    records: Iterable[StudyRecord],
    declaration: Declaration,
    selectors: dict[str, Sequence[Selector]],
    outcome: str,
) -> tuple[PrintedContrast, ...]:
    """The printed contrasts of one outcome that speak to a comparison.

    A contrast counts when its two arms stand on different sides by treatment
    and extent, or when its record says that it concerns this question.
    """
    found = []
    for record in records:
        if record.eligibility.decision == "exclude":
            continue
        for index, contrast in enumerate(record.contrasts):
            if contrast.outcome != outcome:
                continue
            crosses = _crosses(record, contrast, selectors)
            if crosses or contrast.concerns in declaration.concerns:
                found.append(_printed(record, contrast, index, crosses))
    return tuple(found)


def _crosses(
    record: StudyRecord, contrast: Contrast, selectors: dict[str, Sequence[Selector]]
) -> tuple[str, str] | None:
    """The two different sides that the contrast's arms stand on, if they do."""
    if contrast.kind != "arms":
        return None
    sides = [_sides_of(record.arm(name), selectors) for name in (contrast.arm, contrast.versus)]
    return next(((a, b) for a in sides[0] for b in sides[1] if a != b), None)


def _sides_of(arm: Arm, selectors: dict[str, Sequence[Selector]]) -> tuple[str, ...]:
    if arm.pathology == "necrosis":
        return ()
    return tuple(
        side
        for side, choices in selectors.items()
        if any(
            arm.treatment in s.treatments and (not s.extent or arm.extent in s.extent)
            for s in choices
        )
    )


def _printed(
    record: StudyRecord, contrast: Contrast, index: int, sides: tuple[str, str] | None
) -> PrintedContrast:
    labels = {arm.id: arm.label for arm in record.arms} if contrast.kind == "arms" else {}
    low, high, kind = _interval(contrast)
    return PrintedContrast(
        study_id=record.id,
        study_label=study_label(record),
        outcome=contrast.outcome,
        arm=labels.get(contrast.arm) or _words(contrast.arm),
        versus=labels.get(contrast.versus) or _words(contrast.versus),
        sizes=_sizes(record, contrast),
        estimator=contrast.estimator,
        event_direction=contrast.event_direction,
        hazard_ratio=contrast.hr,
        low=low,
        high=high,
        interval_kind=kind,
        p=contrast.p,
        adjusted=contrast.adjusted,
        model=contrast.model,
        note=contrast.note,
        direct=sides is not None and record.eligibility.decision == "include",
        sides=sides,
        source=contrast.source,
        field=f"contrasts[{index}]",
    )


def _interval(contrast: Contrast) -> tuple[float | None, float | None, str]:
    """The printed limits, or those that the printed p-value implies."""
    if contrast.low is not None and contrast.high is not None:
        return contrast.low, contrast.high, "printed"
    exact = isinstance(contrast.p, float) and 0 < contrast.p < 1
    if exact and contrast.hr is not None and contrast.hr != 1:
        return *interval_from_p(contrast.hr, contrast.p), "computed"
    return None, None, "none"


def _words(name: str) -> str:
    """A group's name as a reader reads it: a code of the vocabulary by its label."""
    extents = load_vocabulary()["extent"]
    return extents[name].label if name in extents else name.replace("_", " ")


def _sizes(record: StudyRecord, contrast: Contrast) -> str | None:
    """``6 and 32 cavities``: the two groups' sizes in the unit both are recorded in."""
    if contrast.kind != "arms":
        return None
    arms = [record.arm(name) for name in (contrast.arm, contrast.versus)]
    lesions = "cavities" if _counts_cavities(arms, contrast.outcome) else "lesions"
    for unit, numbers in (
        (lesions, [arm.n_lesions for arm in arms]),
        ("patients", [arm.n_patients for arm in arms]),
    ):
        if None not in numbers:
            return f"{numbers[0]} and {numbers[1]} {unit}"
    return None


def _counts_cavities(arms: Sequence[Arm], outcome: str) -> bool:
    units = {o.n_analysed.unit for arm in arms for o in arm.outcomes if o.outcome == outcome}
    return units == {"cavity"}
