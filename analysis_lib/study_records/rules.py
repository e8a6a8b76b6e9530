"""Rules between fields of one record, which a JSON Schema cannot state.

Every rule is a generator of ``(field, rule, value)``. They run on the plain
mapping, before dataclasses are built, so that one run lists every problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.addresses import NO_NAME, bare_addresses
from analysis_lib.study_records.schedule_rules import schedule_problems
from analysis_lib.study_records.schema import line_of, shown

Problem = tuple[str, str, Any]
Rule = Callable[[dict], Iterator[Problem]]

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):\S")

#: Quotations stay short enough to be quotations.
MAX_WORDS_SEEN = 25


def check_rules(
    record: dict, lines: dict[str, int], *, name: str, folder: str
) -> tuple[RecordProblem, ...]:
    """Every broken rule of one record; ``folder`` is the name of its folder."""
    problems = []
    if record.get("id") != folder:
        problems.append(("id", f"must equal the folder's name, {folder}", record.get("id")))
    for rule in _RULES:
        try:
            problems.extend(rule(record))
        except (TypeError, KeyError, AttributeError):
            # The shape is wrong: the schema has said so already.
            continue
    return tuple(
        RecordProblem(
            name, line_of(field, lines), field, text, "" if value is None else shown(value)
        )
        for field, text, value in problems
    )


def _arms(record: dict) -> Iterator[tuple[str, dict]]:
    for index, arm in enumerate(record["arms"]):
        yield f"arms[{index}]", arm


def _outcomes(record: dict) -> Iterator[tuple[str, dict, dict]]:
    for place, arm in _arms(record):
        for index, outcome in enumerate(arm["outcomes"]):
            yield f"{place}.outcomes[{index}]", arm, outcome


def _arm_ids(record: dict) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, arm in _arms(record):
        if arm["id"] in seen:
            yield f"{place}.id", "two arms of a study must not have one id", arm["id"]
        seen.add(arm["id"])


def _subsets(record: dict) -> Iterator[Problem]:
    parents = {arm["id"]: arm.get("subset_of") for _, arm in _arms(record)}
    for place, arm in _arms(record):
        parent = arm.get("subset_of")
        if parent is None:
            continue
        if parent not in parents:
            known = ", ".join(parents)
            yield f"{place}.subset_of", f"must name an arm of this study ({known})", parent
            continue
        seen = {arm["id"]}
        while parent is not None and parent not in seen:
            seen.add(parent)
            parent = parents.get(parent)
        if parent is not None:
            yield f"{place}.subset_of", "must not lead back to the arm itself", parent


def _contrast_arms(record: dict) -> Iterator[Problem]:
    ids = [arm["id"] for _, arm in _arms(record)]
    for index, contrast in enumerate(record["contrasts"]):
        if contrast["kind"] != "arms":
            continue
        for side in ("arm", "versus"):
            if contrast[side] not in ids:
                rule = f"must name an arm of this study ({', '.join(ids)}) when kind is arms"
                yield f"contrasts[{index}].{side}", rule, contrast[side]


def _intervals(record: dict) -> Iterator[Problem]:
    places: list[tuple[str, dict, str]] = []
    for place, _, outcome in _outcomes(record):
        if outcome.get("median"):
            places.append((f"{place}.median", outcome["median"], "value"))
        for index, landmark in enumerate(outcome["landmarks"]):
            places.append((f"{place}.landmarks[{index}]", landmark, "value"))
    for index, contrast in enumerate(record["contrasts"]):
        places.append((f"contrasts[{index}]", contrast, "hr"))
    for place, holder, key in places:
        low, high, value = holder.get("low"), holder.get("high"), holder.get(key)
        if low is not None and high is not None and low > high:
            yield (
                f"{place}.low",
                "interval is reversed: low must not exceed high",
                f"{low} to {high}",
            )
        elif value is not None and not (
            (low is None or low <= value) and (high is None or value <= high)
        ):
            rule = (
                "must lie inside its interval; if the paper prints it so, write the limits as null"
                " and describe it under discrepancies"
            )
            yield f"{place}.{key}", rule, f"{value} ({low} to {high})"


def _landmarks(record: dict) -> Iterator[Problem]:
    for place, _, outcome in _outcomes(record):
        last = outcome.get("followup_max_months")
        rows = list(enumerate(outcome["landmarks"]))
        months = [row["months"] for _, row in rows]
        for index, row in rows:
            field = f"{place}.landmarks[{index}].months"
            if months.index(row["months"]) != index:
                yield field, "must not stand twice in one outcome", row["months"]
            if row["value"] is None:
                # The scaffold's line, left empty: it would be read as a time that was looked at.
                rule = "must be a probability; a time without one is taken away"
                yield f"{place}.landmarks[{index}].value", rule, None
            if last is not None and row["months"] > last:
                yield field, f"must not lie beyond followup_max_months ({last})", row["months"]
        known = sorted((r["months"], r["value"], i) for i, r in rows if r["value"] is not None)
        for (early, before, _), (late, after, index) in pairwise(known):
            if after > before and late > early:
                rule = f"must not rise with time ({before} at {early} months)"
                yield f"{place}.landmarks[{index}].value", rule, f"{after} at {late} months"


def _roles(record: dict) -> Iterator[Problem]:
    decision = record["eligibility"]["decision"]
    for place, arm, outcome in _outcomes(record):
        role = outcome["role"]
        if role != "primary" and not outcome.get("role_reason"):
            yield f"{place}.role_reason", "must say why the role is not primary", None
        if role == "primary" and arm["pathology"] == "necrosis":
            rule = "must not be primary in an arm of radiation necrosis: another disease"
            yield f"{place}.role", rule, role
        if role == "primary" and outcome["time_zero_kind"] == "unknown":
            yield f"{place}.role", "must not be primary when time zero is unknown", role
        if role == "primary" and outcome["n_analysed"]["value"] is None:
            yield f"{place}.role", "must not be primary without n_analysed.value", role
        if role == "primary" and decision != "include":
            yield f"{place}.role", f"must not be primary in a study marked {decision}", role
    for place, arm in _arms(record):
        primary = [o["outcome"] for o in arm["outcomes"] if o["role"] == "primary"]
        for name in sorted({o for o in primary if primary.count(o) > 1}):
            yield f"{place}.outcomes", "must not hold one outcome twice as primary", name


def _counts(record: dict) -> Iterator[Problem]:
    for place, _, outcome in _outcomes(record):
        count = outcome["n_analysed"]
        n, events = count["value"], outcome.get("n_events")
        if n == 0:
            yield f"{place}.n_analysed.value", "must be at least 1, or null when unknown", n
        whole = record.get("n_patients")
        if count.get("unit") == "patient" and None not in (n, whole) and n > whole:
            rule = f"must not exceed the study's n_patients ({whole})"
            yield f"{place}.n_analysed.value", rule, n
        if n is not None and events is not None and events > n:
            yield f"{place}.n_events", f"must not exceed n_analysed ({n})", events
        if n is not None and count.get("printed") is False and not count.get("derivation"):
            yield (
                f"{place}.n_analysed.derivation",
                "must show the arithmetic of a derived number",
                None,
            )
    for place, arm in _arms(record):
        whole, part = record.get("n_patients"), arm.get("n_patients")
        if whole is not None and part is not None and part > whole:
            yield f"{place}.n_patients", f"must not exceed the study's n_patients ({whole})", part
        for index, harm in enumerate(arm["harms"]):
            events, at_risk = harm.get("n_events"), harm.get("n_at_risk")
            if events is not None and at_risk is not None and events > at_risk:
                rule = f"must not exceed n_at_risk ({at_risk})"
                yield f"{place}.harms[{index}].n_events", rule, events
    years = record.get("enrolment") or {}
    if years.get("start") and years.get("end") and years["start"] > years["end"]:
        yield "enrolment.start", f"must not be after the end ({years['end']})", years["start"]


def _medians(record: dict) -> Iterator[Problem]:
    for place, _, outcome in _outcomes(record):
        median = outcome.get("median")
        if median and median.get("usable") is False and not median.get("reason"):
            yield f"{place}.median.reason", "must say why the median is not usable", None


def _sources(record: dict) -> Iterator[Problem]:
    holders = [(place, outcome) for place, _, outcome in _outcomes(record)]
    for place, arm in _arms(record):
        holders += [(f"{place}.harms[{i}]", harm) for i, harm in enumerate(arm["harms"])]
    holders += [(f"contrasts[{i}]", c) for i, c in enumerate(record["contrasts"])]
    for place, holder in holders:
        source = holder["source"]
        scheme = _SCHEME.match(source["url"])
        if scheme and scheme[1].lower() not in ("http", "https"):
            rule = "must be a web address (https://...) or say in words where it was read"
            yield f"{place}.source.url", rule, source["url"]
        words = len(source["seen"].split())
        if words > MAX_WORDS_SEEN:
            rule = f"must quote at most {MAX_WORDS_SEEN} words"
            yield f"{place}.source.seen", rule, f"{words} words"


def _addresses(record: dict) -> Iterator[Problem]:
    for field, text in bare_addresses(record):
        yield field, NO_NAME, text


_RULES: tuple[Rule, ...] = (
    _arm_ids,
    _subsets,
    _contrast_arms,
    _intervals,
    _landmarks,
    _roles,
    _counts,
    _medians,
    _sources,
    _addresses,
    schedule_problems,
)
