"""The arms of the explorer: what may be chosen, and where each figure was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis_lib.book.places import field_link, study_link, study_page
from analysis_lib.book.study_figures import Words, level_words, outcome_level, units
from analysis_lib.comparison.arms import study_label
from analysis_lib.comparison.sides import LANDMARK_MONTHS
from analysis_lib.study_records import StudyRecord
from analysis_lib.study_records.model import Arm, Landmark, Outcome
from analysis_lib.tables import Cell, interval, months, percent

#: Group of each treatment, by codes of the vocabulary.
TREATMENT_GROUPS = {
    "re_resection": "re_resection",
    "re_resection_alone": "re_resection",
    "re_resection_plus_re_srs": "re_resection",
    "re_resection_plus_rt_mixed": "re_resection",
    "re_resection_plus_wbrt": "re_resection",
    "re_resection_plus_brachytherapy": "re_resection",
    "re_resection_plus_local_chemo": "re_resection",
    "re_srs": "re_srs",
    "re_hypofractionated_srt": "re_srs",
    "wbrt": "wbrt",
    "re_wbrt": "wbrt",
    "litt": "litt",
    "litt_plus_srt": "litt",
    "brachytherapy_alone": "brachytherapy",
    "systemic_only": "systemic",
    "best_supportive_care": "supportive",
    "non_surgical": "other",
    "not_stated": "other",
}

#: Years in which enrolment began: first year of each class. For looking only; the
#: declared scenarios draw their own lines.
ERAS = {
    "until-2004": "Before 2005",
    "2005-2014": "2005 to 2014",
    "from-2015": "2015 or later",
    "unknown": "Year not reported",
}

#: Short names of primary tumours in records -> class a reader may choose.
_SITES = {
    "breast": "breast",
    "nsclc": "lung",
    "sclc": "lung",
    "lung": "lung",
    "adenocarcinoma_lung": "lung",
    "lung_adenocarcinoma": "lung",
    "melanoma": "melanoma",
    "renal": "renal",
}

PRIMARIES = {
    "breast": "Breast",
    "lung": "Lung",
    "melanoma": "Melanoma",
    "renal": "Kidney",
    "elsewhere": "Other primary",
    "unknown": "Not counted by primary",
}

_TUMOUR_WORDS = {"nsclc": "non-small-cell lung", "sclc": "small-cell lung", "renal": "kidney"}


@dataclass(frozen=True)
class ExplorerArm:
    """One outcome of one arm (None: the arm prints no time-to-event outcome)."""

    record: StudyRecord
    arm: Arm
    outcome: Outcome | None
    field: str

    @property
    def group(self) -> str:
        """Group of the arm's treatment."""
        return TREATMENT_GROUPS[self.arm.treatment]

    @property
    def n(self) -> int | None:
        """Number the outcome rests on."""
        return self.outcome.n_analysed.value if self.outcome else None

    @property
    def level(self) -> str:
        """Level of evidence of the outcome's figures, or ``none``."""
        return outcome_level(self.outcome) if self.outcome else "none"

    @property
    def landmark(self) -> Landmark | None:
        """What is printed at twelve months."""
        marks = self.outcome.landmarks if self.outcome else ()
        return next(
            (mark for mark in marks if mark.months == LANDMARK_MONTHS and mark.value is not None),
            None,
        )

    @property
    def choices(self) -> dict[str, str | list[str]]:
        """The classes by which a reader may choose this arm."""
        return {
            "group": self.group,
            "outcome": self.outcome.outcome if self.outcome else "none",
            "era": era_of(self.record),
            "level": self.level,
            "primary": primaries_of(self.record),
            "decision": self.record.eligibility.decision,
        }


def explorer_arms(records: Iterable[StudyRecord]) -> tuple[ExplorerArm, ...]:
    """Every outcome of every arm of included and indirect studies, by group and study."""
    found = [
        arm
        for record in records
        if record.eligibility.decision != "exclude"
        for index in range(len(record.arms))
        for arm in _of_arm(record, index)
    ]
    order = list(dict.fromkeys(TREATMENT_GROUPS.values()))
    return tuple(sorted(found, key=lambda arm: order.index(arm.group)))


def era_of(record: StudyRecord) -> str:
    """Class of the year in which enrolment began."""
    start = (record.enrolment or {}).get("start")
    if start is None:
        return "unknown"
    if start < 2005:
        return "until-2004"
    return "2005-2014" if start < 2015 else "from-2015"


def primaries_of(record: StudyRecord) -> list[str]:
    """Classes of primary tumour with at least one patient in the study."""
    found = {_SITES.get(name, "elsewhere") for name, n in (record.histology or {}).items() if n}
    return [name for name in PRIMARIES if name in found] or ["unknown"]


