"""Which outcomes of which arms stand on a side, and why the others do not.

An outcome enters by its role, its treatment and its time zero. Then cohorts
that share patients are thinned: an arm never stands beside its own subset, and
the rules of ``data/overlaps.yaml`` decide between cohorts. Whatever leaves is
kept with its reason, because a reader may ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis_lib.comparison.declarations import Keep, Selector
from analysis_lib.study_records.model import Arm, Outcome, StudyRecord

#: Best first: when two overlapping arms could stand, the better role stays.
_ROLE_ORDER = {"primary": 0, "sensitivity": 1}

_KEEP_ALL = Keep()


@dataclass(frozen=True)
class Candidate:
    """One outcome of one arm of one study, with its place in the record."""

    record: StudyRecord
    arm: Arm
    outcome: Outcome
    arm_index: int
    outcome_index: int

    @property
    def key(self) -> tuple[str, str]:
        """Study and arm."""
        return self.record.id, self.arm.id

    @property
    def field(self) -> str:
        """Dotted name of the outcome in its record."""
        return f"arms[{self.arm_index}].outcomes[{self.outcome_index}]"


@dataclass(frozen=True)
class LeftOut:
    """An outcome that could have been asked for and does not stand in the pool."""

    candidate: Candidate
    reason: str


def candidates(
    records: Iterable[StudyRecord], outcome: str, *, population: str = "include"
) -> tuple[Candidate, ...]:
    """Every reading of ``outcome`` in studies that are included, or in the indirect ones."""
    return tuple(
        Candidate(record, arm, found, arm_index, outcome_index)
        for record in records
        if record.eligibility.decision == population
        for arm_index, arm in enumerate(record.arms)
        for outcome_index, found in enumerate(arm.outcomes)
        if found.outcome == outcome
    )


def select(
    available: Sequence[Candidate],
    selectors: Sequence[Selector],
    overlaps: dict[str, Any],
    *,
    keep: Keep = _KEEP_ALL,
) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    """What stands on a side and what was left out, each with its reason.

    Parameters
    ----------
    available : sequence of Candidate
        Readings of one outcome.
    selectors : sequence of Selector
        The side's selectors for this outcome.
    overlaps : dict
        ``data/overlaps.yaml``.
    keep : Keep
        Which of the selected readings a scenario keeps; all by default.
    """
    taken, left = [], []
    for candidate in available:
        reason = _refusal(candidate, selectors)
        if reason is None:
            reason = _not_kept(candidate, keep)
        if reason is None:
            taken.append(candidate)
        elif reason:
            left.append(LeftOut(candidate, reason))
    taken, dropped = _without_subsets(taken)
    left.extend(dropped)
    taken, dropped = _without_overlaps(taken, overlaps)
    left.extend(dropped)
    return tuple(taken), tuple(sorted(left, key=lambda out: out.candidate.key))


def suspected_overlaps(
    standing: Sequence[Candidate], overlaps: dict[str, Any]
) -> tuple[dict[str, Any], ...]:
    """The ``leave_out_check`` rules that a pool triggers: it is to be run again without some.

    A rule is triggered when one of its ``leave_out`` studies stands beside another
    study it names; figures from one doubtful table trigger it alone.
    """
    found = []
    for rule in overlaps["overlaps"]:
        if rule["rule"] != "leave_out_check":
            continue
        present = {c.record.id for c in standing if _concerns(rule, c)}
        to_leave = present & set(rule["leave_out"])
        if to_leave and (present - to_leave or rule["kind"] == "secondary_table"):
            found.append(rule)
    return tuple(found)


def has_figure(outcome: Outcome) -> bool:
    """True when a survival curve can be drawn: patients, a curve, a usable median or landmark."""
    if outcome.n_analysed.value is None:
        return False
    if outcome.patients is not None:
        return True
    median = outcome.median
    usable = median is not None and median.value is not None and median.usable is not False
    known = any(landmark.value is not None for landmark in outcome.landmarks)
    return outcome.curve is not None or usable or known


def _refusal(candidate: Candidate, selectors: Sequence[Selector]) -> str | None:
    """None: it stands. Empty: it is no candidate for this side. Text: why it is left out."""
    arm, outcome = candidate.arm, candidate.outcome
    matching = [
        s
        for s in selectors
        if arm.treatment in s.treatments and (not s.extent or arm.extent in s.extent)
    ]
    if not matching:
        return ""
    if arm.pathology == "necrosis":
        return "radiation necrosis, another disease"
    by_role = [s for s in matching if outcome.role in s.roles]
    if not by_role:
        return outcome.role_reason or f"role {outcome.role}"
    if not any(outcome.time_zero_kind in s.time_zero for s in by_role):
        return f"counted from another time zero: {outcome.time_zero or outcome.time_zero_kind}"
    if outcome.n_analysed.value is None:
        return "the number of patients or lesions behind the figure is not printed"
    if not has_figure(outcome):
        return "no median and no survival at a fixed time is printed"
    return None


def level_of(outcome: Outcome) -> str:
    """The best level of evidence an outcome has: patients, then a curve, then a summary."""
    if outcome.patients is not None:
        return "patient"
    if outcome.curve is None:
        return "summary"
    return "curve_at_risk" if outcome.curve.number_at_risk_file else "curve_n"


def study_not_kept(record: StudyRecord, keep: Keep) -> str | None:
    """Why a scenario leaves out everything of a study; None when it keeps the study."""
    years = record.enrolment or {}
    start, end = years.get("start"), years.get("end")
    reasons = {
        "left out of this run": record.id in keep.without,
        "site of the recurrence": keep.recurrence and record.recurrence not in keep.recurrence,
        "read in a secondary source": keep.secondary_sources is False and record.secondary_source,
        "enrolment began earlier or is not stated": keep.enrolled_from is not None
        and (start is None or start < keep.enrolled_from),
        "enrolment ended later or is not stated": keep.enrolled_until is not None
        and (end is None or end > keep.enrolled_until),
    }
    return next((reason for reason, broken in reasons.items() if broken), None)


def _not_kept(candidate: Candidate, keep: Keep) -> str | None:
    if keep.levels and level_of(candidate.outcome) not in keep.levels:
        return "level of evidence"
    return study_not_kept(candidate.record, keep)


def _without_subsets(
    taken: Sequence[Candidate],
) -> tuple[list[Candidate], list[LeftOut]]:
    """Drop the worse of an arm and its own subset; the whole arm when roles are equal."""
    kept, left = list(taken), []
    for candidate in sorted(taken, key=lambda c: (-_depth(c), c.key)):
        parents = [c for c in kept if c.key in _ancestors(candidate)]
        if candidate not in kept or not parents:
            continue
        parent = parents[0]
        worse_parent = _role(parent) > _role(candidate)
        drop, stay = (parent, candidate) if worse_parent else (candidate, parent)
        kept.remove(drop)
        left.append(LeftOut(drop, f"same patients as the arm {stay.arm.label}, which is used"))
    return kept, left


def _role(candidate: Candidate) -> int:
    return _ROLE_ORDER.get(candidate.outcome.role, 2)


def _ancestors(candidate: Candidate) -> set[tuple[str, str]]:
    parents, parent = set(), candidate.arm.subset_of
    while parent is not None:
        parents.add((candidate.record.id, parent))
        parent = candidate.record.arm(parent).subset_of
    return parents


def _depth(candidate: Candidate) -> int:
    return len(_ancestors(candidate))


def _without_overlaps(
    taken: Sequence[Candidate], overlaps: dict[str, Any]
) -> tuple[list[Candidate], list[LeftOut]]:
    """Apply the overlap rules in file order."""
    kept, left = list(taken), []
    for rule in overlaps["overlaps"]:
        if rule["rule"] not in ("same_patients", "never_together"):
            continue
        for candidate in _to_drop(kept, rule):
            kept.remove(candidate)
            left.append(LeftOut(candidate, f"shares patients: {rule['reason'].strip()}"))
    return kept, left


def _to_drop(kept: Sequence[Candidate], rule: dict[str, Any]) -> list[Candidate]:
    concerned = [c for c in kept if _concerns(rule, c)]
    drop = [c for c in concerned if c.record.id in rule.get("keep_out", ())]
    order = _preference(rule, concerned)
    present = [s for s in order if any(c.record.id == s for c in concerned if c not in drop)]
    if len(present) > 1:
        drop += [c for c in concerned if c.record.id in present[1:] and c not in drop]
    return drop


def _concerns(rule: dict[str, Any], candidate: Candidate) -> bool:
    if candidate.record.id not in rule["studies"]:
        return False
    outcomes = rule.get("outcomes")
    if rule.get("harms") and not outcomes:
        return False
    if outcomes and candidate.outcome.outcome not in outcomes:
        return False
    arms = (rule.get("arms") or {}).get(candidate.record.id)
    return not arms or candidate.arm.id in arms


def _preference(rule: dict[str, Any], concerned: Sequence[Candidate]) -> list[str]:
    """Studies in the order of preference for the outcome in hand."""
    if not concerned:
        return []
    outcome = concerned[0].outcome.outcome
    lines = {line["outcome"]: line["keep"] for line in rule.get("use", ()) if "outcome" in line}
    return list(lines.get(outcome, lines.get("any", rule["studies"])))
