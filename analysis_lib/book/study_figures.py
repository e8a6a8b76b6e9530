"""The figures of one study as they were read: arms, outcomes, harms, contrasts."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd

from analysis_lib.book.glossary_page import is_term, term
from analysis_lib.book.markdown import Anchor, Facts, Heading, Inline, Items, Quotation, Section
from analysis_lib.book.places import field_anchor, place_read
from analysis_lib.book.study_rederived import rederived
from analysis_lib.book.study_words import with_names
from analysis_lib.comparison.harm_rows import HarmRow
from analysis_lib.comparison.selection import has_figure
from analysis_lib.study_records import StudyRecord
from analysis_lib.study_records.model import Arm, Contrast, Count, Harm, Median, Outcome, Source
from analysis_lib.tables import NOT_REPORTED, Cell, Html, count, html_table, paragraph
from analysis_lib.vocabulary import LEVELS, Term

#: What kind of thing a harm is.
HARM_KINDS = {
    "harm_after": "harm after treatment",
    "finding_at_surgery": "finding at surgery, no harm of treatment",
    "before_treatment": "before treatment, no harm of it",
    "composite": "harm and progression in one count",
}

ADJUVANT_WORDS = {
    "none": "none",
    "srs": "stereotactic radiosurgery",
    "wbrt": "whole-brain radiotherapy",
    "brachytherapy": "brachytherapy",
    "mixed": "more than one kind, or not all patients",
}

_CONTRAST_ESTIMATORS = {
    "cox": "Cox model",
    "fine_gray": "Fine-Gray model",
    "logistic": "logistic model",
    "log_rank": "log-rank test",
    "other": "another model or test",
    "unknown": "model or test not stated",
}

_DIRECTIONS = {
    "failure": "above 1 means more failures in the first group",
    "success": "above 1 means more successes in the first group",
    "unknown": "not stated which way the ratio counts",
}

#: A p-value within a sentence: ``p<0.001``, ``p = 0.000``.
_P_IN_WORDS = re.compile(r"\bp\s*([<>=≤≥])\s*(0?\.\d+)", re.IGNORECASE)

_UNITS = {"patient": "patients", "lesion": "lesions", "cavity": "cavities"}


#: The closed lists of :func:`load_vocabulary`, read once for all pages.
Words = dict[str, dict[str, Term]]


def arms_and_figures(record: StudyRecord, words: Words) -> list[Html]:
    """Each arm with its outcomes and harms, every block with its anchor."""
    blocks: list[Html] = []
    for index, arm in enumerate(record.arms):
        field = f"arms[{index}]"
        blocks += [
            Heading(arm.label, 3),
            Anchor(field_anchor(field)),
            _arm_facts(record, arm, words),
        ]
        blocks += [
            _outcome(record, f"{field}.outcomes[{number}]", outcome, words)
            for number, outcome in enumerate(arm.outcomes)
        ]
        if arm.harms:
            blocks.append(_harms(field, arm.harms))
    return blocks


def contrasts(record: StudyRecord, words: Words) -> list[Html]:
    """What the paper prints when it compares groups itself."""
    labels = {arm.id: arm.label for arm in record.arms}
    return [
        _contrast(f"contrasts[{index}]", contrast, labels, words["outcome"])
        for index, contrast in enumerate(record.contrasts)
    ]


def record_level(record: StudyRecord) -> str:
    """Code of the best level of evidence among the record's time-to-event figures; or ``none``."""
    found = {outcome_level(outcome) for arm in record.arms for outcome in arm.outcomes}
    return next((level for level in LEVELS if level in found), "none")


def outcome_level(outcome: Outcome) -> str:
    """What an outcome's figures are worth: a code of the vocabulary, or ``none``."""
    if outcome.curve is not None:
        return "curve_at_risk" if outcome.curve.number_at_risk_file else "curve_n"
    if not has_figure(outcome):
        return "none"
    return "crude" if outcome.estimator == "crude" else "summary"


def level_words(level: str, words: Words) -> str:
    """The level as a reader knows it."""
    return "no usable figure" if level == "none" else words["level"][level].label


