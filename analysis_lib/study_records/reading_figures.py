"""Every figure of a record that a second reader looks for, by the names of the reading.

Names are those of ``data/second_reading.csv``: study, arm, outcome, field. They say what
is looked for and never what the first reader found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

#: What a value may be, by kind of field, in the words of the form.
KINDS = {
    "count": "a whole number",
    "time": "months",
    "age": "years",
    "probability": "0..1 (61.7 % is 0.617)",
    "ratio": "a ratio",
    "p": "a p-value as printed, 0.04 or '<0.05'",
}

_STUDY = (
    ("n_patients", "count"),
    ("n_lesions", "count"),
    ("median_age", "age"),
    ("median_followup_months", "time"),
)
_ARM = _STUDY[:2]
_OUTCOME = (
    ("n_events", "count"),
    ("followup_max_months", "time"),
    ("median_followup_months", "time"),
)
_HARM = (("n_events", "count"), ("n_at_risk", "count"), ("rate", "probability"))
_CONTRAST = (("hr", "ratio"), ("low", "ratio"), ("high", "ratio"), ("p", "p"))


@dataclass(frozen=True)
class Figure:
    """One value of a record, and where a second reader looks for it.

    Attributes
    ----------
    arm, outcome, field : str
        Its name in ``second_reading.csv``; ``(study)`` and ``-`` where there is none.
    path : str
        Its dotted name in the record's file.
    kind : str
        A key of :data:`KINDS`.
    value : int, float or str
        What the first reader found, as printed: corrections are not applied.
    url, locator : str
        Where it was read; empty when the record does not say.
    """

    arm: str
    outcome: str
    field: str
    path: str
    kind: str
    value: Any
    url: str
    locator: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it within its study."""
        return self.arm, self.outcome, self.field


def figures_of(record: dict[str, Any]) -> tuple[Figure, ...]:
    """The figures of a record in the order of its file; unknown ones are left out.

    Parameters
    ----------
    record : dict
        The plain mapping of a sound ``study.yaml``, as its file holds it: positions are
        those of the file, values those that were printed.

    Returns
    -------
    tuple of Figure
        No two have one ``key``: a second outcome of the same name in an arm is
        ``os (2)``.
    """
    found: list[Figure] = []
    for figure in _all(record):
        names = {other.key for other in found}
        outcome, number = figure.outcome, 1
        while (figure.arm, outcome, figure.field) in names:
            number += 1
            outcome = f"{figure.outcome} ({number})"
        found.append(Figure(**{**vars(figure), "outcome": outcome}))
    return tuple(found)


def _all(record: dict[str, Any]) -> Iterator[Figure]:
    where = _study_source(record)
    yield from _named("(study)", "-", "", record, _STUDY, where)
    for name, number in (record.get("histology") or {}).items():
        path = f"histology.{name}"
        yield Figure("(study)", "-", f"histology {name}", path, "count", number, **where)
    for index, arm in enumerate(record["arms"]):
        yield from _of_arm(arm, f"arms[{index}]", where)
    for index, contrast in enumerate(record["contrasts"]):
        name = f"{contrast['arm']} vs {contrast['versus']}"
        fields = tuple((field, kind) for field, kind in _CONTRAST)
        found = _named(
            name, contrast["outcome"], f"contrasts[{index}]", contrast, fields, _source(contrast)
        )
        for figure in found:
            yield Figure(**{**vars(figure), "field": f"contrast_{figure.field}"})


def _of_arm(arm: dict[str, Any], place: str, study_source: dict[str, str]) -> Iterator[Figure]:
    sources = [_source(holder) for holder in (*arm["outcomes"], *arm["harms"])]
    yield from _named(arm["id"], "-", place, arm, _ARM, (sources or [study_source])[0])
    for index, outcome in enumerate(arm["outcomes"]):
        yield from _of_outcome(arm["id"], outcome, f"{place}.outcomes[{index}]")
    for index, harm in enumerate(arm["harms"]):
        name, path = f"tox: {harm['event']}", f"{place}.harms[{index}]"
        yield from _named(arm["id"], name, path, harm, _HARM, _source(harm))


def _of_outcome(arm: str, outcome: dict[str, Any], place: str) -> Iterator[Figure]:
    name, where = outcome["outcome"], _source(outcome)
    # A number that was derived stands in no text: nobody can read it again.
    if outcome["n_analysed"].get("printed"):
        holder, path = outcome["n_analysed"], f"{place}.n_analysed"
        for figure in _named(arm, name, path, holder, (("value", "count"),), where):
            yield Figure(**{**vars(figure), "field": "n_analysed"})
    for field, limit in (("median", "value"), ("median_low", "low"), ("median_high", "high")):
        value, path = (outcome.get("median") or {}).get(limit), f"{place}.median.{limit}"
        if value is not None:
            yield Figure(arm, name, field, path, "time", value, **where)
    for index, mark in enumerate(outcome["landmarks"]):
        for end in ("value", "low", "high"):
            field = f"landmark_{mark['months']:g}" + ("" if end == "value" else f"_{end}")
            if mark.get(end) is not None:
                path = f"{place}.landmarks[{index}].{end}"
                yield Figure(arm, name, field, path, "probability", mark[end], **where)
    yield from _named(arm, name, place, outcome, _OUTCOME, where)


def _named(
    arm: str,
    outcome: str,
    place: str,
    holder: dict[str, Any],
    fields: tuple[tuple[str, str], ...],
    where: dict[str, str],
) -> Iterator[Figure]:
    for field, kind in fields:
        if holder.get(field) is not None:
            path = f"{place}.{field}" if place else field
            yield Figure(arm, outcome, field, path, kind, holder[field], **where)


def _source(holder: dict[str, Any]) -> dict[str, str]:
    return {"url": holder["source"]["url"], "locator": holder["source"]["locator"]}


def _study_source(record: dict[str, Any]) -> dict[str, str]:
    read_in = record.get("read_in") or {}
    return {"url": read_in.get("url") or "", "locator": read_in.get("locator") or ""}
