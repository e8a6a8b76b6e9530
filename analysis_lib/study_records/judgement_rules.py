"""Rules of judgements that a JSON Schema cannot state.

They run on the plain mappings and yield ``(field, rule, value)``, as the rules of a
record do: one run lists every problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from analysis_lib.exceptions import RecordProblem
from analysis_lib.study_records.model import StudyRecord
from analysis_lib.study_records.rules import Problem
from analysis_lib.study_records.schema import line_of, shown

Records = Mapping[str, StudyRecord]

#: Best first; a domain rates down by its place in the second list.
CERTAINTIES = ("high", "moderate", "low", "very_low")
CONCERNS = ("not_serious", "serious", "very_serious", "extremely_serious")

#: Mildest first. What each asks of GRADE's risk-of-bias domain stands at the same place in
#: CONCERNS: ROBINS-I starts high, so critical risk takes three levels (Schünemann 2019).
RISKS = ("low", "moderate", "serious", "critical")

_SENTENCE = re.compile(r"[A-Z][^.!?]*\.")


def check_rules(
    stem: str, files: dict[str, Any], records: Records, lines: dict[str, int], *, name: str
) -> list[RecordProblem]:
    """Every broken rule of one file; ``files`` holds all of them, sound by their schemas."""
    found = [*_reasons(files[stem], ""), *RULES[stem](files, records)]
    return [
        RecordProblem(
            name, line_of(field, lines), field, rule, "" if value is None else shown(value)
        )
        for field, rule, value in found
    ]


def _reasons(node: Any, place: str) -> Iterator[Problem]:
    """A reason is one sentence, and no figure stands in it."""
    if isinstance(node, list):
        for index, inner in enumerate(node):
            yield from _reasons(inner, f"{place}[{index}]")
    elif isinstance(node, dict):
        for key, inner in node.items():
            field = f"{place}.{key}" if place else key
            if key not in ("reason", "no_between"):
                yield from _reasons(inner, field)
                continue
            if not _SENTENCE.fullmatch(inner):
                yield field, "must be one sentence, from a capital letter to a full stop", inner
            if re.search(r"\d", inner):
                yield field, "must hold no figures: they stand in the record and results", inner


def _case_series(files: dict[str, Any], records: Records) -> Iterator[Problem]:
    entries = files["jbi_case_series"]["studies"]
    yield from _once("studies", entries, "study")
    for index, entry in enumerate(entries):
        place = f"studies[{index}]"
        if entry["study"] not in records:
            yield _unknown_study(f"{place}.study", entry["study"])
            continue
        for item, judged in entry["items"].items():
            silent = judged["answer"] == "unclear"
            yield from _rests_on(f"{place}.items.{item}", judged, records[entry["study"]], silent)


def _contrasts(files: dict[str, Any], records: Records) -> Iterator[Problem]:
    entries = files["robins_i"]["contrasts"]
    yield from _once("contrasts", entries, "study", "contrast")
    for index, entry in enumerate(entries):
        place = f"contrasts[{index}]"
        if entry["study"] not in records:
            yield _unknown_study(f"{place}.study", entry["study"])
            continue
        record = records[entry["study"]]
        yield from _printed(place, entry, record)
        for name, judged in (*entry["domains"].items(), ("overall", entry["overall"])):
            where = f"{place}.overall" if name == "overall" else f"{place}.domains.{name}"
            silent = judged["judgement"] == "no_information"
            yield from _rests_on(where, judged, record, silent)
        yield from _overall(place, entry)


def _printed(place: str, entry: dict, record: StudyRecord) -> Iterator[Problem]:
    """The contrast stands in the record, and is of the outcome that is judged."""
    number = int(entry["contrast"].removeprefix("contrasts[").removesuffix("]"))
    if number >= len(record.contrasts):
        rule = f"must be one of the {len(record.contrasts)} contrasts of {record.id}"
        yield f"{place}.contrast", rule, entry["contrast"]
    elif record.contrasts[number].outcome != entry["outcome"]:
        rule = f"must be the outcome of that contrast, {record.contrasts[number].outcome}"
        yield f"{place}.outcome", rule, entry["outcome"]


def _overall(place: str, entry: dict) -> Iterator[Problem]:
    told = [d["judgement"] for d in entry["domains"].values() if d["judgement"] in RISKS]
    worst = max(told, key=RISKS.index, default=None)
    overall = entry["overall"]["judgement"]
    if worst is None or (overall in RISKS and RISKS.index(overall) >= RISKS.index(worst)):
        return
    # Sterne 2016, table 2: silence overall needs the absence of serious or critical risk.
    if overall == "no_information" and worst in ("low", "moderate"):
        return
    rule = f"must not be milder than the worst domain, {worst}"
    yield f"{place}.overall.judgement", rule, overall


def _rests_on(place: str, judged: dict, record: StudyRecord, silent: bool) -> Iterator[Problem]:
    fields = judged.get("rests_on", ())
    if not fields and not silent:
        yield f"{place}.rests_on", "must name the fields of the record that it rests on", None
    for index, field in enumerate(fields):
        if field not in record.lines:
            rule = f"must name a field of {record.path}, by position (arms[0].n_patients)"
            yield f"{place}.rests_on[{index}]", rule, field


def _grades(files: dict[str, Any], records: Records) -> Iterator[Problem]:
    entries = files["grade"]["comparisons"]
    yield from _once("comparisons", entries, "comparison")
    for index, entry in enumerate(entries):
        place, between = f"comparisons[{index}]", entry["between"]
        rows = [(f"{place}.outcomes[{i}]", row) for i, row in enumerate(entry["outcomes"])]
        yield from _once(f"{place}.outcomes", entry["outcomes"], "outcome")
        if between is not None:
            yield from _certainty(f"{place}.between", between)
        if (between is None) != all("no_between" in row for _, row in rows):
            rule = "must be null exactly when every outcome says no_between"
            yield f"{place}.between", rule, between and between["certainty"]
        for where, row in rows:
            direct = row["direct"]
            yield from _certainty(f"{where}.direct", direct)
            yield from _rated(f"{where}.direct", direct, entry["comparison"], row, files, records)


def _certainty(place: str, judged: dict) -> Iterator[Problem]:
    """What is left of high; nothing is rated where there is no evidence."""
    domains, certainty = judged.get("domains"), judged["certainty"]
    if (certainty == "no_evidence") != (domains is None):
        rule = "must be no_evidence exactly when no domains are given"
        yield f"{place}.certainty", rule, certainty
        return
    if domains is None:
        return
    down = sum(CONCERNS.index(domain["concern"]) for domain in domains.values())
    left = CERTAINTIES[min(down, len(CERTAINTIES) - 1)]
    if certainty != left:
        yield f"{place}.certainty", f"must be what the domains leave of high, {left}", certainty
    for name, domain in domains.items():
        if name != "risk_of_bias" and domain["concern"] == CONCERNS[-1]:
            rule = "must be at most very_serious: three levels are for risk of bias"
            yield f"{place}.domains.{name}.concern", rule, domain["concern"]


def _rated(
    place: str, direct: dict, comparison: str, row: dict, files: dict[str, Any], records: Records
) -> Iterator[Problem]:
    """Direct evidence names its studies, and is rated by their ROBINS-I."""
    studies = direct.get("studies", ())
    if (direct["certainty"] == "no_evidence") == bool(studies):
        yield f"{place}.studies", "must name the studies rated, and none for no_evidence", None
    risks = []
    for index, study in enumerate(studies):
        if study not in records:
            yield _unknown_study(f"{place}.studies[{index}]", study)
            continue
        found = [
            entry["overall"]["judgement"]
            for entry in files["robins_i"]["contrasts"]
            if (entry["study"], entry["outcome"]) == (study, row["outcome"])
            and comparison in entry["comparisons"]
        ]
        if not found:
            rule = f"must have an entry in robins_i.yaml for {row['outcome']} of {comparison}"
            yield f"{place}.studies[{index}]", rule, study
        risks += [risk for risk in found if risk in RISKS]
    if risks and "domains" in direct:
        mildest = min(risks, key=RISKS.index)
        concern = direct["domains"]["risk_of_bias"]["concern"]
        if CONCERNS.index(concern) < RISKS.index(mildest):
            rule = f"must be at least {CONCERNS[RISKS.index(mildest)]}: ROBINS-I is {mildest}"
            yield f"{place}.domains.risk_of_bias.concern", rule, concern


def _unknown_study(field: str, study: str) -> Problem:
    return field, "must name a study record", study


def _once(place: str, entries: list[dict], *keys: str) -> Iterator[Problem]:
    """No two entries of a list have the same values of ``keys``."""
    seen = set()
    for index, entry in enumerate(entries):
        name = " ".join(entry[key] for key in keys)
        if name in seen:
            yield f"{place}[{index}].{keys[-1]}", "must not be judged twice", name
        seen.add(name)


#: The files of ``data/judgements/`` and the rules of each.
RULES: dict[str, Callable[[dict[str, Any], Records], Iterator[Problem]]] = {
    "jbi_case_series": _case_series,
    "robins_i": _contrasts,
    "grade": _grades,
}
