"""Plain mappings of a checked record into the dataclasses of :mod:`model`."""

from __future__ import annotations

from typing import Any

from analysis_lib.study_records import model


def build_record(data: dict, *, path: str, folder: str, lines: dict[str, int]) -> model.StudyRecord:
    """A :class:`model.StudyRecord` from a mapping that meets schema and rules."""
    simple = {
        key: value
        for key, value in data.items()
        if key not in _NESTED and key not in _LISTS and value is not None
    }
    lists = {key: tuple(data.get(key) or ()) for key in _LISTS}
    return model.StudyRecord(
        **simple,
        **lists,
        citation=model.Citation(**data["citation"]),
        read_in=model.ReadIn(**data["read_in"]) if data.get("read_in") else None,
        arms=tuple(_arm(arm) for arm in data["arms"]),
        contrasts=tuple(_contrast(contrast) for contrast in data["contrasts"]),
        schedules=tuple(_schedule(schedule) for schedule in data.get("schedules") or ()),
        corrections=tuple(model.Correction(**c) for c in data.get("corrections") or ()),
        eligibility=model.Eligibility(**data["eligibility"]),
        second_reading=model.SecondReading(**data["second_reading"]),
        path=path,
        folder=folder,
        lines=lines,
    )


_NESTED = {
    "citation", "read_in", "arms", "contrasts", "schedules", "corrections", "eligibility",
    "second_reading",
}  # fmt: skip
_LISTS = ("centres", "prior_treatment", "discrepancies", "notes")


def _arm(data: dict) -> model.Arm:
    return model.Arm(
        **{
            **data,
            "outcomes": tuple(_outcome(outcome) for outcome in data["outcomes"]),
            "harms": tuple(_with_source(model.Harm, harm) for harm in data["harms"]),
        }
    )


def _outcome(data: dict) -> model.Outcome:
    median, curve = data.get("median"), data.get("curve")
    return model.Outcome(
        **{
            **data,
            "n_analysed": model.Count(**data["n_analysed"]),
            "median": model.Median(**median) if median else None,
            "curve": model.Curve(**curve) if curve else None,
            "landmarks": tuple(
                sorted((model.Landmark(**row) for row in data["landmarks"]), key=_by_time)
            ),
            "source": model.Source(**data["source"]),
        }
    )


def _by_time(landmark: model.Landmark) -> float:
    return landmark.months


def _contrast(data: dict) -> model.Contrast:
    return _with_source(model.Contrast, data)


def _schedule(data: dict) -> model.Schedule:
    pairs = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
    return model.Schedule(**{**data, **pairs})


def _with_source(kind: Any, data: dict) -> Any:
    return kind(**{**data, "source": model.Source(**data["source"])})
