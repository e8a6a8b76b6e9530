"""Names of fields and of studies in words: a reader meets no dotted name and no id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from analysis_lib.book.markdown import Inline
from analysis_lib.book.places import study_page
from analysis_lib.comparison.arms import study_label
from analysis_lib.study_records import StudyRecord, load_vocabulary, sound_records
from analysis_lib.study_records.model import Arm
from analysis_lib.tables import Cell, mid_sentence

#: Fields whose name alone does not read well; every other underscore becomes a space.
_PLAIN = {
    "n_patients": "number of patients",
    "n_lesions": "number of lesions",
    "n_events": "number of events",
    "n_at_risk": "number at risk",
    "n_analysed": "number analysed",
    "n_analysed.derivation": "how the number analysed was derived",
    "median_age": "median age",
    "median_followup_months": "median follow-up",
    "followup_max_months": "longest follow-up",
    "prior_treatment": "earlier treatment",
    "citation.title": "title",
    "citation.journal": "journal",
    "read_in.locator": "place of the text",
    "time_zero_kind": "time zero",
    "adjuvant_rt": "radiotherapy with it",
    "extent": "extent of resection",
    "pathology": "what was treated",
    "recurrence": "site of the recurrence",
    "outcome": "definition",
    "source": "words of the paper",
    "hr": "ratio",
    "p": "p-value",
    "arm": "first group",
    "versus": "second group",
    "adjusted": "adjustment",
    "model": "model or test",
}

_LISTED = {
    "notes": "note",
    "discrepancies": "contradiction",
    "corrections": "correction",
}

_FIELD = re.compile(r"(\w+)\[(\d+)\]\.?(.*)")
_NUMBERED = re.compile(r"(.*?)( \(\d+\))?", re.DOTALL)
_LANDMARK = re.compile(r"landmark_([\d.]+)(?:_(low|high))?")


def field_words(record: StudyRecord, field: str) -> str:
    """A field as a reader would name it: ``median overall survival, all patients``.

    ``arms[0].outcomes[1].landmarks[0]`` is named by outcome, time and arm;
    ``notes[2]`` is "note 3", because readers count from one.
    """
    found = _FIELD.match(field)
    if not found:
        return _plain(field)
    listed, index, rest = found[1], int(found[2]), found[3]
    if listed == "arms":
        arm = record.arms[index]
        if not rest:
            return arm.label
        where = f", {arm.label}" if len(record.arms) > 1 else ""
        return f"{_arm_field(arm, rest)}{where}"
    if listed == "contrasts":
        contrast = f"printed comparison of {outcome_words(record.contrasts[index].outcome)}"
        return f"{_plain(rest)} of the {contrast}" if rest else contrast
    return f"{_LISTED.get(listed, _plain(listed))} {index + 1}"


def outcome_words(code: str) -> str:
    """An outcome in the middle of a sentence."""
    return mid_sentence(load_vocabulary()["outcome"][code].label)


def reading_words(record: StudyRecord, row: Mapping[str, str]) -> str:
    """What a row of the second readings looked for: value, outcome and arm in words."""
    labels = {arm.id: arm.label for arm in record.arms}
    outcomes = load_vocabulary()["outcome"]
    # A second outcome of the same name in an arm is "os (2)".
    code, number = _NUMBERED.fullmatch(row["outcome"].removeprefix("tox: ")).groups("")
    outcome = (mid_sentence(outcomes[code].label) if code in outcomes else code) + number
    parts = [_value_words(row["field"]), "" if outcome == "-" else outcome]
    parts += [labels.get(row["arm"], "")]
    return ", ".join(part for part in parts if part)


def message_words(record: StudyRecord, message: str) -> str:
    """A finding of the audit with the arms' labels in place of their ids."""
    for arm in sorted(record.arms, key=lambda arm: -len(arm.id)):
        name = re.escape(arm.id)
        # An id such as "all" is a word of its own: only where it can be nothing else.
        places = rf"(?<=arm ){name}\b|\({name}\)|\b{name}(?= \(\d+\))"
        places += rf"|\b{name}\b" if "_" in arm.id else ""
        message = re.sub(places, lambda found, arm=arm: _in_place(found[0], arm), message)
    return message


def with_names(text: str, *, up: bool = False) -> Inline:
    """A sentence of the records in which ids of studies are names that lead to their pages.

    ``up``: the sentence stands on a page in a folder of its own.
    """
    labels, parts, end = _labels(), [], 0
    for found in _ids().finditer(text):
        parts += [text[end : found.start()]] if found.start() > end else []
        parts.append(Cell(labels[found[0]], href=study_page(found[0], up=up)))
        end = found.end()
    return (*parts, text[end:]) if end < len(text) or not parts else tuple(parts)


def _in_place(found: str, arm: Arm) -> str:
    return f"(“{arm.label}”)" if found.startswith("(") else f"“{arm.label}”"


def _arm_field(arm: Arm, rest: str) -> str:
    found = _FIELD.match(rest)
    if not found:
        return _plain(rest)
    index, inner = int(found[2]), found[3]
    if found[1] == "harms":
        return arm.harms[index].event
    outcome = arm.outcomes[index]
    name, landmark = outcome_words(outcome.outcome), _FIELD.match(inner)
    if landmark and landmark[1] == "landmarks":
        return f"{name} at {outcome.landmarks[int(landmark[2])].months:g} months"
    if inner == "median":
        return f"median {name}"
    return f"{_plain(inner)} of {name}" if inner else name


def _value_words(field: str) -> str:
    landmark = _LANDMARK.fullmatch(field)
    if landmark:
        limit = f"{_limit(landmark[2])} of the " if landmark[2] else ""
        return f"{limit}figure at {landmark[1]} months"
    for end in ("low", "high"):
        if field.endswith(f"_{end}"):
            return f"{_limit(end)} of the {_value_words(field.removesuffix(f'_{end}'))}"
    return {
        "contrast_hr": "ratio",
        "contrast": "ratio",
        "contrast_p": "p-value",
        "median": "median",
    }.get(field) or _plain(field)


def _limit(end: str) -> str:
    return "lower limit" if end == "low" else "upper limit"


def _plain(field: str) -> str:
    return _PLAIN.get(field) or field.replace("_", " ").replace(".", ", ")


@cache
def _labels() -> dict[str, str]:
    return {record.id: study_label(record) for record in sound_records()}


@cache
def _ids() -> re.Pattern[str]:
    # The longest first: one id may begin another (imber-2022, imber-2022-update).
    ids = sorted(_labels(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ids))})(?![\w-])")