def quotation(source: Source) -> Quotation:
    """The paper's own words, where they stand, and where the text was read."""
    return Quotation(source.seen, (f"{source.locator}. Read at: ", place_read(source.url)))


def units(number: int | None, unit: str | None) -> str:
    """``47 patients``; the unit is said to be missing where it is."""
    if unit not in _UNITS:
        return f"{count(number)} (unit not stated)"
    return f"{count(number)} {unit if number == 1 else _UNITS[unit]}"


def harm_figure(harm: Harm | HarmRow) -> str:
    """A harm as its paper prints it: counts, share, and which of them it does not print."""
    parts = []
    if harm.n_events is not None and harm.n_at_risk is None:
        parts.append(f"{count(harm.n_events)} events, number at risk not printed")
    elif harm.n_events is not None:
        parts.append(f"{count(harm.n_events)} of {units(harm.n_at_risk, harm.unit)}")
    elif harm.n_at_risk is not None:
        parts.append(f"number not reported, of {units(harm.n_at_risk, harm.unit)}")
    if harm.rate is not None:
        parts.append(f"{as_percentage(harm.rate)} as printed")
    return ", ".join(parts) or NOT_REPORTED


def as_percentage(probability: float) -> str:
    """A probability as the percentage that is printed, with all its digits."""
    value = (Decimal(repr(float(probability))) * 100).normalize()
    return f"{value:f}%"


def as_number(value: float) -> str:
    """A number with the digits that were read."""
    return f"{Decimal(repr(float(value))).normalize():f}"


def _arm_facts(record: StudyRecord, arm: Arm, words: Words) -> Facts:
    parent = record.arm(arm.subset_of) if arm.subset_of else None
    index = record.arms.index(parent) if parent else 0
    part_of = (Cell(parent.label, href=f"#{field_anchor(f'arms[{index}]')}"),) if parent else None
    return Facts(
        (
            ("Treatment", words["treatment"][arm.treatment].label),
            ("Part of the arm", part_of),
            ("Patients", count(arm.n_patients)),
            ("Lesions", count(arm.n_lesions)),
            ("What was treated", words["pathology"][arm.pathology].label),
            ("Extent of resection", words["extent"][arm.extent].label if arm.extent else None),
            ("Radiotherapy with it", ADJUVANT_WORDS.get(arm.adjuvant_rt or "")),
        )
    )


def _outcome(record: StudyRecord, field: str, outcome: Outcome, words: Words) -> Section:
    role = words["role"][outcome.role]
    reason = f": {outcome.role_reason}" if outcome.role_reason else f". {role.description}."
    time_zero = words["time_zero"][outcome.time_zero_kind].label
    facts = Facts(
        (
            ("Number behind it", _number_behind(outcome.n_analysed)),
            ("Time zero", _time_zero(outcome, time_zero)),
            ("Estimator", _estimator(outcome, words)),
            ("Role", (role.label, *with_names(reason, up=True))),
            ("Level of evidence", level_words(outcome_level(outcome), words)),
            ("Events", None if outcome.n_events is None else count(outcome.n_events)),
            ("Longest follow-up", _months(outcome.followup_max_months)),
            ("Median follow-up", _months(outcome.median_followup_months)),
            ("Note of the readers", with_names(outcome.note, up=True) if outcome.note else None),
        )
    )
    label = words["outcome"][outcome.outcome].label
    anchor = field_anchor(field)
    again = rederived(record, outcome, anchor, label)
    parts = (_figures(label, outcome), *again, facts, quotation(outcome.source))
    return Section(anchor, label, parts)


def _time_zero(outcome: Outcome, kind: str) -> str:
    said = outcome.time_zero
    return kind if not said or said.lower() == kind.lower() else f"{kind} ({said})"


def _estimator(outcome: Outcome, words: Words) -> Inline:
    """The estimator, explained in place where its name is jargon."""
    label = words["estimator"][outcome.estimator].label
    return (term(label, up=True),) if is_term(label) else (label,)