def enrolment_words(record: StudyRecord) -> str | None:
    """``2005 to 2014``; None when no year is known."""
    years = record.enrolment or {}
    start, end = years.get("start"), years.get("end")
    if start is None and end is None:
        return None
    return f"{start or 'not reported'} to {end or 'not reported'}"


def histology_words(record: StudyRecord) -> str | None:
    """Primary tumours with their counts, or the paper's words; None when unknown."""
    counted = ", ".join(f"{tumour_words(name)} {n}" for name, n in (record.histology or {}).items())
    return counted or record.histology_note


def tumour_words(name: str) -> str:
    """A record's short name of a primary tumour, as a reader knows it."""
    return _TUMOUR_WORDS.get(name, name.replace("_", " "))


def study_fact(record: StudyRecord, text: str | None) -> Cell | None:
    """A fact of a whole study, leading to that study's facts."""
    if text is None:
        return None
    place = record.read_in.locator if record.read_in else None
    return Cell(text, href=f"{study_page(record.id)}#study", title=place)


def arms_frame(arms: Sequence[ExplorerArm], words: Words) -> pd.DataFrame:
    """The explorer's table; each number leads to its place on the study's page."""
    return pd.DataFrame([_row(arm, words) for arm in arms])


def marks_frame(arms: Sequence[ExplorerArm], words: Words, figure: str) -> pd.DataFrame:
    """Marks for :func:`charts.explorer_chart`: ``figure`` is ``median`` or ``landmark``.

    An arm without the figure, or without the number it rests on, has no mark.
    """
    columns = ("row", "study", "arm", "group", "outcome", "survival", "n", "value", "low", "high")
    marks = []
    for position, arm in enumerate(arms):
        found = _usable_median(arm) if figure == "median" else arm.landmark
        if found is None or not arm.n:
            continue
        code = arm.outcome.outcome
        indirect = arm.record.eligibility.decision == "indirect"
        counted = words["outcome"][code].label + (" (indirect: other patients)" if indirect else "")
        named = (study_label(arm.record), arm.arm.label, arm.group, counted)
        printed = (found.value, found.low, found.high)
        marks.append((position, *named, code == "os", arm.n, *printed))
    return pd.DataFrame(marks, columns=columns)


def _of_arm(record: StudyRecord, index: int) -> list[ExplorerArm]:
    arm, field = record.arms[index], f"arms[{index}]"
    if not arm.outcomes:
        return [ExplorerArm(record, arm, None, field)]
    return [
        ExplorerArm(record, arm, outcome, f"{field}.outcomes[{number}]")
        for number, outcome in enumerate(arm.outcomes)
    ]


def _row(arm: ExplorerArm, words: Words) -> dict[str, str | Cell | None]:
    outcome = arm.outcome
    return {
        "Study": study_link(arm.record.id, study_label(arm.record)),
        "Arm": arm.arm.label,
        "Treatment": words["treatment"][arm.arm.treatment].label,
        "Outcome": words["outcome"][outcome.outcome].label if outcome else "none printed",
        "Number": _linked(arm, _number(arm)),
        "Median, months": _linked(arm, _median(arm)),
        "At 12 months": _linked(arm, _at_landmark(arm)),
        "Enrolled": study_fact(arm.record, enrolment_words(arm.record)),
        "Primary tumours of the study": study_fact(arm.record, histology_words(arm.record)),
        "Level": level_words(arm.level, words),
        "Standing": _standing(arm, words),
    }


def _linked(arm: ExplorerArm, text: str | None) -> Cell | None:
    if text is None:
        return None
    hint = f"{arm.outcome.source.locator}: {arm.outcome.source.seen}" if arm.outcome else None
    return field_link(arm.record.id, arm.field, text, hint)


def _number(arm: ExplorerArm) -> str | None:
    if arm.outcome:
        unit = arm.outcome.n_analysed.unit
        return None if arm.n is None else units(arm.n, unit)
    patients = arm.arm.n_patients
    return None if patients is None else units(patients, "patient")


def _usable_median(arm: ExplorerArm):
    median = arm.outcome.median if arm.outcome else None
    if median is None or median.value is None or median.usable is False:
        return None
    return median


def _median(arm: ExplorerArm) -> str | None:
    median = arm.outcome.median if arm.outcome else None
    if median is None or median.value is None:
        return None
    text = interval(median.value, median.low, median.high, number=months)
    return text if median.usable is not False else f"{text}, no survival median"


def _at_landmark(arm: ExplorerArm) -> str | None:
    mark = arm.landmark
    return None if mark is None else interval(mark.value, mark.low, mark.high, number=percent)


def _standing(arm: ExplorerArm, words: Words) -> str:
    if arm.record.eligibility.decision == "indirect":
        return "Indirect: other patients"
    return words["role"][arm.outcome.role].label if arm.outcome else "No outcome printed"
