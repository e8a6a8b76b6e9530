"""Verdicts on claims: from guideline statements that were read, and from our results.

Where a claim names a comparison, the verdict is computed: from studies that hold both groups,
never from cohorts set beside each other. Elsewhere it is the reader's, with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.comparison.declarations import load_declarations
from analysis_lib.comparison.result import ComparisonResult, OutcomeResult
from analysis_lib.comparison.within import WithinEvidence
from analysis_lib.exceptions import InvalidRecordsError, RecordProblem
from analysis_lib.meta_analysis import PooledEstimate
from analysis_lib.study_records import load_claims, load_guidelines
from analysis_lib.study_records.loader import DATA

#: What the ratio of a side's events says of it.
FEWER, MORE, OPEN = "fewer", "more", "open"


@dataclass(frozen=True)
class GuidelineVerdict:
    """What guidelines say of a claim.

    ``code`` is ``agrees``, ``partly``, ``conflicts``, ``no_recommendation`` (they say that they
    make none, for or against: neither agreement nor conflict), ``mixed``, ``not_read`` (ascribed
    to texts that were not read) or ``silent`` (no statement on it was seen). ``rows`` are pairs of
    a statement and how it stands to the claim.
    """

    code: str
    rows: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]


@dataclass(frozen=True)
class TestedRatio:
    """A ratio within studies, the claim's side against another one; below 1 fewer events.

    ``n_studies`` counts the studies behind it, ``study_labels`` names them, ``pooled`` says
    whether they were pooled.
    """

    __test__ = False

    ratio: float
    low: float
    high: float
    scale: str
    n_studies: int
    pooled: bool
    study_labels: tuple[str, ...]

    @property
    def direction(self) -> str:
        """``fewer`` or ``more`` where the whole interval lies on one side of 1, else ``open``."""
        if self.high < 1:
            return FEWER
        return MORE if self.low > 1 else OPEN


@dataclass(frozen=True)
class EvidenceVerdict:
    """What our results say of a claim.

    ``code`` is ``agrees``, ``partly``, ``conflicts``, ``described`` (the patients in question,
    without a group to set beside them), ``indirect`` (other patients), ``none``, ``outside``, or
    ``open`` where the interval of every ratio holds 1 and the claim says that it does not.
    ``computed`` tells results from a reader's judgement.
    """

    code: str
    computed: bool
    outcome: OutcomeResult | None = None
    ratios: tuple[TestedRatio, ...] = ()
    n_direct: int = 0


@dataclass(frozen=True)
class JudgedClaim:
    """A claim as it stands in ``data/claims.yaml``, with both verdicts."""

    claim: Mapping[str, Any]
    guidelines: GuidelineVerdict
    evidence: EvidenceVerdict


def judge_claims(
    results: Mapping[str, ComparisonResult], data: Path = DATA
) -> tuple[JudgedClaim, ...]:
    """Every claim with its verdicts, in the order of the file.

    Parameters
    ----------
    results : mapping of comparison id to ComparisonResult
        The declared comparisons, computed.

    Raises
    ------
    InvalidRecordsError
        A claim names a comparison, an outcome or a side that is not declared.
    """
    claims = check_claimed_comparisons(data)
    statements = {
        row["id"]: row
        for guide in load_guidelines(data)["guidelines"]
        for row in guide["statements"]
    }
    return tuple(
        JudgedClaim(claim, _guidelines(claim, statements), _evidence(claim, results))
        for claim in claims
    )


def check_claimed_comparisons(data: Path = DATA) -> Sequence[Mapping[str, Any]]:
    """The claims, once every comparison, outcome and side they name is known to exist.

    Raises
    ------
    InvalidRecordsError
        One does not.
    """
    claims = load_claims(data)["claims"]
    name = f"{data.name}/claims.yaml"
    problems = [RecordProblem(name, 0, *broken) for broken in _unknown_names(claims)]
    if problems:
        raise InvalidRecordsError(problems)
    return claims


def _unknown_names(claims: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    declared = {one.id: one for one in load_declarations()}
    for index, claim in enumerate(claims):
        asked, field = claim["comparison"], f"claims[{index}].comparison"
        if asked is None:
            continue
        found = declared.get(asked["id"])
        if found is None:
            yield f"{field}.id", f"must be one of {', '.join(declared)}", asked["id"]
            continue
        if asked["outcome"] not in {one.outcome for one in found.outcomes}:
            yield f"{field}.outcome", f"must be an outcome of {found.id}", asked["outcome"]
        sides = {side.id for side in found.sides}
        for key in ("side", "versus"):
            if asked[key] not in sides:
                yield f"{field}.{key}", f"must be a side of {found.id}", asked[key]
        if asked["side"] == asked["versus"]:
            yield f"{field}.versus", "must be another side than `side`", asked["versus"]


# --- guidelines -----------------------------------------------------------------------


def _guidelines(
    claim: Mapping[str, Any], statements: Mapping[str, Mapping[str, Any]]
) -> GuidelineVerdict:
    rows = tuple((statements[row["statement"]], row) for row in claim["guidelines"])
    stances = {row["stance"] for _, row in rows if row["stance"] is not None}
    if stances:
        code = stances.pop() if len(stances) == 1 else _mixed(stances)
    elif rows or claim["looked_in"]:
        code = "not_read"
    else:
        code = "silent"
    return GuidelineVerdict(code, rows)


def _mixed(stances: set[str]) -> str:
    """Statements that differ; ``agrees`` beside ``partly`` is ``partly``."""
    return "partly" if stances == {"agrees", "partly"} else "mixed"


# --- our results ----------------------------------------------------------------------


def _evidence(claim: Mapping[str, Any], results: Mapping[str, ComparisonResult]) -> EvidenceVerdict:
    asked = claim["comparison"]
    if asked is None:
        return EvidenceVerdict(claim["verdict"], computed=False)
    result = results[asked["id"]]
    outcome = next(one for one in result.outcomes if one.outcome == asked["outcome"])
    pair = {asked["side"], asked["versus"]}
    n_direct = len({c.study_id for c in outcome.direct if c.sides and set(c.sides) == pair})
    ratios = within_ratios(outcome, asked["side"], asked["versus"])
    code = verdict_of([found.direction for found in ratios], asked["claims"])
    return EvidenceVerdict(code, True, outcome, ratios, n_direct)


def verdict_of(directions: Sequence[str], claimed: str) -> str:
    """What ratios within studies say of a claim.

    ``none`` without a ratio; ``open`` where every interval holds 1, whatever was claimed, since
    an interval that holds 1 shows no equality; ``agrees`` or ``conflicts`` where every interval
    that lies on one side of 1 lies on the same; ``partly`` where they lie on both.
    """
    sided = {direction for direction in directions if direction != OPEN}
    if not directions:
        return "none"
    if not sided:
        return OPEN
    if len(sided) > 1:
        return "partly"
    return "agrees" if sided == {claimed} else "conflicts"


def within_ratios(outcome: OutcomeResult, side: str, versus: str) -> tuple[TestedRatio, ...]:
    """Ratios of events within studies, ``side`` against ``versus``.

    Pooled where the comparison pools them, otherwise each study's own.
    """
    ratios = []
    for found in outcome.within:
        if {found.first, found.second} != {side, versus}:
            continue
        turned = found.second == side
        if found.pooled is not None:
            ratios.append(_turned(_pooled(found, found.pooled), turned))
            continue
        for effect in found.effects:
            low, high = effect.interval
            one = TestedRatio(effect.ratio, low, high, found.scale, 1, False, (effect.study_label,))
            ratios.append(_turned(one, turned))
    return tuple(ratios)


def _pooled(found: WithinEvidence, pooled: PooledEstimate) -> TestedRatio:
    limits = (math.exp(x) for x in (pooled.estimate, pooled.low, pooled.high))
    studies = tuple(effect.study_label for effect in found.effects)
    return TestedRatio(*limits, found.scale, pooled.k, True, studies)


def _turned(one: TestedRatio, turned: bool) -> TestedRatio:
    if not turned:
        return one
    return TestedRatio(
        1 / one.ratio,
        1 / one.high,
        1 / one.low,
        one.scale,
        one.n_studies,
        one.pooled,
        one.study_labels,
    )