def _figures(label: str, outcome: Outcome) -> Html:
    rows = [_median_row(outcome.median)] if outcome.median and outcome.median.value else []
    rows += [
        {
            "Figure": f"At {as_number(mark.months)} months",
            "Value": NOT_REPORTED if mark.value is None else as_percentage(mark.value),
            "Printed interval": _limits(mark.low, mark.high, as_percentage),
            "Used as": "share free of the event",
        }
        for mark in outcome.landmarks
    ]
    if not rows:
        return Facts((("Figures", "neither a median nor a figure at a fixed time was printed"),))
    return html_table(pd.DataFrame(rows), caption=f"{label}: figures as printed")


def _median_row(median: Median) -> dict[str, str]:
    usable = "median time" if median.usable is not False else "not used"
    return {
        "Figure": "Median",
        "Value": f"{as_number(median.value)} months",
        "Printed interval": _limits(median.low, median.high, as_number),
        "Used as": f"{usable}: {median.reason}" if median.reason else usable,
    }


def _limits(low: float | None, high: float | None, number) -> str:
    if low is None and high is None:
        return NOT_REPORTED
    ends = [NOT_REPORTED if end is None else number(end) for end in (low, high)]
    return f"{ends[0]} to {ends[1]}"


def _number_behind(n: Count) -> str:
    if n.value is None:
        return NOT_REPORTED if not n.derivation else f"{NOT_REPORTED}; {n.derivation}"
    text = units(n.value, n.unit)
    if n.printed:
        return f"{text}, as printed"
    return f"{text}, derived: {n.derivation}" if n.derivation else f"{text}, derived"


def _months(value: float | None) -> str | None:
    return None if value is None else f"{as_number(value)} months"


def _harms(field: str, harms: tuple[Harm, ...]) -> Section:
    ids = tuple(field_anchor(f"{field}.harms[{index}]") for index in range(len(harms)))
    places = list(dict.fromkeys(harm.source.url for harm in harms))
    one_place = len(places) == 1
    parts: list[Html] = [Items(tuple(_harm(harm, with_place=not one_place) for harm in harms), ids)]
    if one_place:
        parts.append(paragraph("All read at: ", place_read(places[0])))
    return Section(f"{field_anchor(field)}-harms", "Harms and findings", tuple(parts))


def _harm(harm: Harm, *, with_place: bool) -> Inline:
    said = [f"{_capital(harm.event)}: {harm_figure(harm)} ({HARM_KINDS[harm.kind]})."]
    said += [f" Definition: {harm.definition}."] if harm.definition else []
    said += [f" Note of the readers: {harm.note}."] if harm.note else []
    said += [f" “{harm.source.seen}” ({harm.source.locator}"]
    return (*said, *(("; read at: ", place_read(harm.source.url)) if with_place else ()), ")")


def _contrast(
    field: str, contrast: Contrast, labels: dict[str, str], words: dict[str, Term]
) -> Section:
    names = labels if contrast.kind == "arms" else {}
    first, second = (
        names.get(name, name.replace("_", " ")) for name in (contrast.arm, contrast.versus)
    )
    ratio = None
    if contrast.hr is not None:
        limits = _limits(contrast.low, contrast.high, as_number)
        ratio = (
            f"{as_number(contrast.hr)}, interval {limits}; {_DIRECTIONS[contrast.event_direction]}"
        )
    facts = Facts(
        (
            ("First group", first),
            ("Against", second),
            ("Ratio", ratio or "none printed"),
            ("p", _p_value(contrast)),
            ("Model or test", contrast.model or _CONTRAST_ESTIMATORS[contrast.estimator]),
            ("Adjusted", None if contrast.adjusted is None else _yes_no(contrast.adjusted)),
            ("Note of the readers", contrast.note),
        )
    )
    heading = words[contrast.outcome].label
    return Section(field_anchor(field), heading, (facts, quotation(contrast.source)), level=3)


def _p_value(contrast: Contrast) -> str:
    """The p-value; one that is no single number stands in the model or in the paper's words."""
    if contrast.p is not None:
        return str(contrast.p)
    for said in (contrast.model or "", contrast.source.seen):
        found = _P_IN_WORDS.search(said)
        if found:
            return f"{found[1]} {found[2]}, as printed"
    return NOT_REPORTED


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
